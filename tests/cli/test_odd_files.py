"""Files that are well but odd: tiny, thin, very wide, under another format's name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli.cli.door import main
from upscale_cli.formats import FORMATS

WIDE = 65_536
PLAIN = [row.extensions[0] for row in FORMATS if not row.needs and row.name not in ("PFM", "XBM", "MSP")]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
@pytest.mark.parametrize("extension", PLAIN)
def test_tiny_and_thin(extension, size):
    Image.new("RGB", size, (200, 100, 50)).save(f"a.{extension}")
    assert main([f"a.{extension}", "-s", "3", "-o", f"b.{extension}", "--quiet"]) == 0
    back = Image.open(f"b.{extension}")
    assert back.size == (3 * size[0], 3 * size[1])
    assert np.abs(np.asarray(back.convert("RGB")).astype(int) - (200, 100, 50)).max() <= 12
    assert main([f"a.{extension}", "--size", "1x1", "-o", f"c.{extension}", "--quiet"]) == 0
    assert Image.open(f"c.{extension}").size == (1, 1)


def test_very_wide(capsys):
    Image.new("L", (WIDE, 1), 9).save("wide.png")
    assert main(["wide.png", "-s", "1.5", "-o", "wider.png", "--quiet"]) == 0
    assert Image.open("wider.png").size == (WIDE * 3 // 2, 2)
    for extension in ("jpg", "webp", "gif", "tga"):
        assert main(["wide.png", "-s", "1", "-o", f"wide.{extension}"]) == 1
        told = capsys.readouterr().err
        assert told.startswith("upscale: wide.png: ")
        assert "pixels a side: choose another format with -f" in told
        assert not Path(f"wide.{extension}").exists()


def test_a_wrong_extension_is_read_by_content_and_written_by_name():
    Image.new("RGB", (4, 3), "red").save("really.png")
    Path("really.png").rename("photo.jpg")
    assert main(["photo.jpg", "-s", "2", "--quiet"]) == 0
    back = Image.open("photo_x2_bicubic.jpg")
    assert (back.format, back.size) == ("JPEG", (8, 6))


def test_postscript_is_not_run(capsys):
    Image.new("RGB", (4, 3), "red").save("a.eps")
    Path("a.eps").rename("a.png")
    assert main(["a.png", "-s", "2"]) == 1
    assert capsys.readouterr().err.startswith("upscale: a.png: it is PostScript, a program: have it drawn first")
