"""How much memory a run may take: half of what the machine, and every control group around it, has free."""

import os

import pytest

from upscale_cli.batch import memory

G = 1 << 30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that makes up a machine: the text of meminfo, the group's path, the files of its groups."""

    def make(meminfo=None, path="/", groups=None):
        told, root, mine = tmp_path / "meminfo", tmp_path / "cgroup", tmp_path / "mine"
        if meminfo is not None:
            told.write_text(meminfo)
        if path is not None:
            mine.write_text(f"0::{path}\n")
        for name, (limit, current, *status) in (groups or {}).items():
            folder = root / name
            folder.mkdir(parents=True, exist_ok=True)
            files = {"max": f"{limit}\n", "current": current, "stat": "".join(f"{line}\n" for line in status)}
            for end, text in files.items():
                if text is not None:
                    (folder / f"memory.{end}").write_text(str(text))
        monkeypatch.setattr(memory._machine, "__defaults__", (told,))
        monkeypatch.setattr(memory._groups, "__defaults__", (root, mine))
        return told, root, mine

    return make


def meminfo(free):
    return f"MemTotal: {64 * G >> 10} kB\nMemFree: 1 kB\nMemAvailable: {free >> 10} kB\nBuffers: 1 kB\n"


GROUPS = [
    ("/", {}, 16 * G),
    ("/", {"": (4 * G, G)}, 3 * G),
    ("/", {"": ("max", G)}, 16 * G),
    ("/", {"": (64 * G, G)}, 16 * G),
    ("/", {"": (4 * G, 5 * G)}, 0),
    ("/", {"": (4 * G, 3 * G, "anon 7", f"inactive_file {2 * G}", "active_file 9")}, 3 * G),
    ("/a/b", {"a/b": (4 * G, G)}, 3 * G),
    ("/a/b", {"a/b": ("max", G), "a": (2 * G, G)}, G),
    ("/a/b", {"a/b": (2 * G, 0), "a": (8 * G, G), "": (9 * G, G)}, 2 * G),
    ("/a/b", {"": (8 * G, G)}, 7 * G),
    ("/a/b", {"a/b": (4 * G, None), "a": (8 * G, 0)}, 8 * G),
    ("/a/b", {"c": (G, 0)}, 16 * G),
    ("/../x", {"": (4 * G, G)}, 3 * G),
    (None, {"a": (G, 0)}, 16 * G),
]


@pytest.mark.parametrize(("path", "groups", "free"), GROUPS)
def test_half_of_what_the_machine_and_its_groups_have_free(machine, path, groups, free):
    machine(meminfo(16 * G), path, groups)
    assert memory.budget() == free // 2


@pytest.mark.parametrize("damage", ["memory.max", "memory.current", "memory.stat"])
@pytest.mark.parametrize("text", ["", "many words here\n", None])
def test_a_group_that_cannot_be_read_sets_no_limit_and_hides_no_other(machine, damage, text):
    _, root, _ = machine(meminfo(16 * G), "/a", {"a": (2 * G, 0), "": (8 * G, 0)})
    file = root / "a" / damage
    file.unlink() if text is None else file.write_text(text)
    expected = 2 * G if (damage, text) == ("memory.stat", "") else 8 * G
    assert memory.budget() == expected // 2


def test_groups_of_both_versions(machine):
    _, _, mine = machine(meminfo(16 * G), "/", {"a": (4 * G, G)})
    mine.write_text("12:memory:/old\n1:name=systemd:/init.scope\n0::/a\n")
    assert memory.budget() == 3 * G // 2


def test_groups_of_the_first_version_alone_say_nothing(machine):
    _, _, mine = machine(meminfo(16 * G), "/")
    mine.write_text("12:memory:/old\n1:name=systemd:/init.scope\n")
    assert memory.budget() == 8 * G


@pytest.mark.parametrize("text", [None, "", "MemTotal: 5 kB\n"])
def test_without_the_kernels_word_on_it_all_memory_counts_as_free(machine, monkeypatch, text):
    sizes = {"SC_PHYS_PAGES": 1 << 20, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    machine(text)
    assert memory.budget() == 2 * G


@pytest.mark.parametrize("error", [ValueError("unrecognized configuration name"), OSError(22, "x"), AttributeError()])
def test_where_nobody_tells_what_is_free(machine, monkeypatch, error):
    def fail(_):
        raise error

    monkeypatch.setattr(os, "sysconf", fail)
    machine()
    assert memory.budget() == memory.UNKNOWN


def test_meminfo_that_makes_no_sense_leaves_the_groups(machine):
    machine("MemAvailable: plenty\n", "/", {"": (4 * G, G)})
    assert memory.budget() == 3 * G // 2


def test_this_machine():
    assert 0 < memory.budget() < 1 << 50
