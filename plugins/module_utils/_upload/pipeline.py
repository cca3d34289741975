# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pipeline: its stages, each in threads of its own, and the queues between them.

    scan, pair, cache ─┬─→ hash ─→ check ─→ send ─→ organise
                       └───────────↗  └──────────────↗

Every queue is bounded, so that memory does not grow with the number of files, and a file is sent soon after it was hashed.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, FrozenSet, Iterator, List, Optional, Sequence, Tuple

from .._client import api, errors
from .._files import base
from .._run import throttle, workers
from .._run.files_run import CLOSE, FINISH, FilesJob, FilesRun
from .._run.progress import Snapshot
from . import check, file_tags, hashing, item_tally
from .checksum_cache import ChecksumCache
from .options import TransferOptions
from .organise import stored

if TYPE_CHECKING:
    from . import sending

_HASHERS = min(4, os.cpu_count() or 1)
_SCAN_AHEAD = 20_000  # files: some ten megabytes
_ORGANISE_BATCH = 1000
_ORGANISE_SECONDS = 2.0
# Seconds that threads have to end once the run stops: one that waits for a dead server is left behind, it is a daemon.
_GRACE = 5.0
_GRACE_TO_ORGANISE = 30.0
# The same where a stop was requested: something waits for the end of the run, and may soon kill it.
_GRACE_ON_REQUEST = 2.0
_GRACE_TO_ORGANISE_ON_REQUEST = 3.0
# Seconds after which what there is to do is counted ahead, for the progress, if the scan has not ended before.
_COUNT_AHEAD_AFTER = 5.0


class Pipeline:
    """The threads of one run. `videos` are the extensions of videos; `count_ahead` is there for a source that can be counted.

    In check mode nothing is sent.
    """

    def __init__(
        self,
        run: FilesRun,
        client: api.Immich,
        options: TransferOptions,
        source: base.Source,
        videos: FrozenSet[str],
        count_ahead: Optional[item_tally.CountAhead],
        tally: item_tally.ItemTally,
        organiser: stored.PostProcessor,
    ) -> None:
        self._run = run
        self._options = options
        self._tally = tally
        self._organiser = organiser
        cancellation = run.cancellation
        self._gate = workers.Gate(run.hooks.before_sending, cancellation)
        self._source = source
        self._count_ahead = count_ahead
        self._client = client
        self._videos = videos
        self._ahead, self._in_flight = hashing.ReadAhead(), check.InFlight()
        cancellation.on_cancel(self._ahead.cancel)
        self._triage = check.Triage(
            client, tally, self._in_flight, self._ahead, self._gate, options, videos=videos, predicting=run.check_mode
        )
        self._scan_done = False
        self._to_hash: workers.BoundedQueue[base.Item] = run.workers.queue(_SCAN_AHEAD, writers=1)
        self._to_check: workers.BoundedQueue[base.Item] = run.workers.queue(_SCAN_AHEAD, writers=1 + _HASHERS)
        self._to_send: workers.BoundedQueue[base.Item] = run.workers.queue(_SCAN_AHEAD, writers=1)
        # Not cancelled with the run: what has arrived is still organised.
        self._to_organise: workers.BoundedQueue[stored.StoredFile] = workers.BoundedQueue(_SCAN_AHEAD, writers=1 + options.concurrency)
        self._organising = workers.Workers(cancellation)
        self._in_scan_order = hashing.InScanOrder(self._to_check.put)
        self._in_turn = threading.Lock()
        self._hashers = [hashing.Hasher(cancellation.check) for dummy in range(_HASHERS)]
        self._scan_hasher = hashing.Hasher(cancellation.check)
        self._senders: List[sending.Sender] = []

    def work(self) -> None:
        """Returns when every file was handled, or when the run was cancelled and what had arrived was organised."""
        run, start = self._run, self._run.workers.start
        start(self._scan, feeds=(self._to_hash, self._to_check))
        for hasher in self._hashers:
            start(partial(self._hash, hasher), feeds=(self._to_check,))
        start(self._check, feeds=(self._to_send, self._to_organise))
        for number in range(self._options.concurrency):
            start(partial(self._send, number), feeds=(self._to_organise,))
        self._organising.start(self._organise)
        run.workers.join(lambda: _GRACE_ON_REQUEST if run.stop_requested else _GRACE)
        if run.cancellation.cancelled:
            self._to_organise.close_all()
        self._organising.join(self._grace_to_organise)

    def finish(self) -> None:
        """Does what takes all files together."""
        self._organiser.finish(self._run.cancellation.check)
        self._source.finish()

    def _grace_to_organise(self) -> float:
        requested = self._run.stop_requested
        # What has left a thread without an answer would leave this one, too.
        return 0.0 if requested and self._run.workers.busy else _grace_to_organise(requested=requested)

    def steps(self) -> Tuple[int, ...]:
        """Numbers that change when anything is read, sent or organised."""
        return (self._bytes_hashed, sum(sender.bytes for sender in self._senders), self._organiser.steps)

    def progress(self, stage: str) -> Snapshot:
        """How far it is, besides what the tally knows."""
        tally = self._tally
        files, size = self._total()
        listed = self._scan_done or files > 0
        in_flight = sum(sender.bytes_in_flight for sender in self._senders)
        return {
            "phase": self._phase(stage, listed=listed),
            "scan_done": listed,
            "files_seen": max(tally.files_seen, files),
            "bytes_seen": max(tally.bytes_seen, size),
            "bytes_done": tally.bytes_done + in_flight,
            "bytes_hashed": self._bytes_hashed,
            "bytes_sent": sum(sender.bytes for sender in self._senders),
            "uploaded": tally.uploaded,
            "duplicates": tally.duplicates,
            "missing_paths": tally.missing_paths,
            "deleted_local": tally.deleted,
            "moved_local": tally.moved,
            "steps": self._organiser.steps,
        }

    @property
    def _bytes_hashed(self) -> int:
        return sum(hasher.bytes for hasher in (*self._hashers, self._scan_hasher))

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

    def _phase(self, stage: str, *, listed: bool) -> str:
        if stage == CLOSE:
            return "done"
        if stage == FINISH or not self._run.workers.busy:
            return "organise"
        if self._gate.at_work:
            return "pause"
        return "upload" if listed else "scan"

    def _scan(self) -> None:
        with self._cache(used=not (self._options.verify or self._options.removes_local)) as cache:
            batches = self._find_batches(cache)
            if self._options.tags_from != "none":
                batches = file_tags.share_tags(batches, self._options.tags_from, self._sha1_if_readable, self._look_ahead)
            for batch in batches:
                unknown = [item for item in batch if not item.sha1]
                self._in_scan_order.add(batch)
                if unknown:
                    self._to_hash.put(unknown)
        self._scan_done = True

    def _sha1_if_readable(self, item: base.Item) -> bytes:
        try:
            return self._scan_hasher.sha1(item)
        except errors.LocalFailure:  # it is read once more, and then fails by itself
            return b""

    def _look_ahead(self) -> Optional[Iterator[base.Batch]]:
        """What the source is going to yield, None where a second look at it costs much, or it has all in memory by now."""
        return self._count_ahead.look() if self._count_ahead is not None and self._source.can_be_counted else None

    def _find_batches(self, cache: ChecksumCache) -> Iterator[base.Batch]:
        """What the source yields, with the checksums that are in the cache."""
        for batch in self._source.batches():
            self._tally.note_found(len(batch), sum(item.size for item in batch))
            cache.fill_in(batch)
            for item in batch:
                if item.sha1 and item.facts.sha1 not in (None, item.sha1):
                    item.clear_checksum()  # it is read, and if it is damaged, that is said
            yield batch

    def _hash(self, hasher: hashing.Hasher) -> None:
        while True:
            with self._in_turn:  # a file that others of its size wait for must not wait for the room that they have taken
                taken = self._to_hash.take(1)
                if taken is None:
                    return
                (item,) = taken
                self._ahead.make_room(item)
            try:
                item.sha1 = hasher.sha1(item)
                item.content = hasher.content
            except errors.LocalFailure as exc:
                self._ahead.release(item)
                self._tally.failed(item.path, exc, item=item)
            self._in_scan_order.pass_on(item)

    def _check(self) -> None:
        with self._cache() as cache:
            for batch in self._to_check.batches(check.batch_limits(), self._max_batch_delay, check.LOOK_EVERY):
                cache.store([item for item in batch if item.read_ns])
                self._queue_to_organise(self._triage.split_known_from_new(batch, self._put_to_send))

    def _max_batch_delay(self) -> float:
        return check.max_batch_delay(len(self._to_send), self._options.concurrency, others_may_come=not self._ahead.is_full)

    def _put_to_send(self, batch: base.Batch) -> None:
        if not self._senders:
            self._make_senders()
        self._to_send.put(batch)

    def _make_senders(self) -> None:
        """Before the first file is sent: most runs send few files, or none, and what is loaded is compiled again on every run."""
        from . import sending

        client, tally, options, cancellation = self._client, self._tally, self._options, self._run.cancellation
        self._dispatch = sending.Dispatch(
            client, tally, self._in_flight, self._ahead, cancellation, options.concurrency, self._correct_cache
        )
        bandwidth = throttle.Bandwidth(options.bandwidth_limit, cancellation.check)
        is_hidden = self._organiser.is_hidden_video
        self._senders = [
            sending.Sender(client, options, bandwidth, self._videos, tally.warn, is_hidden) for dummy in range(options.concurrency)
        ]

    def _send(self, number: int) -> None:
        while True:
            taken = self._to_send.take(1)
            if taken is None:
                return
            self._gate.go_through()
            self._dispatch.send(self._senders[number], taken[0], self._on_arrived)

    def _organise(self) -> None:
        try:
            for batch in self._to_organise.batches(repeat(_ORGANISE_BATCH), lambda: _ORGANISE_SECONDS, _ORGANISE_SECONDS):
                self._organiser.process(batch)
        finally:
            self._to_organise.cancel()  # nobody takes anything more

    def _on_arrived(self, files: Sequence[stored.StoredFile]) -> None:
        self._organiser.on_uploaded(files[0])  # the others are equal files that waited for it
        self._queue_to_organise(files)

    def _queue_to_organise(self, files: Sequence[stored.StoredFile]) -> None:
        wanted = [file for file in files if self._organiser.needs_work(file)]
        if wanted:
            self._to_organise.put(wanted)

    @contextmanager
    def _cache(self, *, used: bool = True) -> Iterator[ChecksumCache]:
        """The checksum cache of one thread. What was wrong with it is a warning at the end."""
        cache = ChecksumCache(self._options.checksum_cache if used else None, read_only=self._run.check_mode)
        try:
            yield cache
        finally:
            if cache.problem:
                self._tally.warn(cache.problem)
            cache.close()

    def _correct_cache(self, item: base.Item) -> None:
        """Remembers what a file was found to be when it was sent: a wrong entry would mislead every run."""
        with self._cache() as cache:
            cache.store([item])


class PipelineJob(FilesJob):
    """A job whose work is a pipeline's, which `prepare` makes."""

    tally: item_tally.ItemTally
    _pipeline: Pipeline

    def work(self, run: FilesRun) -> None:
        self._pipeline.work()

    def finish(self, run: FilesRun) -> None:
        self._pipeline.finish()

    def grace_to_finish(self, *, requested: bool) -> float:
        return _grace_to_organise(requested=requested)

    def steps(self) -> Tuple[int, ...]:
        return self._pipeline.steps()

    def progress(self, stage: str) -> Snapshot:
        return self._pipeline.progress(stage)

    def done_when_stopped(self, *, check_mode: bool) -> str:
        tally = self.tally
        if not tally.files_seen:
            return ""
        done = "new files were found" if check_mode else "files were %s" % self.verb.participle
        return " Before that, %d %s, and %d were already there." % (tally.uploaded, done, tally.duplicates)


def _grace_to_organise(*, requested: bool) -> float:
    """Seconds; fewer where a stop was requested, and something waits for the end of the run."""
    return _GRACE_TO_ORGANISE_ON_REQUEST if requested else _GRACE_TO_ORGANISE
