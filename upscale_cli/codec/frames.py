"""Writing several frames: animations and pages, made one by one as the encoder asks for them."""

import itertools
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from ..errors import OutputError
from ..formats import Format, Settings
from ..raster import Raster
from . import deep, metadata
from .encode import fit, is_deep, parameters, save

BACKGROUND, PREVIOUS = 2, 3  # what becomes of a GIF's frame when the next one comes: it is cleared, it is undone
KEPT = 1


class _Frames(Image.Image):
    """Pictures made on demand, which Pillow sees as one image of several frames. Going back is not possible."""

    def __init__(self, frames: Iterator[tuple[Image.Image, dict]], count: int) -> None:
        super().__init__()
        self._frames, self._number = frames, -1
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
            self.encoderinfo |= kept
            self._number += 1

    def tell(self) -> int:
        """Return the number of the frame."""
        return self._number


def encode_frames(
    first: Raster, rest: Iterator[Raster], count: int, plays: int, file: BinaryIO, row: Format, settings: Settings,
    background: tuple[int, int, int],
) -> list[str]:  # fmt: skip
    """Write the first frame and the rest, `count` in all, of an animation or of pages; return notes as `encode` does.

    An animation runs `plays` times, 0 for without end. Only the encoders of GIF and PNG keep all the frames.
    """
    notes: list[str] = []
    directories: list[dict] = []
    durations: list[float] = []  # these two grow while the encoder works
    disposals: list[int] = []

    def images() -> Iterator[tuple[Image.Image, dict]]:
        for raster in itertools.chain([first], rest):
            if is_deep(raster):
                raise OutputError("its pages differ in depth: --depth 8 makes them alike")
            row.check_size(raster.width, raster.height)
            image, info, told = fit(raster, row, background)
            kept, lost = metadata.keywords(info, row)
            directories.append(kept.pop("directories", {}))
            notes.extend(note for note in told + lost if note not in notes)
            durations.append(round(info.get("duration", 0), 3 if row.name == "PNG" else None))  # the others hold ms
            disposals.append(_disposal(image, raster))
            yield image, kept if row.frames == "pages" or len(durations) == 1 else {}

    if is_deep(first) and row.name == "TIFF":
        deep.write_tiff(file, _with_metadata(itertools.chain([first], rest), row, notes, directories))
        metadata.insert(file, directories)
        return notes
    movie = _Frames(images(), count)
    more = parameters(row, settings, movie, {}) | movie.encoderinfo
    more.pop("transparency", None)  # each frame has its own
    if row.frames == "animation":
        more |= {"duration": durations}
        if row.name != "GIF":
            more |= {"loop": plays}
        elif plays != 1:
            more |= {"loop": plays and plays - 1}
    if row.name == "GIF":
        more |= {"disposal": disposals}
    if row.name == "AVIF" and plays:
        notes.append("the number of plays is not kept")
    if row.name == "PNG":  # its encoder goes through the frames twice
        movie, *rest = _alike(movie)
        more |= {"append_images": rest}
    save(movie, file, row, more | {"save_all": True})
    if any(directories):
        metadata.insert(file, directories)
    return notes


def _with_metadata(
    frames: Iterator[Raster], row: Format, notes: list[str], directories: list[dict]
) -> Iterator[tuple[Raster, dict]]:
    for raster in frames:
        if raster.space not in ("grey", "rgb"):
            raise OutputError("its pages differ in kind: take them one by one with --frame")
        kept, lost = metadata.keywords(raster.info, row)
        directories.append(kept.pop("directories"))
        notes.extend(note for note in lost if note not in notes)
        yield raster, kept


def _disposal(image: Image.Image, raster: Raster) -> int:
    """Return what becomes of a GIF's frame so that the next one, a whole picture, is seen as it is.

    What is opaque everywhere and stays is covered; what has holes might show through those of the next one.
    """
    source = raster.info.get("disposal")
    if source in (BACKGROUND, PREVIOUS) or "transparency" in image.info or (source is None and raster.alpha):
        return BACKGROUND
    return source or KEPT


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
