# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An export of iCloud Photos, as privacy.apple.com makes it.

Each part (`iCloud Photos Part 1 of 6`, translated) has a folder with pictures and their `Photo Details*.csv`; one part or several have
`Albums`, `Memories` and `Recently Deleted`, whose names are English in all languages (simulot/immich-go#853, from Norway). Shared albums
are in ZIPs inside, a folder each, with an `AlbumInfo.json`.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from typing import DefaultDict, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _text
from .._files import base, facts
from .._metadata import model
from . import export, files, reader
from .icloud_details import PhotoDetails, Unusable, parse_date, table_of

_EDITED = re.compile(r"img_e(\d+)")
_ARCHIVE = re.compile(r"\.zip/", re.IGNORECASE)

_MEMORY = "It lists the pictures of a memory, which Apple compiles automatically. It is not an album."
_WARN_MISSING = "Pictures that CSV files name and the export does not have: %d, such as %s. Is a part missing?"
_WARN_UNDATED = "Dates in Photo Details.csv that could not be read: %d, such as '%s'."
_WARN_ALIKE = "Files of one name that Photo Details.csv does not tell apart: %d, such as %s. They are uploaded without what it details."
_WARN_DOUBTFUL = "Names in albums that several pictures have: %d, such as %s. None of those pictures was put into the album."
_NO_PICTURES = "None of its pictures is in the export. They are in a part that is missing, or were not exported."


class _AlbumList(NamedTuple):
    """The CSV of an album, and the names in it that pictures of the export have."""

    item: base.Item
    column: str
    names: List[str]


class _SharedAlbum(NamedTuple):
    """The JSON file of a shared album: its title, and when each of its pictures was taken, as it is written."""

    item: base.Item
    title: str
    dates: Dict[str, str]


class ICloudReader(reader.ExportReader):
    """Reads an export of iCloud Photos. An album's CSV speaks of pictures in all parts, `Photo Details` of those in its own folder.

    What was hidden is archived, as it would else be shown to all who see the timeline. The files of a name that `Photo Details` has
    twice are told apart by Apple's checksum; no other file's bytes are read.
    """

    def __init__(self, layout: str, media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener) -> None:
        super().__init__(layout, media_types, options, listener)
        self._texts: List[base.Item] = []
        self._lists: List[_AlbumList] = []
        self._shared: Dict[str, _SharedAlbum] = {}
        self._derived: List[Tuple[base.Item, base.Item]] = []  # those that have the facts of another, and the other
        self._details = PhotoDetails(())
        self._missing = self._doubtful = Unusable()

    def classify(self, items: Sequence[base.Item]) -> None:
        for item in items:
            extension = item.extension
            if extension in self.media_types:
                self.media.append(item)
            elif extension == ".csv" and files.folder_of(item).title.lower() == "memories":
                self.listener.skipped(item.path, "memory", _MEMORY)
            elif extension in (".csv", ".json"):
                self._texts.append(item)
            else:
                self.skip_type(item)
        self._details = PhotoDetails(self.media)

    def read_metadata(self) -> None:
        for item in self._texts:
            is_known = self.read_or_report(item, self._read_csv if item.extension == ".csv" else self._read_json)
            self.metadata += is_known is True
            if is_known is False:
                self.skip_type(item)

    def match(self) -> None:
        self._details.match()
        self._match_shared()
        self._inherit_edited()
        self._derived += files.inherit_live(self.media, self.media_types)

    def describe(self) -> None:
        for item in self.media:
            if "/recently deleted/" in ("/" + item.inner).lower():
                self._details.deleted.add(id(item))
        self.originals = {id(derived): original for derived, original in self._derived}
        self._fill_albums()

    def flags_of(self, item: base.Item) -> reader.Flags:
        return super().flags_of(item)._replace(trashed=id(item) in self._details.deleted)

    def report(self, items: Sequence[base.Item]) -> None:
        for unusable, warning in (
            (self._missing, _WARN_MISSING),
            (self._details.undated, _WARN_UNDATED),
            (self._details.alike, _WARN_ALIKE),
            (self._doubtful, _WARN_DOUBTFUL),
        ):
            if unusable.times:
                self.listener.warn(warning % unusable)

    def _read_csv(self, item: base.Item) -> bool:
        table = table_of(files.read_content(item))
        if table.is_details:
            if not self._details.read(item, table, self._is_here):
                self.unused.append((item.path, _NO_PICTURES))
        elif table.is_album:
            names = list(dict.fromkeys(name for name in table.names() if self._is_here(name)))
            self._lists.append(_AlbumList(item, table.columns[0], names))
        elif not table.columns:  # simulot/immich-go#924
            self.unused.append((item.path, "It is empty."))
        else:
            return False
        return True

    def _is_here(self, name: str) -> bool:
        if _text.fold(name) in self._details.by_name:
            return True
        self._missing = self._missing.add(name)
        return False

    def _read_json(self, item: base.Item) -> bool:
        document = files.read_json(item)
        if not isinstance(document, dict) or not isinstance(document.get("albumName"), str):
            return False
        photos = document.get("photos")
        described = [photo for photo in photos if isinstance(photo, dict)] if isinstance(photos, list) else []
        dates = {
            _text.fold(photo["name"]): photo["dateCreated"]
            for photo in described
            if isinstance(photo.get("name"), str) and isinstance(photo.get("dateCreated"), str)
        }
        self._shared.setdefault(_shared_key(files.folder_of(item)), _SharedAlbum(item, document["albumName"], dates))
        return True

    def _match_shared(self) -> None:
        """Pictures in the folder of a shared album: what its JSON says of each, if there is one."""
        for item in self.media:
            if item.facts is facts.NO_FACTS:
                place = files.folder_of(item)
                shared = self._shared.get(_shared_key(place))
                if shared is not None:
                    taken, minutes = parse_date(shared.dates.get(_text.fold(item.file_name), ""))
                    item.facts = facts.Facts("album", shared.item.path, model.Metadata(model.Taken.at(taken, to_the_minute=minutes)))
                elif _is_in_archive(place):
                    item.facts = facts.Facts("album")

    def _inherit_edited(self) -> None:
        """`IMG_E1234.JPG` is the edited copy of `IMG_1234.HEIC`."""
        originals: Dict[Tuple[files.PartFolder, str], List[base.Item]] = {}
        for item in self.media:
            if item.facts.rule not in ("none", "ambiguous"):
                originals.setdefault((files.folder_of(item), files.stem_of(item)), []).append(item)
        for item in self.media:
            match = _EDITED.fullmatch(files.stem_of(item)) if item.facts is facts.NO_FACTS else None
            candidates = originals.get((files.folder_of(item), "img_" + match.group(1)), []) if match else []
            if candidates:
                kind = self.media_types[item.extension]
                alike = [original for original in candidates if self.media_types[original.extension] == kind]
                origin = alike[-1] if alike else candidates[0]
                item.facts = origin.facts._replace(rule="edited")
                self._derived.append((item, origin))

    def _fill_albums(self) -> None:
        members: DefaultDict[int, List[facts.ExportAlbum]] = defaultdict(list)
        homes = {files.folder_of(album_list.item).parent for album_list in self._lists}
        systems = self._system_lists()
        for listed in self._lists:
            if id(listed) in systems:
                continue
            home = files.folder_of(listed.item).parent if len(homes) > 1 else None
            title = os.path.splitext(listed.item.file_name)[0]
            pictures = [item for name in listed.names for item in self._members(name, home)]
            if not pictures:
                self.unused.append((listed.item.path, _NO_PICTURES))
                continue
            album = self.albums.get(title, title, "", listed.item.path)
            if album is not None:
                for item in pictures:
                    members[id(item)].append(album)
        for item in self.media:
            if item.facts.rule == "album":
                place = files.folder_of(item)
                shared = self._shared.get(_shared_key(place)) or _SharedAlbum(item, place.title, {})
                album = self.albums.get((_shared_key(place),), shared.title, "", shared.item.path)
                members[id(item)] += [album] if album else []
        for derived, original in self._derived:
            members[id(derived)] += members[id(original)]
        for item in self.media:
            if members[id(item)]:
                item.facts = item.facts._replace(albums=tuple(dict.fromkeys(members[id(item)])))

    def _members(self, name: str, home: Optional[files.PartFolder]) -> List[base.Item]:
        """The pictures that a line of an album means: several only if they are known to be the same.

        Usually one part has the albums of the whole export. Where several parts have some, each speaks of its own pictures first.
        """
        candidates = self._details.by_name[_text.fold(name)]
        # Those of shared albums have albums of their own.
        candidates = [item for item in candidates if item.facts.rule != "album"] or candidates
        if len(candidates) > 1 and home is not None:
            candidates = [item for item in candidates if files.folder_of(item).parent == home] or candidates
        if len(candidates) > 1:
            checksums = {details.checksum if details else "" for details in (self._details.of(item) for item in candidates)}
            if len(checksums) > 1 or "" in checksums:
                self._doubtful = self._doubtful.add(name)
                return []
        return candidates

    def _system_lists(self) -> Set[int]:
        """The ids of the lists of all favorites and of all hidden pictures. Their names may be translated, but their column is `imgName`,
        and they have all pictures that are marked so (a public reader of such exports, "Photos Clone")."""
        favorites: Set[str] = set()
        hidden: Set[str] = set()
        for item in self.media:
            details = self._details.of(item)
            if details is not None and details.favorite:
                favorites.add(_text.fold(item.file_name))
            if details is not None and details.hidden:
                hidden.add(_text.fold(item.file_name))
        keys = [
            (id(album_list), set(map(_text.fold, album_list.names)))
            for album_list in self._lists
            if album_list.column == "imgname" and album_list.names
        ]
        return {number for number, names in keys if names in (favorites, hidden)}


def _shared_key(place: files.PartFolder) -> str:
    """What a shared album is known by: its folder and the one around it, whichever of the archives with shared albums they are in."""
    return "/".join(place.folder.split("/")[-3:])


def _is_in_archive(place: files.PartFolder) -> bool:
    """Whether a folder lies in an archive within the part, which only those of shared albums do."""
    match = _ARCHIVE.search(place.folder)
    return match is not None and match.end() < len(place.folder)
