"""The table of file formats that can be written: extensions, pixel modes, encoder settings. Imports nothing heavy."""

from dataclasses import dataclass
from typing import NamedTuple

from .errors import OutputError, UsageError
from .spec import nearest_name


class Format(NamedTuple):
    """A format.

    `modes` are the Pillow modes that it holds; `settings` the encoder's own that it takes; `keeps` the entries of a
    raster's info that it can carry; `limit` the longest side in pixels; `encoder` Pillow's name for it where it is
    another.
    """

    name: str
    extensions: tuple[str, ...]
    modes: tuple[str, ...]
    settings: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    limit: int = 2**31 - 1
    encoder: str = ""

    def check_size(self, width: int, height: int) -> None:
        """Raise OutputError for a picture that is too large for the format."""
        if max(width, height) > self.limit:
            raise OutputError(f"{self.name} holds at most {self.limit} pixels a side: choose another format with -f")


ALL = ("icc_profile", "exif", "dpi")

FORMATS = (
    Format("PNG", ("png", "apng"), ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), ("compression",), ALL),
    Format("JPEG", ("jpg", "jpeg", "jpe", "jfif"), ("L", "RGB", "CMYK"), ("quality",), ALL, 65_500),
    Format("WEBP", ("webp",), ("RGB", "RGBA"), ("quality", "lossless"), ("icc_profile", "exif"), 16_383),
    Format("AVIF", ("avif",), ("RGB", "RGBA"), ("quality",), ("icc_profile", "exif"), 32_768),
    Format(
        "TIFF",
        ("tif", "tiff"),
        ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
        (),
        ("icc_profile", "dpi"),
    ),
    Format("GIF", ("gif",), ("1", "L", "P", "RGB", "RGBA"), limit=65_535),
    Format("BMP", ("bmp", "dib"), ("1", "L", "P", "RGB"), (), ("dpi",)),
    Format("PPM", ("ppm", "pgm", "pbm", "pnm"), ("1", "L", "RGB", "I;16")),
    Format("PFM", ("pfm",), ("F",), encoder="PPM"),
    Format("TGA", ("tga",), ("L", "LA", "P", "RGB", "RGBA"), limit=65_535),
    Format("ICO", ("ico",), ("1", "L", "LA", "P", "RGB", "RGBA"), limit=256),
    Format("JPEG2000", ("jp2", "jpx"), ("L", "LA", "RGB", "RGBA", "I;16")),
    Format("QOI", ("qoi",), ("RGB", "RGBA")),
    Format("PCX", ("pcx",), ("1", "L", "P", "RGB"), limit=65_534),
    Format("SGI", ("sgi",), ("L", "RGB", "RGBA"), limit=65_535),
)

BY_EXTENSION = {extension: row for row in FORMATS for extension in row.extensions}
# Extensions that are read but not written, so that a folder's images are all found.
READ_ONLY = (
    "psd",
    "cur",
    "dds",
    "icns",
    "dcx",
    "xpm",
    "xbm",
    "fits",
    "ras",
    "j2k",
    "jpc",
    "jpf",
    "j2c",
    "avifs",
    "mpo",
)


def format_of(extension: str) -> Format:
    """Return the format that an extension (with or without its dot, any case) names; UsageError if none."""
    key = extension.lower().removeprefix(".")
    if not key:
        raise UsageError("without an extension the format is unknown: add one, or choose it with -f")
    if key not in BY_EXTENSION:
        hint = nearest_name(key, BY_EXTENSION, 0.6) or ": choose one with -f, as in -f png"
        raise UsageError(f".{key} names no format that can be written{hint}")
    return BY_EXTENSION[key]


@dataclass(frozen=True, slots=True)
class Settings:
    """The encoder's own settings: quality 1 to 100, compression 0 to 9, lossless; None where the default serves."""

    quality: int | None = None
    compression: int | None = None
    lossless: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("quality", 1, 100), ("compression", 0, 9)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise UsageError(f"{name} {value} is outside {low} to {high}")
        if self.lossless and self.quality is not None:
            raise UsageError("lossless leaves no quality to choose: give one of the two")

    def said(self) -> dict[str, object]:
        """Return the settings that were given."""
        values = {"quality": self.quality, "compression": self.compression, "lossless": self.lossless or None}
        return {name: value for name, value in values.items() if value is not None}

    def check(self, formats: set[Format]) -> None:
        """Raise UsageError for a setting that none of the output formats has."""
        for name in self.said():
            if not any(name in row.settings for row in formats):
                takers = ", ".join(row.extensions[0] for row in FORMATS if name in row.settings)
                kinds = ", ".join(sorted(row.extensions[0] for row in formats))
                raise UsageError(f"--{name} means nothing to {kinds}: it is for {takers}")
