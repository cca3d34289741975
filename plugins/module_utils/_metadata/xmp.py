# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""XMP: the keywords in a document, and a document with more properties (ISO 16684-1).

A document is never rewritten: what is added is put between the bytes that are there, so that everything else stays as it was,
whatever program wrote it.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set
from xml.etree import ElementTree
from xml.parsers import expat

from .._text import fit_for_xml
from . import keywords, model

_X = "adobe:ns:meta/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DIGIKAM = "http://www.digikam.org/ns/1.0/"
_DC = "http://purl.org/dc/elements/1.1/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"

_ROOT = _RDF + " RDF"
_DESCRIPTION = _RDF + " Description"
_CONTAINERS = tuple("%s %s" % (_RDF, kind) for kind in ("Seq", "Bag", "Alt"))
_ITEM = _RDF + " li"
_TAGS = _DIGIKAM + " TagsList"
_HIERARCHICAL = "http://ns.adobe.com/lightroom/1.0/ hierarchicalSubject"
_SUBJECT = _DC + " subject"

# The first of each is what is written. What has one of them is not given another.
_DESCRIPTIONS = (_DC + " description", _TIFF + " ImageDescription")
_POSITIONS = (_EXIF + " GPSLatitude", _EXIF + " GPSLongitude")
_DATES = (_EXIF + " DateTimeOriginal", _EXIF + " DateTimeDigitized", _PHOTOSHOP + " DateCreated", _XMP + " CreateDate")
_OFFSET = _EXIF + " OffsetTimeOriginal"
_RATINGS = (_XMP + " Rating",)
_WRITTEN = frozenset(_DESCRIPTIONS + _POSITIONS + _DATES + _RATINGS)

# What programs write stays far below both.
_DEEPEST = 100  # elements inside of each other
_MOST_KEYWORDS = 10_000

# Texts that ExifTool, by which Immich reads a sidecar, gives out as a number, a truth value or nothing.
_MISREAD = re.compile(r"-?\d+(\.\d+)?e[-+]?\d+|-?\d+\.\d+|-0|true|false|null", re.IGNORECASE)

_LINE_BREAK = re.compile("\r\n?")

_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}

for _prefix, _uri in (
    ("x", _X),
    ("rdf", _RDF),
    ("digiKam", _DIGIKAM),
    ("dc", _DC),
    ("exif", _EXIF),
    ("tiff", _TIFF),
    ("xmp", _XMP),
):
    ElementTree.register_namespace(_prefix, _uri)


def keywords_of(content: bytes) -> keywords.Keywords:
    """The keywords of a document. Raises `Unreadable`."""
    return _Document(content).keywords


def has_place_alone(content: bytes) -> bool:
    """Whether a document says where its picture was taken, and not when. Raises `Unreadable`."""
    present = _Document(content).present
    return not present.isdisjoint(_POSITIONS) and present.isdisjoint(_DATES)


class Properties(NamedTuple):
    """What a document is to say; None or empty of what it need not. `taken` is in ISO 8601, with an offset, with `Z`, or local.

    `offset` is that of `taken` once more, as `+02:00`, where it is to hold whatever zone the position is in.
    """

    tags: Sequence[str] = ()
    description: Optional[str] = None
    position: Optional[model.Position] = None
    taken: Optional[str] = None
    rating: Optional[int] = None
    offset: Optional[str] = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it can be written."""
        return not (self.tags or _attributes(self, frozenset()) or description_text(self.description))


def with_properties(content: Optional[bytes], properties: Properties, embedded: keywords.Keywords) -> bytes:
    """The sidecar with what it lacks of the properties, or a new one where there is none. `embedded` is what the file itself has.

    Tags are added to its `TagsList`. Immich takes as tags the first of these that is not empty: `TagsList` (the sidecar's, else the
    file's), `hierarchicalSubject` likewise, plain keywords likewise (observed on 1.135 to 3.1). A new `TagsList` begins with what it would
    have taken, which it would no longer see otherwise. All else is added where the sidecar says nothing of the kind. Raises `Unreadable`.
    """
    added = [_spelled(tag) for tag in properties.tags]
    if content is None:
        tags = _distinct(_effective(keywords.NO_KEYWORDS, embedded), added) if added else []
        return _new_document(_description_of(properties, tags, frozenset(), ""))
    document = _Document(content)
    own = document.keywords
    wanted = _distinct(_effective(own, embedded), added) if added else own.tags
    description = _description_of(properties, [] if own.tags else wanted, document.present, document.about)
    changed = content
    # The end of what is described comes behind the end of the tags, whose place must not move before they are added.
    if len(description) or len(description.attrib) > 1:
        changed = document.insert(changed, document.end_of_rdf, _bytes_of(description))
    if own.tags:
        changed = document.insert(changed, document.end_of_tags, b"".join(_bytes_of(_item(tag)) for tag in wanted[len(set(own.tags)) :]))
    # In an encoding in which the added bytes mean something else, this is where it comes out.
    now = _Document(changed)
    if set(now.keywords.tags) != set(wanted) or not _names_in(description) <= now.present:
        raise keywords.Unreadable("it is in an encoding that nothing can be added to")
    return changed


def _effective(own: keywords.Keywords, embedded: keywords.Keywords) -> List[str]:
    ranked = (own.tags, embedded.tags, own.hierarchical, embedded.hierarchical, own.plain, embedded.plain)
    return next((found for found in ranked if found), [])


def _distinct(first: Sequence[str], then: Sequence[str]) -> List[str]:
    return list(dict.fromkeys([*first, *then]))


def _spelled(tag: str) -> str:
    """A tag as Immich reads it right: it makes `1.5` of `1.50`, but drops a `/` at the end (observed on 1.135 to 3.1)."""
    return tag + "/" if _MISREAD.fullmatch(tag) else tag


class _Document:
    """What is where in a document. Of a property that is there twice the last one counts, as for ExifTool, by which Immich reads it."""

    def __init__(self, content: bytes) -> None:
        self._path: List[str] = []  # the elements around the present place, its own last
        self._rdf: Optional[int] = None  # how many elements are around what is in rdf:RDF
        self._text: Optional[List[str]] = None
        self._items: List[str] = []
        self._found: Dict[str, List[str]] = {_TAGS: [], _HIERARCHICAL: [], _SUBJECT: []}
        self._about: Optional[str] = None
        self._present: Set[str] = set()
        self.end_of_tags = self.end_of_rdf = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")  # names are "URI name" then
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as exc:  # the latter two: encodings that expat and Python do not know
            raise keywords.Unreadable("it is not well-formed XML: %s" % exc) from None
        if not self.end_of_rdf:
            raise keywords.Unreadable("it has no rdf:Description")

    @property
    def about(self) -> str:
        """What the document says that it is about; all of its descriptions must say the same."""
        return self._about or ""

    @property
    def keywords(self) -> keywords.Keywords:
        """Its keywords."""
        levels = [tag.replace("/", "\n").replace("|", "/").replace("\n", "|") for tag in self._found[_HIERARCHICAL]]
        return keywords.Keywords(self._found[_TAGS], levels, self._found[_SUBJECT])

    @property
    def present(self) -> FrozenSet[str]:
        """Which of the properties that can be written it has, as URI, blank and name."""
        return frozenset(self._present)

    @staticmethod
    def insert(content: bytes, at: int, added: bytes) -> bytes:
        """A document with some ASCII put in at a position."""
        wide = _WIDE.get(content[:2])
        return content[:at] + (added.decode("ascii").encode(wide) if wide else added) + content[at:]

    @property
    def _inside(self) -> List[str]:
        return [] if self._rdf is None else self._path[self._rdf :]

    @property
    def _list(self) -> Optional[str]:
        """The property whose list is around the present place."""
        inside = self._inside
        fits = len(inside) >= 3 and inside[0] == _DESCRIPTION and inside[1] in self._found and inside[2] in _CONTAINERS
        return inside[1] if fits else None

    def _start(self, name: str, attributes: Dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise keywords.Unreadable("its elements are nested too deeply")
        if name == _ROOT and self._rdf is None and not self.end_of_rdf:
            self._rdf = len(self._path)
        elif self._inside == [_DESCRIPTION]:
            if self._about is None:
                self._about = attributes.get(_RDF + " about", "")
            self._present.update(_WRITTEN.intersection(attributes))
        elif len(self._inside) == 2 and name in _WRITTEN:
            self._present.add(name)
        elif name == _ITEM and self._list and len(self._inside) == 4:
            self._text = []

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        inside, found = self._inside, self._list
        if self._text is not None and len(inside) == 4:
            self._items.append("".join(self._text))
            self._text = None
            if len(self._items) > _MOST_KEYWORDS:
                raise keywords.Unreadable("it has too many keywords")
        elif found and len(inside) == 3 and self._items:
            self._found[found], self._items = self._items, []
            if found == _TAGS:
                self.end_of_tags = self._parser.CurrentByteIndex
        elif len(self._path) == self._rdf:
            # Without a description inside it could be an empty-element tag, which has no end of its own.
            self.end_of_rdf = self._parser.CurrentByteIndex if self._about is not None else 0
            self._rdf = None
        self._path.pop()


def _new_document(description: ElementTree.Element) -> bytes:
    root = ElementTree.Element("{%s}xmpmeta" % _X)
    ElementTree.SubElement(root, "{%s}RDF" % _RDF).append(description)
    return _bytes_of(root)


def _refuse_doctype(*_: Any) -> None:
    # XMP has none, and the entities that it can declare are how a few bytes become gigabytes.
    raise keywords.Unreadable("it has a document type declaration")


def _description_of(properties: Properties, tags: Sequence[str], present: FrozenSet[str], about: str) -> ElementTree.Element:
    """What is added to a document that has some of the properties, and whose tags are put into a new list, if there are any."""
    attributes = {_tag(name): value for name, value in _attributes(properties, present).items()}
    description = ElementTree.Element("{%s}Description" % _RDF, {"{%s}about" % _RDF: about, **attributes})
    text = description_text(properties.description)
    if text and present.isdisjoint(_DESCRIPTIONS):
        # The second since Immich prefers it, and finds it in the files of cameras that put their own name there (observed on 1.135 to 3.1).
        for name in _DESCRIPTIONS:
            item = _list_of(description, _tag(name), "Alt", [text])
            item[0].set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")
    if tags:
        _list_of(description, "{%s}TagsList" % _DIGIKAM, "Seq", tags)
    return description


def _attributes(properties: Properties, present: FrozenSet[str]) -> Dict[str, str]:
    """The properties that are a single value, by URI, blank and name."""
    found: Dict[str, str] = {}
    if properties.taken and present.isdisjoint(_DATES):
        found[_DATES[0]] = properties.taken
        if properties.offset:  # without it Immich moves the time to the zone of the position (observed on 2.7 and 3.1)
            found[_OFFSET] = properties.offset
    if properties.position and is_on_earth(properties.position) and present.isdisjoint(_POSITIONS):
        found[_POSITIONS[0]] = _degrees(properties.position.latitude, "NS")
        found[_POSITIONS[1]] = _degrees(properties.position.longitude, "EW")
    # 0 is what no rating is (1.135 stores it as one).
    if properties.rating is not None and 1 <= properties.rating <= 5 and present.isdisjoint(_RATINGS):
        found[_RATINGS[0]] = str(properties.rating)
    return found


def is_on_earth(position: model.Position) -> bool:
    return abs(position.latitude) <= 90 and abs(position.longitude) <= 180  # both are false for what is not a number


def _degrees(value: float, signs: str) -> str:
    """As XMP has it: whole degrees, a comma, minutes, and a letter in place of a sign."""
    degrees, millionths = divmod(round(abs(value) * 60_000_000), 60_000_000)
    return "%d,%d.%06d%s" % (degrees, millionths // 1_000_000, millionths % 1_000_000, signs[value < 0])


def description_text(text: Optional[str]) -> str:
    """A description as XML can hold it and Immich reads it right: it cuts a blank off, but makes `1.5` of `1.50` and nothing of `0`.

    Observed on 1.135 to 3.1.
    """
    text = fit_for_xml(_LINE_BREAK.sub("\n", (text or "").strip()))
    return text + " " if text == "0" or _MISREAD.fullmatch(text) else text


def _names_in(description: ElementTree.Element) -> Set[str]:
    """The properties in a description that is added."""
    names = {name[1:].replace("}", " ") for name in (*description.attrib, *(one.tag for one in description))}
    return names & _WRITTEN


def _tag(name: str) -> str:
    return "{%s}%s" % tuple(name.split(" "))


def _list_of(description: ElementTree.Element, name: str, kind: str, texts: Sequence[str]) -> ElementTree.Element:
    container = ElementTree.SubElement(ElementTree.SubElement(description, name), "{%s}%s" % (_RDF, kind))
    container.extend(_item(text) for text in texts)
    return container


def _item(text: str) -> ElementTree.Element:
    item = ElementTree.Element("{%s}li" % _RDF)
    item.text = text
    return item


def _bytes_of(element: ElementTree.Element) -> bytes:
    # What is not ASCII becomes character references, which mean the same in every encoding that the document may have.
    text: bytes = ElementTree.tostring(element, encoding="us-ascii")
    return text
