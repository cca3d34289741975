# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells by their content whether files are an export, and whose. Private to the collection.

Names are translated, so that they only say which files are worth a look. The looks are few, however many files there are. The readers
are loaded where they are used: Python compiles them anew on each run, and most folders have no such file.
"""

from __future__ import annotations

import os
import re
from collections import deque
from contextlib import suppress
from typing import Callable, Deque, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Set, Tuple

from ..._client import errors
from .. import base
from .export import Export, ExportOptions

_MAX_NAMES = 20_000
_MAX_NAMES_OF_FOLDER = 2_000
_MAX_LOOKS_AT_FOLDER = 3
_MAX_LOOKS = 48
_HEAD_BYTES = 64 * 1024

_PICASA = (".picasa.ini", "picasa.ini")
# `name.jpg.json`, `name.jpg.supplemental-metadata(1).json`: rather a picture's than one of the many JSON files of other products.
_OF_PICTURE = re.compile(r"\.[a-z0-9]{2,5}(?:\([0-9]+\))?(?:\.[a-z-]*)?(?:\([0-9]+\))?\.json\Z")
_ICLOUD_ALBUM = ("imgname", "imagename", "images")

Excludes = Callable[[str, str], bool]


class _Look(NamedTuple):
    """A file that may tell: its path, its name in lower case, and how to read so many bytes of its beginning."""

    path: str
    name: str
    read: Callable[[int], bytes]


class _Looks:
    """The files that are worth a look, few of each folder."""

    def __init__(self) -> None:
        self._likely: List[_Look] = []
        self._others: List[_Look] = []
        self._taken: Dict[Tuple[str, str, bool], int] = {}

    def offer(self, folder: str, name: str, path: str, read: Callable[[int], bytes]) -> None:
        """Takes a file in, unless its name says that it is of no use, or there are enough of its kind."""
        name = name.lower()
        kind = name[-5:].rpartition(".")[2]
        if kind not in ("json", "csv", "ini") or (kind == "ini" and name not in _PICASA):
            return
        is_likely = kind != "json" or _OF_PICTURE.search(name) is not None
        taken = self._taken.get((folder, kind, is_likely), 0)
        if taken < _MAX_LOOKS_AT_FOLDER:
            self._taken[folder, kind, is_likely] = taken + 1
            (self._likely if is_likely else self._others).append(_Look(path, name, read))

    def layouts(self) -> Dict[str, str]:
        """The layouts that the files show, sorted, each with the path of a file that does. Picasa only if there is no other: its files
        lie in many libraries.
        """
        found: Dict[str, str] = {}
        for look in (self._likely + self._others)[:_MAX_LOOKS]:
            with suppress(errors.ImmichError, OSError, ValueError):
                for layout in _shown_by(look):
                    found.setdefault(layout, look.path)
        return {layout: found[layout] for layout in sorted(found.keys() - {"picasa"} or found)}


def recognise(items: Iterable[base.Item]) -> Dict[str, str]:
    """The layouts that these files show, without `auto` and `folder`: none, one, or several if exports are mixed.

    Each comes with the path of a file that shows it.

    Takeout is known by the sidecar of a picture, so that a part that has none does not show it.
    """
    looks = _Looks()
    for item in items:
        folder, _slash, name = item.inner.rpartition("/")
        looks.offer(folder, name, item.path, item.read)
    return looks.layouts()


def probe_folder(path: str, excludes: Excludes) -> Dict[str, str]:
    """The same for a folder that was not looked through yet, by at most 20,000 names in it, the outer folders first.

    :param excludes: whether a folder is left out, by its name and the path below `path` of what it lies in (empty, or with a slash at
        its end).

    Links are not followed. What cannot be read shows nothing.
    """
    looks = _Looks()
    pending: Deque[str] = deque([""])
    left = _MAX_NAMES
    while pending and left > 0:
        below = pending.popleft()
        here = _MAX_NAMES_OF_FOLDER
        with suppress(OSError), os.scandir(os.path.join(path, below)) as entries:
            for entry in entries:
                left -= 1
                here -= 1
                if entry.is_dir(follow_symlinks=False):
                    if not excludes(entry.name, below):
                        pending.append(below + entry.name + "/")
                elif entry.is_file(follow_symlinks=False):
                    looks.offer(below, entry.name, entry.path, _Reading(entry.path))
                if not here or left <= 0:
                    break
    return looks.layouts()


def read_export(
    layout: str, items: Sequence[base.Item], kinds: Mapping[str, str], options: ExportOptions, listener: base.Listener
) -> Export:
    """Reads an export of a layout that `recognise` returns, or the user named; see `Export`."""
    return _reader(layout)(items, kinds, options, listener)


def _reader(layout: str) -> Callable[[Sequence[base.Item], Mapping[str, str], ExportOptions, base.Listener], Export]:
    if layout == "google_takeout":
        from .takeout.reader import read_takeout

        return read_takeout
    if layout == "icloud":
        from .icloud import read_icloud

        return read_icloud
    if layout == "picasa":
        from .picasa import read_picasa

        return read_picasa
    if layout == "immich_archive":
        from .immich_archive.reader import read_immich_archive

        return read_immich_archive
    from .immich_go import read_immich_go

    return read_immich_go


class _Reading:
    """Reads the beginning of a file that was no link when it was found, and must be none when it is opened."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, limit: int) -> bytes:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            return stream.read(limit)


def _shown_by(look: _Look) -> Set[str]:
    content = look.read(_HEAD_BYTES)
    if look.name.endswith(".csv"):
        return {"icloud"} if _is_icloud(content) else set()
    if look.name.endswith(".ini"):
        return {"picasa"} if re.search(rb"^\s*\[", content, re.MULTILINE) else set()
    from ..._archive_format.record import is_about
    from .immich_go import is_immich_go
    from .takeout import sidecars

    data = sidecars.parse(content)
    if is_immich_go(data):
        return {"immich_go"}
    if is_about(data):
        return {"immich_archive"}
    return {"google_takeout"} if sidecars.is_sidecar(data) else set()


def _is_icloud(content: bytes) -> bool:
    """By the first line: the columns of `Photo Details.csv`, or the only one of an album's file."""
    line = content.partition(b"\n")[0].decode("utf-8-sig", "replace")
    columns = {column.strip().strip('"').lower() for column in line.split(",")}
    return ("imgname" in columns and "originalcreationdate" in columns) or columns <= set(_ICLOUD_ALBUM)
