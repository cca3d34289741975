# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that is on the server, and what the pipeline asks of whoever works on such files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Callable, Iterable, Iterator, List, Optional, Sequence, Set

from ..._client import api, values
from ..._ids import pack_id
from ..._sources import base


class PostProcessor(ABC):
    """Used by one thread, but for `is_hidden_video`, `on_uploaded` and `needs_work`.

    `steps` counts what was done, for those who watch whether anything moves.
    """

    steps = 0

    @abstractmethod
    def is_hidden_video(self, item: base.Item) -> bool:
        """Whether a file is to be hidden, because it is the video of a live photo. The file may be looked into for that."""

    def on_uploaded(self, file: StoredFile) -> None:  # noqa: B027  # not abstract: most need only `process`
        """A file was sent: called at once, by the thread that sent it. Raises as `process`."""

    @abstractmethod
    def needs_work(self, file: StoredFile) -> bool:
        """Whether `process` has something to do with a file."""

    @abstractmethod
    def process(self, batch: Sequence[StoredFile]) -> None:
        """Takes care of some files. Raises only what would stop the whole run; other failures are reported to the tally."""

    @abstractmethod
    def finish(self) -> None:
        """To be called when every file was handled, and only then."""


class StoredFile:
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
        self.key = pack_id(asset_id) if asset_id else item.sha1


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

    def lacks(self, file: StoredFile) -> bool:
        """Whether a file has to be added."""
        if file.fresh:
            return True
        if file.key in self._predicted:
            return False
        if self._known is None:
            self._known = {pack_id(asset_id) for asset_id in self._read()}
        return file.key not in self._known

    def add(self, files: Iterable[StoredFile]) -> None:
        """Notes what was added."""
        if self._known is not None:
            self._known.update(one.key for one in files)
        elif self._predicting:
            self._predicted.update(one.key for one in files)


def without_repeats(files: Iterable[StoredFile]) -> List[StoredFile]:
    """Each asset once."""
    return list({one.key: one for one in files}.values())


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

    def left_out(self, files: List[StoredFile]) -> List[StoredFile]:
        """Leaves out what Immich hides: the video of a live photo, which it takes out of all albums when it finds the photo."""
        if self._all_are_meant_to or all(one.fresh or one.asset_id is None for one in files):
            return files
        if self._keys is None:
            self._keys = {pack_id(asset_id) for asset_id in self._client.assets.ids_where(visibility="hidden")}
        return [one for one in files if one.fresh or one.key not in self._keys]
