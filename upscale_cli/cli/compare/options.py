"""The options of `upscale compare` and `upscale best`, grouped as help shows them."""

from ...errors import UsageError
from ...evaluate.choice import (
    CONVENTIONS,
    DEFAULT_METRICS,
    MATLAB_BICUBIC,
    METRICS,
    SPACES,
    choose_methods,
    parse_limits,
    parse_metrics,
    parse_scales,
)
from ...spec import parse_method
from ..upkeep import suggest
from ..words import Groups, Number, OneOf, Parsed

FLAG = {"is_flag": True}
PICTURES = ("webp", "jpeg")


def _read_downsampler(text: str) -> None:
    if text != MATLAB_BICUBIC:
        parse_method(text)


def _read_one_scale(text: str) -> None:
    if len(parse_scales(text)) > 1:
        raise UsageError(f"{text}: the best method is asked for one scale: give one")


def read_crop(text: str) -> tuple[int, int, int, int]:
    """Return the left, top, width and height that `100,50,64,64` says; UsageError for anything else."""
    words = [word.strip() for word in text.split(",")]
    if len(words) != 4 or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise UsageError(f"{text!r} is no crop X,Y,W,H in pixels of the truth, as in 100,50,64,64")
    left, top, width, height = map(int, words)
    if not width or not height:
        raise UsageError(f"a crop of {width}x{height} pixels shows nothing: give a width and a height")
    return left, top, width, height


SCALE = (
    ("-s", "--scale"),
    {
        "type": Parsed("scale", parse_scales),
        "metavar": "F|FxG",
        "help": "Factor by which the image is shrunk and enlarged again: 4, 2.5, 2x3; 2,3,4 is one after the other.",
    },
)
ONE_SCALE = (
    ("-s", "--scale"),
    {
        "type": Parsed("scale", _read_one_scale),
        "metavar": "F|FxG",
        "help": "Factor by which the image is shrunk and enlarged again: 4, 2.5, 2x3.",
    },
)
METHODS = (
    ("-m", "--method", "methods"),
    {
        "type": Parsed("method", choose_methods),
        "shell_complete": suggest.lists_of_methods,
        "metavar": "M1,M2,...",
        "multiple": True,
        "help": "Methods with parameters (lanczos:lobes=4,antiring=1,bicubic), a family such as @traditional, or all; "
        "repeatable.  [default: all]",
    },
)
CONVENTION = (
    ("--convention",),
    {
        "type": OneOf("convention", CONVENTIONS),
        "metavar": "C",
        "default": "sr",
        "show_default": True,
        "help": "sr: 8-bit files all the way, luma measured, a border of the factor left out; sr-luma: the older "
        "papers' protocol, luma taken first in 8 bits, its small copy kept in floats, the same border; "
        "full: all channels, the whole image.",
    },
)
DOWNSAMPLER = (
    ("--downsampler",),
    {
        "type": Parsed("downsampler", _read_downsampler),
        "shell_complete": suggest.downsamplers,
        "metavar": "SPEC",
        "default": MATLAB_BICUBIC,
        "show_default": True,
        "help": "What shrinks the image first: a method, such as area; nearest decimates.",
    },
)
JOBS = (
    ("-j", "--jobs"),
    {
        "type": Number(1, 1024, whole=True),
        "metavar": "N",
        "help": "Threads, for enlarging and for measuring.  [default: all processors]",
    },
)
MAX_PIXELS = (
    ("--max-pixels",),
    {
        "type": Number(1, 2**62, whole=True),
        "metavar": "N",
        "default": 500_000_000,
        "show_default": True,
        "help": "Refuse larger images.",
    },
)
FOLDERS = (
    (("-r", "--recursive"), {**FLAG, "help": "Folders with all their subfolders."}),
    (("--include",), {"multiple": True, "metavar": "GLOB", "help": "Only these files of a folder; repeatable."}),
    (("--exclude",), {"multiple": True, "metavar": "GLOB", "help": "Not these files of a folder; repeatable."}),
)

COMPARE: Groups = {
    "What is compared": (
        SCALE,
        METHODS,
        (
            ("--reference",),
            {
                "metavar": "TRUTH",
                "help": "Enlarge IMAGE itself, to the size of this larger image, or of the one with its name in this "
                "folder.",
            },
        ),
        (
            ("--between",),
            {
                "metavar": "TRUTH",
                "help": "Enlarge nothing: measure each IMAGE as it is against this one, all of it unless --shave says "
                "otherwise.",
            },
        ),
        *FOLDERS,
    ),
    "How it is measured": (
        CONVENTION,
        (
            ("--metrics",),
            {
                "type": Parsed("metric", parse_metrics),
                "shell_complete": suggest.metrics,
                "metavar": "LIST",
                "help": f"Of {', '.join(METRICS)}; methods are ranked by the first.  "
                f"[default: {','.join(DEFAULT_METRICS)}]",
            },
        ),
        DOWNSAMPLER,
        (
            ("--space",),
            {
                "type": OneOf("space", SPACES),
                "metavar": "S",
                "help": "Measure rgb, y (luma, studio range) or linear light.  [default: the convention's]",
            },
        ),
        (
            ("--shave",),
            {
                "type": Number(0, 2**31, whole=True),
                "metavar": "N",
                "help": "Leave a border of N pixels out.  [default: the convention's]",
            },
        ),
        (
            ("--fail-under", "limits"),
            {
                "type": Parsed("limit", parse_limits),
                "metavar": "METRIC=VALUE,...",
                "multiple": True,
                "help": "Exit 3 when the mean of a method is worse; repeatable.",
            },
        ),
    ),
    "Figures": (
        (("--csv",), {"metavar": "FILE", "help": "A row for each image, method and scale; - is standard output."}),
        (("--json",), {"metavar": "FILE", "help": "The same with the means in one document; - is standard output."}),
    ),
    "Pictures": (
        (("--grid",), {"metavar": "FILE", "help": "One picture with every result side by side, labelled."}),
        (
            ("--crop",),
            {
                "type": Parsed("crop", read_crop),
                "metavar": "X,Y,W,H",
                "help": "Of the grid: only this part, in pixels of the truth.",
            },
        ),
        (
            ("--zoom",),
            {
                "type": Number(1, 64, whole=True),
                "metavar": "N",
                "help": "Of the grid: pixels enlarged N times.  [default: as fits]",
            },
        ),
        (("--error",), {**FLAG, "help": "Of the grid: a row with maps of the errors."}),
        (("--segments",), {**FLAG, "help": "Of the grid: a row with the regions that the method region finds."}),
        (
            ("--report",),
            {"metavar": "FILE.html", "help": "A page with a slider between any two results, zoom and sorting."},
        ),
        (
            ("--report-images",),
            {
                "type": OneOf("format", PICTURES),
                "metavar": "F",
                "help": "Pictures of the page: webp, without loss, or jpeg, smaller.  [default: webp]",
            },
        ),
        (("--save",), {"metavar": "DIR", "help": "Keep every result, in DIR/IMAGE_xSCALE_METHOD.png (floats: .tiff)."}),
    ),
    "Running": (
        (("--overwrite",), {**FLAG, "help": "Replace what exists; without this it is refused."}),
        (
            ("--resume",),
            {
                **FLAG,
                "help": "Keep the rows that --csv has, and measure the rest; the first is measured again, and must be "
                "what it was.",
            },
        ),
        JOBS,
        MAX_PIXELS,
        (("--quiet",), {**FLAG, "help": "Print nothing but errors, and what goes to standard output."}),
    ),
}
BEST: Groups = {
    "What is compared": (ONE_SCALE, METHODS, *FOLDERS),
    "How it is measured": (
        (
            ("--metric",),
            {
                "type": OneOf("metric", METRICS),
                "metavar": "METRIC",
                "default": "psnr",
                "show_default": True,
                "help": f"What decides: one of {', '.join(METRICS)}.",
            },
        ),
        CONVENTION,
        DOWNSAMPLER,
    ),
    "Running": (JOBS, MAX_PIXELS),
}
