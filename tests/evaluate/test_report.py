"""The page of a comparison as it is written; what it does in a browser is in test_report_page.py."""

import base64
import io
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from tests.evaluate.pages import HOSTILE, METRICS, TIMES, block, row, written
from upscale_cli.errors import OutputError, UsageError
from upscale_cli.evaluate import report
from upscale_cli.evaluate.pictures import error_colours
from upscale_cli.evaluate.report import Report
from upscale_cli.evaluate.rows import MEAN, Block


class Page(HTMLParser):
    """What a page holds: the scripts by id or class, the facts, and every address."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.scripts, self.facts, self.addresses, self._into = [], [], [], None
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.addresses += [found[name] for name in ("src", "href", "action", "data", "srcset") if name in found]
        if tag == "script":
            self.scripts.append([found.get("id") or found.get("class"), ""])
        self._into = tag

    def handle_data(self, data):
        if self._into == "script":
            self.scripts[-1][1] += data
        if self._into in ("dt", "dd"):
            self.facts.append(data)

    def handle_endtag(self, tag):
        self._into = None

    def data(self, mark):
        return [json.loads(text) for name, text in self.scripts if name == mark]

    def picture(self, block, number):
        text = dict(self.scripts)[f"picture-{block}-{number}"]
        return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def page(*blocks, **kwargs):
    return Page(written(*blocks, **kwargs))


def picture(*shape, dtype=np.uint8, seed=1):
    values = np.random.default_rng(seed).random(shape)
    return values.astype(dtype) if dtype == np.float32 else (values * (np.iinfo(dtype).max + 1)).astype(dtype)


def test_nothing_is_fetched_from_elsewhere():
    text = written(block(), block())
    found = Page(text)
    assert set(found.addresses) == {"data:,"}
    assert not re.search(rb"""https?:|//[\w.]+\.\w+/|@import|url\((?!data:)|\bfetch\(|XMLHttp""", text)
    assert b"default-src 'none'" in text
    assert not re.search(rb"\{\{\w+\}\}", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out(name):
    one = block(image=name, names=[name, "box"])
    found = page(one, facts={name: name})
    (about,) = found.data("block")
    assert (about["image"], about["pictures"], about["rows"][0]["method"]) == (name, [name, "box"], name)
    seen = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert "".join(found.facts).startswith(seen * 2)
    assert len(found.scripts) == len(page(block()).scripts)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_webp_is_the_picture_itself(channels, dtype):
    truth = picture(5, 7, channels, dtype=dtype)
    result = picture(5, 7, channels, dtype=dtype, seed=2)
    found = page(Block("a.png", 2.0, truth, [("box", result)], [row("box")]))
    for number, samples in enumerate([truth, result]):
        top = 1 if dtype == np.float32 else np.iinfo(dtype).max
        expected = np.rint(samples.astype(float) / top * 255)
        grey = channels < 3
        colours = np.repeat(expected[..., :1], 3, 2) if grey else expected[..., :3]
        decoded = found.picture(0, number)
        assert decoded.format == "WEBP"
        assert (np.asarray(decoded)[..., :3] == colours).all()
        if channels in (2, 4):
            assert (np.asarray(decoded)[..., 3] == expected[..., -1]).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_jpeg_is_close_and_transparency_is_grey(channels):
    truth = np.full((16, 16, channels), 200, np.uint8)
    if channels in (2, 4):
        truth[:, :8, -1] = 0
        truth[:, 8:, -1] = 255
    found = page(Block("a.png", 2.0, truth, [("box", truth)], [row("box")]), pictures="jpeg")
    decoded = found.picture(0, 1)
    assert decoded.format == "JPEG"
    samples = np.asarray(decoded.convert("RGB")).astype(int)
    assert abs(samples[:, 12:] - 200).max() <= 3
    assert abs(samples[:, :4] - (128 if channels in (2, 4) else 200)).max() <= 3
    if channels == 3:
        assert decoded.layer[0][1:3] == (1, 1)  # 4:4:4
    assert found.data("about")[0]["format"] == "jpeg"


@pytest.mark.parametrize(("pictures", "step"), [("webp", "--report-images jpeg"), ("jpeg", "cut the image")])
@pytest.mark.parametrize("shape", [(2, 9, 3), (9, 2, 3)])
def test_too_large_pictures_are_refused(pictures, step, shape, monkeypatch):
    monkeypatch.setitem(report.LONGEST, pictures, 8)
    truth = picture(*shape)
    with pytest.raises(OutputError, match=rf"^a\.png: of {shape[1]}x{shape[0]} pixels .* {pictures}: .*{step}"):
        written(Block("a.png", 2.0, truth, [("box", truth)], [row("box")]), pictures=pictures)
    page(Block("a.png", 2.0, truth[:8, :8], [], []), pictures=pictures)


@pytest.mark.parametrize(("pictures", "shape"), [("webp", (1, 16383)), ("jpeg", (1, 65500))])
def test_the_largest_sides_can_be_written(pictures, shape):
    truth = np.zeros((*shape, 1), np.uint8)
    assert page(Block("a", 2.0, truth, [], []), pictures=pictures).picture(0, 0).size == shape[::-1]
    with pytest.raises(OutputError):
        written(Block("a", 2.0, np.zeros((1, shape[1] + 1, 1), np.uint8), [], []), pictures=pictures)


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="webp"):
        Report(io.BytesIO(), {}, METRICS, "webb")


def test_blocks_are_written_as_they_come():
    file = io.BytesIO()
    page_ = Report(file, {"version": "1"}, METRICS)
    sizes = [file.tell()]
    for _ in range(3):
        page_.add(block())
        sizes.append(file.tell())
    page_.end([])
    gains = np.diff([*sizes, file.tell()])
    assert sizes[0] > 0
    assert (gains > 0).all()
    assert file.getvalue().count(b'class="block"') == 3


def test_figures_scales_and_means():
    values = {"psnr": math.inf, "ssim": None, "sharpness": math.nan}
    one = Block("a", (2.0, 3.0), picture(2, 2, 1), [], [row("box", scale=(2.0, 3.0), **values)])
    other = Block("b", 1, picture(2, 2, 1), [], [row("a.png", scale=1, psnr=-math.inf, ssim=0.5)])
    found = page(one, other, means=[row("box", image=MEAN, scale=2.5, psnr=30.0)])
    blocks = found.data("block")
    assert [each["scale"] for each in blocks] == [f"{TIMES}2x3", ""]
    assert blocks[0]["rows"] == [{"method": "box", "scale": f"{TIMES}2x3", "values": ["Infinity", None, None]}]
    assert blocks[1]["rows"][0]["values"] == ["-Infinity", 0.5, None]
    assert found.data("averages") == [[{"method": "box", "scale": f"{TIMES}2.5", "values": [30.0, None, None]}]]
    (about,) = found.data("about")
    assert [metric["name"] for metric in about["metrics"]] == list(METRICS)
    assert about["colours"] == error_colours().tolist()


@pytest.mark.parametrize(
    ("errors", "limit"),
    [([0] * 10_000, 1), ([0] * 9_980 + [40] * 20, 40), ([0] * 9_995 + [40] * 5, 1), ([255] * 10_000, 255)],
)
def test_the_scale_of_errors_reaches_nearly_all(errors, limit):
    result = np.array(errors, np.uint8).reshape(100, 100, 1)
    truth = np.zeros((100, 100, 1), np.uint8)
    found = page(Block("a", 2.0, truth, [("box", result)], [row("box")]))
    assert found.data("block")[0]["limit"] == limit


def test_the_scale_of_errors_is_luma_s_and_all_methods():
    truth = np.zeros((10, 10, 3), np.uint8)
    blue, green = truth + np.uint8([0, 0, 100]), truth + np.uint8([0, 100, 0])
    clear = np.dstack([green, np.zeros((10, 10), np.uint8)])
    limits = []
    for results in ([blue], [blue, green], [clear]):
        pairs = [(str(number), result) for number, result in enumerate(results)]
        limits.append(page(Block("a", 2.0, truth, pairs, [])).data("block")[0]["limit"])
    assert limits == [12, 59, 128]  # 11.4, 58.7; what is clear is seen on grey
