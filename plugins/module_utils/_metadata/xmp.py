# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""XMP: the keywords in a document, and a document with more properties (ISO 16684-1).

A document is never rewritten: what is added is put between the bytes that are there, and what is replaced is cut out, so that everything
else stays as it was, whatever program wrote it.
"""

from __future__ import annotations

import codecs
import re
from typing import AbstractSet, Any, Dict, FrozenSet, Iterator, List, Mapping, Match, NamedTuple, Optional, Sequence, Set, Tuple
from xml.etree import ElementTree
from xml.parsers import expat

from . import fields, model, value_types

_X = "adobe:ns:meta/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"

_ROOT = _RDF + " RDF"
_DESCRIPTION = _RDF + " Description"
_ABOUT = _RDF + " about"
_CONTAINERS = tuple("%s %s" % (_RDF, kind) for kind in ("Seq", "Bag", "Alt"))
_ITEM = _RDF + " li"
_TAGS = value_types.TAGS_LIST
_HIERARCHICAL = _LIGHTROOM + " hierarchicalSubject"
_SUBJECT = value_types.DC + " subject"

_XMP_OF = {field.name: field.xmp for field in fields.FIELDS}
_WRITTEN = frozenset(name for names in _XMP_OF.values() for name in names)

# What programs write stays far below both.
_DEEPEST = 100  # elements inside of each other
_MOST_KEYWORDS = value_types.MOST_TEXTS

_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}

_DECLARATION = '<?xml version="1.0" encoding="UTF-16"?>'
_NEW = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%s">%s</rdf:RDF></x:xmpmeta>'
_ANY_DECLARATION = re.compile(r"\A<\?xml\s[^>]*\?>")
# Tags in a document that is known to be well-formed. None of them is looked for: that would take time with the square of what it says.
_NAME = re.compile(rb"<[^\s/>]+")
_START_TAG = re.compile(rb"""<[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_ODD_ENCODING = "it is in an encoding that nothing can be added to"

for _prefix, _uri in (("x", _X), ("rdf", _RDF), ("lr", _LIGHTROOM), *value_types.PREFIXES.items()):
    ElementTree.register_namespace(_prefix, _uri)


def keywords_of(content: bytes) -> model.Keywords:
    """The keywords of a document. Raises `UnreadableXmp`."""
    return _Document(content).keywords


def has_place_alone(content: bytes) -> bool:
    """Whether a document says where its picture was taken, and not when. Raises `UnreadableXmp`."""
    present = _Document(content).present
    return not present.isdisjoint(_XMP_OF["position"]) and present.isdisjoint(_XMP_OF["taken"])


def with_metadata(content: Optional[bytes], metadata: model.Metadata, embedded: model.Keywords) -> bytes:
    """The sidecar with what it lacks of the metadata, or a new one where there is none. `embedded` is what the file itself has.

    Tags are added to its `TagsList`. Immich takes as tags the first of these that is not empty: `TagsList` (the sidecar's, else the
    file's), `hierarchicalSubject` likewise, plain keywords likewise (observed on 1.135 to 3.1). A new `TagsList` begins with what it would
    have taken, which it would no longer see otherwise. All else is added where the sidecar says nothing of the kind.

    Raises `UnreadableXmp`.
    """
    says = fields.in_xmp(metadata)
    added = _texts_of(says.pop("tags", {}))
    if content is None:
        tags = _distinct(_effective(model.NO_KEYWORDS, embedded), added) if added else []
        return _new_document(_description_of(says, tags, frozenset(), ""))
    document = _Document(content)
    own = document.keywords
    wanted = _distinct(_effective(own, embedded), added) if added else own.tags
    description = _description_of(says, [] if own.tags else wanted, document.present, document.about)
    changed = content
    # The end of what is described comes behind the end of the tags, whose place must not move before they are added.
    if len(description) or len(description.attrib) > 1:
        changed = document.insert(changed, document.end_of_rdf, _bytes_of(description))
    if own.tags:
        changed = document.insert(changed, document.end_of_tags, b"".join(_bytes_of(_item(tag)) for tag in wanted[len(set(own.tags)) :]))
    # In an encoding in which the added bytes mean something else, this is where it comes out.
    now = _Document(changed)
    if set(now.keywords.tags) != set(wanted) or not _names_in(description) <= now.present:
        raise model.UnreadableXmp(_ODD_ENCODING)
    return content if changed == content else _with_declaration(changed)


class TagChange(NamedTuple):
    """The tags that a photo gets and loses. `shown` are those that Immich takes from the file and its sidecar now."""

    add: Tuple[str, ...]
    remove: Tuple[str, ...]
    shown: Tuple[str, ...]


def with_values(content: Optional[bytes], values: value_types.Xmp, tags: Optional[TagChange] = None) -> bytes:
    """The sidecar with these properties in place of what it says of them, or a new one where there is none.

    An empty text, or list, takes a property away. Tags go into its `TagsList` (see `with_metadata`); those that are removed also out of
    its other keywords, of which they may have come. All else stays, byte by byte, but that UTF-16 becomes UTF-8. The same values make the
    same document of the result, and so do the same tags unless that took other keywords away.

    Raises `UnreadableXmp`.
    """
    content = None if content is None else _as_utf8(content)
    document = None if content is None else _Document(content)
    replaced = dict(values)
    if tags is not None:
        replaced.update(_tag_lists(model.NO_KEYWORDS if document is None else document.keywords, tags))
    added = {name: value for name, value in replaced.items() if (value.texts if isinstance(value, value_types.XmpList) else value)}
    description = _description_of({"": added}, [], frozenset(), "" if document is None else document.about)
    if content is None or document is None:
        return _NEW % (_RDF.encode(), _bytes_of(description))
    cuts = [cut for described in document.described for cut in described.cuts(content, frozenset(replaced), whole=bool(added))]
    parts: List[bytes] = []
    at = 0
    for start, end in sorted(cuts):
        parts.append(content[at:start])
        at = end
    parts += [content[at : document.end_of_rdf], _bytes_of(description) if added else b"", content[document.end_of_rdf :]]
    changed = b"".join(parts)
    names = [name for described in document.described for name in described.names if name not in replaced]
    # In an encoding in which these bytes mean something else, this is where it comes out.
    if sorted([*names, *added]) != sorted(name for described in _Document(changed).described for name in described.names):
        raise model.UnreadableXmp(_ODD_ENCODING)
    return changed


def _as_utf8(content: bytes) -> bytes:
    wide = _WIDE.get(content[:2])
    if wide is None:
        return content
    try:
        text = content.decode(wide)
    except ValueError as exc:
        raise model.UnreadableXmp("it is not well-formed XML: %s" % exc) from None
    return _ANY_DECLARATION.sub("", text.lstrip("\ufeff")).encode("utf-8")


def _tag_lists(own: model.Keywords, change: TagChange) -> value_types.Xmp:
    """The lists of keywords that a change makes others."""
    removed = set(change.remove)
    tags = value_types.send_tags((*([tag.rstrip("/") for tag in own.tags] or change.shown), *change.add))
    kept = tuple(tag for tag in tags if tag not in removed)
    words = {word for tag in removed for word in (tag, _last_level(tag))}.difference(map(_last_level, kept))
    hierarchical = tuple(_swap_levels(tag) for tag in own.hierarchical if tag not in removed)
    plain = tuple(word for word in own.plain if word not in words)
    # Without any, it gets an empty one, as from Immich, which goes on to the photo's own keywords otherwise (observed on 1.135 to 3.1).
    lists: value_types.Xmp = {_TAGS: value_types.XmpList("Seq", tuple(map(value_types.spell_tag, kept)) or ("",))}
    if len(hierarchical) < len(own.hierarchical):
        lists[_HIERARCHICAL] = value_types.XmpList("Bag", hierarchical)
    if len(plain) < len(own.plain):
        lists[_SUBJECT] = value_types.XmpList("Bag", plain)
    return lists


def _last_level(tag: str) -> str:
    return tag.rsplit("/", 1)[-1]


def _swap_levels(tag: str) -> str:
    """A tag as Lightroom spells it, with `|` between levels, or the other way round."""
    return tag.replace("/", "\n").replace("|", "/").replace("\n", "|")


def _with_declaration(content: bytes) -> bytes:
    """A document that begins with a declaration if it is in UTF-16: without, Immich reads nothing in it (observed on 3.1)."""
    wide = _WIDE.get(content[:2])
    if wide is None:
        return content
    mark = codecs.BOM_UTF16_LE if wide == "utf-16-le" else codecs.BOM_UTF16_BE
    rest = content[2:] if content.startswith(mark) else content
    if rest.startswith("<?".encode(wide)):
        return content
    return mark + _DECLARATION.encode(wide) + rest


def archive_sidecar(metadata: model.Metadata) -> bytes:
    """A sidecar of an archive: all that is said of a photo, and tags in each of the three ways that programs know. The same each time."""
    says = fields.in_xmp(metadata)
    levels = [tag.rstrip("/").split("/") for tag in _texts_of(says.get("tags", {}))]
    if levels:
        says["tags"][_HIERARCHICAL] = value_types.XmpList("Bag", tuple("|".join(level) for level in levels))
        says["tags"][_SUBJECT] = value_types.XmpList("Bag", tuple(dict.fromkeys(level[-1] for level in levels)))
    return _new_document(_description_of(says, [], frozenset(), ""))


def _texts_of(properties: value_types.Xmp) -> List[str]:
    return [text for value in properties.values() if isinstance(value, value_types.XmpList) for text in value.texts]


def _effective(own: model.Keywords, embedded: model.Keywords) -> List[str]:
    ranked = (own.tags, embedded.tags, own.hierarchical, embedded.hierarchical, own.plain, embedded.plain)
    return next((tags for tags in ranked if tags), [])


def _distinct(first: Sequence[str], then: Sequence[str]) -> List[str]:
    return list(dict.fromkeys([*first, *then]))


class _Described:
    """A description of a document: where it begins, the names of its attributes in their order, and its properties, each with where it
    begins and ends. Something ends here where its end tag begins, or behind it where it has none."""

    def __init__(self, start: int, attributes: List[str]) -> None:
        self.start = start
        self.end = 0
        self.attributes = attributes
        self.properties: List[Tuple[str, int, int]] = []

    @property
    def names(self) -> List[str]:
        """Those of all that it says."""
        return [*(name for name in self.attributes if name != _ABOUT), *(name for name, _start, _end in self.properties)]

    def cuts(self, content: bytes, names: FrozenSet[str], *, whole: bool) -> List[Tuple[int, int]]:
        """What of the document has to go, from where to where, with the properties of these names: with `whole` all of the description
        if it says nothing else. Raises `UnreadableXmp`."""
        own = self.names
        if names.isdisjoint(own):
            return []
        if whole and names.issuperset(own):
            return [(self.start, _end_in(content, self.start, self.end))]
        end = _end_of_tag(content, self.start)
        matches = [match for match in _attributes_in(content, self.start, end) if match.group(1).split(b":")[0] != b"xmlns"]
        if len(matches) != len(self.attributes):
            raise model.UnreadableXmp(_ODD_ENCODING)
        cuts = [match.span() for match, name in zip(matches, self.attributes) if name in names]
        return cuts + [(start, _end_in(content, start, at)) for name, start, at in self.properties if name in names]


def _attributes_in(content: bytes, start: int, end: int) -> Iterator[Match[bytes]]:
    match = _NAME.match(content, start, end)
    while match is not None:
        match = _ATTRIBUTE.match(content, match.end(), end)
        if match is not None:
            yield match


def _end_of_tag(content: bytes, start: int) -> int:
    match = _START_TAG.match(content, start)
    if match is None:
        raise model.UnreadableXmp(_ODD_ENCODING)
    return match.end()


def _end_in(content: bytes, start: int, at: int) -> int:
    """Where an element really ends (see `_Described`)."""
    end = _end_of_tag(content, start)
    return end if content[end - 2 : end] == b"/>" else content.find(b">", at) + 1


class _Document:
    """What is where in a document. Of a property that is there twice the last one counts, as for ExifTool, by which Immich reads it."""

    def __init__(self, content: bytes) -> None:
        self._path: List[str] = []  # the elements around the present place, its own last
        self._rdf: Optional[int] = None  # how many elements are around what is in rdf:RDF
        self._text: Optional[List[str]] = None
        self._items: List[str] = []
        self._found: Dict[str, List[str]] = {_TAGS: [], _HIERARCHICAL: [], _SUBJECT: []}
        self._about: Optional[str] = None
        self.present: Set[str] = set()  # of the properties that can be written, each as URI, blank and name
        self._began = 0  # where the property around the present place begins
        self.described: List[_Described] = []
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
            raise model.UnreadableXmp("it is not well-formed XML: %s" % exc) from None
        if not self.end_of_rdf:
            raise model.UnreadableXmp("it has no rdf:Description")

    @property
    def about(self) -> str:
        """What the document says that it is about; all of its descriptions must say the same."""
        return self._about or ""

    @property
    def keywords(self) -> model.Keywords:
        """Its keywords."""
        levels = [_swap_levels(tag) for tag in self._found[_HIERARCHICAL]]
        return model.Keywords(self._found[_TAGS], levels, self._found[_SUBJECT])

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
            raise model.UnreadableXmp("its elements are nested too deeply")
        if name == _ROOT and self._rdf is None and not self.end_of_rdf:
            self._rdf = len(self._path)
        elif self._inside == [_DESCRIPTION]:
            if self._about is None:
                self._about = attributes.get(_ABOUT, "")
            self.present.update(_WRITTEN.intersection(attributes))
            self.described.append(_Described(self._parser.CurrentByteIndex, list(attributes)))
        elif len(self._inside) == 2:
            self._began = self._parser.CurrentByteIndex
            if name in _WRITTEN:
                self.present.add(name)
        elif name == _ITEM and self._list and len(self._inside) == 4:
            self._text = []

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        inside, list_name = self._inside, self._list
        if self._text is not None and len(inside) == 4:
            self._items.append("".join(self._text))
            self._text = None
            if len(self._items) > _MOST_KEYWORDS:
                raise model.UnreadableXmp("it has too many keywords")
        elif list_name and len(inside) == 3 and self._items:
            self._found[list_name], self._items = self._items, []
            if list_name == _TAGS:
                self.end_of_tags = self._parser.CurrentByteIndex
        elif len(inside) == 2 and inside[0] == _DESCRIPTION:
            self.described[-1].properties.append((inside[1], self._began, self._parser.CurrentByteIndex))
        elif inside == [_DESCRIPTION]:
            self.described[-1].end = self._parser.CurrentByteIndex
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
    raise model.UnreadableXmp("it has a document type declaration")


def _description_of(says: Mapping[str, value_types.Xmp], tags: Sequence[str], present: AbstractSet[str], about: str) -> ElementTree.Element:
    """What is added to a document that has some of the properties, and whose tags are put into a new list, if there are any."""
    description = ElementTree.Element("{%s}Description" % _RDF, {_tag(_ABOUT): about})
    for field, properties in says.items():
        if present.isdisjoint(_XMP_OF.get(field, ())):
            for name, value in properties.items():
                if isinstance(value, value_types.XmpList):
                    _add_list(description, name, value)
                elif isinstance(value, value_types.XmpRegions):
                    _add_regions(description, name, value)
                else:
                    description.set(_tag(name), value)
    if tags:
        _add_list(description, _TAGS, value_types.XmpList("Seq", tuple(tags)))
    return description


def _names_in(description: ElementTree.Element) -> Set[str]:
    """The properties in a description that is added."""
    names = {name[1:].replace("}", " ") for name in (*description.attrib, *(element.tag for element in description))}
    return names & _WRITTEN


def _tag(name: str) -> str:
    return "{%s}%s" % tuple(name.split(" "))


def _add_list(description: ElementTree.Element, name: str, value: value_types.XmpList) -> None:
    container = ElementTree.SubElement(ElementTree.SubElement(description, _tag(name)), "{%s}%s" % (_RDF, value.kind))
    for text in value.texts:
        item = _item(text)
        if value.kind == "Alt":
            item.set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")
        if value.member is not None:
            item.text = None
            item.set("{%s}parseType" % _RDF, "Resource")
            ElementTree.SubElement(item, _tag(value.member)).text = text
        container.append(item)


def _add_regions(description: ElementTree.Element, name: str, value: value_types.XmpRegions) -> None:
    regions = _add_structure(description, name)
    size = _add_structure(regions, value_types.REGIONS + " AppliedToDimensions")
    _add_texts(size, value_types.DIMENSIONS, w=str(value.size[0]), h=str(value.size[1]), unit="pixel")
    bag = ElementTree.SubElement(ElementTree.SubElement(regions, _tag(value_types.REGIONS + " RegionList")), "{%s}Bag" % _RDF)
    for person, area in value.areas:
        region = _add_structure(bag, _ITEM)
        _add_texts(region, value_types.REGIONS, Name=person, Type="Face")
        fractions = {key: "%.6f" % number for key, number in zip("xywh", area)}
        _add_texts(_add_structure(region, value_types.REGIONS + " Area"), value_types.AREA, **fractions, unit="normalized")


def _add_structure(above: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(above, _tag(name), {"{%s}parseType" % _RDF: "Resource"})


def _add_texts(structure: ElementTree.Element, space: str, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(structure, _tag("%s %s" % (space, name))).text = text


def _item(text: str) -> ElementTree.Element:
    item = ElementTree.Element("{%s}li" % _RDF)
    item.text = text
    return item


def _bytes_of(element: ElementTree.Element) -> bytes:
    # What is not ASCII becomes character references, which mean the same in every encoding that the document may have.
    text: bytes = ElementTree.tostring(element, encoding="us-ascii")
    return text
