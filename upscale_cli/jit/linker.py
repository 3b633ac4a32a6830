"""Linking object code through llvmlite and calling it through ctypes, without numba.

Numba's calling convention for `void(...)`: a status is returned; the first two arguments point to places for a result
and an exception; numbers follow as they are, and an array is flattened to

    meminfo, parent, number of items, item size, data, shape[0], ..., strides[0], ...
"""

import ctypes
import functools
import re
from collections.abc import Callable

import llvmlite
import numpy as np

from ..errors import UpscaleError
from . import store

try:
    import llvmlite.binding as llvm
except OSError as error:  # which guesses at reasons; the system's own words stand before it
    what = f"LLVM cannot be loaded ({error.__cause__ or error.__context__ or error})"
    raise UpscaleError(f"{what}: give it more memory, or install llvmlite again") from error

_ARGUMENT = re.compile(r"([uif][1248])(?:\[((?::,)*)::1\])?")
_NUMBERS = {"i8": ctypes.c_int64, "f4": ctypes.c_float, "f8": ctypes.c_double}

_engines = []  # each object lives as long as its engine


@functools.cache
def machine() -> str:
    """Return what object code depends on beside its source: LLVM, system, processor and its features."""
    system = llvm.get_process_triple()
    return f"{llvmlite.__version__} {llvm.llvm_version_info} {system} {llvm.get_host_cpu_name()} {_features()}"


def _features() -> str:
    return llvm.get_host_cpu_features().flatten()


def processor() -> tuple[str, list[str]]:
    """Return what LLVM calls this machine's processor, and the features that it has."""
    features = _features().split(",")
    return llvm.get_host_cpu_name(), [each.removeprefix("+") for each in features if each.startswith("+")]


@functools.cache
def wide() -> bool:
    """Whether this machine has vectors of 512 bits, for all of what floats need."""
    return "+avx512vl" in _features().split(",")


def parse(signature: str) -> list[tuple[str, int]]:
    """Return the code (`u1`) and the dimensions (0 for a number) of each argument of `void(...)`."""
    inside = signature.removeprefix("void(").removesuffix(")")
    arguments = [_ARGUMENT.fullmatch(part) for part in re.split(r",(?![^\[]*\])", inside)]
    if not all(found and (found[2] is not None or found[1] in _NUMBERS) for found in arguments):
        raise ValueError(f"a kernel cannot have the signature {signature}")
    return [(found[1], 0 if found[2] is None else found[2].count(":") + 1) for found in arguments]


def link(code: bytes, symbol: str, signature: str) -> Callable[..., None]:
    """Return a function that calls the symbol of an object file; it checks every argument first.

    Each object has an engine of its own: symbols of kernels that were compiled in different processes may be the same.
    Raises ValueError for what is no object file, or lacks the symbol: LLVM would end the process.
    """
    parsed = llvm.ObjectFileRef.from_data(code)
    if not parsed:
        raise ValueError("this is no object file")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(parsed)
    engine.finalize_object()
    address = engine.get_function_address(symbol)
    if not address:
        raise ValueError(f"the object file has no function {symbol}")
    _engines.append(engine)
    wanted = parse(signature)
    types = [ctypes.c_void_p, ctypes.c_void_p]
    for kind, dimensions in wanted:
        pointers = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
        types += [*pointers, *[ctypes.c_int64] * (2 * dimensions)] if dimensions else [_NUMBERS[kind]]
    function = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(address)

    def call(*arguments) -> None:
        result, raised = ctypes.c_void_p(), ctypes.c_void_p()
        status = function(ctypes.addressof(result), ctypes.addressof(raised), *_flatten(arguments, wanted))
        if status:
            raise UpscaleError(f"a compiled kernel ended with status {status}: empty the folder {store.folder()}")

    return call


def _flatten(arguments: tuple, wanted: list[tuple[str, int]]) -> list:
    flat = []
    if len(arguments) != len(wanted):
        raise TypeError(f"a kernel of {len(wanted)} arguments got {len(arguments)}")
    for argument, (kind, dimensions) in zip(arguments, wanted, strict=True):
        if not dimensions:
            flat.append(int(argument) if kind == "i8" else float(argument))
            continue
        if (
            not isinstance(argument, np.ndarray)
            or argument.dtype.str[1:] != kind
            or argument.dtype.byteorder == ">"
            or argument.ndim != dimensions
            or not argument.flags.c_contiguous
        ):
            raise TypeError(f"a kernel's argument must be a C-contiguous {dimensions}-D array of {kind}")
        flat += (None, None, argument.size, argument.itemsize, argument.__array_interface__["data"][0])
        flat += argument.shape
        flat += argument.strides
    return flat
