# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that is on the server, and what the pipeline asks of whoever works on such files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Sequence

from ... import _ids
from ..._client import errors, values
from ..._client.endpoints.assets import AssetCalls
from ..._files import base


def known_on_server(assets: AssetCalls, items: Iterable[base.Item]) -> Dict[bytes, values.KnownAsset]:
    """Which of the files the server has, by SHA-1."""
    sha1s = list(dict.fromkeys(item.sha1.hex() for item in items))
    return {bytes.fromhex(sha1): known for sha1, known in assets.check(sha1s).items()}


class StoredFile:
    """A file that is on the server, or would be after a run (then there is no `asset_id`).

    `fresh` is true for one that this run brought, so that it can be in no album yet; if not `certain`, another client may have brought it
    at that moment. `trashed`: it is in the trash. `key` stands for the asset, see `_ids.key_of`. `keep`: it is not where it should be on
    the server, though that is not a failure, so that the local file is not deleted.
    """

    __slots__ = ("asset_id", "certain", "fresh", "item", "keep", "key", "trashed")

    def __init__(self, item: base.Item, asset_id: Optional[str], *, fresh: bool, certain: bool = True, trashed: bool = False) -> None:
        self.item = item
        self.asset_id = asset_id
        self.fresh = fresh
        self.certain = certain
        self.trashed = trashed
        self.keep = False
        self.key = _ids.key_of(asset_id, item.sha1)


def not_stored(known: Optional[values.KnownAsset], asset_id: Optional[str]) -> Optional[str]:
    """What speaks against it that a file is on the server as `asset_id`, by what a check said of its checksum just now."""
    if known is None:
        return "Immich does not have it now"
    return None if known.asset_id == asset_id else "Immich has it under another id now"


Failed = Dict[int, errors.ImmichError]
"""What went wrong with files, by the identity of their `StoredFile`."""


class PostProcessor(ABC):
    """What is done with files once they are on the server. Used by one thread, but for the methods that say something else.

    `steps` counts what was done, for those who watch whether anything moves.
    """

    steps = 0

    @abstractmethod
    def is_hidden_video(self, item: base.Item) -> bool:
        """Whether a file is to be hidden, because it is the video of a live photo. It may be looked into for that. From any thread."""

    def on_uploaded(self, file: StoredFile) -> None:  # noqa: B027  # not abstract: most need only `process`
        """A file was sent: called at once, by the thread that sent it. Raises as `process`."""

    @abstractmethod
    def needs_work(self, file: StoredFile) -> bool:
        """Whether `process` has something to do with a file. From any thread."""

    @abstractmethod
    def process(self, batch: Sequence[StoredFile]) -> None:
        """Takes care of some files. Raises only what would stop the whole run; other failures are reported to the tally."""

    @abstractmethod
    def finish(self, check_cancelled: Callable[[], None]) -> None:
        """To be called when every file was handled, and only then. `check_cancelled` raises once the run stops; no step begins after."""


@contextmanager
def noting(what: str, files: Sequence[StoredFile], failed: Failed) -> Iterator[None]:
    """A failure that is only about these files is noted for each of them, as `during` what. One that would stop the run is raised."""
    try:
        yield
    except errors.ImmichError as exc:
        if exc.fatal:
            raise
        error = exc.during(what)
        failed.update((id(file), error) for file in files)


def without_repeats(files: Iterable[StoredFile]) -> List[StoredFile]:
    """Each asset once."""
    return list({file.key: file for file in files}.values())
