# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys in little memory: what goes in comes out, and nothing else does."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._ids import ID_SIZE, SHA1_SIZE, CompactMap, pack_id


def key(number: int) -> bytes:
    return hashlib.sha1(b"%d" % number).digest()[:ID_SIZE]


def test_each_key_is_new_once_and_keeps_its_value() -> None:
    packed = CompactMap(ID_SIZE, SHA1_SIZE)
    values = {key(number): number.to_bytes(SHA1_SIZE, "big") for number in range(10_000)}
    assert all(packed.add(one, value) for one, value in values.items())
    assert not any(packed.add(one, bytes(SHA1_SIZE)) for one in values)
    assert all(packed.get(one) == value for one, value in values.items())
    assert packed.get(key(-1)) is None
    assert key(-1) not in packed


def test_a_key_is_not_found_across_two_others() -> None:
    packed = CompactMap(4)
    packed.update([b"ab\0\1", b"\x10\1\0\1"])  # their ends have them kept one after the other
    assert b"\0\1\x10\1" not in packed
    assert packed.add(b"\0\1\x10\1")
    assert b"\0\1\x10\1" in packed


def test_a_key_or_a_value_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not 16 bytes"):
        CompactMap(ID_SIZE).add(b"short")


def test_ids_take_little_more_than_their_bytes() -> None:
    keys = [key(number) for number in range(20_000)]
    tracemalloc.start()
    packed = CompactMap(ID_SIZE)
    packed.update(keys)
    taken, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 50 * len(keys)


def test_an_id_in_bytes() -> None:
    assert pack_id("01234567-89ab-cdef-0123-456789abcdef").hex() == "0123456789abcdef0123456789abcdef"
