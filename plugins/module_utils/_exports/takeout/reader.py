# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an export of Google Photos (Google Takeout).

The format is not documented. What is known of it comes from programs that read it and from reports of their users; where those disagree, a
picture is rather left without metadata than given that of another.

In the order in which the files are used: `catalogue` lists the folders of all parts, `sidecars` reads the JSON files, `titles` knows how
names follow from titles, `matching` finds the picture of each JSON file and asks `ambiguity` what may be another's, and `derived_files`
finds edited copies and videos, which have no JSON file. This file puts together what becomes of each picture.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..._files import base, facts
from ..._metadata import model
from .. import export, reader
from . import matching, sidecars, titles
from .catalogue import Catalogue, CatalogueEntry, TakeoutFolder, interpret_folders
from .derived_files import find_originals, marker_of, original_of_cut_name, usual_markers
from .matching import Match, UnusedSidecar
from .titles import ARCHIVE, LOCKED, TRASH

_MAX_NAME_BYTES = 255
# What file systems do not take in a name; Takeout replaces it in its own.
_UNFIT = {ord(character): "_" for character in '/\\:*?"<>|\x7f' + "".join(map(chr, range(32)))}

_EMBEDDED = "It is the video of a motion photo, which contains it as well: %s"
_EMPTY_ALBUM = "None of this album's pictures is in the export."
_CONTRADICTION = (
    "%d JSON files name the same picture as another by their url, but have another title or time, such as %s and %s. The picture gets what "
    "all of them say, and the date of the first one. Look whether its date, albums and favourite mark are right."
)
_FAILED = "Videos in the folder %s: %d without JSON files. Google puts videos there that it could not process."


class TakeoutReader(reader.ExportReader):
    """Finds out what belongs together, and sets `facts` and `name` of the photos and videos.

    The rules in `Facts.rule` and `Export.counts`: `exact`, `numbered`, `truncated` and `name` (see `matching`), `edited`, `live` (see
    `derived_files`), `none` and `ambiguous`.
    """

    def __init__(self, layout: str, media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener) -> None:
        super().__init__(layout, media_types, options, listener)
        self._items: Sequence[base.Item] = ()
        self._folders: List[TakeoutFolder] = []
        self._other_json: List[sidecars.OtherJson] = []
        self._pictures = Pictures(())
        self._entries: Dict[int, CatalogueEntry] = {}  # by the ids of their items

    def classify(self, items: Sequence[base.Item]) -> None:
        self._items = items
        catalogue = Catalogue(items, self)
        self._folders, self._other_json = catalogue.folders, catalogue.other_json

    def match(self) -> None:
        interpret_folders(self._folders, self.albums, keep_untitled=self.options.untitled_albums == export.CREATE)
        matched: List[MatchedFolder] = []
        for folder in self._folders:
            matches, unused = matching.match(folder, self.media_types)
            find_originals(folder, self.media_types, [candidate.sidecar for candidate in unused])
            matched.append(MatchedFolder(folder, matches, unused))
            self._entries.update((id(entry.item), entry) for entry in folder.entries)
            self._warn_of_failed(folder)
        self._pictures = Pictures(matched)
        self._warn_of_contradictions()
        self.pairs = [
            (entry.original.item, entry.item) for entry in self._entries.values() if entry.rule == "live" and entry.original is not None
        ]

    def describe(self) -> None:
        markers = usual_markers(self._folders)
        for item in self._items:
            entry = self._entries.get(id(item))
            if entry is None:
                continue
            if entry.kind is None:
                self.skip_type(item)
            elif not item.size:
                base.fail_empty(self.listener, item.path)
            else:
                item.facts = _facts(entry, self._pictures.of(entry))
                item.name = upload_name(entry, self.media_types, markers)
                self.media.append(item)

    def flags_of(self, item: base.Item) -> reader.Flags:
        entry = self._entries[id(item)]
        picture = self._pictures.of(entry)
        if picture is not None:
            return reader.Flags(picture.trashed, picture.locked, picture.partner, picture.archived)
        name = titles.fold(entry.folder.name)
        return reader.Flags(name in TRASH, name in LOCKED, archived=name in ARCHIVE, unmatched=True)

    def reason_to_skip(self, item: base.Item) -> Optional[Tuple[str, str]]:
        entry = self._entries[id(item)]
        if entry.rule == "embedded" and entry.original is not None:
            return "embedded", _EMBEDDED % entry.original.item.path
        return super().reason_to_skip(item)

    def report(self, items: Sequence[base.Item]) -> None:
        filled = set(export.albums_of(items))
        for folder in self._folders:
            album = folder.meaning.album
            if album is not None and album not in filled:
                self.skip_unused(album.origin, _EMPTY_ALBUM)
        for unused in self._pictures.unused:
            self.skip_unused(unused.sidecar.item.path, unused.reason)
        self.metadata = sum(len(folder.sidecars) + len(folder.albums) for folder in self._folders) - len(self.unused)
        for other in self._other_json:
            self.listener.skipped(other.item.path, ".json", other.reason)

    def _warn_of_contradictions(self) -> None:
        contradictions = self._pictures.contradictions
        if contradictions:
            first, second = contradictions[0]
            self.listener.warn(_CONTRADICTION % (len(contradictions), first.item.path, second.item.path))

    def _warn_of_failed(self, folder: TakeoutFolder) -> None:
        if folder.sidecars or folder.albums:
            return
        videos = sum(entry.kind == "video" for entry in folder.entries)
        if videos and not any(entry.kind == "image" for entry in folder.entries):
            self.listener.warn(_FAILED % (folder.name, videos))


def _facts(entry: CatalogueEntry, picture: Optional[TakeoutPicture]) -> facts.Facts:
    meaning = entry.folder.meaning
    own = (meaning.album,) if meaning.album is not None else ()
    if picture is None:
        visibility = "archive" if titles.fold(entry.folder.name) in ARCHIVE else "timeline"
        return facts.Facts(rule=entry.rule, year=meaning.year, albums=own, metadata=model.Metadata(visibility=visibility))
    sidecar = _sidecar_of(entry)
    return facts.Facts(
        rule=entry.rule,
        sidecar=sidecar.item.path if sidecar is not None else None,
        metadata=model.Metadata(
            taken=model.Taken.at(picture.taken),
            description=picture.description or "",
            position=picture.position,
            favorite=picture.favorite,
            visibility="archive" if picture.archived else "timeline",
            people=picture.people,
        ),
        year=meaning.year,
        albums=picture.albums,
        edited_of=original_of_cut_name(entry),
    )


def upload_name(entry: CatalogueEntry, media_types: Mapping[str, str], markers: Sequence[str]) -> str:
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
    if of_title.lower() not in media_types:
        stem = title
    elif of_title.lower() == entry.extension and entry.original is None:
        extension = of_title
    if entry.rule == "edited":
        stem += marker_of(entry, markers)
    return _bounded(stem, extension)


def _sidecar_of(entry: CatalogueEntry) -> Optional[sidecars.TakeoutSidecar]:
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


class TakeoutPicture:
    """All that the JSON files of one picture say. Where they disagree, a flag is set if one has it, but `trashed` only if all have."""

    __slots__ = ("albums", "archived", "description", "favorite", "locked", "partner", "people", "position", "taken", "trashed")

    def __init__(self) -> None:
        self.favorite = self.archived = self.locked = self.partner = False
        self.trashed = True
        self.taken: Optional[float] = None
        self.description: Optional[str] = None
        self.position: Optional[model.Position] = None
        self.people: Tuple[str, ...] = ()
        self.albums: Tuple[facts.ExportAlbum, ...] = ()
        """In the order of their folders."""

    def add(self, sidecar: sidecars.TakeoutSidecar, album: Optional[facts.ExportAlbum]) -> None:
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
        if album is not None and album not in self.albums:
            self.albums += (album,)


class MatchedFolder(NamedTuple):
    """What matching found in one folder."""

    folder: TakeoutFolder
    matches: List[Match]
    unused: List[UnusedSidecar]


_Key = Tuple[Any, ...]


class Pictures:
    """The pictures of an export. `unused` are the sidecars that belong to none, `contradictions` are those of one `url` that say that they
    are of different pictures, each with the first one of its `url`."""

    def __init__(self, folders: Sequence[MatchedFolder]) -> None:
        self._pictures: Dict[_Key, TakeoutPicture] = {}
        self.unused: List[UnusedSidecar] = []
        self.contradictions: List[Tuple[sidecars.TakeoutSidecar, sidecars.TakeoutSidecar]] = []
        self._first: Dict[str, sidecars.TakeoutSidecar] = {}  # by its `url`
        self._unsure = self._unsure_keys(folders)
        for matched in folders:
            for match in matched.matches:
                self._picture(match.sidecar).add(match.sidecar, matched.folder.meaning.album)
                self._note_contradiction(match.sidecar)
        for matched in folders:
            self._add_without_picture(matched)

    def _note_contradiction(self, sidecar: sidecars.TakeoutSidecar) -> None:
        first = self._first.setdefault(sidecar.url, sidecar) if sidecar.url else sidecar
        if first.contradicts(sidecar):
            self.contradictions.append((first, sidecar))

    def of(self, entry: CatalogueEntry) -> Optional[TakeoutPicture]:
        """What is known of a file, by its own JSON file or that of its original; None if it has neither."""
        sidecar = _sidecar_of(entry)
        return self._pictures.get(self._key(sidecar)) if sidecar is not None else None

    @staticmethod
    def _unsure_keys(folders: Sequence[MatchedFolder]) -> Set[_Key]:
        """Without a `url` only a title and two times tell a picture: no key if two of one folder, or of different sizes, share it."""
        sizes: Dict[_Key, int] = {}
        unsure: Set[_Key] = set()
        for matched in folders:
            in_folder: Dict[_Key, CatalogueEntry] = {}
            for sidecar, entry in matched.matches:
                if sidecar.url:
                    continue
                key = sidecar.identity
                if (
                    None in key
                    or in_folder.setdefault(key, entry) is not entry
                    or sizes.setdefault(key, entry.item.size) != entry.item.size
                ):
                    unsure.add(key)
        return unsure

    def _key(self, sidecar: sidecars.TakeoutSidecar) -> _Key:
        key = sidecar.identity
        return (*key, id(sidecar)) if key in self._unsure else key

    def _picture(self, sidecar: sidecars.TakeoutSidecar) -> TakeoutPicture:
        return self._pictures.setdefault(self._key(sidecar), TakeoutPicture())

    def _add_without_picture(self, matched: MatchedFolder) -> None:
        """ExportAlbums hold sidecars whose picture lies in the folder of its year only."""
        seen = Counter(unused.sidecar.identity for unused in matched.unused)
        for unused in matched.unused:
            sidecar = unused.sidecar
            picture = self._pictures.get(self._key(sidecar))
            if picture is None or (not sidecar.url and (None in sidecar.identity or seen[sidecar.identity] > 1)):
                self.unused.append(unused)
            else:
                picture.add(sidecar, matched.folder.meaning.album)
                self._note_contradiction(sidecar)
