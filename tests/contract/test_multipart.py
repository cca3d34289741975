# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded server's form parser: whatever the network does to a form, the same parts come out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from immich_emulator.http.errors import ApiError
from immich_emulator.http.filenames import file_name, parse_disposition
from immich_emulator.http.form_parser import FormParser

BOUNDARY = b"bound"
#: Bytes that come close to a boundary, and bytes that do not.
CONTENT = st.lists(st.sampled_from([b"\r\n", b"--", b"bound", b"\r\n--boun", b"\r", b"x", b"\x00"]), max_size=8).map(b"".join)
PARTS = st.lists(CONTENT.filter(lambda data: b"\r\n--bound" not in data and not data.startswith(b"--bound")), max_size=4)


class Collector:
    """Keeps the parts."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.dispositions: list[bytes] = []
        self.ended = 0

    def begin(self, disposition: bytes) -> None:
        """A part begins."""
        self.parts.append(b"")
        self.dispositions.append(disposition)

    def data(self, chunk: bytes) -> None:
        """Bytes of the part."""
        assert chunk
        self.parts[-1] += chunk

    def end(self) -> None:
        """The part is whole."""
        self.ended += 1


def form(parts: list[bytes]) -> bytes:
    """A form of these parts."""
    head = b'--bound\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    return b"".join(head + part + b"\r\n" for part in parts) + b"--bound--\r\n"


def parse(body: bytes, sizes: list[int]) -> tuple[Collector, FormParser]:
    """Feeds a body in pieces of these sizes, over and over."""
    collector = Collector()
    parser = FormParser(BOUNDARY, collector)
    turn = 0
    while body:
        size = sizes[turn % len(sizes)]
        parser.feed(body[:size])
        body, turn = body[size:], turn + 1
    return collector, parser


@given(PARTS, st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_chunks_of_any_size_give_the_same_parts(parts: list[bytes], sizes: list[int]) -> None:
    collector, parser = parse(form(parts), sizes)
    assert collector.parts == parts
    assert collector.ended == len(parts)
    assert parser.done


@given(PARTS.filter(bool), st.data())
def test_form_parser_is_not_done_when_form_ends_early(parts: list[bytes], data: st.DataObject) -> None:
    body = form(parts)
    length = data.draw(st.integers(0, len(body) - len(b"--\r\n") - 1))
    _, parser = parse(body[:length], [7])
    assert not parser.done


@pytest.mark.parametrize(
    "headers",
    [
        b'Content-Disposition: form-data; name="a\x01"\r\n',
        b"Content-Disposition: form-data\n\r\n",
        b"X (y): 1\r\n",
        b"X : 1\r\n",
        b"nonsense\r\n",
        b"",
        b"X: " + b"x" * 17_000 + b"\r\n",
        (b"X: " + b"x" * 9_000 + b"\r\n") * 2,
    ],
)
def test_headers_are_refused_as_by_a_real_server(headers: bytes) -> None:
    with pytest.raises(ApiError, match="Malformed part header"):
        parse(b"--bound\r\n" + headers + b"\r\nx\r\n--bound--\r\n", [100])


@pytest.mark.parametrize("headers", [b"X: " + b"x" * 15_000 + b"\r\n", b"".join(b"X-%d: 1\r\n" % number for number in range(30))])
def test_headers_are_taken_as_by_a_real_server(headers: bytes) -> None:
    collector, parser = parse(b"--bound\r\n" + headers + b"\r\nx\r\n--bound--\r\n", [100])
    parser.finish()
    assert collector.parts == [b"x"]


def test_of_two_dispositions_the_first_counts() -> None:
    dispositions = b"Content-Disposition: one\r\nContent-Disposition:\ttwo\r\n"
    collector, _ = parse(b"--bound\r\n" + dispositions + b"\r\nx\r\n--bound--\r\n", [7])
    assert collector.dispositions == [b"one"]


@pytest.mark.parametrize("preamble", [b"\r\n", b"for people-only\r\n", b"x--bound\r\n--boun\r\n"])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_form_parser_skips_preamble_and_epilogue(preamble: bytes, size: int) -> None:
    collector, parser = parse(preamble + form([b"x"]) + b"--bound\r\n", [size])
    parser.finish()
    assert collector.parts == [b"x"]


def test_form_parser_refuses_other_content() -> None:
    _, parser = parse(b"no form at all", [5])
    with pytest.raises(ApiError, match="Unexpected end of form"):
        parser.finish()


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (b"filename=\"plain.jpg\"; filename*=UTF-8''%E2%82%AC.jpg", "\N{REPLACEMENT CHARACTER}.jpg"),
        (b'FILENAME="up.jpg"', "up.jpg"),
        (b"filename=unquoted.jpg", "unquoted.jpg"),
        (b'filename="a\\b.jpg"', "b.jpg"),
        (b'filename="a\\\\b.jpg"', "b.jpg"),
        (b'filename="."', ""),
        (b'filename=""', ""),
    ],
)
def test_odd_file_names_are_read_as_by_a_real_server(parameters: bytes, name: str) -> None:
    parsed = parse_disposition(b'form-data; name="assetData"; ' + parameters)
    assert parsed is not None
    assert file_name(parsed) == name


@pytest.mark.parametrize("parameters", [b'filename="a"b.jpg"', b'filename="a.jpg"x', b'filename="a'])
def test_a_malformed_disposition_is_ignored_as_by_a_real_server(parameters: bytes) -> None:
    assert parse_disposition(b'form-data; name="assetData"; ' + parameters) is None
