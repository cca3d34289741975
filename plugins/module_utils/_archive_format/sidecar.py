# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The XMP sidecar of a photo in an archive: what Immich knows of it, in fields that other programs know too.

| what | field |
|---|---|
| description | `dc:description`, `tiff:ImageDescription` |
| tags | `digiKam:TagsList`, `lr:hierarchicalSubject`, `dc:subject` (the last level alone) |
| rating | `xmp:Rating` |
| position | `exif:GPSLatitude`, `exif:GPSLongitude` |
| time with its zone | `exif:DateTimeOriginal`, `exif:OffsetTimeOriginal` |
| people | `Iptc4xmpExt:PersonInImage` (IPTC Extension) |
| albums | `mwg-coll:Collections` (Metadata Working Group) |

There is no field for a favourite, what is archived, a stack, or the two halves of a live photo: those stand in the manifest alone.
"""

from __future__ import annotations

from typing import List, Sequence
from xml.etree import ElementTree

from .._metadata import keywords, model
from .._metadata.keywords import text_for_xml
from .._metadata.xmp import Properties, with_properties
from .record import Record

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_COLLECTIONS = "http://www.metadataworkinggroup.com/schemas/collections/"
_DIGIKAM_TAGS = "{http://www.digikam.org/ns/1.0/}TagsList"
_OURS = "{%s}" % _RDF

for _prefix, _uri in (("lr", _LIGHTROOM), ("Iptc4xmpExt", _IPTC), ("mwg-coll", _COLLECTIONS)):
    ElementTree.register_namespace(_prefix, _uri)


def archive_sidecar(record: Record) -> bytes:
    """The sidecar; the same for the same record."""
    position = None
    if record.latitude is not None and record.longitude is not None:
        position = model.Position(record.latitude, record.longitude)
    dated = record.dated
    properties = Properties(
        tags=list(dict.fromkeys(tag for tag in map(text_for_xml, record.tags) if tag)),
        description=record.description,
        position=position,
        taken=dated.original if dated else None,
        rating=record.rating,
        offset=dated.offset if dated else None,
    )
    root = ElementTree.fromstring(with_properties(None, properties, keywords.NO_KEYWORDS))  # our own bytes: nothing of it is hostile
    tags = [item.text or "" for item in root.iterfind(".//%s/*/%sli" % (_DIGIKAM_TAGS, _OURS))]
    more = ElementTree.Element("%sDescription" % _OURS, {"%sabout" % _OURS: ""})
    if tags:
        levels = [tag.rstrip("/").split("/") for tag in tags]
        _bag(more, "{%s}hierarchicalSubject" % _LIGHTROOM, ["|".join(one) for one in levels])
        _bag(more, "{%s}subject" % _DC, list(dict.fromkeys(one[-1] for one in levels)))
    if record.people:
        _bag(more, "{%s}PersonInImage" % _IPTC, [text_for_xml(name) for name in record.people])
    if record.albums:
        for item in _bag(more, "{%s}Collections" % _COLLECTIONS, [text_for_xml(name) for name in record.albums]):
            name, item.text = item.text, None
            item.set("%sparseType" % _OURS, "Resource")
            ElementTree.SubElement(item, "{%s}CollectionName" % _COLLECTIONS).text = name
    if len(more):
        root[0].append(more)
    text: bytes = ElementTree.tostring(root, encoding="us-ascii")
    return text


def _bag(description: ElementTree.Element, name: str, texts: Sequence[str]) -> List[ElementTree.Element]:
    bag = ElementTree.SubElement(ElementTree.SubElement(description, name), "%sBag" % _OURS)
    for text in texts:
        ElementTree.SubElement(bag, "%sli" % _OURS).text = text
    return list(bag)
