# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos made on the spot: small, deterministic JPEGs with EXIF, as a camera or a phone leaves them."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

FIRST_TAKEN = datetime(2024, 6, 1, 10, 0, tzinfo=timezone(timedelta(hours=2)))

# EXIF 2.32, JEITA CP-3451: tag numbers
_MAKE, _MODEL, _DATE_TIME = 0x010F, 0x0110, 0x0132
_EXIF_IFD, _DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL = 0x8769, 0x9003, 0x9011
_GPS_IFD, _LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 0x8825, 1, 2, 3, 4


def taken(number: int) -> datetime:
    """The time at which the photo of this number was taken: one every seven minutes, in summer time of central Europe."""
    return FIRST_TAKEN + timedelta(minutes=7 * number)


@lru_cache(maxsize=512)  # many tests begin with the same ones, and drawing one takes a millisecond
def jpeg(number: int, *, pixels: tuple[int, int] = (160, 120), texture: bool = False) -> bytes:
    """The photo of this number: the same bytes at every call, other bytes for every other number.

    :param texture: fill it with detail that makes a JPEG as large as a photo is: 1,200 x 800 pixels make some 200 KB.
    """
    image = _texture(number, pixels) if texture else _landscape(number, pixels)
    moment = taken(number)
    exif = Image.Exif()
    exif[_MAKE] = "Example"
    exif[_MODEL] = f"Camera {number % 3 + 1}"
    exif[_DATE_TIME] = moment.strftime("%Y:%m:%d %H:%M:%S")
    exif[_EXIF_IFD] = {
        _DATE_TIME_ORIGINAL: moment.strftime("%Y:%m:%d %H:%M:%S"),
        _OFFSET_TIME_ORIGINAL: moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:],
    }
    exif[_GPS_IFD] = {
        _LATITUDE_REF: "N",
        _LATITUDE: (47.0, float(number % 60), 0.0),
        _LONGITUDE_REF: "E",
        _LONGITUDE: (8.0, float(number // 60 % 60), 0.0),
    }
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90, exif=exif, comment=f"photo {number}")
    return out.getvalue()


def write_photo(path: Path, number: int, *, pixels: tuple[int, int] = (160, 120), texture: bool = False) -> Path:
    """Writes a photo, its folders too, last changed when it was taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg(number, pixels=pixels, texture=texture))
    moment = taken(number).timestamp()
    os.utime(path, (moment, moment))
    return path


def write_photos(
    root: Path,
    count: int,
    folders: int = 1,
    *,
    first: int = 0,
    pixels: tuple[int, int] = (160, 120),
    texture: bool = False,
) -> list[Path]:
    """Writes photos ``first`` to ``first + count - 1``, spread evenly over root's folders "Trip 01", "Trip 02", …."""
    return [
        write_photo(
            root / f"Trip {position % folders + 1:02}" / f"IMG_{first + position:05}.jpg",
            first + position,
            pixels=pixels,
            texture=texture,
        )
        for position in range(count)
    ]


def write_sidecar(photo: Path, *, description: str = "", rating: int = 5, appended: bool = True) -> Path:
    """Writes an XMP sidecar for a photo: ``name.jpg.xmp``, or ``name.xmp`` when not appended."""
    path = photo.with_name(photo.name + ".xmp") if appended else photo.with_suffix(".xmp")
    path.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="{rating}">'
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt></dc:description>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>",
        encoding="utf-8",
    )
    return path


def live_sidecar(content_id: str) -> bytes:
    """An XMP document that names the live photo of which a file is one half, as the halves themselves do."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:live="http://example.com/live/" live:ContentIdentifier="{content_id}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


CAMERA_SIDECAR = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exifEX="http://cipa.jp/exif/1.0/"
 tiff:Make="Leica" tiff:Model="M3" exifEX:LensModel="Elmar 50 &amp; hood"/></rdf:RDF></x:xmpmeta>"""
"""What an archivist says of a scanned picture: its camera, which the file does not know."""


def sidecar_of(*, tags: Iterable[str] = (), hierarchical: Iterable[str] = (), subjects: Iterable[str] = ()) -> bytes:
    """An XMP document with keywords: digiKam's with `/` between levels, Lightroom's with `|`, and those without levels."""
    lists = {"digiKam:TagsList": tags, "lr:hierarchicalSubject": hierarchical, "dc:subject": subjects}
    found = "".join(
        f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{word}</rdf:li>' for word in message)}</rdf:Bag></{name}>"
        for name, message in lists.items()
        if message
    )
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:digiKam="http://www.digikam.org/ns/1.0/" '
        'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{found}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def with_xmp(photo: bytes, document: bytes) -> bytes:
    """A JPEG with an XMP document inside."""
    return _with_segment(photo, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + document)


def with_iptc(photo: bytes, keywords: Iterable[str], *, utf8: bool = False) -> bytes:
    """A JPEG with keywords in IPTC-IIM, in UTF-8 or as old programs write them."""
    values = [word.encode("utf-8" if utf8 else "cp1252") for word in keywords]
    records = b"\x1c\x01\x5a\0\x03\x1b%G" if utf8 else b""
    records += b"".join(b"\x1c\x02\x19" + len(value).to_bytes(2, "big") + value for value in values)
    records += b"\0" * (len(records) % 2)
    other = b"8BIM\x04\x06\x03abc\0\0\0\x03xyz\0"  # resources have names and lengths that are padded
    return _with_segment(photo, 0xED, b"Photoshop 3.0\0" + other + b"8BIM\x04\x04\0\0" + len(records).to_bytes(4, "big") + records)


def _with_segment(photo: bytes, marker: int, payload: bytes) -> bytes:
    return photo[:2] + bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload + photo[2:]


def _landscape(number: int, pixels: tuple[int, int]) -> Image.Image:
    """Sky, a sun that wanders and hills."""
    width, height = pixels
    image = Image.new("RGB", pixels, (90 + number * 7 % 120, 150, 230 - number * 3 % 90))
    draw = ImageDraw.Draw(image)
    x, y, r = number * 37 % width, height // 5 + number * 11 % (height // 3), height // 9
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(255, 225, 120))
    for left, peak in _hills(number, width, height):
        draw.polygon([(left - width // 3, height), (left, peak), (left + width // 3, height)], fill=(40, 90 + peak % 90, 60))
    draw.text((4, height - 14), str(number), fill=(255, 255, 255))
    return image


def _hills(number: int, width: int, height: int) -> Iterator[tuple[int, int]]:
    for hill in range(4):
        yield (number * 13 + hill * width // 3) % width, height // 2 + (number * 5 + hill * 17) % (height // 3)


def _texture(number: int, pixels: tuple[int, int]) -> Image.Image:
    """Noise, enlarged."""
    small = (max(1, pixels[0] // 16), max(1, pixels[1] // 16))
    noise = Image.frombytes("RGB", small, random.Random(number).randbytes(small[0] * small[1] * 3))
    return noise.resize(pixels, Image.Resampling.BICUBIC)
