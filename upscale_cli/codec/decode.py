"""Reading a file: first its header, then, once its size has been accepted, the pixels of its frames."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import InputError
from ..filesystem.atomic import kind_of
from ..raster import Raster
from ..spec import Handling
from . import metadata
from .pillow import check_animated_png, check_gif, check_size, fits, load, raster_of, said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import deep

ORIENTATION, BITS, CHANNELS, PLANES = 0x0112, 0x0102, 0x0115, 0x011C  # tags
TURNED = (5, 6, 7, 8)  # orientations whose width and height change places
SEVERAL = {"pages": ("TIFF", "DCX"), "animation": ("GIF", "PNG", "WEBP", "AVIF", "FLI")}
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"8BPS", b"BM", b"\0\0\0\x0cjP")
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Header(NamedTuple):
    """What a file says of itself before its pixels are decoded; the size is that of the frame read first, upright.

    `frames` are the numbers of those that are to be read, of `kind` "animation" or "pages"; a still has one and no
    kind. `plays` is how often an animation runs, 0 for without end.
    """

    width: int
    height: int
    mode: str
    format: str
    frames: range
    kind: str
    plays: int


class Source:
    """An image file, opened and not yet decoded. A context manager; raises InputError for what is no image.

    `file` is a path, or a file's bytes. `notes` tells what is not read of it; it grows as frames are decoded.
    """

    def __init__(self, file: Path | bytes, max_pixels: int, handling: Handling | None = None) -> None:
        self.notes: list[str] = []
        self._file, self._max_pixels, self._handling = file, max_pixels, handling or Handling()
        self._image, self._tiff = _open(file, max_pixels), None
        try:
            self.header = self._read_header()
        except BaseException:
            self._image.close()
            raise

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self._image.close()
        if self._tiff:
            self._tiff.close()

    def _read_header(self) -> Header:
        image = self._image
        with _told():
            count = getattr(image, "n_frames", 1) if getattr(image, "is_animated", False) else 1
        kind = next((kind for kind, formats in SEVERAL.items() if count > 1 and image.format in formats), "")
        if count > 1 and not kind:
            self.notes.append("layers are merged" if image.format == "PSD" else "only the first image is read")
        if len(image.info.get("sizes", ())) > 1:  # of an icon
            self.notes.append("only the largest image is read")
        default = int(bool(kind and image.info.get("default_image")))
        self.notes += ["the picture for those who cannot show the animation is left out"] * default
        frames, wanted = range(default, count if kind else 1), self._handling.frame
        if wanted is not None:
            if wanted >= len(frames):
                has = f"they are 0 to {len(frames) - 1}" if kind else "0 is its only one"
                raise InputError(f"it has no frame {wanted}: {has}")
            frames = frames[wanted : wanted + 1]
        plays = image.info.get("loop")
        if image.format == "GIF":  # which counts repetitions
            plays = 1 if plays is None else plays and plays + 1
        self._several, self._number = bool(kind), -1
        self._go_to(frames[0])
        mode = image.mode
        if isinstance(image, Image.Image) and _is_deep(image) and _deep_is_installed():
            mode = f"{image.tile[0][3].partition(';')[0] if image.format == 'PNG' else mode};16"
        return Header(*self._size, mode, image.format or "", frames, kind, plays or 0)

    def _go_to(self, number: int) -> None:
        """Go to a frame, and see which size it has upright."""
        image = self._image
        if number == self._number:
            return
        if self._several:
            with _told():
                image.seek(number)
        self._number = number
        self._orientation = self._tag = _orientation(image)
        width, height = image.size
        if image.format == "TIFF" and isinstance(image, Image.Image):  # Pillow has turned the size already
            if not self._handling.orient:
                width, height = image._size = image.size[::-1] if self._tag in TURNED else image.size
                image.getexif()[ORIENTATION] = 1
            self._orientation = 1
        elif not self._handling.orient:
            self._orientation = 1
        check_size(width, height, self._max_pixels)
        self._size = (height, width) if self._orientation in TURNED else (width, height)

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

    def decode(self, number: int, copying: bool = False) -> Raster:
        """Return the upright raster of one of the header's frames; `copying` keeps palettes (see `raster_of`).

        A still is decoded once: its file is let go of, and the memory that Pillow has it in.
        """
        self._go_to(number)
        raster = self._read(number, copying)
        if not self._several:
            self._image.close()
        if self.header.kind == "animation":
            raster.info["duration"] = self._image.info.get("duration", 0)
            raster.info["disposal"] = getattr(self._image, "disposal_method", None)
            raster = _within(raster, self.header.width, self.header.height)
        profile = raster.info.get("icc_profile")
        if profile and not fits(profile, raster):
            del raster.info["icc_profile"]
            self._note("the colour profile does not fit and is not kept")
        return self._in_srgb(raster) if self._handling.profile == "srgb" else raster

    def _in_srgb(self, raster: Raster) -> Raster:
        from .cms import to_srgb

        try:
            return to_srgb(raster)
        except InputError:
            self._note("the colour profile cannot be applied and is left out")
            del raster.info["icc_profile"]
            return to_srgb(raster)

    def _read(self, number: int, copying: bool) -> Raster:
        """Return the raster of the frame that the image stands at."""
        image, chunks, late = self._image, {}, True
        with _told():
            if image.format == "PNG" and number == self.header.frames[0]:
                with stream(self._file) as file:
                    chunks, late = metadata.read_png(file)
            if image.format == "WEBP" and number == self.header.frames[0]:
                with stream(self._file) as file:
                    chunks = metadata.read_webp(file)
            samples, pixels = self._deep_samples(number), image
            if samples is None or (late and image.format == "PNG"):
                with _libtiff_silenced() if image.format == "TIFF" else contextlib.nullcontext():
                    pixels = load(image)
        if image.format == "TIFF" and not self._handling.orient:
            image.getexif()[ORIENTATION] = self._tag
        info, notes = metadata.read(image)
        for note in notes:
            self._note(note)
        info |= chunks
        if self._handling.orient and self._tag in TURNED and "dpi" in info:
            info["dpi"] = info["dpi"][::-1]
        if samples is not None:
            channels = samples.shape[2]
            return Raster(samples, "grey" if channels < 3 else "rgb", channels in (2, 4), info)
        if self._orientation in TURNS:
            clear = pixels.info.get("transparency")
            pixels = pixels.transpose(TURNS[self._orientation])
            pixels.info |= {} if clear is None else {"transparency": clear}
        return raster_of(pixels, copying, info, self._handling.palette == "keep")

    def _deep_samples(self, number: int) -> np.ndarray | None:
        """Return the samples, upright, if they are such as Pillow does not hold, and can be read all the same."""
        image = self._image
        if not isinstance(image, Image.Image):
            for note in image.notes:
                self._note(note)
            return image.samples(self._orientation)
        if _is_cut(image, self._file):
            self._note("more than 8 bits a colour are read as 8")
        if (channels := said(image, CHANNELS, 0)) > len(image.getbands()):
            self._note(f"of {channels} channels {len(image.getbands())} are read")
        if not _is_deep(image):
            return None
        from . import deep

        if deep.available() and image.format == "TIFF":
            if self._tiff is None:
                self._tiff = deep.Tiff(stream(self._file))
            self._tiff.seek(number)
            return self._tiff.samples(self._tag if self._handling.orient else 1)
        if self._reads_deep_png():
            data = self._file if isinstance(self._file, bytes) else self._file.read_bytes()
            return deep.read_png(data, self._orientation)
        if self._several and image.format == "PNG":
            self._note("16-bit colour of animations is read in 8 bits")
            return None
        if said(image, PLANES) == 2:
            raise InputError(f"its 16-bit colour stands in planes: {deep.INSTALL} reads them")
        self._note(f"16-bit colour is read in 8 bits: {deep.INSTALL} keeps all 16")
        return None

    def _reads_deep_png(self) -> bool:
        image = self._image
        return image.format == "PNG" and not self._several and _is_deep(image) and _deep_is_installed()

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _is_deep(image: Image.Image) -> bool:
    """Whether there are more bits a colour than Pillow reads."""
    deep = said(image, BITS) > 8 if image.format == "TIFF" else any(";16" in str(tile[3]) for tile in image.tile)
    return deep and image.mode in ("RGB", "RGBA", "LA")


def _is_cut(image: Image.Image, file: Path | bytes) -> bool:
    """Whether there are more bits a colour than Pillow reads, and nobody else is asked."""
    match image.format:
        case "TIFF":
            return image.mode in ("CMYK", "LAB") and said(image, BITS) > 8
        case "PPM":
            most = image.tile[0][3][-1] if image.tile else 255
            return image.mode == "RGB" and isinstance(most, int) and most > 255
        case "SGI":
            return image.mode in ("RGB", "RGBA") and "16" in str(image.tile)
        case "HEIF":
            return image.info.get("bit_depth", 8) > 8
        case "AVIF" | "JPEG2000":
            return image.mode in ("RGB", "RGBA") and _bits_in_box(file) > 8
    return False


def _bits_in_box(file: Path | bytes) -> int:
    """Return the bits a colour that a file of boxes says, 8 where it does not (ISO/IEC 23008-12 and 15444-1)."""
    with stream(file) as content:
        head = content.read(4096)
    for name, place, more in ((b"pixi", 9, 0), (b"ihdr", 14, 1)):
        at = head.find(name)
        if 0 <= at < len(head) - place:
            return (head[at + place] & 0x7F) + more
    return 8


def _within(raster: Raster, width: int, height: int) -> Raster:
    """Return what lies on an animation's canvas of a frame that reaches beyond it."""
    if raster.width <= width and raster.height <= height:
        return raster
    samples = np.ascontiguousarray(raster.samples[:height, :width])
    return Raster(samples, raster.space, raster.alpha, raster.info)


def _deep_is_installed() -> bool:
    from . import deep

    return deep.available()


def _libtiff_silenced() -> contextlib.AbstractContextManager:
    from . import deep

    return deep.silenced()


def _orientation(image: Image.Image) -> int:
    """Return the orientation, 1 for upright."""
    if exif := image.info.get("exif"):
        from .exif import orientation_of

        if (told := orientation_of(exif)) != 1:
            return told
    try:
        # Mostly the base class's method: that of PNG decodes the pixels to find a chunk behind them.
        exif = image.getexif() if image.format == "TIFF" else Image.Image.getexif(image)
        found = exif.get(ORIENTATION, 1)
    except Exception:  # damage of metadata, of whatever kind, never stops the picture
        return 1
    return found if found in TURNS else 1


def _open(file: Path | bytes, max_pixels: int) -> "Image.Image | deep.Tiff":
    """Open an image file, whichever library knows it."""
    if isinstance(file, Path) and kind_of(file) == "special":
        raise InputError("it is a device or a pipe, not a file: `upscale -` reads standard input")
    try:
        with _told("it cannot be read ({}): get a whole copy of it"):
            with stream(file) as content:
                check_gif(content, max_pixels)
            image = Image.open(_named(file))
            if image.format == "EPS":  # which Pillow would hand to Ghostscript, to be run
                raise InputError("it is PostScript, a program: have it drawn first, such as by Ghostscript")
            if image.format == "PNG" and image.is_animated:
                with stream(file) as content:
                    check_animated_png(image, content, max_pixels)
            several = image.format == "TIFF" and image.is_animated
            return _open_unknown_tiff(file, None) if several and not _knows_all_pages(image) else image
    except UnidentifiedImageError as error:
        with stream(file) as content:
            start = content.read(16)
        if start[:4] in TIFF_SIGNATURES:
            return _open_unknown_tiff(file, error)
        if start[4:8] == b"ftyp" and start[8:12] in HEIF_BRANDS:
            return _open_heif(file, error)
        what = "it is not an image of a known format" if start else "it is empty"
        what = "it is damaged, or of an unusual kind" if start.startswith(SIGNATURES) else what
        raise InputError(f"{what}: check where it came from") from error


def stream(file: Path | bytes) -> BinaryIO:
    """Return a file, or its bytes, to be read."""
    return io.BytesIO(file) if isinstance(file, bytes) else file.open("rb")


def _named(file: Path | bytes) -> Path | BinaryIO:
    return io.BytesIO(file) if isinstance(file, bytes) else file


def _knows_all_pages(image: Image.Image) -> bool:
    """Whether Pillow has a mode for every page of a TIFF."""
    with contextlib.suppress(EOFError, TypeError, ValueError, OSError, KeyError):  # damage is told when it is read
        try:
            for number in range(image.n_frames):
                image.seek(number)
        except SyntaxError:
            image.close()
            return False
        image.seek(0)
    return True


def _open_unknown_tiff(file: Path | bytes, error: Exception | None) -> "deep.Tiff":
    """Open a TIFF whose samples Pillow has no mode for, such as floats."""
    from . import deep

    if not deep.available():
        raise InputError(f"its kind of TIFF is not known: {deep.INSTALL} reads more, floats among them") from error
    with _told("it is not a TIFF of a known kind ({}): save it as another kind first"):
        return deep.Tiff(stream(file))


def _open_heif(file: Path | bytes, unknown: Exception) -> Image.Image:
    try:
        import pillow_heif
    except ImportError:
        raise InputError("HEIF is read by pillow-heif: pip install 'upscale-cli[heif]'") from unknown
    pillow_heif.register_heif_opener()
    try:
        return Image.open(_named(file))
    except (UnidentifiedImageError, ValueError, OSError, EOFError) as error:
        raise InputError("it is damaged: get a whole copy of it") from error


@contextlib.contextmanager
def _told(message: str = "it is damaged ({}): get a whole copy of it") -> Iterator[None]:
    """Make an InputError of whatever goes wrong: decoders raise what a damaged file leads them to."""
    try:
        yield
    except (MemoryError, InputError, UnidentifiedImageError):
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("there is no such file: check its name") from error
    except IsADirectoryError as error:
        raise InputError("it is a folder, not an image: name a picture in it") from error
    except PermissionError as error:
        raise InputError("it may not be read: change its permissions") from error
    except Exception as error:
        words = " ".join(str(error).split())
        words = words if words and not isinstance(error, KeyError) else type(error).__name__
        raise InputError(message.format(words)) from error
