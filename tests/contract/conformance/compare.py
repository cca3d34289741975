# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where two records of the scenario differ, in what a client acts on."""

from __future__ import annotations

import json
import re
from typing import Any

Exchange = dict[str, Any]

#: What a client acts on: compared by value. Other values of a good answer compare by type, null standing for any type.
TELLING = frozenset(
    [
        "res",
        "major",
        "minor",
        "patch",
        "status",
        "message",
        "error",
        "errors",
        "code",
        "path",
        "statusCode",
        "action",
        "reason",
        "assetId",
        "isTrashed",
        "success",
        "isPaused",
        "isActive",
        "active",
        "completed",
        "failed",
        "delayed",
        "waiting",
        "paused",
        "permissions",
        "count",
        "total",
        "nextPage",
        "albumName",
        "assetCount",
        "name",
        "value",
        "originalFileName",
        "isFavorite",
        "visibility",
        "isAdmin",
        "checksum",
        "fileCreatedAt",
        "type",
        "hasMetadata",
        "quotaSizeInBytes",
        "maintenanceMode",
        "entries",
        "endpoint",
        "image",
        "video",
        "sidecar",
    ]
)
ID = re.compile(r"<id:\d+>")


def answer_differences(real: Exchange, mine: Exchange | None) -> list[str]:
    """The differences between the answer of one step and the real server's, a message each."""
    if mine is None:
        return ["not sent"]
    wanted, given = real["response"], mine["response"]
    found = [f"{key}: {given[key]}, real {wanted[key]}" for key in ("status", "type") if wanted[key] != given[key]]
    if not found and "body" in wanted:
        found = differences(wanted["body"], given.get("body"), exact=wanted["status"] >= 400)
    if not found and real.get("stored_name") != mine.get("stored_name"):
        found = [f"stored as {mine.get('stored_name')!r}, real {real.get('stored_name')!r}"]
    if not found and wanted.get("bytes") != given.get("bytes"):
        found = [f"bytes: {given.get('bytes')}, real {wanted.get('bytes')}"]
    return found


def differences(real: Any, mine: Any, *, exact: bool, path: str = "body", telling: bool = False) -> list[str]:
    """The differences between two normalised bodies, a message each. Lists compare without order."""
    key = path.rsplit(".", 1)[-1].split("[")[0]
    telling = telling or key in TELLING
    if key == "exifInfo" and real is not None:
        return [] if isinstance(mine, dict) else [f"{path}: {mine!r}, real an object"]
    if isinstance(real, dict) and isinstance(mine, dict):
        found = [f"{path}.{name}: missing" for name in real if name not in mine]
        found += [f"{path}.{name}: not in the real answer" for name in mine if name not in real]
        for name in real.keys() & mine.keys():
            found += differences(real[name], mine[name], exact=exact, path=f"{path}.{name}", telling=telling)
        return found
    if isinstance(real, list) and isinstance(mine, list):
        if len(real) != len(mine):
            return [f"{path}: {len(mine)} entries, real {len(real)}"]
        pairs = zip(sorted(real, key=as_text), sorted(mine, key=as_text), strict=True)
        return [
            line
            for number, (one, other) in enumerate(pairs)
            for line in differences(one, other, exact=exact, path=f"{path}[{number}]", telling=telling)
        ]
    return [] if same(real, mine, exact=exact or telling) else [f"{path}: {mine!r}, real {real!r}"]


def same(real: Any, mine: Any, *, exact: bool) -> bool:
    """Whether two plain values are the same, or only of the same type where that is enough."""
    if exact:
        return type(real) is type(mine) and without_number(real) == without_number(mine)
    return real is None or mine is None or type(real) is type(mine) or {type(real), type(mine)} <= {int, float}


def without_number(value: Any) -> Any:
    """A value in which all ids are alike."""
    return ID.sub("<id>", value) if isinstance(value, str) else value


def as_text(value: Any) -> str:
    """By what a list's entries are sorted."""
    return ID.sub("<id>", json.dumps(value, sort_keys=True))
