# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the option `src` to the places to look at: files, folders, and what globs stand for."""

from __future__ import annotations

import glob
import os
from typing import Callable, Dict, Iterable, Iterator, NamedTuple, Optional, Sequence, Set, Tuple, Union

from .options import Patterns


class Place(NamedTuple):
    """A path to look at. `named` is false for one that a glob found: the patterns hold for it as for what lies in a folder.

    `top` is the folder at which a `**` began that led to it, else None.
    """

    path: str
    named: bool
    top: Optional[str] = None


class Missing(NamedTuple):
    """An entry that stands for nothing."""

    path: str
    is_glob: bool


class Places:
    """Expands `src`. A `**` leads into links only with `follow`, never into a folder that is excluded or hidden.

    `unreadable` is called with a folder below a `**` that cannot be listed.
    """

    def __init__(self, exclude: Patterns, unreadable: Callable[[str, OSError], None], *, follow: bool) -> None:
        self._exclude = exclude
        self._unreadable = unreadable
        self._follow = follow

    def of(self, src: Sequence[str]) -> Iterator[Union[Place, Missing]]:
        """In the order of `src`. A path that exists is taken as it is, whatever characters it holds; then it may be a glob."""
        for entry in src:
            path = os.path.abspath(entry)
            if os.path.lexists(path):
                yield Place(path, True)
            elif glob.has_magic(path):
                found = sorted(self._glob(path).items())
                yield from (Place(os.path.normpath(one), False, top) for one, top in found)
                if not found:
                    yield Missing(path, True)
            else:
                yield Missing(path, False)

    def _glob(self, pattern: str) -> Dict[str, Optional[str]]:
        """The paths, each with its `top`."""
        # The standard library's `**` follows links, over and over again where they form loops.
        parts = pattern.split("/")
        found: Dict[str, Optional[str]] = {}
        if "**" not in parts:
            return dict.fromkeys(glob.iglob(pattern))
        cut = parts.index("**")
        rest = parts[cut + 1 :]
        for top in glob.iglob("/".join(parts[:cut]) + "/"):
            # Without a rest, the scan reports a folder that cannot be listed.
            for folder in self._folders(top, report=bool(rest)):
                below = self._glob("/".join([glob.escape(folder.rstrip("/")), *rest])) if rest else [folder]
                found.update(dict.fromkeys(self._without_links(folder, below, deep=len(rest) > 1), os.path.normpath(top)))
        return found

    def _without_links(self, folder: str, paths: Iterable[str], *, deep: bool) -> Iterator[str]:
        """Without `follow`, leaves out what lies `deep` below a folder behind a link: the standard library's `*` leads into links."""
        if self._follow or not deep:
            yield from paths
            return
        behind: Dict[str, bool] = {folder.rstrip("/"): False}

        def is_behind(path: str) -> bool:
            if path not in behind:
                behind[path] = os.path.islink(path) or is_behind(os.path.dirname(path))
            return behind[path]

        yield from (path for path in paths if not is_behind(os.path.dirname(path)))

    def _folders(self, top: str, *, report: bool) -> Iterator[str]:
        """A folder and all below it. With `report` one that cannot be listed is reported."""
        seen: Set[Tuple[int, int]] = set()
        pending = [("", top)]
        while pending:
            below, path = pending.pop()
            try:
                about = os.stat(path)
                if (about.st_dev, about.st_ino) in seen:
                    continue
                seen.add((about.st_dev, about.st_ino))
                yield path
                with os.scandir(path) as entries:
                    pending += [(below + one.name + "/", one.path) for one in entries if self._leads_into(one, below)]
            except OSError as exc:
                if report:
                    self._unreadable(path, exc)

    def _leads_into(self, entry: os.DirEntry[str], below: str) -> bool:
        if entry.name[0] == "." or self._exclude.match_folder(entry.name, below):
            return False
        try:
            return entry.is_dir(follow_symlinks=self._follow)
        except OSError:
            return False  # a link that leads to itself; it is reported where an entry is such a link
