# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of the fields of a photo: how those of each kind are read from JSON, kept in an archive, sent to Immich and written in XMP.

For a kind `x`, `parse_x` reads the JSON of a manifest, `answer_x` that of Immich: both raise `ValueError` or `TypeError` for anything else.
`keep_x` returns what an archive can hold of a value, and what it cannot, as a part of a sentence; empty if it holds all. `send_x` returns
the value as Immich can be sent it, `write_x` what XMP says of that.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from contextlib import suppress
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from .. import _ids, _text, _times
from . import model
from .faces import Face, FaceBox, Person, PictureFaces, StoredPicture


class XmpList(NamedTuple):
    """A list in XMP. `kind` is `Alt`, `Bag` or `Seq`. With `member` each text is not an item itself, but that property of it."""

    kind: str
    texts: Tuple[str, ...]
    member: Optional[str] = None


class XmpRegions(NamedTuple):
    """Regions of a picture of a size in pixels, as the Metadata Working Group has them: names, and for each the middle, the width and the
    height of its box, in fractions of the stored picture."""

    size: Tuple[int, int]
    areas: Tuple[Tuple[str, Tuple[float, float, float, float]], ...]


Xmp = Dict[str, Union[str, XmpList, XmpRegions]]
"""Properties, each by its URI, a blank and its name."""

DC = "http://purl.org/dc/elements/1.1/"
DIGIKAM = "http://www.digikam.org/ns/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
TIFF = "http://ns.adobe.com/tiff/1.0/"
XMP = "http://ns.adobe.com/xap/1.0/"
EXIF_EX = "http://cipa.jp/exif/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
COLLECTIONS = "http://www.metadataworkinggroup.com/schemas/collections/"
REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
AREA = "http://ns.adobe.com/xmp/sType/Area#"
TAGS_LIST = DIGIKAM + " TagsList"
PREFIXES = {
    "dc": DC,
    "digiKam": DIGIKAM,
    "exif": EXIF,
    "tiff": TIFF,
    "xmp": XMP,
    "exifEX": EXIF_EX,
    "Iptc4xmpExt": IPTC,
    "mwg-coll": COLLECTIONS,
    "mwg-rs": REGIONS,
    "stDim": DIMENSIONS,
    "stArea": AREA,
}
"""The name spaces of the table, each with the prefix that programs give it."""

_LONGEST_NAME = 256  # bytes in a line of the manifest, as the limits below
LONGEST_TAGS, LONGEST_NAMES = 256 * 1024, 128 * 1024  # of all together. The rest of a line is the description's.
MOST_TEXTS = 10_000
"""Tags, people, faces or albums of one photo."""

# Texts that ExifTool, by which Immich reads a sidecar, gives out as a number, a truth value or nothing.
_MISREAD = re.compile(r"-?\d+(\.\d+)?e[-+]?\d+|-?\d+\.\d+|-0|true|false|null", re.IGNORECASE)
# And those that it gives out as nothing, with blanks around them too.
_LOST = ("null", "undef", "undefined")
_LINE_BREAK = re.compile("\r\n?")


def size_in_line(text: str) -> int:
    """Bytes of a text in a line of the manifest, without its quotation marks."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - len('""')


def parse_text(value: Any) -> str:
    """A text, which can be encoded (see `valid_unicode`)."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return _text.valid_unicode(value)


def answer_text(answer: Mapping[str, Any], key: str) -> str:
    """The text that `exifInfo` has under a key; empty if it has none."""
    return parse_text(_exif(answer).get(key) or "")


def keep_text(what: str) -> Callable[[str], Tuple[str, str]]:
    """The `keep_…` of a text; `what` is what a message calls it."""

    def keep_whole(text: str) -> Tuple[str, str]:
        whole = parse_text(text)
        return whole, "" if whole == text else "half characters in its %s" % what

    return keep_whole


def keep_zone(zone: Optional[str]) -> Tuple[Optional[str], str]:
    if zone is not None and size_in_line(zone) > _LONGEST_NAME:
        return None, "the name of its time zone, which is too long"
    return (None, "") if zone is None else keep_text("time zone")(zone)


def send_description(text: str) -> str:
    """A description as XML can hold it and Immich reads it right: it cuts a blank off, but makes `1.5` of `1.50` and nothing of `0`.

    A description that is one of `_LOST` cannot be stored, however it is written. Observed on 1.135 to 3.1.
    """
    text = _text.fit_for_xml(_LINE_BREAK.sub("\n", text.strip()))
    if text in _LOST:
        return ""
    return text + " " if text == "0" or _MISREAD.fullmatch(text) else text


def parse_texts(value: Any) -> Tuple[str, ...]:
    return tuple(parse_text(text) for text in _bounded_list(value))


def answer_names(value: Any, key: str) -> Tuple[str, ...]:
    """What the objects of a list have under a key; empty texts are left out."""
    if not isinstance(value or [], list):
        raise TypeError("not a list")
    return tuple(parse_text(item[key]) for item in value or [] if item[key])


def keep_texts(what: str, longest: int) -> Callable[[Tuple[str, ...]], Tuple[Tuple[str, ...], str]]:
    """The `keep_…` of a list, all of whose texts take `longest` bytes at most: those that fit, from the beginning. One that is too long by
    itself is left out."""

    def keep_first(texts: Tuple[str, ...]) -> Tuple[Tuple[str, ...], str]:
        kept: List[str] = []
        left = longest
        for text in texts:
            size = size_in_line(text) + len('"",')
            if size <= left and len(kept) < MOST_TEXTS:
                left -= size
                kept.append(parse_text(text))
        if len(kept) < len(texts):
            return tuple(kept), "%d of its %d %s" % (len(texts) - len(kept), len(texts), what)
        return tuple(kept), "" if tuple(kept) == texts else "half characters in its %s" % what

    return keep_first


def spell_tag(tag: str) -> str:
    """A tag as Immich reads it right: it makes `1.5` of `1.50`, but drops a `/` at the end (observed on 1.135 to 3.1)."""
    return tag + "/" if _MISREAD.fullmatch(tag) else tag


def send_tags(tags: Tuple[str, ...]) -> Tuple[str, ...]:
    """Spaces at a tag's ends are part of it."""
    return tuple(dict.fromkeys(_text.fit_for_xml(tag) for tag in tags if tag))


def send_names(texts: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in map(model.text_for_xml, texts) if text))


def parse_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def keep_all(value: Any) -> Tuple[Any, str]:
    return value, ""


def parse_visibility(value: Any) -> str:
    if value not in model.VISIBILITIES:
        raise ValueError("not a visibility")
    return str(value)


def keep_visibility(visibility: str) -> Tuple[str, str]:
    if visibility in model.VISIBILITIES:
        return visibility, ""
    return "timeline", "its visibility '%s', which this version of the collection does not know" % visibility


def _exif(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    exif: Mapping[str, Any] = answer.get("exifInfo") or {}
    return exif


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_MOST_AHEAD = 14 * 3600  # seconds that a clock on earth can be ahead of UTC, or behind it


def parse_time(text: Any) -> model.Taken:
    if not isinstance(text, str):
        raise TypeError("not a time")
    offset = text[-6:] if text[-6:-5] in ("+", "-") and text[-3:-2] == ":" else None
    return model.Taken(_seconds(text), text, offset, model.READ)


def dump_time(taken: model.Taken) -> Tuple[str]:
    return (taken.local or _in_utc(taken.seconds),)


def keep_time(taken: Optional[model.Taken]) -> Tuple[Optional[model.Taken], str]:
    """An instant without a local time is kept in UTC, for people who read the archive."""
    try:
        text = None if taken is None else taken.local or _in_utc(taken.seconds)
        return None if text is None else parse_time(text), ""
    except ValueError:
        return None, "the time at which it was taken, which no calendar has"


def answer_time(answer: Mapping[str, Any]) -> Optional[model.Taken]:
    """What the server says; the local time only once it has read the file, and where a clock on earth could have shown it.

    A local time without an offset Immich would move to the zone of the position, if there is one (observed on 2.7 and 3.1).
    """
    seconds, local = (_times.seconds_of_iso(parse_text(answer[name])) for name in ("fileCreatedAt", "localDateTime"))
    if seconds is None:
        return None
    ahead = 0 if local is None else round((local - seconds) / 60)
    if local is None or _exif(answer).get("modifyDate") is None or abs(ahead) * 60 > _MOST_AHEAD:
        return model.Taken(seconds, basis=model.READ)
    offset = "%s%02d:%02d" % ("-" if ahead < 0 else "+", *divmod(abs(ahead), 60))
    if not _exif(answer).get("timeZone") and answer_position(answer) is None:
        offset = ""
    text = (_times.EPOCH + datetime.timedelta(milliseconds=round(local * 1000))).isoformat(timespec="milliseconds")
    return model.Taken(seconds, text + offset, offset or None, model.READ)


def write_time(taken: model.Taken) -> Xmp:
    if taken.local is None:
        return {}
    # Without the offset once more Immich moves the time to the zone of the position (observed on 2.7 and 3.1).
    offset = {} if taken.offset is None else {EXIF + " OffsetTimeOriginal": taken.offset}
    return {EXIF + " DateTimeOriginal": taken.local, **offset}


def _seconds(moment: str) -> float:
    """A time in ISO 8601 in seconds since 1970, taken for UTC where it has no offset. Raises `ValueError`."""
    match = _MOMENT.fullmatch(moment)
    if match is None:
        raise ValueError("not a time")
    offset = match.group(3) or "Z"
    minutes = 0 if offset == "Z" else (int(offset[1:3]) * 60 + int(offset[4:])) * (-1 if offset[0] == "-" else 1)
    local = datetime.datetime.fromisoformat(match.group(1))
    return _times.to_seconds(local) + float(match.group(2) or 0) - minutes * 60


def _in_utc(seconds: float) -> str:
    moment = _times.from_seconds(round(seconds, 3))
    if moment is None:
        raise ValueError("not a time of Python's calendar")
    return _times.to_iso(moment, datetime.timedelta())


_RATINGS = (model.REJECTED, 1, 2, 3, 4, 5)


def parse_rating(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -1 <= value <= 5:
        raise ValueError("not a rating")
    return value


def keep_rating(rating: Optional[int]) -> Tuple[Optional[int], str]:
    return (rating, "") if rating is None or -1 <= rating <= 5 else (None, "its rating, which is not one of up to 5 stars")


def answer_rating(answer: Mapping[str, Any]) -> Optional[int]:
    return send_rating(_exif(answer).get("rating"))


def send_rating(rating: Any) -> Optional[int]:
    """Stars or -1, which Immich takes from a sidecar and as a change (1.135 to 3.1), though 3.1 loses -1. 1.135 answers 0 for no rating."""
    return rating if isinstance(rating, int) and not isinstance(rating, bool) and rating in _RATINGS else None


def parse_position(latitude: Any, longitude: Any) -> model.Position:
    north, east = _number(latitude), _number(longitude)
    position = None if north is None or east is None else send_position(model.Position(north, east))
    if position is None:
        raise ValueError("not a position")
    return position


def keep_position(position: Optional[model.Position]) -> Tuple[Optional[model.Position], str]:
    rounded = None if position is None else send_position(position)
    return rounded, "" if rounded == position else "its position, which is not on earth"


def send_position(position: model.Position) -> Optional[model.Position]:
    north, east = position
    return position if math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180 else None


def answer_position(answer: Mapping[str, Any]) -> Optional[model.Position]:
    north, east = (_number(_exif(answer).get(key)) for key in ("latitude", "longitude"))
    return None if north is None or east is None else model.Position(north, east)


def write_position(position: model.Position) -> Xmp:
    return {
        EXIF + " GPSLatitude": _in_minutes(position.latitude, "NS"),
        EXIF + " GPSLongitude": _in_minutes(position.longitude, "EW"),
    }


def _in_minutes(degrees: float, signs: str) -> str:
    """As XMP has it: whole degrees, a comma, minutes, and a letter in place of a sign."""
    whole, millionths = divmod(round(abs(degrees) * 60_000_000), 60_000_000)
    return "%d,%d.%06d%s" % (whole, millionths // 1_000_000, millionths % 1_000_000, signs[degrees < 0])


def _number(value: Any) -> Optional[float]:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


CAMERA = (TIFF + " Make", TIFF + " Model", EXIF_EX + " LensModel")


def parse_camera(*names: Any) -> model.Camera:
    camera = model.Camera(*("" if name is None else parse_text(name) for name in names))
    if not any(camera):
        raise ValueError("not a camera")
    return camera


def keep_camera(camera: Optional[model.Camera]) -> Tuple[Optional[model.Camera], str]:
    if camera is None or not any(camera):
        return None, ""
    kept = model.Camera(*("" if size_in_line(name) > _LONGEST_NAME else parse_text(name) for name in camera))
    return (kept if any(kept) else None), "" if kept == camera else "names of its camera, which are too long or have half characters"


def answer_camera(answer: Mapping[str, Any]) -> Optional[model.Camera]:
    camera = model.Camera(*(answer_text(answer, key) for key in ("make", "model", "lensModel")))
    return camera if any(camera) else None


def send_camera(camera: model.Camera) -> Optional[model.Camera]:
    sent = model.Camera(*map(model.text_for_xml, camera))
    return sent if any(sent) else None


def write_camera(camera: model.Camera) -> Xmp:
    return {name: text for name, text in zip(CAMERA, camera) if text}


_LONGEST_FACES = 128 * 1024  # bytes of all faces in a line of the manifest
_FACE = 128  # bytes of one, but for the name


def parse_faces(value: Any) -> PictureFaces:
    picture = value.get("picture")
    faces = tuple(_face(face) for face in _bounded_list(value["of"]))
    if not faces:
        raise ValueError("no faces")
    return PictureFaces(faces, None if picture is None else _stored_picture(*picture))


def dump_faces(faces: PictureFaces) -> Tuple[Dict[str, Any]]:
    of = [{"person": face.person.id, "name": face.person.name, "box": list(face.box)} for face in faces.faces]
    return ({"of": of} if faces.picture is None else {"of": of, "picture": list(faces.picture)},)


def keep_faces(faces: Optional[PictureFaces]) -> Tuple[Optional[PictureFaces], str]:
    """The first ones that fit, of which nothing but the ids and the names of the people."""
    if faces is None:
        return None, ""
    kept: List[Face] = []
    left, picture = _LONGEST_FACES, None
    for face in faces.faces:
        name = _text.valid_unicode(face.person.name)
        left -= size_in_line(name) + _FACE
        if left >= 0 and len(kept) < MOST_TEXTS:
            with suppress(ValueError):
                kept.append(_face({"person": face.person.id, "name": name, "box": face.box}))
    if faces.picture is not None:
        with suppress(ValueError):
            picture = _stored_picture(*faces.picture)
    shortened = PictureFaces(tuple(kept), picture) if kept else None
    if shortened == faces:
        return shortened, ""
    lost, total = len(faces.faces) - len(kept), len(faces.faces)
    return shortened, "%d of its %d faces" % (lost, total) if lost or not total else "some of what is known of its faces"


def send_faces(faces: PictureFaces) -> Optional[PictureFaces]:
    """Those that a sidecar can name."""
    named = tuple(face for face in faces.faces if model.text_for_xml(face.person.name))
    return None if faces.picture is None or not named else faces._replace(faces=named)


def write_faces(faces: PictureFaces) -> Xmp:
    """In the picture as it is stored, as programs take them, and as Immich does, which turns them with it (observed on 1.135 to 3.1)."""
    picture, areas = faces.picture, []
    if picture is None:
        return {}
    for face in faces.faces:
        box = picture.stored_box(face.box)
        area = ((box.left + box.right) / 2, (box.top + box.bottom) / 2, box.right - box.left, box.bottom - box.top)
        areas.append((model.text_for_xml(face.person.name), area))
    return {REGIONS + " Regions": XmpRegions((picture.width, picture.height), tuple(areas))}


def _bounded_list(value: Any) -> List[Any]:
    if not isinstance(value, list) or len(value) > MOST_TEXTS:
        raise ValueError("not a list")
    return value


def _face(value: Any) -> Face:
    left, top, right, bottom = (_number(number) for number in value["box"])
    if left is None or top is None or right is None or bottom is None or not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError("not a box")
    return Face(Person(_ids.checked_uuid(value["person"]), parse_text(value["name"])), FaceBox(left, top, right, bottom))


def _stored_picture(width: Any, height: Any, orientation: Any) -> StoredPicture:
    if not all(isinstance(number, int) and 0 < number < 2**31 for number in (width, height, orientation)) or orientation > 8:
        raise ValueError("not the size of a picture")
    return StoredPicture(width, height, orientation)
