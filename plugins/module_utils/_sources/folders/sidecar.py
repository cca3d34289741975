# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""XMP files that lie beside photos and videos."""

from __future__ import annotations

import io
import os
import stat
from typing import Dict, Iterable, Optional, Set, Tuple

from ..._client import errors
from ..._text import printable
from .. import base
from . import folder
from .folder import Folder, is_behind_link, unlink_error_text

_EXTENSION = ".xmp"


class Sidecar:
    """An XMP file that belongs to one or more items: one record for a whole run.

    `users` counts those items, `gone` those of them that were deleted after it went up with them. (Each has one thread that writes
    it, so that neither needs a lock.) With `one_by_one` the scan may find more users until its end. `sent` has what it was when it
    was sent (see `state_of`): one value, unless it was written to meanwhile.
    """

    __slots__ = ("folder", "gone", "name", "one_by_one", "sent", "users")

    def __init__(self, folder: Folder, name: str, *, one_by_one: bool) -> None:
        self.folder = folder
        self.name = name
        self.one_by_one = one_by_one
        self.users = self.gone = 0
        self.sent: Set[Tuple[int, ...]] = set()

    @property
    def path(self) -> str:
        """The path by which it was found."""
        return self.folder.prefix + self.name

    def read(self) -> base.SidecarPart:
        """Its bytes, and what the file was when they were read; `LocalFailure` if it cannot be sent."""
        message = "Its sidecar %s" % printable(self.path)
        try:
            with io.BufferedReader(folder.open_file(self.folder, self.name)) as stream:
                found = os.fstat(stream.fileno())
                if not stat.S_ISREG(found.st_mode):
                    raise errors.LocalFailure("%s was replaced by something else, such as a pipe." % message)
                content = stream.read(base.LARGEST_SIDECAR + 1)
        except OSError as exc:
            if folder.met_link(exc) and not self.folder.follow:
                raise errors.LocalFailure(
                    "%s was replaced by a link after it was found. Links are only followed with 'follow: true'." % message
                ) from exc
            raise errors.LocalFailure("%s cannot be read: %s." % (message, exc.strerror or exc)) from exc
        if len(content) > base.LARGEST_SIDECAR:
            raise base.sidecar_too_large(self.path)
        return base.SidecarPart(self.path, content, folder.state_of(found))

    def has_lost(self, state: Tuple[int, ...], listener: base.Listener) -> None:
        """One of its items was deleted, with which it went up as `state` says: it goes with the last of them."""
        self.sent.add(state)
        self.gone += 1
        if not self.one_by_one:
            self.delete_if_unused(listener)

    def delete_if_unused(self, listener: base.Listener) -> None:
        """Deletes it if all of its items were. If it cannot be deleted, that counts as a failure of its own."""
        if self.gone == self.users:
            try:
                self._delete(listener)
            except errors.LocalFailure as exc:
                listener.unreadable(self.path, exc)

    def _delete(self, listener: base.Listener) -> None:
        try:
            if is_behind_link(self.folder, self.name, listener):
                return
            if self.sent != {folder.state_of(folder.look_without_links(self.folder, self.name))}:
                raise errors.FileChanged("The sidecar changed after it was uploaded, so it was not deleted.")
            os.unlink(self.name, dir_fd=folder.inside(self.folder))
        except FileNotFoundError:
            pass  # it had another path as well
        except OSError as exc:
            raise errors.LocalFailure("The sidecar was uploaded but cannot be deleted: %s." % unlink_error_text(exc)) from exc


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
