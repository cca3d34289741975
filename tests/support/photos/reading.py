# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader makes of an export in memory, and the sum that every reader owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from support.collection import BY_NAME, Export, ExportOptions, Item
from support.photos.items import MemoryItem, RecordingListener

PART = "/exports/1.zip: "

Read = tuple[Export, RecordingListener, dict[str, MemoryItem]]
"""The export; what its reader reported; each file by its path in the export."""


def read_export(layout: str, kinds: Mapping[str, str], files: Mapping[str, bytes | str] | Sequence[MemoryItem], **options: Any) -> Read:
    """Reads files (path → content, or items) with the layout's reader, and asserts that each is counted once."""
    if isinstance(files, Mapping):
        items = [MemoryItem(path, text.encode() if isinstance(text, str) else text) for path, text in sorted(files.items())]
    else:
        items = list(files)
    listener = RecordingListener()
    export = BY_NAME[layout].read(items, kinds, ExportOptions(**options), listener)
    check_sum(items, export, listener)
    return export, listener, {item.inner: item for item in items}


def check_sum(given: Sequence[Item], export: Export, listener: RecordingListener) -> None:
    """Each file of the export must be in exactly one of its counts."""
    assert len(given) == len(export.items) + len(listener.left_out) + len(listener.failed) + export.counts["metadata"]
    assert sum(number for rule, number in export.counts.items() if rule != "metadata") == len(export.items)
    reported = {id(item) for item in export.items}
    assert len(reported) == len(export.items)
    assert {one.path for one in listener.left_out}.isdisjoint(item.path for item in export.items)


def album_names(item: Item) -> list[str]:
    """The names of a file's albums, in the order in which they were read."""
    return [album.name for album in item.facts.albums]


def skips(listener: RecordingListener) -> list[tuple[str, str]]:
    """The path of each file that was left out, and what it is."""
    return [(one.path.removeprefix(PART), one.kind) for one in listener.left_out]


def failures(listener: RecordingListener) -> list[tuple[str, str]]:
    """The path of each file that failed, and the message."""
    return [(path.removeprefix(PART), msg) for path, msg in listener.failed]
