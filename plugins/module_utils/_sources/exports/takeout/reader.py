# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an export of Google Photos (Google Takeout). Private to the collection.

The format is not documented. What is known of it comes from programs that read it and from reports of their users; where those disagree, a
picture is rather left without metadata than given that of another.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ...._client import errors
from ...._metadata import model
from ... import base, facts
from ..export import CREATE, SKIP, Export, ExportOptions
from . import matching, sidecars, titles
from .catalogue import TYPE_REASON, About, Catalogue, Entry, Folder, sort_folders
from .derived_files import find_originals, marker_of, original_of_cut_name, usual_markers
from .matching import Match, Unused
from .titles import ARCHIVE, LOCKED, TRASH

_MAX_NAME_BYTES = 255
# What file systems do not take in a name; Takeout replaces it in its own.
_UNFIT = {ord(character): "_" for character in '/\\:*?"<>|\x7f' + "".join(map(chr, range(32)))}

_TRASHED = "It was in the trash of Google Photos."
_LOCKED = "It was in the locked folder of Google Photos."
_PARTNER = "A partner shared it."
_ARCHIVED = "It was archived in Google Photos."
_UNMATCHED = "It has no JSON file."
_AMBIGUOUS = "It is not certain which JSON file belongs to it."
_EMBEDDED = "It is the video of a motion photo, which contains it as well: %s"
_EMPTY_ALBUM = "None of this album's pictures is in the export."
_FAILED = "%s: %d without JSON files. Google puts videos there that it could not process."


def read_takeout(items: Sequence[base.Item], kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener) -> Export:
    """Finds out what belongs together, and sets `facts` and `name` of the photos and videos that go up.

    :param items: all files of all parts, in a stable order.
    :param kinds: the extensions that the server takes (lower case, with their dot), each `image` or `video`.

    The rules in `Facts.rule` and `Export.counts`: `exact`, `number`, `cut` and `name` (see `matching`), `edited`, `live` (see `leftovers`),
    `none` and `ambiguous`. What is not reported to the listener as skipped or unreadable is in `Export.items`, or counted under `metadata`.
    """
    return _Reader(kinds, options, listener).read(items)


class _Reader:
    def __init__(self, kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener) -> None:
        self._kinds = kinds
        self._options = options
        self._listener = listener
        self._counts: Dict[str, int] = Counter(metadata=0)
        self._unused: List[Tuple[str, str]] = []
        self._markers: List[str] = []

    def read(self, items: Sequence[base.Item]) -> Export:
        catalogue = Catalogue(items, self._kinds, self._listener)
        found: List[Found] = []
        abouts = sort_folders(catalogue.folders, keep_untitled=self._options.untitled_albums == CREATE)
        for folder, about in zip(catalogue.folders, abouts):
            matches, unused = matching.match(folder, self._kinds)
            find_originals(folder, self._kinds, [one.sidecar for one in unused])
            found.append(Found(folder, about, matches, unused))
            self._warn_of_failed(folder)
        copies = Copies(found)
        self._markers = usual_markers(catalogue.folders)
        order = {id(item): position for position, item in enumerate(items)}
        taken = [entry.item for one in found for entry in one.folder.entries if self._takes(entry, one.about, copies.of(entry))]
        taken.sort(key=lambda item: order[id(item)])
        albums = self._albums_of(taken)
        self._report_metadata(catalogue, found, copies, albums)
        return Export("google_takeout", taken, albums, dict(self._counts), self._unused, _live(found, taken))

    def _takes(self, entry: Entry, about: About, picture: Optional[Picture]) -> bool:
        """Decides whether a file goes up, gives it its facts and its name, and says what becomes of it."""
        item = entry.item
        if entry.kind is None:
            self._listener.skipped(item.path, entry.extension, TYPE_REASON)
            return False
        if not item.size:
            self._listener.unreadable(item.path, errors.LocalFailure("The file is empty."))
            return False
        reason = self._reason_to_skip(entry, picture)
        if reason is not None:
            self._listener.skipped(item.path, *reason)
            return False
        item.facts = _facts(entry, about, picture)
        item.name = upload_name(entry, self._kinds, self._markers)
        self._counts[entry.rule] += 1
        return True

    def _reason_to_skip(self, entry: Entry, picture: Optional[Picture]) -> Optional[Tuple[str, str]]:
        """The kind and the sentence for a file that is left out."""
        options = self._options
        if entry.rule == "embedded" and entry.original is not None:
            return "embedded", _EMBEDDED % entry.original.item.path
        words = titles.fold(entry.folder.name) if picture is None else ""
        if options.export_trash == SKIP and (picture.trashed if picture is not None else words in TRASH):
            return "trashed", _TRASHED
        if options.export_locked == SKIP and (picture.locked if picture is not None else words in LOCKED):
            return "locked", _LOCKED
        if options.export_partner == SKIP and picture is not None and picture.partner:
            return "partner", _PARTNER
        if options.export_archived == SKIP and (picture.archived if picture is not None else words in ARCHIVE):
            return "archived", _ARCHIVED
        if options.export_unmatched == SKIP and picture is None:
            return "unmatched", _AMBIGUOUS if entry.rule == "ambiguous" else _UNMATCHED
        return None

    def _warn_of_failed(self, folder: Folder) -> None:
        if folder.sidecars or folder.albums:
            return
        videos = sum(entry.kind == "video" for entry in folder.entries)
        if videos and not any(entry.kind == "image" for entry in folder.entries):
            self._listener.warn(_FAILED % ("Videos in the folder %s" % folder.name, videos))

    @staticmethod
    def _albums_of(items: Sequence[base.Item]) -> List[facts.ExportAlbum]:
        albums: Dict[facts.ExportAlbum, None] = {}
        for item in items:
            if item.facts.albums:
                albums.update(dict.fromkeys(item.facts.albums))
        return sorted(albums)

    def _report_metadata(self, catalogue: Catalogue, found: Sequence[Found], copies: Copies, albums: Sequence[facts.ExportAlbum]) -> None:
        known = set(albums)
        for one in found:
            self._counts["metadata"] += len(one.folder.sidecars) + len(one.folder.albums)
            if one.about.album is not None and one.about.album not in known:
                self._leave_out(one.about.album.origin, _EMPTY_ALBUM)
        for unused in copies.unused:
            self._leave_out(unused.sidecar.item.path, unused.reason)
        for other in catalogue.not_read:
            self._listener.skipped(other.item.path, ".json", other.reason)

    def _leave_out(self, path: str, reason: str) -> None:
        self._counts["metadata"] -= 1
        self._unused.append((path, reason))
        self._listener.skipped(path, "sidecar", reason)


def _live(found: Sequence[Found], taken: Sequence[base.Item]) -> List[Tuple[base.Item, base.Item]]:
    """The stills and their videos. Names that were cut differ, and so do those of motion photos."""
    pairs = [
        (entry.original.item, entry.item)
        for one in found
        for entry in one.folder.entries
        if entry.rule == "live" and entry.original is not None
    ]
    ids = {id(item) for item in taken} if pairs else set()
    return [pair for pair in pairs if ids.issuperset(map(id, pair))]


def _facts(entry: Entry, about: About, picture: Optional[Picture]) -> facts.Facts:
    own = (about.album,) if about.album is not None else ()
    if picture is None:
        visibility = "archive" if titles.fold(entry.folder.name) in ARCHIVE else None
        return facts.Facts(rule=entry.rule, year=about.year, albums=own, visibility=visibility)
    sidecar = _sidecar_of(entry)
    return facts.Facts(
        rule=entry.rule,
        sidecar=sidecar.item.path if sidecar is not None else None,
        taken=picture.taken,
        year=about.year,
        description=picture.description,
        position=picture.position,
        favorite=picture.favorite,
        visibility="archive" if picture.archived else None,
        albums=picture.albums,
        people=picture.people,
        edited_of=original_of_cut_name(entry),
    )


def upload_name(entry: Entry, kinds: Mapping[str, str], markers: Sequence[str]) -> str:
    """The name in Immich: the title, which Takeout neither cut nor numbered, with the file's own extension.

    An edited copy has its original's title and what marks it, by the usual `markers` where that was cut; the video of a live photo has the
    title of its still.
    """
    sidecar = _sidecar_of(entry)
    stem, extension = titles.split(entry.name)
    extension = extension if extension.lower() == entry.extension else entry.extension
    title = sidecar.title.translate(_UNFIT) if sidecar is not None else ""
    if not title.strip():
        is_named = extension and entry.name.endswith(extension)
        return _bounded(stem if is_named else entry.name, extension)
    stem, of_title = titles.split(title)
    if of_title.lower() not in kinds:
        stem = title
    elif of_title.lower() == entry.extension and entry.original is None:
        extension = of_title
    if entry.rule == "edited":
        stem += marker_of(entry, markers)
    return _bounded(stem, extension)


def _sidecar_of(entry: Entry) -> Optional[sidecars.Sidecar]:
    """Its own sidecar, or its original's."""
    return entry.sidecar or (entry.original.sidecar if entry.original is not None else None)


def _bounded(stem: str, extension: str) -> str:
    """A name of at most 255 bytes in UTF-8, as file systems and servers take it."""
    try:
        encoded = stem.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair, as a title may have it
        encoded = stem.encode("utf-8", "replace")
    left = _MAX_NAME_BYTES - len(os.fsencode(extension))
    if len(encoded) > left:
        return encoded[:left].decode("utf-8", "ignore") + extension
    return (encoded.decode("utf-8", "surrogateescape") or "_") + extension


# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)


class Picture:
    """All that the JSON files of one picture say. Where they disagree, a flag is set if one has it, but `trashed` only if all have."""

    __slots__ = ("_albums", "archived", "description", "favorite", "locked", "partner", "people", "position", "taken", "trashed")

    def __init__(self) -> None:
        self.favorite = self.archived = self.locked = self.partner = False
        self.trashed = True
        self.taken: Optional[float] = None
        self.description: Optional[str] = None
        self.position: Optional[model.Position] = None
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
