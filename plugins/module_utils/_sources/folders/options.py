# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a look through folders is asked to do, and the patterns of names that it includes and excludes."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass
from typing import FrozenSet, List, Match, Optional, Pattern, Sequence, Tuple

from .. import facts


@dataclass(frozen=True)
class FolderOptions:
    """The module's options of the same names, documented there; `excluded` are all patterns of what is left out.

    `extensions` are those of the files that go up, in lower case and with their dot.
    """

    src: Sequence[str]
    extensions: FrozenSet[str]
    recursive: bool = True
    follow: bool = False
    hidden: bool = False
    ignore_missing: bool = False
    include: Sequence[str] = ()
    excluded: Sequence[str] = ()
    sidecars: bool = True
    live_photos: bool = False
    album_from: str = "none"
    album_joiner: str = " / "

    def albums_of(self, top: str, below: str, origin: str) -> Tuple[facts.ExportAlbum, ...]:
        """The album of the files in the folder `below` a place; those directly in the place get the name of its `top` folder."""
        if self.album_from == "none":
            return ()
        parts = below.rstrip("/").split("/") if below else [top]
        name = parts[-1] if self.album_from == "folder" else self.album_joiner.join(parts)
        name = os.fsencode(name).decode("utf-8", "replace")
        return (facts.ExportAlbum(name, "", origin),) if name else ()


_WILD = re.compile(r"\*+|\[!?\]?[^]]*\]|.", re.DOTALL)


class Patterns:
    """Globs as the options have them, matched without regard to case.

    A pattern with a `/` inside is matched with the path below the folder named in `src`, any other with the name alone. One
    that ends in `/` matches folders only. `*`, `?` and `[…]` stand for no `/`, as in rsync's and Git's patterns and in globs of `src`;
    `**` in place of a folder's name stands for any number of folders, and at the end for all that is inside.
    """

    def __init__(self, globs: Sequence[str]) -> None:
        files = [glob for glob in globs if not glob.endswith("/")]
        names = [glob for glob in files if "/" not in glob]
        paths = [glob for glob in files if "/" in glob]
        folders = [glob[:-1] for glob in globs if glob.endswith("/")]
        self._names = _compile(names)
        self._paths = _compile(paths)
        self._folder_names = _compile(names + [glob for glob in folders if "/" not in glob])
        self._folder_paths = _compile(paths + [glob for glob in folders if "/" in glob])

    def match_file(self, name: str, below: str) -> bool:
        """Whether a file of this name in the folder `below` (relative to `src`, with a slash at its end, or empty) is meant."""
        return _matches(self._names, name) or (self._paths is not None and _matches(self._paths, below + name))

    def match_folder(self, name: str, below: str) -> bool:
        """The same for a folder."""
        return _matches(self._folder_names, name) or (self._folder_paths is not None and _matches(self._folder_paths, below + name))


def _compile(globs: List[str]) -> Optional[Pattern[str]]:
    return re.compile(r"(?s:%s)\Z" % "|".join(_translated(glob.lstrip("/")) for glob in globs), re.IGNORECASE) if globs else None


def _translated(glob: str) -> str:
    *folders, last = glob.split("/")
    found = ["(?:.*/)?" if name == "**" else _WILD.sub(_of_wild, name) + "/" for name in folders]
    return "".join(found) + (".+" if last == "**" else _WILD.sub(_of_wild, last))


def _of_wild(found: Match[str]) -> str:
    token = found.group()
    if token[0] == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if len(token) == 1:
        return re.escape(token)
    translated = fnmatch.translate(token)  # "(?s:" around it; it never fails, whatever stands between the brackets
    return "(?!/)" + translated[len("(?s:") : translated.rindex(")")]


def _matches(pattern: Optional[Pattern[str]], text: str) -> bool:
    return pattern is not None and pattern.match(text) is not None
