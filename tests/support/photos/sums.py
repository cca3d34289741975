# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sum that every reader of an export owes."""

from __future__ import annotations

from collections.abc import Sequence

from support.collection import Export, Item
from support.photos.items import RecordingListener


def check_sum(given: Sequence[Item], export: Export, listener: RecordingListener) -> None:
    """Each file of the export must be in exactly one of its counts."""
    assert len(given) == len(export.items) + len(listener.left_out) + len(listener.failed) + export.counts["metadata"]
    assert sum(number for rule, number in export.counts.items() if rule != "metadata") == len(export.items)
    reported = {id(item) for item in export.items}
    assert len(reported) == len(export.items)
    assert {one.path for one in listener.left_out}.isdisjoint(item.path for item in export.items)
