# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of what can be said of a photo: how each field is read, written and merged.

A new field is a line in `Metadata` and a row in `FIELDS`. An archive's manifest, the XMP sidecars of uploads and archives, what a server
answers and what it is asked to change all come from these rows.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from .. import _times
from .._text import fit_for_xml
from . import model
from .model import text_for_xml

FILL, LEAVE = "fill", "leave"
"""What is done where a server already has a photo: fill in what it lacks, or leave that to others: tags have calls of their own, dates and
marks go by what the file itself says (see `Undated`), and what only the file can say stays."""

MOST_TEXTS = 10_000
"""Tags, people or albums of one photo."""


class XmpList(NamedTuple):
    """A list in XMP. `kind` is `Alt`, `Bag` or `Seq`. With `member` each text is not an item itself, but that property of it."""

    kind: str
    texts: Tuple[str, ...]
    member: Optional[str] = None


XmpValue = Union[str, XmpList]
Xmp = Dict[str, XmpValue]
"""Properties, each by its URI, a blank and its name."""

DC = "http://purl.org/dc/elements/1.1/"
DIGIKAM = "http://www.digikam.org/ns/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
TIFF = "http://ns.adobe.com/tiff/1.0/"
TAGS_LIST = DIGIKAM + " TagsList"
PREFIXES = {
    "dc": DC,
    "digiKam": DIGIKAM,
    "exif": EXIF,
    "tiff": TIFF,
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-coll": "http://www.metadataworkinggroup.com/schemas/collections/",
}
"""The name spaces of the table, each with the prefix that programs give it."""

_LONGEST_NAME = 256  # bytes, as of those below
_LONGEST_TAGS, _LONGEST_NAMES = 256 * 1024, 128 * 1024  # of all together. The rest of a line is the description's.
_MOST_AHEAD = 14 * 3600  # seconds that a clock on earth can be ahead of UTC, or behind it
_LINE_BREAK = re.compile("\r\n?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)

_CAMERA = (TIFF + " Make", TIFF + " Model", PREFIXES["exifEX"] + " LensModel")

# Texts that ExifTool, by which Immich reads a sidecar, gives out as a number, a truth value or nothing.
_MISREAD = re.compile(r"-?\d+(\.\d+)?e[-+]?\d+|-?\d+\.\d+|-0|true|false|null", re.IGNORECASE)


class Field(NamedTuple):
    """A row. Its functions take and give values as `Metadata` has them; `parse` and `answer` raise `ValueError` or `TypeError`."""

    name: str
    """That of the attribute of `Metadata`."""

    keys: Tuple[str, ...]
    """The names in a line of the manifest. A line lacks those of a field of which nothing is said."""

    parse: Callable[..., Any]
    """The value, of what the line has under `keys`. `parse(*dump(x)) == x` for each `x` that `keep` returns."""

    keep: Callable[[Any], Tuple[Any, str]]
    """What an archive can hold of a value, and what it cannot, as a part of a sentence; empty if it holds all."""

    answer: Callable[[Mapping[str, Any]], Any]
    """The value, of what Immich answers about an asset."""

    dump: Callable[[Any], Tuple[Any, ...]] = lambda value: (value,)
    """What goes under `keys`, and under `api`."""

    send: Callable[[Any], Any] = lambda value: value
    """The value as Immich can be sent it; that of nothing if it cannot."""

    api: Tuple[str, ...] = ()
    """What `PUT /assets/{id}` names it."""

    xmp: Tuple[str, ...] = ()
    """The properties that say it, each as URI, blank and name. A document that has one of them is given none."""

    write: Callable[[Any], Xmp] = lambda _value: {}
    """What XMP says, by property, of what `send` returns."""

    merge: str = LEAVE


def to_line(metadata: model.Metadata) -> Dict[str, Any]:
    """What a line of the manifest says of a photo."""
    line: Dict[str, Any] = {}
    for field, value in _said(metadata):
        line.update(zip(field.keys, field.dump(value)))
    return line


def from_line(line: Mapping[str, Any], unread: List[str]) -> model.Metadata:
    """What a line of the manifest says. `unread` gets the names of fields whose value cannot be read: these are left out."""
    found: Dict[str, Any] = {}
    for field in FIELDS:
        if any(key in line for key in field.keys):
            try:
                found[field.name] = field.parse(*(line.get(key) for key in field.keys))
            except (TypeError, ValueError):
                unread.append(field.name)
    return model.Metadata(**found)


def from_answer(answer: Mapping[str, Any]) -> model.Metadata:
    """What Immich says of an asset, in a list or of it alone. Raises `TypeError`, `ValueError` or `KeyError` if Immich would not say so."""
    return model.Metadata(**{field.name: field.answer(answer) for field in FIELDS})


def keep(metadata: model.Metadata) -> Tuple[model.Metadata, List[str]]:
    """What an archive can hold, and messages about what it cannot. How long a description may be, the rest of its line decides."""
    kept = {field.name: field.keep(getattr(metadata, field.name)) for field in FIELDS}
    values = {name: value for name, (value, _lost) in kept.items()}
    return model.Metadata(**values), [lost for _value, lost in kept.values() if lost]


def missing(wanted: model.Metadata, found: model.Metadata) -> Dict[str, Any]:
    """What an asset lacks of what is wanted, by the names of `PUT /assets/{id}`. Nothing that it has is replaced."""
    changes: Dict[str, Any] = {}
    for field, value in _said(wanted):
        if field.merge == FILL and getattr(found, field.name) == _NOTHING[field.name]:
            sent = field.send(value)
            if sent != _NOTHING[field.name]:
                changes.update(zip(field.api, field.dump(sent)))
    return changes


def changed(found: model.Metadata, wanted: model.Metadata, changes: Mapping[str, Any]) -> model.Metadata:
    """What an asset has once it was changed so, as far as it is known at once: its time Immich has to read again."""
    names = [field.name for field in FIELDS if field.name != "taken" and any(name in changes for name in field.api)]
    return found._replace(**{name: getattr(wanted, name) for name in names if getattr(found, name) == _NOTHING[name]})


def in_xmp(metadata: model.Metadata) -> Dict[str, Xmp]:
    """What XMP is to say, by property, by the name of the field."""
    found: Dict[str, Xmp] = {}
    for field, value in _said(metadata):
        sent = field.send(value)
        if sent != _NOTHING[field.name]:
            found[field.name] = field.write(sent)
    return {name: properties for name, properties in found.items() if properties}


def spell_tag(tag: str) -> str:
    """A tag as Immich reads it right: it makes `1.5` of `1.50`, but drops a `/` at the end (observed on 1.135 to 3.1)."""
    return tag + "/" if _MISREAD.fullmatch(tag) else tag


def size_in_line(text: str) -> int:
    """Bytes of a text in a line of the manifest, without its quotation marks."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - len('""')


def _said(metadata: model.Metadata) -> List[Tuple[Field, Any]]:
    pairs = [(field, getattr(metadata, field.name)) for field in FIELDS]
    return [(field, value) for field, value in pairs if value != _NOTHING[field.name]]


def _exif(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer.get("exifInfo") or {}
    return found


def _text(value: Any) -> str:
    """A text. Half of a surrogate pair, which JSON can hold and nothing else can, becomes U+FFFD."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _texts(value: Any) -> Tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_TEXTS:
        raise ValueError("not a list of texts")
    return tuple(_text(one) for one in value)


def _named(value: Any, key: str) -> Tuple[str, ...]:
    """What the objects of a list have under a key; empty texts are left out."""
    if not isinstance(value or [], list):
        raise TypeError("not a list")
    return tuple(_text(one[key]) for one in value or [] if one[key])


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def _number(value: Any) -> Optional[float]:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(what: str) -> Callable[[str], Tuple[str, str]]:
    def keep_whole(text: str) -> Tuple[str, str]:
        whole = _text(text)
        return whole, "" if whole == text else "half characters in its %s" % what

    return keep_whole


def _all_of_it(value: Any) -> Tuple[Any, str]:
    return value, ""


# The fields, from the table's top to its end.


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


def _parse_taken(text: Any) -> model.Taken:
    if not isinstance(text, str):
        raise TypeError("not a time")
    offset = text[-6:] if text[-6:-5] in ("+", "-") and text[-3:-2] == ":" else None
    return model.Taken(_seconds(text), text, offset, model.READ)


def _keep_taken(taken: Optional[model.Taken]) -> Tuple[Optional[model.Taken], str]:
    """An instant without a local time is kept in UTC, for people who read the archive."""
    try:
        text = None if taken is None else taken.local or _in_utc(taken.seconds)
        return None if text is None else _parse_taken(text), ""
    except ValueError:
        return None, "the time at which it was taken, which no calendar has"


def _answer_taken(answer: Mapping[str, Any]) -> Optional[model.Taken]:
    """What the server says; the local time only once it has read the file, and where a clock on earth could have shown it.

    A local time without an offset Immich would move to the zone of the position, if there is one (observed on 2.7 and 3.1).
    """
    seconds, local = (_times.seconds_of_iso(_text(answer[name])) for name in ("fileCreatedAt", "localDateTime"))
    if seconds is None:
        return None
    ahead = 0 if local is None else round((local - seconds) / 60)
    if local is None or _exif(answer).get("modifyDate") is None or abs(ahead) * 60 > _MOST_AHEAD:
        return model.Taken(seconds, basis=model.READ)
    offset = "%s%02d:%02d" % ("-" if ahead < 0 else "+", *divmod(abs(ahead), 60))
    if not _exif(answer).get("timeZone") and _answer_position(answer) is None:
        offset = ""
    text = (_times.EPOCH + datetime.timedelta(milliseconds=round(local * 1000))).isoformat(timespec="milliseconds")
    return model.Taken(seconds, text + offset, offset or None, model.READ)


def _write_taken(taken: model.Taken) -> Xmp:
    if taken.local is None:
        return {}
    # Without the offset once more Immich moves the time to the zone of the position (observed on 2.7 and 3.1).
    offset = {} if taken.offset is None else {EXIF + " OffsetTimeOriginal": taken.offset}
    return {EXIF + " DateTimeOriginal": taken.local, **offset}


def _keep_zone(zone: Optional[str]) -> Tuple[Optional[str], str]:
    if zone is not None and size_in_line(zone) > _LONGEST_NAME:
        return None, "the name of its time zone, which is too long"
    return (None, "") if zone is None else _whole("time zone")(zone)


def _parse_visibility(value: Any) -> str:
    if value not in model.VISIBILITIES:
        raise ValueError("not a visibility")
    return str(value)


def _keep_visibility(visibility: str) -> Tuple[str, str]:
    if visibility in model.VISIBILITIES:
        return visibility, ""
    return "timeline", "its visibility '%s', which this version of the collection does not know" % visibility


def description_to_send(text: str) -> str:
    """A description as XML can hold it and Immich reads it right: it cuts a blank off, but makes `1.5` of `1.50` and nothing of `0`.

    Observed on 1.135 to 3.1.
    """
    text = fit_for_xml(_LINE_BREAK.sub("\n", text.strip()))
    return text + " " if text == "0" or _MISREAD.fullmatch(text) else text


def _parse_rating(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -1 <= value <= 5:
        raise ValueError("not a rating")
    return value


def _keep_rating(rating: Optional[int]) -> Tuple[Optional[int], str]:
    return (rating, "") if rating is None or -1 <= rating <= 5 else (None, "its rating, which is not one of up to 5 stars")


def _stars(rating: Any) -> Optional[int]:
    """None was 0 on 1.135, and -1 is what some programs write for a picture that was rejected."""
    return rating if isinstance(rating, int) and not isinstance(rating, bool) and 1 <= rating <= 5 else None


def _parse_position(latitude: Any, longitude: Any) -> model.Position:
    north, east = _number(latitude), _number(longitude)
    position = None if north is None or east is None else _on_earth(model.Position(north, east))
    if position is None:
        raise ValueError("not a position")
    return position


def _keep_position(position: Optional[model.Position]) -> Tuple[Optional[model.Position], str]:
    kept = None if position is None else _on_earth(position)
    return kept, "" if kept == position else "its position, which is not on earth"


def _on_earth(position: model.Position) -> Optional[model.Position]:
    north, east = position
    return position if math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180 else None


def _answer_position(answer: Mapping[str, Any]) -> Optional[model.Position]:
    north, east = (_number(_exif(answer).get(key)) for key in ("latitude", "longitude"))
    return None if north is None or east is None else model.Position(north, east)


def _write_position(position: model.Position) -> Xmp:
    return {
        EXIF + " GPSLatitude": _in_minutes(position.latitude, "NS"),
        EXIF + " GPSLongitude": _in_minutes(position.longitude, "EW"),
    }


def _in_minutes(degrees: float, signs: str) -> str:
    """As XMP has it: whole degrees, a comma, minutes, and a letter in place of a sign."""
    whole, millionths = divmod(round(abs(degrees) * 60_000_000), 60_000_000)
    return "%d,%d.%06d%s" % (whole, millionths // 1_000_000, millionths % 1_000_000, signs[degrees < 0])


def _parse_camera(*names: Any) -> model.Camera:
    camera = model.Camera(*("" if name is None else _text(name) for name in names))
    if not any(camera):
        raise ValueError("not a camera")
    return camera


def _keep_camera(camera: Optional[model.Camera]) -> Tuple[Optional[model.Camera], str]:
    if camera is None or not any(camera):
        return None, ""
    kept = model.Camera(*("" if size_in_line(name) > _LONGEST_NAME else _text(name) for name in camera))
    return (kept if any(kept) else None), "" if kept == camera else "names of its camera, which are too long or have half characters"


def _answer_camera(answer: Mapping[str, Any]) -> Optional[model.Camera]:
    camera = model.Camera(*(_text(_exif(answer).get(key) or "") for key in ("make", "model", "lensModel")))
    return camera if any(camera) else None


def _send_camera(camera: model.Camera) -> Optional[model.Camera]:
    sent = model.Camera(*map(text_for_xml, camera))
    return sent if any(sent) else None


def _write_camera(camera: model.Camera) -> Xmp:
    return {name: text for name, text in zip(_CAMERA, camera) if text}


def _keep_texts(what: str, longest: int) -> Callable[[Tuple[str, ...]], Tuple[Tuple[str, ...], str]]:
    """Those that fit, from the beginning; one that is too long by itself is left out."""

    def keep_first(texts: Tuple[str, ...]) -> Tuple[Tuple[str, ...], str]:
        found: List[str] = []
        left = longest
        for text in texts:
            size = size_in_line(text) + len('"",')
            if size <= left and len(found) < MOST_TEXTS:
                left -= size
                found.append(_text(text))
        if len(found) < len(texts):
            return tuple(found), "%d of its %d %s" % (len(texts) - len(found), len(texts), what)
        return tuple(found), "" if tuple(found) == texts else "half characters in its %s" % what

    return keep_first


def _tags(tags: Tuple[str, ...]) -> Tuple[str, ...]:
    """Spaces at a tag's ends are part of it."""
    return tuple(dict.fromkeys(fit_for_xml(tag) for tag in tags if tag))


def _lines(texts: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in map(text_for_xml, texts) if text))


FIELDS = (
    Field(
        "taken",
        ("taken",),
        parse=_parse_taken,
        dump=lambda taken: (taken.local or _in_utc(taken.seconds),),
        keep=_keep_taken,
        answer=_answer_taken,
        api=("dateTimeOriginal",),
        # A document that has any of these has a time; the first is written.
        xmp=(
            EXIF + " DateTimeOriginal",
            EXIF + " DateTimeDigitized",
            "http://ns.adobe.com/photoshop/1.0/ DateCreated",
            PREFIXES["xmp"] + " CreateDate",
        ),
        write=_write_taken,
    ),
    Field("zone", ("zone",), parse=_text, keep=_keep_zone, answer=lambda answer: _text(_exif(answer).get("timeZone") or "") or None),
    Field(
        "favorite", ("favorite",), parse=_truth, keep=_all_of_it, answer=lambda answer: _truth(answer["isFavorite"]), api=("isFavorite",)
    ),
    Field(
        "visibility",
        ("visibility",),
        parse=_parse_visibility,
        keep=_keep_visibility,
        answer=lambda answer: _text(answer["visibility"]),
        api=("visibility",),
    ),
    Field(
        "description",
        ("description",),
        parse=_text,
        keep=_whole("description"),
        answer=lambda answer: _text(_exif(answer).get("description") or ""),
        send=description_to_send,
        api=("description",),
        # Both: Immich prefers the second, and finds it in the files of cameras that put their own name there (observed on 1.135 to 3.1).
        xmp=(DC + " description", TIFF + " ImageDescription"),
        write=lambda text: {name: XmpList("Alt", (text,)) for name in (DC + " description", TIFF + " ImageDescription")},
        merge=FILL,
    ),
    Field(
        "rating",
        ("rating",),
        parse=_parse_rating,
        keep=_keep_rating,
        answer=lambda answer: _stars(_exif(answer).get("rating")),
        send=_stars,  # 0 would be a rating on 1.135
        api=("rating",),
        xmp=(PREFIXES["xmp"] + " Rating",),
        write=lambda rating: {PREFIXES["xmp"] + " Rating": str(rating)},
        merge=FILL,
    ),
    Field(
        "position",
        ("latitude", "longitude"),
        parse=_parse_position,
        dump=tuple,
        keep=_keep_position,
        answer=_answer_position,
        send=_on_earth,
        api=("latitude", "longitude"),
        xmp=(EXIF + " GPSLatitude", EXIF + " GPSLongitude"),
        write=_write_position,
        merge=FILL,
    ),
    Field(
        "camera",
        ("make", "model", "lens"),
        parse=_parse_camera,
        dump=tuple,
        keep=_keep_camera,
        answer=_answer_camera,
        send=_send_camera,
        xmp=_CAMERA,
        write=_write_camera,
    ),
    Field(
        "tags",
        ("tags",),
        parse=_texts,
        dump=lambda tags: (list(tags),),
        keep=_keep_texts("tags", _LONGEST_TAGS),
        answer=lambda answer: _named(answer.get("tags"), "value"),
        send=_tags,
        write=lambda tags: {TAGS_LIST: XmpList("Seq", tuple(spell_tag(tag) for tag in tags))},
    ),
    Field(
        "people",
        ("people",),
        parse=_texts,
        dump=lambda people: (list(people),),
        keep=_keep_texts("people", _LONGEST_NAMES),
        answer=lambda answer: _named(answer.get("people"), "name"),
        send=_lines,
        xmp=(PREFIXES["Iptc4xmpExt"] + " PersonInImage",),
        write=lambda people: {PREFIXES["Iptc4xmpExt"] + " PersonInImage": XmpList("Bag", people)},
    ),
    Field(
        "albums",
        ("albums",),
        parse=_texts,
        dump=lambda albums: (list(albums),),
        keep=_keep_texts("albums", _LONGEST_NAMES),
        answer=lambda _answer: (),  # an album knows its photos, and no photo its albums
        send=_lines,
        xmp=(PREFIXES["mwg-coll"] + " Collections",),
        write=lambda albums: {PREFIXES["mwg-coll"] + " Collections": XmpList("Bag", albums, PREFIXES["mwg-coll"] + " CollectionName")},
    ),
)

_NOTHING: Mapping[str, Any] = model.Metadata._field_defaults
