"""EXIF in place: what must change does, all else stays byte for byte, and no bytes make it raise."""

import random
import struct
import time
import warnings

import pytest
from PIL import Image

from upscale_cli.codec import exif as module
from upscale_cli.codec.exif import PREFIX, has_resolution, orientation_of, renewed

ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SLONG = 2, 3, 4, 5, 7, 9
CODES = {SHORT: "H", LONG: "I", SLONG: "i", RATIONAL: "I"}
PICTURE = b"\xff\xd8" + b"secret" * 20 + b"\xff\xd9"
FILLER = b"\xee"  # what no directory speaks of
BOTH = pytest.mark.parametrize("order", ["<", ">"])


def directory(order, at, entries, following=0):
    """Return a directory for a place, with its values behind it."""
    table, values = struct.pack(order + "H", len(entries)), b""
    for tag, kind, value in entries:
        data = value
        if not isinstance(value, bytes):
            numbers = value if isinstance(value, tuple) else (value,)
            data = struct.pack(f"{order}{len(numbers)}{CODES[kind]}", *numbers)
        count = len(data) // {SHORT: 2, LONG: 4, SLONG: 4, RATIONAL: 8}.get(kind, 1)
        if len(data) > 4:
            data, values = struct.pack(order + "I", at + 6 + 12 * len(entries) + len(values)), values + data
        table += struct.pack(order + "HHI", tag, kind, count) + data.ljust(4, b"\0")
    return table + struct.pack(order + "I", following) + values


def laid(order, size, parts):
    """Return a structure of some size, with parts at their places and filler between them."""
    data = bytearray(FILLER * size)
    for at, part in {0: {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8), **parts}.items():
        assert set(data[at : at + len(part)]) <= {*FILLER}
        data[at : at + len(part)] = part
    return bytes(data)


def made(order, exif=300, thumbnail=700, picture=762, size=None, pointers=(0x0201, 0x0202), side=SHORT):
    """Return EXIF as a camera writes it, with a thumbnail at the end unless it is placed elsewhere."""
    gps, interoperability = exif + 200, exif + 260
    note = b"MAKER\0" + struct.pack(order + "HI", 1, exif + 150) + bytes(range(80))
    main = [
        *((0x0100, side, 640), (0x0101, side, 480), (0x010F, ASCII, b"A maker of cameras\0"), (0x0112, SHORT, 6)),
        *((0x011A, RATIONAL, (300, 1)), (0x011B, RATIONAL, (300, 1)), (0x0128, SHORT, 3)),
        *((0x8769, LONG, exif), (0x8825, LONG, gps), (0xC4A5, UNDEFINED, b"PrintIM")),
    ]
    detail = [
        *((0x9003, ASCII, b"2001:02:03 04:05:06\0"), (0x927C, UNDEFINED, note), (0xA002, side, 640)),
        *((0xA003, side, 480), (0xA005, LONG, interoperability)),
    ]
    parts = {
        8: directory(order, 8, main, thumbnail),
        exif: directory(order, exif, detail),
        interoperability: directory(order, interoperability, [(1, ASCII, b"R98, or not\0")]),
        gps: directory(order, gps, [(1, ASCII, b"N\0"), (2, RATIONAL, (52, 1, 31, 1, 12, 1))]),
        picture: PICTURE,
    }
    second = [(0x0103, SHORT, 6), (0x011A, RATIONAL, (72, 1)), (pointers[0], LONG, picture)]
    parts[thumbnail] = directory(order, thumbnail, [*second, (pointers[1], LONG, len(PICTURE))])
    return laid(order, size or max(at + len(part) for at, part in parts.items()), parts)


def seen(exif):
    """Return what Pillow reads of it, by directory and tag, and where it sees a second directory."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Image.Exif()
        found.load(exif)
        inner = {tag: dict(found.get_ifd(tag)) for tag in (0x8769, 0x8825, 0xA005)}
        return dict(found), inner, dict(found.get_ifd(1))


def entry(order, tag, kind):
    return struct.pack(order + "HHI", tag, kind, 1)


def set_to(order, exif, changes):
    """Return EXIF with the first value of some (tag, kind) replaced by a (tag, kind, value) that takes four bytes."""
    for (tag, kind), (new, value) in changes.items():
        at = exif.index(entry(order, tag, kind))
        data = struct.pack(order + CODES[new], value).ljust(4, b"\0")
        exif = exif[:at] + entry(order, tag, new) + data + exif[at + 12 :]
    return exif


def sized(order, exif, width, height, kind=SHORT, before=SHORT):
    return set_to(order, exif, {(t, before): (kind, width) for t in (0x0100, 0xA002)} | {
        (t, before): (kind, height) for t in (0x0101, 0xA003)
    })  # fmt: skip


@BOTH
@pytest.mark.parametrize("prefix", [b"", PREFIX])
def test_only_what_must_change_does(order, prefix):
    before = made(order)
    after = renewed(prefix + before, 1234, 567)
    wanted = set_to(order, sized(order, before, 1234, 567), {(0x0112, SHORT): (SHORT, 1)})
    at = wanted.index(struct.pack(order + "I", 700))
    wanted = wanted[:at] + bytes(4) + wanted[at + 4 :]
    assert after == prefix + wanted[:700]  # the filler before the thumbnail stays
    main, inner, second = seen(after)
    assert (main[0x0100], main[0x0101], main[0x0112], main[0x011A]) == (1234, 567, 1, 300)
    assert (inner[0x8769][0xA002], inner[0x8769][0xA003], second) == (1234, 567, {})
    assert inner[0x8825] == seen(before)[1][0x8825]
    assert inner[0x8769][0x927C] == seen(before)[1][0x8769][0x927C]


@BOTH
def test_again_changes_nothing(order):
    once = renewed(made(order), 1234, 567, dpi=(72, 72))
    assert renewed(once, 1234, 567, dpi=(72, 72)) == once


@BOTH
@pytest.mark.parametrize(("side", "width", "kind"), [(SHORT, 70000, LONG), (LONG, 70, LONG), (SLONG, 7, SLONG)])
def test_kinds_of_numbers(order, side, width, kind):
    before = made(order) if side == SHORT else sized(order, made(order), 100, 100, side)
    wanted = sized(order, before, width, 3, kind, side)
    wanted = set_to(order, wanted, {(0x0101, kind): (side, 3), (0xA003, kind): (side, 3)})
    after = renewed(before, width, 3, None)
    assert after[12:] == wanted[12:700].replace(struct.pack(order + "I", 700), bytes(4))
    assert seen(after)[0][0x0100] == seen(after)[1][0x8769][0xA002] == width
    assert renewed(before, 2**32, 3, None) == renewed(before, 100 if side != SHORT else 640, 3, None)


@BOTH
def test_orientation(order):
    for value in range(-1, 10):
        exif = set_to(order, made(order), {(0x0112, SHORT): (SHORT, value % 2**16)})
        assert orientation_of(exif) == orientation_of(PREFIX + exif) == (value if 1 <= value <= 8 else 1)
        assert orientation_of(renewed(exif, 1, 1, None)) == orientation_of(exif)
        assert orientation_of(renewed(exif, 1, 1)) == 1
        assert orientation_of(renewed(exif, 1, 1, 5)) == 5
    for kind in (LONG, SLONG):
        exif = set_to(order, made(order), {(0x0112, SHORT): (kind, 6)})
        assert orientation_of(exif) == seen(exif)[0][0x0112] == 6
        assert seen(renewed(exif, 1, 1))[0][0x0112] == 1
    for absent in (b"", PREFIX, laid(order, 30, {8: directory(order, 8, [(0x010F, ASCII, b"abc")])})):
        assert orientation_of(absent) == 1
        assert renewed(absent, 1, 1) == absent


@BOTH
def test_odd_orientations(order):
    pair = laid(order, 30, {8: directory(order, 8, [(0x0112, SHORT, (6, 6))])})
    assert orientation_of(pair) == 1
    assert renewed(pair, 1, 1) == pair
    twice = laid(order, 40, {8: directory(order, 8, [(0x0112, SHORT, 6), (0x0112, SHORT, 3)])})
    assert orientation_of(twice) == seen(twice)[0][0x0112] == 6
    ones = [(0x0112, SHORT, 1)] * 2
    assert renewed(twice, 1, 1) == laid(order, 40, {8: directory(order, 8, ones)})


@BOTH
def test_resolution(order):
    before = made(order)
    assert has_resolution(before)
    main = seen(renewed(before, 1, 1, dpi=(96, 37.25)))[0]
    assert (main[0x011A], main[0x011B], main[0x0128]) == (96, 37.25, 2)
    main = seen(renewed(before, 1, 1, dpi=(1e12, 1e-9)))[0]
    assert (main[0x011A], main[0x011B]) == (2**32 - 1, 0)
    assert seen(renewed(before, 1, 1))[0][0x0128] == 3


@BOTH
def test_resolution_that_cannot_be_set(order):
    note = (0x010F, ASCII, b"eighteen characters")
    exif = laid(order, 100, {8: directory(order, 8, [note, (0x011A, RATIONAL, (300, 1)), (0x0128, SHORT, 3)])})
    assert has_resolution(exif)
    at, shared = exif.index(struct.pack(order + "II", 300, 1)), exif.index(note[2])
    for place in (0, 12, shared, 93, 2**32 - 1):
        odd = exif.replace(struct.pack(order + "I", at), struct.pack(order + "I", place))
        assert renewed(odd, 1, 1, dpi=(72, 72)) == odd
        assert has_resolution(odd) == (place < 93)
    for gone in (0x011A, 0x011B):  # the one that is there is set, and the other is not added
        exif = laid(order, 100, {8: directory(order, 8, [(0x011A + 0x011B - gone, RATIONAL, (300, 1))])})
        assert {*seen(renewed(exif, 1, 1, dpi=(72, 72)))[0].values()} == {72}
    for tag, kind, value in ((0x0128, SHORT, 2), (0x011A, SHORT, 300), (0x011A, RATIONAL, (3, 1, 3, 1))):
        exif = laid(order, 60, {8: directory(order, 8, [(tag, kind, value)])})
        assert not has_resolution(exif)
        assert renewed(exif, 1, 1, dpi=(72, 72)) == exif


@BOTH
@pytest.mark.parametrize("pointers", [(0x0201, 0x0202), (0x0111, 0x0117)])
def test_thumbnails_in_the_middle_are_blanked(order, pointers):
    before = made(order, exif=700, thumbnail=220, picture=400, pointers=pointers)
    after = renewed(before, 640, 480, 6)
    assert len(after) == len(before)
    assert b"secret" not in after
    assert after[400 : 400 + len(PICTURE)] == bytes(len(PICTURE))
    assert after[400 + len(PICTURE) :] == before[400 + len(PICTURE) :]
    assert seen(after) == (*seen(before)[:2], {})


@BOTH
@pytest.mark.parametrize(
    ("places", "end"),
    [
        ({"thumbnail": 700, "picture": 762}, 700),  # they leave the filler between GPS and them
        ({"thumbnail": 900, "picture": 700}, 900),
        ({"thumbnail": 220, "picture": 700}, 700),
        ({"thumbnail": 700, "picture": 220, "exif": 350}, 700),
        ({"thumbnail": 720, "picture": 790, "size": 1000}, 1000),  # something unknown ends the data
    ],
)
def test_what_ends_the_data_is_cut_off(order, places, end):
    before = made(order, **places)
    after = renewed(before, 640, 480, 6)
    assert len(after) == end
    assert b"secret" not in after
    assert seen(after) == (*seen(before)[:2], {})


@BOTH
def test_padding_goes_with_the_thumbnail(order):
    second = directory(order, 700, [(0x0201, LONG, 730), (0x0202, LONG, 20)])
    assert len(second) == 30
    for tail, cut in ((b"", True), (b"\0", True), (bytes(3), True), (bytes(4), False), (b"\0x", False)):
        exif = laid(order, 750, {8: directory(order, 8, [(0x0112, SHORT, 1)], 700), 700: second}) + tail
        assert len(renewed(exif, 1, 1)) == (700 if cut else 750 + len(tail))


@BOTH
def test_a_place_left_out_is_not_taken_for_a_thumbnail(order):
    """A directory without the place of the next, whose first value lies there and looks like one."""
    whole = directory(order, 8, [(0x0112, SHORT, 6), (0xC000, LONG, (50, 7, 7))])
    at = struct.pack(order + "I", 8 + 6 + 24)
    exif = laid(order, 90, {8: whole[:26].replace(at, struct.pack(order + "I", 8 + 2 + 24)) + whole[30:]})
    exif = exif[:50] + directory(order, 50, [(0x0103, SHORT, 6)]) + exif[68:]
    before, after = seen(exif)[0], seen(renewed(exif, 1, 1))[0]
    assert before[0xC000] == (50, 7, 7)
    assert after == before | {0x0112: 1}


@BOTH
def test_pictures_never_reach_what_is_kept(order):
    """A thumbnail that claims all the data blanks only what nothing else speaks of."""
    before = set_to(order, made(order), {(0x0201, LONG): (LONG, 0), (0x0202, LONG): (LONG, 2**32 - 1)})
    after = renewed(before, 640, 480, 6)
    assert FILLER * 4 not in after
    assert seen(after) == (*seen(before)[:2], {})


@BOTH
@pytest.mark.parametrize("place", [8, 300, 1, 2**32 - 1])
def test_loops(order, place):
    """The second directory, Exif's and GPS's may be any other one, or none."""
    for tag in (None, 0x8769, 0x8825):
        before = made(order)
        if tag:
            before = set_to(order, before, {(tag, LONG): (LONG, place)})
        else:
            before = before.replace(struct.pack(order + "I", 700), struct.pack(order + "I", place))
        after = renewed(before, 640, 480)
        assert len(after) <= len(before)
        main = Image.Exif()
        main.load(after)
        assert (main[0x010F], main[0x0112]) == ("A maker of cameras", 1)


@BOTH
def test_absurd_counts(order):
    """A directory is read as far as the data go: what is there holds, as in Pillow."""
    exif = bytearray(made(order))
    struct.pack_into(order + "H", exif, 8, 65535)
    after = renewed(bytes(exif), 3, 5)
    assert len(after) == len(exif)
    assert orientation_of(bytes(exif)) == 6
    assert orientation_of(after) == 1


@pytest.mark.parametrize("head", [b"XX*\0", b"IM*\0", b"II\0\0", b"\0\0*\0"])
def test_wrong_marks(head):
    exif = head + made("<")[4:]
    assert renewed(exif, 1, 1, dpi=(1, 1)) == exif
    assert orientation_of(exif) == 1
    assert not has_resolution(exif)


def test_what_pillow_writes():
    exif = Image.Exif()
    exif.update({0x0112: 8, 0x013B: "an artist", 0x011A: 300.0, 0x011B: 299.5, 0x0128: 2, 0x0100: 7, 0x0101: 8})
    exif.get_ifd(0x8769).update({0xA002: 7, 0xA003: 8, 0x927C: bytes(range(99)), 0x829D: 2.8})
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.5)})
    before = exif.tobytes()
    assert before.startswith(PREFIX)
    main, inner, second = seen(before)
    after = renewed(before, 100_000, 50, 2, (150, 149.75))
    main |= {0x0112: 2, 0x011A: 150, 0x011B: 149.75, 0x0100: 100_000, 0x0101: 50}
    inner[0x8769] |= {0xA002: 100_000, 0xA003: 50}
    assert seen(after) == (main, inner, second)
    assert len(after) == len(before)


def every_way(exif):
    """Call all that there is, twice over, so that what comes back is read as well."""
    for orientation, dpi in ((1, (72, 37.5)), (None, None)):
        after = renewed(exif, 70000, 5, orientation, dpi)
        assert len(after) <= len(exif)
        assert len(renewed(after, 70000, 5, orientation, dpi)) <= len(after)
        assert has_resolution(after) in (True, False)
        assert 1 <= orientation_of(exif) <= 8


@BOTH
def test_truncated(order):
    exif = made(order)
    for size in range(len(exif)):
        every_way(exif[:size])
        every_way(PREFIX[:size] + exif[: size // 9])


@BOTH
def test_random_damage(order):
    rng = random.Random(5)
    for exif in (made(order), made(order, exif=700, thumbnail=220, picture=400)):
        for _ in range(700):
            damaged = bytearray(exif)
            for _ in range(rng.randint(1, 12)):
                damaged[rng.randrange(len(exif) if rng.random() < 0.2 else 330)] = rng.choice(
                    (0, 1, 255, rng.randrange(256))
                )
            every_way(bytes(damaged))


def test_hostile_counts_take_no_time():
    """Each of many entries claims all the data: the work is still in proportion to the data's length."""
    start = time.process_time()
    assert module._marked(10**6, [(0, 10**6), (5, 2**32)] * 10**5) == b"\1" * 10**6
    entries = [(tag, UNDEFINED, b"") for tag in (0x011A, 0x0111, 0x0117, 0x8769, 0xA002) * 4000]
    data = bytearray(laid("<", 300_000, {8: directory("<", 8, entries, 8)}))
    for i in range(len(entries)):
        struct.pack_into("<HII", data, 12 + 12 * i, (RATIONAL, LONG)[i % 5 > 0], (1, 60_000)[i % 5 in (1, 2)], 8)
    every_way(bytes(data))
    assert time.process_time() - start < 10
