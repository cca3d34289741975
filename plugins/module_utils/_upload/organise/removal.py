# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes or moves local files that the server has, and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Callable, Iterator, Optional, Sequence

from ..._client import errors
from ..._client.endpoints.assets import AssetCalls
from ..._deletions.confirm import confirm
from ..._files.folders.removers import Mover, Remover
from ..hashing import Hasher
from ..item_tally import ItemTally
from . import stored

_BATCH = 1000  # files that the server is asked about at once: to move them all may take a while, and the answer is to be a fresh one


class Removal:
    """Takes away the files of one run, all of which can be: to the folder `move_to`, or for good if that is None.

    With `predicting` all stay. `note_activity` is called for each file. Used by one thread.
    """

    def __init__(
        self, assets: AssetCalls, tally: ItemTally, note_activity: Callable[[], None], *, move_to: Optional[str], predicting: bool
    ) -> None:
        self._assets = assets
        self._tally = tally
        self._note_activity = note_activity
        self._predicting = predicting
        self._hasher = Hasher(lambda: None)
        self._remover = Remover() if move_to is None else Mover(move_to)

    def remove(self, files: Sequence[stored.StoredFile], check_cancelled: Callable[[], None] = lambda: None) -> None:
        """Takes away those files whose very bytes the server has, unless they changed since they were read.

        Their sidecars go with them if they went up, one of several files with the last of them. `check_cancelled` is called before each
        file, and may raise to stop. Raises besides only what would stop the whole run.
        """
        for start in range(0, len(files), _BATCH):
            for file in self._confirmed(files[start : start + _BATCH]):
                check_cancelled()
                self._note_activity()
                self._remove(file)

    def _confirmed(self, batch: Sequence[stored.StoredFile]) -> Iterator[stored.StoredFile]:
        """Those that the server has under the id that it gave, and not in the trash, as it says right now: somebody may have put an asset
        there. Raises `Contradiction` for one that it does not have, or has under another id, which fails with it.
        """
        if self._predicting:
            yield from batch
            return
        try:
            known = stored.known_on_server(self._assets, (file.item for file in batch))
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            error = exc.during("The file was not %s, because Immich could not confirm that it has it" % self._remover.done)
            for file in batch:
                self._tally.failed(file.item.path, error, item=file.item, asset_id=file.asset_id, counted=True)
            return
        for file in batch:
            known_asset = known.get(file.item.sha1)
            try:
                confirm("The file was not %s" % self._remover.done, partial(stored.not_stored, known_asset, file.asset_id))
            except errors.Contradiction as exc:
                self._tally.failed(file.item.path, exc, item=file.item, asset_id=file.asset_id, counted=True)
                raise
            if not (known_asset and known_asset.trashed):
                yield file
                continue
            error = errors.ImmichError(
                "The file was not %s: Immich has it in the trash now. Somebody put it there meanwhile. The next run asks again."
                % self._remover.done
            )
            self._tally.failed(file.item.path, error, item=file.item, asset_id=file.asset_id, counted=True)

    def _remove(self, file: stored.StoredFile) -> None:
        try:
            gone = file.item.remove(self._hasher.sha1, self._tally, self._remover, predicting=self._predicting)
        except errors.LocalFailure as exc:
            self._tally.failed(file.item.path, exc, item=file.item, asset_id=file.asset_id, counted=True)
            return
        if gone:
            self._tally.was_removed(file.item, self._remover.done)
