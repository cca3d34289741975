# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module says about its work so far: a small JSON object in a file, rewritten at most once a second."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Snapshot:
    """How far an upload or an archive is. Sizes in bytes; media files only, sidecars do not count."""

    phase: str
    """`scan`, `pause` (background jobs, before the first file), `upload`, `organise` (albums, tags and stacks) or `done`."""
    scan_done: bool
    """Whether `files_seen` and `bytes_seen` are final."""
    files_seen: int
    bytes_seen: int
    files_done: int
    """Files whose fate is known: uploaded, duplicates, skipped and failed together."""
    bytes_done: int
    """Sizes of the files that are done and the part already sent of those in flight."""
    bytes_hashed: int
    bytes_sent: int
    uploaded: int
    duplicates: int
    skipped: int
    failed: int
    seconds: float
    """Since the module started, by a clock that cannot jump."""
    missing_paths: int = 0
    """What `src` names and is not there. They do not count as files."""
    deleted_local: int = 0
    moved_local: int = 0
    """Local files that were deleted, and that were moved."""
    updated: int = 0
    repaired: int = 0
    removed: int = 0
    """Files of an archive: what is said of them changed, they were missing or damaged, they were moved aside."""
    steps: int = 0
    """What else was done, such as batches that got their albums and tags, and stacks that were made."""
    receives: bool = False
    """Whether the bytes that are sent come from the server."""


_COUNTS = [field for field in fields(Snapshot) if field.type == "int"]
_LARGEST_COUNT = 2**63


def parse(text: str) -> Snapshot | None:
    """The snapshot in the file's text; None while there is none, or when the text is not one."""
    try:
        document: Any = json.loads(text)
        snapshot = Snapshot(
            phase=str(document["phase"]),
            scan_done=bool(document["scan_done"]),
            seconds=float(document["seconds"]),
            receives=document.get("receives") is True,
            **{count.name: _count(_value_of(count, document)) for count in _COUNTS},
        )
    except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError):
        return None
    return snapshot if math.isfinite(snapshot.seconds) else None


def _value_of(count: Field[Any], document: Any) -> Any:
    """Those with a default not every module has."""
    return document[count.name] if count.default is MISSING else document.get(count.name, count.default)


def _count(value: Any) -> int:
    count = int(value)
    if not 0 <= count < _LARGEST_COUNT:
        raise ValueError("not a count")
    return count
