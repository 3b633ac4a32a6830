"""Small valid files of every format that can be read, for tests to damage."""

import functools
import importlib.util
import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.codec.test_formats import PROFILE, picture
from upscale_cli.formats import FORMATS

SHARED = Path(__file__).parents[3] / "shared/data/formats"
LARGEST = 65_536  # bytes of a shared file that is taken
TIFFS = ("tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg", "zstd", "lzma")
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6" tiff:ImageWidth="10"/></x:xmpmeta>'


def samples() -> dict[str, bytes]:
    """Return files by name, the extension that of the format; those that need an extra only where it is installed."""
    makers = (_plain, _with_metadata, _packed, _several, _by_hand, _deep, _heif, _shared)
    return dict(sample for maker in makers for sample in maker())


def _saved(image: Image.Image, form: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def _plain() -> Iterator[tuple[str, bytes]]:
    """Yield every mode of every format that can be written."""
    for row in FORMATS:
        for mode in row.modes if not row.needs else ():
            name = f"{row.name}-{mode.replace(';', '')}.{row.extensions[0]}"
            yield name, _saved(picture(mode), row.encoder or row.name)
    yield "SPIDER.spider", _saved(picture("F"), "SPIDER")
    yield "BLP.blp", _saved(picture("P"), "BLP", blp_version="BLP2")


@functools.cache
def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x011A] = 6, "a picture", 300.0
    exif.get_ifd(0x8769)[0xA002] = 10
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes()


def _with_metadata() -> Iterator[tuple[str, bytes]]:
    more = {"exif": _exif(), "icc_profile": PROFILE, "xmp": XMP, "dpi": (300, 200), "comment": b"a comment"}
    for extension, form in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("avif", "AVIF"), ("tif", "TIFF")):
        yield f"metadata.{extension}", _saved(picture("RGB"), form, **more)
    yield "text.png", _saved(picture("P"), "PNG", transparency=3, pnginfo=_text())


def _text():
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text("Title", "a title", zip=True)
    chunks.add_itxt("Comment", "a comment", zip=True)
    chunks.add(b"gAMA", struct.pack(">I", 45455))
    chunks.add(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    return chunks


def _packed() -> Iterator[tuple[str, bytes]]:
    """Yield the other ways of packing that encoders have."""
    for way in TIFFS:
        yield f"{way}.tif", _saved(picture("RGB"), "TIFF", compression=way)
    yield "group4.tif", _saved(picture("1"), "TIFF", compression="group4")
    yield "big.tif", _saved(picture("RGBA"), "TIFF", big_tiff=True)
    yield "progressive.jpg", _saved(picture("RGB"), "JPEG", progressive=True, subsampling=0)
    yield "lossless.webp", _saved(picture("RGBA"), "WEBP", lossless=True)
    yield "clear.gif", _saved(picture("P"), "GIF", transparency=1, interlace=1)
    yield "rle.tga", _saved(picture("RGB"), "TGA", compression="tga_rle")
    yield "irreversible.j2k", _saved(picture("RGB"), "JPEG2000", irreversible=True, no_jp2=True)
    yield "plain.ppm", b"P3\n2 1 255\n1 2 3 4 5 6\n"
    yield "bits.pbm", b"P1\n3 2\n1 0 1\n0 1 0\n"
    for way in ("DXT1", "DXT3", "DXT5", "BC3", "BC5"):
        yield f"{way}.dds", _saved(picture("RGB" if way == "BC5" else "RGBA").resize((8, 8)), "DDS", pixel_format=way)
    yield "png.ico", _saved(picture("RGBA"), "ICO", sizes=[(8, 8), (4, 4)])
    yield "bmp.ico", _saved(picture("RGBA"), "ICO", bitmap_format="bmp")


def _several() -> Iterator[tuple[str, bytes]]:
    """Yield animations and pages."""
    first, *rest = (picture("RGB").rotate(90 * turn) for turn in range(3))
    more = {"save_all": True, "append_images": rest}
    for form, extension in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif")):
        yield f"animation.{extension}", _saved(first, form, duration=40, loop=2, **more)
    yield "disposal.gif", _saved(first, "GIF", duration=[40, 0, 90], disposal=[2, 3, 1], **more)
    yield "pages.tif", _saved(first, "TIFF", compression="tiff_lzw", **more)
    yield "pages.mpo", _saved(first, "MPO", **more)


def _by_hand() -> Iterator[tuple[str, bytes]]:
    """Yield formats that Pillow reads and does not write: 4 x 3 pixels."""
    row, pixels = bytes(range(0, 240, 20)), bytes(range(36))
    yield "a.ras", struct.pack(">8I", 0x59A66A95, 4, 3, 24, 36, 1, 0, 0) + pixels
    yield "a.xpm", (
        b'/* XPM */\nstatic char *a[] = {\n"4 3 2 1",\n"a c #ff0000",\n"b c #00ff00",\n'
        b'"abab",\n"baba",\n"aabb"\n};\n'
    )  # fmt: skip
    yield "a.gbr", struct.pack(">5I", 22, 1, 4, 3, 1) + b"\0\0" + pixels[:12]
    cards = ("SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    2")
    cards += ("NAXIS1  =                    4", "NAXIS2  =                    3", "END")
    yield "a.fits", "".join(card.ljust(80) for card in cards).encode().ljust(2880) + pixels[:12].ljust(2880, b"\0")
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 3, 4, 8, 3) + struct.pack(">III", 0, 0, 0)
    yield "a.psd", head + b"\0\0" + pixels
    lines = b"".join(bytes([3]) + row[:4] for _ in range(9))  # a run of four literal bytes each
    yield "rle.psd", head + struct.pack(">H", 1) + struct.pack(">9H", *[5] * 9) + lines
    icon = _saved(picture("RGBA").resize((4, 4)), "ICO", bitmap_format="bmp")
    yield "a.cur", icon[:2] + b"\2" + icon[3:]
    icon = _saved(picture("RGBA").resize((128, 128)), "PNG")
    yield "a.icns", b"icns" + struct.pack(">I4sI", 16 + len(icon), b"ic07", 8 + len(icon)) + icon
    page = _saved(picture("L"), "PCX")
    yield "a.dcx", struct.pack("<4I", 987654321, 16, 16 + len(page), 0) + page + page
    chunks = struct.pack("<IHHH", 778, 4, 1, 0) + bytes(768) + struct.pack("<IH", 18, 16) + pixels[:12]
    head = struct.pack("<IHHHHHHI", 144 + len(chunks), 0xAF12, 1, 4, 3, 8, 3, 40).ljust(128, b"\0")
    yield "a.fli", head + struct.pack("<IHH8x", 16 + len(chunks), 0xF1FA, 2) + chunks
    head = b"\x80\xe8\0\0".ljust(416, b"\0") + struct.pack("<HH4xHH", 3, 4, 14, 2)
    yield "a.pxr", head.ljust(1024, b"\0") + pixels
    head = b"BM" + struct.pack("<IHHI", 0, 0, 0, 1078) + struct.pack("<IiiHHIIiiII", 40, 4, 3, 1, 8, 1, 0, 0, 0, 0, 0)
    yield "rle.bmp", head + bytes(1024) + b"\4\7\0\0" * 2 + b"\0\3\1\2\3\0\1\1\0\0\0\1"
    yield "a.ftc", b"FTEX" + struct.pack("<8I", 1, 4, 4, 1, 1, 1, 32, 48) + bytes(48)


def _deep() -> Iterator[tuple[str, bytes]]:
    if not importlib.util.find_spec("tifffile") or not importlib.util.find_spec("imagecodecs"):
        return
    import imagecodecs
    import tifffile

    levels = np.random.default_rng(3).integers(0, 65536, (9, 10, 4), dtype=np.uint16)
    for count in (2, 3, 4):
        yield f"deep{count}.png", imagecodecs.png_encode(np.ascontiguousarray(levels[..., :count]))
    ways = {
        "u2": (levels[..., :3], {}),
        "u4": (levels.astype(np.uint32)[..., 0], {}),
        "f4": (levels[..., :3].astype(np.float32) / 65535, {"predictor": True, "compression": "deflate"}),
        "f8": (levels[..., 0] / 65535, {"compression": "lzw"}),
        "planes": (np.moveaxis(levels[..., :3], 2, 0), {"planarconfig": "separate"}),
        "tiles": (levels[..., :3].repeat(4, 0).repeat(4, 1), {"tile": (16, 16)}),
        "alpha": (levels, {"extrasamples": ["assocalpha"]}),
    }
    for name, (array, how) in ways.items():
        file = io.BytesIO()
        photometric = "rgb" if array.ndim == 3 else "minisblack"
        tifffile.imwrite(file, array, photometric=photometric, bigtiff=name == "u4", iccprofile=PROFILE, **how)
        yield f"deep-{name}.tif", file.getvalue()


def _heif() -> Iterator[tuple[str, bytes]]:
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener()
        for mode in ("L", "RGB", "RGBA"):
            yield f"HEIF-{mode}.heic", _saved(picture(mode), "HEIF", exif=_exif())


def _shared() -> Iterator[tuple[str, bytes]]:
    """Yield the small ones of the shared files, PngSuite's among them, where there are any."""
    for path in sorted(SHARED.glob("*/*.*")):
        if path.suffix != ".md" and path.stat().st_size <= LARGEST and not path.name.startswith("x"):
            yield path.name, path.read_bytes()
