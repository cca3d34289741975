# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of what can be said of a photo: how each field is read, written and merged.

A new field is a line in `Metadata` and a row in `FIELDS`. An archive's manifest, the XMP sidecars of uploads and archives, what a server
answers and what it is asked to change all come from these rows.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from . import model, value_types

FILL, LEAVE = "fill", "leave"
"""What is done where a server already has a photo: fill in what it lacks, or leave that to others: tags have calls of their own, dates and
marks go by what the file itself says (see `Undated`), and what only the file can say stays."""


class MetadataField(NamedTuple):
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

    write: Callable[[Any], value_types.Xmp] = lambda _value: {}
    """What XMP says, by property, of what `send` returns."""

    merge: str = LEAVE


_NOTHING: Mapping[str, Any] = model.Metadata._field_defaults


def to_line(metadata: model.Metadata) -> Dict[str, Any]:
    """What a line of the manifest says of a photo."""
    line: Dict[str, Any] = {}
    for field, value in _stated(metadata):
        line.update(zip(field.keys, field.dump(value)))
    return line


def from_line(line: Mapping[str, Any], unread: List[str]) -> model.Metadata:
    """What a line of the manifest says. `unread` gets the names of fields whose value cannot be read: these are left out."""
    values: Dict[str, Any] = {}
    for field in FIELDS:
        if any(key in line for key in field.keys):
            try:
                values[field.name] = field.parse(*(line.get(key) for key in field.keys))
            except (TypeError, ValueError):
                unread.append(field.name)
    return model.Metadata(**values)


def from_answer(answer: Mapping[str, Any]) -> model.Metadata:
    """What Immich says of an asset, in a list or of it alone. Raises as reading an unexpected shape does, `TypeError`,
    `ValueError`, `LookupError` or `AttributeError`, if Immich would not say so."""
    return model.Metadata(**{field.name: field.answer(answer) for field in FIELDS})


def keep(metadata: model.Metadata) -> Tuple[model.Metadata, List[str]]:
    """What an archive can hold, and messages about what it cannot. How long a description may be, the rest of its line decides."""
    kept = {field.name: field.keep(getattr(metadata, field.name)) for field in FIELDS}
    values = {name: value for name, (value, _lost) in kept.items()}
    return model.Metadata(**values), [lost for _value, lost in kept.values() if lost]


def missing(wanted: model.Metadata, existing: model.Metadata) -> Dict[str, Any]:
    """What an asset lacks of what is wanted, by the names of `PUT /assets/{id}`. Nothing that it has is replaced."""
    changes: Dict[str, Any] = {}
    for field, value in _stated(wanted):
        if field.merge == FILL and getattr(existing, field.name) == _NOTHING[field.name]:
            sent = field.send(value)
            if sent != _NOTHING[field.name]:
                changes.update(zip(field.api, field.dump(sent)))
    return changes


def changed(existing: model.Metadata, wanted: model.Metadata, changes: Mapping[str, Any]) -> model.Metadata:
    """What an asset has once it was changed so, as far as it is known at once: its time Immich has to read again."""
    names = [field.name for field in FIELDS if field.name != "taken" and any(name in changes for name in field.api)]
    return existing._replace(**{name: getattr(wanted, name) for name in names if getattr(existing, name) == _NOTHING[name]})


def in_xmp(metadata: model.Metadata) -> Dict[str, value_types.Xmp]:
    """What XMP is to say, by property, by the name of the field."""
    by_field: Dict[str, value_types.Xmp] = {}
    for field, value in _stated(metadata):
        sent = field.send(value)
        if sent != _NOTHING[field.name]:
            by_field[field.name] = field.write(sent)
    return {name: properties for name, properties in by_field.items() if properties}


def _stated(metadata: model.Metadata) -> List[Tuple[MetadataField, Any]]:
    pairs = [(field, getattr(metadata, field.name)) for field in FIELDS]
    return [(field, value) for field, value in pairs if value != _NOTHING[field.name]]


def _names(name: str, answer: Callable[[Mapping[str, Any]], Tuple[str, ...]], xmp: str, member: Optional[str] = None) -> MetadataField:
    """The row of a list of names, which XMP has in the property `xmp`; see `XmpList` for `member`."""
    return MetadataField(
        name,
        (name,),
        parse=value_types.parse_texts,
        dump=lambda names: (list(names),),
        keep=value_types.keep_texts(name, value_types.LONGEST_NAMES),
        answer=answer,
        send=value_types.send_names,
        xmp=(xmp,),
        write=lambda names: {xmp: value_types.XmpList("Bag", names, member)},
    )


FIELDS = (
    MetadataField(
        "taken",
        ("taken",),
        parse=value_types.parse_time,
        dump=value_types.dump_time,
        keep=value_types.keep_time,
        answer=value_types.answer_time,
        api=("dateTimeOriginal",),
        # A document that has any of these has a time; the first is written.
        xmp=(
            value_types.EXIF + " DateTimeOriginal",
            value_types.EXIF + " DateTimeDigitized",
            "http://ns.adobe.com/photoshop/1.0/ DateCreated",
            value_types.XMP + " CreateDate",
        ),
        write=value_types.write_time,
    ),
    MetadataField(
        "zone",
        ("zone",),
        parse=value_types.parse_text,
        keep=value_types.keep_zone,
        answer=lambda answer: value_types.answer_text(answer, "timeZone") or None,
    ),
    MetadataField(
        "favorite",
        ("favorite",),
        parse=value_types.parse_truth,
        keep=value_types.keep_all,
        answer=lambda answer: value_types.parse_truth(answer["isFavorite"]),
        api=("isFavorite",),
    ),
    MetadataField(
        "visibility",
        ("visibility",),
        parse=value_types.parse_visibility,
        keep=value_types.keep_visibility,
        answer=lambda answer: value_types.parse_text(answer["visibility"]),
        api=("visibility",),
    ),
    MetadataField(
        "description",
        ("description",),
        parse=value_types.parse_text,
        keep=value_types.keep_text("description"),
        answer=lambda answer: value_types.answer_text(answer, "description"),
        send=value_types.send_description,
        api=("description",),
        # Both: Immich prefers the second, and finds it in the files of cameras that put their own name there (observed on 1.135 to 3.1).
        xmp=(value_types.DC + " description", value_types.TIFF + " ImageDescription"),
        write=lambda text: {
            name: value_types.XmpList("Alt", (text,)) for name in (value_types.DC + " description", value_types.TIFF + " ImageDescription")
        },
        merge=FILL,
    ),
    MetadataField(
        "rating",
        ("rating",),
        parse=value_types.parse_rating,
        keep=value_types.keep_rating,
        answer=value_types.answer_rating,
        send=value_types.send_rating,  # 0 would be a rating on 1.135
        api=("rating",),
        xmp=(value_types.XMP + " Rating",),
        write=lambda rating: {value_types.XMP + " Rating": str(rating)},
        merge=FILL,
    ),
    MetadataField(
        "position",
        ("latitude", "longitude"),
        parse=value_types.parse_position,
        dump=tuple,
        keep=value_types.keep_position,
        answer=value_types.answer_position,
        send=value_types.send_position,
        api=("latitude", "longitude"),
        xmp=(value_types.EXIF + " GPSLatitude", value_types.EXIF + " GPSLongitude"),
        write=value_types.write_position,
        merge=FILL,
    ),
    MetadataField(
        "camera",
        ("make", "model", "lens"),
        parse=value_types.parse_camera,
        dump=tuple,
        keep=value_types.keep_camera,
        answer=value_types.answer_camera,
        send=value_types.send_camera,
        xmp=value_types.CAMERA,
        write=value_types.write_camera,
    ),
    MetadataField(
        "tags",
        ("tags",),
        parse=value_types.parse_texts,
        dump=lambda tags: (list(tags),),
        keep=value_types.keep_texts("tags", value_types.LONGEST_TAGS),
        answer=lambda answer: value_types.answer_names(answer.get("tags"), "value"),
        send=value_types.send_tags,
        write=lambda tags: {value_types.TAGS_LIST: value_types.XmpList("Seq", tuple(value_types.spell_tag(tag) for tag in tags))},
    ),
    _names("people", lambda answer: value_types.answer_names(answer.get("people"), "name"), value_types.IPTC + " PersonInImage"),
    # An album knows its photos, and no photo its albums.
    _names("albums", lambda _answer: (), value_types.COLLECTIONS + " Collections", value_types.COLLECTIONS + " CollectionName"),
    MetadataField(
        "faces",
        ("faces",),
        parse=value_types.parse_faces,
        dump=value_types.dump_faces,
        keep=value_types.keep_faces,
        answer=lambda _answer: None,  # which takes a question of its own
        send=value_types.send_faces,
        xmp=(value_types.REGIONS + " Regions",),
        write=value_types.write_faces,
    ),
)
