# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an export is there as a whole, and what of it goes up while it is not. Private to the collection.

A picture of a Google Takeout and the JSON file about it may lie in different parts. Without that file the picture would get a wrong date,
and would be neither a favourite nor archived.
"""

from __future__ import annotations

from collections import Counter
from typing import Callable

from .. import base
from .albums import albums_of
from .export import Export

_WAITS = "Its JSON file may lie in what is missing (%s). With 'unmatched_items: keep' it is uploaded without."
_WAITING = (
    "%d photos and videos without a JSON file were not uploaded, because they would get wrong dates: %s. Run it again with the whole "
    "export, or upload them as they are with 'unmatched_items: keep'."
)


def only(export: Export, wants: Callable[[base.Item], bool]) -> Export:
    """An export with those of its pictures that are wanted."""
    kept = [item for item in export.items if wants(item)]
    if len(kept) == len(export.items):
        return export
    counts = Counter(export.counts)
    counts.subtract(item.facts.rule for item in export.items)
    counts.update(item.facts.rule for item in kept)
    ids = {id(item) for item in kept}
    return export._replace(
        items=kept,
        albums=[album for album in export.albums if album in set(albums_of(kept))],
        counts={rule: number for rule, number in counts.items() if number or rule == "metadata"},
        live=[pair for pair in export.live if ids.issuperset(map(id, pair))],
    )


def hold_back(export: Export, lacking: str, listener: base.Listener) -> Export:
    """An export without the pictures that nothing is known of, which wait for the rest of it. `lacking` says what is not there."""
    waiting = [item for item in export.items if item.facts.sidecar is None]
    if not waiting:
        return export
    for item in waiting:
        listener.skipped(item.path, "waiting", _WAITS % lacking)
    listener.warn(_WAITING % (len(waiting), lacking))
    return only(export, lambda item: item.facts.sidecar is not None)
