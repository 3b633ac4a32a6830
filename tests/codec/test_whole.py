"""A file is whole or it is not: what the program writes has its size, what is cut off anywhere has none."""

import importlib.util
import io
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from upscale_cli.cli.door import main
from upscale_cli.codec import whole
from upscale_cli.codec.pillow import at_ease
from upscale_cli.formats import FORMATS
from upscale_cli.spec import Handling

PICTURE = Image.fromarray(np.random.default_rng(5).integers(0, 256, (9, 13, 3), np.uint8))
WRITTEN = [row.name for row in FORMATS if not row.needs or importlib.util.find_spec(row.needs)]
ROWS = {row.name: row for row in FORMATS}
# After their samples stand a footer, padding or brackets, without which no sample is lost.
WITH_TAILS = ("BMP", "TGA", "ICO", "XBM", "TIFF")
EXIF_TURNED = Image.Exif()
EXIF_TURNED[0x0112] = 6


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def size(file, **handling):
    with at_ease():
        return whole.size_if_whole(file, Handling(**handling))


def samples(data):
    with at_ease(), warnings.catch_warnings(action="ignore"):
        return [frame.tobytes() for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]


def encoded(form, picture=PICTURE, **how):
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def written(name, *frames):
    """Return a file that the program writes: of a picture, or of an animation."""
    source = "src.gif" if frames else "src.tif" if name == "PFM" else "src.png"
    first, *rest = frames or (PICTURE.convert("F") if name == "PFM" else PICTURE,)
    first.save(source, **({"save_all": True, "append_images": rest, "duration": 50} if rest else {}))
    output = f"out.{ROWS[name].extensions[0]}"
    assert main([source, "-s", "1", "-m", "nearest", "-o", output, "--quiet"]) == 0
    return Path(output).read_bytes()


def places(length, count=60):
    """Return places to cut a file at: all of a short one; else its ends and some between, the same at every run."""
    if length < 800:
        return range(1, length)
    ends = {*range(1, 12), *range(length - 24, length)}
    return sorted(ends | {random.Random(length).randrange(1, length) for _ in range(count)})


def check_cuts(name, data):
    for place in places(len(data)):
        if size(data[:place]):
            assert (name in WITH_TAILS, place > len(data) - 27) == (True, True), place
            assert samples(data[:place]) == samples(data)


def test_every_format_has_a_case():
    assert {*ROWS} - {*WRITTEN} <= {"HEIF"}
    assert {*whole.TELLING} - {"MPO"} <= {*ROWS}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_the_program_writes_is_whole(name):
    data = written(name)
    assert size(data) == (13, 9)
    assert size(Path(f"out.{ROWS[name].extensions[0]}")) == (13, 9)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_cut_off_is_not_whole(name):
    check_cuts(name, written(name))


@pytest.mark.parametrize("name", [row.name for row in FORMATS if row.frames])
def test_an_animation_that_is_cut_off_is_not_whole(name):
    frames = [PICTURE.rotate(angle) for angle in (0, 90, 180)]
    data = written(name, *frames)
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert size(data) == (13, 9)
    check_cuts(name, data)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_no_image_is_not_whole(name):
    for content in (b"", b"\0", b"some text\n" * 20, b"\xff\xd9", b"GIF89a;", b"\0" * 400):
        Path(f"a.{ROWS[name].extensions[0]}").write_bytes(content)
        assert size(Path(f"a.{ROWS[name].extensions[0]}")) is None
        assert size(content) is None


def test_what_is_not_there_is_not_whole():
    Path("folder.png").mkdir()
    Path("loop.png").symlink_to("loop.png")
    assert [size(Path(name)) for name in ("none.png", "folder.png", "loop.png", "/dev/null")] == [None] * 4


def test_bytes_that_stand_at_a_files_end_and_within_it_do_not_end_it():
    """A GIF's trailer is a semicolon, of which its samples are full; a JPEG's end stands in its thumbnail, too."""
    gif = encoded("GIF", PICTURE.resize((80, 80)))
    inside = [place for place in range(1, len(gif)) if gif[place - 1] == ord(";")]
    assert len(inside) > 10
    assert [place for place in inside if size(gif[:place])] == []
    exif = Image.Exif()
    exif[0x010E] = encoded("JPEG").decode("latin-1")
    jpeg = encoded("JPEG", PICTURE, exif=exif, comment=b"\xff\xd9")
    inside = [place for place in range(2, len(jpeg)) if jpeg[place - 2 : place] == b"\xff\xd9"]
    assert len(inside) > 0
    assert [place for place in inside if size(jpeg[:place])] == []


@pytest.mark.parametrize(
    "how",
    [
        {"progressive": True},
        {"exif": EXIF_TURNED},
        {"comment": b"x", "icc_profile": b"0" * 200, "dpi": (72, 72)},
    ],
)
def test_jpegs_of_several_kinds(how):
    data = encoded("JPEG", **how)
    assert size(data) in ((13, 9), (9, 13))
    assert [place for place in places(len(data)) if size(data[:place])] == []


@pytest.mark.parametrize(("form", "how"), [("JPEG", {}), ("PNG", {}), ("WEBP", {}), ("TIFF", {})])
def test_the_size_is_upright_unless_orientation_is_left_alone(form, how):
    data = encoded(form, exif=EXIF_TURNED, **how)
    assert size(data) == (9, 13)
    assert size(data, orient=False) == (13, 9)


def test_one_frame_that_is_asked_for_of_an_input_is_not_asked_for_of_an_output():
    assert size(encoded("PNG"), frame=3) == (13, 9)


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_what_stands_behind_an_image_does_not_belong_to_it(form):
    assert size(encoded(form) + b"x") is None


@pytest.mark.parametrize("palette", [2, 7, 256])
@pytest.mark.parametrize("interlace", [0, 1])
def test_gifs_with_palettes_of_all_sizes_and_of_their_own(palette, interlace):
    frames = [PICTURE.quantize(palette), PICTURE.rotate(180).quantize(palette)]
    data = encoded("GIF", frames[0], save_all=True, append_images=frames[1:], interlace=interlace, comment=b"; ;" * 200)
    assert size(data) == (13, 9)
    assert [place for place in range(1, len(data)) if size(data[:place])] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_only_what_its_end_does_not_tell_is_decoded(monkeypatch, name):
    def decode(self, number, copying=False):
        decoded.append(number)
        return real(self, number, copying)

    data, decoded, real = written(name), [], whole.Source.decode
    monkeypatch.setattr(whole.Source, "decode", decode)
    assert size(data) == (13, 9)
    assert decoded == [0] * (name not in whole.TELLING)
