"""Standard input, as an image or as a list."""

import sys

from ..errors import InputError

TYPE_CHECKING = False  # as in `typing`
if TYPE_CHECKING:
    from ..batch.find import Input

STREAM = "-"  # standard input or output


def standard_input() -> "Input":
    """Return the image that comes from standard input."""
    from ..batch.find import Input
    from ..files import extension_of

    data = read_standard_input("an image")
    extension = extension_of(data)
    return Input(f"stdin.{extension}" if extension else "stdin", data=data)


def read_standard_input(what: str) -> bytes:
    """Return standard input, read to its end."""
    if sys.stdin is None or sys.stdin.isatty():
        state = "closed" if sys.stdin is None else "a terminal"
        raise InputError(f"standard input is {state}: pipe {what} into it, or name a file")
    try:
        return sys.stdin.buffer.read()
    except MemoryError:
        raise InputError("standard input does not end before memory does: name a file") from None
