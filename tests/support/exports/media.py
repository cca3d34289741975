# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny photos and videos, each with bytes of its own: valid where a program reads them, a few hundred bytes to two kilobytes long."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from PIL import Image
from PIL.PngImagePlugin import PngInfo

# EXIF 2.32, JEITA CP-3451: tag numbers
_MAKE, _MODEL = 0x010F, 0x0110
_EXIF_IFD, _DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL, _MAKER_NOTE = 0x8769, 0x9003, 0x9011, 0x927C
_GPS_IFD, _LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 0x8825, 1, 2, 3, 4

_APPLE_CONTENT_IDENTIFIER = 0x0011
_SINCE_1904 = int((datetime(1970, 1, 1, tzinfo=UTC) - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())

_MOTION = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" '
    'GCamera:MotionPhotoVersion="1" GCamera:MicroVideo="1" GCamera:MicroVideoVersion="1" GCamera:MicroVideoOffset="{length}" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/">'
    '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/>'
    '</rdf:li><rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" '
    'Item:Length="{length}"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>'
)
"""Motion photo format 1.0 (developer.android.com/media/platform/motion-photo-format) and the MicroVideo that went before it."""


@dataclass(frozen=True)
class Camera:
    """What a camera wrote into a file. `clock` is its local time; `zoned` says whether its offset stands beside it."""

    clock: datetime | None = None
    zoned: bool = False
    position: tuple[float, float] | None = None
    content_identifier: str | None = None


NO_CAMERA = Camera()


def jpeg(seed: str, camera: Camera = NO_CAMERA, *, motion: bytes = b"", size: int = 0) -> bytes:
    """A JPEG with EXIF. `motion` is a video that goes behind the picture, with the XMP that says so; `size` what it is filled up to."""
    out = io.BytesIO()
    xmp = _MOTION.format(length=len(motion)).encode() if motion else b""
    _image(seed).save(out, "JPEG", quality=50, exif=_exif(camera), comment=seed.encode(), **({"xmp": xmp} if xmp else {}))
    found = out.getvalue() + motion
    if size:
        assert len(found) <= size
        found += bytes(size - len(found))
    return found


def png(seed: str) -> bytes:
    """A PNG without EXIF."""
    out, text = io.BytesIO(), PngInfo()
    text.add_text("Comment", seed)
    _image(seed).save(out, "PNG", pnginfo=text)
    return out.getvalue()


def gif(seed: str) -> bytes:
    """A GIF."""
    out = io.BytesIO()
    _image(seed).save(out, "GIF", comment=seed.encode())
    return out.getvalue()


def raw(seed: str, camera: Camera) -> bytes:
    """A TIFF with nothing but EXIF in it, as a DNG begins."""
    return _exif(camera).tobytes()[6:] + seed.encode()


def heic(seed: str, camera: Camera = NO_CAMERA) -> bytes:
    """A HEIC whose only item is its EXIF (ISO/IEC 23008-12, 14496-12). There is no picture in it, so nothing can show it."""
    exif = struct.pack(">I", 6) + _exif(camera).tobytes()  # how far it is from here to the TIFF header
    ftyp = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")

    def meta(offset: int) -> bytes:
        hdlr = _full(b"hdlr", bytes(4) + b"pict" + bytes(12) + b"\0")
        infe = _full(b"infe", struct.pack(">HH4s", 1, 0, b"Exif") + b"\0", version=2)
        iinf = _full(b"iinf", struct.pack(">H", 1) + infe)
        iloc = _full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, len(exif)))
        return _full(b"meta", hdlr + _full(b"pitm", struct.pack(">H", 1)) + iinf + iloc)

    begin = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(begin) + _box(b"mdat", exif) + _box(b"free", seed.encode())


def video(
    seed: str, taken: datetime | None = None, *, seconds: float = 3.0, quicktime: bool = False, content_identifier: str | None = None
) -> bytes:
    """An MP4, or a MOV, without tracks: its header has the time and the duration (ISO/IEC 14496-12, 8.2.2), its end the seed."""
    created = int(taken.timestamp()) + _SINCE_1904 if taken else 0
    header = struct.pack(">IIIIIH", created, created, 600, int(seconds * 600), 0x10000, 0x100) + bytes(10)
    header += struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000) + bytes(24) + struct.pack(">I", 1)
    keys = _quicktime_keys(content_identifier) if content_identifier else b""
    moov = _box(b"moov", _full(b"mvhd", header) + keys)
    brands = b"qt  " + bytes(4) + b"qt  " if quicktime else b"isom" + bytes(4) + b"isommp42"
    return _box(b"ftyp", brands) + moov + _box(b"mdat", seed.encode())


def sha1(content: bytes) -> str:
    """The checksum by which Immich knows a file, in hexadecimal digits."""
    return hashlib.sha1(content).hexdigest()


def _image(seed: str) -> Image.Image:
    digest = hashlib.sha1(seed.encode()).digest()
    image = Image.new("RGB", (16, 16), tuple(digest[:3]))
    image.paste(tuple(digest[3:6]), (2, 2, 4 + digest[6] % 10, 4 + digest[7] % 10))
    return image


def _exif(camera: Camera) -> Image.Exif:
    exif = Image.Exif()
    if camera == NO_CAMERA:
        return exif
    exif[_MAKE], exif[_MODEL] = ("Apple", "iPhone 12") if camera.content_identifier else ("Example", "Camera 1")
    details: dict[int, object] = {}
    if camera.clock:
        details[_DATE_TIME_ORIGINAL] = camera.clock.strftime("%Y:%m:%d %H:%M:%S")
        if camera.zoned:
            offset = camera.clock.strftime("%z")
            details[_OFFSET_TIME_ORIGINAL] = offset[:3] + ":" + offset[3:]
    if camera.content_identifier:
        details[_MAKER_NOTE] = _apple_maker_note(camera.content_identifier)
    exif[_EXIF_IFD] = details
    if camera.position:
        latitude, longitude = camera.position
        exif[_GPS_IFD] = {
            _LATITUDE_REF: "N" if latitude >= 0 else "S",
            _LATITUDE: _degrees(latitude),
            _LONGITUDE_REF: "E" if longitude >= 0 else "W",
            _LONGITUDE: _degrees(longitude),
        }
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(abs(value) * 3600, 60)
    degrees, minutes = divmod(minutes, 60)
    return degrees, minutes, round(seconds, 4)


def _apple_maker_note(identifier: str) -> bytes:
    """Apple's note with one entry; offsets count from its beginning (exiftool.org/TagNames/Apple.html)."""
    text = identifier.encode() + b"\0"
    entry = struct.pack(">HHII", _APPLE_CONTENT_IDENTIFIER, 2, len(text), 14 + 2 + 12 + 4)
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 1) + entry + bytes(4) + text


def _quicktime_keys(identifier: str) -> bytes:
    """Apple's identifier as QuickTime metadata (QuickTime File Format, metadata atoms): there `meta` is an ordinary atom."""
    name = b"com.apple.quicktime.content.identifier"
    keys = _full(b"keys", struct.pack(">I", 1) + struct.pack(">I", len(name) + 8) + b"mdta" + name)
    data = _box(b"data", struct.pack(">II", 1, 0) + identifier.encode())
    ilst = _box(b"ilst", struct.pack(">II", len(data) + 8, 1) + data)
    hdlr = _full(b"hdlr", bytes(4) + b"mdta" + bytes(12) + b"\0")
    return _box(b"meta", hdlr + keys + ilst)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _full(kind: bytes, content: bytes, *, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + content)


def local(taken: datetime, hours: float) -> datetime:
    """The clock's time at a place that is so many hours ahead of UTC."""
    return taken.astimezone(timezone(timedelta(hours=hours)))
