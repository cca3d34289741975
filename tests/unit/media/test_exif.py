# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pictures and videos say of themselves, in all the kinds of files that phones and cameras write, and in broken ones."""

from __future__ import annotations

import io
import logging
import struct
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from ansible_collections.photoyard.immich.plugins.module_utils._media.exif import (
    NO_CAMERA,
    CameraData,
    read_camera,
    require_exifread,
)
from ansible_collections.photoyard.immich.plugins.module_utils._media.movie import read_movie
from support.collection import LocalTime, Movie, errors
from support.photos.jpegs import jpeg, with_iptc, with_xmp

IDENTIFIER = "8B1C2D3E-0000-4A4A-9B9B-123456789ABC"
TAKEN = LocalTime(datetime(2020, 5, 17, 14, 33, 11), timedelta(hours=2))
CAMERA = CameraData(TAKEN, fractions=False, make="Canon", model="EOS R5")


def exif(
    *, taken: str | None = "2020:05:17 14:33:11", offset: str | None = "+02:00", make: str = "Canon", **more: str | bytes | None
) -> Image.Exif:
    tags = {0x9003: taken, 0x9011: offset, 0x9004: more.get("digitized"), 0x9291: more.get("fraction"), 0x927C: more.get("notes")}
    found = Image.Exif()
    found[0x010F], found[0x0110] = make, "EOS R5"
    found[0x8769] = {number: value for number, value in tags.items() if value is not None}
    return found


def block_of(found: Image.Exif) -> bytes:
    return found.tobytes().removeprefix(b"Exif\0\0")


def picture(kind: str, found: Image.Exif) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, kind, exif=found.tobytes())
    return out.getvalue()


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def heic(block: bytes, *, version: int = 1, in_idat: bool = False, ahead: int = 0) -> bytes:
    """A HEIC file as phones write it: boxes of other kinds first, the item of type Exif behind those of the image."""
    item = struct.pack(">I", 6) + b"Exif\0\0" + block
    number, wide = (">H", 2) if version < 2 else (">I", 3)
    entries = [struct.pack(">I", wide << 24) + struct.pack(number, 1) + b"\0\0hvc1\0", struct.pack(">I", wide << 24)]
    entries[1] += struct.pack(number, 2) + b"\0\0Exif\0"
    iinf = box(b"iinf", b"\0\0\0\0\0\2", *(box(b"infe", entry) for entry in entries))

    def meta(place: int) -> bytes:
        items = b""
        for one, offset, size in ((1, 5, 7), (2, place, len(item))):
            items += struct.pack(number, one) + (b"" if version == 0 else struct.pack(">H", in_idat and one == 2))
            items += struct.pack(">HHII", 0, 1, offset, size)
        iloc = box(b"iloc", struct.pack(">IBB", version << 24, 0x44, 0), struct.pack(number, 2), items)
        handler = box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13)
        return box(b"meta", b"\0\0\0\0", handler, box(b"pitm", b"\0" * 6), iinf, iloc, box(b"idat", item) if in_idat else b"")

    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    place = 0 if in_idat else len(head) + len(meta(0)) + 8 + ahead
    return head + meta(place) + (b"" if in_idat else box(b"mdat", b"\0" * ahead, item))


def cr3(found: Image.Exif) -> bytes:
    written, exif_ifd = Image.Exif(), Image.Exif()
    written.load(found.tobytes())
    exif_ifd.update(written.get_ifd(0x8769))
    camera = Image.Exif()
    camera[0x010F], camera[0x0110] = found[0x010F], found[0x0110]
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    parts = box(b"CNCV", b"CanonCR3"), box(b"CMT1", block_of(camera)), box(b"CMT2", block_of(exif_ifd))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", canon, *parts)) + box(b"mdat", b"\0" * 100)


def raf(found: Image.Exif) -> bytes:
    return b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0") + struct.pack(">II", 148, 999) + b"\0" * 56 + picture("JPEG", found)


def behind_other_segments(found: Image.Exif) -> bytes:
    profile = b"\xff\xe2" + struct.pack(">H", 60_002) + b"ICC_PROFILE\0".ljust(60_000, b"x")
    photo = picture("JPEG", found)
    return photo[:2] + profile * 5 + with_xmp(with_iptc(photo, ["a"]), b"<x/>")[2:]


def tiff_whose_tags_are_behind(found: Image.Exif) -> bytes:
    return picture("TIFF", found)


@pytest.mark.parametrize(
    "written",
    [
        lambda found: picture("JPEG", found),
        lambda found: picture("PNG", found),
        lambda found: picture("WEBP", found),
        tiff_whose_tags_are_behind,
        behind_other_segments,
        lambda found: heic(block_of(found)),
        lambda found: heic(block_of(found), version=0),
        lambda found: heic(block_of(found), version=2, ahead=3_000_000),
        lambda found: heic(block_of(found), in_idat=True),
        cr3,
        raf,
    ],
    ids=["JPEG", "PNG", "WebP", "TIFF", "JPEG with much before", "HEIC", "HEIC 0", "HEIC 2", "HEIC idat", "CR3", "RAF"],
)
def test_exif_is_read_in_every_format(written: Callable[[Image.Exif], bytes], tmp_path: Path) -> None:
    content = written(exif())
    assert read_camera(content) == CAMERA
    path = tmp_path / "picture"
    path.write_bytes(content)
    with path.open("rb", buffering=0) as stream:
        stream.seek(10)
        assert read_camera(stream) == CAMERA


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (exif(fraction="250"), TAKEN._replace(local=TAKEN.local.replace(microsecond=250_000))),
        (exif(fraction="5"), TAKEN._replace(local=TAKEN.local.replace(microsecond=500_000))),
        (exif(fraction="123456789"), TAKEN._replace(local=TAKEN.local.replace(microsecond=123_456))),
        (exif(fraction="no"), TAKEN),
        (exif(offset=None), TAKEN._replace(offset=None)),
        (exif(offset="Z"), TAKEN._replace(offset=timedelta(0))),
        (exif(offset="-03:30"), TAKEN._replace(offset=-timedelta(hours=3, minutes=30))),
        (exif(offset="+99:00"), TAKEN._replace(offset=None)),
        (exif(offset="   :  "), TAKEN._replace(offset=None)),
        (exif(taken=None, digitized="2020:05:17 14:33:11"), TAKEN),
        (exif(taken="0000:00:00 00:00:00", digitized="2020:05:17 14:33:11"), TAKEN),
        (exif(taken="0000:00:00 00:00:00"), None),
        (exif(taken="    :  :     :  :  "), None),
        (exif(taken="2020:02:30 14:33:11"), None),
        (exif(taken=None), None),
    ],
)
def test_a_camera_time_is_read_or_refused(found: Image.Exif, expected: LocalTime | None) -> None:
    assert read_camera(picture("JPEG", found)).time == expected


def test_camera_fractions_are_read_when_present() -> None:
    assert read_camera(picture("JPEG", exif(fraction="000"))).fractions
    assert not read_camera(picture("JPEG", exif())).fractions


def apple_notes(identifier: str, *, count: int | None = None) -> bytes:
    """Places in them count from their beginning (ExifTool's Apple.pm)."""
    entries = struct.pack(">HHII", 1, 9, 1, 14) + struct.pack(">HHII", 0x11, 2, len(identifier) + 1, 16 + 2 * 12 + 4)
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 2 if count is None else count) + entries + b"\0\0\0\0" + identifier.encode() + b"\0"


@pytest.mark.parametrize("written", [lambda found: picture("JPEG", found), lambda found: heic(block_of(found))], ids=["JPEG", "HEIC"])
def test_the_identifier_of_a_live_photo(written: Callable[[Image.Exif], bytes]) -> None:
    assert read_camera(written(exif(make="Apple", notes=apple_notes(IDENTIFIER)))).content_identifier == IDENTIFIER
    assert read_camera(written(exif(make="Apple", notes=apple_notes("no\nidentifier")))).content_identifier is None
    assert read_camera(written(exif(make="Apple", notes=apple_notes(IDENTIFIER, count=65_535)[:40]))).content_identifier is None
    assert read_camera(written(exif(make="Apple", notes=b"Apple iOS\0\0\1MM"))).content_identifier is None
    assert read_camera(written(exif(make="Apple"))).content_identifier is None


class Failing(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 0:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_read_camera_of_unreadable_file_raises() -> None:
    for content in (picture("JPEG", exif()), picture("TIFF", exif())):
        with pytest.raises(errors.LocalFailure, match=r"^The file cannot be read: Input/output error\. Look after its disk\.$"):
            read_camera(Failing(content))
    with pytest.raises(errors.LocalFailure):
        read_movie(Failing(mov()))


def circle() -> bytes:
    """Two directories, each of which is followed by the other: exifread 2.3 and 3.0 go round for ever."""
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<HI", 0, 14) + struct.pack("<HI", 0, 8)


def many_tags() -> bytes:
    """65,535 tags of 999 values each."""
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 65_535) + struct.pack("<HHII", 0x9999, 4, 999, 8) * 65_535


def heic_with_places(places: bytes, *, number: int = 1) -> bytes:
    """A HEIC file whose item of type Exif has this number, with a box `iloc` that says just this."""
    entry = box(b"infe", struct.pack(">IHH", 2 << 24, number, 0) + b"Exif\0")
    return box(b"ftyp", b"heic") + box(b"meta", b"\0\0\0\0", box(b"iinf", b"\0\0\0\0\0\1", entry), box(b"iloc", places))


FAR_PLACES = [struct.pack(">IBBHHHH", 0, size << 4, 0, 1, 1, 0, 1) + b"\xff" * size for size in (8, 15)]
ENDLESS_EXTENTS = struct.pack(">IHH", 0, 0, 65_535) + struct.pack(">HHH", 1, 0, 65_535) * 65_535

NOTHING = [
    b"",
    b"\xff\xd8",
    b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0",
    jpeg(1)[:40],
    b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000,
    b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IDAT\0\0\0\0" * 10_000,
    b"RIFF\0\0\0\0WEBP" + b"JUNK\0\0\0\0" * 10_000,
    circle(),
    many_tags(),
    b"MM\0*" + b"\xff" * 4,
    b"II*\0\x08\0\0\0" + b"\xff" * 1000,
    b"FUJIFILMCCD-RAW".ljust(92, b"\xff"),
    heic(b""),
    heic(b"II"),
    heic(block_of(exif()))[:220],
    box(b"ftyp", b"heic") + box(b"free") * 10_000,
    box(b"ftyp", b"heic") + struct.pack(">I4sQ", 1, b"free", 0) * 10,
    box(b"ftyp", b"heic") + b"\0\0\0\3free" * 10,
    box(b"ftyp", b"heic") + box(b"meta", b"\0\0\0\0", box(b"iinf", b"\xff" * 1000), box(b"iloc", b"\xff" * 1000)),
    *map(heic_with_places, FAR_PLACES),
    heic_with_places(ENDLESS_EXTENTS, number=2),
    b"not a picture at all" * 100,
]


@pytest.mark.parametrize("content", NOTHING, ids=range(len(NOTHING)))
def test_read_camera_of_other_content_is_empty(content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert read_camera(content) == NO_CAMERA
    assert caplog.messages == []
    assert read_movie(content) is None


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require_exifread.cache_clear()
    monkeypatch.setitem(sys.modules, "exifread", None)
    with pytest.raises(errors.MissingLibrary) as caught:
        read_camera(b"")
    assert caught.value.name == "exifread"
    assert "import exifread" in caught.value.traceback
    monkeypatch.undo()
    assert read_camera(b"") == NO_CAMERA


def mvhd(created: int = 3_672_563_591, *, wide: bool = False, scale: int = 600, duration: int = 1500) -> bytes:
    return box(b"mvhd", struct.pack(">IQQIQ" if wide else ">IIIII", wide << 24, created, 0, scale, duration), b"\0" * 80)


def apple_meta(created: str = "2020-05-17T14:33:11+0200", identifier: str = IDENTIFIER, *, full: bool = False) -> bytes:
    names = [b"com.apple.quicktime.make", b"com.apple.quicktime.creationdate", b"com.apple.quicktime.content.identifier"]
    keys = box(b"keys", struct.pack(">II", 0, len(names)), *(box(b"mdta", name) for name in names))
    values = enumerate(["Apple", created, identifier], 1)
    items = (box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), text.encode())) for number, text in values)
    return box(b"meta", b"\0\0\0\0" if full else b"", box(b"hdlr", b"\0" * 25), keys, box(b"ilst", *items))


def apple_meta_without_values() -> bytes:
    """Its values are shorter than the type and the language that stand before each."""
    keys = box(b"keys", struct.pack(">II", 0, 1), box(b"mdta", b"com.apple.quicktime.creationdate"))
    return box(b"meta", box(b"hdlr", b"\0" * 25), keys, box(b"ilst", box(struct.pack(">I", 1), box(b"data", b"\0" * 4))))


def mov(*, moov: list[bytes] | None = None, before: bytes = b"", behind: bytes = b"") -> bytes:
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + before + box(b"moov", *(moov if moov is not None else [mvhd()])) + behind


CREATED = LocalTime(datetime(2020, 5, 17, 12, 33, 11), timedelta(0))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (mov(), Movie(CREATED, 2.5)),
        (mov(moov=[mvhd(wide=True)]), Movie(CREATED, 2.5)),
        (mov(before=box(b"wide") + box(b"mdat", b"\0" * 3_000_000)), Movie(CREATED, 2.5)),
        (mov(before=struct.pack(">I4sQ", 1, b"mdat", 1016) + b"\0" * 1000), Movie(CREATED, 2.5)),
        (mov(moov=[mvhd(3_672_563_591 - 2_082_844_800)]), Movie(CREATED, 2.5)),
        (mov(moov=[mvhd(0)]), Movie(None, 2.5)),
        (mov(moov=[mvhd(1 << 60, wide=True)]), Movie(None, 2.5)),
        (mov(moov=[mvhd(scale=0)]), Movie(CREATED)),
        (mov(moov=[mvhd(duration=0xFFFFFFFF)]), Movie(CREATED)),
        (mov(moov=[mvhd(), box(b"trak", b"x" * 100), apple_meta()]), Movie(TAKEN, 2.5, IDENTIFIER)),
        (mov(moov=[apple_meta(full=True), mvhd()]), Movie(TAKEN, 2.5, IDENTIFIER)),
        (mov(moov=[mvhd(), apple_meta("2020-05-17T12:33:11Z")]), Movie(CREATED, 2.5, IDENTIFIER)),
        (mov(moov=[mvhd(), apple_meta("2020-05-17T14:33:11.250+02:00")]), Movie(TAKEN, 2.5, IDENTIFIER)),
        (mov(moov=[mvhd(), apple_meta("2020-02-30T14:33:11Z")]), Movie(CREATED, 2.5, IDENTIFIER)),
        (mov(moov=[mvhd(), apple_meta("today")]), Movie(CREATED, 2.5, IDENTIFIER)),
        (mov(moov=[mvhd(), box(b"meta", b"\xff" * 200)]), Movie(CREATED, 2.5)),
        (mov(moov=[apple_meta_without_values(), mvhd()], behind=box(b"mdat", b"\0" * 5_000_000)), Movie(CREATED, 2.5)),
        (mov(moov=[]), Movie()),
        (mov(moov=[mvhd()[:12]]), Movie()),
    ],
)
def test_a_movie_is_read_from_bytes_and_from_a_file(content: bytes, expected: Movie) -> None:
    assert read_movie(content) == expected
    assert read_movie(io.BytesIO(content)) == expected
