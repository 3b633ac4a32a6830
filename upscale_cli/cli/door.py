"""The entrance: chooses the command, and turns every error into one line and an exit code."""

import errno
import importlib
import os
import signal
import sys

import click

from ..errors import UndeliveredError, UpscaleError
from .words import complaint, one_line

# command: the module that has it
COMMANDS = {
    "best": "compare.best",
    "cache": "upkeep.cache",
    "compare": "compare.command",
    "doctor": "upkeep.doctor",
    "methods": "methods",
    "pool": "pool",
    "train": "train",
}
INTERRUPTED = 130
SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
LIBRARIES = (".so", ".pyd")
COMPLETION = "_UPSCALE_COMPLETE"  # the variable by which a shell asks how a word goes on


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    A first argument that is not a command's name is an input. UPSCALE_DEBUG=1 shows tracebacks.
    """
    # NumPy's BLAS starts a thread for every processor when it is imported; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if arguments is None:
        arguments = sys.argv[1:]
        signal.signal(signal.SIGTERM, _stop)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not in the background, deaf to Ctrl-C
            signal.signal(signal.SIGINT, _stop)
        sys.unraisablehook = _send_again
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")  # of names that its encoding lacks
    name = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    command, rest = command_of(name), arguments[1:] if name else arguments
    try:
        if os.environ.get(COMPLETION):
            from .upkeep.completion import complete

            return complete(COMPLETION)
        # Not Click's own main, which has exits of its own for interrupts and closed pipes.
        with command.make_context(f"upscale {name}".strip(), list(rest)) as context:
            code = command.invoke(context) or 0
        sys.stdout.flush()
        return code
    except click.exceptions.Exit as done:
        return done.exit_code
    except KeyboardInterrupt:
        return _end("interrupted", INTERRUPTED)
    except click.ClickException as error:
        return _end(complaint(error), 2)
    except UpscaleError as error:
        return _end(str(error), error.exit_code, error)
    except BrokenPipeError as error:
        # The reader has gone: say nothing, and keep Python from flushing into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(isinstance(error, UndeliveredError))
    except Exception as error:  # a traceback never reaches the user
        return _end(_told(error), 1, error)


def _told(error: Exception) -> str:
    """Return what is said of an error that no file is to blame for."""
    if isinstance(error, MemoryError):
        return "there is not enough memory: give it more, or smaller pictures"
    if isinstance(error, OSError) and error.filename is None:  # what is written to a file names it
        told = error.strerror or error
        if error.errno in SCARCE:
            return f"the system has no more ({told}): end other programs, or use a smaller -j"
        return f"standard output cannot be written ({told}): check where it leads"
    library = error.__cause__ or error
    if isinstance(library, ImportError) and str(library.path).endswith(LIBRARIES):
        return f"a library cannot be loaded ({library}): give it more memory, or install it again"
    return f"this is a defect ({type(error).__name__}: {error}): UPSCALE_DEBUG=1 shows where"


def _stop(number: int, _: object) -> None:
    """End the work; files in flight are cleaned up, however often it is sent."""
    signal.signal(number, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _send_again(ignored: "sys.UnraisableHookArgs") -> None:
    """Send a signal once more whose exception Python has swallowed, as it does where an import lets its lock go."""
    number = {SystemExit: signal.SIGTERM, KeyboardInterrupt: signal.SIGINT}.get(ignored.exc_type)
    if number is None:
        sys.__unraisablehook__(ignored)
        return
    import threading

    signal.signal(number, _stop)
    threading.Timer(0.01, os.kill, (os.getpid(), number)).start()  # by when the callback that swallows has ended


def command_of(name: str) -> click.Command:
    """Return one of COMMANDS, or for no name the one that resizes; each is imported when it is asked for."""
    module = importlib.import_module(f".{COMMANDS.get(name, 'resize')}", __package__)
    return getattr(module, name or "resize")


def _end(message: str, code: int, error: Exception | None = None) -> int:
    click.echo(f"upscale: {one_line(message)}", err=True)
    if error is not None and os.environ.get("UPSCALE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return code
