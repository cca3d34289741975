# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a multipart form apart while it arrives, so that no part is ever whole in memory."""

from __future__ import annotations

import re
from typing import Protocol

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from immich_emulator.http.errors import ApiError, bad_request

HEADER_LIMIT = 16 * 1024
HEADER_COUNT_LIMIT = 2000
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Sink(Protocol):
    """What receives the parts of a form."""

    def begin(self, disposition: bytes) -> None:
        """A part begins; the value of its Content-Disposition, as it came."""

    def data(self, chunk: bytes) -> None:
        """Bytes of the part."""

    def end(self) -> None:
        """The part is whole."""


class FormParser:
    """python-multipart's parser with the limits and the words of Immich's. `done` once the closing boundary was seen.

    The library knows nothing of three things that real servers were seen to do: they skip what comes before the first
    boundary, take 16 KiB for all headers of a part together, and refuse control characters in them.
    """

    def __init__(self, boundary: bytes, sink: Sink) -> None:
        self.sink = sink
        self.delimiter = b"\r\n--" + boundary
        self.preamble: bytes | None = b"\r\n"  # so that a boundary at the very start looks like the others
        self.header, self.value = bytearray(), bytearray()
        self.disposition: bytes | None = None
        self.header_bytes = 0
        self.in_headers = self.done = False
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self.part_begin,
                "on_header_field": self.header_field,
                "on_header_value": self.header_value,
                "on_header_end": self.header_end,
                "on_headers_finished": self.headers_finished,
                "on_part_data": self.part_data,
                "on_part_end": sink.end,
                "on_end": self.end,
            },
            max_header_count=HEADER_COUNT_LIMIT,
            max_header_size=HEADER_LIMIT,
        )

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes. Raises ApiError 400 for what is not a form, and what the sink raises."""
        if self.preamble is not None:
            chunk = self.after_preamble(self.preamble + chunk)
        try:
            self.parser.write(chunk)
        except MultipartParseError as error:
            raise (malformed_header() if self.in_headers else unexpected_end()) from error

    def after_preamble(self, begun: bytes) -> bytes:
        """The bytes of the form from its first boundary on; empty as long as that has not arrived."""
        at = begun.find(self.delimiter)
        self.preamble = begun[-len(self.delimiter) :] if at < 0 else None
        return b"" if at < 0 else begun[at + 2 :]

    def finish(self) -> None:
        """Called at the end of the body. Raises ApiError 400 unless the form is complete."""
        if not self.done:
            raise unexpected_end()

    def part_begin(self) -> None:
        """A part's headers begin."""
        self.in_headers, self.disposition, self.header_bytes = True, None, 0

    def header_field(self, data: bytes, start: int, end: int) -> None:
        """More of a header's name."""
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """More of a header's value."""
        self.value += data[start:end]

    def header_end(self) -> None:
        """A header is whole; of two dispositions the first counts."""
        self.header_bytes += len(self.header) + len(self.value)
        if self.header_bytes > HEADER_LIMIT or CONTROL.search(self.value):
            raise malformed_header()
        if self.disposition is None and self.header.lower() == b"content-disposition":
            self.disposition = bytes(self.value.strip())
        self.header.clear()
        self.value.clear()

    def headers_finished(self) -> None:
        """The part itself begins; one without any header is refused."""
        if not self.header_bytes:
            raise malformed_header()
        self.in_headers = False
        self.sink.begin(self.disposition or b"")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        """Bytes of the part."""
        self.sink.data(data[start:end])

    def end(self) -> None:
        """The closing boundary was seen."""
        self.done = True


def malformed_header() -> ApiError:
    """400 for a part's headers."""
    return bad_request("Multipart: Malformed part header")


def unexpected_end() -> ApiError:
    """400 for an incomplete form, and for a body that is not a form."""
    return bad_request("Multipart: Unexpected end of form")
