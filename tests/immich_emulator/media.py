# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file says about itself: EXIF by Pillow, and what an XMP sidecar adds."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from PIL.IptcImagePlugin import getiptcinfo

from immich_emulator.storage import iso

EXIF_IFD, MAKE, MODEL, ORIENTATION, TAKEN, OFFSET, FRACTION = 0x8769, 0x010F, 0x0110, 0x0112, 0x9003, 0x9011, 0x9291
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMP_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
XMP_EXIF = "{http://ns.adobe.com/exif/1.0/}"
DC_DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"
#: Where keywords are, best first. Of one that is there twice the last counts.
KEYWORDS = (
    "{http://www.digikam.org/ns/1.0/}TagsList",
    "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
    "{http://purl.org/dc/elements/1.1/}subject",
)
LEVELS = str.maketrans("|/", "/|")
IPTC_KEYWORDS = (2, 25)
#: What ExifTool gives out as a number or the like.
NOT_TEXT = re.compile(r"-?\d+\.\d+|-?\d+(\.\d+)?e[-+]?\d+|-0|true|false|null", re.IGNORECASE)


@dataclass
class Metadata:
    """What was found. `taken` is UTC, `taken_local` the clock's time on the spot, both as `iso` writes them."""

    make: str | None = None
    model: str | None = None
    orientation: str | None = None
    width: int | None = None
    height: int | None = None
    taken: str | None = None
    taken_local: str | None = None
    zone: str | None = None
    description: str = ""
    rating: int | None = None
    #: Degrees; of a sidecar only.
    latitude: float | None = None
    longitude: float | None = None
    #: By the entries of `KEYWORDS`: those of the file, over which those of the sidecar win.
    keywords: dict[str, list[str]] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        """The tags that Immich gives the asset: the best kind of keywords that there is."""
        found = next(((kind, self.keywords[kind]) for kind in KEYWORDS if self.keywords.get(kind)), ("", []))
        levelled = [word.translate(LEVELS) for word in found[1]] if found[0] == KEYWORDS[1] else found[1]
        return [as_given_out(word) for word in levelled]

    def exif(self, created: str, modified: str) -> dict[str, Any]:
        """The `exifInfo` of an asset of these dates."""
        return {
            "make": self.make,
            "model": self.model,
            "exifImageWidth": self.width,
            "exifImageHeight": self.height,
            "orientation": self.orientation,
            "dateTimeOriginal": created,
            "modifyDate": modified,
            "timeZone": self.zone,
            "description": self.description,
            "rating": self.rating,
            "latitude": self.latitude,
            "longitude": self.longitude,
        }


def read(path: str | None, sidecar: str | None) -> Metadata:
    """The metadata of a file; empty where the file is no image or its bytes were not kept."""
    found = Metadata()
    if path:
        read_image(Path(path), found)
    if sidecar:
        read_sidecar(Path(sidecar), found)
    return found


def read_image(path: Path, found: Metadata) -> None:
    """Size, camera and date of an image."""
    try:
        with Image.open(path) as image:
            found.width, found.height = image.size
            exif = image.getexif()
            words = (getiptcinfo(image) or {}).get(IPTC_KEYWORDS, [])
            xmp = image.info.get("xmp")
    except (UnidentifiedImageError, OSError, ValueError):
        return
    found.keywords[KEYWORDS[2]] = [word.decode("cp1252") for word in ([words] if isinstance(words, bytes) else words)]
    if xmp:
        read_xmp(xmp, found)
    found.make, found.model = exif.get(MAKE), exif.get(MODEL)
    found.orientation = str(exif[ORIENTATION]) if ORIENTATION in exif else None
    details = exif.get_ifd(EXIF_IFD)
    if isinstance(taken := details.get(TAKEN), str):
        read_date(taken, str(details.get(FRACTION, "")), details.get(OFFSET), found)


def read_date(taken: str, fraction: str, offset: str | None, found: Metadata) -> None:
    """EXIF's `2021:03:04 05:06:07`, with its fraction of a second and its offset when there are such."""
    try:
        local = datetime.strptime(taken, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        if fraction.isdecimal():
            local = local.replace(microsecond=int(fraction[:6].ljust(6, "0")))
        zoned = datetime.fromisoformat(f"{local:%Y-%m-%dT%H:%M:%S.%f}{offset}") if offset else local
    except ValueError:
        return
    found.taken, found.taken_local = iso(zoned), iso(local)
    hours = zoned.utcoffset()
    if offset and hours is not None:
        found.zone = zone_of(hours)


def read_sidecar(path: Path, found: Metadata) -> None:
    """Rating, description and keywords of an XMP sidecar."""
    try:
        read_xmp(path.read_bytes(), found)
    except OSError:
        return


def read_xmp(content: bytes, found: Metadata) -> None:
    """The same of an XMP document; nothing of one that is broken."""
    try:
        root = ET.fromstring(content.rstrip(b"\0"))
    except ET.ParseError:
        return
    for description in root.iter(RDF + "Description"):
        rating = description.get(XMP_RATING) or description.findtext(XMP_RATING)
        if rating and rating.lstrip("-").isdigit():
            found.rating = int(rating)
        if taken := description.get(XMP_EXIF + "DateTimeOriginal"):
            read_moment(taken, found)
        found.latitude = degrees(description.get(XMP_EXIF + "GPSLatitude")) or found.latitude
        found.longitude = degrees(description.get(XMP_EXIF + "GPSLongitude")) or found.longitude
        text = description.findtext(f"{DC_DESCRIPTION}/{RDF}Alt/{RDF}li")
        if text:
            found.description = text
        for kind in KEYWORDS:
            words = [item.text or "" for item in description.iterfind(f"{kind}/*/{RDF}li")]
            if words:
                found.keywords[kind] = words


def read_moment(text: str, found: Metadata) -> None:
    """A time in ISO 8601, with an offset or local, as a sidecar and the API have it."""
    moment = datetime.fromisoformat(text)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    found.taken, found.taken_local = iso(zoned), iso(zoned.replace(tzinfo=UTC))
    hours = moment.utcoffset()
    found.zone = None if hours is None else zone_of(hours)


def zone_of(offset: timedelta) -> str:
    """`UTC+2`, and `UTC` where a clock shows just that."""
    return f"UTC{offset.total_seconds() / 3600:+g}" if offset else "UTC"


def degrees(text: str | None) -> float | None:
    """`41,54.15N` as a number."""
    if text is None:
        return None
    whole, minutes = text[:-1].split(",")
    return round((int(whole) + float(minutes) / 60) * (-1 if text[-1] in "SW" else 1), 8)


def as_given_out(word: str) -> str:
    """A keyword as it comes out of ExifTool's JSON and JavaScript: `1.50` as `1.5`."""
    if not NOT_TEXT.fullmatch(word):
        return word
    value = json.loads(word.lower())
    return "undefined" if value is None else str(value).lower() if isinstance(value, bool) else f"{value:g}"
