"""All compilation policy: `@kernel` for functions called from Python, `@helper` for functions called from kernels.

A kernel takes arrays and numbers, writes into the arrays it is given, allocates and raises nothing, and releases the
GIL. Variables that it closes over are compile-time constants. With NUMBA_DISABLE_JIT=1 the plain Python runs.
"""

import os
import threading
import types
from collections.abc import Callable

# "contract" lets a multiply and an add fuse; sums are never reordered, so results do not depend on how rows are cut.
FASTMATH = {"contract", "nsz"}

_lock = threading.RLock()


def helper(function: Callable) -> Callable:
    """Mark a function that kernels call; it is compiled into them."""
    function.is_helper = True
    return function


class Kernel:
    """A function compiled for one signature when it is first called."""

    def __init__(self, function: types.FunctionType, signature: str, fastmath: set[str]) -> None:
        self.function = function
        self.signature = signature
        self.fastmath = fastmath
        self._run: Callable | None = None

    def __call__(self, *arguments) -> None:
        """Run on arrays and numbers of the signature's types; safe from several threads."""
        run = self._run
        if run is None:
            with _lock:
                run = self._run = self._run or self._compile()
        run(*arguments)

    def _compile(self) -> Callable:
        if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
            return self.function
        import numba

        numba.config.SLP_VECTORIZE = 1  # off by default; pixels of 3 and 4 channels need it
        return numba.njit(self.signature, nogil=True, fastmath=self.fastmath)(_link(self.function, self.fastmath))


def kernel(signature: str, *, strict: bool = False) -> Callable[[types.FunctionType], Kernel]:
    """Declare a kernel; `signature` is a Numba signature string with every array's type, dimensions and layout.

    A `strict` kernel rounds after every operation, for results that must equal another program's to the last bit.
    """
    return lambda function: Kernel(function, signature, set() if strict else FASTMATH)


def _link(function: types.FunctionType, fastmath: set[str]) -> types.FunctionType:
    """Return a copy of the function in which each helper that it names is a compiled one."""
    import numba

    def compiled(value):
        if getattr(value, "is_helper", False):
            return numba.njit(nogil=True, fastmath=fastmath)(_link(value, fastmath))
        return value

    names = function.__code__.co_names
    scope = {name: compiled(value) if name in names else value for name, value in function.__globals__.items()}
    cells = tuple(types.CellType(compiled(cell.cell_contents)) for cell in function.__closure__ or ())
    return types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
