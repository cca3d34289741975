# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an archive of ours, so that an upload brings back what it holds. Private to the collection.

The files of the archive may have been moved to another disk, or packed: a photo is known by its path below the archive's folder, and where
the manifest is lost or damaged its sidecar still goes up with it.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ...._archive_format.record import (
    ALBUMS,
    FOLDER,
    LARGEST_ALBUM,
    LOCK,
    LONGEST_LINE,
    MANIFEST,
    REMOVED,
    SIDECAR,
    AlbumRecord,
    Record,
    lines_of,
    parse_album,
    parse_line,
)
from ...._client import errors
from ...._metadata import model
from ...._text import extension_of, fold, name_to_send, printable, text_to_send
from ... import base, facts, live
from .. import places, text_files
from ..albums import Albums, albums_of
from ..export import SKIP, UPLOAD, Export, ExportOptions

_MANIFEST = "%s/%s" % (FOLDER, MANIFEST)
_OURS, _ALBUMS, _REMOVED = FOLDER + "/", "%s/%s/" % (FOLDER, ALBUMS), "%s/%s/" % (FOLDER, REMOVED)
_LOCK = "%s/%s" % (FOLDER, LOCK)

_ARCHIVED = "It was archived, and 'export_archived' is 'skip'."
_UNMATCHED = "The archive's manifest does not know it, and 'export_unmatched' is 'skip'."
_ASIDE = "It was moved aside, because the server no longer had it. To bring it back, upload its folder by itself."
_NO_FILE = "The file is not there that it is about: %s"


class _Archive:
    """One archive: its manifest's path, what that says by the paths below the archive's folder, and which of the files are there."""

    def __init__(self, manifest: base.Item) -> None:
        self.manifest = manifest
        self.records: Dict[str, Record] = {}
        self.by_id: Dict[str, Record] = {}
        self.albums: Dict[str, List[facts.ExportAlbum]] = {}  # of each path
        self.titles: Set[str] = set()  # of the albums that have a file
        self.there: Set[str] = set()  # the ids of assets whose files are there
        self.found: Dict[str, base.Item] = {}  # by the ids of assets


def read_immich_archive(items: Sequence[base.Item], kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener) -> Export:
    """Reads an archive, or several; see `Export`. Each file gets the name that it had in Immich."""
    return _Reader(kinds, options, listener).read(items)


class _Reader:
    def __init__(self, kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener) -> None:
        self._kinds = kinds
        self._options = options
        self._listener = listener
        self._albums = Albums(options.untitled_albums)
        self._archives: Dict[places.Place, _Archive] = {}
        self._by_folder: Dict[str, _Archive] = {}
        self._album_files: List[Tuple[_Archive, AlbumRecord, Tuple[str, ...], str]] = []  # each with where it lies
        self._metadata = 0
        self._unused: List[Tuple[str, str]] = []

    def read(self, items: Sequence[base.Item]) -> Export:
        manifests = [item for item in items if ("/" + item.inner).endswith("/" + _MANIFEST)]
        read = {id(item) for item in manifests}
        for item in manifests:
            self._read_manifest(item)
        others: List[Tuple[base.Item, Optional[_Archive], str]] = []
        for item in items:
            if id(item) in read:
                continue
            archive, below = self._archive_of(item)
            if archive is None or not below.startswith(_OURS):
                others.append((item, archive, below))
            else:
                self._read_ours(item, archive, below)
        self._name_albums()
        kept = [item for item, archive, below in others if self._takes(item, archive, below)]
        for archive in self._archives.values():
            self._pair_up(archive)
            self._tell_of_lost(archive)
        counts = {"metadata": self._metadata}
        for item in kept:
            counts[item.facts.rule] = counts.get(item.facts.rule, 0) + 1
        return Export("immich_archive", kept, albums_of(kept), counts, self._unused)

    def _archive_of(self, item: base.Item) -> Tuple[Optional[_Archive], str]:
        """The archive that a file lies in, in whatever part of it, and its path below that."""
        place = places.place_of(item)
        while True:
            archive = self._archives.get(place) or self._by_folder.get(place.folder)
            if archive is not None:
                return archive, item.inner[len(place.folder) :]
            if not place.folder:
                return None, item.inner
            place = place.parent

    def _read_manifest(self, item: base.Item) -> None:
        archive, broken, partial = _Archive(item), 0, 0
        try:
            with item.open() as stream:
                for number, line in enumerate(lines_of(stream)):
                    unread: List[str] = []
                    try:
                        found = parse_line(line, unread)
                    except ValueError:
                        broken += number > 0  # the first one is about the archive
                        continue
                    partial += bool(unread)
                    if isinstance(found, Record):
                        archive.by_id[found.id] = found
                    else:
                        archive.by_id.pop(found.id, None)
        except (errors.LocalFailure, OSError) as exc:
            error = exc if isinstance(exc, errors.LocalFailure) else errors.LocalFailure("The file cannot be read: %s." % exc.strerror)
            self._listener.unreadable(item.path, error, size=item.size)
            return
        if broken:
            self._listener.warn(
                "%d lines of %s cannot be read. The photos that they are about are uploaded with their sidecars alone."
                % (broken, item.path)
            )
        if partial:
            self._listener.warn(
                "In %d lines of %s some values cannot be read. The photos that they are about get all else that is said of them."
                % (partial, item.path)
            )
        archive.records = {fold(one.path): one for one in archive.by_id.values()}
        place = places.place_of(item).parent
        self._archives[place] = archive
        self._by_folder.setdefault(place.folder, archive)
        self._metadata += 1

    def _read_ours(self, item: base.Item, archive: _Archive, below: str) -> None:
        if below.startswith(_ALBUMS) and extension_of(below) == ".json":
            self._read_album(item, archive)
        elif below.startswith(_REMOVED):
            self._listener.skipped(item.path, "removed", _ASIDE)
        elif below == _LOCK or extension_of(below) == ".json":
            self._metadata += 1  # what it says is for people
        else:
            places.skip_type(item, self._listener)

    def _read_album(self, item: base.Item, archive: _Archive) -> None:
        try:
            album, paths = parse_album(text_files.content_of(item, LARGEST_ALBUM))
        except errors.LocalFailure as exc:
            self._listener.unreadable(item.path, exc, size=item.size)
            return
        except ValueError:
            places.skip_type(item, self._listener)
            return
        self._metadata += 1
        self._album_files.append((archive, album, paths, item.path))

    def _name_albums(self) -> None:
        """Once all of their files were read: those of one name, which Immich allows, stay apart."""
        by_name: Dict[str, List[Tuple[AlbumRecord, str]]] = {}
        for _archive, album, _paths, origin in self._album_files:
            by_name.setdefault(name_to_send(album.name), []).append((album, origin))
        for named in by_name.values():
            ids = {album.id for album, _origin in named}
            if len(ids) > 1:
                oldest_first = sorted({album.id: (album, origin) for album, origin in named}.values(), key=lambda one: _age(one[0]))
                self._albums.add_namesakes(
                    [(album.id, facts.ExportAlbum(album.name, album.description, origin, album.order)) for album, origin in oldest_first]
                )
        for archive, album, paths, origin in self._album_files:
            export_album = self._albums.get(album.id, album.name, album.description, origin, album.order)
            archive.titles.add(name_to_send(album.name))
            if export_album is None:
                continue
            for path in paths:
                archive.albums.setdefault(fold(path), []).append(export_album)

    def _takes(self, item: base.Item, archive: Optional[_Archive], below: str) -> bool:
        record = archive.records.get(fold(below)) if archive is not None else None
        extension = extension_of(below)
        if record is not None and archive is not None:
            archive.there.add(record.id)
        elif extension == SIDECAR:
            if archive is not None and fold(below[: -len(SIDECAR)]) in archive.records:
                self._metadata += 1
            else:
                places.skip_type(item, self._listener)
            return False
        if record is not None:
            name = name_to_send(record.name)
            if extension_of(name) in self._kinds:
                item.name, extension = name, extension_of(name)
        if extension not in self._kinds:
            places.skip_type(item, self._listener)
            return False
        if not item.size:
            self._listener.unreadable(item.path, errors.LocalFailure("The file is empty."), size=0)
            return False
        if archive is None or record is None:
            if self._options.export_unmatched == SKIP:
                self._listener.skipped(item.path, "unmatched", _UNMATCHED)
                return False
            return True
        archive.found[record.id] = item
        if record.visibility == "archive" and self._options.export_archived != UPLOAD:
            self._listener.skipped(item.path, "archived", _ARCHIVED)
            return False
        item.facts = self._facts(archive, record, below)
        return True

    def _facts(self, archive: _Archive, record: Record, below: str) -> facts.Facts:
        albums = archive.albums.get(fold(below), [])
        # The files of albums are written last, so a run that was killed may have left some out.
        others = [
            self._albums.get((name,), name, "", archive.manifest.path) for name in record.albums if name_to_send(name) not in archive.titles
        ]
        position = None
        if record.latitude is not None and record.longitude is not None:
            position = model.Position(record.latitude, record.longitude)
        dated = record.dated
        return facts.Facts(
            "exact",
            archive.manifest.path,
            taken=None if dated is None else dated.created_ns / 1e9,
            dated=dated,
            sha1=None if self._options.export_unmatched == UPLOAD else bytes.fromhex(record.checksum),
            description=text_to_send(record.description, LONGEST_LINE) or None,
            position=position,
            favorite=record.favorite,
            visibility=None if record.visibility == "timeline" else record.visibility,
            rating=record.rating,
            albums=tuple(dict.fromkeys([*albums, *(album for album in others if album is not None)])),
            tags=tuple(tag for tag in map(name_to_send, record.tags) if tag),
            people=record.people,
            stack=None if record.stack is None else facts.StackPlace(record.stack, record.stack == record.id),
        )

    def _pair_up(self, archive: _Archive) -> None:
        """The halves of live photos, which the server knew."""
        for record in archive.by_id.values():
            still, video = archive.found.get(record.id), archive.found.get(record.live or "")
            if still is not None and video is not None:
                live.LivePair(known=True).join(still, video)
                video.facts = video.facts._replace(rule="live", visibility=None)

    def _tell_of_lost(self, archive: _Archive) -> None:
        for record in archive.by_id.values():
            if record.id not in archive.there:
                self._unused.append((archive.manifest.path, _NO_FILE % printable(record.path)))


def _age(album: AlbumRecord) -> Tuple[str, str]:
    """What albums are put in order by, the oldest first: later ones never come before."""
    return album.created, album.id
