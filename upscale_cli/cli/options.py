"""The options of `upscale INPUT...`, grouped as help shows them."""

from ..methods import DEFAULT_METHOD
from ..spec import (
    DEPTHS,
    DITHERS,
    EDGES,
    FITS,
    GRAVITIES,
    LIKES,
    MOST_REFINEMENTS,
    PALETTES,
    PROFILES,
    SUBSAMPLINGS,
    parse_dpi,
    parse_memory,
    parse_method,
)
from .upkeep import suggest
from .words import Groups, Number, OneOf, Parsed, with_options

_FLAG = {"is_flag": True}


def read_scale(text: str) -> None:
    from ..geometry import parse_scale

    for part in text.split(","):
        parse_scale(part)


def _read_size(text: str) -> None:
    from ..geometry import parse_size

    for part in text.split(","):
        parse_size(part)


def _read_colour(text: str) -> None:
    from ..request import parse_colour

    parse_colour(text)


GROUPS: Groups = {
    "Size": (
        (
            ("-s", "--scale"),
            {
                "type": Parsed("scale", read_scale),
                "metavar": "F|FxG",
                "help": "Factor: 4, 2.5, 0.5; 2x3 gives each side its own; 1,2,3 writes one file for each.",
            },
        ),
        (
            ("--size",),
            {
                "type": Parsed("size", _read_size),
                "metavar": "GEOMETRY",
                "help": "800x600 fits inside; 800x or x600 one side; 800 the longer side; 50%; 2MP. "
                "Suffix ! exact, ^ cover and crop, > only shrink, < only enlarge.",
            },
        ),
        (("--only-shrink",), {**_FLAG, "help": "The same as the suffix >."}),
        (("--only-enlarge",), {**_FLAG, "help": "The same as the suffix <."}),
        (
            ("--fit",),
            {
                "type": OneOf("fit", FITS),
                "metavar": "FIT",
                "help": "What 800x600 means: inside, outside, fill, cover, contain.  [default: inside]",
            },
        ),
        (
            ("--gravity",),
            {
                "type": OneOf("gravity", GRAVITIES),
                "metavar": "PLACE",
                "default": "center",
                "show_default": True,
                "help": "What cover keeps, where contain puts the picture: center, north, northeast, ...",
            },
        ),
        (
            ("--background",),
            {
                "type": Parsed("colour", _read_colour),
                "metavar": "COLOR",
                "help": "Around a contained picture, beyond a constant border, under transparency where the format "
                "has none: #rrggbb, #rrggbbaa, a CSS name, transparent.  [default: transparent, or black]",
            },
        ),
    ),
    "Method": (
        (
            ("-m", "--method"),
            {
                "type": Parsed("method", parse_method),
                "shell_complete": suggest.methods,
                "metavar": "SPEC",
                "default": DEFAULT_METHOD,
                "show_default": True,
                "help": "A method, with parameters: bicubic, lanczos:lobes=4, mitchell:b=0.2,c=0.4.",
            },
        ),
        (
            ("--antialias/--no-antialias",),
            {"default": None, "help": "Widen the kernel when shrinking.  [default: antialias]"},
        ),
        (
            ("--antiring",),
            {
                "type": Number(0, 1),
                "metavar": "A",
                "default": 0.0,
                "show_default": True,
                "help": "0 to 1: how hard overshoot beyond the neighbouring samples is pulled back.",
            },
        ),
        (
            ("--refine",),
            {
                "type": Number(0, MOST_REFINEMENTS, whole=True),
                "metavar": "N",
                "default": 0,
                "show_default": True,
                "help": "Put back, N times, what the enlarged picture lacks of the input once it is shrunk again.",
            },
        ),
        (
            ("--like",),
            {
                "type": OneOf("library", LIKES),
                "metavar": "LIBRARY",
                "help": "That library's coordinates, kernel, border, alpha and rounding: " + ", ".join(LIKES) + ".",
            },
        ),
    ),
    "Colour and borders": (
        (("--linear",), {**_FLAG, "help": "Filter in linear light (the exact sRGB curve): right for shrinking."}),
        (("--sigmoid",), {**_FLAG, "help": "Linear light through a sigmoid: enlarging with less ringing."}),
        (
            ("--edge",),
            {
                "type": OneOf("edge", EDGES),
                "metavar": "EDGE",
                "help": f"What stands beyond the border: {', '.join(EDGES)}.  [default: reflect]",
            },
        ),
        (("--straight-alpha",), {**_FLAG, "help": "Do not premultiply by the alpha channel."}),
    ),
    "Files": (
        (
            ("-o", "--output"),
            {
                "metavar": "NAME",
                "help": "A file, a folder (one that exists, or ends in /), - for standard output, or a template with "
                "{dir} {stem} {ext} "
                "{scale} {method} {width} {height} {name} {sub}.  [default: {dir}/{stem}_x{scale}_{method}{ext}]",
            },
        ),
        (
            ("-f", "--format", "extension"),
            {
                "shell_complete": suggest.extensions,
                "metavar": "EXT",
                "help": "Format to write.  [default: that of the output's name]",
            },
        ),
        (("--overwrite",), {**_FLAG, "help": "Replace outputs that exist; without this they are refused."}),
        (
            ("--skip-existing",),
            {**_FLAG, "help": "Leave outputs that are whole and have the size asked for; replace others."},
        ),
        (
            ("--from-file",),
            {"metavar": "LIST", "help": "Images and folders listed in a file, one a line; - is standard input."},
        ),
        (("--from-stdin",), {**_FLAG, "help": "The same from standard input."}),
        (("-0", "--null"), {**_FLAG, "help": "The list's lines end in a zero byte, as `find -print0` writes them."}),
        (("-r", "--recursive"), {**_FLAG, "help": "Folders with all their subfolders."}),
        (("--include",), {"multiple": True, "metavar": "GLOB", "help": "Only these files of a folder; repeatable."}),
        (("--exclude",), {"multiple": True, "metavar": "GLOB", "help": "Not these files of a folder; repeatable."}),
        (
            ("-q", "--quality"),
            {
                "type": Number(1, 100, whole=True),
                "metavar": "N",
                "help": "JPEG, WebP, AVIF, HEIF: 1 to 100.  [default: a JPEG's own; 90; AVIF, HEIF 80]",
            },
        ),
        (
            ("--compression",),
            {
                "type": Number(0, 9, whole=True),
                "metavar": "N",
                "help": "PNG: 0 to 9.  [default: a quick one that suits the picture]",
            },
        ),
        (("--lossless",), {**_FLAG, "help": "WebP without loss."}),
        (
            ("--subsampling",),
            {
                "type": OneOf("subsampling", SUBSAMPLINGS),
                "metavar": "S",
                "help": f"Chroma of JPEG and AVIF: {', '.join(SUBSAMPLINGS)}.  [default: the source's; 4:2:0]",
            },
        ),
    ),
    "What files hold": (
        (
            ("--profile",),
            {
                "type": OneOf("profile", PROFILES),
                "metavar": "P",
                "default": "keep",
                "show_default": True,
                "help": "The colour profile: keep, or srgb to convert to sRGB.",
            },
        ),
        (
            ("--depth",),
            {
                "type": OneOf("depth", DEPTHS),
                "metavar": "BITS",
                "default": "keep",
                "show_default": True,
                "help": "Bits a channel: keep, 8 or 16.",
            },
        ),
        (
            ("--dither",),
            {
                "type": OneOf("dither", DITHERS),
                "metavar": "D",
                "default": "diffusion",
                "show_default": True,
                "help": "How more bits become 8: diffusion, ordered or none, which rounds.",
            },
        ),
        (
            ("--palette",),
            {
                "type": OneOf("palette", PALETTES),
                "metavar": "P",
                "default": "full",
                "show_default": True,
                "help": "Images with a palette become full colour, or keep their colours.",
            },
        ),
        (("--strip",), {**_FLAG, "help": "Drop all metadata but the colour profile."}),
        (
            ("--dpi",),
            {
                "type": Parsed("dpi", parse_dpi),
                "metavar": "DPI",
                "help": "The resolution tag: keep, scale with the picture, or a number.  [default: keep]",
            },
        ),
        (("--no-orient",), {**_FLAG, "help": "Leave the EXIF orientation to viewers instead of applying it."}),
        (
            ("--frame",),
            {
                "type": Number(0, 2**31, whole=True),
                "metavar": "N",
                "help": "Only this frame of an animation, or page, counted from 0.",
            },
        ),
    ),
    "Running": (
        (
            ("-j", "--jobs"),
            {
                "type": Number(1, 1024, whole=True),
                "metavar": "N",
                "help": "Files at a time, or threads for a single one.  [default: all processors]",
            },
        ),
        (
            ("--memory",),
            {
                "type": Parsed("memory", parse_memory),
                "metavar": "SIZE",
                "help": "Memory for files at work, as in 500M or 2G.  [default: half of what is free]",
            },
        ),
        (
            ("--cluster",),
            {
                "metavar": "ADDRESS",
                "help": "Have the workers of a Dask scheduler do it; local starts workers here.",
            },
        ),
        (("--fail-fast",), {**_FLAG, "help": "Stop at the first file that fails."}),
        (
            ("--max-pixels",),
            {
                "type": Number(1, 2**62, whole=True),
                "metavar": "N",
                "default": 500_000_000,
                "show_default": True,
                "help": "Refuse larger inputs and outputs.",
            },
        ),
        (("--dry-run",), {**_FLAG, "help": "Print what would be done, write nothing."}),
        (("--json", "as_json"), {**_FLAG, "help": "One JSON object a line on standard output for each output."}),
        (("--log",), {"metavar": "FILE", "help": "Add a line for each output to this file."}),
        (("-v", "--verbose"), {**_FLAG, "help": "Print the plan and the times of each file."}),
        (("--quiet",), {**_FLAG, "help": "Print nothing but errors."}),
    ),
}


options = with_options(GROUPS)
