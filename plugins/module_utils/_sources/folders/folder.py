# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders that are looked through. Private to the collection."""

from __future__ import annotations

import os
from typing import List, NamedTuple, Tuple

from .. import facts


class Root(NamedTuple):
    """A folder that the user named. Down to it links are followed in any case; `is_link`: it was one itself when it was found."""

    path: str
    is_link: bool

    @classmethod
    def at(cls, path: str) -> Root:
        """The folder of this path, as it is now."""
        return cls(path, os.path.islink(path))


class Folder:
    """A folder that is looked through, at or below its `root`. `albums` are those of its files.

    `follow`: links between the root and a file, and the file itself if it is one, are followed. Else there was none of them when the
    folder was looked through, and there must be none when a file is opened. `inner` is its path inside the place that `src` names,
    empty or with a slash at its end.
    """

    __slots__ = ("albums", "follow", "inner", "path", "prefix", "root")

    def __init__(self, path: str, root: Root, *, follow: bool, albums: Tuple[facts.ExportAlbum, ...] = (), inner: str = "") -> None:
        self.path = path
        self.prefix = path if path.endswith("/") else path + "/"
        self.root = root
        self.follow = follow
        self.albums = albums
        self.inner = inner

    @property
    def below(self) -> List[str]:
        """The names of the folders that lead from the root to this one."""
        return [name for name in self.path[len(self.root.path) :].split("/") if name]
