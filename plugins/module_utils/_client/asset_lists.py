# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists of assets that are complete, or raise `IncompleteList`.

Up to 2.7, Immich orders assets by when they were taken and by nothing else: of those of one moment, its pages repeat some and lose others
(observed: 2,499 of 2,500 on a quiet 2.7.5, 1,527 while jobs wrote to them). Any version loses some while the times of photos change, as
they do while their metadata is read. So no page is trusted that others follow:

- Pages begin where the one before ended in time. What is all of one moment is asked for in windows of the time at which the server got it,
  which never changes, each so narrow that one answer has all of it.
- In the end the server is asked whether it has exactly as many as were listed. If not, all are listed again in such windows, and must be
  as many as there were before that.

That question is a search for the page of one asset whose number is the count: the page is there, and none follows it. The answer is right
whatever the order is, and needs no other scope. `POST /search/statistics` needs `asset.statistics`, and from 3.0 on leaves out what others
have in an album, which a search finds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Protocol, Set, Tuple, TypeVar

from .. import _ids, _times
from . import checked, errors, values
from .transport import Transport

PAGE = 1000  # the most that a search gives at once

_STEP = 1  # milliseconds: how exactly a search tells and takes times
_NEWEST_FIRST = {"field": "fileCreatedAt", "direction": "desc"}
_MOST_TRIES = 3  # lists in narrow windows: assets may come and go in the meantime
_MOST_EMPTY = 300  # windows in a row without anything new: to a millisecond of all three times and out of it again there are 266 halves
_MOST_BARREN = 3  # pages in a row without anything new: a server that never comes to its end
_MOST_COUNTED = 2**30  # assets


class ListedAsset(Protocol):
    """What is made of an asset."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def owner(self) -> str:
        """The id of its owner."""

    @property
    def taken(self) -> Optional[float]:
        """When it was taken, in seconds since 1970."""


class AssetId(NamedTuple):
    """An asset of which nothing but its id is wanted. `created` is when the server got it, which 1.135 does not tell."""

    id: str
    owner: str
    taken: Optional[float]
    created: Optional[float]


T = TypeVar("T", bound=ListedAsset)
Parse = Callable[[Mapping[str, Any]], T]
"""Makes of an asset in Immich's JSON what is wanted of it."""


class _Time(NamedTuple):
    """A time of assets, by the name that `Search` has for it, and the milliseconds since 1970 between which windows of it end."""

    name: str
    low: int
    high: int


# When the server got an asset never changes. An external library may bring many in one moment: then the others tell them apart.
_TIMES = (_Time("created", 0, 2**42), _Time("taken", -59 * 10**12, 253 * 10**12), _Time("changed", 0, 2**42))


@dataclass(frozen=True)
class _Window:
    """A search that is being narrowed by `time`, whose ends are `low` and `high` (milliseconds since 1970)."""

    search: values.Search
    time: int
    low: int
    high: int

    @classmethod
    def by(cls, time: int, search: values.Search) -> _Window:
        """All that is searched for, to be narrowed by one of `_TIMES`."""
        name, low, high = _TIMES[time]
        after, before = getattr(search, name + "_after"), getattr(search, name + "_before")
        return cls(search, time, _milliseconds_of(after, low), _milliseconds_of(before, high))

    def split_at(self, *moments: int) -> List[_Window]:
        """The windows before, between and after these moments, the earliest first."""
        name, ends = _TIMES[self.time].name, (self.low, *moments, self.high)
        windows = []
        for number, (low, high) in enumerate(zip(ends, ends[1:])):
            limits: Dict[str, Any] = {name + "_after": _iso(low)} if number else {}
            limits.update({name + "_before": _iso(high)} if number < len(moments) else {})
            windows.append(replace(self, search=replace(self.search, **limits), low=low, high=high))
        return windows

    def narrower(self) -> List[_Window]:
        """The earlier and the later half, which both have what is exactly between them. The same by the next time where there is nothing
        between its ends; empty after the last one."""
        if self.high - self.low > _STEP:
            return self.split_at((self.low + self.high) // 2)
        return [_Window.by(self.time + 1, self.search)] if self.time + 1 < len(_TIMES) else []


@dataclass
class _Tally:
    """What one list found: how many assets, and how many of these could not be read."""

    ids: _ids.CompactMap = field(default_factory=lambda: _ids.CompactMap(_ids.ID_SIZE))
    count: int = 0
    unread: int = 0

    def new(self, assets: List[T]) -> List[T]:
        """Those that were not found before, which are counted."""
        new = [asset for asset in assets if self.ids.add(_ids.pack_id(asset.id))]
        self.count += len(new)
        return new


class AssetLists:
    """Lists what searches find. `conditions` says what is looked for as the server's version takes it."""

    def __init__(self, transport: Transport, conditions: Callable[[values.Search], Dict[str, Any]]) -> None:
        self._transport = transport
        self._conditions = conditions

    def pages(self, wanted: values.Search, parse: Parse[T], shown: Mapping[str, bool], *, counted: bool = True) -> Iterator[List[T]]:
        """What `parse` makes of all assets that are found, each once, newest first but for those of one moment. `shown` is asked for
        besides. Up to 2.7 `wanted` has a visibility, since all are found in one question only then.

        Some 25 bytes are kept of each asset. What comes after this has begun may be missing; what goes may be in it. Unless it is
        `counted`, what has got another time meanwhile may be missing too.
        """
        seen = _Tally()
        answers = 0
        for page in self._by_time(wanted, parse, shown, seen):
            answers += 1
            yield page
        # Nothing is lost out of one answer. With `withExif`, it leaves out what Immich knows nothing of yet but that it is there.
        if counted and (answers > 1 or shown) and not self._has_exactly(wanted, seen.count):
            yield from self._again(wanted, parse, shown, seen)

    def count(self, wanted: values.Search) -> int:
        """How many are found, by some two questions for each binary digit."""
        return self._count_beyond(wanted, 0)

    def has_any(self, wanted: values.Search) -> bool:
        """Whether any is found."""
        return self._has(wanted, 1)

    def _by_time(self, wanted: values.Search, parse: Parse[T], shown: Mapping[str, bool], seen: _Tally) -> Iterator[List[T]]:
        """Those that are not `seen`. Each page begins where the one before ended, not by its number or cursor, which count what comes
        before: somebody may add or delete assets in the meantime."""
        end, barren = float("inf"), 0
        while True:
            page, following = self._search(wanted, parse, shown)
            new = seen.new(page)
            yield new
            barren = 0 if new else barren + 1
            if following is None or barren == _MOST_BARREN:
                return
            oldest = None if not page or page[-1].taken is None else round(page[-1].taken * 1000)
            if oldest is None:
                yield from self._in_windows(wanted, parse, shown, seen, _Tally())
                return
            if oldest + _STEP >= end:  # all of the page is of one moment
                yield from self._in_windows(replace(wanted, taken_after=_iso(oldest)), parse, shown, seen, _Tally())
                oldest -= 2 * _STEP
            end = oldest + _STEP
            wanted = replace(wanted, taken_before=_iso(oldest + _STEP))

    def _again(self, wanted: values.Search, parse: Parse[T], shown: Mapping[str, bool], seen: _Tally) -> Iterator[List[T]]:
        """Those that are not `seen`, until as many were listed as there are. Raises `IncompleteList`.

        Fewer may be left in the end: a list in windows lacks none that stayed. More may be there: somebody may bring assets all the time,
        and more and more have a tag while Immich reads metadata. Then as many are enough as there were when the list began.
        """
        for _attempt in range(_MOST_TRIES):
            at_first = self._count_beyond(wanted, 0)
            listed = _Tally()
            yield from self._in_windows(wanted, parse, shown, seen, listed)
            if not listed.unread and (listed.count >= at_first or not self._has(wanted, listed.count + 1)):
                return
        missing = self._count_beyond(wanted, listed.count) + listed.unread
        raise errors.IncompleteList(
            "The server does not list all assets: %d are missing from the %d that it says it has, each time it was asked. Run this again "
            "once its background jobs are done." % (missing, listed.count - listed.unread + missing),
            method="POST",
            path="/search/metadata",
            details={"missing": missing, "listed": listed.count - listed.unread},
        )

    def _in_windows(
        self, wanted: values.Search, parse: Parse[T], shown: Mapping[str, bool], seen: _Tally, listed: _Tally
    ) -> Iterator[List[T]]:
        """Those that are not `seen`, in windows of which one answer has all. All that are there are counted as `listed`."""
        ids, following = self._search(wanted, asset_id_of, {})
        if following is None:
            yield self._take(wanted, ids, parse, shown, seen, listed)
            return
        left, empty = _first_windows(wanted, ids, self._transport.server_time), 0
        while left and empty < _MOST_EMPTY:
            window = left.pop()
            if self._has(window.search, PAGE + 1):
                narrower = window.narrower()
                if narrower:
                    left += narrower
                    continue
                ids = self._by_number(window.search)
            else:
                ids, following = self._search(window.search, asset_id_of, {})
                if following is not None:  # some have come just now
                    left.append(window)
            before = listed.count
            yield self._take(window.search, ids, parse, shown, seen, listed)
            empty = 0 if listed.count > before else empty + 1

    def _take(
        self, search: values.Search, ids: List[AssetId], parse: Parse[T], shown: Mapping[str, bool], seen: _Tally, listed: _Tally
    ) -> List[T]:
        """Those of what a search found that are not `seen`."""
        listed.new(ids)
        unseen = {asset.id for asset in ids if _ids.pack_id(asset.id) not in seen.ids}
        new = seen.new(self._read(search, unseen, parse, shown)) if unseen else []
        listed.unread += len(unseen) - len(new)
        return new

    def _read(self, search: values.Search, ids: Set[str], parse: Parse[T], shown: Mapping[str, bool]) -> List[T]:
        """These assets, which a search finds. What it leaves out for want of metadata is asked for alone; what is gone is left out."""
        assets = [asset for asset in self._search(search, parse, shown)[0] if asset.id in ids]
        for asset_id in sorted(ids.difference(asset.id for asset in assets)):
            with suppress(errors.NotFound):
                assets.append(self._transport.call("GET", "/assets/" + asset_id, parse=parse))
        return assets

    def _by_number(self, search: values.Search) -> List[AssetId]:
        """Those that no time tells apart, page after page from either end: from one alone, some may be missing."""
        by_id: Dict[str, AssetId] = {}
        for order in ("desc", "asc"):
            page, barren = 1, 0
            while page and barren < _MOST_BARREN:
                asked = {**search.query(), "size": PAGE, "page": page, "order": order}
                ids, following = self._answer(asked, asset_id_of)
                barren = 0 if any(asset.id not in by_id for asset in ids) else barren + 1
                by_id.update((asset.id, asset) for asset in ids)
                page = page + 1 if following is not None else 0
        return list(by_id.values())

    def _search(self, wanted: values.Search, parse: Parse[T], shown: Mapping[str, bool]) -> Tuple[List[T], Optional[str]]:
        """The newest assets that are found, at most `PAGE`, and what leads to the next page: a number or a cursor, None on the last."""
        asked: Dict[str, Any] = {**self._conditions(wanted), **shown, "size": PAGE}
        asked.update({"orderBy": _NEWEST_FIRST} if "filter" in asked else {"order": "desc", "page": 1})
        return self._answer(asked, parse)

    def _has_exactly(self, wanted: values.Search, count: int) -> bool:
        assets, following = self._one(wanted, max(count, 1))
        return following is None and bool(assets) == bool(count)

    def _has(self, wanted: values.Search, count: int) -> bool:
        """Whether so many are found, or more."""
        return bool(self._one(wanted, count)[0])

    def _one(self, wanted: values.Search, number: int) -> Tuple[List[AssetId], Optional[str]]:
        """The asset with that number. A cursor leads to none, so it is asked for as before 3.2."""
        return self._answer({**wanted.query(), "size": 1, "page": number}, asset_id_of)

    def _answer(self, asked: Mapping[str, Any], parse: Parse[T]) -> Tuple[List[T], Optional[str]]:
        read: Callable[[Mapping[str, Any]], Tuple[List[T], Optional[str]]] = partial(page_of, parse)
        return self._transport.call("POST", "/search/metadata", json=asked, reads=True, parse=read)

    def _count_beyond(self, wanted: values.Search, count: int) -> int:
        """How many more than so many are found; `_MOST_COUNTED` where the server never comes to an end."""
        more, less = 0, 1
        while self._has(wanted, count + less):
            more, less = less, 2 * less
            if more >= _MOST_COUNTED:
                return more
        while less - more > 1:
            middle = (more + less) // 2
            more, less = (middle, less) if self._has(wanted, count + middle) else (more, middle)
        return more


def _first_windows(wanted: values.Search, some: List[AssetId], now: float) -> List[_Window]:
    """All that is searched for, split where the server got some of it, since most came at about the same time, and at its own time `now`
    (seconds since 1970, known to one), before which all came."""
    whole = _Window.by(0, wanted)
    created = [round(asset.created * 1000) for asset in some if asset.created is not None]
    moments = {*([min(created), max(created) + _STEP] if created else []), round((now + 1.0) * 1000)}
    return whole.split_at(*sorted(moment for moment in moments if whole.low < moment < whole.high))


def asset_id_of(answer: Mapping[str, Any]) -> AssetId:
    """What a list without `exifInfo` has of an asset."""
    taken, created = _times.seconds_of_iso(checked.text(answer["fileCreatedAt"])), answer.get("createdAt")
    return AssetId(
        _ids.checked_uuid(answer["id"]),
        _ids.checked_uuid(answer["ownerId"]),
        taken,
        None if created is None else _times.seconds_of_iso(checked.text(created)),
    )


def page_of(parse: Parse[T], answer: Mapping[str, Any]) -> Tuple[List[T], Optional[str]]:
    """What `parse` makes of the assets of an answer, and what leads to the next page: a number or a cursor, None on the last."""
    assets = answer["assets"]
    following = assets.get("nextCursor") or assets["nextPage"]
    return [parse(asset) for asset in checked.array(assets["items"])], None if following is None else str(following)


def _iso(milliseconds: int) -> str:
    return _times.ns_to_iso_utc(milliseconds * 1_000_000)


def _milliseconds_of(text: Optional[str], default: int) -> int:
    seconds = None if text is None else _times.seconds_of_iso(text)
    return default if seconds is None else round(seconds * 1000)
