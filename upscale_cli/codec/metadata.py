"""What a file says beside its samples: read from Pillow's images, brought up to date, handed to encoders.

A raster's info holds, each where the file has it:

icc_profile  bytes, sound at least as far as its table of tags goes
exif         bytes, a TIFF structure without the prefix that JPEG gives it
xmp          bytes
dpi          (x, y) in dots per inch
comment      bytes
iptc         bytes, the records of resource 0x0404
text         PNG's chunks of text as (name, data), as they stand in the file
colour       PNG's chunks gAMA, cHRM, sRGB, cICP, likewise
srgb         True if the profile is that of sRGB, which goes without saying
jpeg         (quantisation tables, chroma subsampling as Pillow counts it, components)
lossless     True for a WebP of which no frame has lost anything
"""

import contextlib
import io
import re
import struct
from typing import BinaryIO

from PIL import Image

from ..formats import Format
from ..spec import Handling
from . import png

# what notes call it, and whether --strip drops it
NAMES = {
    "icc_profile": "the colour profile is",
    "exif": "EXIF is",
    "xmp": "XMP is",
    "iptc": "IPTC is",
    "dpi": "the resolution is",
    "comment": "the comment is",
    "text": "text is",
}
STRIPPED = ("exif", "xmp", "iptc", "dpi", "comment", "text")
PREFIX = b"Exif\0\0"
ORIENTATION, DESCRIPTION, SHAPE = 0x0112, 0x010E, '{"shape": ['  # what tifffile writes for itself, and would believe
RAW_EXIF = (b"Raw profile type exif\0", b"Raw profile type APP1\0")
IPTC_RESOURCE, IPTC_TAG, XMP_TAG, ICC_TAG, RESOLUTION_TAG = 0x0404, 33723, 700, 34675, 282
BYTE, LONG, UNDEFINED = 1, 4, 7  # kinds of TIFF's tags
DIRECTORIES = {0x8769: 0x8768, 0x8825: 0x8824}  # of EXIF and GPS, and the tags that hold their places
# TIFF's tags that tell how the samples are laid out, or that stand elsewhere in a raster's info
LAYOUT = {
    *range(254, 260), 262, 263, 264, 265, 266, 273, *range(277, 285), 288, 289, 290, 291, 292, 293, 296, 297, 301, 317,
    318, 319, 320, 321, *range(322, 326), 330, 332, 334, 336, 338, 339, 340, 341, 342, 347, *range(512, 522),
    *range(529, 533), XMP_TAG, IPTC_TAG, 34377, ICC_TAG,
}  # fmt: skip
MARKER = 65_533  # bytes that a JPEG's marker holds
RESOURCES = b"Photoshop 3.0\x008BIM"
LIMITS = {"exif": MARKER - len(PREFIX), "xmp": MARKER - 29, "comment": MARKER, "iptc": MARKER - len(RESOURCES) - 9}
DIMENSIONS = (
    (rb"tiff:ImageWidth", 0),
    (rb"tiff:ImageLength", 1),
    (rb"exif:PixelXDimension", 0),
    (rb"exif:PixelYDimension", 1),
)


def read(image: Image.Image) -> tuple[dict, list[str]]:
    """Return the info of a decoded image, and notes on what of it is damaged and left out."""
    info, notes = {}, []
    if tags := getattr(image, "tag_v2", None):  # Pillow leaves what pages before have said
        for key, tag in (("icc_profile", ICC_TAG), ("dpi", RESOLUTION_TAG)):
            if tag not in tags:
                image.info.pop(key, None)
    if profile := image.info.get("icc_profile"):
        from ..color.profile import is_sound

        if is_sound(profile):
            info["icc_profile"] = profile
    if "icc_profile" in image.info and "icc_profile" not in info:  # Pillow leaves None of what it cannot unpack
        notes.append("the colour profile is damaged and is left out")
    with contextlib.suppress(Exception):  # damage of metadata, of whatever kind, never stops the picture
        info["exif"] = _exif(image)
    xmp, comment = image.info.get("xmp"), image.info.get("comment", image.info.get("Comment"))
    info["xmp"] = xmp.encode() if isinstance(xmp, str) else xmp
    info["comment"] = comment.encode() if isinstance(comment, str) else comment
    info["dpi"] = _dpi(image)
    resources = image.info.get("photoshop")
    info["iptc"] = resources.get(IPTC_RESOURCE) if isinstance(resources, dict) else (tags or {}).get(IPTC_TAG)
    if image.format in ("JPEG", "MPO"):
        from PIL import JpegImagePlugin

        sampling = JpegImagePlugin.get_sampling(image)
        if sampling < 0 and len(image.layer) == 3:  # 4:1:1 and 4:4:0 have no name there: the next that keeps all of it
            sampling = 1 if image.layer[0][1:3] == (4, 1) else 0
        info["jpeg"] = (image.quantization, sampling, len(image.getbands()))
    return {key: value for key, value in info.items() if value}, notes


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    """Return the resolution if it is one: some files have zeros or nonsense there."""
    try:
        x, y = (float(side) for side in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if 0 < x < 1e6 and 0 < y < 1e6 else None


def _exif(image: Image.Image) -> bytes | None:
    """Return the EXIF as it stands in the file; for a TIFF what its directory says beside the layout of samples."""
    if exif := image.info.get("exif"):
        return exif.removeprefix(PREFIX)
    if "Raw profile type exif" in image.info:  # what ImageMagick wrote before PNG had a chunk for it
        return bytes.fromhex("".join(image.info["Raw profile type exif"].split("\n")[3:])).removeprefix(PREFIX)
    if image.format != "TIFF":
        return None
    found, kept = image.getexif(), Image.Exif()
    for tag, value in found.items():
        if tag not in LAYOUT and not (tag == DESCRIPTION and str(value).startswith(SHAPE)):
            kept[tag] = found.get_ifd(tag) if tag in DIRECTORIES else _as_stored(value)
    return kept.tobytes().removeprefix(PREFIX) if len(kept) else None


def _as_stored(value: object) -> object:
    """Return text beyond ASCII as the bytes that it was read from, which Pillow would write as question marks."""
    return value.encode("latin-1", "replace") if isinstance(value, str) and not value.isascii() else value


def read_png(file: BinaryIO) -> tuple[dict, bool]:
    """Return the info of a PNG file's chunks of text and colour, and whether any metadata stands behind the pixels."""
    chunks, late = png.ancillary(file)
    text = [(name, data) for name, data in chunks if name in png.TEXT]
    text = [(name, data) for name, data in text if not data.startswith(RAW_EXIF)]
    text = [(name, data) for name, data in text if name != b"iTXt" or not data.startswith(b"XML:com.adobe.xmp\0")]
    colour = [(name, data) for name, data in chunks if name in png.COLOUR]
    return {key: tuple(value) for key, value in (("text", text), ("colour", colour)) if value}, late


def read_webp(file: BinaryIO) -> dict:
    """Return the info of a WebP file's own: whether all its frames are compressed without loss."""
    found, at = False, 12
    while len(head := file.read(8) if file.seek(at) else b"") == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"VP8 ":
            return {}
        found = found or name == b"VP8L"
        at += 8 + (16 if name == b"ANMF" else size + size % 2)  # a frame's chunks stand within it
    return {"lossless": True} if found else {}


def update(info: dict, handling: Handling, size: tuple[int, int], scale: tuple[float, float]) -> dict:
    """Return the info of a picture that has been resized to a size by factors, as handling wants it."""
    info = {key: value for key, value in info.items() if not (handling.strip and key in STRIPPED)}
    changed = None
    if isinstance(handling.dpi, float | int):
        changed = (handling.dpi, handling.dpi)
    elif handling.dpi == "scale" and "dpi" in info:
        changed = tuple(dots * factor for dots, factor in zip(info["dpi"], scale, strict=True))
    if changed:
        info["dpi"] = changed
    if "exif" in info:
        from .exif import renewed

        info["exif"] = renewed(info["exif"], *size, 1 if handling.orient else None, changed)
    if "xmp" in info:
        xmp = info["xmp"]
        if handling.orient:
            xmp = re.sub(rb'(tiff:Orientation(?:="|>))[0-9]', rb"\g<1>1", xmp)
        for name, axis in DIMENSIONS:
            xmp = re.sub(rb'(%s(?:="|>))[0-9]+' % name, rb"\g<1>%d" % size[axis], xmp)
        info["xmp"] = xmp
    return info


def keywords(info: dict, row: Format) -> tuple[dict, list[str]]:
    """Return what Pillow's encoder of a format is to be given of the info, and notes on what it does not take."""
    kept = {key: info[key] for key in row.keeps if key in info}
    if row.name == "JPEG":
        for key, most in LIMITS.items():
            if len(kept.get(key, b"")) > most:
                del kept[key]
    lost = [key for key in NAMES if key in info and key not in kept]
    if "icc_profile" in lost and "srgb" in info:
        lost.remove("icc_profile")
    if "dpi" in lost and "exif" in kept:
        from .exif import has_resolution

        lost = [key for key in lost if key != "dpi" or not has_resolution(kept["exif"])]
    return _WRITERS.get(row.name, dict)(kept), [f"{NAMES[key]} not kept" for key in lost]


def tags_of(exif: bytes) -> Image.Exif:
    """Return the tags of an EXIF, those that can be read of a damaged one."""
    tags = Image.Exif()
    with contextlib.suppress(Exception):
        tags.load(PREFIX + exif)
    return tags


def _for_png(kept: dict) -> dict:
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for name, data in (*kept.pop("colour", ()), *kept.pop("text", ())):
        chunks.add(name, data)
    if "xmp" in kept:
        chunks.add_itxt("XML:com.adobe.xmp", kept.pop("xmp").decode(errors="replace"))
    comment = kept.pop("comment", b"")
    if comment and not any(data.startswith(b"Comment\0") for _, data, *_ in chunks.chunks):
        chunks.add_text("Comment", comment.decode("latin-1"))
    return kept | {"pnginfo": chunks}


def _for_jpeg(kept: dict) -> dict:
    if "exif" in kept:
        kept["exif"] = PREFIX + kept["exif"]
    if "iptc" in kept:
        records = kept.pop("iptc")
        data = RESOURCES + struct.pack(">HHI", IPTC_RESOURCE, 0, len(records)) + records + b"\0" * (len(records) % 2)
        kept["extra"] = b"\xff\xed" + struct.pack(">H", len(data) + 2) + data
    return kept


def _for_tiff(kept: dict) -> dict:
    """Return the tags for a page, and apart from them the directories that `insert` is to put there."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    exif, tags, directories = tags_of(kept.pop("exif", b"")), ImageFileDirectory_v2(), {}
    for tag, value in exif.items():
        if tag in DIRECTORIES:
            directories[tag] = exif.get_ifd(tag)
            tags.tagtype[DIRECTORIES[tag]], tags[DIRECTORIES[tag]] = LONG, 0
        elif tag not in LAYOUT and (tag != ORIENTATION or value in range(1, 9)):  # libtiff refuses any other
            tags[tag] = _as_stored(value)
    for key, tag, kind in (("xmp", XMP_TAG, BYTE), ("iptc", IPTC_TAG, UNDEFINED)):
        if key in kept:
            tags.tagtype[tag], tags[tag] = kind, kept.pop(key)
    return kept | {"tiffinfo": tags, "directories": directories}


def insert(file: BinaryIO, pages: list[dict[int, dict]]) -> None:
    """Write directories, such as EXIF's, behind the pages of a TIFF file, which have held places for them.

    Pillow does not write them into compressed files, nor tifffile into any.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file.seek(0)
    head = file.read(8)
    order = "<" if head.startswith(b"II") else ">"
    magic, at = struct.unpack(order + "HI", head[2:])
    for directories in pages if magic == 42 else ():
        file.seek(at)
        (count,) = struct.unpack(order + "H", file.read(2))
        entries = file.read(12 * count)
        (following,) = struct.unpack(order + "I", file.read(4))
        tags = [tag for tag, _ in struct.iter_unpack(order + "H10s", entries)]
        for tag, values in directories.items():
            directory = ImageFileDirectory_v2(head, group=tag)
            directory.update(values)
            start = file.seek(0, io.SEEK_END)
            start += file.write(b"\0" * (start % 2))
            file.write(directory.tobytes(start))
            file.seek(at + 2 + 12 * tags.index(DIRECTORIES[tag]))
            file.write(struct.pack(order + "HHII", tag, LONG, 1, start))
        at = following


_WRITERS = {"PNG": _for_png, "JPEG": _for_jpeg, "TIFF": _for_tiff}
