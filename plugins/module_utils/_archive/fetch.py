# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads originals in several threads, each to a file that has no place yet."""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import NamedTuple, Optional, Tuple

from .._client import body, errors, values
from .._run import throttle
from .._run.cancellation import Cancellation
from .._run.files_run import RunOptions
from .._run.workers import Workers
from .._selection.library import Library
from .partial_file import PartialOriginal
from .tree import ArchiveTree

_STEP = 0.2  # seconds: how long a stop may go unnoticed
_OTHER_BYTES = "The server sends other bytes than it received: their checksum is %s, not %s. Its copy may be damaged."
_TOO_MANY_BYTES = "The server sends more than the %d bytes that it says the file has. Its copy, or a proxy in front of it, may be damaged."
_NO_SIZE = (
    "The server says nowhere how large the file is, so it was not downloaded. Once Immich has read its metadata, run the archive again."
)


class WrongBytes(errors.ImmichError):
    """The original is not what its checksum says. Asked for once more, in case something on the way changed it."""


class DownloadJob(NamedTuple):
    """An original that is wanted, and where it will lie."""

    asset: values.Asset
    path: str


class DownloadResult(NamedTuple):
    """What became of a job: the `file`, whole and on the disk, with its SHA-1 in hex and its size in bytes; or what went wrong."""

    job: DownloadJob
    file: Optional[PartialOriginal]
    checksum: str
    size: int
    error: Optional[BaseException]


class Fetcher:
    """The threads. `library` is where the originals are.

    `in_flight` is how many jobs were handed out and not taken back, `bytes` how much was received, repeated attempts included.
    """

    def __init__(self, cancellation: Cancellation, tree: ArchiveTree, library: Library, options: RunOptions) -> None:
        self.in_flight = self.bytes = 0
        self._tree = tree
        self._library = library
        self._check_cancelled = cancellation.check
        self._bandwidth = throttle.Bandwidth(options.bandwidth_limit, cancellation.check)
        self._block = throttle.block_size(options.bandwidth_limit, options.concurrency)
        self._lock = threading.Lock()
        self._jobs: queue.Queue[Optional[DownloadJob]] = queue.Queue()
        self._done: queue.Queue[DownloadResult] = queue.Queue()
        self._workers = Workers(cancellation)
        self._count = options.concurrency
        self._has_started = False

    @property
    def is_full(self) -> bool:
        """Whether so much is under way that results are to be taken first."""
        return self.in_flight >= 2 * self._count

    def submit(self, job: DownloadJob) -> None:
        """Hands out a job."""
        if not self._has_started:
            self._has_started = True
            for _number in range(self._count):
                self._workers.start(self._work)
        self.in_flight += 1
        self._jobs.put(job)

    def take(self) -> DownloadResult:
        """Waits for the next result; there must be a job under way. Raises `Cancelled` once the run stops."""
        while True:
            self._check_cancelled()
            try:
                fetched = self._done.get(timeout=_STEP)
            except queue.Empty:
                continue
            self.in_flight -= 1
            return fetched

    def close(self) -> None:
        """Ends the threads, which end at once if the run stops, and drops what nobody took."""
        for _number in range(self._count):
            self._jobs.put(None)
        self._workers.join()
        while not self._done.empty():
            file = self._done.get().file
            if file is not None:
                file.drop()

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            self._done.put(self._fetch(job))

    def _fetch(self, job: DownloadJob) -> DownloadResult:
        file: Optional[PartialOriginal] = None
        try:
            self._check_cancelled()
            file = self._tree.new_file()
            checksum, size = self._receive(job.asset, file)
            modified = job.asset.modified
            file.finish(None if modified is None else round(modified * 1000) * 1_000_000)
        except BaseException as exc:  # noqa: BLE001  # for the thread that takes it
            if file is not None:
                file.drop()
            return DownloadResult(job, None, "", 0, exc)
        return DownloadResult(job, file, checksum, size, None)

    def _receive(self, asset: values.Asset, file: PartialOriginal) -> Tuple[str, int]:
        """The checksum and the size of what was received. The client tries again what broke, and what came with other bytes once."""
        attempts = wrong = 0

        def take(stream: body.Download) -> Tuple[str, int]:
            nonlocal attempts, wrong
            attempts += 1
            try:
                with stream:
                    if attempts > 1:
                        file.empty()
                    return self._copy(asset, stream, file)
            except WrongBytes as exc:
                wrong += 1
                exc.transient = wrong == 1
                raise

        return self._library.receive(asset.id, take)

    def _copy(self, asset: values.Asset, stream: body.Download, file: PartialOriginal) -> Tuple[str, int]:
        digest, size = hashlib.sha1(), 0
        most = _most_of(asset, stream)
        while True:
            block = stream.read(self._block)
            if not block:
                break
            size += len(block)
            if size > most:
                raise _wrong(asset, _TOO_MANY_BYTES % most)
            self._bandwidth.wait_for(len(block))
            file.write(block)
            digest.update(block)
            with self._lock:
                self.bytes += len(block)
        if not asset.external and digest.hexdigest() != asset.sha1:
            raise _wrong(asset, _OTHER_BYTES % (digest.hexdigest(), asset.sha1))
        return digest.hexdigest(), size


def _most_of(asset: values.Asset, stream: body.Download) -> int:
    """How many bytes the original may have: as the server lists it; a file in an external library may have changed since."""
    sizes = (stream.size, asset.size) if asset.external else (asset.size, stream.size)
    known = [size for size in sizes if size is not None]
    if not known:
        raise _wrong(asset, _NO_SIZE)
    return known[0]


def _wrong(asset: values.Asset, msg: str) -> WrongBytes:
    return WrongBytes(msg, method="GET", path="/assets/%s/original" % asset.id)
