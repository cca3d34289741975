# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Leaves out what was not taken within a time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterator, Mapping

from ..._client import errors
from ..._sources import base
from ..._text import extension_of
from ..item_tally import ItemTally
from ..metadata.taken import choose_date, named_time, own_time
from ..options import Options

_BILLION = 1_000_000_000


class TakenBetween(base.Source):
    """What another source yields, without what was taken before `taken_after` or after `taken_before`. Files are looked into."""

    def __init__(self, source: base.Source, options: Options, kinds: Mapping[str, str], tally: ItemTally) -> None:
        self._source = source
        self._options = options
        self._kinds = kinds
        self._tally = tally

    def batches(self) -> Iterator[base.Batch]:
        for batch in self._source.batches():
            wanted = [item for item in batch if self._is_wanted(item)]
            if wanted:
                yield wanted

    def finish(self) -> None:
        self._source.finish()

    def _is_wanted(self, item: base.Item) -> bool:
        try:
            taken = self._taken(item)
        except errors.LocalFailure as exc:
            if exc.fatal:
                raise
            self._tally.unreadable(item.path, exc, size=item.size)
            return False
        after, before = self._options.taken_after, self._options.taken_before
        if (after is None or taken >= after) and (before is None or taken <= before):
            return True
        option = "taken_after" if after is not None and taken < after else "taken_before"
        self._tally.skipped(item.path, "date", "It was taken %s, which %s leaves out." % (_date_of(taken), option))
        return False

    def _taken(self, item: base.Item) -> float:
        """In seconds since 1970. A live photo is taken when its still was, so that it is not torn."""
        pair = item.live
        if pair is not None and pair.video is item and pair.still is not None and pair.is_one:
            item = pair.still
        said = item.facts.metadata.taken
        if said is not None:
            return said.seconds
        own = own_time(item, video=self._kinds.get(extension_of(item.inner)) == "video")
        named = named_time(item) if self._options.date_from_name else None
        return choose_date(item.facts, own, named, item.mtime_ns).created_ns / _BILLION


def _date_of(taken: float) -> str:
    try:
        return "on %s" % datetime.fromtimestamp(taken, timezone.utc).date()
    except (ValueError, OverflowError, OSError):  # an export can say anything
        return "at an invalid date"
