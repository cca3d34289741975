# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the manifest beside a fetched backup says of its proof by a restore. The role immich_backup writes it."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import Any, Dict, Mapping, Optional

from .._text import one_line

_STEM = re.compile(r"\.sql(\.gz)?$")
_LARGEST = 16 * 1024 * 1024  # bytes
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MOST = 50  # kinds of objects, and differences

Proof = Dict[str, Any]


def read_proof(path: str, checksum: Optional[str], size: int) -> Optional[Proof]:
    """`{proven, time, seconds, counts, differences, error}` of the backup at `path`; None without a proof, or a manifest of this file.

    :param checksum: the file's SHA-256 in hex, None where it was not read: then only its `size` in bytes has to agree.
    """
    manifest = _read(_STEM.sub("", path) + ".json")
    dump, found = manifest.get("dump"), manifest.get("proof")
    if not isinstance(dump, dict) or not isinstance(found, dict):
        return None
    if dump.get("sha256") != checksum if checksum is not None else dump.get("size") != size:
        return None
    return _proof(found)


def _read(path: str) -> Mapping[str, Any]:
    """An empty one where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return {}
            found = json.loads(stream.read(_LARGEST).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _proof(found: Mapping[str, Any]) -> Optional[Proof]:
    """Only what is as the role writes it. None without a moment: nobody could tell how old it is."""
    moment, seconds, counts, differences = (found.get(name) for name in ("time", "seconds", "counts", "differences"))
    if not isinstance(moment, str) or not _MOMENT.fullmatch(moment):
        return None
    named = counts.items() if isinstance(counts, dict) else ()
    return {
        "proven": found.get("proven") is True,
        "time": moment,
        "seconds": float(seconds) if seconds is not None and _is_number(seconds) else None,
        "counts": {str(name): number for name, number in list(named)[:_MOST] if _is_number(number)},
        "differences": [one_line(str(one)) for one in differences[:_MOST]] if isinstance(differences, list) else [],
        "error": one_line(str(found["error"])) if found.get("error") else None,
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15
