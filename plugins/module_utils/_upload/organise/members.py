# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which assets are in an album or have a tag, in little memory. Private to the collection."""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, List, Optional, Set

from ..._client import values
from ..._sources import base


class Placed:
    """A file that is on the server, or would be after a run (then there is no `asset_id`).

    `fresh` is true for one that this run brought, so that it can be in no album yet; if not `certain`, another client may have brought it
    at that moment. `trashed`: it is in the trash. `key` stands for the asset: the bytes of its id, or of its checksum while it has none.
    `keep`: it is not where it should be on the server, though that is not a failure, so that the local file is not deleted.
    """

    __slots__ = ("asset_id", "certain", "fresh", "item", "keep", "key", "trashed")

    def __init__(self, item: base.Item, asset_id: Optional[str], *, fresh: bool, certain: bool = True, trashed: bool = False) -> None:
        self.item = item
        self.asset_id = asset_id
        self.fresh = fresh
        self.certain = certain
        self.trashed = trashed
        self.keep = False
        self.key = key_of(asset_id) if asset_id else item.sha1


def key_of(asset_id: str) -> bytes:
    """An asset's id in 16 bytes instead of 36 characters."""
    try:
        return bytes.fromhex(asset_id.replace("-", ""))
    except ValueError:
        return asset_id.encode()


class Members:
    """The members of one album or tag. The server is asked when it matters for the first time: for a file that was there before.

    `read` gives the ids of the members; it is not called for an album or tag that is `empty`. With `predicting` (check mode)
    what is added is remembered, since the server will not know it.
    """

    def __init__(self, read: Callable[[], Iterator[str]], *, empty: bool, predicting: bool) -> None:
        self._read = read
        self._known: Optional[Set[bytes]] = set() if empty else None
        self._predicting = predicting
        self._predicted: Set[bytes] = set()

    def lacks(self, placed: Placed) -> bool:
        """Whether a file has to be added."""
        if placed.fresh:
            return True
        if placed.key in self._predicted:
            return False
        if self._known is None:
            self._known = {key_of(asset_id) for asset_id in self._read()}
        return placed.key not in self._known

    def add(self, placed: Iterable[Placed]) -> None:
        """Notes what was added."""
        if self._known is not None:
            self._known.update(one.key for one in placed)
        elif self._predicting:
            self._predicted.update(one.key for one in placed)


def without_repeats(placed: Iterable[Placed]) -> List[Placed]:
    """Each asset once."""
    return list({one.key: one for one in placed}.values())


def contradiction(found: Optional[values.Known], asset_id: Optional[str]) -> Optional[str]:
    """What speaks against it that a file is on the server as `asset_id`, by what the server says of its checksum; None for nothing.

    An answer to an upload may be another file's, or an old one: from a cache in front of the server.
    """
    if found is None:
        return "does not have it"
    return None if found.asset_id == asset_id else "has it under another id"
