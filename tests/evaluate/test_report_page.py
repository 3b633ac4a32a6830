"""The page of a comparison in a browser: its table, its pictures, keys and pointers.

Chromium runs without a window, on a file, and asks no network for anything.
"""

import numpy as np
import pytest

from tests.evaluate.pages import BROWSER, DRIVER, HOSTILE, TIMES, Browser, block, row, written
from upscale_cli.evaluate.pictures import error_colours
from upscale_cli.evaluate.rows import MEAN, Block

Keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium drives the browser").Keys
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="there is no Chromium with its driver")


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.driver.quit()


def metric_rows():
    values = {"a": (30, 0.5, 1.3), "b": (None, 0.9, 0.9), "c": (np.inf, None, 1.05), "d": (20, 0.7, 0.2)}
    return [row(name, psnr=p, ssim=s, sharpness=e) for name, (p, s, e) in values.items()]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a page of a table to sort, an image of another size, and one of hostile names."""
    truth = np.random.default_rng(5).integers(40, 256, (300, 40, 3), np.uint8)
    results = [(name, truth - np.uint8(n * 10)) for n, name in enumerate("abcd")]
    means = [row("d", image=MEAN, psnr=50.0), row("a", image=MEAN, psnr=40.0)]
    blocks = [Block("one.png", 2.0, truth, results, metric_rows()), block(HOSTILE[0], HOSTILE), block("two.png", "ab")]
    path = tmp_path_factory.mktemp("page") / "a # page.html"
    path.write_bytes(written(*blocks, means=means, facts={"name": HOSTILE[0]}))
    return path


@pytest.fixture
def page(browser, path):
    yield browser.open(path)
    assert browser.driver.get_log("browser") == []


def test_the_table_sorts(page):
    def order(column):
        page.click(f"#heads th:nth-child({column}) button")
        heads = page.js("return [...byId('heads').children].map((each) => each.getAttribute('aria-sort'))")
        assert [number for number, sort in enumerate(heads, 1) if sort] == [column]
        return "".join(page.texts("#rows th")), heads[column - 1]

    assert page.texts("#rows th") == ["c", "a", "d", "b"]
    assert order(2) == ("dacb", "ascending")
    assert order(2) == ("cadb", "descending")
    assert order(3) == ("bdac", "descending")
    assert order(3) == ("adbc", "ascending")
    assert order(4) == ("cbad", "ascending")
    assert order(4) == ("dabc", "descending")
    assert order(1) == ("abcd", "ascending")
    assert order(1) == ("dcba", "descending")


def test_the_table_s_figures(page):
    assert page.texts("#rows tr:nth-child(1) td") == ["∞", "\u2013", "1.050"]
    assert page.texts("#rows tr:nth-child(4) td") == ["\u2013", "0.9000", "0.900"]
    assert page.texts("#rows .best") == ["∞", "1.050", "0.9000"]
    assert [text.split() for text in page.texts("#heads th")] == [["method"], ["psnr", "dB"], ["ssim"], ["sharpness"]]
    style = page.js("const s = getComputedStyle(document.querySelector('.best')); return [s.fontWeight, s.textAlign]")
    assert style == ["700", "right"]


def test_a_row_is_shown_on_the_right(page):
    assert page.sides == ["truth", "c"]
    page.click("#rows tr:nth-child(3) td:last-child")
    assert page.sides == ["truth", "d"]
    assert page.texts("[aria-current=true] th") == ["d"]
    assert page.texts(".name") == ["truth", "d"]
    page.press(Keys.ENTER, on="#rows tr:nth-child(2) button")
    assert page.sides == ["truth", "a"]


def test_selects_choose_pictures(page):
    page.select("left", "b").select("right", "truth")
    assert page.texts(".name") == ["b", "truth"]
    assert page.texts("[aria-current]") == []
    shown = "return [...document.querySelectorAll('.layer img')].map((each) => each.src.split(',')[1] === %s)"
    assert page.js(shown % "byId('picture-0-2').textContent") == [True, False]
    assert page.js(shown % "byId('picture-0-0').textContent") == [False, True]


def test_the_divider_is_dragged(page):
    assert page.divider == pytest.approx([50, 50, 50], abs=0.1)
    width = page.js("return byId('stage').clientWidth")
    page.drag("#divider", round(width / 5))
    assert page.divider == pytest.approx([70, 70, 70], abs=0.6)
    page.drag("#divider", -round(width * 0.7) - 12)  # beyond the stage's end
    assert page.divider == pytest.approx([0, 0, 0], abs=0.2)
    assert page.texts("#zoom") == ["200 %"]  # no pan came of it, which ends the fit
    assert page.js("return state.fitted")


def test_the_divider_takes_keys(page):
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, on="#divider")
    assert page.divider == pytest.approx([52, 52, 52], abs=0.2)
    page.press(Keys.ARROW_LEFT, Keys.ARROW_DOWN, Keys.ARROW_UP, on="#divider")
    assert page.divider[0] == 51
    page.press(Keys.ARROW_LEFT, on="#divider", holding=Keys.SHIFT)
    assert page.divider[0] == 41
    page.press(Keys.END, on="#divider")
    assert page.divider[0] == 100
    page.press(Keys.HOME, on="#divider")
    assert page.divider == pytest.approx([0, 0, 0], abs=0.2)


def zoomed(page):
    return float(page.transforms[0].split("scale(")[1].rstrip(")"))


def linked(page):
    assert len(page.transforms) == 2
    assert len(set(page.transforms)) == 1
    return page.transforms[0]


@pytest.mark.parametrize("mode", ["slider", "sides"])
@pytest.mark.parametrize("errors", [False, True])
def test_zoom_and_pan_are_one(page, mode, errors):
    if mode == "sides":
        page.click("#sides")
        left, right = page.js(
            "return ['left', 'right'].map((side) => {const b = pane(side); return [b.width, b.height]})"
        )
        assert left == right
        assert page.js("return pane('left').right < pane('right').left && byId('divider').offsetParent === null")
        assert page.js("return byId('pane-left').style.clipPath") == "none"
    if errors:
        page.click("#errors")
    seen = [linked(page)]
    page.click("#larger")
    seen.append(linked(page))
    page.drag("#stage", 30, 20, start=(-100, -60))
    seen.append(linked(page))
    page.wheel("#stage", 90, 60, -200)
    seen.append(linked(page))
    page.press("-")
    seen.append(linked(page))
    assert len(set(seen)) == len(seen)
    page.double_click("#stage", 90, 60)
    assert linked(page) == seen[0]


def test_zooms(page):
    assert zoomed(page) == 2  # the largest whole zoom that fits
    pixelated = "return getComputedStyle(document.querySelector('.layer > *')).imageRendering"
    assert page.js(pixelated) == "pixelated"
    page.click("#actual")
    assert (zoomed(page), page.texts("#zoom"), page.js(pixelated)) == (1, ["100 %"], "auto")
    page.press("+", "+", "+")
    assert page.texts("#zoom") == ["400 %"]
    page.press("1", "-")
    assert page.texts("#zoom") == ["67 %"]
    page.click("#fit")
    assert zoomed(page) == 2
    page.press("=", "0")
    assert zoomed(page) == 2


def test_the_wheel_holds_what_is_under_the_pointer(page):
    under = "const {x, y, width, height} = pane('right'); const [a, b] = placeOf({clientX: x + width / 2 + 15,"
    under += "clientY: y + height / 2 - 100}); return [state.x + a / scaled(), state.y + b / scaled()]"
    before = page.js(under)
    assert before == pytest.approx([27.5, 100])
    page.wheel("#stage", 15, -100, -300)
    assert zoomed(page) > 2.5
    assert page.js(under) == pytest.approx(before, abs=0.3)  # WebDriver knows whole pixels
    page.wheel("#stage", 15, -100, 3000)
    assert zoomed(page) == 1 / 16


def test_two_fingers_zoom(page):
    fingers = "const stage = byId('stage'), box = stage.getBoundingClientRect(); stage.setPointerCapture = () => 0;"
    fingers += (
        "const at = (name, pointerId, x) => stage.dispatchEvent(new PointerEvent(name, {pointerId, bubbles: true,"
    )
    fingers += "clientX: box.x + box.width / 2 + x, clientY: box.y + box.height / 2}));"
    fingers += (
        "at('pointerdown', 8, -50); at('pointerdown', 9, 50); at('pointermove', 8, -100); at('pointermove', 9, 100);"
    )
    page.js(fingers + "at('pointerup', 8, -100); at('pointerup', 9, 100); at('pointermove', 9, 300)")
    assert zoomed(page) == pytest.approx(4)
    assert page.js("return [state.x, state.y]") == pytest.approx([20, 150], abs=0.01)


def test_error_maps(page):
    page.select("right", "a").press("e")
    assert page.find("#errors").get_attribute("aria-pressed") == "true"
    assert page.find("#legend").is_displayed()
    assert page.texts("#limit") == ["30 of 255 levels, or more"]
    assert page.map().shape == (300, 40, 3)  # more rows than a strip has
    assert (page.map() == error_colours()[0]).all()
    for name, error in [("b", 10), ("d", 30)]:
        page.select("right", name)
        assert (page.map() == error_colours()[round(255 * error / 30)]).all()
        assert page.texts(".name") == ["truth", f"{name}, error"]
    page.click("#errors")
    assert page.map() is None
    assert not page.find("#legend").is_displayed()


def test_a_map_that_the_browser_cannot_hold(page):
    page.js("CanvasRenderingContext2D.prototype.putImageData = () => {}")
    page.press("e")
    assert "too large for an error map" in page.find("#status").text
    assert page.js("return ['left', 'right'].map((side) => layer(side).children.length)") == [1, 0]
    page.press("e")
    assert page.find("#status").text == ""


def test_images_are_chosen(page):
    assert page.texts("#size") == [f"40 {TIMES} 300 pixels"]
    page.select("right", "b").select("image", f"two.png {TIMES}2")
    assert page.texts("#size") == [f"24 {TIMES} 16 pixels"]
    assert page.sides == ["truth", "b"]
    assert page.texts("#rows th") == ["a", "b"]
    assert page.js("return document.querySelector('.layer img').naturalWidth") == 24
    page.select("image", f"one.png {TIMES}2").select("right", "d").select("image", f"two.png {TIMES}2")
    assert page.sides == ["truth", "a"]  # the best, where the method is not


def test_means(page):
    page.click("#means")
    assert page.texts("#caption") == [f"mean of 3 images {TIMES}2"]
    assert page.texts("#rows th") == ["d", "a"]
    page.click("#rows tr:nth-child(1)")
    assert page.sides == ["truth", "d"]
    page.click("#means")
    assert page.texts("#caption") == [f"one.png {TIMES}2"]


def test_hostile_names(page):
    page.select("image", f"{HOSTILE[0]} {TIMES}2")
    assert page.texts("#rows th") == [name.replace("\udcff", "\ufffd") for name in HOSTILE]
    for number in range(1, len(HOSTILE) + 1):
        page.click(f"#rows tr:nth-child({number}) td")
        assert page.js("return state.right") == number
    assert page.texts("header dd") == [HOSTILE[0]]


def test_keys(page):
    page.press("]")
    assert page.sides == ["truth", "a"]  # the table's order: c a d b
    page.press("[", "[")
    assert page.sides == ["truth", "b"]
    page.select("right", "truth").press("]")
    assert page.sides == ["truth", "c"]
    page.select("right", "truth").press("[")
    assert page.sides == ["truth", "b"]
    page.press("s", "e")
    assert page.js("return [state.sides, state.errors]") == [True, True]
    page.press("?")
    assert page.js("return byId('keys').open")
    before = page.transforms
    page.press("0", "+", Keys.ARROW_LEFT, on="#stage")
    assert page.transforms != before


def test_keys_are_left_to_fields_and_to_the_browser(page):
    page.press("e", "s", "+", on="#left")
    page.press("e", "s", on="#means")
    page.press("e", on="#stage", holding=Keys.CONTROL)
    assert page.js("return [state.errors, state.sides, state.fitted]") == [False, False, True]


def test_schemes(page):
    light = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color].map("
    light += "(text) => text.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3)"
    ground, ink = page.js(light)
    assert ground > 230
    assert ink < 60
    page.media("dark")
    ground, ink = page.js(light)
    assert ground < 50
    assert ink > 200


@pytest.mark.parametrize("mode", ["slider", "sides"])
def test_a_phone_shows_all_of_it(page, mode):
    page.desk(390, 844, mobile=True)
    if mode == "sides":
        page.press("s")
        assert page.js("return pane('left').bottom < pane('right').top && pane('left').height === pane('right').height")
    for number in range(3):
        page.js("chooseBlock(arguments[0])", number)
        page.settle()
        assert page.js("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    small = "return [...document.querySelectorAll('button, select')].filter((each) => each.offsetParent)"
    assert page.js(small + ".every((each) => each.getBoundingClientRect().height >= 39)")


def test_controls_have_names(page):
    nameless = "return [...document.querySelectorAll('button, select, input, [role=slider], [tabindex]')].filter("
    nameless += "(each) => !(each.textContent.trim() && each.tagName === 'BUTTON') && !each.labels?.length &&"
    nameless += (
        "!each.hasAttribute('aria-label') && !each.hasAttribute('aria-labelledby')).map((each) => each.outerHTML)"
    )
    assert page.js(nameless) == []


def test_figures_alone(browser, tmp_path):
    path = tmp_path / "figures.html"
    path.write_bytes(written(Block("a.png", 2.0, np.zeros((4, 4, 1), np.uint8), [], metric_rows())))
    browser.driver.get(path.as_uri())
    assert browser.texts("#rows th") == ["c", "a", "d", "b"]
    assert not browser.find("#viewer").is_displayed()
    assert browser.texts("#title") == [f"a.png {TIMES}2"]
    browser.find("#rows tr").click()
    assert browser.driver.get_log("browser") == []


def test_jpeg(browser, tmp_path):
    path = tmp_path / "jpeg.html"
    path.write_bytes(written(block(), pictures="jpeg"))
    browser.open(path).press("e")
    assert browser.find("#lossy").is_displayed()
    assert browser.map().shape == (16, 24, 3)
    assert browser.driver.get_log("browser") == []


def test_a_page_of_nothing(browser, tmp_path):
    path = tmp_path / "nothing.html"
    path.write_bytes(written())
    browser.driver.get(path.as_uri())
    assert not browser.find("main").is_displayed()
    assert browser.driver.get_log("browser") == []


def test_without_scripts_the_page_says_so(browser, path):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.driver.get(path.as_uri())
    try:
        assert "need JavaScript" in browser.find("noscript").text
        assert browser.find("header dd").text == HOSTILE[0]
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
