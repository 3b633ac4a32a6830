"""The store of compiled kernels: what is found, what is not trusted, and that a call is the same either way."""

import errno
import os
import subprocess
import sys
import types

import numpy as np
import pytest

from upscale_cli.jit import FLAGS, Kernel, compiler, helper, kernel, linker, store

SIGNATURE = "void(f8[::1],f8,f8[::1])"
GAIN = 2.0
TABLE = np.zeros(2000)

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

    def spy(function, *others):
        names.append(function.__name__)
        return original(function, *others)

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


@kernel(SIGNATURE)
def amplify(src, factor, dst):
    for i in range(src.size):
        dst[i] = src[i] * factor * GAIN + TABLE[i]


@pytest.mark.parametrize(
    ("name", "value"),
    [("GAIN", 3.0), ("GAIN", 2), ("TABLE", np.eye(2000)[1000]), ("TABLE", np.zeros(2000, np.float32))],
)
def test_another_value_of_a_name_that_is_read_is_another_key(monkeypatch, name, value):
    """A table is more than what NumPy prints of it."""
    before = store.key_of(amplify.function, SIGNATURE, "", "")
    monkeypatch.setitem(globals(), name, value)
    assert store.key_of(amplify.function, SIGNATURE, "", "") != before


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


def test_key_depends_on_defaults():
    def keys():
        for by in (1.0, 2.0):

            @helper
            def add(v, other=by):
                return v + other

            @kernel(SIGNATURE)
            def shift(src, factor, dst):
                dst[0] = add(src[0])

            yield store.key_of(shift.function, SIGNATURE, "", "")

    assert len(set(keys())) == 2


@pytest.mark.parametrize(
    ("module", "name"), [(linker, "machine"), (store, "_numba_version"), (linker.llvm, "get_process_triple")]
)
def test_another_machine_recompiles(monkeypatch, compilations, module, name):
    result(scaling(0.5))
    monkeypatch.setattr(module, name, lambda: "another")
    monkeypatch.setattr(linker, "machine", getattr(linker.machine, "__wrapped__", linker.machine))  # not remembered
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale", "scale"]


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


def test_no_byte_may_be_another(home):
    result(scaling(0.5))
    (stored,) = home.iterdir()
    data = stored.read_bytes()
    assert store.load(stored.stem)
    for at in {*range(store.DIGEST + 20), *range(0, len(data), 97), len(data) - 1}:
        stored.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert store.load(stored.stem) is None, at
        stored.write_bytes(data[:at])
        assert store.load(stored.stem) is None, at


def test_file_of_another_name_is_not_used(home, compilations):
    first, second = scaling(0.5), scaling(4.0)
    result(first)
    (stored,) = home.iterdir()
    key = store.key_of(second.function, SIGNATURE, f"{FLAGS} strict False", linker.machine())
    stored.rename(home / f"{key}.kernel")
    assert result(second) == [40, 80, 120]
    assert compilations == ["scale", "scale"]


@pytest.mark.parametrize("content", ["no object", "nothing", "half an object", "another symbol"])
def test_whole_file_of_what_cannot_be_linked_is_compiled_again(home, compilations, content):
    """LLVM itself would end the process."""
    result(scaling(0.5))
    (stored,) = home.iterdir()
    code, symbol = store.load(stored.stem)
    code = {"no object": b"x" * len(code), "nothing": b"", "half an object": code[: len(code) // 2]}.get(content, code)
    store.save(stored.stem, code, "another" if content == "another symbol" else symbol)
    assert store.load(stored.stem)[0] == code
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale", "scale"]
    assert result(scaling(0.5)) == [5, 10, 15]
    assert len(compilations) == 2


RACE = """
import sys
import numpy as np
from upscale_cli.interpolate.nearest import pick
from upscale_cli.jit import compiler, store
compiler._convention_holds = lambda: True
print("ready", flush=True)
sys.stdin.readline()
src, dst, twice = np.arange(12, dtype=np.uint8).reshape(2, 6), np.zeros((4, 12), np.uint8), np.arange(4) // 2
pick("u1", 3)(src, twice, twice, dst, 0, 4)
assert dst.tolist() == src.reshape(2, 2, 3).repeat(2, 0).repeat(2, 1).reshape(4, 12).tolist()
key = next(iter(store.kernels(store.folder()))).stem
found = store.load(key)
for _ in range(100):
    store.save(key, *found)
    assert store.load(key)  # any process' own, and whole
"""


def test_processes_that_store_the_same_kernel_at_once(home):
    processes = [
        subprocess.Popen([sys.executable, "-c", RACE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    (stored,) = home.iterdir()
    assert stored.suffix == ".kernel"
    assert store.load(stored.stem)


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


@pytest.mark.parametrize("fault", ["world", "group", "owner"])
def test_file_that_others_can_write_to_is_not_used(home, monkeypatch, compilations, fault):
    """The folder may once have been open to all, or show its files to others."""
    result(scaling(0.5))
    home.chmod(0o755)
    (stored,) = home.iterdir()
    if fault == "owner":
        original = os.fstat
        monkeypatch.setattr(
            os, "fstat", lambda file: types.SimpleNamespace(st_uid=original(file).st_uid + 1, st_mode=0)
        )
    else:
        stored.chmod(0o602 if fault == "world" else 0o620)
    assert result(scaling(0.5)) == [5, 10, 15]
    assert compilations == ["scale", "scale"]
    monkeypatch.undo()
    assert stored.stat().st_mode & 0o777 == 0o600


def test_files_are_private_whatever_the_umask(home):
    before = os.umask(0)
    try:
        result(scaling(0.5))
    finally:
        os.umask(before)
    (stored,) = home.iterdir()
    assert [path.stat().st_mode & 0o777 for path in (home, stored)] == [0o700, 0o600]


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


@pytest.mark.parametrize("step", ["touch", "write_bytes", "replace"])
def test_failed_write_leaves_nothing(home, monkeypatch, step):
    """A full disk takes a part of the file before it says so."""
    home.mkdir(mode=0o700)
    original = store.Path.write_bytes

    def full(self, *arguments, **keywords):
        if step == "write_bytes":
            original(self, arguments[0][:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "unkept", [])
    monkeypatch.setattr(store.Path, step, full)
    assert result(scaling(0.5)) == [5, 10, 15]
    assert list(home.iterdir()) == []
    assert store.unkept == ["No space left on device"]


def test_interrupted_write_leaves_nothing(home, monkeypatch):
    monkeypatch.setattr(store.Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        result(scaling(0.5))
    assert list(home.iterdir()) == []


def test_foreign_convention_falls_back_to_the_dispatcher(home, monkeypatch):
    monkeypatch.setattr(compiler, "_convention_holds", lambda: False)
    monkeypatch.setattr(store, "unkept", [])
    assert result(scaling(0.5)) == [5, 10, 15]
    assert not home.exists() or not list(home.iterdir())
    assert len(store.unkept) == 1


def test_convention_check_notices_a_wrong_order(monkeypatch):
    assert compiler.probe_agrees()
    original = linker._flatten

    def swapped(arguments, wanted):
        flat = original(arguments, wanted)
        flat[5], flat[6] = flat[6], flat[5]  # the first array's sides
        flat[7] = 1
        return flat

    monkeypatch.setattr(linker, "_flatten", swapped)
    assert not compiler.probe_agrees()


@pytest.mark.parametrize("agrees", [True, False])
def test_an_unknown_version_is_trusted_only_after_the_probe(monkeypatch, agrees):
    compiler._convention_holds.cache_clear()
    monkeypatch.setattr(compiler, "PROBED", set())
    monkeypatch.setattr(compiler, "probe_agrees", lambda: agrees)
    assert compiler._convention_holds() == agrees
    compiler._convention_holds.cache_clear()


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


def _halve(values):
    for i in range(values.size):
        values[i] *= 0.5


def test_the_widest_vectors_are_of_512_bits():
    """Where the machine has them, in that kernel and in no other; of AMD's processors LLVM takes them in all."""
    signature, text = "void(f8[::1])", []
    for wide in (False, True, False):
        code, symbol = compiler.compile_object(_halve, signature, False, wide)
        values = np.arange(100.0)
        linker.link(code, symbol, signature)(values)
        assert (values == np.arange(100) / 2).all()
        text.append([part.data() for part in linker.llvm.ObjectFileRef.from_data(code).sections() if part.is_text()])
    assert (text[1] != text[0]) == (linker.wide() and not linker.processor()[0].startswith("znver"))
    assert text[2] == text[0]
