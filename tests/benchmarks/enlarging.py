"""Methods that only enlarge, one thread: milliseconds a megapixel of the result, and ffmpeg's filters beside them."""

import subprocess
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image

from upscale_cli import resize

from .measure import OURS, Case, Reach, timed
from .peers import program
from .pictures import SAMPLES, picture

PHOTO, ART = (1920, 1080), (960, 540)
# A method, what it enlarges, the factor, the megapixels a second that are aimed at, and ffmpeg's filter.
METHODS = (
    ("dcci", "photograph", 2, 60, ""),
    ("nedi", "photograph", 2, 15, ""),
    ("icbi", "photograph", 2, 6, ""),
    ("eedi3", "photograph", 2, None, ""),
    ("region", "photograph", 2, 15, ""),
    ("region", "pixel art", 4, 15, ""),
    ("scale2x", "pixel art", 2, 300, "epx=n=2"),
    ("scale3x", "pixel art", 3, None, "epx=n=3"),
    ("hqx", "pixel art", 2, 60, "hqx=n=2"),
    ("hqx", "pixel art", 4, 60, "hqx=n=4"),
    ("xbr", "pixel art", 2, 40, "xbr=n=2"),
    ("xbr", "pixel art", 4, 40, "xbr=n=4"),
    ("fsrcnn", "photograph", 2, 12, ""),
    ("fsrcnn", "photograph", 4, 45, ""),
    ("sesr:size=small", "photograph", 2, 50, ""),
    ("sesr:size=small", "photograph", 4, 150, ""),
    ("sesr", "photograph", 2, 12, ""),
    ("sesr", "photograph", 4, 35, ""),
)
FRAMES = 60  # that ffmpeg is given at a time


def cases() -> Iterator[Case]:
    """Yield a comparison for each method."""
    for method, what, factor, speed, peer in METHODS:
        samples = picture("RGB", *PHOTO) if what == "photograph" else _art(*ART)
        height, width = samples.shape[:2]
        unit = 1e-9 * width * height * factor**2
        turns = {OURS: timed(lambda s=samples, f=factor, m=method: resize(s, f, method=m, threads=1), unit)}
        if peer and program("ffmpeg"):
            turns[f"ffmpeg {peer.partition('=')[0]}"] = _ffmpeg(samples, peer, unit)
        reaches = dict.fromkeys(list(turns)[1:], Reach(1.0))
        if speed:
            reaches[OURS] = Reach(round(1000 / speed, 1))
        yield Case(f"{method}, {what}, RGB, {factor}x of {width}x{height}, 1 thread", turns, reaches, "ms a megapixel")


def _art(width: int, height: int) -> np.ndarray:
    """Return the sample sprite side by side."""
    with Image.open(SAMPLES / "sprite.png") as image:
        sprite = np.asarray(image.convert("RGB"))
    times = -(-height // sprite.shape[0]), -(-width // sprite.shape[1]), 1
    return np.ascontiguousarray(np.tile(sprite, times)[:height, :width])


def _ffmpeg(samples: np.ndarray, filters: str, unit: float):
    """Return a turn: what a filter adds to the time that ffmpeg needs for the frames without it."""
    height, width = samples.shape[:2]
    words = ["-v", "error", "-threads", "1", "-filter_threads", "1", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    words += ["-s", f"{width}x{height}", "-i", "-", "-f", "null"]
    frames = samples.tobytes() * FRAMES

    def seconds(chain: str) -> float:
        command = [program("ffmpeg")[0], *words, "-vf", f"format=rgb0{chain}", "-"]
        start = time.perf_counter()
        subprocess.run(command, input=frames, check=True, capture_output=True)
        return time.perf_counter() - start

    return lambda: (seconds(f",{filters}") - seconds("")) / FRAMES / unit
