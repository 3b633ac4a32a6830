"""The entrance: chooses the command, and turns every error into one line and an exit code."""

import os
import sys

import click

from ..errors import UpscaleError
from .methods import methods
from .resize import resize
from .words import complaint

COMMANDS = {"methods": methods}
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    A first argument that is not a command's name is an input. UPSCALE_DEBUG=1 lets tracebacks through.
    """
    # NumPy's BLAS starts a thread for every processor when it is imported; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = sys.argv[1:] if arguments is None else arguments
    command, rest = resize, arguments
    if arguments and arguments[0] in COMMANDS:
        command, rest = COMMANDS[arguments[0]], arguments[1:]
    try:
        return command.main(rest, prog_name=" ".join(["upscale", *arguments[: len(arguments) - len(rest)]]),
                            standalone_mode=False) or 0  # fmt: skip
    except (KeyboardInterrupt, click.Abort):
        return _end("interrupted", INTERRUPTED)
    except click.ClickException as error:
        return _end(complaint(error), 2)
    except UpscaleError as error:
        _debug()
        return _end(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader has gone: say nothing, and keep Python from flushing into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _end("there is not enough memory for this image: make the result smaller", 1)
    except Exception as error:
        _debug()
        return _end(f"this is a defect ({type(error).__name__}: {error}): UPSCALE_DEBUG=1 shows where", 1)


def _debug() -> None:
    if os.environ.get("UPSCALE_DEBUG") == "1":
        raise  # noqa: PLE0704 called from the handlers above


def _end(message: str, code: int) -> int:
    click.echo(f"upscale: {message}", err=True)
    return code
