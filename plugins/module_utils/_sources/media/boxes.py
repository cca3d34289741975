# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The boxes of MP4, QuickTime, HEIF and CR3 files (ISO/IEC 14496-12). Private to the collection.

No library for them is in all of the distributions that the collection is for, reads from a stream, and gives out what is needed
here: mutagen knows the tags of iTunes only, hachoir does not give out Apple's content identifier, pymediainfo needs a native library.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple

from . import glimpse

_MOST = 1000  # boxes beside each other; real files have a few dozen
_LARGEST = 1024 * 1024  # of what is read whole


class Box(NamedTuple):
    """A box: its `kind` of four bytes, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


def boxes(file: glimpse.Glimpse, start: int, end: int) -> Iterator[Box]:
    """The boxes one after another between two places. What ends too early, or says that it does, ends them."""
    for _number in range(_MOST):
        head = file.at(start, 16) if start + 8 <= end else b""
        if len(head) < 8:
            return
        size, kind, content = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1 and len(head) == 16:
            size, content = int.from_bytes(head[8:], "big"), start + 16
        after = end if size == 0 else start + size  # 0: up to the end of the file
        if after < content:
            return
        yield Box(kind, content, min(after, end))
        start = after


def find(file: glimpse.Glimpse, outer: Box, *kinds: bytes) -> Iterator[Box]:
    """The boxes of some kinds inside of another one."""
    return (box for box in boxes(file, outer.start, outer.end) if box.kind in kinds)


def content_of(file: glimpse.Glimpse, box: Box) -> bytes:
    """What is in a box, as far as the first MiB."""
    return file.at(box.start, min(box.end - box.start, _LARGEST))
