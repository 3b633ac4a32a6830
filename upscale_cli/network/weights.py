"""Files of weights: `.npz` archives of plain arrays, checked before they are used.

Beside the arrays that `Architecture.shapes` names there are `architecture` (its name), `scale` and `input`: "clean" or
"jpeg", what the network was trained to be given.
"""

import io
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from ..errors import InputError
from .architectures import NAMES, SCALES, Architecture, architecture

INPUTS = ("clean", "jpeg")
LARGEST = 64 << 20  # bytes of an archive: the largest network here, sesr-m11 for 4x, has 130 kB
# What NumPy and zipfile raise for files that are no archives, cut off, changed, or packed in another way.
DAMAGED = (
    ValueError, TypeError, EOFError, AttributeError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Model(NamedTuple):
    """A trained network: its weights are float32 arrays of `kind.shapes`."""

    kind: Architecture
    weights: dict[str, np.ndarray]
    input: str


def write(file: BinaryIO, model: Model) -> None:
    """Write a file of weights, the same bytes for the same weights."""
    arrays = {
        "architecture": np.array(model.kind.name), "scale": np.array(model.kind.scale), "input": np.array(model.input),
        **{name: model.weights[name].astype(np.float32) for name in model.kind.shapes},
    }  # fmt: skip
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


def changed(path: Path) -> int:
    """Return when a file was changed last, for caches to tell; 0 if that is not known, which reading tells."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def arrays_of(path: Path, what: str, most: int = LARGEST) -> dict[str, np.ndarray]:
    """Return the arrays of an archive; InputError, with what it should hold, for anything that is not one.

    Nor is one that would unpack to more than `most` bytes.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            if sum(member.file_size for member in file.zip.infolist()) > most:
                raise InputError(f"{path}: it would unpack to more than {most} bytes: it is no file of {what}")
            return {name: file[name] for name in file.files}
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror or 'no .npz file'})") from error
    except DAMAGED as error:
        raise InputError(f"{path}: it is no whole .npz file of {what}") from error


def read(path: Path) -> Model:
    """Return the network of a file; InputError for anything that is not one, whole and of finite numbers."""
    found = arrays_of(path, "weights, as `upscale train` makes them")
    name, scale, given = (str(found.get(key, "")) for key in ("architecture", "scale", "input"))
    if name not in NAMES or scale not in map(str, SCALES) or given not in INPUTS:
        raise InputError(f"{path}: it holds no weights of a network that is known here: `upscale train` makes them")
    kind = architecture(name, int(scale))
    for key, shape in kind.shapes.items():
        array = found.get(key)
        if array is None or array.shape != shape or array.dtype != np.float32:
            what = "missing" if array is None else f"{array.dtype} {array.shape}"
            raise InputError(f"{path}: {key} must be float32 {shape} in {kind.name} for {scale}x, and is {what}")
        if not np.isfinite(array).all():
            raise InputError(f"{path}: {key} holds what is no number: train it again")
    return Model(kind, {key: found[key] for key in kind.shapes}, given)
