"""Animations: every frame as it is seen, with its delay, the number of plays and the disposal."""

import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale_cli import jit, resize, resize_file
from upscale_cli.errors import OutputError

EXAMPLES = Path(__file__).parents[3] / "shared/data/formats/animated"
CLEAR, BLACK, RED, BLUE, WHITE = (0, 0, 0, 0), (0, 0, 0, 255), (255, 0, 0, 255), (0, 0, 255, 255), (255,) * 4
DELAYS = [20, 100, 50, 130]
KEPT, CLEARED, UNDONE = 1, 2, 3  # what becomes of a GIF's frame
ANIMATIONS = ("gif", "webp", "png")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def painted(ground, *boxes):
    """Return a picture of 12x10: a ground, and boxes as (colour, left, top, right, bottom)."""
    image = Image.new("RGBA", (12, 10), ground)
    for colour, *box in boxes:
        image.paste(colour, tuple(box))
    return image


def moving(ground):
    """Return four frames of objects that move, one of them black, which is the colour that clear pixels have."""
    return [
        painted(ground, (RED, 0, 0, 4, 4)),
        painted(ground, (RED, 3, 2, 7, 6), (BLACK, 0, 0, 2, 10)),
        painted(ground, (BLACK, 5, 4, 9, 8), (BLUE, 6, 5, 8, 7)),
        painted(ground, (BLUE, 8, 6, 12, 10), (RED, 0, 0, 1, 1)),
    ]


def saved(extension, pictures, delays=DELAYS, **how):
    """Write pictures as an animation; return its name."""
    how |= {"lossless": True} if extension == "webp" else {}
    duration = {"duration": delays} if delays else {}
    pictures[0].save(f"in.{extension}", save_all=True, append_images=pictures[1:], **duration, **how)
    return f"in.{extension}"


def seen(path):
    """Return an animation's frames as they are seen, clear pixels alike, their delays, and how often it runs."""
    image = Image.open(path)
    default = int(bool(image.info.get("default_image")))
    pictures, delays = [], []
    for number in range(default, getattr(image, "n_frames", 1)):
        image.seek(number)
        pixels = np.array(image.convert("RGBA"))
        pictures.append(np.where(pixels[..., 3:] > 0, pixels, 0))
        delays.append(image.info.get("duration", 0))
    plays = image.info.get("loop", None if image.format == "GIF" else 0)
    if image.format == "GIF":
        plays = 1 if plays is None else plays and plays + 1
    return pictures, delays, plays


def enlarged(pictures, factor):
    return [picture.repeat(factor, 0).repeat(factor, 1) for picture in pictures]


def runs(pictures, delays):
    """Return frames and delays, equal neighbours taken together, as some encoders do."""
    result = []
    for picture, delay in zip(pictures, delays, strict=True):
        if result and (picture == result[-1][0]).all():
            result[-1][1] += delay
        else:
            result.append([picture, delay])
    return result


def made(source, extension, factor=2, method="nearest", **how):
    """Resize a file; return the name of the result, and its notes."""
    how |= {"lossless": True} if extension == "webp" else {}
    result = resize_file(source, f"out.{extension}", factor, method=method, overwrite=True, **how)
    return f"out.{extension}", result.notes


def assert_same_show(source, result, factor):
    """The result shows what the source shows, enlarged, as long and as often; a GIF has as many frames, too."""
    before, delays, plays = seen(source)
    after, new_delays, new_plays = seen(result)
    if result.endswith("gif"):
        assert new_delays == delays
    expected, found = runs(enlarged(before, factor), delays), runs(after, new_delays)
    assert [picture.shape for picture, _ in found] == [picture.shape for picture, _ in expected]
    for (one, _), (other, _) in zip(expected, found, strict=True):
        assert (one == other).all()
    if len(after) > 1:  # what never changes has become a still
        assert [delay for _, delay in found] == pytest.approx([delay for _, delay in expected])
        assert new_plays == plays


GIFS = [(disposal, ground) for disposal in (0, 1, 2, 3, [1, 2, 3, 2], [3, 1, 2, 1]) for ground in (CLEAR, WHITE)]


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("target", ANIMATIONS)
@pytest.mark.parametrize(("disposal", "ground"), GIFS)
def test_gif(disposal, ground, target, factor):
    source = saved("gif", moving(ground), disposal=disposal, loop=0)
    result, notes = made(source, target, factor)
    assert notes == []
    assert_same_show(source, result, factor)


@pytest.mark.parametrize("target", ANIMATIONS)
@pytest.mark.parametrize("ground", [CLEAR, WHITE])
@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("disposal", [0, 1, 2, [0, 1, 2, 0]])
def test_apng(disposal, blend, ground, target):
    source = saved("png", moving(ground), disposal=disposal, blend=blend, default_image=disposal == 2)
    assert_same_show(source, made(source, target)[0], 2)


@pytest.mark.parametrize("target", ANIMATIONS)
@pytest.mark.parametrize("ground", [CLEAR, WHITE])
def test_webp(ground, target):
    source = saved("webp", moving(ground))
    assert_same_show(source, made(source, target)[0], 2)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("extension", ANIMATIONS)
def test_whatever_boxes_come_and_go(extension, seed):
    chance = random.Random(seed)
    ground, count = chance.choice([CLEAR, WHITE, BLACK]), chance.randint(2, 5)
    pictures = [painted(ground, (WHITE, count, 0, 12, 1), (RED, 0, count, 1, 9))]
    for _ in range(count):
        boxes = []
        for _ in range(chance.randint(0, 3)):
            x, y = chance.randrange(12), chance.randrange(10)
            boxes.append((chance.choice([CLEAR, BLACK, RED, WHITE]), x, y, x + chance.randint(1, 12), y + 4))
        pictures.append(painted(chance.choice([CLEAR, BLACK, BLUE]) if chance.random() < 0.2 else ground, *boxes))
    choices = {"gif": (0, 1, 2, 3), "png": (0, 1, 2), "webp": ()}[extension]
    how = {"disposal": [chance.choice(choices) for _ in pictures]} if choices else {}
    source = saved(extension, pictures, [chance.choice(DELAYS) for _ in pictures], **how)
    for target in ANIMATIONS:
        assert_same_show(source, made(source, target)[0], 2)


HARD = {  # for GIF's own means: what stays of a frame must not be seen through the next one's holes
    "clear and black have one index": [painted(RED, (BLACK, 3, 3, 9, 9)), painted(RED, (CLEAR, 3, 3, 9, 9))],
    "all opaque, then all clear": [painted(BLACK), painted(CLEAR), painted(BLACK)],
    "less is new than will be clear": [
        painted(BLUE), painted(BLUE, (RED, 5, 5, 6, 6)), painted(BLUE, (CLEAR, 1, 1, 9, 9))
    ],
    "a black edge on clear": [
        painted(CLEAR, (RED, 4, 4, 8, 8)), painted(CLEAR, (BLACK, 0, 0, 3, 10), (BLUE, 5, 0, 6, 9))
    ],
    "nothing changes": [painted(RED)] * 3,
    "neighbours are equal": [painted(RED), painted(BLUE), painted(BLUE), painted(RED)],
    "greys": [painted((level, level, level, 255), (BLACK, 0, 0, 3, 3)) for level in (10, 200, 255)],
    "greys with holes": [painted((level, level, level, 255), (CLEAR, 0, 0, level, 3)) for level in (1, 5, 9)],
}  # fmt: skip


@pytest.mark.parametrize("target", ANIMATIONS)
@pytest.mark.parametrize("case", HARD)
def test_hard_cases(case, target):
    pictures = HARD[case]
    source = saved("webp", [*pictures, painted(WHITE)], [50] * (len(pictures) + 1))
    assert len(seen(source)[0]) == len(pictures) + 1 - (case == "neighbours are equal") - 2 * (
        case == "nothing changes"
    )
    assert_same_show(source, made(source, target)[0], 2)


@pytest.mark.parametrize("alpha", [False, True])
def test_a_gif_gives_up_one_of_256_colours_where_clear_pixels_need_it(alpha):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pixels = np.dstack([levels, levels.T, levels[::-1], np.full((16, 16), 255, np.uint8)])
    last = pixels.copy()
    last[4:9, 4:9] = 0 if alpha else 255
    mode = "RGBA" if alpha else "RGB"
    source = saved("png", [Image.fromarray(each).convert(mode) for each in (pixels, last)], [50, 50])
    (first, second), _, _ = seen(made(source, "gif", 1)[0])
    assert (second == last).all()
    off = np.abs(first.astype(int) - pixels)
    assert (off.max() > 0) == alpha
    assert off.mean() < 1


@pytest.mark.parametrize("target", ANIMATIONS)
@pytest.mark.parametrize("loop", [None, 0, 1, 3, 65_535])
@pytest.mark.parametrize("extension", ANIMATIONS)
def test_plays(extension, loop, target):
    source = saved(extension, moving(WHITE), **({} if loop is None else {"loop": loop}))
    expected = (1 if loop is None else loop and loop + 1) if extension == "gif" else loop or 0
    assert seen(source)[2] == expected
    most = 65_535 + (target == "gif") if target != "png" else expected
    assert seen(made(source, target)[0])[2] == min(expected, most)


@pytest.mark.parametrize(
    ("delays", "expected"),
    [([33, 33, 33, 33], [30, 40, 30, 30]), ([16, 16, 16, 16], [20, 10, 20, 10]), ([1, 1, 1, 1], [10, 10, 10, 10])],
)
def test_a_gif_holds_hundredths_of_a_second_which_do_not_add_up_to_less(delays, expected):
    result, notes = made(saved("webp", moving(WHITE), delays), "gif")
    assert notes == ["delays are rounded to hundredths of a second"]
    assert seen(result)[1] == expected
    assert seen(made("in.webp", "png")[0])[1] == delays


def test_delays_of_fractions_of_milliseconds():
    source = saved("png", moving(WHITE), [1000 / 30] * 4)
    assert seen(made(source, "png")[0])[1] == pytest.approx([1000 / 30] * 4)
    assert seen(made(source, "webp")[0])[1] == [33] * 4
    assert seen(made(source, "gif")[0])[1] == [30, 40, 30, 30]


def test_a_delay_that_gif_cannot_hold_is_refused():
    source = saved("webp", moving(WHITE), [655_350, 20, 20, 20])
    assert seen(made(source, "gif")[0])[1] == [655_350, 20, 20, 20]
    with pytest.raises(OutputError, match=r"GIF holds delays of at most 655\.35 s: choose another format with -f"):
        made(saved("webp", moving(WHITE), [655_356, 20, 20, 20]), "gif")


def test_disposal_is_kept_where_it_shows_the_next_frame():
    def disposals(path):
        image = Image.open(path)
        for number in range(image.n_frames):
            image.seek(number)
            yield image.disposal_method

    asked = [KEPT, CLEARED, UNDONE, KEPT]
    source = saved("gif", moving(WHITE), disposal=asked)
    assert [*disposals(made(source, "gif")[0])] == [*disposals(source)] == asked
    assert [*disposals(made(saved("webp", moving(WHITE)), "gif")[0])] == [KEPT] * 4
    assert [*disposals(made(saved("webp", moving(CLEAR)), "gif")[0])] == [CLEARED, CLEARED, CLEARED, KEPT]


@pytest.mark.parametrize("target", ["webp", "png", "tif", "gif"])
@pytest.mark.parametrize("ground", [CLEAR, WHITE])
@pytest.mark.parametrize("extension", ANIMATIONS)
def test_every_frame_is_resized_as_it_would_be_alone(extension, ground, target):
    source = saved(extension, moving(ground))
    before = [np.asarray(resize(Image.fromarray(picture), 2, method="bicubic")) for picture in seen(source)[0]]
    after = seen(made(source, target, method="bicubic")[0])[0]
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        if target == "gif":  # alpha becomes whole or none, colours are reduced to 256
            assert ((one[..., 3] >= 128) == (other[..., 3] == 255)).all()
            off = np.abs(one.astype(int) - other)[other[..., 3] > 0][..., :3]
            assert off.mean() < 4
        else:
            assert np.abs(np.where(one[..., 3:] > 0, one, 0).astype(int) - other).max() <= 1


@pytest.mark.parametrize("target", ANIMATIONS)
@pytest.mark.parametrize(
    "name", ["animated-loop-3.gif", "delay.png", "rotating-squares.gif", "blend_op_over_near_transparent.png"]
)
def test_real_files(name, target):
    if not EXAMPLES.exists():
        pytest.skip(f"there is no {EXAMPLES}")
    if target == "gif" and jit.interpreted():
        pytest.skip("its colours take a while to find, interpreted")
    if name.startswith("blend") and target == "gif":
        assert made(EXAMPLES / name, "gif", 1)[1] == [
            "the picture for those who cannot show the animation is left out",
            "half transparency becomes whole or none",
        ]
        return
    assert_same_show(str(EXAMPLES / name), made(EXAMPLES / name, target, 1)[0], 1)


@pytest.mark.parametrize(("extension", "target"), [("gif", "webp"), ("webp", "gif"), ("webp", "png"), ("png", "webp")])
def test_pillows_own_limit_on_pixels_neither_warns_nor_refuses(extension, target, monkeypatch):
    source = saved(extension, moving(CLEAR), **({"disposal": CLEARED} if extension == "gif" else {}))
    for limit in (100, 50):  # of which it warns, which it refuses
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made(source, target, 1)
