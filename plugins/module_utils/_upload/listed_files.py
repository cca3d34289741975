# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of archives and exports: all are listed before the first goes up, since what is known of one may stand in another.

Only uploads that have archives or exports load this.
"""

from __future__ import annotations

import os
from operator import attrgetter
from typing import (
    AbstractSet,
    Collection,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from .. import _option_names, _text
from .._exports import layouts
from .._exports.export import WAIT, Export, hold_back, missing_parts
from .._exports.files import shared_folder
from .._files import base, live
from .._files.archives.archives import archive_items, with_nested
from .._files.archives.containers import ArchiveMember
from .._files.folders import src_paths
from .._files.folders.file_item import FileItem
from .._files.folders.scan import HIDDEN_METADATA, Scan, skip_hidden, warn_of_archives
from .._media import exif
from .._naming import kinds

_Place = Tuple[str, str]  # an archive, and a folder inside of it


class ListedExport(NamedTuple):
    """An export that was read, and its photos and videos in the order in which they lie in its archives.

    `files` is how many files it has, sidecars and all; `missing` says what of it is not there, as far as that is known, else it is empty.
    """

    export: Export
    items: List[base.Item]
    files: int
    missing: str


class ListedFiles:
    """The files that the archives in `src` have, or that an export has. Messages go to `unread`. For `media_types` see `CombinedSource`."""

    def __init__(self, options: layouts.SourceOptions, media_types: Mapping[str, str], scan: Scan, unread: base.UnreadFiles) -> None:
        self._options = options
        self._media_types = media_types
        self._scan = scan
        self._unread = unread

    def members(self, archives: Sequence[str]) -> List[base.Item]:
        """The files in the archives at these paths."""
        return list(archive_items(archives, self._unread))

    def layout_of_parts(self) -> Optional[layouts.Layout]:
        """The layout whose parts have such names: what shows it may be in a part that cannot be read."""
        names = self._names_of_parts(())
        return next(
            (layout for layout in layouts.LAYOUTS if layout.is_spread and layout.part_of is not None and any(map(layout.part_of, names))),
            None,
        )

    def plain(self, members: Iterable[base.Item]) -> List[base.Item]:
        """The photos and videos of archives that are not an export."""
        taken: List[base.Item] = []
        sidecars: List[base.Item] = []
        for item in MemberFilter(self._options, self._options.excluded, self._media_types.keys()).plain(members):
            extension = item.extension
            if kinds.is_sidecar(item.inner):
                sidecars.append(item)
            elif extension not in self._media_types:
                base.skip_type(self._unread, item.path, item.inner)
            elif not item.size:
                base.fail_empty(self._unread, item.path)
            else:
                taken.append(item)
        if self._options.live_photos:
            live.pair_items(taken, _place_of)
        self._organise(taken, sidecars)
        return taken

    def read(self, layout: layouts.Layout, members: List[base.Item], left_out: base.Counting) -> ListedExport:
        """Reads an export, of which archives have these members. What of it does not go up is reported to `left_out`.

        Raises `MissingLibrary` where the layout needs exifread and it is not installed.
        """
        if layout.needs_exif:
            exif.require_exifread()  # before anything is read, and whatever the first photo is
        excluded = [pattern for pattern in self._options.excluded if pattern not in layout.reads_excluded]
        member_filter = MemberFilter(self._options, excluded, self._media_types.keys(), HIDDEN_METADATA)
        items: List[base.Item] = [*self._scan.everything(excluded), *member_filter.of_export(members, self._unread)]
        if layout.has_nested_archives:
            items = list(with_nested(items, self._unread))
        else:
            self._warn_of_archives(items)
        clauses = self._missing_parts(layout, items)
        # All is read, since what is known of a picture may depend on others; what is not included is as if it were not there.
        others = {item.path for item in items if not member_filter.includes(item) and self._is_of_media(item, layout)}
        export = layout.read(items, self._media_types, self._options.export, base.Excluding(left_out, others))
        others.update(item.path for item in export.items if not member_filter.includes(item))
        files = len(items) - sum(item.path in others for item in items)
        export = export.filtered(member_filter.includes)
        if not layout.needs_exif and any(map(_has_place_without_zone, export.items)):
            exif.require_exifread()  # with a place the local time has to go along
        missing = " and ".join([*clauses, *self._unread.messages, *self._scan.unfinished])
        if layout.is_spread and missing and self._options.export.export_unmatched == WAIT:
            export = hold_back(export, missing, left_out)
        if layout.describes_photos and self._options.layout != layouts.AUTO and export.items and not export.metadata:
            self._unread.warn(
                _option_names.name_options(
                    "O(layout) says that O(src) is an export (%s), but nothing that such an export says about its photos was found. They "
                    "are uploaded with what they contain themselves. 'layout: auto' recognises an export.",
                    "layout",
                    "src",
                )
                % layout.title
            )
        return ListedExport(export, self._in_order(layout, export, items), files, missing)

    def _in_order(self, layout: layouts.Layout, export: Export, items: Sequence[base.Item]) -> List[base.Item]:
        """The photos and videos of an export in the order of its files, paired, each with its sidecar and the albums that are wanted."""
        order = {id(item): number for number, item in enumerate(items)}
        taken = sorted(export.items, key=lambda item: order[id(item)])
        for item in taken:
            if not self._options.takes_export_albums and item.facts.albums:
                item.facts = item.facts._replace(albums=())
            if not self._options.live_photos:
                item.live = None
        if self._options.live_photos and layout.pairing is not layouts.Pairing.BY_READER:
            live.pair_items(taken, _place_of, shared_folder if layout.pairing is layouts.Pairing.ACROSS_PARTS else attrgetter("below"))
            live.pair_explicit(export.live)
        self._organise(taken, [item for item in items if kinds.is_sidecar(item.inner)])
        return _with_known_first(taken)

    def _is_of_media(self, item: base.Item, layout: layouts.Layout) -> bool:
        """By its extension, if the layout has only such."""
        extension = item.extension
        return extension in self._media_types or (layout.has_untyped_media and extension != ".json")

    def _missing_parts(self, layout: layouts.Layout, items: Iterable[base.Item]) -> List[str]:
        """Warns of them, and says which they are."""
        if layout.part_of is None:
            return []
        missing = list(missing_parts(self._names_of_parts(items), layout.part_of))
        for part in missing:
            self._unread.warn(part.warning)
        return [part.message for part in missing]

    def _names_of_parts(self, items: Iterable[base.Item]) -> Set[str]:
        """The names of all archives and folders."""
        paths = {item.below for item in items}.union(self._scan.src_paths.folders(), self._scan.src_paths.archives())
        return {name for path in paths for name in path.split("/")}

    def _warn_of_archives(self, items: Iterable[base.Item]) -> None:
        names: Dict[str, List[str]] = {}
        for item in items:
            if "/" not in item.inner and not isinstance(item, ArchiveMember) and kinds.is_archive(item.inner):
                folder, _slash, name = item.path.rpartition("/")
                names.setdefault(folder, []).append(name)
        for folder, archives in names.items():
            warn_of_archives(folder, archives, self._unread)

    def _organise(self, items: List[base.Item], sidecars: Iterable[base.Item]) -> None:
        """Gives members of archives their sidecars, and the albums that are made from folders. Files of folders have theirs already."""
        options = self._options
        if options.sidecars:
            attach_sidecars(items, sidecars)
        for item in items:
            if options.makes_albums and isinstance(item, ArchiveMember):
                top = kinds.name_of_archive(item.container.path)
                item.facts = item.facts._replace(albums=options.albums_of(top, item.below, item.path))


def _with_known_first(items: List[base.Item]) -> List[base.Item]:
    """Of equal files the first goes up: a copy of which nothing is known in its folder comes after those of its name and size that have a
    metadata file in theirs."""

    def looks(item: base.Item) -> Tuple[int, str]:
        return item.size, _text.fold(item.file_name)

    known = {looks(item) for item in items if item.facts.sidecar is not None}
    return sorted(items, key=lambda item: item.facts.sidecar is None and looks(item) in known)


def _place_of(item: base.Item) -> _Place:
    return part_of(item), item.below


def _has_place_without_zone(item: base.Item) -> bool:
    return item.facts.metadata.position is not None and not item.facts.metadata.is_read


class MemberFilter:
    """What the options take of archives, where the patterns of `excluded` count in place of theirs. `media` are the extensions that go up,
    in lower case and with their dot.

    `shown` are names, in lower case, that are not hidden though they begin with a dot.
    """

    def __init__(
        self, options: src_paths.FolderOptions, excluded: Sequence[str], media: AbstractSet[str], shown: Collection[str] = ()
    ) -> None:
        self._options = options
        self._shown = shown
        self._media = media
        self._include = src_paths.Patterns(options.include)
        self._exclude = src_paths.Patterns(excluded)
        self._named = set(map(os.path.abspath, options.src))
        self._folders = {"": False}  # whether they are left out

    def plain(self, items: Iterable[base.Item]) -> Iterator[base.Item]:
        """Without what is hidden or excluded, or not included. Sidecars are taken whatever their names are, since they go with others."""
        for item in items:
            if self._is_left_out(item.below.rstrip("/")) or self._is_hidden(item.file_name):
                continue
            if kinds.is_sidecar(item.file_name) or (self.includes(item) and not self._exclude.match_file(item.file_name, item.below)):
                yield item

    def of_export(self, items: Iterable[base.Item], listener: base.Listener) -> Iterator[base.Item]:
        """The same for an export, whatever is included. The listener hears of photos and videos that are hidden, and included."""
        for item in items:
            if self._is_left_out(item.below.rstrip("/")) or self._exclude.match_file(item.file_name, item.below):
                continue
            if not self._is_hidden(item.file_name):
                yield item
            elif item.extension in self._media and self.includes(item):
                skip_hidden(item.path, listener)

    def includes(self, item: base.Item) -> bool:
        """Whether an item is included, which all are unless patterns say which, and what `src` names is in any case."""
        return not self._options.include or self._include.match_file(item.file_name, item.below) or item.path in self._named

    def _is_hidden(self, name: str) -> bool:
        return name.startswith(".") and not self._options.hidden and name.lower() not in self._shown

    def _is_left_out(self, folder: str) -> bool:
        """Whether a folder, or one that it lies in, is excluded or hidden."""
        above: List[str] = []
        while folder not in self._folders:
            above.append(folder)
            folder = folder.rpartition("/")[0]
        is_left_out = self._folders[folder]
        for inner in reversed(above):
            outer, slash, name = inner.rpartition("/")
            is_left_out = is_left_out or self._is_hidden(name) or self._exclude.match_folder(name, outer + slash)
            self._folders[inner] = is_left_out
        return is_left_out


def attach_sidecars(items: Iterable[base.Item], sidecars: Iterable[base.Item]) -> None:
    """Gives the members of archives the sidecars that lie beside them."""
    by_place: Dict[_Place, Dict[str, base.Item]] = {}
    for sidecar in sidecars:
        if isinstance(sidecar, ArchiveMember):
            by_place.setdefault(_place_of(sidecar), {})[sidecar.file_name] = sidecar
    if not by_place:
        return
    names = {place: kinds.SidecarNames(names) for place, names in by_place.items()}
    for item in items:
        place = _place_of(item)
        if isinstance(item, ArchiveMember) and place in by_place:
            name = names[place].find(item.file_name)
            if name is not None:
                item.beside = by_place[place][name]


def part_of(item: base.Item) -> str:
    """The path of the archive, or of the folder in `src`, that an item lies in."""
    if isinstance(item, ArchiveMember):
        return item.container.path
    return item.folder.root.path if isinstance(item, FileItem) else ""
