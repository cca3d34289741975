# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parts of an export are not there, as far as the names of the others tell. Private to the collection.

A photo whose JSON file lies in the same part leaves no other trace if that part is missing.
"""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, NamedTuple, Optional, Set, Tuple

# `takeout-20220304T050607Z-003`, and since 2025 `takeout-20251204T050607Z-3-003`. Whether each of the numbers in between has a first part
# is not known, so that a part counts with whichever of them.
_GOOGLE = re.compile(r"(takeout-[0-9]{8}T[0-9]{6}Z)(?:-[0-9]{1,3})?-([0-9]{3,4})(?![0-9])", re.IGNORECASE)

# `iCloud Photos Part 1 of 6`, `iCloud-bilder Del 1 av 6`: the words, and which number comes first, depend on the language.
_APPLE = re.compile(r"([^0-9]*)([0-9]{1,3})([^0-9]+)([0-9]{1,3})([^0-9.]*)(?:\.[a-z]+)?", re.IGNORECASE)
_COPY = re.compile(r" ?\([0-9]{1,3}\)(?=\Z|\.)")  # what browsers add to the name of a second download

_MOST = 20
_MISSING = (
    "src has %s, but lacks other parts of this export: %s. Unless they were unpacked into folders of other names, photos are missing."
)


class _Part(NamedTuple):
    """A part, by its name. `total` is how many there are, 0 if that is not known."""

    export: str
    number: int
    total: int


def missing_parts(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each export that lacks parts, given the names of archives and folders.

    Google does not say how many parts there are, so that the last ones may be missing unnoticed.
    """
    there: Dict[Tuple[str, int], Set[int]] = {}
    first: Dict[Tuple[str, int], str] = {}
    for name in sorted(names):
        part = _part_of(name)
        if part is not None:
            there.setdefault((part.export, part.total), set()).add(part.number)
            first.setdefault((part.export, part.total), name)
    for (export, total), numbers in there.items():
        missing = [str(number) for number in range(1, (total or max(numbers)) + 1) if number not in numbers]
        if missing:
            more = ["and %d more" % (len(missing) - _MOST)] if len(missing) > _MOST else []
            yield _MISSING % (first[export, total], ", ".join(missing[:_MOST] + more))


def _part_of(name: str) -> Optional[_Part]:
    google = _GOOGLE.match(name)
    if google:
        return _Part(google.group(1).lower(), int(google.group(2)), 0)
    apple = _APPLE.fullmatch(_COPY.sub("", name)) if "icloud" in name.lower() else None
    if apple:
        before, one, between, other, behind = apple.groups()
        number, total = sorted((int(one), int(other)))
        return _Part("%s#%s#%s" % (before, between, behind), number, total)
    return None
