"""Files of weights: `.npz` archives of plain arrays, checked before they are used.

Beside the arrays that `Architecture.shapes` names there are `architecture` (its name), `scale` and `input`: "clean" or
"jpeg", what the network was trained to be given.
"""

import contextlib
import io
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from ..errors import InputError
from .architectures import NAMES, SCALES, Architecture, architecture

INPUTS = ("clean", "jpeg")
MOST = 1 << 26  # bytes of a file of weights, unpacked


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


@contextlib.contextmanager
def refusing(path: Path, what: str) -> Iterator[None]:
    """Make an InputError of whatever reading a file with NumPy raises, and have NumPy warn nobody."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror or f'no {what}'}): check it") from error
    except Exception as error:  # NumPy and zipfile raise what a damaged file leads them to, MemoryError among it
        raise InputError(f"{path}: it is no whole {what}: make or copy it again") from error


def arrays_of(path: Path, what: str, most: int) -> dict[str, np.ndarray]:
    """Return the arrays of an archive; InputError, with what it should hold, for anything that is not one.

    Nothing is unpacked of one that says to hold more than `most` bytes.
    """
    with refusing(path, f".npz file of {what}"), np.load(path, allow_pickle=False) as file:
        total = sum(part.file_size for part in file.zip.infolist())
        found = {name: file[name] for name in file.files if total <= most}
        if not all(isinstance(array, np.ndarray) for array in found.values()):  # NumPy hands over what is none as bytes
            raise ValueError("it holds what is no array")
    if total > most:
        raise InputError(f"{path}: it holds {total} bytes, and {what}, are at most {most}: check where it came from")
    return found


def read(path: Path) -> Model:
    """Return the network of a file; InputError for anything that is not one, whole and of finite numbers."""
    found = arrays_of(path, "weights, as `upscale train` makes them", MOST)
    name, scale, given = (str(found.get(key, "")) for key in ("architecture", "scale", "input"))
    if name not in NAMES or scale not in map(str, SCALES) or given not in INPUTS:
        raise InputError(f"{path}: it holds no weights of a network that is known here: `upscale train` makes them")
    kind = architecture(name, int(scale))
    for key, shape in kind.shapes.items():
        array = found.get(key)
        if array is None or array.shape != shape or array.dtype != np.float32:
            what = "missing" if array is None else f"{array.dtype} {array.shape}"
            raise InputError(
                f"{path}: {key} must be float32 {shape} in {kind.name} for {scale}x, and is {what}: train it again"
            )
        if not np.isfinite(array).all():
            raise InputError(f"{path}: {key} holds what is no number: train it again")
    return Model(kind, {key: found[key] for key in kind.shapes}, given)
