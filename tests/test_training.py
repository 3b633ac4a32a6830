"""Training with PyTorch, where that is installed."""

import numpy as np
import pytest
from PIL import Image

from upscale_cli.cli.door import main
from upscale_cli.errors import InputError, OutputError
from upscale_cli.network.architectures import architecture
from upscale_cli.network.weights import read

torch = pytest.importorskip("torch")

from upscale_cli.training import session  # noqa: E402
from upscale_cli.training.patches import Pair, Patches, pairs, through_jpeg  # noqa: E402
from upscale_cli.training.trainer import Network, Recipe, Trainer, forward  # noqa: E402

RECIPE = Recipe(steps=60, batch=2, side=8, rate=1e-2, seed=1, jpeg=False)


def some_pairs(scale):
    """Smooth waves and their shrunk copies."""
    y, x = np.mgrid[: 60 * scale, : 60 * scale] / scale
    large = (128 + 60 * np.sin(x / 3) + 50 * np.cos(y / 4 + x / 9)).astype(np.uint8)
    small = large.reshape(60, scale, 60, scale).mean((1, 3))
    return [Pair(large, np.rint(small).astype(np.uint8))]


@pytest.mark.parametrize("jpeg", [False, True])
def test_patches_lie_over_each_other(jpeg):
    pair = some_pairs(2)[0]
    inputs, targets = Patches([pair], 8, 3, 4, 0, jpeg).draw(5)
    assert inputs.shape == (4, 1, 14, 14)
    assert targets.shape == (4, 1, 16, 16)
    means = targets.reshape(4, 1, 8, 2, 8, 2).mean((3, 5))
    assert np.abs(means - inputs[:, :, 3:-3, 3:-3]).max() < (0.15 if jpeg else 0.003)
    again = Patches([pair], 8, 3, 4, 0, jpeg).draw(5)
    assert (again[0] == inputs).all()


def test_jpeg_files_are_trained_on_shrunk(tmp_path):
    for name in ("a.png", "b.jpg"):
        Image.fromarray(some_pairs(2)[0].large).save(tmp_path / name)
    sides = [[pair.large.shape[0] for pair in pairs([tmp_path / name], 2, 8)] for name in ("a.png", "b.jpg")]
    assert sides == [[120, 84], [84]]
    assert [pair.large.shape for pair in pairs([tmp_path / "b.jpg"], 2, 8, whole=True)] == [(120, 120)]


def test_postscript_is_not_run(tmp_path):
    Image.fromarray(some_pairs(2)[0].large).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.png")
    with pytest.raises(InputError, match="it cannot be read as a picture"):
        pairs([tmp_path / "a.png"], 2, 8)


@pytest.mark.parametrize(("count", "measured"), [(2, 1), (7, 2), (40, 8)])
def test_a_quarter_of_few_pictures_is_measured_on(count, measured, tmp_path):
    for k in range(count):
        Image.fromarray(some_pairs(2)[0].large).save(tmp_path / f"{k:02}.png")
    learnt, held = session._sets(tmp_path, None, architecture("sesr-small", 2), 8)
    assert (len(learnt), len(held)) == (2 * (count - measured), measured)


def test_a_folder_of_one_picture_is_refused(tmp_path):
    Image.fromarray(some_pairs(2)[0].large).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="it has 1 pictures, and none is left beside those that are measured on"):
        session._sets(tmp_path, None, architecture("sesr-small", 2), 8)


def test_patches_with_detail_are_drawn_more_often():
    """Half of the picture is flat: of three patches nearly always one is not."""
    pair = some_pairs(2)[0]
    pair.large[:, 60:] = 128
    pair.small[:, 30:] = 128
    flat = [np.ptp(patch) == 0 for step in range(20) for patch in Patches([pair], 8, 3, 4, 0, False).draw(step)[1]]
    assert 0 < np.mean(flat) < 0.2


@pytest.mark.parametrize("name", ["fsrcnn", "sesr-small"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_weights_have_the_shapes_of_the_architecture(name, scale):
    kind = architecture(name, scale)
    weights = Network(kind).weights()
    assert {key: tuple(value.shape) for key, value in weights.items()} == kind.shapes


def test_training_gets_better_and_goes_on_where_it_was(tmp_path):
    kind, shown = architecture("sesr-small", 2), some_pairs(2)
    trainer = Trainer(kind, RECIPE, shown)
    before = trainer.psnr(shown)
    losses = list(trainer.run(30))
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert trainer.psnr(shown) > before
    halfway = Trainer(kind, RECIPE, shown)
    next(halfway.run(30))
    halfway.save(tmp_path / "state")
    resumed = Trainer(kind, RECIPE, shown)
    resumed.load(tmp_path / "state")
    list(resumed.run(30))
    for name, value in trainer.weights().items():
        assert np.allclose(value, resumed.weights()[name], atol=1e-6)


def test_a_network_for_jpeg_files_is_measured_on_such():
    kind, shown = architecture("sesr-small", 2), some_pairs(2)
    start = {key: value.detach().numpy() for key, value in Network(kind).weights().items()}
    clean, damaged = (Trainer(kind, RECIPE._replace(jpeg=jpeg), shown, start) for jpeg in (False, True))
    through = [pair._replace(small=through_jpeg(pair.small, 70)) for pair in shown]
    assert damaged.psnr(shown) == pytest.approx(clean.psnr(through))
    assert damaged.psnr(shown) != pytest.approx(clean.psnr(shown))


@pytest.mark.parametrize("name", ["fsrcnn", "sesr-small"])
def test_half_the_bits_give_nearly_the_same(name):
    kind = architecture(name, 2)
    weights = {key: value.detach() for key, value in Network(kind).weights().items()}
    x = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    exact, half = forward(kind, weights, x), forward(kind, weights, x, torch.bfloat16)
    assert half.dtype == torch.float32
    assert 0 < (exact - half).abs().max() < 0.02 * exact.abs().max()


def test_starting_from_weights_of_another_scale():
    two, three = (architecture("sesr-small", scale) for scale in (2, 3))
    start = Trainer(two, RECIPE, some_pairs(2)).weights()
    got = Trainer(three, RECIPE, some_pairs(3), start).weights()
    assert np.allclose(got["kernel1"], start["kernel1"], atol=1e-6)
    assert got["kernel5"].shape == (9, 8, 3, 3)


def test_the_command_trains_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "below").mkdir(parents=True)
    for k, pair in enumerate(some_pairs(2) * 9):
        Image.fromarray(pair.large).save(tmp_path / "photos" / "below" / f"{k}.png")
    words = ["train", "photos", "-s", "2", "--arch", "sesr-small", "--patch", "8", "--batch", "2", "--steps", "3"]
    monkeypatch.setattr(session, "EVERY", 2)
    assert main([*words, "-o", "a.npz"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in told] == ["step 0/3", "step 2/3", "step 3/3", "photos -> a.npz"]
    assert read(tmp_path / "a.npz").kind.name == "sesr-small"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.npz"]

    monkeypatch.setattr(session, "replacing", stop_at_once)
    assert main([*words, "-o", "b.npz"]) == 1
    assert (tmp_path / "b.npz.state").exists()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert main([*words, "-o", "b.npz", "--resume"]) == 0
    assert "step 2/3" in capsys.readouterr().err
    assert not (tmp_path / "b.npz.state").exists()
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()


def stop_at_once(path, *, overwrite):
    raise OutputError(f"{path}: no room is left")


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["-o", "a.pt"], 2, "ends in .npz"),
        (["-o", "old.npz"], 1, "old.npz exists: use --overwrite"),
        (["-o", "none/a.npz"], 1, "none/a.npz has no folder to be written in"),
        (["-o", "folder.npz", "--overwrite"], 1, "folder.npz is a folder: give -o the name of a file"),
        (["-o", "a.npz"], 1, "no picture in it"),
        (["-o", "a.npz", "--start", "old.npz"], 1, "old.npz: it is no whole .npz file"),
        (["-o", "a.npz", "--steps", "0"], 2, "from 1 to"),
        (["-o", "a.npz", "--arch", "sesr-smal"], 2, "did you mean sesr-small?"),
    ],
)
def test_wrong_words_get_one_line(tmp_path, monkeypatch, capsys, words, code, line):
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "folder.npz"):
        (tmp_path / name).mkdir()
    (tmp_path / "old.npz").touch()
    assert main(["train", "photos", "-s", "2", *words]) == code
    told = capsys.readouterr().err
    assert line in told
    assert told.count("\n") == 1


def test_fast_needs_a_compiler(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["train", str(tmp_path), "-s", "2", "-o", str(tmp_path / "a.npz"), "--fast"]) == 1
    assert "--fast needs a C++ compiler" in capsys.readouterr().err


def test_a_state_of_another_training_is_refused(tmp_path):
    kind, shown = architecture("sesr-small", 2), some_pairs(2)
    trainer = Trainer(kind, RECIPE, shown)
    trainer.save(tmp_path / "state")
    with pytest.raises(InputError, match="another training"):
        Trainer(kind, RECIPE._replace(seed=2), shown).load(tmp_path / "state")
    (tmp_path / "state").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no state of a training"):
        trainer.load(tmp_path / "state")
