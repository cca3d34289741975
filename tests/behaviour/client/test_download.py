# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Originals: what is not a file, what comes too slowly, and what breaks and is asked for again."""

from __future__ import annotations

import http.client
import io
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import limits
from ansible_collections.photoyard.immich.plugins.module_utils._client.body import Download
from support.collection import errors
from support.http.answering import Reply, answering

from .conftest import Connect
from .test_transport import dripping

ASSET = "2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8"
FILE = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"


def content_of(stream: Download) -> bytes:
    with stream:
        return stream.read()


@pytest.mark.parametrize("reply", [Reply(204, b"", {}), Reply(206, b"half", {"Content-Type": "image/jpeg"}), Reply(202)])
def test_another_status_than_200_is_not_a_file(connect: Connect, reply: Reply) -> None:
    with answering(lambda _seen: reply) as server:
        client = connect(server.url + "/api", retries=1)
        for ask in (client.assets.original, lambda asset: client.assets.receive_original(asset, content_of)):
            with pytest.raises(
                errors.ServerFailure, match=rf"answered GET /assets/{ASSET}/original with {reply.status}, which is not a file"
            ):
                ask(ASSET)
        assert len(server.seen) == 4


@pytest.mark.parametrize("start", [FILE + b"\r\n", FILE + b"Content-Length: 1000000\r\n\r\n"])
def test_download_slower_than_minimum_times_out(connect: Connect, start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_TIMEOUT_FACTOR", 1 / 20)  # between two bytes there may be a minute, on a busy machine
    with (
        dripping(start, b"1") as url,
        pytest.raises(errors.Timeout, match=r"1024 bytes a second for 3 s"),
    ):
        connect(url + "/api", timeout=60.0, retries=0).assets.original(ASSET).read()


@pytest.mark.parametrize("start", [b"", FILE + b"X-Long: ", b"HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\n\r\n"])
def test_headers_and_other_answers_are_bounded(connect: Connect, start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_TIMEOUT_FACTOR", 1 / 20)
    with dripping(start, b"1") as url, pytest.raises(errors.Timeout, match=r"took longer than 3 s for one answer"):
        connect(url + "/api", timeout=60.0, retries=0).assets.original(ASSET)


class Line(io.RawIOBase):
    """A line over which so many bytes come at once, each time after so many seconds on the clock."""

    def __init__(self, clock: list[float], size: int, seconds: float) -> None:
        super().__init__()
        self._clock, self._size, self._seconds = clock, size, seconds
        self._head: bytes = b"HTTP/1.1 200 OK\r\n\r\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._clock[0] += self._seconds
        found, self._head = self._head or b"x" * min(self._size, len(buffer)), b""
        buffer[: len(found)] = found
        return len(found)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as the client sees it."""
    now = [0.0]
    monkeypatch.setattr(f"{limits.__name__}.time.monotonic", lambda: now[0])
    return now


def received(clock: list[float], size: int, *, reads: int, waits: float = 0.0) -> int:
    """How many bytes come until the reader, who waits that long in between, has read so often."""
    answer = limits.with_deadline(http.client.HTTPConnection, 10.0, files=True).response_class(Line(clock, size, 1.0))
    answer.begin()
    total = 0
    for _ in range(reads):
        total += len(answer.read(size))
        clock[0] += waits
    return total


def test_a_slow_line_is_enough_for_any_size(clock: list[float]) -> None:
    assert received(clock, 1200, reads=5_000) == 6_000_000
    assert clock[0] > 5_000


def test_a_quick_beginning_does_not_pay_for_a_slow_end(clock: list[float]) -> None:
    answer = limits.with_deadline(http.client.HTTPConnection, 10.0, files=True).response_class(line := Line(clock, 1_000_000, 0.0))
    answer.begin()
    answer.read(5_000_000)
    line._size, line._seconds = 1, 1.0
    with pytest.raises(limits.DownloadTooSlow):
        answer.read(20_000)
    assert clock[0] < 20


def test_slow_reader_does_not_time_out(clock: list[float]) -> None:
    assert received(clock, 2000, reads=50, waits=3600.0) == 100_000
