# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs that are nearly what a reader expects: examples that were changed where their format has something to say.

What is drawn is a list of changes, so that Hypothesis finds the fewest that do.
"""

from __future__ import annotations

import copy
import json
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

LARGEST = 16 * 1024
"""Bytes of an input; a change that would make it larger is left out."""

Spans = Sequence[tuple[int, int]]
"""Where parts of an input begin and end."""

_NUMBERS = (
    0,
    1,
    2,
    7,
    8,
    15,
    16,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0xFFFF,
    *(number - 1 for number in (1 << 31, 1 << 32, 1 << 63, 1 << 64)),
    1 << 31,
)
_DEEPEST = 5000  # parts inside of each other


@dataclass(frozen=True)
class Format:
    """What is to be known of a format to change it sensibly."""

    spans: Callable[[bytes], Spans]
    """Its parts, larger and smaller ones."""

    words: Sequence[bytes] = ()
    """What may stand in place of a part."""

    nest: Callable[[bytes, int], bytes] = lambda part, times: part * min(times, 1 + LARGEST // max(1, len(part)))
    """A part inside of so many others."""

    pack: Sequence[Callable[[bytes], bytes]] = (bytes,)
    """How it is written in the end: packed, or in an encoding."""


Change = Callable[[bytes, Format, int, int, int], bytes]


def _set_number(content: bytes, format: Format, at: int, other: int, value: int) -> bytes:
    """One of one to eight bytes, most of which are sizes, counts or places."""
    start = _span(content, format, at)[0]
    width, order = 1 << other % 4, "<" if other & 4 else ">"
    numbers = (*_NUMBERS, len(content), len(content) - start, start, value)
    number = numbers[value % len(numbers)] & ((1 << 8 * width) - 1)
    packed = struct.pack(order + "BHIQ"[other % 4], number)
    return content[:start] + packed + content[start + width :]


def _set_byte(content: bytes, _format: Format, at: int, _other: int, value: int) -> bytes:
    at %= max(1, len(content))
    return content[:at] + bytes([value & 255]) + content[at + 1 :]


def _delete(content: bytes, format: Format, at: int, _other: int, _value: int) -> bytes:
    start, end = _span(content, format, at)
    return content[:start] + content[end:]


def _cut(content: bytes, _format: Format, at: int, _other: int, _value: int) -> bytes:
    return content[: at % (len(content) + 1)]


def _repeat(content: bytes, format: Format, at: int, _other: int, value: int) -> bytes:
    start, end = _span(content, format, at)
    times = min(1 + value % 1000, LARGEST // max(1, end - start))
    return content[:start] + content[start:end] * times + content[end:]


def _insert_copy(content: bytes, format: Format, at: int, other: int, _value: int) -> bytes:
    start, end = _span(content, format, at)
    place = _span(content, format, other)[0]
    return content[:place] + content[start:end] + content[place:]


def _swap(content: bytes, format: Format, at: int, other: int, _value: int) -> bytes:
    (start, end), (then, last) = sorted((_span(content, format, at), _span(content, format, other)))
    if then < end:
        return content
    return content[:start] + content[then:last] + content[end:then] + content[start:end] + content[last:]


def _put_word(content: bytes, format: Format, at: int, other: int, value: int) -> bytes:
    start, end = _span(content, format, at)
    word = format.words[other % len(format.words)] if format.words else b""
    return content[:start] + word + content[end if value & 1 else start :]


def _nest(content: bytes, format: Format, at: int, _other: int, value: int) -> bytes:
    start, end = _span(content, format, at)
    return content[:start] + format.nest(content[start:end], 1 + value % _DEEPEST) + content[end:]


_CHANGES: tuple[Change, ...] = (_set_number, _set_number, _put_word, _delete, _insert_copy, _swap, _repeat, _nest, _set_byte, _cut)

_DRAWN = st.tuples(st.sampled_from(_CHANGES), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, (1 << 32) - 1))


def _span(content: bytes, format: Format, number: int) -> tuple[int, int]:
    spans = format.spans(content)
    if not spans:
        return (number % (len(content) + 1), len(content))
    return spans[number % len(spans)]


@st.composite
def changed(draw: st.DrawFn, seeds: Sequence[bytes], format: Format) -> bytes:
    """One of the `seeds` with up to six changes, packed, and then perhaps with bytes changed again."""
    content = draw(st.sampled_from(seeds))
    for change, at, other, value in draw(st.lists(_DRAWN, max_size=6)):
        found = change(content, format, at, other, value)
        content = found if len(found) <= LARGEST else content
    content = draw(st.sampled_from(format.pack))(content)
    for at, value in draw(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 255)), max_size=2)):
        content = _set_byte(content, format, at, 0, value)
    return content


def matches(pattern: bytes) -> Callable[[bytes], Spans]:
    """The parts that a regular expression finds, and all lines."""
    parts, lines = re.compile(pattern, re.DOTALL), re.compile(rb"[^\n]*\n")
    return lambda content: [one.span() for one in (*lines.finditer(content), *parts.finditer(content))]


def between(opening: bytes, closing: bytes) -> Callable[[bytes, int], bytes]:
    """Nests a part in brackets or elements."""
    return lambda part, times: opening * times + part + closing * times


ENCODINGS: Sequence[Callable[[bytes], bytes]] = (
    bytes,
    bytes,
    lambda content: b"\xef\xbb\xbf" + content,
    lambda content: content.decode("utf-8", "replace").encode("utf-16"),
    lambda content: content.decode("utf-8", "replace").encode("utf-16-be"),
    lambda content: content.decode("utf-8", "replace").encode("cp1252", "replace"),
    lambda content: content.replace(b"\n", b"\r\n"),
)
"""Of texts that are written in UTF-8."""

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**25, 10**400, -1, 1e308])
    | st.sampled_from(["", "\ud800", "\x00", "x" * 3000, "\x1b[2J", "a/../b.heic", "2022-01-01T00:00:00+99:99", "9" * 30])
    | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
"""Values that JSON can hold, and few programs write."""


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place inside a JSON value: a container and its key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from places(value[key])


UTF8 = (("utf-8", b""),)
_JSON_ENCODINGS = (*UTF8 * 6, ("utf-8", b"\xef\xbb\xbf"), ("utf-8", b"\xff"), ("utf-16", b""), ("utf-32-be", b""))
"""Names, each with the bytes before."""


@st.composite
def damaged(draw: st.DrawFn, wholes: Sequence[Any], encodings: Sequence[tuple[str, bytes]] = _JSON_ENCODINGS) -> bytes:
    """The JSON of one of the values, with others in it changed, taken out, swapped or repeated, and perhaps characters of it, too."""
    value = copy.deepcopy(draw(st.sampled_from(wholes)))
    for _number in range(draw(st.integers(0, 4))):
        found = list(places(value))
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        how = draw(st.integers(0, 4))
        if how < 2:
            container[key] = draw(ODD)
        elif how == 2:
            del container[key]
        elif how == 3:
            other, its_key = draw(st.sampled_from(found))
            container[key], other[its_key] = copy.deepcopy(other[its_key]), copy.deepcopy(container[key])
        else:
            container[key] = [container[key]] * draw(st.integers(1, 8))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))[:LARGEST]
    for _number in range(draw(st.integers(0, 2))):
        start, size = draw(st.integers(0, len(text))), draw(st.integers(0, 20))
        depth = draw(st.sampled_from([0, 0, 0, 100, 900, 3000, 20_000]))
        middle = "[" * depth + draw(st.text(st.characters(), max_size=4)) + "]" * depth
        text = text[:start] + middle + text[start + size :]
    encoding, mark = draw(st.sampled_from(encodings))
    return mark + text.encode(encoding, "surrogatepass")


@st.composite
def damaged_lines(draw: st.DrawFn, wholes: Sequence[Any]) -> bytes:
    """Up to eight such values, a line each."""
    lines = draw(st.lists(damaged(wholes), max_size=8))
    return draw(st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\0\n"])).join(lines) + draw(st.sampled_from([b"\n", b"", b"{"]))
