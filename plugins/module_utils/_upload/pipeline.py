# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pipeline: its stages, each in threads of its own, and the lanes between them. Private to the collection.

    scan, pair, cache ─┬─→ hash ─→ check ─→ send ─→ organise
                       └───────────↗  └──────────────↗

Every lane is bounded, so that memory does not grow with the number of files, and a file is sent soon after it was hashed.
"""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import Any, Callable, FrozenSet, List, Optional, Sequence, Tuple

from .._client import api, errors
from .._run.cancellation import Cancellation, Cancelled
from .._run.progress import Snapshot
from .._run.tally import Tally
from .._run.throttle import Bandwidth
from .._run.workers import BoundedQueue, Gate, Halted
from .._sources import base
from .count_ahead import CountAhead
from .options import Options
from .organise.stored_file import PostProcessor, StoredFile
from .read.cache import ChecksumCache
from .read.hashing import Hasher, ReadAhead
from .send.check import AssetIds, Batcher, InFlight, Triage, max_batch_delay
from .send.one_file import Dispatch, Sender

_HASHERS = min(4, os.cpu_count() or 1)
_SCAN_AHEAD = 20_000  # files: some ten megabytes
_HASH_AT_ONCE = 4
_ORGANISE_BATCH = 1000
_ORGANISE_SECONDS = 2.0
# Seconds that threads have to end once the run stops: one that waits for a dead server is left behind, it is a daemon.
_GRACE = 5.0
_GRACE_TO_ORGANISE = 30.0
# The same where the run was told to stop: something waits for its end, and may soon kill it.
_GRACE_WHEN_TOLD = 2.0
_GRACE_TO_ORGANISE_WHEN_TOLD = 3.0
# Seconds after which what there is to do is counted ahead, for the progress, if the scan has not come to its end by then.
_COUNT_AHEAD_AFTER = 5.0


class Pipeline:
    """One run. `videos` are the extensions of videos; there is a `count_ahead` for a source that can be counted.

    `predicting` (check mode) ends before anything is sent.
    """

    def __init__(
        self,
        client: api.Immich,
        options: Options,
        source: base.Source,
        videos: FrozenSet[str],
        count_ahead: Optional[CountAhead],
        tally: Tally,
        organiser: PostProcessor,
        *,
        predicting: bool,
        before_sending: Callable[[Callable[[], None]], None],
    ) -> None:
        self._options = options
        self._tally = tally
        self._organiser = organiser
        self._predicting = predicting
        self.cancellation = Cancellation()
        self._gate = Gate(before_sending, self.cancellation)
        self._source = source
        self._count_ahead = count_ahead
        bandwidth = Bandwidth(options.bandwidth_limit, self.cancellation.check)
        self._ahead, in_flight, ids = ReadAhead(), InFlight(), AssetIds(tally)
        self._triage = Triage(
            client, tally, in_flight, ids, self._ahead, self._gate, self.cancellation, options, videos=videos, predicting=predicting
        )
        self._dispatch = Dispatch(client, tally, in_flight, ids, self._ahead, self.cancellation, options.concurrency, self._correct_cache)
        self._scan_done = False
        self._last_seen: Tuple[int, ...] = ()
        self._to_hash: BoundedQueue[base.Item] = BoundedQueue(_SCAN_AHEAD, writers=1)
        self._to_check: BoundedQueue[base.Item] = BoundedQueue(_SCAN_AHEAD, writers=1 + _HASHERS)
        self._to_send: BoundedQueue[base.Item] = BoundedQueue(_SCAN_AHEAD, writers=1)
        self._to_organise: BoundedQueue[StoredFile] = BoundedQueue(_SCAN_AHEAD, writers=1 + options.concurrency)
        self._hashers = [Hasher(self.cancellation.check) for dummy in range(_HASHERS)]
        self._senders = [
            Sender(client, options, bandwidth, videos, tally.warn, organiser.is_hidden_video) for dummy in range(options.concurrency)
        ]
        self._threads = [
            self._thread(self._scan, self._to_hash, self._to_check),
            *(self._thread(partial(self._hash, one), self._to_check) for one in self._hashers),
            self._thread(self._check, self._to_send, self._to_organise),
            *(self._thread(partial(self._send, one), self._to_organise) for one in self._senders),
        ]
        self._organising = self._thread(self._organise, ends=(self._to_organise,))

    def run(self, tick: Callable[[], None], told: Callable[[], bool]) -> None:
        """Runs to the end, or to the first reason to stop (see `cancellation`). `tick` is called several times a second.

        `told` says whether something waits for the end of the run: then no time is lost with a server that does not answer.
        """

        def grace() -> float:
            return _GRACE_WHEN_TOLD if told() else _GRACE

        def grace_to_organise() -> float:
            if not told():
                return _GRACE_TO_ORGANISE
            silent = any(thread.is_alive() for thread in self._threads)  # what has left those without an answer would leave this one
            return 0.0 if silent else _GRACE_TO_ORGANISE_WHEN_TOLD

        for thread in [*self._threads, self._organising]:
            thread.start()
        _join(self._threads, tick, lambda: not self.cancellation.cancelled)
        if self.cancellation.cancelled:
            for queue in (self._to_hash, self._to_check, self._to_send):
                queue.halt()
            self._ahead.halt()
            _join(self._threads, tick, _within(grace))
            self._to_organise.end()
        else:
            _join([self._organising], tick, lambda: not self.cancellation.cancelled)
        _join([self._organising], tick, _within(grace_to_organise))
        if self.cancellation.crash is not None:
            raise self.cancellation.crash

    def has_moved(self) -> bool:
        """Whether anything was read, sent, settled or organised since this was last asked."""
        tally = self._tally
        now = (
            tally.files_seen,
            tally.files_done,
            sum(one.bytes for one in self._hashers),
            sum(one.bytes for one in self._senders),
            self._organiser.steps,
        )
        moved, self._last_seen = now != self._last_seen, now
        return moved

    def look(self) -> Snapshot:
        """How far it is."""
        tally = self._tally
        files, size = self._total()
        listed = self._scan_done or files > 0
        over = not self._organising.is_alive()
        sending = any(thread.is_alive() for thread in self._threads)
        in_flight = sum(one.bytes_in_flight for one in self._senders)
        return {
            "phase": self._phase(over=over, sending=sending, listed=listed),
            "scan_done": listed,
            "files_seen": max(tally.files_seen, files),
            "bytes_seen": max(tally.bytes_seen, size),
            "files_done": tally.files_done,
            "bytes_done": tally.bytes_done + in_flight,
            "bytes_hashed": sum(one.bytes for one in self._hashers),
            "bytes_sent": sum(one.bytes for one in self._senders),
            "uploaded": tally.uploaded,
            "duplicates": tally.duplicates,
            "skipped": tally.skipped_count,
            "failed": tally.failures - tally.missing_paths,
            "missing_paths": tally.missing_paths,
            "deleted_local": tally.deleted,
            "seconds": round(tally.seconds, 3),
        }

    def _total(self) -> Tuple[int, int]:
        """How many files and bytes there are in all, as far as that is known before the scan has come to its end; else zeros."""
        source, ahead = self._source, self._count_ahead
        if self._scan_done:
            return 0, 0
        if source.total is not None:
            return source.total[0] + self._tally.skipped_count, source.total[1]
        if ahead is None:
            return 0, 0
        if source.can_be_counted and self._tally.seconds > _COUNT_AHEAD_AFTER:
            ahead.start()
        return (ahead.files, ahead.bytes) if ahead.done else (0, 0)

    def _phase(self, *, over: bool, sending: bool, listed: bool) -> str:
        if over or not sending:
            return "done" if over else "organise"
        if self._gate.at_work:
            return "pause"
        return "upload" if listed else "scan"

    def _thread(self, work: Callable[[], None], *feeds: BoundedQueue[Any], ends: Sequence[BoundedQueue[Any]] = ()) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except (Halted, Cancelled):
                pass
            except errors.ImmichError as exc:
                self.cancellation.cancel(exc)
            except BaseException as exc:  # noqa: BLE001  # raised again by the main thread
                self.cancellation.crash = exc
            finally:
                for queue in feeds:
                    queue.close()
                for queue in ends:
                    queue.halt()

        return threading.Thread(target=run, daemon=True)

    def _scan(self) -> None:
        cache = self._cache() if not (self._options.verify or self._options.delete_local) else None
        try:
            for batch in self._source.batches():
                self._tally.found(len(batch), sum(item.size for item in batch))
                if cache is not None:
                    cache.fill_in(batch)
                    for item in batch:
                        if item.sha1 and item.facts.sha1 not in (None, item.sha1):
                            item.clear_checksum()  # it is read, and if it is damaged, that is said
                known = [item for item in batch if item.sha1]
                if known:
                    self._to_check.put(known)
                if len(known) < len(batch):
                    self._to_hash.put([item for item in batch if not item.sha1])
        finally:
            self._close(cache)
        self._scan_done = True

    def _hash(self, hasher: Hasher) -> None:
        while True:
            taken = self._to_hash.take(_HASH_AT_ONCE)
            if taken is None:
                return
            for item in taken:
                self._ahead.make_room(item)
                try:
                    item.sha1 = hasher.sha1(item)
                    item.content = hasher.content
                except Cancelled:
                    raise
                except errors.LocalFailure as exc:
                    self._ahead.release(item)
                    self._tally.failed(item.path, exc, item=item)
                else:
                    self._to_check.put([item])

    def _check(self) -> None:
        cache = self._cache()
        try:
            for batch in Batcher(self._to_check, self._max_batch_delay).batches():
                if cache is not None:
                    cache.store([item for item in batch if item.held])
                self._place(self._triage.split_known_from_new(batch, self._to_send.put))
        finally:
            self._close(cache)

    def _max_batch_delay(self) -> float:
        return max_batch_delay(len(self._to_send), self._options.concurrency, others_may_come=not self._ahead.is_full)

    def _send(self, sender: Sender) -> None:
        while True:
            taken = self._to_send.take(1)
            if taken is None:
                return
            self._gate.go_through()
            self._dispatch.send(sender, taken[0], self._arrived)

    def _organise(self) -> None:
        pending: List[StoredFile] = []
        deadline = 0.0
        while True:
            room = _ORGANISE_BATCH - len(pending)
            timeout = max(0.0, deadline - time.monotonic())
            taken = self._to_organise.take(room, timeout, enough=room) if pending else self._to_organise.take(room)
            if taken and not pending:
                deadline = time.monotonic() + _ORGANISE_SECONDS
            pending += taken or []
            if pending and (taken is None or len(pending) >= _ORGANISE_BATCH or time.monotonic() >= deadline):
                self._organiser.process(pending)
                pending = []
            if taken is None:
                # A thread that stops the run does so before it closes its lanes: without a reason to stop, every file was handled.
                if self._scan_done and not self.cancellation.cancelled:
                    self._organiser.finish()
                    self._source.finish()
                return

    def _arrived(self, files: Sequence[StoredFile]) -> None:
        self._organiser.on_uploaded(files[0])  # the others are equal files that waited for it
        self._place(files)

    def _place(self, files: Sequence[StoredFile]) -> None:
        wanted = [one for one in files if self._organiser.needs_work(one)]
        if wanted:
            self._to_organise.put(wanted)

    def _cache(self) -> Optional[ChecksumCache]:
        return ChecksumCache(self._options.checksum_cache, read_only=self._predicting) if self._options.checksum_cache else None

    def _correct_cache(self, item: base.Item) -> None:
        """Remembers what a file was found to be when it was sent: a wrong entry would mislead every run."""
        cache = self._cache()
        if cache is not None:
            cache.store([item])
        self._close(cache)

    def _close(self, cache: Optional[ChecksumCache]) -> None:
        if cache is not None:
            if cache.problem:
                self._tally.warn(cache.problem)
            cache.close()


def _join(threads: Sequence[threading.Thread], tick: Callable[[], None], patient: Callable[[], bool]) -> None:
    """Waits until the threads have ended, for as long as it is `patient`."""
    for thread in threads:
        while thread.is_alive() and patient():
            thread.join(0.1)
            tick()


def _within(grace: Callable[[], float]) -> Callable[[], bool]:
    """Whether there is time left, of as many seconds from now on as `grace` allows at that moment."""
    began = time.monotonic()
    return lambda: time.monotonic() < began + grace()
