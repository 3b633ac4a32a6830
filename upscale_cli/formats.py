"""The table of file formats that can be written: extensions, pixel modes, encoder settings. Imports nothing heavy."""

from dataclasses import dataclass
from typing import NamedTuple

from .errors import OutputError, UsageError
from .spec import SUBSAMPLINGS, check_choice, nearest_name


class Format(NamedTuple):
    """A format.

    `modes` are the Pillow modes that it holds; `settings` the encoder's own that it takes; `keeps` the entries of a
    raster's info that it can carry; `limit` the longest side in pixels; `encoder` Pillow's name for it where it is
    another; `deep` the sample types, in NumPy's codes, that it holds beside Pillow's modes, in grey and colour, with
    alpha or without; `frames` says what it holds several of: "animation", "pages" or nothing; `needs` the module
    without which it is neither read nor written; `memory` is about how many bytes a pixel its encoder takes beside the
    image.
    """

    name: str
    extensions: tuple[str, ...]
    modes: tuple[str, ...]
    settings: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    limit: int = 2**31 - 1
    encoder: str = ""
    deep: tuple[str, ...] = ()
    frames: str = ""
    needs: str = ""
    memory: int = 0

    def check_size(self, width: int, height: int) -> None:
        """Raise OutputError for a picture that is too large for the format."""
        if max(width, height) > self.limit:
            raise OutputError(f"{self.name} holds at most {self.limit} pixels a side: choose another format with -f")

    def of_several(self) -> "Format":
        """Return what the format holds of a picture that is one of several: animations have 8 bits."""
        if self.frames != "animation":
            return self
        return self._replace(deep=(), modes=tuple(mode for mode in self.modes if mode not in ("I;16", "F")))

    def holds(self, sample: str, single: bool) -> bool:
        """Whether samples of a type are held as they are; `single` says that there is one channel."""
        return sample == "u1" or sample in self.deep or (single and {"u2": "I;16", "f4": "F"}[sample] in self.modes)


WEB = ("icc_profile", "exif", "xmp")

FORMATS = (
    Format(
        "PNG",
        ("png", "apng"),
        ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        ("compression",),
        (*WEB, "dpi", "comment", "text", "colour"),
        deep=("u2",),
        frames="animation",
    ),
    Format(
        "JPEG",
        ("jpg", "jpeg", "jpe", "jfif"),
        ("L", "RGB", "CMYK"),
        ("quality", "subsampling"),
        (*WEB, "dpi", "comment", "iptc"),
        65_500,
    ),
    Format("WEBP", ("webp",), ("RGB", "RGBA"), ("quality", "lossless"), WEB, 16_383, frames="animation", memory=26),
    Format(
        "AVIF",
        ("avif", "avifs"),
        ("RGB", "RGBA"),
        ("quality", "subsampling"),
        WEB,
        32_768,
        frames="animation",
        memory=24,
    ),
    Format("HEIF", ("heic", "heif", "hif"), ("L", "RGB", "RGBA"), ("quality",), WEB, needs="pillow_heif", memory=22),
    Format(
        "TIFF",
        ("tif", "tiff"),
        ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
        (),
        (*WEB, "dpi", "iptc"),
        deep=("u2", "f4"),
        frames="pages",
    ),
    Format("GIF", ("gif",), ("1", "L", "P", "RGB", "RGBA"), (), ("comment",), 65_535, frames="animation", memory=16),
    Format("BMP", ("bmp", "dib"), ("1", "L", "P", "RGB"), (), ("dpi",)),
    Format("PPM", ("ppm", "pgm", "pbm", "pnm"), ("1", "L", "RGB", "I;16")),
    Format("PFM", ("pfm",), ("F",), encoder="PPM"),
    Format("TGA", ("tga", "icb", "vda", "vst"), ("L", "LA", "P", "RGB", "RGBA"), limit=65_535),
    Format("ICO", ("ico",), ("1", "L", "LA", "P", "RGB", "RGBA"), limit=256),
    Format("JPEG2000", ("jp2", "jpx"), ("L", "LA", "RGB", "RGBA", "I;16"), (), ("comment",), memory=34),
    Format("QOI", ("qoi",), ("RGB", "RGBA"), memory=4),
    Format("PCX", ("pcx",), ("1", "L", "P", "RGB"), limit=65_534),
    Format("SGI", ("sgi", "bw", "rgb", "rgba"), ("L", "RGB", "RGBA"), limit=65_535, memory=6),
    Format("DDS", ("dds",), ("L", "LA", "RGB", "RGBA")),
    Format("IM", ("im",), ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F")),
    Format("XBM", ("xbm",), ("1",)),
    Format("MSP", ("msp",), ("1",)),
)

BY_EXTENSION = {extension: row for row in FORMATS for extension in row.extensions}
# Extensions that are read but not written, so that a folder's images are all found.
READ_ONLY = ("blp", "cur", "dcx", "fit", "fits", "flc", "fli", "ftc", "ftu", "gbr", "icns", "j2c", "j2k", "jpc", "jpf")
READ_ONLY += ("mpo", "pcd", "psd", "pxr", "ras", "xpm")


def format_of(extension: str) -> Format:
    """Return the format that an extension (with or without its dot, any case) names; UsageError if none."""
    key = extension.lower().removeprefix(".")
    if not key:
        raise UsageError("without an extension the format is unknown: add one, or choose it with -f")
    if key not in BY_EXTENSION:
        hint = nearest_name(key, BY_EXTENSION, 0.6)
        hint = hint + " (-f png chooses another)" if hint else ": choose one with -f, as in -f png"
        raise UsageError(f".{key} names no format that can be written{hint}")
    return BY_EXTENSION[key]


@dataclass(frozen=True, slots=True)
class Settings:
    """The encoder's own settings, None where the source's or the default serves.

    `quality` is 1 to 100, `compression` 0 to 9, `subsampling` of the chroma one of SUBSAMPLINGS.
    """

    quality: int | None = None
    compression: int | None = None
    lossless: bool = False
    subsampling: str | None = None

    def __post_init__(self) -> None:
        if self.subsampling is not None:
            check_choice("subsampling", self.subsampling, SUBSAMPLINGS)
        for name, low, high in (("quality", 1, 100), ("compression", 0, 9)):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise UsageError(f"{name} {value} is outside {low} to {high}")
        if self.lossless and self.quality is not None:
            raise UsageError("lossless leaves no quality to choose: give one of the two")

    def said(self) -> dict[str, object]:
        """Return the settings that were given."""
        values = {
            "quality": self.quality,
            "compression": self.compression,
            "lossless": self.lossless or None,
            "subsampling": self.subsampling,
        }
        return {name: value for name, value in values.items() if value is not None}

    def check(self, formats: set[Format]) -> None:
        """Raise UsageError for a setting that none of the output formats has."""
        for name in self.said():
            if not any(name in row.settings for row in formats):
                takers = ", ".join(row.extensions[0] for row in FORMATS if name in row.settings)
                kinds = ", ".join(sorted(row.extensions[0] for row in formats))
                raise UsageError(f"--{name} means nothing to {kinds}: it is for {takers}")
