# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads an archive of ours, so that an upload brings back what it holds.

The files of the archive may have been moved to another disk, or packed: a photo is known by its path below the archive's folder, and where
the manifest is lost or damaged its sidecar still goes up with it.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple, TypeVar

from .. import _text
from .._archive_format import record
from .._client import errors
from .._files import base, facts, live
from .._metadata.faces import Person, PictureFaces
from . import export, files, reader

T = TypeVar("T")

_MANIFEST = "%s/%s" % (record.FOLDER, record.MANIFEST)
_OWN_FOLDER, _ALBUMS, _REMOVED = record.FOLDER + "/", "%s/%s/" % (record.FOLDER, record.ALBUMS), "%s/%s/" % (record.FOLDER, record.REMOVED)
_LOCK = "%s/%s" % (record.FOLDER, record.LOCK)
_PEOPLE = "%s/%s" % (record.FOLDER, record.PEOPLE)

_ASIDE = "It was moved aside, because the server no longer had it. To bring it back, upload its folder by itself."
_NAMELESS = (
    "%s without a name in the archive: left out, and the photos are uploaded without. With 'untitled_albums: create' each of them is made, "
    "as 'Untitled'."
)
_NO_FILE = "The file is not there that it is about: %s"


class _ArchiveOnDisk:
    """One archive: its manifest's path, what that says by the paths below the archive's folder, and which of the files are there."""

    def __init__(self, manifest: base.Item) -> None:
        self.manifest = manifest
        self.records: Dict[str, record.ArchiveRecord] = {}
        self.by_id: Dict[str, record.ArchiveRecord] = {}
        self.albums: Dict[str, List[facts.ExportAlbum]] = {}  # of each path
        self.titles: Set[str] = set()  # of the albums that have a file
        self.present_ids: Set[str] = set()  # the ids of assets whose files are there
        self.items: Dict[str, base.Item] = {}  # by the ids of assets
        self.people: Dict[str, Person] = {}  # by their ids


class ImmichArchiveReader(reader.ExportReader):
    """Reads an archive, or several. Each file gets the name that it had in Immich."""

    def __init__(self, layout: str, media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener) -> None:
        super().__init__(layout, media_types, options, listener)
        self._archives: Dict[files.PartFolder, _ArchiveOnDisk] = {}
        self._by_folder: Dict[str, _ArchiveOnDisk] = {}
        self._album_files: List[Tuple[_ArchiveOnDisk, record.AlbumRecord, Tuple[str, ...], str]] = []  # each with where it lies
        self._manifests: List[base.Item] = []
        self._files: List[base.Item] = []
        self._others: List[Tuple[base.Item, Optional[_ArchiveOnDisk], str]] = []  # each with the archive it lies in, and its path there
        self._records: Dict[
            int, Tuple[_ArchiveOnDisk, record.ArchiveRecord, str]
        ] = {}  # by the ids of the items, each with the path in its archive

    def classify(self, items: Sequence[base.Item]) -> None:
        for item in items:
            is_manifest = ("/" + item.inner).endswith("/" + _MANIFEST)
            (self._manifests if is_manifest else self._files).append(item)

    def read_metadata(self) -> None:
        for item in self._manifests:
            self._read_manifest(item)
        for item in self._files:
            archive, below = self._archive_of(item)
            if archive is None or not below.startswith(_OWN_FOLDER):
                self._others.append((item, archive, below))
            else:
                self._read_own_file(item, archive, below)
        self._name_albums()

    def match(self) -> None:
        self.media = [item for item, archive, below in self._others if self._accept_or_report(item, archive, below)]

    def describe(self) -> None:
        for item in self.media:
            if id(item) in self._records:
                item.facts = self._facts(*self._records[id(item)])
        for archive in self._archives.values():
            self._pair_up(archive)

    def report(self, items: Sequence[base.Item]) -> None:
        for archive in self._archives.values():
            for entry in archive.by_id.values():
                if entry.id not in archive.present_ids:
                    self.unused.append((archive.manifest.path, _NO_FILE % _text.printable(entry.path)))

    def flags_of(self, item: base.Item) -> reader.Flags:
        return super().flags_of(item)._replace(unmatched=id(item) not in self._records)

    def _archive_of(self, item: base.Item) -> Tuple[Optional[_ArchiveOnDisk], str]:
        """The archive that a file lies in, in whatever part of it, and its path below that."""
        place = files.folder_of(item)
        while True:
            archive = self._archives.get(place) or self._by_folder.get(place.folder)
            if archive is not None:
                return archive, item.inner[len(place.folder) :]
            if not place.folder:
                return None, item.inner
            place = place.parent

    def _read_manifest(self, item: base.Item) -> None:
        archive, broken, partial = _ArchiveOnDisk(item), 0, 0
        try:
            with item.open() as stream:
                for number, line in enumerate(record.lines_of(stream)):
                    unread: List[str] = []
                    try:
                        line_record = record.parse_line(line, unread)
                    except ValueError:
                        broken += number > 0  # the first one is about the archive
                        continue
                    partial += bool(unread)
                    if isinstance(line_record, record.ArchiveRecord):
                        archive.by_id[line_record.id] = line_record
                    else:
                        archive.by_id.pop(line_record.id, None)
        except (errors.LocalFailure, OSError) as exc:
            error = exc if isinstance(exc, errors.LocalFailure) else errors.unreadable(exc)
            self.listener.unreadable(item.path, error, size=item.size)
            return
        if broken:
            self.listener.warn(
                "%d lines of %s cannot be read. The photos that they are about are uploaded with their sidecars alone."
                % (broken, item.path)
            )
        if partial:
            self.listener.warn(
                "In %d lines of %s some values cannot be read. The photos that they are about get all else that is said of them."
                % (partial, item.path)
            )
        archive.records = {_text.fold(photo.path): photo for photo in archive.by_id.values()}
        place = files.folder_of(item).parent
        self._archives[place] = archive
        self._by_folder.setdefault(place.folder, archive)
        self.metadata += 1

    def _read_own_file(self, item: base.Item, archive: _ArchiveOnDisk, below: str) -> None:
        if below.startswith(_ALBUMS) and _text.extension_of(below) == ".json":
            parsed = self._parse(item, record.parse_album)
            if parsed is not None:
                album, paths = parsed
                self._album_files.append((archive, album, paths, item.path))
        elif below == _PEOPLE:
            archive.people = self._parse(item, record.parse_people) or archive.people
        elif below.startswith(_REMOVED):
            self.listener.skipped(item.path, "removed", _ASIDE)
        elif below == _LOCK or _text.extension_of(below) == ".json":
            self.metadata += 1  # what it says is for people
        else:
            self.skip_type(item)

    def _parse(self, item: base.Item, parse: Callable[[bytes], T]) -> Optional[T]:
        """What a function makes of the content of a file of ours; None for what is not such a file, or cannot be read."""
        try:
            parsed = self.read_or_report(item, lambda file: parse(files.read_content(file, record.LARGEST_ALBUM)))
        except ValueError:
            self.skip_type(item)
            return None
        self.metadata += parsed is not None
        return parsed

    def _name_albums(self) -> None:
        """Names the albums, once all of their files were read. Albums of one name, which Immich allows, stay apart."""
        by_name: Dict[str, List[Tuple[record.AlbumRecord, str]]] = {}
        for _archive, album, _paths, origin in self._album_files:
            by_name.setdefault(_text.name_to_send(album.name), []).append((album, origin))
        for named in by_name.values():
            ids = {album.id for album, _origin in named}
            if len(ids) > 1:
                oldest_first = sorted({album.id: (album, origin) for album, origin in named}.values(), key=lambda pair: _age(pair[0]))
                self.albums.add_namesakes(
                    [(album.id, facts.ExportAlbum(album.name, album.description, origin, album.order)) for album, origin in oldest_first]
                )
        nameless: Set[str] = set()
        for archive, album, paths, origin in self._album_files:
            export_album = self.albums.get(album.id, album.name, album.description, origin, album.order)
            archive.titles.add(_text.name_to_send(album.name))
            if export_album is None:
                nameless.update([album.id] if paths else [])
                continue
            for path in paths:
                archive.albums.setdefault(_text.fold(path), []).append(export_album)
        if nameless:
            self.listener.warn(_NAMELESS % ("1 album" if len(nameless) == 1 else "%d albums" % len(nameless)))

    def _accept_or_report(self, item: base.Item, archive: Optional[_ArchiveOnDisk], below: str) -> bool:
        entry = archive.records.get(_text.fold(below)) if archive is not None else None
        extension = _text.extension_of(below)
        if entry is not None and archive is not None:
            archive.present_ids.add(entry.id)
            name = _text.name_to_send(entry.name)
            if _text.extension_of(name) in self.media_types:
                item.name, extension = name, _text.extension_of(name)
        elif extension == record.SIDECAR and archive is not None and _text.fold(below[: -len(record.SIDECAR)]) in archive.records:
            self.metadata += 1
            return False
        if extension not in self.media_types:
            self.skip_type(item)
        elif not item.size:
            base.fail_empty(self.listener, item.path)
        else:
            if entry is not None and archive is not None:
                archive.items[entry.id] = item
                self._records[id(item)] = archive, entry, below
            return True
        return False

    def _facts(self, archive: _ArchiveOnDisk, entry: record.ArchiveRecord, below: str) -> facts.Facts:
        metadata = entry.metadata
        albums = archive.albums.get(_text.fold(below), [])
        # The files of albums are written last, so a run that was killed may have left some out.
        others = [
            self.albums.get((name,), name, "", archive.manifest.path)
            for name in metadata.albums
            if _text.name_to_send(name) not in archive.titles
        ]
        return facts.Facts(
            "exact",
            archive.manifest.path,
            metadata._replace(
                description=_text.text_to_send(metadata.description, record.LONGEST_LINE),
                tags=tuple(tag for tag in map(_text.name_to_send, metadata.tags) if tag),
                albums=(),
                faces=_with_people(metadata.faces, archive.people),
            ),
            sha1=None if self.options.export_unmatched == export.UPLOAD else bytes.fromhex(entry.checksum),
            albums=tuple(dict.fromkeys([*albums, *(album for album in others if album is not None)])),
            stack=None if entry.stack is None else facts.StackMembership(entry.stack, entry.stack == entry.id),
        )

    def _pair_up(self, archive: _ArchiveOnDisk) -> None:
        """The halves of live photos, which the server knew. What is the video of another one, or its own, has none itself."""
        videos = {entry.live for entry in archive.by_id.values()}
        for entry in archive.by_id.values():
            still, video = archive.items.get(entry.id), archive.items.get(entry.live or "")
            if still is not None and video is not None and entry.id not in videos:
                live.LivePair(known=True).join(still, video)
                metadata = video.facts.metadata._replace(visibility="timeline")
                video.facts = video.facts._replace(rule="live", metadata=metadata)
                self.originals[id(video)] = still


def _with_people(faces: Optional[PictureFaces], people: Mapping[str, Person]) -> Optional[PictureFaces]:
    """The faces with all that the archive says of their people."""
    if faces is None:
        return None
    return faces._replace(faces=tuple(face._replace(person=people.get(face.person.id, face.person)) for face in faces.faces))


def _age(album: record.AlbumRecord) -> Tuple[str, str]:
    """The key by which albums are sorted, the oldest first."""
    return album.created, album.id
