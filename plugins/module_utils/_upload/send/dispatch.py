# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends new files and settles what became of each. Private to the collection."""

from __future__ import annotations

import time
from typing import Callable, List, Optional

from ..._client import api, errors, values
from ..._sources import base
from ..flow.brake import Brake
from ..flow.stop import Stopped
from ..organise import members
from ..read.checksum import Hasher
from ..read.readahead import ReadAhead
from ..reporting.tally import Tally
from .asset_ids import AssetIds
from .check import ask
from .consecutive_failures import ConsecutiveFailures
from .transfer import Sender
from .twins import Twins, settle


class Dispatch:
    """For all threads that send. `remember` keeps what a file was found to be: a wrong entry in the cache would mislead every run."""

    def __init__(
        self,
        client: api.Immich,
        tally: Tally,
        twins: Twins,
        ids: AssetIds,
        ahead: ReadAhead,
        brake: Brake,
        concurrency: int,
        remember: Callable[[base.Item], None],
    ) -> None:
        self._client = client
        self._tally = tally
        self._twins = twins
        self._ids = ids
        self._ahead = ahead
        self._brake = brake
        self._failures = ConsecutiveFailures(client, concurrency, tally.verb.infinitive)
        self._remember = remember

    def send(self, sender: Sender, item: base.Item, place: Callable[[List[members.Placed]], None]) -> None:
        """Sends a file; if that fails, an equal one in its place. Raises what ends the run."""
        left: Optional[base.Item] = item
        while left is not None:
            left = self._send_one(sender, left, place)

    def _send_one(self, sender: Sender, item: base.Item, place: Callable[[List[members.Placed]], None]) -> Optional[base.Item]:
        sha1, began = item.sha1, time.monotonic()
        try:
            one = self._send_as_it_is_now(sender, item)
            self._ids.note(one)
        except Stopped:
            raise
        except errors.ImmichError as exc:
            if exc.fatal and not self._is_about_this_file(exc):
                raise
            self._tally.failed(item.path, exc, item=item, seconds=time.monotonic() - began)
            self._failures.add(exc)
            return self._twins.has_failed(sha1)
        finally:
            self._ahead.let_go(item)
            item.release()
        self._failures.reset()
        asset_id = str(one.asset_id)
        self._tally.stored(item, asset_id, created=one.fresh, trashed=one.trashed, seconds=time.monotonic() - began)
        waited = self._twins.has_arrived(sha1, asset_id) if item.sha1 == sha1 else []
        place([one] + [settle(twin, asset_id, self._tally) for twin in waited])
        return None if item.sha1 == sha1 else self._twins.has_failed(sha1)

    def _send_as_it_is_now(self, sender: Sender, item: base.Item) -> members.Placed:
        try:
            return _placed(item, sender.send(item))
        except errors.FileChanged:
            # Perhaps it was still being written when it was hashed; or the cache was wrong about it. One more try.
            item.look_again()
            item.sha1 = Hasher(self._brake.go_on).sha1(item)
            self._remember(item)
        known = ask(self._client.assets, [item]).get(item.sha1)
        if known is not None:
            return members.Placed(item, known.asset_id, fresh=False, trashed=known.trashed)
        try:
            return _placed(item, sender.send(item))
        except errors.FileChanged as exc:
            raise errors.FileChanged("The file is being written to: it changed each time it was sent. The next run takes it.") from exc

    def _is_about_this_file(self, exc: errors.ImmichError) -> bool:
        """A firewall in front of Immich may dislike one file and answer with a page of its own, though it let others through."""
        return isinstance(exc, errors.ProxyAnswer) and (exc.path, exc.status) == ("/assets", 403) and self._tally.uploaded > 0


def _placed(item: base.Item, stored: values.Stored) -> members.Placed:
    return members.Placed(item, stored.asset_id, fresh=stored.created, certain=stored.certain)
