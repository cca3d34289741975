# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ids and checksums: checked, and those of a large library in little memory."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Optional

ID_SIZE, SHA1_SIZE = 16, 20  # bytes
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""An id as Immich writes it, as a part of a regular expression."""
_UUID = re.compile(UUID, re.IGNORECASE)
_BUCKETS = 4096


def checked_uuid(value: Any) -> str:
    """An object's id in lower case, as Immich writes it (RFC 9562, section 4: upper case means the same). Raises `ValueError`."""
    if not isinstance(value, str) or not is_uuid(value):
        raise ValueError("not an id")
    return value.lower()


def is_uuid(text: str) -> bool:
    """Whether a text is an id, in whatever case."""
    return _UUID.fullmatch(text) is not None


def pack_id(asset_id: str) -> bytes:
    """An id in 16 bytes instead of 36 characters."""
    return bytes.fromhex(asset_id.replace("-", ""))


def unpack_id(key: bytes) -> str:
    """The id that `pack_id` packed."""
    text = key.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def key_of(asset_id: Optional[str], sha1: bytes) -> bytes:
    """The key of an asset: its id, or for one without the beginning of its checksum."""
    return pack_id(asset_id) if asset_id else sha1[:ID_SIZE]


class CompactMap:
    """Keys of `key_size` bytes, each with a value of `value_size` bytes or none. A set would take some 110 bytes more for each key.

    The keys' last bytes must be as good as random, as those of UUIDs and checksums are.
    """

    def __init__(self, key_size: int, value_size: int = 0) -> None:
        self._key_size = key_size
        self._size = key_size + value_size
        self._buckets: Dict[int, bytearray] = {}

    def __contains__(self, key: bytes) -> bool:
        return self._find(key) >= 0

    def get(self, key: bytes) -> Optional[bytes]:
        """The value of a key; None for one that is not there."""
        at = self._find(key)
        return None if at < 0 else bytes(self._buckets[_bucket(key)][at + self._key_size : at + self._size])

    def add(self, key: bytes, value: bytes = b"") -> bool:
        """Adds a key with its value. Returns False for a key that is there already, which keeps its value."""
        if len(key) + len(value) != self._size:
            raise ValueError("not %d bytes" % self._size)
        if key in self:
            return False
        self._buckets.setdefault(_bucket(key), bytearray()).extend(key + value)
        return True

    def update(self, keys: Iterable[bytes]) -> None:
        """Adds keys without values."""
        for key in keys:
            self.add(key)

    def _find(self, key: bytes) -> int:
        bucket = self._buckets.get(_bucket(key), b"")
        at = bucket.find(key)
        while at >= 0 and at % self._size:  # the end of one key and the beginning of the next may look like this one
            at = bucket.find(key, at + 1)
        return at


def _bucket(key: bytes) -> int:
    return int.from_bytes(key[-2:], "big") % _BUCKETS
