# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes local files that the server has, and nothing else. Private to the collection."""

from __future__ import annotations

import os
import stat

from .._client import errors
from .media import Media, identity_of
from .members import Placed
from .tally import Tally


def delete(placed: Placed, tally: Tally, *, predicting: bool) -> None:
    """Deletes a file whose very bytes the server has, unless it changed since they were read; its sidecar too if it went up.

    A sidecar of several files goes with the last of them. With `predicting` nothing is deleted.
    """
    media = placed.media
    try:
        found = os.lstat(media.path)
        if not stat.S_ISREG(found.st_mode):  # a link: what it points to is somebody else's
            tally.warn("%s is a link and was not deleted." % media.path)
            return
        if identity_of(found) != media.identity:
            raise errors.FileChanged("The file changed after it was uploaded, so that it was not deleted. The next run uploads it again.")
        if not predicting:
            os.unlink(media.path)
    except OSError as exc:
        tally.failed(
            media.path,
            errors.LocalFailure("The file was uploaded but cannot be deleted: %s." % (exc.strerror or exc)),
            media=media,
            asset_id=placed.asset_id,
        )
        return
    except errors.FileChanged as exc:
        tally.failed(media.path, exc, media=media, asset_id=placed.asset_id)
        return
    tally.was_deleted(media)
    if placed.fresh and not predicting:
        _delete_sidecar(media, tally)


def _delete_sidecar(media: Media, tally: Tally) -> None:
    sidecar = media.sidecar
    if sidecar is None:
        return
    sidecar.users -= 1
    if sidecar.users:
        return
    try:
        os.unlink(sidecar.path)
    except OSError as exc:
        tally.failed(sidecar.path, errors.LocalFailure("The sidecar was uploaded but cannot be deleted: %s." % (exc.strerror or exc)))
