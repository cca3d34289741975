# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which asset has come in the place of which: without a server.

Immich's checksum of a file in an external library is that of its path (observed on 1.135 to 3.1), so that a file that was moved is another
asset. Its path below the folder tells which, and name, time and size must bear that out.
"""

from __future__ import annotations

from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .._client import values

_SAME_TIME = 2.0  # seconds: what some file systems keep of a time

UNREAD = (
    "Immich has not read the file at its new place. If it is not at work on that, have it process what is missing in metadataExtraction."
)

_NOT_THERE = "Immich has no file at its place below import_paths."
_SEVERAL = "There is a file at its place below more than one of import_paths."
_OTHER = "The file at its new place has another %s, so it may be another picture."


class Pair(NamedTuple):
    """An asset whose file was moved, and the one that Immich made of the file at its new place."""

    old: values.Asset
    new: values.Asset


class UnpairedAsset(NamedTuple):
    """An asset that stays as it is, and why."""

    old: values.Asset
    reason: str


def is_below(path: str, folder: str) -> bool:
    """Whether a path leads into a folder."""
    return path.startswith(folder.rstrip("/") + "/")


def pair_up(
    old: Iterable[values.Asset], new: Iterable[values.Asset], moved_from: str, import_paths: Sequence[str]
) -> Tuple[List[Pair], List[UnpairedAsset]]:
    """The pairs, and those of `old`, which lie below `moved_from`, that have no counterpart below one of the import paths."""
    by_path = {placed.path: placed for placed in new}
    pairs: List[Pair] = []
    unpaired: List[UnpairedAsset] = []
    for asset in old:
        below = asset.path[len(moved_from.rstrip("/")) :]
        places = [folder.rstrip("/") + below for folder in import_paths]
        counterparts = [by_path[place] for place in places if place in by_path]
        reason = _NOT_THERE if not counterparts else _SEVERAL if len(counterparts) > 1 else _difference(asset, counterparts[0])
        if reason is None:
            pairs.append(Pair(asset, counterparts[0]))
        else:
            unpaired.append(UnpairedAsset(asset, reason))
    return pairs, unpaired


def _difference(old: values.Asset, new: values.Asset) -> Optional[str]:
    """What speaks against it that both are of the same file."""
    if not new.metadata_read:
        return UNREAD
    if (old.name, old.kind) != (new.name, new.kind):
        return _OTHER % "name"
    if old.size != new.size:
        return _OTHER % "size"
    if old.modified is None or new.modified is None or abs(old.modified - new.modified) > _SAME_TIME:
        return _OTHER % "time"
    return None
