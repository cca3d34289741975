# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that `src` names, folders, archives and exports, as one source.

What only archives and exports need is loaded where it is used: it is compiled again on every run, and most uploads have neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from .._client import errors
from .._text import extension_of, printable
from . import base, live
from .archives.containers import ArchiveMember
from .exports.export import WAIT, Export, ExportOptions, hold_back, missing_parts
from .exports.layouts import AUTO, BY_NAME, LAYOUTS, Layout, Pairing, probe_folder, recognise
from .folders.places import FolderOptions, Patterns
from .folders.scan import HIDDEN_METADATA, Scan, warn_of_archives
from .members import Selection, archive_name, attach_sidecars, part_of, split
from .naming import kinds

_BATCH = 256
_TYPE = "Files of this type are not uploaded."


@dataclass(frozen=True)
class SourceOptions:
    """What is asked for. `kinds` maps the extensions that go up (lower case, with their dot) to `image` or `video`.

    `takes_albums`: the albums of an export are wanted.
    """

    folders: FolderOptions
    kinds: Mapping[str, str]
    layout: str = AUTO
    export: ExportOptions = field(default_factory=ExportOptions)
    takes_albums: bool = False


class CombinedSource(base.Source):
    """Looks at what there is before the first item is yielded, so that an export is recognised, and read as a whole.

    The files of plain folders are yielded while the rest is still being looked for. `accept` is called with an export before its first
    item is yielded, and may raise.
    """

    def __init__(self, options: SourceOptions, listener: base.Listener, accept: Callable[[Export], None]) -> None:
        self._options = options
        self._accept = accept
        self._listener = self._unread = base.Unread(listener, options.kinds)
        self._scan = Scan(options.folders, self._listener)
        self.export: Optional[Export] = None
        """There once an export was read; `parts` says in how many archives and folders it came, `files` how many files it has, and
        `left_out` counts those of them that are left out. `missing` says what of it is not there, as far as that is known."""
        self.parts = self.files = 0
        self.left_out = base.Counting(self._listener)
        self.missing = ""

    def batches(self) -> Iterator[base.Batch]:
        """The items, of an export after all of it was read. Raises `InvalidRequest` if `src` has several layouts."""
        archives = self._scan.archives()
        members = self._members(archives)
        layout = self._layout(members)
        if layout is None:
            self.can_be_counted = not members
            yield from self._scan.batches()
            yield from _in_batches(self._plain(members))
            return
        if layout.needs_exif:
            from .media import exif  # only here, see the top

            exif.require_exifread()  # before anything is read, and whatever the first photo is
        excluded = [one for one in self._options.folders.excluded if one not in layout.reads]
        selection = Selection(replace(self._options.folders, excluded=excluded), self._options.kinds.keys(), HIDDEN_METADATA)
        self.parts = len(archives) + len(self._scan.folders())
        items = [*self._scan.everything(excluded), *selection.of_export(members, self._listener)]
        yield from _in_batches(self._read(layout, items, selection.includes))

    def finish(self) -> None:
        self._scan.finish()

    def _members(self, archives: Sequence[str]) -> List[base.Item]:
        if not archives:
            return []
        from .archives.archives import archive_items  # only here, see the top

        return list(archive_items(archives, self._listener))

    def _layout(self, members: List[base.Item]) -> Optional[Layout]:
        """None for plain folders and archives."""
        if self._options.layout != AUTO:
            return BY_NAME.get(self._options.layout)
        found = recognise(members)
        excluded = Patterns(self._options.folders.excluded)
        for folder in self._scan.folders():
            found = {**probe_folder(folder, excluded.match_folder), **found}
        if not found and members and self._unread.messages:
            return self._layout_of_parts()
        if len(found) > 1:
            raise errors.InvalidRequest(
                "src has the exports of several programs (%s). Upload each with a task of its own, or say with layout which one it is."
                % ", ".join(sorted("%s: %s" % (BY_NAME[one].title, printable(path)) for one, path in found.items()))
            )
        return next((BY_NAME[name] for name in found), None)

    def _layout_of_parts(self) -> Optional[Layout]:
        """The layout whose parts have such names: what shows it may be in a part that cannot be read."""
        names = self._names_of_parts(())
        return next((one for one in LAYOUTS if one.is_spread and one.part_of is not None and any(map(one.part_of, names))), None)

    def _plain(self, members: Iterable[base.Item]) -> Iterator[base.Item]:
        """The photos and videos of archives that are not an export."""
        taken: List[base.Item] = []
        sidecars: List[base.Item] = []
        for item in Selection(self._options.folders, self._options.kinds.keys()).plain(members):
            extension = extension_of(item.inner)
            if kinds.is_sidecar(item.inner):
                sidecars.append(item)
            elif extension not in self._options.kinds:
                self._listener.skipped(item.path, extension, _TYPE)
            elif not item.size:
                self._listener.unreadable(item.path, errors.LocalFailure("The file is empty."), size=0)
            else:
                taken.append(item)
        if self._options.folders.live_photos:
            live.pair_up_items(taken, _place_of)
        return self._organised(taken, sidecars)

    def _read(self, layout: Layout, items: List[base.Item], includes: Callable[[base.Item], bool]) -> Iterator[base.Item]:
        """The photos and videos of an export that are included, in the order in which they lie in its archives."""
        if layout.has_nested_archives:
            from .archives.archives import with_nested  # only here, see the top

            items = list(with_nested(items, self._listener))
        else:
            self._warn_of_archives(items)
        missing = self._missing_parts(layout, items)
        # All is read, since what is known of a picture may depend on others; what is not included is as if it were not there.
        others = {item.path for item in items if not includes(item) and self._is_of_media(item, layout)}
        export = layout.read(items, self._options.kinds, self._options.export, base.Excluding(self.left_out, others))
        others.update(item.path for item in export.items if not includes(item))
        self.files = len(items) - sum(item.path in others for item in items)
        export = export.filtered(includes)
        if not layout.needs_exif and any(map(_has_place_without_zone, export.items)):
            from .media import exif  # only here, see the top

            exif.require_exifread()  # with a place the local time has to go along
        self.missing = " and ".join([*missing, *self._unread.messages, *self._scan.unfinished])
        if layout.is_spread and self.missing and self._options.export.export_unmatched == WAIT:
            export = hold_back(export, self.missing, self.left_out)
        self.export = export
        if self._options.layout != AUTO and export.items and not export.counts.get("metadata"):
            self._listener.warn(
                "layout says that src is an export (%s), but nothing that such an export says about its photos was found. They are "
                "uploaded with what they contain themselves. 'layout: auto' recognises an export." % layout.title
            )
        order = {id(item): number for number, item in enumerate(items)}
        taken = sorted(export.items, key=lambda item: order[id(item)])
        for item in taken:
            if not self._options.takes_albums and item.facts.albums:
                item.facts = item.facts._replace(albums=())
        self._accept(export)
        self.total = len(taken), sum(item.size for item in taken)
        if not self._options.folders.live_photos:
            for item in taken:
                item.live = None
        elif layout.pairing is not Pairing.BY_READER:
            from .exports import files  # only here, see the top

            live.pair_up_items(taken, _place_of, files.shared_folder if layout.pairing is Pairing.ACROSS_PARTS else _folder_of)
            live.pair_explicit(export.live)
        return self._organised(taken, [item for item in items if kinds.is_sidecar(item.inner)])

    def _is_of_media(self, item: base.Item, layout: Layout) -> bool:
        """By its extension, if the layout has only such."""
        extension = extension_of(item.inner)
        return extension in self._options.kinds or (layout.has_untyped_media and extension != ".json")

    def _missing_parts(self, layout: Layout, items: Iterable[base.Item]) -> List[str]:
        """Warns of them, and says which they are."""
        if layout.part_of is None:
            return []
        missing = list(missing_parts(self._names_of_parts(items), layout.part_of))
        for one in missing:
            self._listener.warn(one.warning)
        return [one.message for one in missing]

    def _names_of_parts(self, items: Iterable[base.Item]) -> Set[str]:
        """The names of all archives and folders."""
        paths = {_folder_of(item) for item in items}.union(self._scan.folders(), self._scan.archives())
        return {name for path in paths for name in path.split("/")}

    def _warn_of_archives(self, items: Iterable[base.Item]) -> None:
        names: Dict[str, List[str]] = {}
        for item in items:
            if "/" not in item.inner and not isinstance(item, ArchiveMember) and kinds.is_archive(item.inner):
                folder, _slash, name = item.path.rpartition("/")
                names.setdefault(folder, []).append(name)
        for folder, archives in names.items():
            warn_of_archives(folder, archives, self._listener)

    def _organised(self, items: List[base.Item], sidecars: Iterable[base.Item]) -> Iterator[base.Item]:
        """With their sidecars, and with the albums that are made from folders, which files of folders have already."""
        options = self._options.folders
        if options.sidecars:
            attach_sidecars(items, sidecars)
        for item in items:
            if options.album_from != "none" and isinstance(item, ArchiveMember):
                item.facts = item.facts._replace(albums=options.albums_of(archive_name(item), split(item)[0], item.path))
            yield item


def _place_of(item: base.Item) -> Tuple[str, str]:
    return part_of(item), _folder_of(item)


def _folder_of(item: base.Item) -> str:
    return split(item)[0]


def _has_place_without_zone(item: base.Item) -> bool:
    return item.facts.metadata.position is not None and not item.facts.metadata.is_read


def _in_batches(items: Iterator[base.Item]) -> Iterator[base.Batch]:
    batch: base.Batch = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
