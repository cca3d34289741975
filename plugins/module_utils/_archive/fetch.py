# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads originals in several threads, each to a file that has no place yet. Private to the collection."""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from typing import Callable, NamedTuple, Optional, Tuple

from .._client import errors, values
from .._client.download import Download
from .._client.patience import pause_before
from .._upload.send.bandwidth import Bandwidth, block_size
from .folder.tree import PartialFile, Tree

_STEP = 0.2  # seconds: how long a stop may go unnoticed
_WRONG_BYTES = "The server sends other bytes than it received: their checksum is %s, not %s. Its copy may be damaged."


class WrongBytes(errors.ImmichError):
    """The original is not what its checksum says. Asked for once more, in case something on the way changed it."""


class Job(NamedTuple):
    """An original that is wanted, and where it will lie."""

    asset: values.Asset
    path: str


class Fetched(NamedTuple):
    """What became of a job: the `file`, whole and on the disk, with its SHA-1 in hex and its size in bytes; or what went wrong."""

    job: Job
    file: Optional[PartialFile]
    checksum: str
    size: int
    error: Optional[BaseException]


class Fetcher:
    """The threads. `open_original` gives the stream of the original of an asset by its id; `go_on` raises once the run stops.

    `in_flight` is how many jobs were handed out and not taken back, `bytes` how much was received, repeated attempts included.
    """

    def __init__(
        self,
        tree: Tree,
        open_original: Callable[[str], Download],
        *,
        threads: int,
        retries: int,
        bandwidth_limit: Optional[float],
        go_on: Callable[[], None],
    ) -> None:
        self.in_flight = self.bytes = 0
        self._tree = tree
        self._open = open_original
        self._retries = retries
        self._go_on = go_on
        self._bandwidth = Bandwidth(bandwidth_limit, go_on)
        self._block = block_size(bandwidth_limit, threads)
        self._lock = threading.Lock()
        self._jobs: queue.Queue[Optional[Job]] = queue.Queue()
        self._done: queue.Queue[Fetched] = queue.Queue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _number in range(threads)]

    @property
    def is_full(self) -> bool:
        """Whether so much is under way that results are to be taken first."""
        return self.in_flight >= 2 * len(self._threads)

    def submit(self, job: Job) -> None:
        """Hands out a job."""
        if self._threads[0].ident is None:
            for thread in self._threads:
                thread.start()
        self.in_flight += 1
        self._jobs.put(job)

    def take(self) -> Fetched:
        """Waits for the next result; there must be a job under way. Raises what `go_on` raises."""
        while True:
            self._go_on()
            try:
                found = self._done.get(timeout=_STEP)
            except queue.Empty:
                continue
            self.in_flight -= 1
            return found

    def end(self, seconds: float) -> bool:
        """Lets the threads end, which they do at once if the run stops. Whether all have ended within so many seconds."""
        for _thread in self._threads:
            self._jobs.put(None)
        end = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))
        while not self._done.empty():  # what nobody took
            file = self._done.get().file
            if file is not None:
                file.drop()
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            self._done.put(self._fetch(job))

    def _fetch(self, job: Job) -> Fetched:
        file: Optional[PartialFile] = None
        try:
            self._go_on()
            file = self._tree.new_file()
            checksum, size = self._persist(job.asset, file)
            modified = job.asset.modified
            file.finish(None if modified is None else round(modified * 1000) * 1_000_000)
        except BaseException as exc:  # noqa: BLE001  # for the thread that takes it
            if file is not None:
                file.drop()
            return Fetched(job, None, "", 0, exc)
        return Fetched(job, file, checksum, size, None)

    def _persist(self, asset: values.Asset, file: PartialFile) -> Tuple[str, int]:
        retry = 0
        while True:
            try:
                return self._download(asset, file)
            except WrongBytes:
                if retry:
                    raise
            except errors.ImmichError as exc:
                if not exc.transient or retry >= self._retries:
                    raise
                self._wait(pause_before(retry, known_server=True, retry_after=exc.retry_after))
            file.empty()
            retry += 1

    def _download(self, asset: values.Asset, file: PartialFile) -> Tuple[str, int]:
        digest, size = hashlib.sha1(), 0
        with self._open(asset.id) as stream:
            while True:
                block = stream.read(self._block)
                if not block:
                    break
                self._bandwidth.wait_for(len(block))
                file.write(block)
                digest.update(block)
                size += len(block)
                with self._lock:
                    self.bytes += len(block)
        if not asset.external and digest.hexdigest() != asset.sha1:
            raise WrongBytes(_WRONG_BYTES % (digest.hexdigest(), asset.sha1), path="/assets/%s/original" % asset.id)
        return digest.hexdigest(), size

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._go_on()
            time.sleep(_STEP)
