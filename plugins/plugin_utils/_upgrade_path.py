# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Immich demands of the way from one version to another. A new demand is a row in one of the two tables."""

from __future__ import annotations

import re
from typing import Any, Collection, NamedTuple, Optional, Sequence, Tuple

Version = Tuple[int, int, int]

_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})")


class Stop(NamedTuple):
    """Who comes from before `first` and goes to `beyond` or later has to start one of `first` to `last` in between; `best` is advised."""

    beyond: Version
    first: Version
    last: Version
    best: Version
    source: str


STOPS = [
    Stop((1, 137, 0), (1, 132, 0), (1, 136, 0), (1, 132, 3), "https://docs.immich.app/errors#typeorm-upgrade"),
]


class Breaking(NamedTuple):
    """A version with changes that somebody has to deal with before. `without` names an extension of the database that it refuses."""

    version: Version
    what: str
    source: str
    without: Optional[Tuple[str, str]] = None


BREAKING = [
    Breaking(
        (3, 0, 0),
        "support for pgvecto.rs, http for OAuth by default, and some environment variables are gone; recognition needs an x86-64-v2 CPU",
        "https://immich.app/blog/v3-migration",
        ("vectors", "pgvecto.rs"),
    ),
]

NO_WAY_BACK = "https://docs.immich.app/install/upgrading"


def find_problems(current: str, wanted: str, extensions: Collection[str], acknowledged: Sequence[str]) -> dict[str, Any]:
    """`problems`: why the upgrade must not begin; `notes`: what to know of it. Both in sentences."""
    old, new = _parsed(current), _parsed(wanted)
    if new is None or old is None:
        return {"problems": [f"{wanted if new is None else current} is not a version such as 3.1.0."], "notes": []}
    if new < old:
        refusal = f"The server runs {current}, which is later than {wanted}. Immich cannot go back to an older version ({NO_WAY_BACK})."
        return {"problems": [f"{refusal} Restore a backup that {wanted} has made to an empty server instead."], "notes": []}
    crossed = [change for change in BREAKING if old < change.version <= new]
    problems = [_stop(stop, wanted) for stop in STOPS if old < stop.first and new >= stop.beyond]
    problems += [_refusal(change) for change in crossed if change.without and change.without[0] in extensions]
    read = {_parsed(str(version)) for version in acknowledged}
    problems += [_unread(change) for change in crossed if change.version not in read]
    return {"problems": problems, "notes": [f"Breaking changes of {_text(change.version)}: {change.source}." for change in crossed]}


def _stop(stop: Stop, wanted: str) -> str:
    return f"{wanted} cannot be reached at once. Upgrade to {_text(stop.best)} first and let it start ({stop.source})."


def _refusal(breaking: Breaking) -> str:
    name = breaking.without[1] if breaking.without else ""
    return (
        f"The database uses {name}, which Immich {_text(breaking.version)} and later refuse. Move to VectorChord first ({breaking.source})."
    )


def _unread(breaking: Breaking) -> str:
    version = _text(breaking.version)
    return (
        f"Immich {version} has breaking changes: {breaking.what} ({breaking.source}). When you have dealt with them, add {version} to "
        "immich_upgrade_acknowledge."
    )


def _parsed(version: str) -> Version | None:
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _text(version: Version) -> str:
    return ".".join(map(str, version))
