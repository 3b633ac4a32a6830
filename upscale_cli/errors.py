"""The errors that the package raises, each with the exit code that the command line gives it."""

import contextlib
from collections.abc import Iterator


class UpscaleError(Exception):
    """Base of all errors raised on purpose: its message names the fact and the next step."""

    exit_code = 1


class UsageError(UpscaleError):
    """The request is wrong, as can be told from its words alone."""

    exit_code = 2


class GeometryError(UpscaleError):
    """A size cannot be had from this image's size."""


class InputError(UpscaleError):
    """A file or array cannot be used as an image, or not in the way asked for."""


class OutputError(UpscaleError):
    """A result cannot be written."""


class FullError(OutputError):
    """A result cannot be written for want of room, so that no other can be either."""


class UndeliveredError(BrokenPipeError):
    """Whoever was to have a result has gone before it was there."""


@contextlib.contextmanager
def naming(path: object) -> Iterator[None]:
    """Put the file's name before the message of any error of this package or the operating system.

    But for BrokenPipeError: whoever read has gone, and is told nothing.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except UpscaleError as error:
        raise type(error)(f"{path}: {error}") from error
    except MemoryError as error:
        raise InputError(f"{path}: there is not enough memory: make the result smaller") from error
    except OSError as error:
        raise InputError(
            f"{path}: it cannot be used ({error.strerror or error}): check its name and permissions"
        ) from error
