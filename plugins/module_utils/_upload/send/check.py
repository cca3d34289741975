# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the server which files it has, in batches. Private to the collection."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from typing import Callable, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Set

from ..._client import api, errors, values
from ..._client.endpoints.assets import CHECK_BATCH, AssetCalls
from ..._run.cancellation import Cancellation
from ..._run.tally import Tally
from ..._run.workers import BoundedQueue, Gate
from ..._sources import base, packed
from ..metadata import keywords
from ..metadata.sidecar import sidecar_of
from ..options import Options
from ..organise import stored_file
from ..read.hashing import ReadAhead

# The first question is a small one, so that the first transfer starts early; each further one may be twice as large.
_FIRST_BATCH = 64
# Seconds that a file waits for others to be asked about together with it: while there is little to send, and while there is enough.
_PATIENCE = 0.2
_PATIENCE_OF_THE_BUSY = 2.0
_ENOUGH = 4  # files for each sender: they last while the server is asked about more

_GLANCE = 0.01  # seconds between two looks at whether files have waited long enough


class Gatherer:
    """Takes files from a lane and hands them on in batches: as large as the server likes them, as small as haste wants them.

    `patience` tells for how many seconds, as things are now, the first of a batch may wait for others (see there).
    """

    def __init__(self, queue: BoundedQueue[base.Item], patience: Callable[[], float]) -> None:
        self._lane = queue
        self._patience = patience
        self._limit = _FIRST_BATCH

    def batches(self) -> Iterator[base.Batch]:
        """Batches until the lane ends; none is empty."""
        batch: base.Batch = []
        began = 0.0
        while True:
            room = self._limit - len(batch)
            taken = self._lane.take(room, _GLANCE, enough=room) if batch else self._lane.take(room)
            if taken and not batch:
                began = time.monotonic()
            batch += taken or []
            if batch and (taken is None or len(batch) >= self._limit or time.monotonic() - began >= self._patience()):
                yield batch
                batch = []
                self._limit = min(2 * self._limit, CHECK_BATCH)
            if taken is None:
                return


def patience(left_to_send: int, senders: int, *, others_may_come: bool) -> float:
    """Seconds. Files that wait, and so take up all room for others, are what idle senders wait for: none at all then."""
    if left_to_send >= _ENOUGH * senders:
        return _PATIENCE_OF_THE_BUSY
    return _PATIENCE if others_may_come else 0.0


def ask(assets: AssetCalls, batch: base.Batch, before: Optional[Callable[[], None]] = None) -> Dict[bytes, values.Known]:
    """Which of the files the server has, by SHA-1. `before` is called right before it is asked."""
    sha1s: List[str] = list({item.sha1.hex(): None for item in batch})
    if before is not None:
        before()
    return {bytes.fromhex(sha1): known for sha1, known in assets.check(sha1s).items()}


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
        cancellation: Cancellation,
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
        self._cancellation = cancellation
        self._options = options
        self._videos = videos
        self._predicting = predicting
        self._predicted = packed.Packed(packed.SHA1_SIZE)

    def sort_out(self, batch: base.Batch, send: Callable[[base.Batch], None]) -> List[stored_file.Placed]:
        """Gives the new ones to `send`; returns those that the server has, or in check mode would have, already."""
        known = ask(self._client.assets, batch, self._twins.about_to_check)
        repeated = self._ids.repeated(known)
        there: List[stored_file.Placed] = []
        new: base.Batch = []
        for item in batch:
            found = known.get(item.sha1)
            if found is not None and found.asset_id in repeated:
                self._ahead.let_go(item)
                self._tally.failed(item.path, ambiguous(found.asset_id), item=item)
            elif found is not None:
                self._ahead.let_go(item)
                self._tally.stored(item, found.asset_id, created=False, trashed=found.trashed)
                there.append(stored_file.Placed(item, found.asset_id, fresh=False, trashed=found.trashed))
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
            item.prepare(self._ahead.make_room, self._cancellation.check)
            send([item])  # at once: another one may have to wait until this one was read
        return there

    def _predict(self, item: base.Item) -> List[stored_file.Placed]:
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
        return [stored_file.Placed(item, None, fresh=first)]


class Claim(NamedTuple):
    """Whether a file is the `first` of its bytes and goes up; if not, `asset_id` when they have arrived by now, else it waits."""

    first: bool
    asset_id: Optional[str]


class Twins:
    """Knows the bytes that are on their way. Memory does not grow with what has been sent: the server knows that by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Dict[bytes, Optional[List[base.Item]]] = {}
        self._arrived: Dict[bytes, str] = {}

    def about_to_check(self) -> None:
        """The server is about to be asked: it will know by itself what has arrived until now."""
        with self._lock:
            self._arrived.clear()

    def claim(self, item: base.Item) -> Claim:
        """Asks for the right to send this file. Where it has to wait, it comes back from `has_arrived` or `has_failed`."""
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

    def has_arrived(self, sha1: bytes, asset_id: str) -> List[base.Item]:
        """The file is up: returns those that waited for it."""
        with self._lock:
            self._arrived[sha1] = asset_id
            return self._waiting.pop(sha1, None) or []

    def has_failed(self, sha1: bytes) -> Optional[base.Item]:
        """The file is not up: returns the one that shall be tried instead."""
        with self._lock:
            waiting = self._waiting.get(sha1)
            if waiting:
                return waiting.pop(0)
            self._waiting.pop(sha1, None)
            return None


def settle(twin: base.Item, asset_id: str, tally: Tally) -> stored_file.Placed:
    """An equal file is on the server: this one counts as a duplicate of it."""
    tally.stored(twin, asset_id, created=False)
    return stored_file.Placed(twin, asset_id, fresh=False)


# How many of the last uploads are remembered, some ten megabytes. A cache that repeats an answer repeats a recent one.
_REMEMBERED = 20_000


class AssetIds:
    """Knows which file got which id, of the last uploads. Safe to use from all threads."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._lock = threading.Lock()
        self._placed: OrderedDict[str, Optional[stored_file.Placed]] = OrderedDict()  # None: its file has failed because of this already

    def note(self, placed: stored_file.Placed) -> None:
        """A file was uploaded. Raises if a file of other bytes has its id, which fails as well and is not deleted."""
        asset_id = str(placed.asset_id)
        with self._lock:
            if asset_id not in self._placed:
                self._placed[asset_id] = placed
                if len(self._placed) > _REMEMBERED:
                    self._placed.popitem(last=False)
                return
            before = self._placed[asset_id]
            if before is not None and before.item.sha1 == placed.item.sha1:
                return
            self._placed[asset_id] = None
        if before is not None:
            before.keep = True
            self._tally.failed(before.item.path, ambiguous(asset_id), item=before.item, asset_id=asset_id)
        raise ambiguous(asset_id)

    def repeated(self, known: Mapping[bytes, values.Known]) -> Set[str]:
        """Those ids of an answer to a check that files with other bytes have as well, in this answer or from an upload."""
        ids = Counter(one.asset_id for one in known.values())
        found = {asset_id for asset_id, count in ids.items() if count > 1} if len(ids) < len(known) else set()
        with self._lock:
            if self._placed.keys().isdisjoint(ids):
                return found
            for sha1, one in known.items():
                before = self._placed.get(one.asset_id)
                if before is not None and before.item.sha1 != sha1:
                    found.add(one.asset_id)
        return found


def ambiguous(asset_id: str) -> errors.ImmichError:
    """What a file fails with."""
    return errors.ImmichError(
        "Immich gave this file and another one, whose bytes differ, the same id (%s). A proxy in front of Immich may repeat its "
        "answers. The next run asks again." % asset_id
    )
