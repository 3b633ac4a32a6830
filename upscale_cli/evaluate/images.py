"""Where the images of a comparison come from: files, folders, references beside them, arrays."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
from PIL import Image

from ..batch.find import Input, Search
from ..batch.names import cleaned
from ..codec.cms import to_srgb
from ..codec.decode import Source
from ..codec.pillow import at_ease, raster_of
from ..errors import InputError, naming
from ..filesystem.atomic import kind_of
from ..filesystem.remote import Url
from ..raster import Raster
from ..spec import Handling

IN_SRGB = Handling(profile="srgb")


class Case(NamedTuple):
    """An image to compare with: what it is called, where its samples are, and where the truth's, if they are others.

    `failure` is why there is none.
    """

    label: str
    image: Input | np.ndarray
    truth: Input | np.ndarray | None = None
    failure: str = ""


def samples_of(image: Input | np.ndarray, max_pixels: int) -> tuple[np.ndarray, list[str]]:
    """Return an image's samples (H x W x C, grey or RGB, perhaps with an alpha), in sRGB, and notes on what is lost.

    Of an animation that is the first frame. Raises InputError, which names the file, for what cannot be read.
    """
    if not isinstance(image, Input):
        return image, []
    with naming(image.label), at_ease():
        file = image.file
        with Source(file.read() if isinstance(file, Url) else file, max_pixels, IN_SRGB) as source:
            frames = source.header.frames
            raster = source.decode(frames[0])
            notes = [*source.notes] + [f"only the first of {len(frames)} frames is compared"] * (len(frames) > 1)
        return _checked(raster).samples, [f"{image.label}: {note}" for note in notes]


def size_of(image: Input, max_pixels: int) -> tuple[int, int] | None:
    """Return an image's width and height; None of a URL or a pipe, which are read once; raise InputError as above."""
    if isinstance(image.file, Url) or (image.data is None and kind_of(image.path) == "special"):
        return None
    with naming(image.label), at_ease(), Source(image.file, max_pixels, IN_SRGB) as source:
        return source.header.width, source.header.height


def _checked(raster: Raster) -> Raster:
    if raster.samples.dtype.kind == "f" and not np.isfinite(raster.samples).all():
        raise InputError("it holds samples that are no numbers or infinite: replace them first")
    if raster.info.get("mode") == "I":
        raise InputError("its whole numbers of 32 bits have no known white: convert them to 16 bits first")
    return raster


def array_of(image: object) -> np.ndarray:
    """Return the samples of a PIL image or an array of 1 to 4 channels; InputError for anything else."""
    if isinstance(image, Image.Image):
        return _checked(to_srgb(raster_of(image))).samples
    array = np.asarray(image)
    if array.ndim not in (2, 3) or array.dtype not in (np.uint8, np.uint16, np.float32):
        raise InputError(
            f"an image array is H x W or H x W x C of uint8, uint16 or float32, not {array.dtype} {array.shape}"
        )
    return Raster(np.ascontiguousarray(array if array.ndim == 3 else array[..., None]), "any").samples


def cases(
    words: Iterable[str | Input], search: Search, reference: str | None = None, leave_out: str | None = None
) -> list[Case]:
    """Return the images that files and folders are, each with its own part of the reference: a file, or a folder.

    In a folder the reference of an image has the same place and name, but for its extension. `leave_out` is a folder
    that is none of the inputs.
    """
    words = [word if isinstance(word, Input) else cleaned(word) for word in words]
    inputs = list(search.inputs(words, lambda _: leave_out))
    if reference is None:
        return [Case(each.label, each, failure=each.failure) for each in inputs]
    if kind_of(reference) != "folder":
        return [Case(each.label, each, Input(reference), each.failure) for each in inputs]
    found: dict[str, list[Input]] = {}
    for truth in Search(recursive=search.recursive).inputs([cleaned(reference)], lambda _: None):
        found.setdefault(_key(truth), []).append(truth)
    return [_with_reference(each, found.get(_key(each), []), reference) for each in inputs]


def _key(source: Input) -> str:
    return str(PurePath(source.tail).with_suffix("")) if source.within else PurePath(source.path).stem


def _with_reference(source: Input, found: list[Input], folder: str) -> Case:
    failure = source.failure
    if not failure and len(found) != 1:
        what = "several pictures" if found else "no picture"
        failure = f"{source.label}: the reference {folder} has {what} of the name {_key(source)}: give one"
    return Case(source.label, source, found[0] if len(found) == 1 else None, failure)
