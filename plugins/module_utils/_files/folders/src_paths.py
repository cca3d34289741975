# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the options say of folders and names, and the way from `src` to the paths to look at: files, folders, and what globs stand for."""

from __future__ import annotations

import errno
import fnmatch
import glob
import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Callable, Dict, Iterable, Iterator, List, Match, NamedTuple, Optional, Pattern, Sequence, Set, Tuple, Union

from ... import _option_names, _options
from ..._client import errors
from ..._naming import kinds
from .. import facts

_RUNNER = "/runner"  # where ansible-runner, and with it AWX, keeps what belongs to a job inside its container

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)

_NO_MATCH = "Nothing matches this on this host. Is a disk not mounted? Where nothing may match, set O(ignore_missing) to true."
_MISSING = "There is no such file or folder on this host."
_NOT_EXPOSED = (
    "There is no such file or folder in this execution environment, a container that sees only what AWX exposes to it. Expose the "
    "folder: on Kubernetes as a volume in the pod specification of the template's instance group, elsewhere in AWX's settings under "
    "Jobs, as one of the paths to expose to isolated jobs. If the photos are on another host, add it to the inventory instead."
)


ALBUM_FROM = ("auto", "none", "folder", "path", "top", "export")
FROM_FOLDERS = ("folder", "path", "top")

# Folders and files that NAS systems, operating systems and photo programs leave among the photos, left out with `default_excludes`.
DEFAULT_EXCLUDE = [
    "@eaDir/",
    "@__thumb/",
    "SYNOFILE_THUMB_*.*",
    "Lightroom Catalog/",
    "thumbnails/",
    ".DS_Store",
    "._*",
    ".Spotlight-V100/",
    ".photostructure/",
    "Recently Deleted/",
    "#recycle/",
    "@Recycle/",
    "@Recently-Snapshot/",
    "SYNOPHOTO_THUMB_*",
    ".picasaoriginals/",
]


@dataclass(frozen=True)
class FolderOptions:
    """The module's options on the paths in `src`, documented there."""

    src: List[str] = _options.option([], type="path", required=True)
    recursive: bool = True
    follow: bool = False
    hidden: bool = False
    ignore_missing: bool = False
    include: List[str] = _options.option([])
    exclude: List[str] = _options.option([])
    default_excludes: bool = True
    sidecars: bool = True
    live_photos: bool = True
    album_from: str = _options.option("auto", choices=ALBUM_FROM)
    album_joiner: str = " / "

    @property
    def excluded(self) -> List[str]:
        """All patterns of what is left out."""
        return [*self.exclude, *DEFAULT_EXCLUDE] if self.default_excludes else self.exclude

    @property
    def makes_albums(self) -> bool:
        """Whether folders become albums."""
        return self.album_from in FROM_FOLDERS

    def albums_of(self, top: str, below: str, origin: str) -> Tuple[facts.ExportAlbum, ...]:
        """The album of the files in the folder `below` a path of `src`; those directly in that get the name of its `top` folder."""
        if not self.makes_albums:
            return ()
        parts = below.rstrip("/").split("/") if below else [top]
        name = self.album_joiner.join(parts) if self.album_from == "path" else parts[0 if self.album_from == "top" else -1]
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
        return _matches(self._names, name) or _matches(self._paths, below + name)

    def match_folder(self, name: str, below: str) -> bool:
        """The same for a folder."""
        return _matches(self._folder_names, name) or _matches(self._folder_paths, below + name)


def _compile(globs: List[str]) -> Optional[Pattern[str]]:
    return re.compile(r"(?s:%s)\Z" % "|".join(_translated(glob.lstrip("/")) for glob in globs), re.IGNORECASE) if globs else None


def _translated(glob: str) -> str:
    *folders, last = glob.split("/")
    patterns = ["(?:.*/)?" if name == "**" else _WILD.sub(_of_wild, name) + "/" for name in folders]
    return "".join(patterns) + (".+" if last == "**" else _WILD.sub(_of_wild, last))


def _of_wild(match: Match[str]) -> str:
    token = match.group()
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


def _may_be_there(path: str) -> bool:
    """Whether something lies there, be it a link that leads nowhere; also where nobody can see that, for want of permission or because the
    disk fails, which the scan reports."""
    try:
        os.lstat(path)
    except ValueError:
        return False
    except OSError as exc:
        return exc.errno not in _NOT_THERE
    return True


class SrcPath(NamedTuple):
    """A path to look at. `named` is false for one that a glob found: the patterns hold for it as for what lies in a folder.

    `top` is the folder at which a `**` began that led to it, else None.
    """

    path: str
    named: bool
    top: Optional[str] = None


class MissingEntry(NamedTuple):
    """An entry that stands for nothing."""

    path: str
    is_glob: bool

    @property
    def error(self) -> errors.MissingPath:
        """What it counts as where nothing may be missing."""
        if self.is_glob:
            return errors.MissingPath(_NO_MATCH, options=("src", "ignore_missing"))
        return errors.MissingPath(_NOT_EXPOSED if os.path.isdir(_RUNNER) else _MISSING, options=("src",))

    @property
    def warning(self) -> str:
        """What is said of it with `ignore_missing`."""
        return _option_names.name_options("%s in O(src) %s.", "src") % (self.path, "matches nothing" if self.is_glob else "does not exist")


class SrcPaths:
    """What `src` stands for. A `**` leads into links only with `follow`, never into a folder that is excluded or hidden.

    `unreadable` is called with a folder below a `**` that cannot be listed.
    """

    def __init__(self, options: FolderOptions, unreadable: Callable[[str, OSError], None]) -> None:
        self._src = options.src
        self._follow = options.follow
        self._exclude = Patterns(options.excluded)
        self._unreadable = unreadable

    @cached_property
    def all(self) -> List[Union[SrcPath, MissingEntry]]:
        """In the order of `src`. They are looked for once."""
        return list(self._expand())

    @property
    def existing(self) -> List[SrcPath]:
        """Without the entries that stand for nothing."""
        return [src_path for src_path in self.all if isinstance(src_path, SrcPath)]

    def archives(self) -> List[str]:
        """The paths of the archives."""
        return [src_path.path for src_path in self.existing if self.is_archive(src_path)]

    def folders(self) -> List[str]:
        """The paths of the folders."""
        return [src_path.path for src_path in self.existing if self._is_folder(src_path)]

    def is_archive(self, src_path: SrcPath) -> bool:
        """Whether it is an archive that is not excluded."""
        is_excluded = not src_path.named and self._exclude.match_file(os.path.basename(src_path.path), "")
        return kinds.is_archive(src_path.path) and not is_excluded and os.path.isfile(src_path.path)

    def _is_folder(self, src_path: SrcPath) -> bool:
        if src_path.named:
            return os.path.isdir(src_path.path)
        is_excluded = self._exclude.match_folder(os.path.basename(src_path.path), "")
        return os.path.isdir(src_path.path) and not is_excluded and (self._follow or not os.path.islink(src_path.path))

    def _expand(self) -> Iterator[Union[SrcPath, MissingEntry]]:
        """A path that exists is taken as it is, whatever characters it holds; then it may be a glob."""
        for entry in self._src:
            path = os.path.abspath(entry)
            if _may_be_there(path):
                yield SrcPath(path, True)
            elif glob.has_magic(path):
                matches = sorted(self._glob(path).items())
                yield from (SrcPath(os.path.normpath(path), False, top) for path, top in matches)
                if not matches:
                    yield MissingEntry(path, True)
            else:
                yield MissingEntry(path, False)

    def _glob(self, pattern: str) -> Dict[str, Optional[str]]:
        """The paths, each with its `top`."""
        # The standard library's `**` follows links, over and over again where they form loops.
        parts = pattern.split("/")
        matches: Dict[str, Optional[str]] = {}
        if "**" not in parts:
            return dict.fromkeys(glob.iglob(pattern))
        cut = parts.index("**")
        rest = parts[cut + 1 :]
        for top in glob.iglob("/".join(parts[:cut]) + "/"):
            # Without a rest, the scan reports a folder that cannot be listed.
            for folder in self._folders(top, report=bool(rest)):
                below = self._glob("/".join([glob.escape(folder.rstrip("/")), *rest])) if rest else [folder]
                matches.update(dict.fromkeys(self._without_links(folder, below, deep=len(rest) > 1), os.path.normpath(top)))
        return matches

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
                status = os.stat(path)
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                yield path
                with os.scandir(path) as entries:
                    pending += [(below + entry.name + "/", entry.path) for entry in entries if self._leads_into(entry, below)]
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
