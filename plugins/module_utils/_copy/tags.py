# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source's tags on assets that the target had before. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from .._client import values
from .._sources import packed
from .._sources.server.library import Pages
from .._sources.text import shown
from .._upload.metadata.sidecar import one_line, people_tags
from .counterparts import Counterpart, Members, Work

# Assets in one call: Immich rewrites the metadata of each asset that gets a tag, one after the other.
_AT_ONCE = 50


class _Wanted(NamedTuple):
    """A tag, and the assets of the source that have it or one below it."""

    value: str
    assets: Pages


class Tags:
    """Gives them, or with `predicting` only finds out what it would do.

    What a run brings has its tags from the start, in its sidecar: `fresh` has the keys of such assets. Others are looked at one by one
    where a list says that they lack a tag. An asset whose metadata Immich has yet to read is left for a later run, as it would lose either
    these tags or its own (observed on 1.135 to 3.1).
    """

    def __init__(self, work: Work, *, people: bool) -> None:
        self._work = work
        self._people = people
        self._ids: Dict[str, str] = {}
        self._added: Dict[str, int] = {}
        self._created: Set[str] = set()
        self._handled = packed.Packed(packed.ID_SIZE)
        self._unread = 0
        self.fresh = packed.Packed(packed.ID_SIZE)

    def look_up(self) -> None:
        """To be called before anything is sent: Immich makes the tags that it finds in sidecars."""
        self._ids = self._work.target.tags.all()

    def copy(self) -> None:
        """Does it."""
        for tag in self._wanted():
            value = one_line(tag.value)
            tag_id = self._ids.get(value)
            members = Members(self._work.target.assets.ids_where(tag_id=tag_id) if tag_id else ())
            for page in tag.assets:
                lacking = members.lacking(self._work.counterparts(page))
                brought = [one for one in lacking if one.new or one.key in self.fresh]
                if brought:
                    self._note(value, len(brought))
                self._give([one for one in lacking if not (one.new or one.key in self.fresh or one.key in self._handled)])
        if self._unread:
            self._work.tally.warn(
                "%d files that were already on the target were not tagged, because Immich has not read their metadata yet or does not show "
                "them. Run the copy again later to tag them." % self._unread
            )

    def results(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return [
            {"name": value, "id": self._ids.get(value), "created": value in self._created, "added": added}
            for value, added in sorted(self._added.items())
        ]

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return ["tag %s: %d added%s" % (shown(one["name"]), one["added"], " (new)" if one["created"] else "") for one in self.results()]

    def _wanted(self) -> Iterator[_Wanted]:
        source = self._work.source
        for value, tag_id in sorted(source.tags().items()):
            yield _Wanted(value, source.tagged(tag_id))
        if self._people:
            for name, ids in sorted(source.people().items()):
                for value in people_tags([name]):
                    for person_id in ids:
                        yield _Wanted(value, source.showing(person_id))

    def _note(self, value: str, count: int) -> None:
        if value not in self._ids:
            self._created.add(value)
        self._added[value] = self._added.get(value, 0) + count

    def _give(self, lacking: Sequence[Counterpart]) -> None:
        groups: Dict[Tuple[str, ...], List[str]] = {}
        for one in lacking:
            self._handled.add(one.key)
            self._work.moved()
            missing = self._missing(one)
            if missing:
                groups.setdefault(missing, []).append(one.id)
        for wanted, ids in groups.items():
            for value in wanted:
                self._note(value, len(ids))
            if self._work.predicting:
                continue
            self._ids.update(self._work.target.tags.ensure(wanted))
            for start in range(0, len(ids), _AT_ONCE):
                self._work.target.tags.add([self._ids[value] for value in wanted], ids[start : start + _AT_ONCE])
                self._work.moved()

    def _missing(self, one: Counterpart) -> Tuple[str, ...]:
        there = self._work.target.assets.look_at(one.id)
        if there is None or not there.metadata_read:
            self._unread += 1
            return ()
        asset = self._work.source.one(one.asset.id)
        return () if asset is None else tuple(value for value in self._values(asset) if value not in there.tags)

    def _values(self, asset: values.Asset) -> List[str]:
        tags = [one_line(value) for value in asset.tags or ()]
        return list(dict.fromkeys([*tags, *(people_tags(asset.people) if self._people else ())]))
