# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to call the module's `skip_reasons`, which are extensions, or say why a file was left out."""

from __future__ import annotations

from typing import List, Mapping, Tuple

from . import numbers

# One and several.
_KINDS = {
    "": ("without an extension", "without an extension"),
    "album": ("in none of the albums", "in none of the albums"),
    "archived": ("archived", "archived"),
    "date": ("taken at another time", "taken at other times"),
    "duplicate": ("repeated in another part", "repeated in other parts"),
    "embedded": ("video of a motion photo", "videos of motion photos"),
    "empty file": ("empty file", "empty files"),
    "external library": ("in an external library", "in external libraries"),
    "heic_jpeg": ("other half of a HEIC and JPEG pair", "other halves of HEIC and JPEG pairs"),
    "hidden": ("hidden", "hidden"),
    "link": ("link", "links"),
    "locked": ("in the locked folder", "in the locked folder"),
    "memory": ("list of a memory", "lists of memories"),
    "missing original": ("without its original", "without their originals"),
    "original": ("original of an edited picture", "originals of edited pictures"),
    "other": ("of another type", "of other types"),
    "other product": ("from another Google product", "from other Google products"),
    "partner": ("from a partner", "from a partner"),
    "raw_jpeg": ("other half of a RAW and JPEG pair", "other halves of RAW and JPEG pairs"),
    "sidecar": ("metadata file without a picture", "metadata files without a picture"),
    "special file": ("special file", "special files"),
    "trashed": ("in the trash", "in the trash"),
    "unmatched": ("without metadata", "without metadata"),
    "waiting": ("waiting for its JSON file", "waiting for their JSON files"),
}


def kinds(skipped: Mapping[str, int]) -> List[Tuple[str, int]]:
    """What to call what was skipped, and how many files; the most frequent first."""
    ordered = sorted(skipped, key=lambda kind: (-skipped[kind], kind))
    return [(_KINDS[kind][skipped[kind] != 1] if kind in _KINDS else kind, skipped[kind]) for kind in ordered]


def list_kinds(skipped: Mapping[str, int], most: int = 3) -> str:
    """All kinds if they are four at most, otherwise the first three: "9 .html, 3 in the trash, 2 links, 4 others". A single kind has no
    number."""
    named = kinds(skipped)
    if len(named) == 1:
        return named[0][0]
    shown = named if len(named) <= most + 1 else named[:most]
    others = sum(number for dummy, number in named[len(shown) :])
    return ", ".join([f"{numbers.count(number)} {kind}" for kind, number in shown] + [f"{numbers.count(others)} others"] * bool(others))
