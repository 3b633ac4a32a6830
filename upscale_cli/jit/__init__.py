"""All compilation policy: `@kernel` for functions called from Python, `@helper` for functions called from kernels.

A kernel takes arrays and numbers, writes into the arrays it is given, allocates and raises nothing, and runs without
the GIL. Variables that it closes over are compile-time constants.

A kernel is compiled for exactly one signature, once for a machine: its object file goes to the store (`store.py`), from
which later processes link it in milliseconds, without importing numba. With NUMBA_DISABLE_JIT=1 the plain Python runs.
"""

import contextlib
import os
import threading
import types
from collections.abc import Callable, Iterator

from . import store

# "contract" lets a multiply and an add fuse; sums are never reordered, so results do not depend on how rows are cut.
FASTMATH = ("contract", "nsz")
SLP_VECTORIZE = 1  # off in numba by default; pixels of 3 and 4 channels need it
FLAGS = f"{FASTMATH} slp {SLP_VECTORIZE} numpy errors, helpers inlined, no aliases"

_lock = threading.RLock()
# Called, if set, with True when a compilation starts and with False when it ends; the command line tells its user.
listener: Callable[[bool], None] | None = None


def interpreted() -> bool:
    """Whether kernels run as plain Python."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def helper(function: Callable) -> Callable:
    """Mark a function that kernels call; it is compiled into them."""
    function.is_helper = True
    return function


def wide() -> bool:
    """Whether this machine has vectors of 512 bits, 32 of them."""
    from . import linker

    return linker.wide()


def kernel(signature: str, *, strict: bool = False, widest: bool = False) -> Callable[[types.FunctionType], "Kernel"]:
    """Declare a kernel.

    `signature` is a Numba signature `void(...)` of numbers (`i8`, `f4`, `f8`) and C-contiguous arrays (`u1[:,::1]`).
    A `strict` kernel rounds after every operation, for results that must equal another program's to the last bit.
    A `widest` one has vectors of 512 bits where there are any: they pay where arithmetic is what takes the time.
    """
    return lambda function: Kernel(function, signature, strict, widest)


class Kernel:
    """A function compiled, or fetched from the store, when it is first called."""

    def __init__(self, function: types.FunctionType, signature: str, strict: bool, widest: bool = False) -> None:
        self.function = function
        self.signature = signature
        self.strict = strict
        self.widest = widest
        self._run: Callable | None = None

    def __call__(self, *arguments) -> None:
        """Run on arrays and numbers of the signature's types; safe from several threads."""
        run = self._run
        if run is None:
            with _lock:
                run = self._run = self._run or self._ready()
        run(*arguments)

    def _ready(self) -> Callable:
        if interpreted():
            return self.function
        from . import linker

        flags = f"{FLAGS} strict {self.strict} widest {self.widest}"
        key = store.key_of(self.function, self.signature, flags, linker.machine())
        found = store.load(key)
        if found:
            with contextlib.suppress(ValueError):  # LLVM does not read it: as good as none
                return linker.link(*found, self.signature)
        with _listening():
            from . import compiler

            found = compiler.compile_object(self.function, self.signature, self.strict, self.widest)
            if found is None:
                store.unkept.append("this numba calls its functions in an unknown way")
                return compiler.dispatcher(self.function, self.signature, self.strict)
        store.save(key, *found)
        return linker.link(*found, self.signature)


@contextlib.contextmanager
def _listening() -> Iterator[None]:
    told = listener
    if told:
        told(True)
    try:
        yield
    finally:
        if told:
            told(False)
