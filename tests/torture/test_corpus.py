"""Damaged files of every format through the command: exit 0 or 1, one line. `python -m tests.torture` tries more."""

import itertools
from pathlib import Path

import pytest
from PIL import Image

from tests.torture.damage import WAYS, complaint, flipped, truncated, with_checksums, words
from tests.torture.samples import SHARED, samples
from tests.torture.worker import Worker
from upscale_cli import jit
from upscale_cli.cli.door import main
from upscale_cli.codec.decode import Source
from upscale_cli.formats import FORMATS, READ_ONLY

OURS = {name: data for name, data in samples().items() if not any(SHARED.glob(f"*/{name}"))}
EVERY = 9 if jit.interpreted() else 1
CUTS, FLIPS = 2, 4
BROKEN = sorted(SHARED.glob("pngsuite/x*.png"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def attempt(capfd):
    """Return a function that runs the command on a file, and gives what is wrong with its end, and its line."""

    def ended(name, number, data):
        Path(name).write_bytes(data)
        capfd.readouterr()
        code = main(words(name, number, "out"))
        out, err = capfd.readouterr()
        return complaint(code, out, err), err

    return ended


def test_every_format_has_a_sample():
    """But for Photo CD, whose files are large, and Ion Storm's compressed textures, which are packed as DDS is."""
    rest = {"pcd", "ftu"} | {row.extensions[0] for row in FORMATS if row.needs}
    rest |= {"jpf", "jpc", "j2c", "fit", "flc"}  # other names of what is there
    extensions = {name.rpartition(".")[2] for name in OURS}
    assert {row.extensions[0] for row in FORMATS} | set(READ_ONLY) <= extensions | rest


@pytest.mark.parametrize("name", [*OURS][::EVERY])
def test_samples_are_valid(name):
    with Source(OURS[name], 20_000) as source:
        for frame in source.header.frames:
            assert source.decode(frame).samples.size


@pytest.mark.parametrize("name", [*OURS][::EVERY])
def test_damage_ends_well(attempt, name):
    data = OURS[name]
    for number, damaged in enumerate(itertools.chain(truncated(data, CUTS), flipped(data, FLIPS, name))):
        wrong, line = attempt(name, number + len(name), damaged)
        assert not wrong, line


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
@pytest.mark.parametrize("number", range(0, len(WAYS), 3))
def test_broken_files_of_pngsuite(attempt, path, number):
    wrong, line = attempt(path.name, number, path.read_bytes())
    assert not wrong
    assert line.startswith(f"upscale: {path.name}: it is ")


def test_damage_is_the_same_every_time():
    data = OURS["PNG-RGB.png"]
    first, again = ([*flipped(data, 8, "a")] for _ in range(2))
    assert first == again != [*flipped(data, 8, "b")]
    assert all(copy != data and len(copy) == len(data) for copy in first)
    assert [len(part) for part in truncated(data, 4)] == [len(data) * part // 4 for part in range(4)]
    assert with_checksums(bytearray(data)) == data  # in place, too
    whole = bytearray(data)
    whole[16] ^= 1  # of the width
    changed = bytes(whole)
    assert with_checksums(whole) != changed
    Path("a.png").write_bytes(whole)
    assert Image.open("a.png").width == 10 + (1 << 24)


@pytest.mark.parametrize(
    ("ending", "wrong"),
    [
        ((0, "", ""), ""),
        ((1, "", "upscale: a.png: it is damaged\n"), ""),
        ((2, "", "upscale: a\n"), "exit code 2"),
        ((0, "x", ""), "standard output"),
        ((0, "", "upscale: a\n"), "1 lines"),
        ((1, "", ""), "0 lines"),
        ((1, "", "upscale: a\nlibpng error\n"), "2 lines"),
        ((1, "", "libpng error\n"), "own"),
        ((1, "", "upscale: this is a defect (KeyError: 3)\n"), "own"),
    ],
)
def test_what_is_no_good_end_is_seen(ending, wrong):
    assert wrong in complaint(*ending)
    assert bool(complaint(*ending)) == bool(wrong)


def test_a_worker_tells_how_it_went(monkeypatch):
    """One that dies is told of, and another takes its place."""
    monkeypatch.setattr("tests.torture.worker.PATIENCE", 30)
    worker = Worker()
    wrong, code, seconds, most = worker.attempt("a.png", 0, b"no image")
    assert (wrong, code) == ("", 1) and seconds > 0 and most > 1 << 20
    wrong, code, *_ = worker.attempt("none/a.png", 1, b"")  # cannot be written: the process ends
    assert "died" in wrong and code == -1
    assert worker.attempt("a.ppm", 0, OURS["PPM-L.ppm"])[:2] == ("", 0)
    worker.close()
