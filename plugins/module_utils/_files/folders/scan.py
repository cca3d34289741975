# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks through folders and finds the files to upload, in batches: the first of them go up while it still looks.

Costs are linear in the number of files, whatever the shape of the tree: a folder is listed once, and each of its files is
looked at once.
"""

from __future__ import annotations

import os
import stat
from typing import AbstractSet, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from ... import _option_names, _text
from ..._client import errors
from ..._naming import kinds
from .. import base, live
from . import src_paths
from .file_item import FileItem, Sidecar, Sidecars
from .folder import Folder, Root

_BATCH = 256

HIDDEN_METADATA = (".picasa.ini", ".picasaoriginals")
"""Hidden files and folders of an export, in lower case, that its reader gets whatever `hidden` says: Picasa's data and its originals."""

# What browsers write until a download is complete.
_DOWNLOADS = (".crdownload", ".part", ".partial", ".opdownload", ".download")
_OTHER_ARCHIVES = (".7z", ".rar", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".gz")

# Why a file is skipped.
_LINK = "It is a link. Links are only followed with 'follow: true'."
_BROKEN_LINK = "The link is broken."
_HIDDEN = "Its name begins with a dot. With 'hidden: true' it is uploaded."
_SPECIAL = "It is not a file but a pipe, a socket or a device."


class _Listing:
    """The names in one folder by what they are. `left_out`: there was something else as well, so that the folder is not empty."""

    __slots__ = ("files", "folders", "left_out", "sidecars")

    def __init__(self) -> None:
        self.left_out = False
        self.files: List[str] = []
        self.folders: List[str] = []
        self.sidecars: List[str] = []


class Scan(base.Source):
    """One look through everything that `src` names. What cannot be read is reported to the listener, and the rest goes on.

    `extensions` are those of the files that go up, in lower case and with their dot.
    It yields the photos and videos, or `everything`: one of the two, once.
    """

    def __init__(self, options: src_paths.FolderOptions, extensions: AbstractSet[str], listener: base.Listener) -> None:
        self.can_be_counted = True
        self._options = options
        self._listener = listener
        self.src_paths = src_paths.SrcPaths(options, self._unreadable_folder)
        self._everything = False
        self._extensions = extensions
        self._include = src_paths.Patterns(options.include)
        self._exclude = src_paths.Patterns(options.excluded)
        self._seen_folders: Dict[Tuple[int, int], str] = {}
        self._seen_files: Set[str] = set()
        self._known_sidecars: Dict[str, Sidecar] = {}
        self._last_folder: Optional[Folder] = None
        self._batch: base.Batch = []
        self._pairs_alone: Dict[str, live.LivePair] = {}  # by the paths of files that src names one by one
        self.unfinished: List[str] = []
        """What was said of downloads that are not complete, each as a clause."""

    def batches(self) -> Iterator[base.Batch]:
        """The files, in the order of `src`, then by name. No batch is empty."""
        if self._options.live_photos and not self._everything:
            self._pair_up_files()
        for src_path in self.src_paths.all:
            if isinstance(src_path, src_paths.SrcPath):
                if not self.src_paths.is_archive(src_path):
                    yield from self._scan_path(src_path)
            elif self._options.ignore_missing:
                self._listener.warn(src_path.warning)
            else:
                self._listener.unreadable(src_path.path, src_path.error)
        if self._batch:
            yield self._batch

    def everything(self, excluded: Sequence[str]) -> Iterator[base.Item]:
        """All files of an export, whatever their extension (sidecars too, and empty ones), in the order of `batches`.

        What is `excluded` is left out (these patterns count in place of the option's), and so is what is hidden, but for
        `HIDDEN_METADATA`. `include` does not count: what is known of a picture may depend on others.
        """
        self._everything = True
        self._exclude = src_paths.Patterns(excluded)
        for batch in self.batches():
            yield from batch

    def finish(self) -> None:
        """Deletes the sidecars that could have got more items until all were found."""
        for sidecar in self._known_sidecars.values():
            sidecar.remove_if_unused(self._listener)

    def _scan_path(self, src_path: src_paths.SrcPath) -> Iterator[base.Batch]:
        try:
            status = os.stat(src_path.path) if src_path.named or self._options.follow else os.lstat(src_path.path)
            name = os.path.basename(src_path.path)
            if stat.S_ISDIR(status.st_mode):
                if src_path.named or not self._exclude.match_folder(name, ""):
                    yield from self._walk(src_path)
            elif not stat.S_ISREG(status.st_mode):
                if src_path.named:
                    self._listener.unreadable(src_path.path, errors.LocalFailure("The path is neither a file nor a folder."))
                elif self._takes(name, "") and self._is_first(src_path.path):
                    self._skip_special(src_path.path, name, is_link=stat.S_ISLNK(status.st_mode))
            elif src_path.named or self._takes(name, ""):
                self._take_alone(src_path, status)
                yield from self._full_batch()
        except OSError as exc:
            is_broken = isinstance(exc, FileNotFoundError) and os.path.islink(src_path.path)
            error = errors.LocalFailure(_BROKEN_LINK) if is_broken else errors.unreadable(exc, "The path")
            self._listener.unreadable(src_path.path, error)

    def _take_alone(self, src_path: src_paths.SrcPath, status: os.stat_result) -> None:
        path = src_path.path
        parent, name = os.path.split(path)
        self._warn_of_unusable_archive(path)
        if self._is_first(path) and self._check_type(path, name):
            folder = self._folder_of_one(parent, src_path.top or parent)
            sidecars = Sidecars(folder, self._sidecars_beside(parent, name), self._known_sidecars, one_by_one=True)
            sidecars.expect([name])
            if src_path.named and os.path.islink(path):
                folder = Folder(parent, folder.root, follow=True, albums=folder.albums)
            item = self._add(folder, name, status, sidecars)
            if item is not None and path in self._pairs_alone:
                self._pairs_alone[path].add(item)

    def _pair_up_files(self) -> None:
        by_folder: Dict[str, List[str]] = {}
        for src_path in self.src_paths.existing:
            folder, name = os.path.split(src_path.path)
            by_folder.setdefault(folder, []).append(name)
        for folder, names in by_folder.items():
            self._pairs_alone.update((os.path.join(folder, name), pair) for name, pair in live.pair_names(names).items())

    def _warn_of_unusable_archive(self, path: str) -> None:
        """Warns of what a glob for archives finds beside them: unfinished downloads, and archives of other kinds.

        They would otherwise only be counted among the skipped files, where nobody misses what is in them.
        """
        if path.lower().endswith(_DOWNLOADS):
            self._listener.warn("%s is a download that was not completed. What is in it is missing. Download it again." % path)
            self.unfinished.append("%s is not downloaded completely" % os.path.basename(path))
        elif path.lower().endswith(_OTHER_ARCHIVES):
            self._listener.warn(
                _option_names.name_options("%s is not read, only .zip, .tar and .tgz are. Unpack it, and name its folder in O(src).", "src")
                % path
            )

    def _is_first(self, path: str) -> bool:
        """Whether a file that `src` names was not taken before, alone or with its folder."""
        status = os.stat(os.path.dirname(path))
        if path in self._seen_files or (status.st_dev, status.st_ino) in self._seen_folders:
            return False
        self._seen_files.add(path)
        return True

    def _folder_of_one(self, path: str, top: str) -> Folder:
        """The folder of a file that is taken alone; the same object for files that come one after the other."""
        last = self._last_folder
        if last is None or (last.path, last.root.path) != (path, top):
            last = self._last_folder = self._folder(path, path, "", Root.at(top))
        return last

    def _sidecars_beside(self, parent: str, name: str) -> List[str]:
        if not self._options.sidecars:
            return []
        stems = (name, name.rpartition(".")[0])
        candidates = [stem + extension for stem in stems for extension in (".xmp", ".XMP", ".Xmp")]
        paths = ((name, os.path.join(parent, name)) for name in reversed(candidates))
        return [name for name, path in paths if os.path.isfile(path) and (self._options.follow or not os.path.islink(path))]

    def _walk(self, src_path: src_paths.SrcPath) -> Iterator[base.Batch]:
        pending, start, root = [""], src_path.path, Root.at(src_path.top or src_path.path)
        is_empty = True
        while pending:
            below = pending.pop()
            path = os.path.join(start, below) if below else start
            listing = self._list(path, below + "/" if below else "")
            if listing is None:
                is_empty = False
                continue
            if listing.files or listing.sidecars or listing.left_out or (listing.folders and not self._options.recursive):
                is_empty = False
            if not below and not self._everything:
                warn_of_archives(path, listing.files, self._listener)
            yield from self._add_files(self._folder(path, start, below, root), listing)
            if self._options.recursive:
                pending += [below + "/" + name if below else name for name in sorted(listing.folders, reverse=True)]
        if is_empty and src_path.named:
            self._listener.warn(
                _option_names.name_options(
                    "%s is empty. If a disk is to be mounted there, name a file or folder of it with the option O(require).", "require"
                )
                % src_path.path
            )

    def _list(self, path: str, below: str) -> Optional[_Listing]:
        """What lies in a folder; None if it was listed before or cannot be."""
        listing = _Listing()
        try:
            status = os.stat(path)
            before = self._seen_folders.get((status.st_dev, status.st_ino))
            if before is not None:
                if below:  # that src names a folder twice is not worth a warning
                    self._listener.warn("%s is the same folder as %s (a link, or a loop of links). It is searched once." % (path, before))
                return None
            self._seen_folders[status.st_dev, status.st_ino] = path
            with os.scandir(path) as entries:
                for entry in entries:
                    try:
                        self._add_entry(entry, below, listing)
                    except OSError as exc:  # one link that leads to itself; the rest of the folder is taken
                        if self._takes(entry.name, below):
                            self._listener.unreadable(entry.path, errors.unreadable(exc))
        except OSError as exc:
            listing.left_out = True
            self._unreadable_folder(path, exc)  # what was listed until then is taken all the same
        return listing

    def _unreadable_folder(self, path: str, exc: OSError) -> None:
        self._listener.unreadable(path, errors.unreadable(exc, "The folder"))

    def _add_entry(self, entry: os.DirEntry[str], below: str, listing: _Listing) -> None:
        name, follow = entry.name, self._options.follow
        if name[0] == "." and not self._options.hidden and not (self._everything and name.lower() in HIDDEN_METADATA):
            listing.left_out = True
            is_reported = self._everything and self._is_of_media(name) and self._is_included(name, below)
            if is_reported and entry.is_file(follow_symlinks=follow) and self._takes(name, below):
                skip_hidden(entry.path, self._listener)
        elif entry.is_dir(follow_symlinks=follow):
            if self._exclude.match_folder(name, below):
                listing.left_out = True
            else:
                listing.folders.append(name)
        elif not entry.is_file(follow_symlinks=follow):
            listing.left_out = True
            if self._takes(name, below) and entry.path not in self._seen_files:
                self._report_irregular(entry)
        elif kinds.is_sidecar(name):
            listing.sidecars.append(name)
            if self._everything and self._takes(name, below):
                listing.files.append(name)
        elif self._takes(name, below):
            listing.files.append(name)
        else:
            listing.left_out = True

    def _report_irregular(self, entry: os.DirEntry[str]) -> None:
        """Reports a link that is not followed or is broken, a pipe, a socket or a device."""
        is_link = entry.is_symlink()
        if is_link and self._options.follow and not os.path.exists(entry.path):
            if self._is_wanted(entry.name):
                self._listener.unreadable(entry.path, errors.LocalFailure(_BROKEN_LINK))
            return
        self._skip_special(entry.path, entry.name, is_link=is_link and not self._options.follow)

    def _skip_special(self, path: str, name: str, *, is_link: bool) -> None:
        if self._is_wanted(name):
            self._listener.skipped(path, "link" if is_link else "special file", _LINK if is_link else _SPECIAL)

    def _takes(self, name: str, below: str) -> bool:
        return (self._everything or self._is_included(name, below)) and not self._exclude.match_file(name, below)

    def _is_included(self, name: str, below: str) -> bool:
        return not self._options.include or self._include.match_file(name, below)

    def _add_files(self, folder: Folder, listing: _Listing) -> Iterator[base.Batch]:
        prefix = folder.prefix
        names = [name for name in sorted(listing.files) if prefix + name not in self._seen_files and self._check_type(prefix + name, name)]
        sidecars = Sidecars(folder, listing.sidecars if self._options.sidecars else [], self._known_sidecars, one_by_one=False)
        sidecars.expect(names)
        pairs = live.pair_names(names) if self._options.live_photos and not self._everything else {}
        halves: Set[live.LivePair] = set()  # of which one half was found: no batch ends before the other is
        for name in names:
            path = prefix + name
            if name in pairs:
                halves ^= {pairs[name]}
            try:
                status = os.stat(path, follow_symlinks=self._options.follow)
            except OSError as exc:
                self._listener.unreadable(path, errors.unreadable(exc))
                continue
            item = self._add(folder, name, status, sidecars)
            if item is not None and name in pairs:
                pairs[name].add(item)
            if not halves:
                yield from self._full_batch()

    def _check_type(self, path: str, name: str) -> bool:
        if self._is_wanted(name):
            return True
        base.skip_type(self._listener, path, name)
        return False

    def _is_wanted(self, name: str) -> bool:
        return self._everything or self._is_of_media(name)

    def _is_of_media(self, name: str) -> bool:
        return _text.extension_of(name) in self._extensions

    def _add(self, folder: Folder, name: str, status: os.stat_result, sidecars: Sidecars) -> Optional[base.Item]:
        if not status.st_size and not self._everything:
            base.fail_empty(self._listener, folder.prefix + name)
            return None
        item = FileItem(folder, name, status)
        if not self._everything or self._is_of_media(name):
            sidecars.attach(item)
        self._batch.append(item)
        return item

    def _full_batch(self) -> Sequence[base.Batch]:
        if len(self._batch) < _BATCH:
            return ()
        batch, self._batch = self._batch, []
        return (batch,)

    def _folder(self, path: str, start: str, below: str, root: Root) -> Folder:
        """The folder `below` the path `start`."""
        return Folder(
            path,
            root,
            follow=self._options.follow,
            albums=self._options.albums_of(os.path.basename(start), below, path),
            inner=below + "/" if below else "",
        )


def skip_hidden(path: str, listener: base.Listener) -> None:
    """Reports a hidden photo or video of an export. Android's gallery names what is in its trash so: `.trashed-…`."""
    listener.skipped(path, "hidden", _HIDDEN)


def warn_of_archives(folder: str, names: Iterable[str], listener: base.Listener) -> None:
    """Warns that the archives among the files of a folder are not opened."""
    archives = sorted(name for name in names if kinds.is_archive(name))
    if archives:
        listener.warn(
            _option_names.name_options(
                "%s has archives that are not opened, because O(src) names the folder and not them: %d, such as %s. Name them in O(src) "
                "too, or leave them out with O(exclude).",
                "src",
                "exclude",
            )
            % (folder, len(archives), archives[0])
        )
