# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a file of an export lies, and which files lie beside it. Private to the collection."""

from __future__ import annotations

import functools
import os
import unicodedata
from typing import Dict, Iterable, List, Mapping, NamedTuple, Tuple

from ..._text import extension_of, fold
from .. import base

# The stills that phones take together with a video, best first.
_LIVE = {".heic": 0, ".heif": 1, ".jpg": 2, ".jpeg": 3}


class Place(NamedTuple):
    """A folder in one part of an export. `part` is what the paths of its files begin with, `folder` ends in a slash or is empty."""

    part: str
    folder: str

    @property
    def title(self) -> str:
        """The folder's own name."""
        return self.folder[:-1].rpartition("/")[2]

    @property
    def parent(self) -> Place:
        """The folder around it."""
        return Place(self.part, self.folder[: self.folder[:-1].rfind("/") + 1])


def place_of(item: base.Item) -> Place:
    """The folder that a file lies in."""
    inner, path = item.inner, item.path
    part = path[: len(path) - len(inner)] if path.endswith(inner) else ""
    return _place(part, inner[: inner.rfind("/") + 1])


@functools.lru_cache(maxsize=1024)  # the files of a folder share one
def _place(part: str, folder: str) -> Place:
    return Place(part, folder)


def folder_parts(item: base.Item) -> Tuple[str, ...]:
    """The names of the folders that lead to a file: inside the part of the export if there are two, else with those around it."""
    inner = item.inner.split("/")[:-1]
    if len(inner) < 2 and item.path.endswith("/" + item.inner):  # not the member of an archive
        inner = item.path.split("/")[:-1]
    return tuple(unicodedata.normalize("NFC", part) for part in inner if part)


def shared_folder(item: base.Item) -> Tuple[str, ...]:
    """The last two names: what files of one folder have in common, whichever parts they are in and wherever these were unpacked.

    A Takeout has no two folders with the same.
    """
    return folder_parts(item)[-2:]


def name_of(item: base.Item) -> str:
    """The name that a file has in the export."""
    return item.inner.rpartition("/")[2]


def stem_of(item: base.Item) -> str:
    """The file's name without its extension, to compare with others."""
    return fold(os.path.splitext(name_of(item))[0])


def by_place_and_key(items: Iterable[base.Item]) -> Dict[Tuple[Place, str], List[base.Item]]:
    """The files of each name in each folder: several only where names differ in case, or an archive has one twice."""
    found: Dict[Tuple[Place, str], List[base.Item]] = {}
    for item in items:
        found.setdefault((place_of(item), fold(name_of(item))), []).append(item)
    return found


def inherit_live(items: Iterable[base.Item], kinds: Mapping[str, str]) -> List[Tuple[base.Item, base.Item]]:
    """Gives a video that nothing is known of what is known of the still with its name in its folder (rule `live`).

    Returns each such video with its still.
    """
    stills: Dict[Tuple[Place, str], base.Item] = {}
    videos = []
    for item in items:
        extension, rule = extension_of(item.inner), item.facts.rule
        if extension in _LIVE and rule not in ("none", "ambiguous"):
            key = place_of(item), stem_of(item)
            if key not in stills or _LIVE[extension] < _LIVE[extension_of(stills[key].inner)]:
                stills[key] = item
        elif kinds.get(extension) == "video" and rule == "none":
            videos.append(item)
    pairs = [(video, stills[key]) for video, key in ((one, (place_of(one), stem_of(one))) for one in videos) if key in stills]
    for video, still in pairs:
        video.facts = still.facts._replace(rule="live")
    return pairs
