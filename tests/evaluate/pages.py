"""What the tests of reports share: blocks, pages, and a browser."""

import io
import shutil

import numpy as np

from upscale_cli.evaluate.report import Report
from upscale_cli.evaluate.rows import MEAN, Block, Row

METRICS = ("psnr", "ssim", "sharpness")
TIMES = "\u00d7"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-device-scale-factor=1")
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "\"quotes\" 'and' &amp; <b>tags</b>",
    "{{blocks}} {{script}} {{facts}}",
    "\u540d\u524d \u0627\u0644\u0627\u0633\u0645 \U0001f408 \u2028\u2029",
    "not UTF-8: \udcff",
    "Infinity",
    "__proto__",
]


def row(method, image="a.png", scale=2.0, **metrics):
    return Row(image, method, scale, None if image == MEAN else 24, None if image == MEAN else 16, metrics)


def block(image="a.png", names=("best", "box"), size=(16, 24)):
    """Return a block whose truth is noise, whose first result is the truth and whose others are darker by and by."""
    truth = np.random.default_rng(3).integers(60, 256, (*size, 3), np.uint8)
    results = [(name, truth - np.uint8(20 * number)) for number, name in enumerate(names)]
    rows = [row(name, image, psnr=40.0 - n, ssim=0.9 - n / 10, sharpness=1.0) for n, name in enumerate(names)]
    return Block(image, 2.0, truth, results, rows)


def written(*blocks, facts=None, means=(), pictures="webp"):
    """Return the page of blocks."""
    file = io.BytesIO()
    page = Report(file, facts or {"version": "0"}, METRICS, pictures)
    for each in blocks:
        page.add(each)
    page.end(list(means))
    return file.getvalue()


class Browser:
    """A page in a browser: what is on it, and what a person does to it."""

    def __init__(self) -> None:
        from selenium import webdriver  # the other pages need none

        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for option in OPTIONS:
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
        self.js = self.driver.execute_script
        self._hands = lambda: webdriver.ActionChains(self.driver, duration=20)

    def open(self, path):
        """Load a page at a desk, in a light scheme."""
        self.desk(1280, 900)
        self.media("light")
        self.driver.get(path.as_uri())
        return self.settle()

    def desk(self, width, height, mobile=False):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": mobile})

    def media(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def settle(self):
        """Wait until the pictures that were asked for are decoded, and what waits for them has run."""
        self.driver.execute_async_script(
            "const done = arguments[0]; Promise.allSettled([...loaded.values()]).then(() => setTimeout(done))"
        )
        return self

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def texts(self, selector):
        return self.js(
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent.toWellFormed())",
            selector,
        )

    def click(self, selector):
        self.find(selector).click()
        return self.settle()

    def select(self, name, text):
        self.js(
            "const [id, text] = arguments; const select = byId(id);"
            "select.value = [...select.options].find((each) => each.text === text).value;"
            "select.dispatchEvent(new Event('change', {bubbles: true}))",
            name,
            text,
        )
        return self.settle()

    def press(self, *keys, on=None, holding=None):
        """Press keys one after the other, with the focus on an element."""
        if on:
            self.js("document.querySelector(arguments[0]).focus()", on)
        actions = self._hands()
        if holding:
            actions.key_down(holding)
        for key in keys:
            actions.send_keys(key)
        if holding:
            actions.key_up(holding)
        actions.perform()
        return self.settle()

    def drag(self, selector, x, y=0, start=(0, 0)):
        """Drag from an element's middle, or a place beside it."""
        actions = self._hands().move_to_element_with_offset(self.find(selector), *start)
        actions.click_and_hold().move_by_offset(x, y).release().perform()
        return self.settle()

    def double_click(self, selector, x, y):
        self._hands().move_to_element_with_offset(self.find(selector), x, y).double_click().perform()
        return self.settle()

    def wheel(self, selector, x, y, by):
        from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

        origin = ScrollOrigin.from_element(self.find(selector), x, y)
        self._hands().scroll_from_origin(origin, 0, by).perform()
        return self.settle()

    @property
    def sides(self):
        return self.js("return ['left', 'right'].map((side) => byId(side).selectedOptions[0].text)")

    @property
    def transforms(self):
        return self.js("return [...document.querySelectorAll('.layer > *')].map((each) => each.style.transform)")

    @property
    def divider(self):
        """Return what the divider says, where it is, and where the left pane ends: all in per cent."""
        return self.js(
            "const box = byId('stage').getBoundingClientRect(), bar = byId('divider').getBoundingClientRect();"
            "return [Number(byId('divider').getAttribute('aria-valuenow')),"
            "100 * (bar.x + bar.width / 2 - box.x) / box.width,"
            "100 - parseFloat(getComputedStyle(byId('pane-left')).clipPath.split(' ')[1])]"
        )

    def map(self):
        """Return the error map's colours (H x W x 3), None where there is none."""
        samples = self.js(
            "const map = document.querySelector('#pane-right canvas'); if (!map) return null;"
            "const {data} = map.getContext('2d').getImageData(0, 0, map.width, map.height);"
            "return [map.height, map.width, [...data]]"
        )
        return samples and np.array(samples[2]).reshape(*samples[:2], 4)[..., :3]
