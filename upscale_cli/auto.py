"""The method that a picture asks for: its census is taken, and rules are looked up."""

from typing import NamedTuple

import numpy as np

from .census import Census, census

TOO_SMALL = 5  # pixels a side, below which there is nothing to recognise
# The mean step of a JPEG's quantisation of luma from which on the network that was trained on JPEG files is the better
# one: 11.6 at quality 90, 10.4 at 91. Set14 as JPEG, 2x, by the network trained on none and by that one: quality 50
# 26.9 and 28.0 dB, 75 28.2 and 29.1, 90 30.0 and 30.0, 95 30.9 and 30.3.
COARSE = 11


class Choice(NamedTuple):
    """The spec of a method, and in a few words why."""

    method: str
    why: str


class Rule(NamedTuple):
    """The methods for a kind of picture: to enlarge it and to shrink it."""

    enlarging: str
    shrinking: str


# Shapes, text and lines drawn 8 times as large, averaged to the source and to the truth, 7 pictures at 2x and at 3x, in
# the mean: antialiased ones by dcci 24.4 dB, lanczos 24.3, icbi 24.2, region 24.0, bicubic 23.7. Of hard edges dcci
# makes antialiased ones (22.1 dB), which only region (20.3) leaves hard. The truth being an area's mean, `area` is what
# shrinks without ringing.
RULES = {
    "too small to tell": Rule("bicubic", "bicubic"),
    "one colour": Rule("nearest", "nearest"),
    "label image": Rule("region", "nearest"),
    "pixel art": Rule("xbr", "area"),
    "pixel art in blocks": Rule("nearest", "area"),
    "dithered": Rule("nearest", "area"),
    "flat art": Rule("region", "area"),
    "flat art, antialiased": Rule("dcci", "area"),
    "few colours": Rule("bicubic", "lanczos"),
    "photograph": Rule("sesr", "lanczos"),
    "photograph, from JPEG": Rule("sesr:input=jpeg", "lanczos"),
}


def kind_of(c: Census) -> str:
    """Return which of RULES holds for a picture: the first whose numbers fit.

    They were measured on 542 photographs in 30 forms (grey, JPEG, GIF, thumbnails, with bars, on white and so on), 88
    sprites and screens, 81 label images and 32 drawings and pages; those of label images and of dense lines anew on 327
    photographs in 57 forms.
    """
    if c.colours == 1:
        return "one colour"
    if _is_label_image(c):
        return "label image"
    # pixel art: 48 colours, through 0.21, soft 0.21, 64512 pixels at most; screens are of up to 320 x 240
    if c.colours <= 64 and c.through <= 0.25 and c.soft <= 0.25 and c.pixels <= 80_000:
        # flat 0.51, hard 0.79 and more; checks 0.04 at most, 0.09 of a maze with flat 0.79. Photographs of 16 colours
        # with as few soft steps: hard 0.55 at most. Photographs of the 216 colours of the web, or black and white:
        # checks from 0.06, with flat 0.69 at most.
        if c.flat >= 0.5 and c.hard >= 0.6 and c.checks <= (0.1 if c.flat >= 0.72 else 0.05):
            return "pixel art in blocks" if c.block > 1 else "pixel art"
        if c.checks >= 0.1:  # of dithering 0.23 and more
            return "dithered"
    # flat art: hard 0.55, flat 0.71 and more; through 0.07 with hard edges, 0.4 and more with antialiasing. Photographs
    # that are not reduced to a few colours: hard 0.23 at most. Dense lines and text, black on white, antialiased: flat
    # 0.34, hard 0.6 and more, details 0.04 at most. Photographs with as many hard steps: details from 0.059, and that
    # with three times the contrast.
    if (c.flat >= 0.65 and c.hard >= 0.45) or (c.flat >= 0.3 and c.hard >= 0.55 and c.details <= 0.045):
        return "flat art" if c.through <= 0.25 else "flat art, antialiased"
    # Photographs reduced to a few colours, screens and tiles with dots, which no number here tells apart: a network
    # makes ripples of their dots. Of 34 photographs reduced to 8 to 48 colours soft is 0.955 at most, of faded ones of
    # as few 0.975 and more.
    return "few colours" if c.colours <= 48 and c.soft <= 0.965 else "photograph"


def _is_label_image(c: Census) -> bool:
    """Return whether a picture consists of areas of few colours, in whatever order of levels.

    Measured on 600 made maps of 4 to 12 values: cells, blobs, discs and polygons, grey of 8 and 16 bits and colour.
    """
    # labels: flat 0.77, areas 0.83 and more. Antialiased drawings of as few colours: areas 0.6 at most, but for 0.8 of
    # circles with three levels between ink and paper, whose details are 0.08.
    if c.colours > 64 or c.flat < 0.75 or c.areas < 0.82:
        return False
    # labels: details 0.03 at most, but for slivers of polygons, and 0.003 where values lie side by side in their order,
    # as in a map of heights. 327 photographs of as few colours: from 0.042, or where edges lead through a pixel halfway
    # from 0.006; but for one of hardly any contrast, JPEG at quality 5 and then 16 colours, and blurred ones.
    return c.details <= (0.03 if c.through <= 0.05 else 0.004)


def look(samples: np.ndarray, alpha: bool) -> tuple[str, Census | None]:
    """Return which of RULES holds for samples as `choose` takes them, and their census unless they are too few."""
    found = None if min(samples.shape[:2]) < TOO_SMALL else census(samples, alpha)
    return kind_of(found) if found else "too small to tell", found


def choose(
    samples: np.ndarray, space: str, alpha: bool, factors: tuple[float, float], edge: str = "", step: float = 0
) -> Choice:
    """Return the method for a picture and the reason.

    `samples` is H x W x C, uint8, uint16 or float32, C-contiguous; `space` a key of `raster.COLOURS`; with `alpha` the
    last channel is a straight alpha; `factors` are the output's width and height over the input's; `edge` is what
    stands beyond the border, if that was said; `step` is the mean one of the quantisation of luma in levels, of a
    picture from a JPEG file.
    """
    kind, found = look(samples, alpha)
    if kind == "photograph" and step > COARSE:
        kind = "photograph, from JPEG"
    plain = kind.startswith("photograph") or kind in ("too small to tell", "one colour")
    why = kind if plain else f"{kind}: {found}"
    rule = RULES[kind]
    if min(factors) < 1:
        return Choice(rule.shrinking, f"{why}, to be shrunk")
    if rule.enlarging == "xbr" and space not in ("grey", "rgb"):
        return Choice("nearest", f"{why}, in {space}")
    if rule.enlarging == "region" and edge == "constant":  # which it has not
        return Choice("nearest" if kind == "label image" else "dcci", f"{why}, in a border")
    return Choice(rule.enlarging, why)
