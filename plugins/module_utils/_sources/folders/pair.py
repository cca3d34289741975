# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sidecars: which XMP file belongs to which photo or video. Private to the collection."""

from __future__ import annotations

from typing import Dict, Iterable, Optional

from .file_item import FileItem
from .folder import Folder
from .sidecar import Sidecar

_EXTENSION = ".xmp"


class SidecarNames:
    """The names of the sidecars of one folder, compared with those of files (never by patterns: `[`, `*` and `?` are just characters).

    `name.ext.xmp` is looked for first, then `name.xmp`; the case of the extension does not matter. One `name.xmp` may belong
    to several files (`name.jpg` and `name.raw`).
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: Dict[str, str] = {name[: -len(_EXTENSION)]: name for name in names}

    def __bool__(self) -> bool:
        return bool(self._names)

    @staticmethod
    def is_one(name: str) -> bool:
        """Whether a file is a sidecar by its name."""
        return name[-4:].lower() == _EXTENSION

    def of(self, file_name: str) -> Optional[str]:
        """The name of a file's sidecar."""
        return self._names.get(file_name) or self._names.get(file_name.rpartition(".")[0])


class Sidecars:
    """The sidecars of one folder. `known` has by their paths those whose files are taken `one_by_one`, over all folders of a run."""

    def __init__(self, folder: Folder, names: Iterable[str], known: Dict[str, Sidecar], *, one_by_one: bool) -> None:
        self._folder = folder
        self._known = known
        self._one_by_one = one_by_one
        self._names = SidecarNames(names)
        self._found: Dict[str, Sidecar] = {}

    def expect(self, names: Iterable[str]) -> None:
        """Counts these files as users of their sidecars, before the first of them goes on its way: it may be deleted right after."""
        for name in names if self._names else ():
            sidecar = self._of(name)
            if sidecar is not None:
                sidecar.users += 1

    def attach(self, item: FileItem) -> None:
        """Gives a file its sidecar, if it has one."""
        if self._names:
            item.sidecar = self._of(item.file_name)

    def _of(self, file_name: str) -> Optional[Sidecar]:
        name = self._names.of(file_name)
        if name is None:
            return None
        if name not in self._found:
            path = self._folder.prefix + name
            self._found[name] = self._known.get(path) or Sidecar(self._folder, name, one_by_one=self._one_by_one)
            if self._one_by_one:
                self._known[path] = self._found[name]
        return self._found[name]
