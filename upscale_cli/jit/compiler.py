"""Turning kernels into object code with numba, which is imported here and nowhere else."""

import contextlib
import functools
import types
from collections.abc import Callable, Iterator

import llvmlite
import numba
import numpy as np
from numba.core import compiler, sigutils
from numba.core.codegen import JITCPUCodegen
from numba.core.cpu_options import FastMathOptions
from numba.core.registry import cpu_target

from . import FASTMATH, SLP_VECTORIZE, linker


def compile_object(
    function: types.FunctionType, signature: str, strict: bool, widest: bool = False
) -> tuple[bytes, str] | None:
    """Return the object code and the symbol of a kernel; None where this numba's calling convention is not ours."""
    if not _convention_holds():
        return None
    with _widest() if widest and linker.wide() else contextlib.nullcontext():
        return _object(function, signature, strict)


class _WidestCodegen(JITCPUCodegen):
    """Code with vectors of 512 bits, which LLVM otherwise avoids: on older processors they lower the clock."""

    def _customize_tm_features(self) -> str:
        return f"{super()._customize_tm_features()},-prefer-256-bit"


@contextlib.contextmanager
def _widest() -> Iterator[None]:
    context = cpu_target.target_context
    usual = context._internal_codegen
    context._internal_codegen = _WidestCodegen("upscale")
    try:
        yield
    finally:
        context._internal_codegen = usual


def _object(function: types.FunctionType, signature: str, strict: bool) -> tuple[bytes, str]:
    numba.config.SLP_VECTORIZE = SLP_VECTORIZE
    fastmath = set() if strict else set(FASTMATH)
    flags = compiler.Flags()
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"  # a division by zero raises nothing
    flags.noalias = True  # a kernel is never given the same memory twice
    flags.fastmath = FastMathOptions(fastmath)
    arguments, result = sigutils.normalize_signature(signature)
    compiled = compiler.compile_extra(
        cpu_target.typing_context, cpu_target.target_context, _with_helpers(function), arguments, result, flags, {}
    )
    _, kind, (code, _) = compiled.library.serialize_using_object_code()
    if kind != "object":
        raise RuntimeError(f"numba serialises a library as {kind}")
    return code, compiled.fndesc.llvm_func_name


def dispatcher(function: types.FunctionType, signature: str, strict: bool) -> Callable:
    """Return the kernel as numba itself calls it: slower to start and just as right."""
    fastmath = set() if strict else set(FASTMATH)
    return numba.njit(signature, nogil=True, fastmath=fastmath, error_model="numpy")(_with_helpers(function))


def _with_helpers(function: types.FunctionType) -> types.FunctionType:
    """Return a copy of the function in which each helper that it names is compiled into it.

    Inlining by numba rather than by LLVM halves the time of compilation: 1.3 s against 2.5 s for the enlarging kernel.
    """

    def compiled(value: object) -> object:
        if getattr(value, "is_helper", False):
            return numba.njit(inline="always", error_model="numpy")(_with_helpers(value))
        return value

    names = function.__code__.co_names
    scope = {name: compiled(value) if name in names else value for name, value in function.__globals__.items()}
    cells = tuple(types.CellType(compiled(cell.cell_contents)) for cell in function.__closure__ or ())
    return types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)


def _probe(numbers, weights, factor, shift, out):
    """Use every kind of argument, and let a wrong order, stride or width show in the result."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = numbers[i, j] * weights[j] * factor + shift + out.shape[1] * 1000


PROBE = "void(u1[:,::1],f8[::1],f4,i8,f4[:,::1])"


# Versions of numba and llvmlite that the probe has been run with; others are trusted only after it.
PROBED = {("0.61.0", "0.44.0"), ("0.68.1", "0.50.0")}


@functools.cache
def _convention_holds() -> bool:
    """Whether this numba's calling convention is the one that `linker.py` flattens arguments for."""
    return (numba.__version__, llvmlite.__version__) in PROBED or probe_agrees()


def probe_agrees() -> bool:
    """Whether a probe that is linked and called our way does what Python itself makes of it.

    Compiling it a second time, to compare with numba's own call, would add 0.3 s to the first run of all.
    """
    arguments = np.arange(6, dtype=np.uint8).reshape(2, 3), np.array([1.5, -2.0, 3.0]), np.float32(0.5), 7
    ours, theirs = np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32)
    with contextlib.suppress(Exception):
        linker.link(*_object(_probe, PROBE, False), PROBE)(*arguments, ours)
        _probe(*arguments, theirs)
        return bool(theirs.any() and (ours == theirs).all())
    return False
