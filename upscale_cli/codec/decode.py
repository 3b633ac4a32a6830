"""Reading a file: first its header, then, once its size has been accepted, its pixels."""

import threading
import warnings
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from ..errors import InputError
from ..raster import Raster
from .atomic import kind_of
from .pillow import raster_of

ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)  # orientations whose width and height change places

_opening = threading.Lock()  # Pillow's limit and Python's warnings belong to the whole process


class Header(NamedTuple):
    """What a file says of itself before its pixels are decoded; the size is that of the upright picture.

    `losses` are notes on what will not be read: further frames, more than 8 bits of colour.
    """

    width: int
    height: int
    mode: str
    format: str
    losses: tuple[str, ...]


class Source:
    """An image file, opened and not yet decoded. A context manager; raises InputError for what is no image."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        self._image = _open(path)
        width, height = self._image.size
        if width * height > max_pixels:
            self._image.close()
            raise InputError(f"it has {width}x{height} pixels, more than {max_pixels}: allow them with --max-pixels")
        self._orientation = self._read_orientation()
        if self._orientation in TURNED:
            width, height = height, width
        self.header = Header(width, height, self._image.mode, self._image.format or "", self._losses())

    def _losses(self) -> tuple[str, ...]:
        """Return what will not be read of the file."""
        losses = []
        if getattr(self._image, "is_animated", False):
            losses.append("only the first frame is kept")
        if self._image.mode in ("RGB", "RGBA", "LA") and any(";16" in str(tile[3]) for tile in self._image.tile):
            losses.append("16-bit colour is read in 8 bits")
        return tuple(losses)

    def _read_orientation(self) -> int:
        """Return the orientation, 1 for upright; Pillow's TIFF reader has turned the size already."""
        if self._image.format == "TIFF":
            return 1
        try:
            # The base class's method: that of PNG decodes the pixels to find a chunk behind them.
            return Image.Image.getexif(self._image).get(ORIENTATION, 1)
        except Exception:  # damage of metadata, of whatever kind, never stops the picture
            return 1

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self._image.close()

    def reduce(self, factor: int) -> int:
        """Have the picture decoded with pixels `factor` (2 or 4) times as large, if its format can do that cheaply.

        Returns the factor that it will be, 1 where the format cannot. The last pixel may lie partly beyond the border;
        a picture that is turned, where it would become the first, is not reduced then.
        """
        image = self._image
        width, height = image.size
        whole = self._orientation == 1 or (width % factor, height % factor) == (0, 0)
        if factor > 1 and whole and image.format in ("JPEG", "MPO") and min(width, height) >= factor:
            image.draft(None, (width // factor, height // factor))
        return factor if image.size == (-(-width // factor), -(-height // factor)) else 1

    def decode(self, copying: bool) -> Raster:
        """Return the upright picture's raster and let go of the file; `copying` keeps palettes (see `raster_of`)."""
        image = self._image
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                image.load()
                if image.getexif().get(ORIENTATION, 1) != 1:
                    from PIL import ImageOps

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
    if kind_of(path) == "special":
        raise InputError("it is a device or a pipe, not a file")
    try:
        with _opening, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                return Image.open(path)
            finally:
                Image.MAX_IMAGE_PIXELS = limit
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


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text and not isinstance(error, KeyError) else type(error).__name__
