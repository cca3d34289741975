# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The copies of one picture in the folders of an export, as one. Private to the collection.

Takeout writes a picture into the folder of its year and into that of each album, every time with a JSON file. What they say is united.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ... import facts
from . import sidecars
from .albums import About
from .catalogue import Entry, Folder
from .matching import Match, Unused


class Picture:
    """All that the JSON files of one picture say. Where they disagree, a flag is set if one has it, but `trashed` only if all have."""

    __slots__ = ("_albums", "archived", "description", "favorite", "locked", "partner", "people", "position", "taken", "trashed")

    def __init__(self) -> None:
        self.favorite = self.archived = self.locked = self.partner = False
        self.trashed = True
        self.taken: Optional[float] = None
        self.description: Optional[str] = None
        self.position: Optional[facts.Position] = None
        self.people: Tuple[str, ...] = ()
        self._albums: Tuple[facts.ExportAlbum, ...] = ()

    def add(self, sidecar: sidecars.Sidecar, album: Optional[facts.ExportAlbum]) -> None:
        """Takes in what a sidecar says, and the album in whose folder it lies."""
        self.favorite |= sidecar.favorite
        self.archived |= sidecar.archived
        self.locked |= sidecar.locked
        self.partner |= sidecar.partner
        self.trashed &= sidecar.trashed
        self.taken = sidecar.taken if self.taken is None else self.taken
        self.description = self.description or sidecar.description or None
        self.position = self.position or sidecar.position
        if sidecar.people and sidecar.people != self.people:
            self.people = tuple(dict.fromkeys(self.people + sidecar.people))
        if album is not None and album not in self._albums:
            self._albums += (album,)

    @property
    def albums(self) -> Tuple[facts.ExportAlbum, ...]:
        """In the order of their folders."""
        return self._albums


class Found(NamedTuple):
    """What matching found in one folder."""

    folder: Folder
    about: About
    matches: List[Match]
    unused: List[Unused]


_Key = Tuple[Any, ...]


class Copies:
    """The pictures of an export. `unused` are the sidecars that belong to none."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._pictures: Dict[_Key, Picture] = {}
        self.unused: List[Unused] = []
        self._unsure = self._unsure_keys(found)
        for one in found:
            for match in one.matches:
                self._picture(match.sidecar).add(match.sidecar, one.about.album)
        for one in found:
            self._add_without_picture(one)

    def of(self, entry: Entry) -> Optional[Picture]:
        """What is known of a file, by its own JSON file or that of its original; None if it has neither."""
        sidecar = entry.sidecar or (entry.original.sidecar if entry.original is not None else None)
        return self._pictures.get(self._key(sidecar)) if sidecar is not None else None

    @staticmethod
    def _unsure_keys(found: Sequence[Found]) -> Dict[_Key, None]:
        """Without a `url` only a title and two times tell a picture: no key if two of one folder, or of different sizes, share it."""
        sizes: Dict[_Key, int] = {}
        unsure: Dict[_Key, None] = {}
        for one in found:
            here: Dict[_Key, Entry] = {}
            for sidecar, entry in one.matches:
                if sidecar.url:
                    continue
                key = sidecar.identity
                if None in key or here.setdefault(key, entry) is not entry or sizes.setdefault(key, entry.item.size) != entry.item.size:
                    unsure[key] = None
        return unsure

    def _key(self, sidecar: sidecars.Sidecar) -> _Key:
        key = sidecar.identity
        return (*key, id(sidecar)) if key in self._unsure else key

    def _picture(self, sidecar: sidecars.Sidecar) -> Picture:
        key = self._key(sidecar)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._pictures[key] = Picture()
        return picture

    def _add_without_picture(self, one: Found) -> None:
        """Albums hold sidecars whose picture lies in the folder of its year only."""
        seen: Dict[_Key, int] = {}
        for unused in one.unused:
            seen[unused.sidecar.identity] = seen.get(unused.sidecar.identity, 0) + 1
        for unused in one.unused:
            sidecar = unused.sidecar
            picture = self._pictures.get(self._key(sidecar))
            if picture is None or (not sidecar.url and (None in sidecar.identity or seen[sidecar.identity] > 1)):
                self.unused.append(unused)
            else:
                picture.add(sidecar, one.about.album)
