"""The benchmarks' table: what it shows of given figures, and where it goes. Nothing is timed here."""

from pathlib import Path

import pytest

from tests.benchmarks import kernels, peers, processes, table
from tests.benchmarks.measure import OURS, Case, Reach, measure
from tests.benchmarks.pictures import KINDS, picture
from upscale_cli.spec import parse_method

PAGE = Path(__file__).parent.parent / "BENCHMARKS.md"


def shown(case: Case, figures: dict[str, list[float]]) -> list[list[str]]:
    return [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table.rows(case, figures)]


def test_rows_against_peers():
    case = Case("bicubic", {}, {"fast": Reach(1.0), "slow": Reach(0.15)})
    figures = {OURS: [10.0, 12.0, 11.0], "fast": [8.0, 9.0, 10.0], "slow": [100.0, 100.0, 100.0], "other": [11.0] * 3}
    ours = "11.0 ms (10.5 to 11.5)"
    assert shown(case, figures) == [
        ["bicubic", ours, "fast", "9.00 ms", "1.25", "1.18 to 1.29", "<= 1.0", "**no**"],
        ["bicubic", ours, "slow", "100 ms", "0.110", "0.105 to 0.115", "<= 0.15", "yes"],
        ["bicubic", ours, "other", "11.0 ms", "1.00", "0.955 to 1.05", "", ""],
    ]


@pytest.mark.parametrize(("figure", "mark"), [(199.0, "yes"), (201.0, "**no**")])
def test_row_of_a_bound_on_ours_alone(figure, mark):
    case = Case("process", {}, {OURS: Reach(200)})
    printed = f"{figure:.0f} ms"
    assert shown(case, {OURS: [figure]}) == [["process", printed, "", "", "", "", "<= 200 ms", mark]]


@pytest.mark.parametrize(("alone", "ratio", "mark"), [(19.0, "1.90 times", "yes"), (17.0, "1.70 times", "**no**")])
def test_row_of_a_speed_up(alone, ratio, mark):
    case = Case("threads", {}, {"alone": Reach(1.8, speed_up=True)})
    (row,) = shown(case, {OURS: [10.0], "alone": [alone]})
    assert row[4:] == [ratio, "", ">= 1.8 times", mark]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0834, "0.0834"), (1.004, "1.00"), (12.34, "12.3"), (1234.5, "1234"), (0.0, "0")]
)
def test_number(value, text):
    assert table.number(value) == text


def test_turns_alternate_and_the_first_round_does_not_count():
    order = []

    def turn(name):
        return lambda: order.append(name) or float(len(order))

    figures = measure(Case("", {name: turn(name) for name in (OURS, "a", "b")}), 2)
    assert order == [OURS, "a", "b"] * 3
    assert figures == {OURS: [4.0, 7.0], "a": [5.0, 8.0], "b": [6.0, 9.0]}


def test_table_has_a_place_in_readme():
    text = PAGE.read_text()
    once = table.replaced(text, "a table\n")
    assert f"{table.BEGIN}a table\n{table.END}\n" in once
    block = text.split(table.BEGIN)[1].split(table.END)[0]
    assert table.replaced(once, block) == text
    assert not block or table.line(table.COLUMNS) in block


@pytest.mark.parametrize("text", ["", table.BEGIN, f"{table.END}\n{table.BEGIN}", f"{table.BEGIN}{table.END}" * 2])
def test_text_without_one_place_is_refused(text):
    with pytest.raises(ValueError, match="no one place"):
        table.replaced(text, "")


def test_every_row_names_methods_kinds_and_peers_that_exist():
    for method, kinds, _, rivals in kernels.KERNELS:
        parse_method(method)
        assert set(kinds) <= set(KINDS)
        assert {rival.split()[0] for rival in rivals} <= set(peers.LIBRARIES)
    for method, _, rivals in kernels.THREADED:
        parse_method(method)
        assert {rival.split()[0] for rival in rivals} <= set(peers.LIBRARIES)
    for *_, times, sizes in processes.FILES:
        assert {*times, *sizes} <= {OURS, *peers.PROGRAMS}


@pytest.mark.parametrize("kind", KINDS)
def test_pictures(kind):
    samples = picture(kind, 400, 500)
    assert samples.shape == (500, 400, *{"grey": (), "RGBA": (4,)}.get(kind, (3,)))
    assert samples.flags.c_contiguous and samples.flags.writeable
    assert samples.std() > samples.max() / 20


@pytest.fixture
def nothing_installed(monkeypatch):
    """A machine without any of the peers."""
    missing = {name: peers.Library("no_such_module_of_upscale", None) for name in peers.LIBRARIES if name != OURS}
    monkeypatch.setattr(peers, "LIBRARIES", peers.LIBRARIES | missing)
    monkeypatch.setattr(peers.os, "get_exec_path", list)
    monkeypatch.setattr(peers, "absent", set())
    peers.library.cache_clear()
    peers.program.cache_clear()
    yield
    peers.library.cache_clear()
    peers.program.cache_clear()


def test_peers_that_are_not_installed_are_left_out_and_named(nothing_installed):
    assert list(processes.commands(Path("small.jpg"), 2)) == [OURS]
    assert peers.versions() == []
    assert peers.library(OURS)
    for name in ("ImageMagick", "OpenCV", "fast_image_resize", "ffmpeg", "libvips", "torch", "vips resize"):
        assert name in table.header().split("left out: ")[1]


def test_script_that_stands_in_for_a_program_is_passed_over(nothing_installed, tmp_path, monkeypatch):
    (tmp_path / "convert").write_text("#!/bin/sh\necho Version: ImageMagick 6.9\n")
    (tmp_path / "convert").chmod(0o755)
    monkeypatch.setattr(peers.os, "get_exec_path", lambda: [str(tmp_path)])
    assert peers.program("ImageMagick") is None


def test_peak_is_of_the_command_alone():
    held = bytearray(300_000_000)
    held[::4096] = b"\1" * len(held[::4096])
    assert 1 < processes._peak([processes.sys.executable, "-c", "pass"])() < 100


def test_command_that_fails_stops_the_run():
    with pytest.raises(RuntimeError, match="ended with 3: no such thing"):
        processes.run([processes.sys.executable, "-c", "import sys; sys.stderr.write('no such thing'); sys.exit(3)"])
