# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another server's library as a source of items."""

from __future__ import annotations

from collections import Counter
from typing import Counter as CounterOf
from typing import Iterator, Optional

from ... import _ids
from ..._client import values
from .. import base
from .item import ServerItem
from .library import Library
from .selection import KINDS

_EXTERNAL = "external library"
_MISSING = "missing original"
_REASONS = {
    _EXTERNAL: "It is in an external library of the source: its file belongs to a folder there, and Immich has no checksum of it.",
    _MISSING: "The source does not have its original any more.",
    "empty file": "It is empty.",
}


class ServerSource(base.Source):
    """Yields what the library's selection means. `videos` has the checksums of hidden videos by their ids (see `id_bytes`).

    `not_copied` counts what an asset has that no other server can be given.
    """

    def __init__(self, library: Library, listener: base.Listener) -> None:
        self._library = library
        self._listener = listener
        self.videos = _ids.CompactMap(_ids.ID_SIZE, _ids.SHA1_SIZE)
        self.not_copied: CounterOf[str] = Counter()

    def batches(self) -> Iterator[base.Batch]:
        in_trash = self._library.videos_in_trash()
        for page in self._library.assets():
            batch: base.Batch = []
            for asset in page:
                if asset.id in in_trash:
                    continue
                kind = why_not(asset)
                if kind is not None:
                    self._listener.skipped(
                        "%s (%s)" % (asset.name, asset.id), kind, _REASONS.get(kind, "It is neither a photo nor a video.")
                    )
                    continue
                if asset.metadata.visibility == "hidden" and asset.kind == "video":
                    self.videos.add(_ids.pack_id(asset.id), bytes.fromhex(asset.sha1))
                if asset.edited:
                    self.not_copied["edits"] += 1
                batch.append(ServerItem(self._library, asset))
            if batch:
                yield batch

    def finish(self) -> None:
        """See `Source`."""


def why_not(asset: values.Asset) -> Optional[str]:
    """What an asset that is not copied is counted as; None for one that is."""
    if asset.kind not in KINDS:
        return asset.kind
    if asset.missing:
        return _MISSING
    if asset.external:
        return _EXTERNAL
    return "empty file" if asset.size == 0 else None
