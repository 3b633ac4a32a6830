"""Resizing in memory: every kernel beside the same of other libraries, threads, and growth with the picture's size."""

from collections.abc import Iterator

from .measure import OURS, Case, Reach, processors, timed
from .peers import LIBRARIES, library
from .pictures import picture

Size = tuple[int, int]
TO_4K = ((1920, 1080), (3840, 2160))
FOURFOLD = ((512, 512), (2048, 2048))
TO_QUARTER = ((4000, 3000), (1000, 750))
UP, DOWN = (TO_4K, FOURFOLD), (TO_QUARTER,)
BOTH = (TO_4K, TO_QUARTER)

# A method, the kinds of picture, the sizes, and the peers: a library, its own name of the kernel, and the bound on our
# time as a part of its time (None: shown only). OpenCV's kernels do not widen when shrinking, so it is not asked to.
KERNELS = (
    (
        "bilinear", ("RGB",), UP,
        {"OpenCV INTER_LINEAR": 1.0, "fast_image_resize bilinear": None, "Pillow BILINEAR": None,
         "torch bilinear": None},
    ),
    (
        "bicubic", ("RGB",), UP,
        {"OpenCV INTER_CUBIC": 1.0, "fast_image_resize catmull_rom": None, "Pillow BICUBIC": None,
         "torch bicubic": None},
    ),
    ("lanczos3", ("RGB",), UP, {"fast_image_resize lanczos3": 0.7, "Pillow LANCZOS": 0.15}),
    ("lanczos:lobes=4", ("RGB",), UP, {"OpenCV INTER_LANCZOS4": 0.15}),
    ("mitchell", ("RGB",), UP, {"fast_image_resize mitchell": 0.7}),
    ("spline36", ("RGB",), UP, {"upscale lanczos3": 1.1}),
    ("nearest", ("RGB",), UP, {"Pillow NEAREST": 1.0, "OpenCV INTER_NEAREST": 1.0}),
    (
        "bilinear", ("RGB",), DOWN,
        {"fast_image_resize bilinear": 1.0, "libvips linear": 1.0, "Pillow BILINEAR": None, "torch bilinear": None},
    ),
    (
        "bicubic", ("RGB",), DOWN,
        {"fast_image_resize catmull_rom": 1.0, "libvips cubic": 1.0, "Pillow BICUBIC": None, "torch bicubic": None},
    ),
    (
        "lanczos3", ("RGB",), DOWN,
        {"fast_image_resize lanczos3": 1.0, "libvips lanczos3": 1.0, "Pillow LANCZOS": None},
    ),
    ("bicubic", ("grey", "RGBA", "16-bit RGB", "float RGB"), BOTH, {"fast_image_resize catmull_rom": 1.0}),
)  # fmt: skip

# With several threads: a method, sizes, and what OpenCV has beside it.
THREADED = (
    ("bicubic", TO_4K, {"OpenCV INTER_CUBIC": 1.0}),
    ("lanczos3", TO_4K, {"OpenCV INTER_LANCZOS4": None}),
    ("bicubic", TO_QUARTER, {}),
    ("lanczos3", TO_QUARTER, {}),
)
SPEED_UP = Reach(1.8, speed_up=True)

# Twofold enlargements of these, 4 by 3, to about 1, 4, 16, 64 and 108 megapixels.
GROWING = ((576, 432), (1152, 864), (2304, 1728), (4608, 3456), (6000, 4500))
LINEAR = 1.1  # the most that a pixel may cost, as a multiple of what it costs in the smallest


def cases() -> Iterator[Case]:
    """Yield the comparisons of kernels, each ready to be measured before the next is asked for."""
    for method, kinds, sizes, peers in KERNELS:
        for kind in kinds:
            for src, dst in sizes:
                yield _case(method, kind, src, dst, peers, 1)
    for threads in sorted({2, processors()} if processors() > 1 else ()):
        for method, (src, dst), peers in THREADED:
            case = _case(method, "RGB", src, dst, peers, threads)
            alone = {f"{OURS}, 1 thread": _turn(OURS, method, "RGB", src, dst, 1)}
            yield Case(case.what, case.turns | alone, case.reaches | dict.fromkeys(alone, SPEED_UP))


def _case(method: str, kind: str, src: Size, dst: Size, peers: dict[str, float | None], threads: int) -> Case:
    what = f"{method}, {kind}, {_text(src)} to {_text(dst)}, {threads} thread{'s' * (threads > 1)}"
    turns = {OURS: _turn(OURS, method, kind, src, dst, threads)}
    for peer in peers:
        name, kernel = peer.split()
        if library(name):
            turns[peer] = _turn(name, kernel, kind, src, dst, threads)
    return Case(what, turns, {peer: Reach(limit) for peer, limit in peers.items() if limit})


def _turn(name: str, kernel: str, kind: str, src: Size, dst: Size, threads: int):
    return timed(LIBRARIES[name].prepare(library(name), picture(kind, *src), dst, kernel, threads))


def growth() -> Iterator[Case]:
    """Yield one comparison for each larger picture: its time per pixel, and that of the smallest."""
    (smallest, first), *larger = [(_megapixels(src), _per_pixel(src)) for src in GROWING]
    for megapixels, turn in larger:
        base = f"{OURS}, to {smallest} MP"
        what = f"bicubic, RGB, twofold to {megapixels} MP, 1 thread"
        yield Case(what, {OURS: turn, base: first}, {base: Reach(LINEAR)}, "ns a pixel")


def _per_pixel(src: Size):
    """Return a turn that enlarges twofold and returns nanoseconds per pixel of the result."""
    width, height = (2 * side for side in src)
    prepare = LIBRARIES[OURS].prepare
    call = prepare(library(OURS), picture("RGB", *src), (width, height), "bicubic", 1)
    return timed(call, 1e-9 * width * height)


def _megapixels(src: Size) -> int:
    return round(4e-6 * src[0] * src[1])


def _text(size: Size) -> str:
    return "x".join(map(str, size))
