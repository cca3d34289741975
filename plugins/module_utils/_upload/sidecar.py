# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sidecar that goes up with a file: what its export says of it, added to the one that is there.

Immich takes the keywords of a sidecar in place of those in the file, so that these are read and added: from XMP and from IPTC (ISO 10918-1,
ISO 16684-3, IPTC-IIM 4.2).
"""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO, Callable, FrozenSet, List, Optional, Sequence, Tuple, Union

from .. import _text, _times
from .._client import errors
from .._files import base
from .._metadata import model
from .options import TransferOptions

_PEOPLE = "People"
_XMP = (0xE1, b"http://ns.adobe.com/xap/1.0/\0")
_PHOTOSHOP = (0xED, b"Photoshop 3.0\0")
_WANTED = (_XMP[0], _PHOTOSHOP[0])
_RESOURCE, _IPTC = b"8BIM", 0x0404
_ENCODING, _KEYWORD = (1, 90), (2, 25)  # record and data set
_UTF8 = b"\x1b%G"

# Observed on 1.135 to 3.1: Immich cannot write tags into one that is not well-formed, or has a document type, nor read them from there.
_REPLACED = (
    "%s cannot be read as XMP: %s. It was left out, and a sidecar with the tags and what else is known of the photo goes up in its place. "
    "The local file stays as it is. To upload what it says, correct it before the upload."
)
_UNCHANGED = "%s cannot be read as XMP: %s. It is uploaded unchanged, and nothing is added to it."


def sidecar_content(
    item_metadata: model.Metadata,
    original: Optional[str],
    tags: Sequence[str],
    embedded: model.Keywords,
    existing: Optional[bytes],
    *,
    people_as_tags: bool,
) -> Optional[bytes]:
    """The sidecar for a file, or None for none. `existing` is the one that lies beside it; what that says is kept and wins.

    `original` is when it was taken (see `DateToSend`), `tags` are those that all files get, `embedded` is what the file itself has for
    keywords. A position and a description of the export win over those in the file: Immich takes the sidecar's first.

    Raises `UnreadableXmp` if `existing` is not XMP.
    """
    if item_metadata is model.NOTHING and original is None and not tags:  # as for most files of plain folders
        return existing
    from .._metadata import fields, xmp  # only here: xmp is large, and is compiled again on every run

    people = people_tags(item_metadata.people) if people_as_tags else []
    metadata = item_metadata._replace(
        taken=None if original is None else model.Taken(0.0, original, item_metadata.taken.offset if item_metadata.taken else None),
        tags=(*tags, *(tag for tag in map(model.text_for_xml, item_metadata.tags) if tag), *people),
        people=(),
        albums=(),
        faces=None,  # marked once the file is there: those of a sidecar, which only some servers read, get other ids each time
    )
    return xmp.with_metadata(existing, metadata, embedded) if fields.in_xmp(metadata) else existing


def time_beside_place(item: base.Item, existing: bytes, *, video: bool) -> Optional[str]:
    """The local time of a still whose own sidecar says a place and no time, for that sidecar; None where it need not be said.

    Without it Immich would take a time without a zone for UTC, and move it to the zone of the place (observed on 2.7 and 3.1). Raises
    `UnreadableXmp`, and as `Item.camera`.
    """
    if video or b"GPSLatitude" not in existing:  # most sidecars are not looked into
        return None
    from .._metadata import xmp  # only here, as above

    if not xmp.has_place_alone(existing):
        return None
    own = item.camera().time
    return _times.to_iso(own.local, None) if own is not None and own.offset is None else None


def people_tags(names: Sequence[str]) -> List[str]:
    """A tag `People/NAME` for each person. A `/` in a name would begin a further level."""
    return ["%s/%s" % (_PEOPLE, name) for name in (model.text_for_xml(name).replace("/", "-") for name in names) if name]


def _time_or_warning(item: base.Item, sidecar: base.SidecarPart, warn: Callable[[str], None], *, video: bool) -> Optional[str]:
    try:
        return time_beside_place(item, sidecar.content, video=video)
    except errors.MissingLibrary:
        warn(
            "%s says where its photo was taken and not when. Immich may move the photo's time to the zone of the place. With the Python "
            "library exifread on this host, the time is added to what is uploaded." % sidecar.path
        )
        return None


def sidecar_to_send(
    item: base.Item,
    metadata: model.Metadata,
    options: TransferOptions,
    tags: Sequence[str],
    original: Optional[str],
    embedded: model.Keywords,
    warn: Callable[[str], None],
    *,
    videos: FrozenSet[str],
) -> Tuple[Optional[base.SidecarPart], bool]:
    """What goes up beside a file, and whether the `tags` are in it.

    `metadata` is what of the item is to be in it. `original` is when it was taken (see `DateToSend`), `embedded` what the file
    itself has for keywords. Immich reads the sidecar together with the file. What a new file gets in another way it loses while it does
    that, or it loses that of the sidecar and of the file (observed on 1.135 to 3.1). `videos` are the extensions of videos. A sidecar that
    cannot be read is replaced where something is to be added to it. `LocalFailure` if it cannot be sent.
    """
    sidecar = item.read_sidecar()
    if sidecar is not None and not sidecar.content:  # Immich 3 would refuse the file because of it
        warn("%s is empty and was left out." % sidecar.path)
        sidecar = None
    if sidecar is not None:
        try:
            if original is None:
                original = _time_or_warning(item, sidecar, warn, video=item.extension in videos)
            content = sidecar_content(metadata, original, tags, embedded, sidecar.content, people_as_tags=options.people_as_tags)
            return None if content is None else sidecar._replace(content=content), bool(tags)
        except model.UnreadableXmp as exc:
            why = _text.printable(sidecar.path), exc
    content = sidecar_content(metadata, original, tags, embedded, None, people_as_tags=options.people_as_tags)
    if sidecar is not None:
        warn((_UNCHANGED if content is None else _REPLACED) % why)
    return sidecar if content is None else base.SidecarPart(item.path, content, None), bool(tags)


def embedded_keywords(source: Union[BinaryIO, bytes]) -> model.Keywords:
    """The keywords in a file's bytes, or in a stream that can seek; none unless it is a JPEG. `LocalFailure` if it cannot be read."""
    from .._media import structure
    from .._metadata import xmp  # only here: most files get no tags

    keywords = model.NO_KEYWORDS
    iptc: List[str] = []
    with suppress(structure.ReadLimitExceeded):
        for marker, payload in structure.segments(structure.BoundedReader(source), _WANTED):
            if _is(_XMP, marker, payload):
                with suppress(model.UnreadableXmp):  # Immich does not get anything out of it either
                    keywords = xmp.keywords_of(payload[len(_XMP[1]) :])
            elif _is(_PHOTOSHOP, marker, payload):
                iptc += _iptc_keywords(payload[len(_PHOTOSHOP[1]) :])
    return keywords._replace(plain=keywords.plain or [keyword for keyword in iptc if model.is_text(keyword)])


def _is(kind: Tuple[int, bytes], marker: int, payload: bytes) -> bool:
    return marker == kind[0] and payload.startswith(kind[1])


def _iptc_keywords(resources: bytes) -> List[str]:
    """The keywords in Photoshop's image resources."""
    at = 0
    while resources[at : at + 4] == _RESOURCE and at + 12 <= len(resources):
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        name = resources[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(resources[at : at + 4], "big")
        if number == _IPTC:
            return _keywords_in(resources[at + 4 : at + 4 + size])
        at += 4 + size + size % 2
    return []


def _keywords_in(records: bytes) -> List[str]:
    encoding, at = "cp1252", 0
    keywords: List[bytes] = []
    while at + 5 <= len(records) and records[at] == 0x1C:
        kind = records[at + 1], records[at + 2]
        size = int.from_bytes(records[at + 3 : at + 5], "big")
        value = records[at + 5 : at + 5 + size]
        if kind == _ENCODING and value == _UTF8:
            encoding = "utf-8"
        elif kind == _KEYWORD:
            keywords.append(value)
        at += 5 + size
    return [value.decode(encoding, "replace") for value in keywords]
