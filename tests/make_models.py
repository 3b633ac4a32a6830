"""Puts trained networks into the package: python -m tests.make_models FOLDER SET14.

FOLDER holds `NAME-xSCALE[-jpeg].npz` as `upscale train` wrote them, each with a `.txt` that says how; SET14 is a folder
of pictures none of which was trained on. Figures are measured here, and a network that has not reached what it must
stays out.
"""

import hashlib
import io
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from upscale_cli import __version__, compare, resize
from upscale_cli.network.models import SHIPPED
from upscale_cli.network.weights import read, write

DATA = (
    "T91 (Yang et al. 2010), 199 photographs of BSDS500's training part, 181 luma crops of igv's FSRCNN, 57 wallpapers"
)
LEAST = {  # mean PSNR in dB on Set14 at x2, x3, x4, convention sr-luma
    "fsrcnn": (32.60, 29.37, 27.50),
    "sesr-small": (32.45, 29.20, 27.40),
    "sesr-m5": (32.80, 29.50, 27.70),
}
QUALITIES = (40, 60, 80)


def method_of(path: Path) -> str:
    """Return the method that uses a file of weights."""
    return f"{read(path).kind.name.partition('-')[0]}:weights={path}"


def psnr_of(path: Path, scale: int, pictures: Path) -> tuple[float, float]:
    """Return the mean PSNR in dB by the weights of a file, and by bicubic."""
    method = method_of(path)
    rows = compare(str(pictures), scale, f"bicubic,{method}", convention="sr-luma", metrics="psnr")
    return tuple(
        float(np.mean([row.metrics["psnr"] for row in rows if row.method == each])) for each in (method, "bicubic")
    )


def psnr_after_jpeg(path: Path, scale: int, pictures: Path) -> dict[str, tuple[float, float]]:
    """Return for each quality of JPEG the mean PSNR of luma in dB, by the weights and by bicubic."""
    method, found = method_of(path), {}
    for quality in QUALITIES:
        both = []
        for picture in sorted(pictures.iterdir()):
            truth = np.asarray(Image.open(picture).convert("L"))
            truth = np.ascontiguousarray(truth[: truth.shape[0] // scale * scale, : truth.shape[1] // scale * scale])
            file = io.BytesIO()
            size = truth.shape[1] // scale, truth.shape[0] // scale
            Image.fromarray(resize(truth, size=size, like="matlab")).save(file, "jpeg", quality=quality)
            low, inner = np.array(Image.open(file)), slice(scale, -scale)
            errors = [
                (resize(low, scale, method=each).astype(float) - truth)[inner, inner] for each in (method, "bicubic")
            ]
            both.append([10 * np.log10(255**2 / np.mean(error**2)) for error in errors])
        found[str(quality)] = tuple(round(float(value), 2) for value in np.mean(both, axis=0))
    return found


def card_of(path: Path, pictures: Path) -> dict | None:
    """Return what is to be known of a network, None if it has not reached its figure."""
    model = read(path)
    name, scale = model.kind.name, model.kind.scale
    card = {
        "architecture": name, "scale": scale, "input": model.input,
        "parameters": sum(int(np.prod(shape)) for shape in model.kind.shapes.values()), "data": DATA, "licence": "MIT",
        "training": path.with_suffix(".txt").read_text().strip(),
        "versions": {"upscale": __version__, "torch": version("torch"), "numpy": np.__version__},
        "protocol": "mean PSNR in dB of luma, Set14, sr-luma; jpeg: of the small picture after JPEG, by quality",
    }  # fmt: skip
    if model.input == "jpeg":
        card["psnr_set14_jpeg"] = psnr_after_jpeg(path, scale, pictures)
        reached = all(own > bicubic for own, bicubic in card["psnr_set14_jpeg"].values())
    else:
        own, bicubic = psnr_of(path, scale, pictures)
        card["psnr_set14"], card["psnr_set14_bicubic"] = round(own, 3), round(bicubic, 3)
        reached = own >= LEAST[name][scale - 2]
    print(path.name, {key: value for key, value in card.items() if "psnr" in key}, "" if reached else "NOT REACHED")
    return card if reached else None


def main(folder: Path, pictures: Path) -> None:
    """Copy the networks that reached their figures, and write their cards."""
    SHIPPED.mkdir(exist_ok=True)
    cards_file = SHIPPED / "models.json"
    cards = json.loads(cards_file.read_text()) if cards_file.exists() else {}
    for path in sorted(folder.glob("*.npz")):
        card = card_of(path, pictures)
        if card:
            file = io.BytesIO()
            write(file, read(path))
            (SHIPPED / path.name).write_bytes(file.getvalue())
            cards[path.stem] = card | {"sha256": hashlib.sha256(file.getvalue()).hexdigest()}
    cards_file.write_text(json.dumps(dict(sorted(cards.items())), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
