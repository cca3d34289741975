# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All files of an export, its parts joined, by folder.

An export is spread over archives and unpacked folders: a picture and its JSON file may lie in different ones, and nothing may be judged
before all are listed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ... import _text, _times
from ..._client import errors
from ..._files import base, facts
from ..._media import structure
from .. import files
from ..reader import ExportAlbums, ExportReader
from . import sidecars, titles
from .titles import YEARS

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])|(?<![0-9])2100(?![0-9])")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: #[0-9]{1,4})?\Z")
_MAX_NAME = 255  # characters of an album's name
_MAX_COMPARED = 5  # files of one path with different contents: a real export has two, and the next is compared with each

_OTHER_PRODUCT = "It belongs to another Google product than Photos."
_TWICE = "The same file lies in another part of the export: %s"


class CatalogueEntry:
    """A file of the export that is not JSON, in its folder.

    `extension` is in lower case with its dot, and `kind` is `image`, `video` or None for what Immich does not take. What matching finds is
    `rule`, the `sidecar`, the number that it has beyond its title, and for what has no JSON file of its own the `original` that it
    belongs to.
    """

    __slots__ = ("extension", "folder", "item", "kind", "name", "number", "original", "rule", "sidecar")

    def __init__(self, folder: TakeoutFolder, item: base.Item, name: str, media_types: Mapping[str, str]) -> None:
        self.folder = folder
        self.item = item
        self.name = name
        self.extension = titles.split(name)[1].lower()
        self.kind = media_types.get(self.extension)
        self.rule = "none"
        self.sidecar: Optional[sidecars.TakeoutSidecar] = None
        self.number = 0
        self.original: Optional[CatalogueEntry] = None

    def look_inside(self, media_types: Mapping[str, str]) -> bool:
        """Takes its kind from its content. False if that is not a photo or video that Immich takes, or cannot be read."""
        try:
            extension = structure.extension_by_content(self.item.read(structure.HEAD_BYTES))
        except (errors.ImmichError, OSError):  # it is left out, as the files of other types are
            return False
        if extension is None or extension not in media_types:
            return False
        self.extension, self.kind = extension, media_types[extension]
        return True

    @property
    def is_open(self) -> bool:
        """Whether it is not known yet what it belongs to."""
        return self.sidecar is None and self.original is None and self.rule == "none"

    @property
    def part_folder(self) -> files.PartFolder:
        """The folder or archive's folder that it lies in, which holds only a part of what its `folder` has."""
        return files.folder_of(self.item)


class TakeoutFolder:
    """A folder of the export. `name` is its last part, `key` that and the name of the folder above. `meaning`: see `interpret_folders`."""

    __slots__ = ("albums", "entries", "key", "meaning", "name", "product", "sidecars")

    def __init__(self, key: Tuple[str, ...], product: Optional[str]) -> None:
        self.key = key
        self.name = key[-1] if key else ""
        self.product = product
        self.meaning = FolderMeaning(None, None)
        self.entries: List[CatalogueEntry] = []
        self.sidecars: List[sidecars.TakeoutSidecar] = []
        self.albums: List[sidecars.AlbumFile] = []


class Catalogue:
    """The export's folders in the order of their keys, and its other JSON files. What is left out is reported for the `reader`."""

    def __init__(self, items: Iterable[base.Item], reader: ExportReader) -> None:
        self._reader = reader
        self._by_part_folder: Dict[files.PartFolder, TakeoutFolder] = {}
        self._by_key: Dict[Tuple[str, ...], TakeoutFolder] = {}
        self.other_json: List[sidecars.OtherJson] = []
        self._fill(items)
        self.folders = self._of_photos()

    def _fill(self, items: Iterable[base.Item]) -> None:
        seen: Dict[Tuple[str, ...], Dict[str, base.Item]] = {}
        more: Dict[Tuple[Tuple[str, ...], str], List[base.Item]] = {}
        for item in items:
            folder = self._folder_of(item)
            name = item.file_name
            normal = name if name.isascii() else unicodedata.normalize("NFC", name)
            first = seen.setdefault(folder.key, {}).setdefault(normal, item)
            if first is not item:
                others = more.setdefault((folder.key, normal), [first])
                same = next((other for other in others if same_content(item, other)), None)
                if same is not None:
                    self._reader.listener.skipped(item.path, "duplicate", _TWICE % same.path)
                    continue
                self._reader.listener.warn(
                    "Two files of the export have one path and different contents: %s and %s." % (first.path, item.path)
                )
                if len(others) < _MAX_COMPARED:
                    others.append(item)
            if name[-5:].lower() == ".json":
                self._take_json(folder, item, name)
            else:
                folder.entries.append(CatalogueEntry(folder, item, name, self._reader.media_types))

    def _take_json(self, folder: TakeoutFolder, item: base.Item, name: str) -> None:
        content = self._reader.read_or_report(item, partial(sidecars.read_json, name=name))
        if isinstance(content, sidecars.TakeoutSidecar):
            folder.sidecars.append(content)
        elif isinstance(content, sidecars.AlbumFile):
            folder.albums.append(content)
        elif content is not None:
            self.other_json.append(content)

    def _folder_of(self, item: base.Item) -> TakeoutFolder:
        place = files.folder_of(item)
        folder = self._by_part_folder.get(place)
        if folder is None:
            parts = files.folder_parts(item)
            key = parts[-2:]
            folder = self._by_key.get(key)
            if folder is None:
                folder = self._by_key[key] = TakeoutFolder(key, product_of(parts))
            self._by_part_folder[place] = folder
        return folder

    def _of_photos(self) -> List[TakeoutFolder]:
        """The folders, without those of other products if the export shows which is which: `Takeout/<product>/<album>/` has sidecars."""
        folders = [self._by_key[key] for key in sorted(self._by_key)]
        photos: Set[Optional[str]] = {folder.product for folder in folders if folder.sidecars and folder.product != folder.name}
        if not photos - {None}:
            return folders
        kept: List[TakeoutFolder] = []
        for folder in folders:
            if folder.product is None or folder.product in photos:
                kept.append(folder)
                continue
            for item in _items_of(folder):
                self._reader.listener.skipped(item.path, "other product", _OTHER_PRODUCT)
        return kept


def product_of(parts: Sequence[str]) -> Optional[str]:
    """The folder below the last `Takeout`; None if there is none."""
    for index in range(len(parts) - 2, -1, -1):
        if parts[index].lower() == "takeout":
            return parts[index + 1]
    return None


def same_content(item: base.Item, other: base.Item) -> bool:
    """Whether two files hold the same bytes. They are read only where their sizes agree and a checksum is missing."""
    if item.size != other.size:
        return False
    try:
        if item.sha1 or other.sha1:
            return _sha1(item) == _sha1(other)
        return _crc(item) == _crc(other) if item.crc is not None or other.crc is not None else _same_bytes(item, other)
    except (errors.ImmichError, OSError):  # its own reading will say so
        return False


def _sha1(item: base.Item) -> bytes:
    if item.sha1:
        return item.sha1
    digest = hashlib.sha1()
    for block in item.blocks():
        digest.update(block)
    return digest.digest()


def _crc(item: base.Item) -> int:
    if item.crc is not None:
        return item.crc
    crc = 0
    for block in item.blocks():
        crc = zlib.crc32(block, crc)
    return crc


def _same_bytes(item: base.Item, other: base.Item) -> bool:
    with other.open() as second:
        return all(second.read(len(block)) == block for block in item.blocks())


def _items_of(folder: TakeoutFolder) -> Iterator[base.Item]:
    for entry in folder.entries:
        yield entry.item
    for sidecar in folder.sidecars:
        yield sidecar.item
    for album in folder.albums:
        yield album.item


class FolderMeaning(NamedTuple):
    """What a folder stands for: an `album`, a `year`, or neither; what it is not is None."""

    album: Optional[facts.ExportAlbum]
    year: Optional[int]


def interpret_folders(folders: Sequence[TakeoutFolder], albums: ExportAlbums, *, keep_untitled: bool) -> None:
    """Sets what each folder stands for."""
    album_files = [_album_file(folder) for folder in folders]
    names = [
        _name(folder, file) if file is not None and (file.title or keep_untitled) else "" for folder, file in zip(folders, album_files)
    ]
    albums.reserve(names)
    for folder, file, name in zip(folders, album_files, names):
        if file is None:
            folder.meaning = FolderMeaning(None, _year(folder.name))
        elif name:
            folder.meaning = FolderMeaning(albums.get(folder.key, name, file.description, file.item.path), None)


def _album_file(folder: TakeoutFolder) -> Optional[sidecars.AlbumFile]:
    """The JSON of its album; None if no user made the album: for the folder of a year, or of a day as there were until 2020."""
    if not folder.albums:
        return None
    file = next((album for album in folder.albums if album.title), folder.albums[0])
    return None if _is_year(folder, file) or _is_day(folder, file) else file


def _is_year(folder: TakeoutFolder, file: sidecars.AlbumFile) -> bool:
    """Whether it is titled as the folders of years are, and most of its pictures were taken in that year."""
    year = _year(file.title)
    if year is None or titles.fold(_YEAR.sub("#", file.title)) not in YEARS:
        return False
    return _most_taken_in(folder, str(year))


def _is_day(folder: TakeoutFolder, file: sidecars.AlbumFile) -> bool:
    """Whether it is named after a day, has no title but that day, and most of its pictures were taken then."""
    day = _DAY.match(folder.name)
    if day is None or (file.title and not _DAY.match(file.title)):
        return False
    return _most_taken_in(folder, day.group(1))


def _most_taken_in(folder: TakeoutFolder, period: str) -> bool:
    """Whether most pictures whose time is known were taken in a period (`2019`, `2019-07-31`), in any time zone."""
    taken = [sidecar.taken for sidecar in folder.sidecars if sidecar.taken is not None]
    inside = sum(any(_local(seconds, hours).startswith(period) for hours in (-12, 0, 14)) for seconds in taken)
    return inside * 2 >= len(taken)


def _local(seconds: float, hours: int) -> str:
    try:
        return (_times.EPOCH + timedelta(seconds=seconds, hours=hours)).isoformat()
    except OverflowError:
        return ""


def _year(name: str) -> Optional[int]:
    """The year in the name of a folder, if there is exactly one. The words around it depend on the language."""
    years = Counter(_YEAR.findall(name))
    return int(next(iter(years))) if sum(years.values()) == 1 else None


def _name(folder: TakeoutFolder, file: sidecars.AlbumFile) -> str:
    """Of the album: the JSON's title, for the folder's name is cut and lacks some characters."""
    name = file.title or folder.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _text.name_to_send(name, _MAX_NAME) or "Untitled"
