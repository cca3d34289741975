# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of folders, as items, each with the XMP sidecar that belongs to it."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING, BinaryIO, Callable, Dict, Iterable, Optional, Set, Tuple

from ... import _text
from ..._client import errors
from ..._naming import kinds
from ..._own_files import disk_advice
from .. import base, facts
from ..opening import identity_of
from . import folder
from .folder import Folder, is_behind_link, removal_error_text

if TYPE_CHECKING:
    from .removers import Remover


class FileItem(base.Item):
    """A file as it was when it was found. `ctime_ns` is when its inode last changed.

    `sidecar` is the XMP file that belongs to it.
    """

    __slots__ = ("ctime_ns", "file_name", "folder", "inode", "mtime_ns", "sidecar", "size")

    file_name: str
    size: int
    mtime_ns: int

    def __init__(self, folder: Folder, name: str, status: os.stat_result) -> None:
        super().__init__(name)
        self.folder = folder
        self.file_name = name
        self.sidecar: Optional[Sidecar] = None
        self.size = status.st_size
        self.mtime_ns = status.st_mtime_ns
        self.ctime_ns = status.st_ctime_ns
        self.inode = status.st_ino

    @property
    def path(self) -> str:
        """The path by which it was found."""
        return self.folder.prefix + self.file_name

    @property
    def inner(self) -> str:
        return self.folder.inner + self.file_name

    @property
    def cache_key(self) -> bytes:
        """The bytes of its path."""
        return os.fsencode(self.folder.prefix + self.file_name)

    @property
    def identity(self) -> Tuple[int, int, int]:
        return self.size, self.mtime_ns, self.inode

    @property
    def albums(self) -> Tuple[facts.ExportAlbum, ...]:
        """Those that are made from folders, if that was asked for; else those of the export: only one of both is."""
        return self.folder.albums or self.facts.albums

    @property
    def can_be_removed(self) -> bool:
        return True

    def open(self) -> BinaryIO:
        """Opens it unbuffered; see `Item`."""
        try:
            stream = folder.open_file(self.folder, self.file_name)
        except OSError as exc:
            raise self._failure(exc) from exc
        try:
            self._require_found(os.fstat(stream.fileno()))
        except BaseException:
            stream.close()
            raise
        return stream

    def require_unchanged(self) -> None:
        """Looks at its path, which costs least: what lies behind a link is another file, or the very same."""
        try:
            status = os.stat(self.path)
        except OSError as exc:
            raise self._failure(exc) from exc
        self._require_found(status)

    def require_read_unchanged(self, stream: BinaryIO) -> None:
        try:
            status = os.fstat(stream.fileno())
        except OSError as exc:
            raise errors.unreadable(exc) from exc
        if not self._is_found(status):
            raise errors.FileChanged("The file changed while it was read.")

    def refresh(self) -> None:
        try:
            status = folder.stat_file(self.folder, self.file_name)
        except OSError as exc:
            raise self._failure(exc) from exc
        if stat.S_ISLNK(status.st_mode):
            raise _replaced()
        if not stat.S_ISREG(status.st_mode):
            raise errors.LocalFailure("The file was replaced by something else, such as a pipe or a folder.")
        self.size, self.mtime_ns, self.inode = identity_of(status)
        self.ctime_ns = status.st_ctime_ns
        self.clear_checksum()

    def read_sidecar(self) -> Optional[base.SidecarPart]:
        return self.sidecar.read() if self.sidecar is not None else None

    def remove(self, sha1_of: Callable[[base.Item], bytes], listener: base.Listener, remover: Remover, *, predicting: bool) -> bool:
        try:
            if remover.is_in_place(self.folder) or is_behind_link(self.folder, self.file_name, listener, remover.done):
                return False
            status = folder.stat_without_links(self.folder, self.file_name)
            # Its state is compared again, since reading it may have taken a while.
            if not self._is_what_was_read(status, sha1_of) or folder.state_of(
                folder.stat_without_links(self.folder, self.file_name)
            ) != folder.state_of(status):
                raise errors.FileChanged(
                    "The file changed after it was uploaded, so it was not %s. The next run uploads it again." % remover.done
                )
            if not predicting:
                if remover.moves and self.sidecar is not None:
                    self.sidecar.move_before_last(listener, remover)
                remover.remove(self.folder, self.file_name, self.sha1)
        except OSError as exc:
            raise errors.LocalFailure("The file was uploaded but %s" % _not_removed(exc, remover)) from exc
        if not predicting and self.sidecar is not None and (self.sidecar_sent is not None or remover.moves):
            self.sidecar.has_lost(self.sidecar_sent, listener, remover)
        return True

    def _is_found(self, now: os.stat_result) -> bool:
        """Whether this is the file that was found, unchanged."""
        # Compared one by one, which costs less than `identity`: this runs several times for each file.
        return now.st_size == self.size and now.st_mtime_ns == self.mtime_ns and now.st_ino == self.inode and stat.S_ISREG(now.st_mode)

    def _require_found(self, now: os.stat_result) -> None:
        if not self._is_found(now):
            raise errors.FileChanged("The file changed after it was found.")

    def _is_what_was_read(self, status: os.stat_result, sha1_of: Callable[[base.Item], bytes]) -> bool:
        """Whether the file holds the bytes that were hashed.

        It is read again if only its inode changed: because it was written to and its time set back (exiftool -P), or for a harmless
        reason (its mode, its owner, another hard link).
        """
        if not self._is_found(status):
            return False
        if status.st_ctime_ns == self.ctime_ns:
            return True
        folder = Folder(self.folder.path, self.folder.root, follow=False)  # what is read is what would be deleted
        return sha1_of(FileItem(folder, self.file_name, status)) == self.sha1

    def _failure(self, exc: OSError) -> errors.LocalFailure:
        if isinstance(exc, FileNotFoundError):
            return errors.LocalFailure("The file vanished before it could be read.")
        return _replaced() if folder.met_link(exc) and not self.folder.follow else errors.unreadable(exc)


def _not_removed(exc: OSError, remover: Remover) -> str:
    """The end of a sentence, and what to do."""
    return "cannot be %s%s: %s.%s" % (remover.done, remover.where, removal_error_text(exc), disk_advice(exc))


def _replaced() -> errors.LocalFailure:
    return errors.LocalFailure(
        "The file, or a folder above it, was replaced by a link after it was found. Links are only followed with 'follow: true'."
    )


class Sidecars:
    """The sidecars of one folder. `known` has by their paths those whose files are taken `one_by_one`, over all folders of a run."""

    def __init__(self, folder: Folder, names: Iterable[str], known: Dict[str, Sidecar], *, one_by_one: bool) -> None:
        self._folder = folder
        self._known = known
        self._one_by_one = one_by_one
        self._names = kinds.SidecarNames(names)
        self._found: Dict[str, Sidecar] = {}

    def expect(self, names: Iterable[str]) -> None:
        """Counts these files as users of their sidecars, before the first goes up: it may be deleted or moved right after."""
        for name in names if self._names else ():
            sidecar = self._sidecar_of(name)
            if sidecar is not None:
                sidecar.users += 1

    def attach(self, item: FileItem) -> None:
        """Gives a file its sidecar, if it has one."""
        if self._names:
            item.sidecar = self._sidecar_of(item.file_name)

    def _sidecar_of(self, file_name: str) -> Optional[Sidecar]:
        name = self._names.find(file_name)
        if name is None:
            return None
        if name not in self._found:
            path = self._folder.prefix + name
            self._found[name] = self._known.get(path) or Sidecar(self._folder, name, one_by_one=self._one_by_one)
            if self._one_by_one:
                self._known[path] = self._found[name]
        return self._found[name]


class Sidecar:
    """An XMP file that belongs to one or more items: one record for a whole run.

    `users` counts those items, `gone` those of them that a `remover` took away after it went up with them. (Each has one thread that
    writes it, so that neither needs a lock.) With `one_by_one` the scan may find more users until its end. `sent` has what it was when
    it was sent (see `state_of`): one value, unless it was written to meanwhile.
    """

    __slots__ = ("folder", "gone", "name", "one_by_one", "remover", "sent", "users")

    def __init__(self, folder: Folder, name: str, *, one_by_one: bool) -> None:
        self.folder = folder
        self.name = name
        self.one_by_one = one_by_one
        self.users = self.gone = 0
        self.sent: Set[Tuple[int, ...]] = set()
        self.remover: Optional[Remover] = None

    @property
    def path(self) -> str:
        """The path by which it was found."""
        return self.folder.prefix + self.name

    def read(self) -> base.SidecarPart:
        """Its bytes, and what the file was when they were read; `LocalFailure` if it cannot be sent."""
        message = "Its sidecar %s" % _text.printable(self.path)
        try:
            with io.BufferedReader(folder.open_file(self.folder, self.name)) as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise errors.LocalFailure("%s was replaced by something else, such as a pipe." % message)
                content = stream.read(base.LARGEST_SIDECAR + 1)
        except OSError as exc:
            if folder.met_link(exc) and not self.folder.follow:
                raise errors.LocalFailure(
                    "%s was replaced by a link after it was found. Links are only followed with 'follow: true'." % message
                ) from exc
            raise errors.LocalFailure("%s cannot be read: %s.%s" % (message, exc.strerror or exc, disk_advice(exc))) from exc
        if len(content) > base.LARGEST_SIDECAR:
            raise base.sidecar_too_large(self.path)
        return base.SidecarPart(self.path, content, folder.state_of(status))

    def move_before_last(self, listener: base.Listener, remover: Remover) -> None:
        """Moves it if only one of its items is left, which follows. Raises `LocalFailure`."""
        if not self.one_by_one and self.gone + 1 == self.users:
            self._remove(remover, listener)

    def has_lost(self, state: Optional[Tuple[int, ...]], listener: base.Listener, remover: Remover) -> None:
        """Notes that one of its items was removed, which it was sent with as `state` says. It is removed itself with the last of them."""
        if state is not None:
            self.sent.add(state)
        self.remover = remover
        self.gone += 1
        if not self.one_by_one:
            self.remove_if_unused(listener)

    def remove_if_unused(self, listener: base.Listener) -> None:
        """Takes it away if all of its items were. If that cannot be done, it counts as a failure of its own."""
        if self.remover is not None and self.gone == self.users:
            try:
                self._remove(self.remover, listener)
            except errors.LocalFailure as exc:
                listener.unreadable(self.path, exc)

    def _remove(self, remover: Remover, listener: base.Listener) -> None:
        try:
            if is_behind_link(self.folder, self.name, listener, remover.done):
                return
            now = folder.state_of(folder.stat_without_links(self.folder, self.name))
            if not remover.moves and self.sent != {now}:
                raise errors.FileChanged("The sidecar changed after it was uploaded, so it was not %s." % remover.done)
            remover.remove(self.folder, self.name, b"")
        except FileNotFoundError:
            pass  # it was reached by two paths, and taken away by the other
        except OSError as exc:
            raise errors.LocalFailure("The sidecar %s" % _not_removed(exc, remover)) from exc
