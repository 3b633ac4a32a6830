"""Max pooling of an image file: its maxima as a smaller image, and where they stood as a file of indices."""

from pathlib import Path

import numpy as np

from .codec import metadata
from .codec.decode import Source
from .codec.encode import encode
from .codec.pillow import at_ease
from .color.fill import BLACK
from .errors import InputError, OutputError, naming
from .files import check_output, label_of
from .filesystem.atomic import kind_of, replacing
from .formats import Format, Settings
from .network.indices import Indices, write
from .network.pooling import max_pool2d
from .raster import Raster
from .request import MAX_PIXELS
from .spec import Handling


def pool_file(
    src: Path | bytes, dst: Path, indices: Path, row: Format, kernel: int = 2, stride: int | None = None, *,
    overwrite: bool = False, max_pixels: int = MAX_PIXELS,
) -> list[str]:  # fmt: skip
    """Write the largest sample of each block of `kernel` x `kernel` pixels, and to `indices` where it stood.

    Channels are pooled each by itself; blocks lie `stride` pixels apart (None: side by side). Returns notes on what was
    not kept. Raises InputError and OutputError, which name the file; either both files appear or none.
    """
    steps, handling = stride or kernel, Handling()
    with naming(label_of(src)), at_ease(), Source(src, max_pixels, handling) as source:
        for output, option in ((dst, "-o"), (indices, "--indices")):
            if kind_of(output) == "folder":
                raise OutputError(f"{output} is a folder: give {option} the name of a file")
            if not overwrite and kind_of(output) == "file":
                raise OutputError(f"{output} exists: use --overwrite to replace it")
            check_output(src, output, overwrite)
        if dst.resolve() == indices.resolve():
            raise OutputError(f"{dst}: the image and its indices would be one file: name another with --indices")
        raster = source.decode(0)
        height, width, channels = raster.samples.shape
        if min(height, width) < kernel:
            raise InputError(f"blocks of {kernel}x{kernel} do not fit into {width}x{height} pixels: use a smaller -k")
        largest, places = max_pool2d(raster.samples[None].astype(np.float32), kernel, steps, return_indices=True)
        samples = np.ascontiguousarray(largest[0].astype(raster.samples.dtype))
        size = samples.shape[1], samples.shape[0]
        info = metadata.update(raster.info, handling, size, (size[0] / width, size[1] / height))
        found = Indices(places[0], (height, width, channels), (kernel, kernel), (steps, steps))
        notes = list(source.notes)
        if len(source.header.frames) > 1:
            notes.append(f"only the first of {len(source.header.frames)} frames is kept")
        with replacing(indices, overwrite=overwrite, folders=True, option="--indices") as file:
            write(file, found)
            with replacing(dst, overwrite=overwrite, folders=True) as image:
                pooled = Raster(samples, raster.space, raster.alpha, info)
                notes += encode(pooled, image, row, Settings(), BLACK)
        return notes
