"""Writing several frames: animations and pages, made one by one as the encoder asks for them."""

import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from PIL import Image

from ..errors import OutputError
from ..formats import Format, Settings
from ..raster import Raster
from . import deep, metadata
from .encode import fit, is_deep, parameters, save

KEPT, BACKGROUND, PREVIOUS = 1, 2, 3  # what becomes of a GIF's frame when the next comes: it is cleared, it is undone
COLOURS = 256  # of a GIF's frame
MOST = 65_535  # of plays, but for PNG; of hundredths of a second before a GIF's next frame
FLAGS, ALPHA = 20, 0x10  # where a WebP says what it has


class _Frames(Image.Image):
    """Pictures made on demand, which Pillow sees as one image of several frames. Going back is not possible."""

    def __init__(self, frames: Iterator[tuple[Image.Image, dict]], count: int) -> None:
        super().__init__()
        self._frames, self._number, self._kept = frames, -1, {}
        self.n_frames, self.is_animated = count, count > 1
        self.encoderinfo: dict = {}
        self.seek(0)

    def seek(self, number: int) -> None:
        """Go forward to a frame; its metadata is what the encoder is told from then on."""
        if number >= self.n_frames:
            raise EOFError
        while self._number < number:
            frame, kept = next(self._frames)
            self.im, self._mode, self._size = frame.im, frame.mode, frame.size
            self.palette, self.info = frame.palette, frame.info
            for key in self._kept:  # of the page before
                self.encoderinfo.pop(key, None)
            self.encoderinfo |= kept
            self._kept = kept
            self._number += 1

    def tell(self) -> int:
        """Return the number of the frame."""
        return self._number


@dataclass(slots=True)
class _Seen:
    """What has been seen of the frames that have been written; it grows while the encoder works."""

    notes: list[str] = field(default_factory=list)
    directories: list[dict] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)  # in milliseconds
    disposals: list[int | None] = field(default_factory=list)
    holes: bool = False

    def add_notes(self, notes: list[str]) -> None:
        self.notes += [note for note in notes if note not in self.notes]


def encode_frames(
    first: Raster, rest: Iterator[Raster], count: int, plays: int, file: BinaryIO, row: Format, settings: Settings,
    background: tuple[int, int, int],
) -> list[str]:  # fmt: skip
    """Write the first frame and the rest, `count` in all, of an animation or of pages; return notes as `encode` does.

    An animation runs `plays` times, 0 for without end. Only PNG's encoder keeps all the frames.
    """
    seen, rasters = _Seen(), itertools.chain([first], rest)
    if row.name == "TIFF" and (is_deep(first) or _may_be_followed_by_deep(first)):
        deep.write_tiff(file, _with_metadata(rasters, row, seen))
    elif row.name == "GIF":
        _write_gif(file, _images(rasters, first, row, background, seen), seen, plays, first.alpha)
    else:
        movie = _Frames(_images(rasters, first, row, background, seen), count)
        more = parameters(row, settings, movie, first.info) | movie.encoderinfo | {"save_all": True}
        more.pop("transparency", None)  # each frame has its own
        if row.frames == "animation":
            more |= {"duration": seen.durations, "loop": plays if row.name == "PNG" else min(plays, MOST)}
        if row.name == "AVIF" and plays:
            seen.notes.append("the number of plays is not kept")
        if row.name == "PNG":  # its encoder goes through the frames twice
            movie, *others = _alike(movie)
            more |= {"append_images": others}
        if row.name == "WEBP":
            _write_webp(file, movie, row, more, seen)
        else:
            save(movie, file, row, more)
    if any(seen.directories):
        metadata.insert(file, seen.directories)
    return seen.notes


def _images(
    rasters: Iterable[Raster], first: Raster, row: Format, background: tuple[int, int, int], seen: _Seen
) -> Iterator[tuple[Image.Image, dict]]:
    """Yield each raster as an image that the format holds, with what its encoder is to be given of the metadata."""
    for number, raster in enumerate(rasters):
        if raster.samples.dtype != np.uint8 and row.frames == "animation":
            raise OutputError(f"{row.name} animations are written with 8 bits: add --depth 8")
        if is_deep(raster):
            raise OutputError("its pages differ in depth: --depth 8 makes them alike")
        if row.frames == "animation" and (raster.width, raster.height) != (first.width, first.height):
            raise OutputError("its frames differ in size: take them one by one with --frame")
        row.check_size(raster.width, raster.height)
        image, info, told = fit(raster, row, background)
        kept, lost = metadata.keywords(info, row)
        seen.directories.append(kept.pop("directories", {}))
        seen.add_notes(told + lost)
        duration = info.get("duration", 0)
        seen.durations.append(round(duration) if row.name in ("WEBP", "AVIF") else duration)  # which hold milliseconds
        seen.disposals.append(info.get("disposal"))
        seen.holes = seen.holes or not raster.opaque
        yield image, kept if row.frames == "pages" or number == 0 else {}


def _write_webp(file: BinaryIO, movie: _Frames, row: Format, more: dict, seen: _Seen) -> None:
    target = io.BytesIO()
    save(movie, target, row, more)
    content = target.getbuffer()
    if seen.holes and content[12:16] == b"VP8X":
        content[FLAGS] |= ALPHA  # libwebp forgets it where no frame but disposal makes the holes
    file.write(content)


def _may_be_followed_by_deep(first: Raster) -> bool:
    """Whether a first page that Pillow could write has, in all likelihood, others behind it that it could not."""
    return first.samples.dtype == np.uint16 and first.space == "grey" and deep.available()


def _with_metadata(rasters: Iterable[Raster], row: Format, seen: _Seen) -> Iterator[tuple[Raster, dict]]:
    for raster in rasters:
        if raster.space not in ("grey", "rgb"):
            raise OutputError("its pages differ in kind: take them one by one with --frame")
        kept, lost = metadata.keywords(raster.info, row)
        seen.directories.append(kept.pop("directories"))
        seen.add_notes(lost)
        yield raster, kept


def _write_gif(
    file: BinaryIO, images: Iterator[tuple[Image.Image, dict]], seen: _Seen, plays: int, alpha: bool
) -> None:
    """Write an animation, of which two frames are in memory; of each only what changes is stored.

    Pillow's own writer takes a clear pixel for an opaque one of its colour, clears too little for the next frame's
    holes, and fails where all frames are equal.
    """
    from PIL import GifImagePlugin

    image, kept = next(images)
    image, clear = _with_clear_index(image, alpha, alpha)
    now = _shown(image, clear)
    canvas = np.zeros_like(now)
    for number in itertools.count():
        following = next(images, None)
        following = following and _with_clear_index(following[0], True, alpha)
        then = following and _shown(*following)
        disposal = _disposal(seen.disposals[number], canvas, now, then)
        drawn = now != canvas
        touched = drawn | ((now != 0) & (then == 0)) if disposal == BACKGROUND and following else drawn
        whole = (0, 0, *image.size)  # some readers take the first frame's size for the animation's
        box = whole if number == 0 else Image.fromarray(touched).getbbox() or (0, 0, 1, 1)
        within = slice(box[1], box[3]), slice(box[0], box[2])
        samples = np.array(image)[within]
        more = {"disposal": disposal, "include_color_table": number > 0}
        if clear is not None:
            samples[~drawn[within]] = clear
            more |= {"transparency": clear}
        part = Image.frombytes("P", samples.shape[::-1], samples.tobytes())
        part.putpalette(image.getpalette())
        if number == 0:
            image.info["version"] = b"89a"
            loop = {} if plays == 1 else {"loop": plays and min(plays - 1, MOST)}
            file.writelines(GifImagePlugin.getheader(image, None, kept | loop)[0])
        file.writelines(GifImagePlugin.getdata(part, box[:2], duration=10 * _delay(number, seen), **more))
        if not following:
            break
        if disposal == BACKGROUND:
            now[within] = 0
        canvas = canvas if disposal == PREVIOUS else now
        (image, clear), now = following, then
    file.write(b";")


def _delay(number: int, seen: _Seen) -> int:
    """Return the delay of a GIF's frame in hundredths of a second, so that those of all add up to what they should."""
    duration, before = seen.durations[number], sum(seen.durations[:number])
    if round(duration, 3) % 10:
        seen.add_notes(["delays are rounded to hundredths of a second"])
    delay = max(round((before + duration) / 10) - round(before / 10), int(duration > 0))
    if delay > MOST:
        raise OutputError(f"GIF holds delays of at most {MOST / 100:g} s: choose another format with -f")
    return delay


def _with_clear_index(image: Image.Image, wanted: bool, needed: bool) -> tuple[Image.Image, int | None]:
    """Return a GIF's frame and, if it is wanted and possible, an index of its palette for clear pixels.

    Where that is needed, and all indices are taken, one colour is given up for it.
    """
    if image.mode != "P":  # a palette of all greys would leave no room
        image = image.convert("L")
        image = image.remap_palette([level for level, count in enumerate(image.histogram()) if count])
    clear = image.info.pop("transparency", None)
    if clear is not None or not wanted:
        return image, clear
    colours = image.getpalette()
    if len(colours) < 3 * COLOURS:
        image.putpalette([*colours, 0, 0, 0])
        return image, len(colours) // 3
    return _without_rarest_colour(image) if needed else (image, None)


def _without_rarest_colour(image: Image.Image) -> tuple[Image.Image, int]:
    """Return a palette's image in which another colour stands for the one that fewest pixels have, and its index."""
    rarest = int(np.argmin(image.histogram()))
    colours = np.array(image.getpalette()).reshape(-1, 3)
    distances = ((colours - colours[rarest]) ** 2).sum(1)
    distances[rarest] = distances.max() + 1
    return image.point([*range(rarest), int(distances.argmin()), *range(rarest + 1, COLOURS)]), rarest


def _shown(image: Image.Image, clear: int | None) -> np.ndarray:
    """Return what is seen of a GIF's frame, H x W uint32: a number for each colour, 0 for clear."""
    pixels = np.array(image.convert("RGBA")).view(np.uint32)[..., 0]
    pixels[np.asarray(image) == (-1 if clear is None else clear)] = 0
    return pixels


def _disposal(asked: int | None, canvas: np.ndarray, now: np.ndarray, then: np.ndarray | None) -> int:
    """Return what is to become of a GIF's frame: what was asked, if nothing shows through the next one's holes then."""
    left = {None: now, 0: now, KEPT: now, PREVIOUS: canvas}
    if then is None or asked == BACKGROUND:
        return asked or KEPT
    for disposal in (asked, KEPT):
        if disposal in left and not left[disposal][then == 0].any():
            return disposal or KEPT
    return BACKGROUND


def _alike(movie: _Frames) -> list[Image.Image]:
    """Return all frames in one mode."""
    images = []
    for number in range(movie.n_frames):
        movie.seek(number)
        image = movie.copy()
        if image.mode == "P":
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        image.info = {}
        images.append(image)
    modes = {image.mode for image in images}
    mode = next((mode for mode in ("RGBA", "LA", "RGB", "L", "1") if mode in modes), "RGBA")
    mode = "RGBA" if mode == "LA" and "RGB" in modes else mode
    return [image if image.mode == mode else image.convert(mode) for image in images]
