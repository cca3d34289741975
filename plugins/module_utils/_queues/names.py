# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of background queues: the chain that an upload sets off, the groups, and what must be left alone.

The server says which queues there are; nothing here is taken for that.
"""

from __future__ import annotations

import difflib
from typing import Collection, FrozenSet, List, Sequence

from .._client import errors

# What an upload sets off, in the order in which jobs go from one queue to the next. `ocr` came with Immich 2.2.
CHAIN = (
    "metadataExtraction",
    "storageTemplateMigration",
    "thumbnailGeneration",
    "smartSearch",
    "faceDetection",
    "ocr",
    "videoConversion",
    "duplicateDetection",
    "facialRecognition",
)

PREVIEW_CHAIN = CHAIN[:3]
"""Those of the chain that a new photo goes through until it has its preview."""

# Deletion of files and the trash depend on it. `PUT /queues` refuses to pause it; `PUT /jobs` does so and breaks the server.
NEVER_PAUSED = "backgroundTask"

# What a server or its administrator relies on: touched only when it is named.
PROTECTED: FrozenSet[str] = frozenset(
    (
        NEVER_PAUSED,
        "notifications",
        "backupDatabase",
        "search",
        "workflow",
        "integrityCheck",
        "sidecar",
        "library",
        "migration",
        "editor",
    )
)

# Those that get their jobs one by one from elsewhere: to start one, Immich 1.135 to 3.1 answers 400, "Invalid job name".
NEVER_STARTED: FrozenSet[str] = frozenset((NEVER_PAUSED, "notifications", "search", "workflow", "integrityCheck", "editor"))

UPLOAD, ALL, MAINTENANCE = "upload", "all", "maintenance"
GROUPS = (UPLOAD, ALL, MAINTENANCE)
_GROUPS_IN_WORDS = "upload, all and maintenance"


def check(wanted: Sequence[str], available: Sequence[str], option: str = "queues") -> None:
    """Raises `InvalidRequest` when `wanted` is empty or has a name that is neither a group nor among those that the server has.

    The message names the nearest right one, and all of them only where a name is near to none. `option` is what the user has to change.
    """
    if not wanted:
        raise errors.InvalidRequest("O(%s) is empty. Name queues, or one of the groups %s." % (option, _GROUPS_IN_WORDS), options=(option,))
    unknown = [name for name in wanted if name not in available and name not in GROUPS]
    if unknown:
        nearest = {name: _nearest(name, [*available, *GROUPS]) for name in unknown}
        named = ", ".join("%s (did you mean %s?)" % (name, near) if near else name for name, near in nearest.items())
        choice = "the server has %s, and the groups are %s" % (", ".join(sorted(available)), _GROUPS_IN_WORDS)
        raise errors.InvalidRequest(
            "The server has no queue named %s. Correct O(%s)%s." % (named, option, "" if all(nearest.values()) else ": " + choice),
            details={"unknown": unknown, "available": sorted(available)},
            options=(option,),
        )


def _nearest(name: str, known: Sequence[str]) -> str:
    """The one of `known` that was meant, "" where none is near."""
    lowered = {right.lower(): right for right in known}
    nearest = difflib.get_close_matches(name.lower(), lowered, 1)
    return lowered[nearest[0]] if nearest else ""


def resolve(wanted: Sequence[str], available: Sequence[str], option: str = "queues") -> List[str]:
    """The queues that names and groups stand for, each once, those of the upload chain first and in its order.

    `available` is what the server has. A group tolerates members that the server lacks; a name does not: see `check`.
    """
    check(wanted, available, option)
    chosen = {name for name in available if name in wanted or (ALL in wanted and name not in PROTECTED)}
    if UPLOAD in wanted:
        chosen.update(name for name in CHAIN if name in available)
    if MAINTENANCE in wanted:
        chosen.update(name for name in available if name != NEVER_PAUSED)
    return in_chain_order(chosen, available)


def in_chain_order(names: Collection[str], available: Sequence[str] = ()) -> List[str]:
    """`names` with those of the upload chain first and in its order, then the others in the order of `available`."""
    first = [name for name in CHAIN if name in names]
    others = [name for name in (available or sorted(names)) if name in names and name not in CHAIN]
    return first + others


def refuse_to_pause(names: Sequence[str]) -> None:
    """Raises `InvalidRequest` when one of the queues must never be paused."""
    if NEVER_PAUSED in names:
        raise errors.InvalidRequest(
            "backgroundTask must never be paused: deleting files and emptying the trash depend on it. Leave it out of O(queues).",
            details={"queues": [NEVER_PAUSED]},
            options=("queues",),
        )


def refuse_to_empty(wanted: Sequence[str], names: Sequence[str]) -> None:
    """Raises `InvalidRequest` when a queue of the upload chain would be emptied that was not named itself.

    Only jobs that came from the stage before go on to the next stage: assets whose jobs are thrown away stay without
    thumbnail, search and faces until an administrator starts each stage again.
    """
    swept_in = [name for name in names if name in CHAIN and name not in wanted]
    if swept_in:
        raise errors.InvalidRequest(
            "Emptying %s would leave the assets that wait there unprocessed: the later queues never receive them. If you want that, "
            "name each of these queues in O(queues) instead of a group." % ", ".join(swept_in),
            details={"queues": swept_in},
            options=("queues",),
        )
