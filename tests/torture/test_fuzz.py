"""The fuzzer's targets, without the fuzzer: they take their seeds, and tell what is wrong."""

import random
import subprocess
import sys

import pytest

from tests import fuzz
from upscale_cli import jit
from upscale_cli.errors import InputError

EVERY = 20 if jit.interpreted() else 4


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_targets_take_seeds_and_damage(name):
    chance = random.Random(name)
    for seed in [*fuzz.seeds(name)][::EVERY]:
        fuzz.TARGETS[name](seed)
        damaged = bytearray(seed)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        fuzz.TARGETS[name](bytes(damaged))


def test_seeds_are_taken_and_not_refused(monkeypatch):
    refused = []
    refuse = InputError.__init__
    monkeypatch.setattr(InputError, "__init__", lambda self, *said: refused.append(said) or refuse(self, *said))
    fuzz.decode(next(fuzz.seeds("decode")))
    assert not refused
    for seed in fuzz.seeds("weights"):
        refused.clear()
        fuzz.weights(seed)
        assert len(refused) == 2, refused  # one of the three readers takes it


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("decode", "upscale_cli.codec.decode.raster_of"),  # behind the decoders, whose errors are damage
        ("grammar", "upscale_cli.spec.nearest_name"),
        ("weights", "upscale_cli.network.weights.architecture"),
    ],
)
def test_a_defect_is_a_finding(monkeypatch, name, broken):
    def defect(*_):
        raise KeyError("defect")

    monkeypatch.setattr(broken, defect)
    seed = b"bicubik" if name == "grammar" else next(fuzz.seeds(name))
    with pytest.raises(KeyError, match="defect"):
        fuzz.TARGETS[name](seed)


def test_a_refusal_in_two_lines_is_a_finding(monkeypatch):
    def refuse(*_):
        raise InputError("it is \x1b[31mred")

    monkeypatch.setattr("upscale_cli.codec.decode.Source", refuse)
    monkeypatch.setattr("upscale_cli.cli.words.one_line", lambda text: text)
    with pytest.raises(AssertionError):
        fuzz.decode(b"")


def test_the_command_tells_its_targets():
    pytest.importorskip("atheris", reason="the fuzzer is not installed")
    run = subprocess.run([sys.executable, "-m", "tests.fuzz", "none"], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stderr.startswith("python -m tests.fuzz decode|grammar|weights")
