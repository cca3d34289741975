# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files go up: what the server has, what only it would have, what is new. Private to the collection."""

from __future__ import annotations

from typing import Callable, FrozenSet, List

from ..._client import api, errors
from ..._sources import base, packed
from ..flow.brake import Brake
from ..metadata import keywords
from ..options import Options
from ..organise import members
from ..read.readahead import ReadAhead
from ..reporting.tally import Tally
from .asset_ids import AssetIds, ambiguous
from .check import ask
from .gate import Gate
from .transfer import sidecar_of
from .twins import Twins, settle


class Triage:
    """Asks the server about batches of files whose checksums are known. With `predicting` (check mode) none is to be sent."""

    def __init__(
        self,
        client: api.Immich,
        tally: Tally,
        twins: Twins,
        ids: AssetIds,
        ahead: ReadAhead,
        gate: Gate,
        brake: Brake,
        options: Options,
        *,
        videos: FrozenSet[str],
        predicting: bool,
    ) -> None:
        self._client = client
        self._tally = tally
        self._twins = twins
        self._ids = ids
        self._ahead = ahead
        self._gate = gate
        self._brake = brake
        self._options = options
        self._videos = videos
        self._predicting = predicting
        self._predicted = packed.Packed(packed.SHA1_SIZE)

    def sort_out(self, batch: base.Batch, send: Callable[[base.Batch], None]) -> List[members.Placed]:
        """Gives the new ones to `send`; returns those that the server has, or in check mode would have, already."""
        known = ask(self._client.assets, batch, self._twins.about_to_check)
        repeated = self._ids.repeated(known)
        there: List[members.Placed] = []
        new: base.Batch = []
        for item in batch:
            found = known.get(item.sha1)
            if found is not None and found.asset_id in repeated:
                self._ahead.let_go(item)
                self._tally.failed(item.path, ambiguous(found.asset_id), item=item)
            elif found is not None:
                self._ahead.let_go(item)
                self._tally.stored(item, found.asset_id, created=False, trashed=found.trashed)
                there.append(members.Placed(item, found.asset_id, fresh=False, trashed=found.trashed))
            elif self._predicting:
                there += self._predict(item)
            else:
                claim = self._twins.claim(item)
                if claim.first:
                    new.append(item)
                    continue
                self._ahead.let_go(item)
                if claim.asset_id is not None:
                    there.append(settle(item, claim.asset_id, self._tally))
        for item in new:
            item.prepare(self._ahead.make_room, self._brake.go_on)
            send([item])  # at once: another one may have to wait until this one was read
        return there

    def _predict(self, item: base.Item) -> List[members.Placed]:
        first = item.sha1 not in self._predicted
        self._ahead.let_go(item)
        self._gate.go_through()
        try:
            if first:
                _part, item.tags_sent = sidecar_of(
                    item,
                    item.facts,
                    self._options,
                    self._options.tags,
                    None,
                    keywords.NO_KEYWORDS,
                    self._tally.warn,
                    videos=self._videos,
                )
        except errors.LocalFailure as exc:
            self._tally.failed(item.path, exc, item=item)
            return []
        self._predicted.add(item.sha1)
        self._tally.stored(item, None, created=first)
        return [members.Placed(item, None, fresh=first)]
