# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No reader raises what it does not declare, runs on and on, or takes up memory, whatever others wrote. `make fuzz` tries more of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.bounds import Bounds
from fuzz.mutations import LARGEST, Format, changed
from fuzz.readers import FINDS, READERS, Read, Reader, check, finds_of
from support.examples import examples


@pytest.fixture(scope="module")
def bounds() -> Iterator[Bounds]:
    with Bounds() as found:
        yield found


_prepared: set[str] = set()


def prepared(name: str, bounds: Bounds) -> Reader:
    """A reader that has loaded what it needs, whose steps count from then on."""
    reader = READERS[name]
    if name not in _prepared:
        for content in reader.seeds:
            reader.read(content)  # and is refused none of them
        bounds.watch()
        _prepared.add(name)
    return reader


@pytest.mark.parametrize("name", READERS)
def test_reader_takes_its_seeds_and_finds(bounds: Bounds, name: str) -> None:
    reader = prepared(name, bounds)
    for content in (*reader.seeds, *finds_of(name)):
        check(reader, content, bounds)


@pytest.mark.long
@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=examples(200),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
@given(data=st.data())
def test_reader_takes_any_input(bounds: Bounds, name: str, data: st.DataObject) -> None:
    """The same inputs in each run: those of `make fuzz` are others each time."""
    reader = prepared(name, bounds)
    check(reader, data.draw(reader.inputs), bounds)


def test_finds_are_those_of_readers() -> None:
    assert {path.name for path in FINDS.glob("*")} <= set(READERS)


def _endless(_content: bytes) -> None:
    while True:
        pass


_endless.__module__ = "tarfile"  # whose steps count


@pytest.mark.parametrize(
    ("read", "words"),
    [(_endless, "more than 1,000 steps"), (lambda _content: bytes(5_000_000), "of memory"), (lambda _content: 1 // 0, "by zero")],
    ids=["hangs", "memory", "crash"],
)
def test_bounds_stop_a_reader_without_any(bounds: Bounds, read: Read, words: str) -> None:
    reader = READERS["photo"]._replace(read=read, steps=1000, steps_per_byte=0, memory=1_000_000)
    bounds.watch()
    with pytest.raises((AssertionError, ZeroDivisionError), match=words):
        check(reader, b"", bounds)


@settings(max_examples=examples(100), deadline=None, database=None, derandomize=True)
@given(changed([b"one two\nthree\n"], Format(lambda _content: [(0, 3), (4, 7)], (b"word",))))
def test_changed_inputs_stay_small(content: bytes) -> None:
    assert len(content) <= LARGEST
