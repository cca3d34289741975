# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reader of an export is asked for, and what it returns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Callable, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from ..._options import option
from .. import base, facts

SKIP, UPLOAD, WAIT, CREATE = "skip", "upload", "wait", "create"
_SKIP_OR_UPLOAD = (SKIP, UPLOAD)


@dataclass(frozen=True)
class ExportOptions:
    """The module's options of the same names, documented there."""

    untitled_albums: str = option(SKIP, choices=(SKIP, CREATE))
    export_trash: str = option(SKIP, choices=_SKIP_OR_UPLOAD)
    export_archived: str = option(UPLOAD, choices=_SKIP_OR_UPLOAD)
    export_partner: str = option(UPLOAD, choices=_SKIP_OR_UPLOAD)
    export_locked: str = option(SKIP, choices=_SKIP_OR_UPLOAD)
    export_unmatched: str = option(WAIT, choices=(SKIP, UPLOAD, WAIT))


class Export(NamedTuple):
    """An export that was read: the name of its `layout`, and the `items` that go up, each with its facts.

    `counts` says how many files each rule placed (see `Facts`), and under `metadata` how many were read for what they say. `unused` has the
    path of each metadata file that belongs to no picture, and a sentence why. What was left out was reported to the listener. `live` has
    the stills and videos that are known to belong together though their names need not be alike.
    """

    layout: str
    items: List[base.Item]
    albums: List[facts.ExportAlbum]
    counts: Mapping[str, int]
    unused: List[Tuple[str, str]]
    live: Sequence[Tuple[base.Item, base.Item]] = ()

    def filtered(self, wants: Callable[[base.Item], bool]) -> Export:
        """The same export with those of its items that are wanted."""
        kept = [item for item in self.items if wants(item)]
        if len(kept) == len(self.items):
            return self
        counts = Counter(self.counts)
        counts.subtract(item.facts.rule for item in self.items)
        counts.update(item.facts.rule for item in kept)
        ids = {id(item) for item in kept}
        return self._replace(
            items=kept,
            albums=albums_of(kept),
            counts={rule: number for rule, number in counts.items() if number or rule == "metadata"},
            live=[pair for pair in self.live if ids.issuperset(map(id, pair))],
        )


def albums_of(items: Iterable[base.Item]) -> List[facts.ExportAlbum]:
    """The albums that have items, in the order in which they come up."""
    return list(dict.fromkeys(album for item in items for album in item.facts.albums))
