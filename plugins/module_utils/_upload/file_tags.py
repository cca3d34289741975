# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get from the names of their folders."""

from __future__ import annotations

import os
from itertools import chain
from typing import Callable, Dict, Iterable, Iterator, List, Optional

from .._files import base
from .._metadata import model
from .._naming import kinds


def folder_tags(item: base.Item, tags_from: str) -> List[str]:
    """The tag of a file's folder: its name, or with `path` all names from the folder or archive that `src` names down to it, with `/`.

    A file directly in there gets the name of that folder or archive. None where a name cannot be a tag.
    """
    parts = [_as_text(part) for part in item.below.split("/")[:-1]] or [_as_text(_name_of_place(item))]
    wanted = [part for part in (parts if tags_from == "path" else parts[-1:]) if part]
    return ["/".join(wanted)] if wanted and all(map(model.is_text, wanted)) else []


def share_tags(
    batches: Iterable[base.Batch],
    tags_from: str,
    sha1_of: Callable[[base.Item], bytes],
    look_ahead: Callable[[], Optional[Iterator[base.Batch]]],
) -> Iterator[base.Batch]:
    """The same files: equal ones in several folders get the tags of all of these, so that the one that goes up has them with it. Another
    one could be tagged only after Immich has read what went up.

    Only files of one size whose tags differ can be such. They are read for that, once the last of them was found; all others go on at
    once. `sha1_of` gives nothing for one that cannot be read. `look_ahead` is called after the first batch and yields the same files, or
    gives None where a second look costs much: then all are held in memory.
    """
    source = iter(batches)
    first = next(source, None)
    if first is None:
        return
    files: Iterable[base.Batch] = chain((first,), source)
    ahead: Optional[Iterable[base.Batch]] = look_ahead()
    if ahead is None:
        ahead = files = list(files)
    left = _count_alike(ahead, tags_from)
    held: Dict[int, List[base.Item]] = {}
    for batch in files:
        passed = [item for item in batch if item.size not in left]
        if passed:
            yield passed
        for item in batch:
            if item.size in left:
                held.setdefault(item.size, []).append(item)
                left[item.size] -= 1
                if not left[item.size]:
                    del left[item.size]
                    yield _share_tags(held.pop(item.size), tags_from, sha1_of)
    for alike in held.values():  # one of them has gone since the look
        yield _share_tags(alike, tags_from, sha1_of)


def _count_alike(batches: Iterable[base.Batch], tags_from: str) -> Dict[int, int]:
    """How many files there are of each size that has files with different tags. Takes some 100 bytes of memory for each size meanwhile."""
    names: Dict[str, str] = {}  # each once
    tag_of: Dict[int, Optional[str]] = {}  # by size; None where there are others
    count: Dict[int, int] = {}
    for batch in batches:
        for item in batch:
            tag = "".join(folder_tags(item, tags_from))
            tag = names.setdefault(tag, tag)
            if tag_of.setdefault(item.size, tag) is not tag:
                tag_of[item.size] = None
            count[item.size] = count.get(item.size, 0) + 1
    return {size: count[size] for size, tag in tag_of.items() if tag is None}


def _share_tags(alike: base.Batch, tags_from: str, sha1_of: Callable[[base.Item], bytes]) -> base.Batch:
    """The files of one size, of which equal ones have each other's tags now."""
    equal: Dict[bytes, List[base.Item]] = {}
    for item in alike:
        item.sha1 = item.sha1 or sha1_of(item)
        equal.setdefault(item.sha1, []).append(item)
    for sha1, items in equal.items():
        if sha1 and len(items) > 1:
            shared = tuple(dict.fromkeys(tag for item in items for tag in folder_tags(item, tags_from)))
            for item in items:
                item.shared_tags = shared
    return alike


def _as_text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace").strip()


def _name_of_place(item: base.Item) -> str:
    """Of the folder or archive that `src` names."""
    outer = item.path[: len(item.path) - len(item.inner)]
    return kinds.name_of_archive(outer[:-2]) if outer.endswith(": ") else os.path.basename(outer.rstrip("/"))
