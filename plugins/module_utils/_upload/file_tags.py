# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get from the names of their folders."""

from __future__ import annotations

import os
from typing import Callable, Dict, Iterable, Iterator, List

from .._metadata import model
from .._sources import base


def folder_tags(item: base.Item, tags_from: str) -> List[str]:
    """The tag of a file's folder: its name, or with `path` all names from the folder or archive that `src` names down to it, with `/`.

    A file directly in there gets the name of that folder or archive. None where a name cannot be a tag.
    """
    folder = item.inner.rpartition("/")[0]
    parts = [_as_text(part) for part in folder.split("/")] if folder else [_as_text(_name_of_place(item))]
    wanted = [part for part in (parts if tags_from == "path" else parts[-1:]) if part]
    return ["/".join(wanted)] if wanted and all(map(model.is_text, wanted)) else []


def share_tags(batches: Iterable[base.Batch], tags_from: str, sha1_of: Callable[[base.Item], bytes]) -> Iterator[base.Batch]:
    """The same files, after all were found: equal ones in several folders get the tags of all of these, so that the one that goes up has
    them with it. Another one could be tagged only after Immich has read what went up.

    Only files of one size whose tags differ are read for that. `sha1_of` gives nothing for one that cannot be read.
    """
    found = list(batches)
    by_size: Dict[int, List[base.Item]] = {}
    for batch in found:
        for item in batch:
            by_size.setdefault(item.size, []).append(item)
    for alike in by_size.values():
        if len(alike) > 1 and len({tuple(folder_tags(item, tags_from)) for item in alike}) > 1:
            _share_tags(alike, tags_from, sha1_of)
    yield from found


def _share_tags(alike: List[base.Item], tags_from: str, sha1_of: Callable[[base.Item], bytes]) -> None:
    equal: Dict[bytes, List[base.Item]] = {}
    for item in alike:
        item.sha1 = item.sha1 or sha1_of(item)
        equal.setdefault(item.sha1, []).append(item)
    for sha1, items in equal.items():
        if sha1 and len(items) > 1:
            shared = tuple(dict.fromkeys(tag for item in items for tag in folder_tags(item, tags_from)))
            for item in items:
                item.shared_tags = shared


def _as_text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace").strip()


def _name_of_place(item: base.Item) -> str:
    outer = item.path[: len(item.path) - len(item.inner)].rstrip("/ ")
    if not outer.endswith(":"):
        return os.path.basename(outer)
    stem, extension = os.path.splitext(os.path.basename(outer[:-1]))
    return os.path.splitext(stem)[0] if extension.lower() == ".gz" else stem
