# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moves aside what the server no longer has.

Nothing moves unless everything speaks for it: the list came to its end without an error, is not suddenly much shorter, and the server,
asked for each asset that is missing from it, says that it does not have it.
"""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence

from .._archive_format.record import SIDECAR, ArchiveRecord
from .._client import errors, values
from .._run.tally import Tally
from .archiver import REMOVED
from .manifest import Manifest
from .tree import ArchiveTree

_FEW = 10  # assets that may be gone however small the archive is


class Pruning:
    """Moves aside the files of assets that the server no longer has. With `predicting` nothing is moved.

    `find_asset` returns an asset of the server by its id, None for one that it does not have.
    """

    def __init__(
        self,
        tree: ArchiveTree,
        manifest: Manifest,
        tally: Tally,
        find_asset: Callable[[str], Optional[values.Asset]],
        *,
        day: str,
        limit: int,
        predicting: bool,
    ) -> None:
        self._tree = tree
        self._manifest = manifest
        self._tally = tally
        self._find_asset = find_asset
        self._day = day
        self._limit = limit
        self._predicting = predicting

    def prune(self, missing: Sequence[str], listed: int, check_cancelled: Callable[[], None]) -> None:
        """`missing` are the ids of what is in the archive and not in the server's list of so many. Raises `LocalFailure` without moving
        anything if that looks wrong. `check_cancelled` raises once the run stops."""
        if not missing:
            return
        most = max(_FEW, len(self._manifest) * self._limit // 100)
        if not listed or len(missing) > most:
            raise errors.LocalFailure(
                "Nothing was moved by prune: the server lists %d photos and videos, and %d of the %d in the archive are not among them, "
                "which is more than O(prune_limit) (%d%%) allows. If they were deleted on purpose, raise O(prune_limit) for one run."
                % (listed, len(missing), len(self._manifest), self._limit),
                options=("prune_limit",),
            )
        removed: List[ArchiveRecord] = []
        for asset_id in missing:
            check_cancelled()
            asset = self._find_asset(asset_id)
            if asset is not None and not asset.trashed:
                raise errors.LocalFailure(
                    "Nothing was moved by prune: the server's list was not complete. It did not have %s, which is still there. Run the "
                    "archive again." % asset.name
                )
            record = self._manifest.get(asset_id)
            if asset is None and record is not None:
                removed.append(record)
        for record in removed:
            check_cancelled()
            self._remove(record)

    def _remove(self, record: ArchiveRecord) -> None:
        if not self._predicting:
            for path in (record.path, record.path + SIDECAR):
                if self._tree.stat(path) is not None:
                    self._tree.set_aside(path, self._day)
            self._tree.sync()
            self._manifest.remove(record)
        self._tally.done(REMOVED, record.path, asset_id=record.id, size=record.size, checksum=record.checksum)
