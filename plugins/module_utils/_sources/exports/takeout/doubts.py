# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the numbers in the names of a folder cannot be relied on. Private to the collection.

Takeout numbers the pictures of one name, and on its own the JSON files of one name. Both numbers are equal as long as only pictures of one
title compete for a name. Others can as well: a title may end in `(1)`, lack its extension, or be that of another picture's edited copy.
"""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Sequence, Set, Tuple

from .catalogue import Entry
from .names import (
    MEDIA_UNITS,
    USUAL_EXTENSION,
    cut,
    fold,
    is_at_limit,
    media_stems,
    numbered,
    replaced,
    split,
    take_number,
    units,
    without_markers,
    without_part,
)
from .sidecar import Sidecar


class Wish(NamedTuple):
    """A picture that a sidecar may belong to, by which rule, and the number of Takeout in the picture's name."""

    sidecar: Sidecar
    entry: Entry
    rule: str
    number: int


class Doubts:
    """What may be wrong with the wishes of one folder.

    `names` has its files by their folded names; `given_up` are the sidecars whose picture is not certain, `unmet` those without one.
    """

    def __init__(
        self, wishes: Sequence[Wish], names: Mapping[str, Sequence[Entry]], given_up: Sequence[Sidecar], unmet: Sequence[Sidecar]
    ) -> None:
        self._names = names
        self._unmet: Dict[str, Set[str]] = {}
        for sidecar in unmet:
            self._unmet.setdefault(_family(sidecar), set()).add(fold(sidecar.title))
        self._unclear: Set[str] = {_family(sidecar) for sidecar in given_up}
        self._given_up = {_without_numbers(fold(title)) for sidecar in given_up for title in _stems_of(sidecar)}
        self._add_contested(wishes)
        self._derived = self._maybe_derived(wishes)

    def about(self, wish: Wish) -> bool:
        """Whether the picture may be another's."""
        # The first of a title is sure of its name; but without extension there are several firsts, and a title with a number of its own
        # may have the name of another's second or third.
        is_numbered = wish.sidecar.reading.number or take_number(split(replaced(wish.sidecar.title))[0])[1]
        has_extension = fold(split(wish.sidecar.title)[1]) == fold(split(wish.entry.name)[1])
        family = _family(wish.sidecar)
        if (is_numbered or not has_extension) and family in self._unclear:
            return True
        if not has_extension and self._unmet.get(family, set()) - {fold(wish.sidecar.title)}:
            return True
        return _series(wish) in self._derived

    def _add_contested(self, wishes: Sequence[Wish]) -> None:
        """Where two titles lead to one name, the numbers of both count pictures of the other."""
        first: Dict[int, Sidecar] = {}
        for wish in wishes:
            one, other = first.setdefault(id(wish.entry), wish.sidecar), wish.sidecar
            if one.identity != other.identity and fold(one.name) != fold(other.name):
                self._unclear |= {_family(one), _family(other)}

    def _maybe_derived(self, wishes: Sequence[Wish]) -> Set[Tuple[str, str]]:
        """Names that may be an edited copy's or a live photo's video as well as a title's, with one file more than there are titles."""
        titles: Dict[Tuple[str, str], Set[Tuple[object, ...]]] = {}
        stems: Dict[str, Set[str]] = {"image": set(self._given_up), "video": set()}
        for wish in wishes:
            titles.setdefault(_series(wish), set()).add(wish.sidecar.identity)
            stems[wish.entry.kind or "image"].add(_without_numbers(_series(wish)[0]))
        found: Set[Tuple[str, str]] = set()
        for series, identities in titles.items():
            stem, extension = series
            if numbered(stem, len(identities), extension) not in self._names:
                continue
            rests = [*without_markers(stem), *(without_part(stem) if is_at_limit(stem, extension) else ())]
            if any(_without_numbers(fold(rest)) in kind for rest in rests for kind in stems.values()):
                found.add(series)
        for wish in wishes:
            series = _series(wish)
            one_more = numbered(series[0], len(titles[series]), series[1])
            if wish.entry.kind == "video" and _without_numbers(series[0]) in stems["image"] and one_more in self._names:
                found.add(series)
        return found


def _family(sidecar: Sidecar) -> str:
    """The title without extension and whatever numbers: what all titles that can lead to one name have in common."""
    return _without_numbers(fold(split(replaced(sidecar.title))[0]))


def _stems_of(sidecar: Sidecar) -> Tuple[str, ...]:
    """What the stem of its picture can be, without a number."""
    title = replaced(sidecar.title)
    return (title, *cut(title, MEDIA_UNITS - units(USUAL_EXTENSION)), *media_stems(*split(title)), split(title)[0])


def _without_numbers(stem: str) -> str:
    number = 1
    while number:
        stem, number = take_number(stem)
    return stem


def _series(wish: Wish) -> Tuple[str, str]:
    """The picture's name without Takeout's number, folded: stem and extension."""
    stem, extension = split(wish.entry.name)
    ending = "(%d)" % wish.number
    return fold(stem[: -len(ending)] if wish.number and stem.endswith(ending) else stem), fold(extension)
