# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bounds on what a server sends: how much, and for how long."""

from __future__ import annotations

import http.client
import io
import time
from typing import Any, Callable, Iterable, List, Mapping, Optional, Type

# The largest answers are lists of albums: 0.7 KB for each on Immich 3.1, so this is enough for some 90,000 albums. A page of a
# search (1,000 assets) has about 2 MB, the check of 5,000 files 1 MB.
LARGEST_JSON = 64 * 1024 * 1024

# Of what is not JSON, a proxy's page, only the title is of interest.
_LARGEST_OTHER = 1024 * 1024

# Bytes as they arrive. Compressed, they may become a thousand times as many.
_BLOCK = 16 * 1024

# An answer must be whole within so many times the option `timeout`, which counts between two bytes.
ANSWER_TIMEOUT_FACTOR = 10

# Of a file that is downloaded each byte gives as much more time: a slow line is enough for any size, and one that does nothing is not.
LEAST_SPEED = 1024  # bytes per second


class ResponseTooLarge(ValueError):
    """The server sends more than any answer of Immich's has."""


class ResponseTooSlow(OSError):
    """The server did not finish its answer in time, though it went on sending."""


class DownloadTooSlow(ResponseTooSlow):
    """The server sends a file with less than `LEAST_SPEED`."""


class UnknownEncoding(ValueError):
    """The answer is compressed in a way that was not asked for."""


def is_json(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that it is JSON."""
    return headers.get("Content-Type", "").split(";")[0].strip().lower() == "application/json"


def read_content(headers: Mapping[str, str], blocks: Callable[[int], Iterable[bytes]], close: Callable[[], None]) -> bytes:
    """An answer's content, decompressed. `blocks` reads so many bytes as they arrive and decompresses them; `close` closes the connection.

    What is not JSON is cut after a megabyte. Raises `ResponseTooLarge` for more JSON than `LARGEST_JSON`.
    """
    if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity", "gzip", "deflate"):
        close()
        raise UnknownEncoding  # several in a row would multiply what a block may become
    limit = LARGEST_JSON if is_json(headers) else _LARGEST_OTHER
    pieces: List[bytes] = []
    size = 0
    for block in blocks(_BLOCK):
        pieces.append(block)
        size += len(block)
        if size > limit:
            close()
            if limit == LARGEST_JSON:
                raise ResponseTooLarge
            break
    return b"".join(pieces)[:limit]


class _DeadlineReader(io.RawIOBase):
    """What arrives on a socket within so many `seconds`, after which reading raises `ResponseTooSlow`."""

    def __init__(self, raw: io.RawIOBase, seconds: float) -> None:
        super().__init__()
        self._raw = raw
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._read_at: Optional[float] = None

    def readable(self) -> bool:
        return True

    def begin_file(self) -> None:
        """From now on a file arrives, for as long as it does so with `LEAST_SPEED`. The time that its reader takes does not count."""
        self._read_at = time.monotonic()
        self._end = self._read_at + self._seconds

    def readinto(self, buffer: Any) -> Optional[int]:
        if self._read_at is not None:
            self._end += time.monotonic() - self._read_at
        if time.monotonic() > self._end:
            raise ResponseTooSlow if self._read_at is None else DownloadTooSlow
        count = self._raw.readinto(buffer)
        if self._read_at is not None:
            self._read_at = time.monotonic()
            self._end = min(self._end + (count or 0) / LEAST_SPEED, self._read_at + self._seconds)
        return count

    def close(self) -> None:
        try:
            self._raw.close()
        finally:
            super().close()


def with_deadline(connection_class: Type[Any], seconds: float, *, files: bool) -> Type[Any]:
    """A class of HTTP connections whose answers must be whole, headers included, `seconds` after the request has been sent.

    `connection_class` descends from `http.client.HTTPConnection`. With `files` good answers are files, which take as long as they take,
    unless they come with less than `LEAST_SPEED`; headers and other answers do not.
    """

    class DeadlineResponse(http.client.HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self._reader = _DeadlineReader(self.fp.detach(), seconds)
            self.fp = io.BufferedReader(self._reader)

        def begin(self) -> None:
            super().begin()
            if files and self.status in (http.client.OK, http.client.PARTIAL_CONTENT):
                self._reader.begin_file()

    return type(connection_class.__name__, (connection_class,), {"response_class": DeadlineResponse})
