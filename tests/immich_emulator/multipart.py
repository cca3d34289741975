# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a multipart form apart while it arrives, so that no part is ever whole in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

HEADER_LIMIT = 16 * 1024
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Sink(Protocol):
    """Who gets the parts."""

    def begin(self, disposition: bytes) -> None:
        """A part begins; the value of its Content-Disposition."""

    def data(self, chunk: bytes) -> None:
        """Bytes of the part."""

    def end(self) -> None:
        """The part is whole."""


class MalformedError(ValueError):
    """The body is no multipart form."""


class MultipartParser:
    """Fed with chunks of any size; calls the sink. `done` once the closing boundary was seen."""

    def __init__(self, boundary: bytes, sink: Sink) -> None:
        self.delimiter = b"\r\n--" + boundary
        self.sink = sink
        self.buffer = b"\r\n"  # so that the first boundary looks like the others
        self.step: Callable[[], bool] = self.skip_preamble
        self.done = False

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. Raises MalformedError, and what the sink raises."""
        self.buffer = self.buffer + chunk if self.buffer else chunk
        while not self.done and self.step():
            pass

    def skip_preamble(self) -> bool:
        """Looks for the first boundary."""
        at = self.buffer.find(self.delimiter)
        if at < 0:
            self.buffer = self.buffer[-len(self.delimiter) :]
            return False
        self.buffer = self.buffer[at + len(self.delimiter) :]
        self.step = self.after_boundary
        return True

    def after_boundary(self) -> bool:
        """Decides whether a part or the end follows."""
        if len(self.buffer) < 2:
            return False
        mark, self.buffer = self.buffer[:2], self.buffer[2:]
        if mark == b"--":
            self.done = True
        elif mark == b"\r\n":
            self.step = self.read_headers
        else:
            raise MalformedError("Multipart: Unexpected end of form")
        return True

    def read_headers(self) -> bool:
        """Waits for a part's headers and begins the part."""
        at = self.buffer.find(b"\r\n\r\n")
        if at < 0:
            if len(self.buffer) > HEADER_LIMIT:
                raise MalformedError("Multipart: Malformed part header")
            return False
        disposition = b""
        for line in self.buffer[:at].split(b"\r\n"):
            if CONTROL.search(line):
                raise MalformedError("Multipart: Malformed part header")
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-disposition":
                disposition = value.strip()
        self.buffer = self.buffer[at + 4 :]
        self.sink.begin(disposition)
        self.step = self.read_body
        return True

    def read_body(self) -> bool:
        """Hands on what is surely data, and ends the part at the boundary."""
        at = self.buffer.find(self.delimiter)
        if at >= 0:
            if at:
                self.sink.data(self.buffer[:at])
            self.sink.end()
            self.buffer = self.buffer[at + len(self.delimiter) :]
            self.step = self.after_boundary
            return True
        sure = len(self.buffer) - len(self.delimiter) + 1
        if sure > 0:
            self.sink.data(self.buffer[:sure])
            self.buffer = self.buffer[sure:]
        return False
