# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files go up: the server is asked in batches which it has; what it would have twice is sent once."""

from __future__ import annotations

import threading
from typing import Callable, Dict, FrozenSet, Iterator, List, NamedTuple, Optional

from .. import _ids
from .._client import api, errors
from .._client.endpoints.assets import CHECK_BATCH
from .._files import base
from .._metadata import model
from .._run import workers
from .hashing import ReadAhead
from .item_tally import ItemTally
from .options import TransferOptions
from .organise.stored import StoredFile, known_on_server

# The first question is a small one, so that the first transfer starts early; each further one may be four times as large.
_FIRST_BATCH = 64
_GROWTH = 4
# Seconds that a file waits for others to be asked about together with it: while there is little to send, and while there is enough.
_DELAY = 0.2
_DELAY_WHILE_BUSY = 2.0
_ENOUGH = 4  # files for each sender: they last while the server is asked about more

LOOK_EVERY = 0.01
"""Seconds between two looks at whether files have waited long enough."""


def batch_limits() -> Iterator[int]:
    """About how many files the server is asked at once, in the first question and in each further one."""
    limit = _FIRST_BATCH
    while True:
        yield limit
        limit = min(_GROWTH * limit, CHECK_BATCH)


def max_batch_delay(left_to_send: int, senders: int, *, others_may_come: bool) -> float:
    """In seconds. Zero where files that wait leave no room to read others ahead: idle senders wait for them."""
    if left_to_send >= _ENOUGH * senders:
        return _DELAY_WHILE_BUSY
    return _DELAY if others_may_come else 0.0


class Triage:
    """Asks the server about batches of files whose checksums are known. With `predicting` (check mode) none is to be sent."""

    def __init__(
        self,
        client: api.Immich,
        tally: ItemTally,
        in_flight: InFlight,
        ahead: ReadAhead,
        gate: workers.Gate,
        options: TransferOptions,
        *,
        videos: FrozenSet[str],
        predicting: bool,
    ) -> None:
        self._client = client
        self._tally = tally
        self._in_flight = in_flight
        self._ahead = ahead
        self._gate = gate
        self._options = options
        self._videos = videos
        self._predicting = predicting
        self._predicted = _ids.CompactMap(_ids.SHA1_SIZE)

    def split_known_from_new(self, batch: base.Batch, send: Callable[[base.Batch], None]) -> List[StoredFile]:
        """Gives the new ones to `send`; returns those that the server has, or in check mode would have, already."""
        self._in_flight.about_to_check()
        known = known_on_server(self._client.assets, batch)
        known_files: List[StoredFile] = []
        new: base.Batch = []
        for item in batch:
            known_asset = known.get(item.sha1)
            if known_asset is not None:
                self._ahead.release(item)
                self._tally.stored(item, known_asset.asset_id, created=False, trashed=known_asset.trashed)
                known_files.append(StoredFile(item, known_asset.asset_id, fresh=False, trashed=known_asset.trashed))
            elif self._predicting:
                known_files += self._predict(item)
            else:
                claim = self._in_flight.claim(item)
                if claim.first:
                    new.append(item)
                    continue
                self._ahead.release(item)
                if claim.asset_id is not None:
                    known_files.append(count_duplicate(item, claim.asset_id, self._tally))
        if new:
            send(new)
        return known_files

    def _predict(self, item: base.Item) -> List[StoredFile]:
        first = item.sha1 not in self._predicted
        self._ahead.release(item)
        self._gate.go_through()
        try:
            if first:
                from . import sidecar  # only here: check mode needs it

                _part, item.tags_sent = sidecar.sidecar_to_send(
                    item,
                    item.facts.metadata,
                    self._options,
                    self._options.tags_of(item, new=True),
                    None,
                    model.NO_KEYWORDS,
                    self._tally.warn,
                    videos=self._videos,
                )
        except errors.LocalFailure as exc:
            self._tally.failed(item.path, exc, item=item)
            return []
        self._predicted.add(item.sha1)
        self._tally.stored(item, None, created=first)
        return [StoredFile(item, None, fresh=first)]


class Claim(NamedTuple):
    """Whether a file is the `first` of its bytes and goes up; if not, `asset_id` when they have arrived by now, else it waits."""

    first: bool
    asset_id: Optional[str]


class InFlight:
    """The files that are being sent, by their bytes. Memory does not grow with what was sent: the server knows that by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Dict[bytes, Optional[List[base.Item]]] = {}
        self._arrived: Dict[bytes, str] = {}

    def about_to_check(self) -> None:
        """The server is about to be asked: it will know by itself what has arrived until now."""
        with self._lock:
            self._arrived.clear()

    def claim(self, item: base.Item) -> Claim:
        """Asks for the right to send this file. Where it has to wait, it comes back from `mark_arrived` or `mark_failed`."""
        with self._lock:
            if item.sha1 in self._arrived:
                return Claim(False, self._arrived[item.sha1])
            if item.sha1 not in self._waiting:
                self._waiting[item.sha1] = None
                return Claim(True, None)
            waiting = self._waiting[item.sha1]
            if waiting is None:
                waiting = self._waiting[item.sha1] = []
            waiting.append(item)
            return Claim(False, None)

    def mark_arrived(self, sha1: bytes, asset_id: str) -> List[base.Item]:
        """The file is up: returns those that waited for it."""
        with self._lock:
            self._arrived[sha1] = asset_id
            return self._waiting.pop(sha1, None) or []

    def mark_failed(self, sha1: bytes) -> Optional[base.Item]:
        """The file is not up: returns the one that shall be tried instead."""
        with self._lock:
            waiting = self._waiting.get(sha1)
            if waiting:
                return waiting.pop(0)
            self._waiting.pop(sha1, None)
            return None


def count_duplicate(equal: base.Item, asset_id: str, tally: ItemTally) -> StoredFile:
    """An equal file is on the server: this one counts as a duplicate of it."""
    tally.stored(equal, asset_id, created=False)
    return StoredFile(equal, asset_id, fresh=False)
