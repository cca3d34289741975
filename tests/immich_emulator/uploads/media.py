# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the metadata of a file: EXIF with Pillow, and the XMP sidecar."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError
from PIL.IptcImagePlugin import getiptcinfo

from immich_emulator.uploads.moments import Said

if TYPE_CHECKING:
    from immich_emulator.versions import Version

GPS_IFD = 0x8825
EXIF_IFD, MAKE, MODEL, ORIENTATION, TAKEN, OFFSET, FRACTION = 0x8769, 0x010F, 0x0110, 0x0112, 0x9003, 0x9011, 0x9291
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMP_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
XMP_EXIF = "{http://ns.adobe.com/exif/1.0/}"
#: What a picture was taken with, by the names of `Metadata`. What a sidecar says of it wins over the file, as all else does (read in the
#: server's source, 1.135 to 3.1).
CAMERA = {
    "make": "{http://ns.adobe.com/tiff/1.0/}Make",
    "model": "{http://ns.adobe.com/tiff/1.0/}Model",
    "lens": "{http://cipa.jp/exif/1.0/}LensModel",
}
#: What the halves of an Apple live photo have in common: ExifTool gives it out wherever it stands, in XMP whatever its namespace (observed
#: on 3.1). Only that in XMP is read here.
CONTENT_ID = "ContentIdentifier"
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

#: What its wrapper leaves out.
NOTHING = ("null", "undef", "undefined")


@dataclass
class Metadata:
    """The metadata of a file. `own` has time and place from the file, `beside` those from its sidecar."""

    make: str | None = None
    model: str | None = None
    lens: str | None = None
    orientation: str | None = None
    width: int | None = None
    height: int | None = None
    own: Said = field(default_factory=Said)
    beside: Said = field(default_factory=Said)
    description: str = ""
    rating: int | None = None
    content_id: str | None = None
    #: By the entries of `KEYWORDS`: those of the file, over which those of the sidecar win.
    keywords: dict[str, list[str]] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        """The tags that Immich gives the asset: the best kind of keywords that there is."""
        found = next(((kind, self.keywords[kind]) for kind in KEYWORDS if self.keywords.get(kind)), ("", []))
        levelled = [word.translate(LEVELS) for word in found[1]] if found[0] == KEYWORDS[1] else found[1]
        return [as_given_out(word) for word in levelled if word]

    def exif(self, created: str, modified: str, zone: str | None) -> dict[str, Any]:
        """The `exifInfo` of an asset of these dates."""
        # 0, 0 is left out when it is read, so it takes away a position in the sidecar, but not that of the photo (observed on 2.7 and 3.1)
        position = next((place for place in (self.beside.position, self.own.position) if place and any(place)), (None, None))
        return {
            "make": self.make,
            "model": self.model,
            "lensModel": self.lens,
            "exifImageWidth": self.width,
            "exifImageHeight": self.height,
            "orientation": self.orientation,
            "dateTimeOriginal": created,
            "modifyDate": modified,
            "timeZone": zone,
            "description": self.description,
            "rating": self.rating,
            "latitude": position[0],
            "longitude": position[1],
        }


def read(path: str | None, sidecar: str | None) -> Metadata:
    """The metadata of a file; empty where the file is not an image or its bytes were not kept."""
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
        read_xmp(xmp, found, found.own)
    found.make, found.model = exif.get(MAKE), exif.get(MODEL)
    found.orientation = str(exif[ORIENTATION]) if ORIENTATION in exif else None
    details = exif.get_ifd(EXIF_IFD)
    if isinstance(taken := details.get(TAKEN), str):
        read_date(taken, str(details.get(FRACTION, "")), details.get(OFFSET), found.own)
    place = exif.get_ifd(GPS_IFD)
    with suppress(KeyError, TypeError, ValueError):
        found.own.position = (in_degrees(place[2], place[1]), in_degrees(place[4], place[3]))


def in_degrees(parts: tuple[float, float, float], sign: str) -> float:
    """EXIF's degrees, minutes and seconds as a number."""
    degrees, minutes, seconds = map(float, parts)
    return round((degrees + minutes / 60 + seconds / 3600) * (-1 if sign in "SW" else 1), 8)


def read_date(taken: str, fraction: str, offset: str | None, said: Said) -> None:
    """EXIF's `2021:03:04 05:06:07`, with its fraction of a second and its offset when there are such."""
    try:
        local = datetime.strptime(taken, "%Y:%m:%d %H:%M:%S")
        if fraction.isdecimal():
            local = local.replace(microsecond=int(fraction[:6].ljust(6, "0")))
        said.offset = datetime.fromisoformat(f"{local:%Y-%m-%dT%H:%M:%S.%f}{offset}").utcoffset() if offset else None
    except ValueError:
        return
    said.clock = local


def read_sidecar(path: Path, found: Metadata) -> None:
    """Rating, description and keywords of an XMP sidecar."""
    try:
        read_xmp(path.read_bytes(), found, found.beside)
    except OSError:
        return


def can_be_written(sidecar: str | None) -> bool:
    """Whether Immich can write into an asset's sidecar, or has to make one."""
    if sidecar is None:
        return True
    try:
        content = Path(sidecar).read_bytes()
        ET.fromstring(content)
    except (OSError, ET.ParseError):
        return False
    return b"<!DOCTYPE" not in content


def read_xmp(content: bytes, found: Metadata, said: Said) -> None:
    """Reads an XMP document: rating, description, keywords, time and place.

    Nothing of one that is broken, or in UTF-16 and does not begin with a declaration or a processing instruction (observed on 3.1).
    """
    if content.startswith((b"\xff\xfe<\0x\0", b"\xfe\xff\0<\0x", b"\xff\xfe<\0r\0", b"\xfe\xff\0<\0r")):
        return
    try:
        root = ET.fromstring(content if content.startswith((b"\xff\xfe", b"\xfe\xff")) else content.rstrip(b"\0"))
    except ET.ParseError:
        return
    for description in root.iter(RDF + "Description"):
        rating = description.get(XMP_RATING) or description.findtext(XMP_RATING)
        if rating and rating.lstrip("-").isdigit():
            found.rating = int(rating)
        for name, attribute in CAMERA.items():
            if text := description.get(attribute):
                setattr(found, name, text)
        found.content_id = next((text for name, text in description.items() if name.endswith("}" + CONTENT_ID)), found.content_id)
        if taken := description.get(XMP_EXIF + "DateTimeOriginal"):
            said.take_date(taken)
        if offset := description.get(XMP_EXIF + "OffsetTimeOriginal"):
            said.offset = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").utcoffset()
        north, east = (degrees(description.get(XMP_EXIF + name)) for name in ("GPSLatitude", "GPSLongitude"))
        if north is not None and east is not None:
            said.position = (north, east)
        text = description.findtext(f"{DC_DESCRIPTION}/{RDF}Alt/{RDF}li")
        if text:
            found.description = text
        for kind in KEYWORDS:
            words = [item.text or "" for item in description.iterfind(f"{kind}/*/{RDF}li")]
            if words:
                found.keywords[kind] = words


def degrees(text: str | None) -> float | None:
    """`41,54.15N` as a number."""
    if text is None:
        return None
    whole, minutes = text[:-1].split(",")
    return round((int(whole) + float(minutes) / 60) * (-1 if text[-1] in "SW" else 1), 8)


def as_given_out(word: str) -> str:
    """A keyword as ExifTool's JSON gives it to Immich: one that looks like a number becomes a number, so that `1.50` becomes `1.5`."""
    if not NOT_TEXT.fullmatch(word):
        return word
    value = json.loads(word.lower())
    return "undefined" if value is None else str(value).lower() if isinstance(value, bool) else f"{value:g}"


def as_description(text: str) -> str:
    """A description as Immich stores it: without blanks at its ends, and empty for `0`, `false` and `null`."""
    if text.strip().lower() in NOTHING:
        return "" if text.strip() in NOTHING else text.strip()
    given = as_given_out(text)
    return "" if given in ("0", "false") else given.strip()


def as_rating(rating: int | None, version: Version) -> int | None:
    """A rating as this version stores it: 3.1 has stars only."""
    return None if rating is not None and rating < 1 and version.at_least(3, 0) else rating
