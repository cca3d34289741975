# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another server's library as a source, and its photos and videos as items."""

from __future__ import annotations

from collections import Counter
from typing import BinaryIO, Iterator, List, Optional, Tuple, cast
from typing import Counter as CounterOf

from .. import _ids
from .._client import errors, values
from .._files import base, facts
from .._metadata import model
from .._selection.library import Library
from .._selection.selection import KINDS

_NS_PER_MS = 1_000_000  # Immich has times to the millisecond
_EXTERNAL = "external library"
_MISSING = "missing original"
_REASONS = {
    _EXTERNAL: "It is in an external library of the source: its file belongs to a folder there, and Immich has no checksum of it.",
    _MISSING: "The source does not have its original any more.",
    "empty file": "It is empty.",
}


class ServerItem(base.Item):
    """An asset. Its checksum is known, so it need not be read before it is sent. Its facts are known after `fetch_metadata`.

    As many of these wait to be sent, they keep little. `asset_id` is its id on that server; `trashed`: it is in the trash there.
    """

    __slots__ = ("_library", "asset_id", "mtime_ns", "size", "trashed")

    size: int
    mtime_ns: int

    def __init__(self, library: Library, asset: values.Asset) -> None:
        super().__init__(asset.name)
        self._library = library
        self.asset_id = asset.id
        self.sha1 = bytes.fromhex(asset.sha1)
        self.size = asset.size or 0
        self.trashed = asset.trashed
        modified = asset.taken if asset.modified is None else asset.modified
        self.mtime_ns = _nanoseconds(modified or 0.0)

    @property
    def path(self) -> str:
        return "%s (%s)" % (self.name, self.asset_id)

    @property
    def inner(self) -> str:
        return self.name.replace("/", "_")

    @property
    def cache_key(self) -> bytes:
        return self.asset_id.encode()

    @property
    def identity(self) -> Tuple[int, int, int]:
        return self.size, self.mtime_ns, 0

    def fetch_metadata(self) -> None:
        asset = self._library.asset(self.asset_id)
        if asset is None:
            raise errors.NotFound("It is not on the source any more, or is in its locked folder by now. The next run leaves it out.")
        self.facts = facts_of(asset)
        self.trashed = asset.trashed

    def open(self) -> BinaryIO:
        """Opens the original. Raises an `ImmichError` of the other server's as well; so does reading."""
        stream = self._library.open(self.asset_id)
        if stream.size is not None:
            self.size = stream.size
        return cast(BinaryIO, stream)

    def require_unchanged(self) -> None:
        """Does nothing: what a server has for an asset never changes."""

    def refresh(self) -> None:
        """Raises `LocalFailure`. It is called after bytes came that have another checksum."""
        raise errors.LocalFailure(
            "The source sent other bytes than those that it has the checksum of, so nothing was stored. Its storage may be damaged: look "
            "at the original there, and restore it from a backup."
        )


class ServerSource(base.Source):
    """Yields what the library's selection means. `videos` has the checksums of hidden videos by their ids (see `pack_id`).

    `not_copied` counts what an asset has that no other server can be given. With `people`, `showing_people` has the assets that show
    somebody with a name, without their metadata: some 700 bytes for each.
    """

    def __init__(self, library: Library, listener: base.Listener, *, people: bool = False) -> None:
        self._library = library
        self._listener = listener
        self._with_people = people
        self.showing_people: List[values.Asset] = []
        self.videos = _ids.CompactMap(_ids.ID_SIZE, _ids.SHA1_SIZE)
        self.not_copied: CounterOf[str] = Counter()

    def batches(self) -> Iterator[base.Batch]:
        in_trash = self._library.videos_in_trash()
        for page in self._library.assets(people=self._with_people):
            batch: base.Batch = []
            for asset in page:
                if asset.id in in_trash:
                    continue
                kind = skip_reason(asset)
                if kind is not None:
                    self._listener.skipped(
                        "%s (%s)" % (asset.name, asset.id), kind, _REASONS.get(kind, "It is neither a photo nor a video.")
                    )
                    continue
                if asset.metadata.visibility == "hidden" and asset.kind == "video":
                    self.videos.add(_ids.pack_id(asset.id), bytes.fromhex(asset.sha1))
                if self._with_people and asset.metadata.people:
                    self.showing_people.append(asset._replace(metadata=model.NOTHING))
                if asset.edited:
                    self.not_copied["edits"] += 1
                batch.append(ServerItem(self._library, asset))
            if batch:
                yield batch

    def finish(self) -> None:
        """Does nothing: nothing is held open."""


def skip_reason(asset: values.Asset) -> Optional[str]:
    """What an asset that is not copied is counted as (see `Listener.skipped`); None for one that is copied."""
    if asset.kind not in KINDS:
        return asset.kind
    if asset.missing:
        return _MISSING
    if asset.external:
        return _EXTERNAL
    return "empty file" if asset.size == 0 else None


def facts_of(asset: values.Asset) -> facts.Facts:
    """What the server says of an asset, in full: the file need not be looked into."""
    metadata = asset.metadata
    if metadata.taken is None:
        metadata = metadata._replace(taken=model.Taken(asset.modified or 0.0, basis=model.READ))
    return facts.Facts(rule="server", metadata=metadata)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1000) * _NS_PER_MS
