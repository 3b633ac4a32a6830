"""Reading a file: first its header, then, once its size has been accepted, its pixels."""

import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import InputError
from ..raster import Raster
from .pillow import raster_of

ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)  # orientations whose width and height change places


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself before its pixels are decoded; the size is that of the upright picture.

    `has_more` says that frames or pages follow the first.
    """

    width: int
    height: int
    mode: str
    format: str
    has_more: bool


class Source:
    """An image file, opened and not yet decoded. A context manager; raises InputError for what is no image."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        self._image = _open(path)
        width, height = self._image.size
        if width * height > max_pixels:
            self._image.close()
            raise InputError(f"it has {width}x{height} pixels, more than {max_pixels}: allow them with --max-pixels")
        if self._turned():
            width, height = height, width
        several = getattr(self._image, "is_animated", False)
        self.header = Header(width, height, self._image.mode, self._image.format or "", bool(several))

    def _turned(self) -> bool:
        """Whether width and height change places; Pillow's TIFF reader has turned them already."""
        try:
            # The base class's method: that of PNG decodes the pixels to find a chunk behind them.
            orientation = Image.Image.getexif(self._image).get(ORIENTATION)
        except Exception:  # damage of metadata, of whatever kind, never stops the picture
            return False
        return orientation in TURNED and self._image.format != "TIFF"

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self._image.close()

    def decode(self, copying: bool) -> Raster:
        """Return the upright picture's raster and let go of the file; `copying` keeps palettes (see `raster_of`)."""
        image = self._image
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                image.load()
                ImageOps.exif_transpose(image, in_place=True)
            if image.format == "PPM" and image.mode == "I":
                image = image.convert("I;16")  # what the file holds
            return raster_of(image, copying)
        except (MemoryError, InputError):
            raise
        except Exception as error:  # decoders raise whatever a damaged file leads them to
            raise InputError(f"it is damaged ({_words(error)}): get a whole copy of it") from error
        finally:
            self._image.close()


def _open(path: Path) -> Image.Image:
    """Open without Pillow's own limit on pixels, which `max_pixels` replaces."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(path)
    except UnidentifiedImageError as error:
        empty = path.is_file() and path.stat().st_size == 0
        what = "the file is empty" if empty else "it is not an image of a known format"
        raise InputError(f"{what}: check where it came from") from error
    except FileNotFoundError as error:
        raise InputError("there is no such file: check its name") from error
    except IsADirectoryError as error:
        raise InputError("it is a folder, not an image") from error
    except PermissionError as error:
        raise InputError("it may not be read: change its permissions") from error
    except MemoryError:
        raise
    except Exception as error:  # likewise
        raise InputError(f"it cannot be read ({_words(error)})") from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text and not isinstance(error, KeyError) else type(error).__name__
