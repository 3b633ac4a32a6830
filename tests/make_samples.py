"""Make the pictures in sample_images/, the same way every time.

`python -m tests.make_samples` writes the synthetic pictures. `python -m tests.make_samples FOLDER` also cuts
the photographs from the originals, where FOLDER is the `data` folder of an installed scikit-image 0.26.
The licences of the photographs are in sample_images/README.md.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FOLDER = Path(__file__).parent.parent / "sample_images"

# ------------------------------------------------------------------------------------------------ sprite.png

# One letter a pixel; a dot is transparent. The hidden colour of the transparent entry is black.
SPRITE_COLOURS = {
    ".": (0, 0, 0),
    "k": (38, 30, 56),  # outline
    "w": (250, 246, 236),  # white of the eyes and of the mushroom's spots
    "r": (222, 62, 66),  # cap
    "R": (158, 36, 66),
    "c": (242, 216, 178),  # stem
    "C": (204, 158, 128),
    "y": (255, 206, 106),  # shell, light to dark
    "o": (238, 148, 62),
    "O": (200, 100, 50),
    "D": (132, 60, 48),
    "b": (168, 196, 222),  # snail
    "B": (112, 138, 184),
    "v": (190, 128, 230),  # butterfly
    "V": (122, 74, 182),
    "h": (166, 220, 92),  # grass, light to dark
    "g": (92, 172, 78),
    "G": (48, 116, 76),
    "e": (140, 92, 64),  # earth
    "E": (98, 62, 58),
    "s": (186, 160, 140),  # pebbles
}

BUTTERFLY = """
vv...vv
vVvkvVv
.vVkVv.
.vvkvv.
vV.k.Vv
"""

MUSHROOM = """
.....kkkkkkk.....
...kkrrrrwwrkk...
..krrrrrrwwrrrk..
.krrwwwrrrrrrrRk.
.krrwwwrrrrrrrRk.
krrrwwwrrrwwrrRRk
krrrrrrrrrwwrrRRk
kRrrrrrrrrrrrRRRk
kRwwRRRRRRRRRwwRk
.kkkkCCCCCCCkkkk.
....kkccccCCkk...
.....kcccccCk....
.....kcccccCk....
....kccccccCCk...
....kccccccCCk...
.....kkkkkkkk....
"""

SNAIL = """
.....................kkkk..kkkk.
....................kwwwwkkwwwwk
....................kwwkwkkwwkwk
....................kwwkwkkwwkwk
.....................kkkk..kkkk.
......................kbk..kbk..
......................kbk..kbk..
.......................kbkkbk...
.......................kbbbbkk..
......................kbbbbbbbk.
......................kbbbbbbbbk
......................kbbbbbbbbk
......................kBbbbbkkbk
.....................kkBBbbbbbk.
.....................kBBBbbbbbk.
....................kBBBbbbbbk..
...................kkBBbbbbbbk..
..kkk.............kkBBBbbbbbbk..
kkbbbkkkkkkkkkkkkkkBBBbbbbbbbk..
kbbbbbbbbbbbbbbbbbbbbbbbbbbbk...
.kBBbBBbBBbBBbBBbBBbBBbBBbBk....
..kkkkkkkkkkkkkkkkkkkkkkkkk.....
"""

SHELL = """
.......kkkkk.......
.....kkyyyyokk.....
...kkyyyyyyoookk...
..kyyyyDDDDDooook..
..kyyDDooooODDook..
.kyyDoooooooOODook.
.kyDooyyDDDoOODook.
kyyDoyDDoooDOOODOOk
kyDooDoooooODOODOOk
koDooDoyDDoODOODOOk
koDooDoDDOODOOODOOk
kooDooDDDDDOOODOOOk
.koDoooOOOOOODOOOk.
.kooDDoOOOODDOOOOk.
..koooDDDDDOOOOOk..
..koooOOOOOOOOOOk..
...kkOOOOOOOOOkk...
.....kkOOOOOkk.....
.......kkkkk.......
"""

GROUND = """
.h...................................h......h...
.gh....h............................hg...h..gh..
hgghhhhghhhhghhhhhhghhhhhhghhghhhhhhggghghhhgghh
ggggggggGggggggggggggGggggggggggggggggGggggggggg
.GGgGgGgGGgGgggGgGgGGGgGggGggGgGgGgggGGgGgGgGgG.
.GeGeGeGeGGeGeGeGeGeGeGeGGeGeGeGeGeGGeGeGeGeGeG.
..eeeeeeEeeeeeeeeeeseeeeeeeEeeeeeeeeeeeeeesseE..
...eEeEEeeEeEeesseEeEeEEeEeEEeeEeEeEesseEeEEE...
.....EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE.....
"""


def sprite() -> Image.Image:
    """Return pixel art, mode P, 48 x 32, 21 colours of which entry 0 is transparent."""
    letters = {letter: index for index, letter in enumerate(SPRITE_COLOURS)}
    canvas = np.zeros((32, 48), np.uint8)
    for grid, left, top in (
        (GROUND, 0, 23),
        (BUTTERFLY, 4, 1),
        (MUSHROOM, 0, 10),
        (SNAIL, 15, 4),
        (SHELL, 17, 4),
    ):
        rows = [[letters[letter] for letter in line] for line in grid.split()]
        piece = np.array(rows, np.uint8)
        window = canvas[top : top + piece.shape[0], left : left + piece.shape[1]]
        np.copyto(window, piece, where=piece > 0)
    picture = _paletted(canvas, list(SPRITE_COLOURS.values()))
    picture.info["transparency"] = 0
    return picture


# ------------------------------------------------------------------------------------------------ labels.png

LABEL_COLOURS = [
    (40, 84, 140),  # 0 sea
    (228, 206, 150),  # 1 beach
    (140, 186, 96),  # 2 meadow
    (52, 112, 70),  # 3 wood
    (128, 116, 110),  # 4 rock
    (206, 64, 60),  # 5 road
]


def labels() -> Image.Image:
    """Return a label map, mode P, 128 x 96, indices 0 to 5: curved regions and a thin road."""
    y, x = np.mgrid[0:96, 0:128] + 0.5
    height = np.zeros((96, 128))
    for degrees, wavelength, phase in (
        (59, 102, 1.6),
        (40, 89, 3.9),
        (8, 45, 2.3),
        (149, 68, 4.9),
        (56, 56, 4.9),
    ):
        along = x * np.cos(np.deg2rad(degrees)) + y * np.sin(np.deg2rad(degrees))
        height += wavelength / 80 * np.sin(2 * np.pi * along / wavelength + phase)
    index = np.digitize(height, [-0.45, -0.2, 0.7, 1.3]).astype(np.uint8)
    middle = 68 + 8 * np.cos(x / 14)
    slope = 8 / 14 * np.sin(x / 14)
    road = np.abs(y - middle) < 1.1 * np.sqrt(1 + slope**2)  # about two pixels wide, measured across
    index[road & (index > 0)] = 5
    return _paletted(index, LABEL_COLOURS)


def _paletted(index: np.ndarray, colours: list[tuple[int, int, int]]) -> Image.Image:
    """Return a mode P picture of `index`, H x W uint8, whose palette holds `colours` and nothing else."""
    picture = Image.fromarray(index)
    picture.putpalette([value for colour in colours for value in colour])
    return picture


# --------------------------------------------------------------------------------------------- zoneplate.png


def zoneplate() -> Image.Image:
    """Return cos(k r^2), mode L, 256 x 256, whose frequency along each axis reaches Nyquist at the edge.

    The phase is pi r^2 / 256 with r measured from the centre of the picture, so that its slope is
    2 pi r / 256: zero in the middle and pi, half a period a pixel, at r = 128.
    """
    axis = np.arange(256) - 127.5
    phase = np.pi / 256 * (axis[:, None] ** 2 + axis**2)
    return Image.fromarray(np.rint(127.5 + 127.5 * np.cos(phase)).astype(np.uint8))


# ----------------------------------------------------------------------------------------------- drawing.png

OVER = 8  # shapes are drawn this many times too large, then averaged


def drawing() -> Image.Image:
    """Return thin lines, circles and text, mode L, 200 x 150, black on white with grey edges.

    Made eight times too large and averaged, so that the text hardly depends on the version of FreeType.
    """
    picture = Image.new("L", (200 * OVER, 150 * OVER), 255)
    pen = ImageDraw.Draw(picture)
    _draw_dial(pen, 50.5, 52.5)
    _draw_text(pen)
    _draw_curves(pen)
    return picture.reduce(OVER)


def _draw_dial(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """Draw circles and spokes at every angle around (x, y), in pixels of the finished drawing."""
    for radius in (44, 40, 26, 14, 5):
        _circle(pen, x, y, radius)
    for step in range(72):
        angle = np.pi * step / 36
        inner, outer = (26, 40) if step % 3 == 0 else (36, 40)
        _line(pen, [(x + r * np.cos(angle), y + r * np.sin(angle)) for r in (inner, outer)])
    for angle, length in ((-1.1, 24), (0.35, 33)):
        ends = [(x + r * np.cos(angle), y + r * np.sin(angle)) for r in (-8, length)]
        _line(pen, ends, width=2)
    _circle(pen, x, y, 2, fill=0)


def _draw_text(pen: ImageDraw.ImageDraw) -> None:
    """Write lines of falling size on the right, in Pillow's built-in font without kerning by Raqm."""
    for size, top, words in (
        (29, 2, "Resize"),
        (18, 34, "a drawing"),
        (13, 57, "with small text"),
        (10, 74, "and smaller: 0123"),
        (8, 88, "(3.5 + 1/4) x 2 = 7.5"),
    ):
        font = ImageFont.load_default(size * OVER).font_variant(layout_engine=ImageFont.Layout.BASIC)
        pen.text((104 * OVER, top * OVER), words, fill=0, font=font)


def _draw_curves(pen: ImageDraw.ImageDraw) -> None:
    """Draw, along the bottom, a frame with a wave, a chirp of upright lines and a fan of shallow ones."""
    _line(pen, [(6.5, 106.5), (193.5, 106.5), (193.5, 144.5), (6.5, 144.5), (6.5, 106)])
    _line(pen, [(70.5, 107), (70.5, 144)])
    _line(pen, [(134.5, 107), (134.5, 144)])
    _line(pen, [(7, 125.5), (70, 125.5)], width=0.5)
    _line(pen, [(6.5 + t, 125.5 - 15 * np.sin(2 * np.pi * t / 32)) for t in np.arange(0, 64.25, 0.25)])
    left = 76.0
    for gap in np.linspace(7, 2, 12):
        _line(pen, [(left, 111), (left, 140)])
        left += gap
    for step in range(7):
        _line(pen, [(138, 140 - step), (190, 140 - 30 * step / 6)])


def _line(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], width: float = 1) -> None:
    """Draw a polyline; points and width are in pixels of the finished drawing."""
    scaled = [(float(x) * OVER, float(y) * OVER) for x, y in points]
    pen.line(scaled, fill=0, width=round(width * OVER), joint="curve")


def _circle(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: int | None = None) -> None:
    """Draw a circle one pixel thick; centre and radius are in pixels of the finished drawing."""
    box = [(x - radius) * OVER, (y - radius) * OVER, (x + radius) * OVER, (y + radius) * OVER]
    pen.ellipse(box, fill=fill, outline=0, width=OVER)


# ----------------------------------------------------------------------------------------------- photographs

# The outline of head and shoulders, in pixels of the finished portrait.
OUTLINE = [
    *[(113, 8), (104, 10), (96, 14), (91, 18), (82, 22), (77, 29), (75, 38), (76, 46), (80, 54)],  # hair
    *[(86, 59), (87, 64), (90, 67), (91, 74), (84, 74), (74, 76), (66, 81), (61, 88), (58, 94)],  # ear, ring
    *[(56, 101), (55, 104), (46, 110), (34, 119), (28, 126), (22, 136), (17, 148), (13, 162)],  # shoulder
    *[(11, 172), (22, 180), (45, 186), (75, 189), (110, 189), (138, 186), (152, 181), (163, 175)],  # below
    *[(177, 169), (177, 162), (175, 150), (171, 138), (166, 128), (158, 121), (151, 118)],  # shoulder
    *[(149, 112), (146, 105), (140, 97), (132, 90), (126, 86), (127, 79), (131, 70), (135, 65)],  # ring, ear
    *[(142, 58), (147, 50), (149, 42), (147, 33), (142, 22), (135, 15), (124, 10)],  # hair
]
HIDDEN = (0, 255, 0)


def photo(chelsea: Image.Image) -> Image.Image:
    """Return a 384 x 256 window of scikit-image's chelsea.png, mode RGB, not resampled."""
    return chelsea.convert("RGB").crop((28, 28, 412, 284))


def grey(camera: Image.Image) -> Image.Image:
    """Return scikit-image's camera.png, mode L, every 2 x 2 pixels averaged: 256 x 256."""
    return camera.convert("L").reduce(2)


def portrait(astronaut: Image.Image) -> Image.Image:
    """Return head and shoulders from scikit-image's astronaut.png, mode RGBA, 192 x 192, alpha straight.

    Every 2 x 2 pixels are averaged. Alpha rises from the outline inwards, so no background shows at the edge.
    Where alpha is zero the colour is pure green: a resizer that does not weight colour by alpha draws a green
    fringe.
    """
    mask = Image.new("L", (192 * OVER, 192 * OVER))
    ImageDraw.Draw(mask).polygon([(x * OVER, y * OVER) for x, y in OUTLINE], fill=255)
    blurred = mask.reduce(OVER).filter(ImageFilter.GaussianBlur(2))
    alpha = blurred.point([max(0, 2 * value - 255) for value in range(256)])
    picture = astronaut.convert("RGB").crop((4, 0, 388, 384)).reduce(2)
    picture.paste(HIDDEN, mask=alpha.point([255] + 255 * [0]))
    picture.putalpha(alpha)
    return picture


# --------------------------------------------------------------------------------------------------- writing

SYNTHETIC: dict[str, Callable[[], Image.Image]] = {
    "sprite.png": sprite,
    "drawing.png": drawing,
    "labels.png": labels,
    "zoneplate.png": zoneplate,
}
PHOTOGRAPHS: dict[str, tuple[Callable[[Image.Image], Image.Image], str]] = {
    "photo.png": (photo, "chelsea.png"),
    "portrait.png": (portrait, "astronaut.png"),
    "grey.png": (grey, "camera.png"),
}


def save(picture: Image.Image, name: str) -> None:
    """Write `picture` to sample_images/ as an optimised PNG without metadata."""
    picture.info = {key: value for key, value in picture.info.items() if key == "transparency"}
    picture.save(FOLDER / name, optimize=True)


def main(originals: Path | None) -> None:
    """Write the synthetic pictures and, given scikit-image's data folder, the photographs."""
    for name, make in SYNTHETIC.items():
        save(make(), name)
    if originals is not None:
        for name, (cut, source) in PHOTOGRAPHS.items():
            with Image.open(originals / source) as original:
                save(cut(original), name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
