"""Fuzz what reads files and words of strangers: `python -m tests.fuzz decode|grammar|weights [OPTION...]`.

Needs the extra `fuzz` (atheris); the options are libFuzzer's, such as -max_total_time=200. What a target raises is a
finding: libFuzzer writes the input into the current folder, and `python -m tests.fuzz TARGET FILE` repeats it.
"""

import contextlib
import io
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

MOST_PIXELS, MOST_FRAMES = 1_000_000, 3
INSTRUMENTED = ["PIL", "tifffile", "numpy.lib._format_impl", "numpy.lib._npyio_impl", "zipfile", "upscale_cli"]


def decode(data: bytes) -> None:
    """Read an image file: it has frames that are whole, or is refused in one line."""
    from upscale_cli.codec.decode import Source
    from upscale_cli.codec.pillow import at_ease
    from upscale_cli.spec import Handling

    ways = (Handling(), Handling(orient=False), Handling(profile="srgb"), Handling(palette="keep"))
    number = zlib.crc32(data)
    with _refusing(), at_ease(), Source(data, MOST_PIXELS, ways[number % 4]) as source:
        for frame in source.header.frames[:MOST_FRAMES]:
            source.decode(frame, copying=bool(number & 4))


def grammar(data: bytes) -> None:
    """Read a word of the command line: what is taken reads the same again, the rest is refused in one line."""
    from upscale_cli.formats import format_of
    from upscale_cli.geometry import parse_scale, parse_size
    from upscale_cli.spec import Options, parse_dpi, parse_memory, parse_method

    text = data.decode("utf-8", "surrogateescape")
    for parse in (parse_scale, parse_size, parse_dpi, parse_memory, format_of):
        with _refusing():
            assert parse(text) == parse(text)
    with _refusing():
        spec = parse_method(text)
        assert parse_method(spec.text) == spec
        options = spec.merge(Options())
        assert spec.merge(options) == options
        spec.check(options)


def weights(data: bytes) -> None:
    """Read a file of weights, of indices and of taps: arrays that hold what they should, or one line."""
    import numpy as np

    from upscale_cli.network import indices, models
    from upscale_cli.network import weights as networks

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        path.write_bytes(data)
        with _refusing():
            model = networks.read(path)
            assert all(np.isfinite(array).all() for array in model.weights.values())
        with _refusing():
            found = indices.read(path)
            assert 0 <= found.places.min() <= found.places.max() < found.shape[0] * found.shape[1]
        with _refusing():
            assert np.isfinite(models.kernel_of(path)).all()


TARGETS = {target.__name__: target for target in (decode, grammar, weights)}


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Take a refusal in one line for an answer, and memory that the machine has not."""
    from upscale_cli.cli.words import one_line
    from upscale_cli.errors import UpscaleError

    try:
        yield
    except MemoryError:
        return
    except UpscaleError as error:
        assert one_line(str(error)).isprintable() and "\n" not in one_line(str(error)), str(error)


def seeds(target: str) -> Iterator[bytes]:
    """Yield inputs of a target that it takes."""
    if target == "decode":
        from tests.torture.samples import samples

        yield from samples().values()
    elif target == "grammar":
        yield from (text.encode() for text in _words())
    else:
        yield from _archives()


def _words() -> Iterator[str]:
    from upscale_cli.methods import METHODS
    from upscale_cli.spec import EDGES, LIKES

    for row in METHODS.values():
        yield row.name
        for parameter in row.parameters:
            file = (f"name{parameter.suffix}",) if parameter.suffix else ()
            values = (*parameter.choices, *file) or (parameter.default or 1,)
            yield from (f"{row.name}:{parameter.name}={value}" for value in values)
        yield from (f"{row.name}:edge={edge},antiring=0.5,refine=2" for edge in EDGES)
        yield from (f"{row.name}:like={like},linear=1,sigmoid=no,antialias=on" for like in LIKES)
    yield from ("2x3", ".5", "800x600^>", "50%", "2MP<", "1.5GiB", "scale", "jpg", ".tif")


def _archives() -> Iterator[bytes]:
    import numpy as np

    from upscale_cli.network import indices
    from upscale_cli.network.architectures import NAMES, architecture
    from upscale_cli.network.weights import Model, write

    for name in NAMES:
        kind, file = architecture(name, 2), io.BytesIO()
        write(file, Model(kind, {key: np.zeros(shape, np.float32) for key, shape in kind.shapes.items()}, "clean"))
        yield file.getvalue()
    file = io.BytesIO()
    indices.write(file, indices.Indices(np.arange(6).reshape(1, 2, 3), (2, 4, 3), (2, 2), (2, 2)))
    yield file.getvalue()
    file = io.BytesIO()
    np.save(file, np.ones((3, 4)))
    yield file.getvalue()


def main() -> None:
    import atheris

    name, *options = sys.argv[1:] or [""]
    if name not in TARGETS:
        sys.exit(f"python -m tests.fuzz {'|'.join(TARGETS)} [OPTION...]")
    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        TARGETS[name](b"II*\0, and no file")  # what it imports is what is measured
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds(name)):
            Path(folder, str(number)).write_bytes(seed)
        files = any(not option.startswith("-") for option in options)
        corpus = [] if files else [folder]
        atheris.Setup([name, *options, *corpus], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
