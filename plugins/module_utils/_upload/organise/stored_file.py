# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of files once they are on the server, as the pipeline sees it. Private to the collection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Callable, Iterable, Iterator, List, Optional, Sequence, Set

from ..._client import api, values
from ..._sources import base


class Afterwards(ABC):
    """Used by one thread, but for `hides`, `arrived` and `wants`.

    `steps` counts what was done, for those who watch whether anything moves.
    """

    steps = 0

    @abstractmethod
    def hides(self, item: base.Item) -> bool:
        """Whether a file is to be hidden, because it is the video of a live photo. The file may be looked into for that."""

    def arrived(self, placed: Placed) -> None:  # noqa: B027  # not abstract: most need only `handle`
        """A file was sent: called at once, by the thread that sent it. Raises as `handle`."""

    @abstractmethod
    def wants(self, placed: Placed) -> bool:
        """Whether `handle` has something to do with a file."""

    @abstractmethod
    def handle(self, batch: Sequence[Placed]) -> None:
        """Takes care of some files. Raises only what would stop the whole run; other failures are reported to the tally."""

    @abstractmethod
    def finish(self) -> None:
        """To be called when every file was handled, and only then."""


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


class Hidden:
    """Knows them; the server is asked when it matters for the first time. `all_are_meant_to` be hidden: then none is left out."""

    def __init__(self, client: api.Immich, *, all_are_meant_to: bool) -> None:
        self._client = client
        self._all_are_meant_to = all_are_meant_to
        self._keys: Optional[Set[bytes]] = None

    def left_out(self, placed: List[Placed]) -> List[Placed]:
        """Leaves out what Immich hides: the video of a live photo, which it takes out of all albums when it finds the photo."""
        if self._all_are_meant_to or all(one.fresh or one.asset_id is None for one in placed):
            return placed
        if self._keys is None:
            self._keys = {key_of(asset_id) for asset_id in self._client.assets.ids_where(visibility="hidden")}
        return [one for one in placed if one.fresh or one.key not in self._keys]
