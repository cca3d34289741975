# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes local files that the server has, and nothing else. Private to the collection."""

from __future__ import annotations

import os
import stat
from typing import Iterator, List, Sequence, Union

from ..._client import errors
from ..._client.endpoints.assets import CHECK_BATCH, AssetCalls
from ..media import Folder, Media, Sidecar, identity_of, state_of
from ..read.checksum import Hasher
from ..read.opening import inside, met_link
from ..reporting.tally import Tally
from .members import Placed


class Removal:
    """Deletes the files of one run. With `predicting` nothing is deleted. Used by one thread.

    What was reached through a link inside of a folder that the user named is not deleted, whether the file or a folder is the link.
    """

    def __init__(self, assets: AssetCalls, tally: Tally, *, predicting: bool) -> None:
        self._assets = assets
        self._tally = tally
        self._predicting = predicting
        self._later: List[Sidecar] = []

    def delete(self, batch: Sequence[Placed]) -> None:
        """Deletes those files whose very bytes the server has, unless they changed since they were read.

        Their sidecars go with them if they went up, one of several files with the last of them. Raises only what would stop the whole run.
        """
        for start in range(0, len(batch), CHECK_BATCH):
            for one in self._confirmed(batch[start : start + CHECK_BATCH]):
                self._delete(one)

    def finish(self) -> None:
        """Deletes the sidecars that could have got more users until the scan ended. To be called when all files are through."""
        for sidecar in self._later:
            if sidecar.gone == sidecar.users:
                self._delete_sidecar(sidecar)

    def _confirmed(self, batch: Sequence[Placed]) -> Iterator[Placed]:
        """Those that the server has under the id that it gave, and not in the trash, as it says right now.

        An answer may be old, or another file's (a cache in front of the server), and an asset may have been put into the trash since.
        """
        if self._predicting:
            yield from batch
            return
        try:
            known = self._assets.check(list({one.media.sha1.hex(): None for one in batch}))
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            exc.msg = "The file was not deleted, because Immich could not confirm that it has it: " + exc.msg
            for one in batch:
                self._tally.failed(one.media.path, exc, media=one.media, asset_id=one.asset_id)
            return
        for one in batch:
            found = known.get(one.media.sha1.hex())
            if found is not None and not found.trashed and found.asset_id == one.asset_id:
                yield one
                continue
            now = "does not have it" if found is None else "has it in the trash" if found.trashed else "has it under another id"
            error = errors.ImmichError(
                "The file was not deleted: Immich %s now. A proxy in front of it may repeat old answers, or the asset was deleted "
                "meanwhile. The next run asks again." % now
            )
            self._tally.failed(one.media.path, error, media=one.media, asset_id=one.asset_id)

    def _delete(self, placed: Placed) -> None:
        media = placed.media
        try:
            if self._is_behind_link(media):
                return
            found = _stat(media)
            # Looked at again, for to read it takes a while.
            if not _is_what_was_read(media, found) or state_of(_stat(media)) != state_of(found):
                raise errors.FileChanged("The file changed after it was uploaded, so it was not deleted. The next run uploads it again.")
            if not self._predicting:
                os.unlink(media.name, dir_fd=inside(media.folder))
        except OSError as exc:
            self._tally.failed(
                media.path,
                errors.LocalFailure("The file was uploaded but cannot be deleted: %s." % _why(exc)),
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

    def _is_behind_link(self, one: Union[Media, Sidecar]) -> bool:
        """Whether the file, or a folder above it, is a link that was followed: a person reads about it then."""
        if not one.folder.follow:
            return False
        try:
            is_link = stat.S_ISLNK(_stat(one).st_mode)
        except OSError as exc:
            if not met_link(exc):
                raise
            self._tally.warn("Files in %s were reached through a link and were not deleted." % one.folder.path)
            return True
        if not is_link:
            return False
        self._tally.warn("%s is a link and was not deleted." % one.path)
        return True

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
            if self._is_behind_link(sidecar):
                return
            if sidecar.sent != {state_of(_stat(sidecar))}:
                raise errors.FileChanged("The sidecar changed after it was uploaded, so it was not deleted.")
            os.unlink(sidecar.name, dir_fd=inside(sidecar.folder))
        except FileNotFoundError:
            pass  # it had another path as well
        except OSError as exc:
            self._tally.failed(sidecar.path, errors.LocalFailure("The sidecar was uploaded but cannot be deleted: %s." % _why(exc)))
        except errors.FileChanged as exc:
            self._tally.failed(sidecar.path, exc)


def _stat(one: Union[Media, Sidecar]) -> os.stat_result:
    return os.stat(one.name, dir_fd=inside(one.folder), follow_symlinks=False)


def _why(exc: OSError) -> str:
    return "a folder above it was replaced by a link" if met_link(exc) else exc.strerror or str(exc)


def _is_what_was_read(media: Media, found: os.stat_result) -> bool:
    """Whether a file holds the bytes that were hashed; it is read again where size and time do not tell.

    That is where its inode changed: because it was written to and its time set back (exiftool -P), or for a harmless reason (its
    mode, its owner, another hard link).
    """
    if not stat.S_ISREG(found.st_mode) or identity_of(found) != media.identity:
        return False
    if found.st_ctime_ns == media.ctime_ns:
        return True
    folder = Folder(media.folder.path, None, media.folder.root, follow=False)  # what is read is what would be deleted
    return Hasher(lambda: None).sha1(Media(folder, media.name, found)) == media.sha1
