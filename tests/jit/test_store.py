"""The store of compiled kernels: what is found, what is not trusted, and that a call is the same either way."""

import os
import subprocess
import sys
import types

import numpy as np
import pytest

from upscale_cli.jit import Kernel, compiler, helper, kernel, linker, store

SIGNATURE = "void(f8[::1],f8,f8[::1])"

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="nothing is compiled with NUMBA_DISABLE_JIT"
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty store."""
    monkeypatch.setenv("UPSCALE_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


@pytest.fixture
def compilations(monkeypatch) -> list[str]:
    """The names of the functions that were compiled since."""
    names = []
    original = compiler.compile_object

    def spy(function, signature, strict):
        names.append(function.__name__)
        return original(function, signature, strict)

    monkeypatch.setattr(compiler, "compile_object", spy)
    return names


def scaling(constant: float, power: int = 1) -> Kernel:
    """Return a kernel that multiplies by a constant, with a helper of its own."""

    @helper
    def times(v, w):
        return v * w**power

    @kernel(SIGNATURE)
    def scale(src, factor, dst):
        for i in range(src.size):
            dst[i] = times(src[i], factor) * constant

    return scale


def result(of: Kernel) -> list[float]:
    dst = np.zeros(3)
    of(np.array([1.0, 2.0, 3.0]), 10.0, dst)
    return dst.tolist()


def test_second_process_finds_the_kernel(home, compilations):
    assert result(scaling(0.5)) == [5, 10, 15]
    (stored,) = home.iterdir()
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale"]
    assert stored.stat().st_mode & 0o077 == 0 or home.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("other", [{"constant": 2.0}, {"constant": 0.5, "power": 2}])
def test_another_constant_recompiles(compilations, other):
    assert result(scaling(0.5)) == [5, 10, 15]
    expected = [v * 10 ** other.get("power", 1) * other["constant"] for v in (1, 2, 3)]
    assert result(scaling(**other)) == expected
    assert compilations == ["scale", "scale"]


def test_key_depends_on_all_that_code_depends_on(monkeypatch):
    function = scaling(0.5).function
    keys = {
        store.key_of(function, SIGNATURE, "flags", "cpu"),
        store.key_of(function, SIGNATURE, "other flags", "cpu"),
        store.key_of(function, "void(f4[::1],f4,f4[::1])", "flags", "cpu"),
        store.key_of(function, SIGNATURE, "flags", "another cpu"),
        store.key_of(scaling(0.25).function, SIGNATURE, "flags", "cpu"),
        store.key_of(scaling(0.5, 3).function, SIGNATURE, "flags", "cpu"),
    }
    assert store.key_of(function, SIGNATURE, "flags", "cpu") in keys
    monkeypatch.setattr(store, "_numba_version", lambda: "another numba")
    keys.add(store.key_of(function, SIGNATURE, "flags", "cpu"))
    monkeypatch.setattr(store, "__version__", "another version")
    keys.add(store.key_of(function, SIGNATURE, "flags", "cpu"))
    assert len(keys) == 8


def test_key_is_the_same_in_another_process():
    code = "from upscale_cli.interpolate.nearest import pick; from upscale_cli.jit import store;"
    code += "k = pick('u1', 3); print(store.key_of(k.function, k.signature, str(k.strict), ''))"
    keys = {
        subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True,
                       check=True).stdout for seed in "12"
    }  # fmt: skip
    assert len(keys) == 1


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_file_is_compiled_again(home, compilations, damage):
    result(scaling(0.5))
    (stored,) = home.iterdir()
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 1
    stored.write_bytes({"flip": data, "cut": data[: len(data) // 2], "empty": b""}[damage])
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale", "scale"]


def test_folder_that_others_can_write_to_is_not_used(home, compilations):
    result(scaling(0.5))
    home.chmod(0o777)
    assert store.folder() is None
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale", "scale"]


def test_folder_of_another_user_is_not_used(home, monkeypatch):
    home.mkdir(mode=0o700)
    assert store.folder() == home
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    assert store.folder() is None


@pytest.mark.parametrize("place", ["/dev/null/kernels", "/proc/kernels"])
def test_no_place_to_write_compiles_for_the_process(monkeypatch, compilations, place):
    monkeypatch.setenv("UPSCALE_CACHE_DIR", place)
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale"]


def test_no_home(monkeypatch):
    monkeypatch.delenv("UPSCALE_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(store.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert store.folder() is None


def test_failed_write_leaves_nothing(home, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.Path, "replace", full)
    assert result(scaling(0.5)) == [5, 10, 15]
    assert list(home.iterdir()) == []


def test_foreign_convention_falls_back_to_the_dispatcher(home, monkeypatch):
    monkeypatch.setattr(compiler, "_convention_holds", lambda: False)
    assert result(scaling(0.5)) == [5, 10, 15]
    assert not home.exists() or not list(home.iterdir())


def test_convention_check_notices_a_wrong_order(monkeypatch):
    compiler._convention_holds.cache_clear()
    original = linker._flatten

    def swapped(arguments, wanted):
        flat = original(arguments, wanted)
        flat[5], flat[6] = flat[6], flat[5]  # the first array's sides
        flat[7] = 1
        return flat

    monkeypatch.setattr(linker, "_flatten", swapped)
    assert not compiler._convention_holds()
    monkeypatch.undo()
    compiler._convention_holds.cache_clear()
    assert compiler._convention_holds()


@pytest.mark.parametrize(
    "arguments",
    [
        (np.zeros(3, np.float32), 1.0, np.zeros(3)),
        (np.zeros((3, 1)), 1.0, np.zeros(3)),
        (np.zeros(6)[::2], 1.0, np.zeros(3)),
        (np.zeros(3, ">f8"), 1.0, np.zeros(3)),
        ([1.0, 2.0, 3.0], 1.0, np.zeros(3)),
        (np.zeros(3), 1.0),
    ],
)
def test_arguments_are_checked(arguments):
    with pytest.raises(TypeError, match="a kernel"):
        scaling(0.5)(*arguments)


def test_two_kernels_of_one_name_do_not_mix(home):
    first, second = scaling(0.5), scaling(4.0)
    assert result(first) == [5, 10, 15]
    assert result(second) == [40, 80, 120]
    code = [store.load(path.stem) for path in home.iterdir()]
    assert len(code) == 2
    assert isinstance(first.function, types.FunctionType)


@pytest.mark.parametrize("signature", ["void(b1[::1])", "void(f8[:])", "void(u8)", "void(f8[:,:])", "void()"])
def test_signatures_that_no_kernel_has(signature):
    with pytest.raises(ValueError, match="signature"):
        linker.parse(signature)


def test_parse():
    assert linker.parse("void(u1[:,:,::1],i8,f4[::1],f8)") == [("u1", 3), ("i8", 0), ("f4", 1), ("f8", 0)]
