# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files of archives are taken, by the rules that hold for files of folders."""

from __future__ import annotations

import os
from typing import AbstractSet, Collection, Dict, Iterable, Iterator, List, Tuple

from .._text import extension_of
from . import base
from .archives.containers import ArchiveMember
from .folders.file_item import FileItem
from .folders.places import FolderOptions, Patterns
from .folders.scan import skip_hidden
from .naming import kinds

_Place = Tuple[str, str]  # an archive, and a folder inside of it


class Selection:
    """What the options take of archives. `media` are the extensions that go up, in lower case and with their dot.

    `shown` are names, in lower case, that are not hidden though they begin with a dot.
    """

    def __init__(self, options: FolderOptions, media: AbstractSet[str], shown: Collection[str] = ()) -> None:
        self._options = options
        self._shown = shown
        self._media = media
        self._include = Patterns(options.include)
        self._exclude = Patterns(options.excluded)
        self._named = set(map(os.path.abspath, options.src))
        self._folders = {"": False}  # whether they are left out

    def plain(self, items: Iterable[base.Item]) -> Iterator[base.Item]:
        """Without what is hidden or excluded, or not included. Sidecars are taken whatever their names are, since they go with others."""
        for item in items:
            below, name = split(item)
            if self._is_left_out(below.rstrip("/")) or self._is_hidden(name):
                continue
            if kinds.is_sidecar(name) or (self.includes(item) and not self._exclude.match_file(name, below)):
                yield item

    def of_export(self, items: Iterable[base.Item], listener: base.Listener) -> Iterator[base.Item]:
        """The same for an export, whatever is included. The listener hears of photos and videos that are hidden, and included."""
        for item in items:
            below, name = split(item)
            if self._is_left_out(below.rstrip("/")) or self._exclude.match_file(name, below):
                continue
            if not self._is_hidden(name):
                yield item
            elif extension_of(name) in self._media and self.includes(item):
                skip_hidden(item.path, listener)

    def includes(self, item: base.Item) -> bool:
        """Whether an item is included, which all are unless patterns say which, and what `src` names is in any case."""
        below, name = split(item)
        return not self._options.include or self._include.match_file(name, below) or item.path in self._named

    def _is_hidden(self, name: str) -> bool:
        return name.startswith(".") and not self._options.hidden and name.lower() not in self._shown

    def _is_left_out(self, folder: str) -> bool:
        """Whether a folder, or one that it lies in, is excluded or hidden."""
        above: List[str] = []
        while folder not in self._folders:
            above.append(folder)
            folder = folder.rpartition("/")[0]
        is_left_out = self._folders[folder]
        for one in reversed(above):
            outer, slash, name = one.rpartition("/")
            is_left_out = is_left_out or self._is_hidden(name) or self._exclude.match_folder(name, outer + slash)
            self._folders[one] = is_left_out
        return is_left_out


def attach_sidecars(items: Iterable[base.Item], sidecars: Iterable[base.Item]) -> None:
    """Gives the members of archives the sidecars that lie beside them."""
    by_place: Dict[_Place, Dict[str, base.Item]] = {}
    for sidecar in sidecars:
        if isinstance(sidecar, ArchiveMember):
            by_place.setdefault(_place(sidecar), {})[split(sidecar)[1]] = sidecar
    if not by_place:
        return
    names = {place: kinds.SidecarNames(found) for place, found in by_place.items()}
    for item in items:
        if isinstance(item, ArchiveMember) and _place(item) in by_place:
            name = names[_place(item)].find(split(item)[1])
            if name is not None:
                item.beside = by_place[_place(item)][name]


def part_of(item: base.Item) -> str:
    """The path of the archive, or of the folder in `src`, that an item lies in."""
    if isinstance(item, ArchiveMember):
        return item.container.path
    return item.folder.root.path if isinstance(item, FileItem) else ""


def archive_name(member: ArchiveMember) -> str:
    """The name of a member's archive, without what says that it is one."""
    name = os.path.basename(member.container.path)
    stem, extension = os.path.splitext(name)
    return os.path.splitext(stem)[0] if extension.lower() == ".gz" and kinds.is_archive(name) else stem


def split(item: base.Item) -> Tuple[str, str]:
    """The folder that an item lies in, empty or with a slash at its end, and its name there."""
    folder, slash, name = item.inner.rpartition("/")
    return folder + slash, name


def _place(member: ArchiveMember) -> _Place:
    return member.container.path, split(member)[0]
