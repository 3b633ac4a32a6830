"""The background colour as samples of any colour space."""

import numpy as np

from ..errors import InputError
from ..raster import Raster

Colour = tuple[int, int, int, int]  # red, green, blue, alpha, 0 to 255
BLACK, CLEAR = (0, 0, 0, 255), (0, 0, 0, 0)


def fill_of(raster: Raster, colour: Colour | None) -> tuple[float, ...]:
    """Return the sample of each of the raster's channels for a colour.

    None is transparent where the raster has an alpha and black elsewhere. Raises InputError for colours that the
    raster's space does not hold.
    """
    red, green, blue, alpha = colour or (CLEAR if raster.alpha else BLACK)
    space = raster.space
    if space == "any":
        space = {1: "grey", 3: "rgb"}.get(raster.samples.shape[2], space)
    if space == "rgb":
        values = (red, green, blue)
    elif space == "grey":
        values = (0.299 * red + 0.587 * green + 0.114 * blue,)
    elif space == "cmyk":
        values = (255 - red, 255 - green, 255 - blue, 0) if red or green or blue else (0, 0, 0, 255)
    elif space == "ycbcr":  # JFIF
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        values = (luma, 128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402)
    elif red == green == blue == 0:
        values = {"lab": (0, 128, 128)}.get(space, (0,) * raster.samples.shape[2])
    else:
        raise InputError(f"a background colour has no meaning in {space} samples: leave it out")
    values = (*values, alpha)[: raster.samples.shape[2]]
    if raster.samples.dtype.kind == "f":
        return tuple(v / 255 for v in values)
    scale = np.iinfo(raster.samples.dtype).max / 255
    return tuple(min(int(v * scale + 0.5), int(255 * scale)) for v in values)
