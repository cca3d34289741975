# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders that Picasa managed: what it wrote into `.picasa.ini` in each of them.

The format is known from Franz Buchinger's description (gist fbuchinger/1073823) and the specification of sanchomuzax/PicasaPy.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import cached_property, partial
from typing import Callable, Collection, Dict, Iterable, List, Mapping, Match, Optional, Sequence, Set, Tuple

from .. import _text
from .._files import base, facts
from .._metadata import model
from . import export, files, reader

Section = Dict[str, str]

_NAMES = (".picasa.ini", "picasa.ini")  # the second one of early versions; what both say, the first says more recently
_ALBUM = ".album:"
_CONTACTS = "contacts2"
_NOT_FILES = ("picasa", "contacts", _CONTACTS, "encoding", "photoid")
_MOST = 1000  # keywords, albums or people of one picture
_ENTITY = re.compile(r"&#(\d{2,6});")
_HEX = re.compile(r"[0-9a-f]{1,16}")

_MOST_LINES = 1_000_000

# Those of Windows for Europe. Of the other code pages with one byte a character, Picasa ran in those of Thai, Hebrew and Arabic only.
_CODE_PAGES = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257")

# In Western and Central Europe letters beyond ASCII stand alone; in Cyrillic and Greek whole words are made of them.
_WORD = re.compile(b"[\xc0-\xff]{4}")
_WHOLE_WORDS = ("cp1251", "cp1253")

_ORIGINAL = "It is the original of a picture that was edited in Picasa; the edited one is taken."
_NO_PICTURES = "None of the pictures that it names is there."
_WARN_ROTATED = "Pictures that were rotated in Picasa only: %d, such as %s. Immich shows them as they are in their files."
_WARN_UNKNOWN = "Picasa albums without a name in any folder: %d. They are left out."


def is_picasa_ini(name: str) -> bool:
    """Whether a file of this name is one of Picasa's."""
    return name.lower() in _NAMES


class _Folder:
    """What the INI files of one folder say: of its files, and of its people by their numbers."""

    __slots__ = ("exact", "folded", "people")

    def __init__(self) -> None:
        self.exact: Dict[str, Tuple[Section, str]] = {}
        self.folded: Dict[str, Tuple[Section, str]] = {}
        self.people: Dict[int, str] = {}


class PicasaReader(reader.ExportReader):
    """Reads folders of Picasa's.

    Albums are those that a user put together in Picasa, also from several folders; a folder itself becomes one with `album_from: folder`.
    What was hidden is archived. Most pictures are in no INI file, because nothing was said of them, so they do not count as unmatched.
    """

    def __init__(self, layout: str, media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener) -> None:
        super().__init__(layout, media_types, options, listener)
        self._items: Sequence[base.Item] = ()
        self._inis: List[base.Item] = []
        self._names: Mapping[Tuple[files.PartFolder, str], List[base.Item]] = {}
        self._folders: Dict[files.PartFolder, _Folder] = {}
        self._definitions: Dict[str, Tuple[Section, str]] = {}  # of albums, by their tokens
        self._people: Dict[int, str] = {}
        self._unknown: Set[str] = set()
        self._rotated: List[str] = []

    def classify(self, items: Sequence[base.Item]) -> None:
        self._items = items
        homes = {files.folder_of(item) for item in items if is_picasa_ini(item.file_name)}
        originals = {place for place in homes if _keeps_originals(place, homes)}
        self._names = files.group_by_name(items)
        for item in items:
            if self._is_original(item, originals):
                self.listener.skipped(item.path, "original", _ORIGINAL)
            elif is_picasa_ini(item.file_name):
                self._inis.append(item)
            elif item.extension in self.media_types:
                self.media.append(item)
            else:
                self.skip_type(item)

    def read_metadata(self) -> None:
        beside: Dict[files.PartFolder, Set[str]] = {files.folder_of(item): set() for item in self._inis}
        for item in self.media:
            if files.folder_of(item) in beside:
                beside[files.folder_of(item)].add(_text.fold(item.file_name))
        for item in sorted(self._inis, key=lambda item: _NAMES.index(item.file_name.lower())):
            names = beside[files.folder_of(item)]
            sections = self.read_or_report(item, partial(self._read_sections, names))
            if sections is not None:
                self._add_sections(item, sections, names)

    def describe(self) -> None:
        for item in self.media:
            self._describe(item)

    def report(self, items: Sequence[base.Item]) -> None:
        if self._rotated:
            self.listener.warn(_WARN_ROTATED % (len(self._rotated), self._rotated[0]))
        if self._unknown:
            self.listener.warn(_WARN_UNKNOWN % len(self._unknown))

    def flags_of(self, item: base.Item) -> reader.Flags:
        return super().flags_of(item)._replace(unmatched=False)

    def _is_original(self, item: base.Item, originals: Set[files.PartFolder]) -> bool:
        """A folder named `Originals` need not be Picasa's: in it, only what the folder around it has as well was edited."""
        place = files.folder_of(item)
        if "/.picasaoriginals/" in ("/" + place.folder).lower():
            return True
        return place in originals and (is_picasa_ini(item.file_name) or (place.parent, _text.fold(item.file_name)) in self._names)

    def _read_sections(self, names: Set[str], item: base.Item) -> Dict[str, Section]:
        return parse_sections(files.read_content(item), names, lambda: self._writable)

    def _add_sections(self, item: base.Item, sections: Mapping[str, Section], names: Set[str]) -> None:
        self.metadata += 1
        folder = self._folders.setdefault(files.folder_of(item), _Folder())
        named = used = 0
        for name, section in sections.items():
            if name.lower().startswith(_ALBUM):
                self._definitions.setdefault(name[len(_ALBUM) :].strip().lower(), (section, item.path))
                used += 1
            elif name.lower() == _CONTACTS:
                self._read_contacts(section, folder)
            elif name.lower() not in _NOT_FILES:
                named += 1
                if _text.fold(name) in names:
                    used += 1
                    _add(folder.exact, name, section, item.path)
                    _add(folder.folded, _text.fold(name), section, item.path)
        if named and not used:
            self.unused.append((item.path, _NO_PICTURES))

    @cached_property
    def _writable(self) -> Dict[str, int]:
        return count_writable({name for item in self._items for name in item.path.split("/")})

    def _read_contacts(self, section: Section, folder: _Folder) -> None:
        """From `number=name;email;account`. A person has one number in all folders, but not each folder has the name."""
        for number, value in section.items():
            name = _text.name_to_send(value.split(";")[0])
            if name and _HEX.fullmatch(number):
                folder.people.setdefault(int(number, 16), name)
                self._people.setdefault(int(number, 16), name)

    def _describe(self, item: base.Item) -> None:
        place, name = files.folder_of(item), item.file_name
        folder = self._folders.get(place)
        entry = None
        if folder is not None:
            entry = folder.exact.get(name)
            if entry is None and len(self._names[place, _text.fold(name)]) == 1:
                entry = folder.folded.get(_text.fold(name))
        if folder is None or entry is None:
            return
        section, path = entry
        if section.get("rotate", "rotate(0)").lower() != "rotate(0)":
            self._rotated.append(item.path)
        item.facts = facts.Facts(
            "exact",
            path,
            model.Metadata(
                description=_text.text_to_send(section.get("caption", "")),
                position=_position_of(section.get("geotag", "")),
                favorite=_is_yes(section.get("star")),
                visibility="archive" if _is_yes(section.get("hidden")) else "timeline",
                tags=tuple(filter(None, map(_text.name_to_send, split_list(section.get("keywords", ""))[:_MOST]))),
                people=tuple(dict.fromkeys(self._people_in(section, folder))),
            ),
            albums=self._albums_of(section),
        )

    def _albums_of(self, section: Section) -> Tuple[facts.ExportAlbum, ...]:
        albums: List[facts.ExportAlbum] = []
        for token in split_list(section.get("albums", "").lower())[:_MOST]:
            if token not in self._definitions:
                self._unknown.add(token)
                continue
            definition, path = self._definitions[token]
            description = _ENTITY.sub(_character, definition.get("description", "")).replace("\\n", "\n")
            album = self.albums.get(token, definition.get("name", ""), description, path)
            if album is not None:
                albums.append(album)
        return tuple(albums)

    def _people_in(self, section: Section, folder: _Folder) -> List[str]:
        numbers = [int(contact, 16) for _area, contact in split_faces(section.get("faces", "").lower())[:_MOST] if _HEX.fullmatch(contact)]
        people = (folder.people.get(number) or self._people.get(number) for number in numbers)
        return [name for name in people if name]


def _keeps_originals(place: files.PartFolder, homes: Set[files.PartFolder]) -> bool:
    return place.title.lower() == "originals" and place.parent in homes


def _add(sections: Dict[str, Tuple[Section, str]], name: str, section: Section, path: str) -> None:
    """Adds a section to one of its name: of a key that both have, the first value counts."""
    if name in sections:
        first, path = sections[name]
        section = {**section, **first}
    sections[name] = (section, path)


def _is_yes(value: Optional[str]) -> bool:
    return (value or "").lower() in ("yes", "1", "true")


def _position_of(value: str) -> Optional[model.Position]:
    """From `latitude,longitude` in degrees."""
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return files.position_of(latitude, longitude)


def _character(match: Match[str]) -> str:
    number = int(match.group(1))
    return chr(number) if number < 0x110000 else match.group()


def parse_sections(content: bytes, names: Collection[str], writable: Callable[[], Mapping[str, int]] = dict) -> Dict[str, Section]:
    """The sections by their names, and in each its values by their keys, in lower case.

    `names` are those of the files beside it, folded: of the code pages that a file may be in which is not in UTF-8, the
    one counts in which most sections have the name of a file. If that does not decide, it is the one in which most names of the export
    can be written, which `writable` counts (see `count_writable`); and then the letters of the INI file itself do.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        counts = writable()
        has_words = bool(_WORD.search(content))
        pages = sorted(_CODE_PAGES, key=lambda page: (-counts.get(page, 0), (page in _WHOLE_WORDS) != has_words))
        return max((_parse(files.decode(content, page)) for page in pages), key=lambda parsed: _count_known(parsed, names))
    return _parse(files.decode(content))


def count_writable(names: Iterable[str]) -> Dict[str, int]:
    """How many of these names, of folders and files, can be written in each of the code pages."""
    counts = dict.fromkeys(_CODE_PAGES, 0)
    for name in names:
        if not name.isascii():
            name = unicodedata.normalize("NFC", name)
            for page in _CODE_PAGES:
                with suppress(UnicodeEncodeError):
                    name.encode(page)
                    counts[page] += 1
    return counts


def _count_known(sections: Dict[str, Section], names: Collection[str]) -> int:
    return sum(_text.fold(name) in names for name in sections)


def _parse(text: str) -> Dict[str, Section]:
    sections: Dict[str, Section] = {}
    section: Section = {}
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = sections.setdefault(stripped[1:-1], {})
        elif "=" in stripped:
            key, _equals, value = stripped.partition("=")
            section.setdefault(key.strip().lower(), value.strip())
    return sections


def split_list(value: str, separator: str = ",") -> List[str]:
    """The parts of a value that are not empty, each once."""
    return list(dict.fromkeys(part.strip() for part in value.split(separator) if part.strip()))


def split_faces(value: str) -> List[Tuple[str, str]]:
    """The areas and the contacts of `faces`: `rect64(hex),contact;…`."""
    pairs = [entry.rpartition(",") for entry in split_list(value, ";")]
    return [(area, contact.strip()) for area, _comma, contact in pairs]
