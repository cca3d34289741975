# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes local files that the server has, and nothing else. Private to the collection."""

from __future__ import annotations

import os
import stat
from typing import List

from ..._client import errors
from ..media import Media, Sidecar, identity_of, state_of
from ..read.checksum import Hasher
from ..reporting.tally import Tally
from .members import Placed


class Removal:
    """Deletes the files of one run. With `predicting` nothing is deleted. Used by one thread."""

    def __init__(self, tally: Tally, *, predicting: bool) -> None:
        self._tally = tally
        self._predicting = predicting
        self._later: List[Sidecar] = []

    def delete(self, placed: Placed) -> None:
        """Deletes a file whose very bytes the server has, unless it changed since they were read; its sidecar too if it went up.

        A sidecar of several files goes with the last of them.
        """
        media = placed.media
        try:
            found = os.lstat(media.path)
            if not stat.S_ISREG(found.st_mode):  # a link: what it points to is somebody else's
                self._tally.warn("%s is a link and was not deleted." % media.path)
                return
            if not _is_what_was_read(media, found):
                raise errors.FileChanged(
                    "The file changed after it was uploaded, so that it was not deleted. The next run uploads it again."
                )
            if not self._predicting:
                os.unlink(media.path)
        except OSError as exc:
            self._tally.failed(
                media.path,
                errors.LocalFailure("The file was uploaded but cannot be deleted: %s." % (exc.strerror or exc)),
                media=media,
                asset_id=placed.asset_id,
            )
            return
        except errors.LocalFailure as exc:
            self._tally.failed(media.path, exc, media=media, asset_id=placed.asset_id)
            return
        self._tally.was_deleted(media)
        if not self._predicting:
            self._let_go_of_sidecar(media)

    def finish(self) -> None:
        """Deletes the sidecars that could have got more users until the scan ended. To be called when all files are through."""
        for sidecar in self._later:
            if sidecar.gone == sidecar.users:
                self._delete_sidecar(sidecar)

    def _let_go_of_sidecar(self, media: Media) -> None:
        sidecar = media.sidecar
        if sidecar is None or media.sidecar_sent is None:
            return
        sidecar.sent.add(media.sidecar_sent)
        sidecar.gone += 1
        if sidecar.one_by_one:
            if sidecar.gone == 1:
                self._later.append(sidecar)
        elif sidecar.gone == sidecar.users:
            self._delete_sidecar(sidecar)

    def _delete_sidecar(self, sidecar: Sidecar) -> None:
        try:
            found = os.lstat(sidecar.path)
            if not stat.S_ISREG(found.st_mode):
                self._tally.warn("%s is a link and was not deleted." % sidecar.path)
            elif sidecar.sent == {state_of(found)}:
                os.unlink(sidecar.path)
            else:
                raise errors.FileChanged("The sidecar changed after it was uploaded, so that it was not deleted.")
        except FileNotFoundError:
            pass  # it had another path as well
        except OSError as exc:
            self._tally.failed(
                sidecar.path, errors.LocalFailure("The sidecar was uploaded but cannot be deleted: %s." % (exc.strerror or exc))
            )
        except errors.FileChanged as exc:
            self._tally.failed(sidecar.path, exc)


def _is_what_was_read(media: Media, found: os.stat_result) -> bool:
    """Whether a file holds the bytes that were hashed; it is read again where size and time do not tell.

    That is where its inode changed: because it was written to and its time set back (exiftool -P), or for a harmless reason (its
    mode, its owner, another hard link).
    """
    if identity_of(found) != media.identity:
        return False
    if found.st_ctime_ns == media.ctime_ns:
        return True
    return Hasher(lambda: None).sha1(Media(media.folder, media.name, found)) == media.sha1
