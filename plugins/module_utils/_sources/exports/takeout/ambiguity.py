# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the numbers in the names of a folder cannot be relied on. Private to the collection.

Takeout numbers the pictures of one name, and on its own the JSON files of one name. Both numbers are equal as long as only pictures of one
title compete for a name. Others can as well: a title may end in `(1)`, lack its extension, or be that of another picture's edited copy.
"""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Sequence, Set, Tuple

from . import sidecars, titles
from .catalogue import Entry


class Wish(NamedTuple):
    """A picture that a sidecar may belong to, by which rule, and the number of Takeout in the picture's name."""

    sidecar: sidecars.Sidecar
    entry: Entry
    rule: str
    number: int


class Doubts:
    """What may be wrong with the wishes of one folder.

    `names` has its files by their folded names; `given_up` are the sidecars whose picture is not certain, `unmet` those without one.
    """

    def __init__(
        self,
        wishes: Sequence[Wish],
        names: Mapping[str, Sequence[Entry]],
        given_up: Sequence[sidecars.Sidecar],
        unmet: Sequence[sidecars.Sidecar],
    ) -> None:
        self._names = names
        self._unmet: Dict[str, Set[str]] = {}
        for sidecar in unmet:
            self._unmet.setdefault(_family(sidecar), set()).add(titles.fold(sidecar.title))
        self._unclear: Set[str] = {_family(sidecar) for sidecar in given_up}
        self._given_up = {_without_numbers(titles.fold(title)) for sidecar in given_up for title in _stems_of(sidecar)}
        self._add_contested(wishes)
        self._derived = self._maybe_derived(wishes)

    def about(self, wish: Wish) -> bool:
        """Whether the picture may be another's."""
        # The first of a title is sure of its name; but without extension there are several firsts, and a title with a number of its own
        # may have the name of another's second or third.
        is_numbered = wish.sidecar.reading.number or titles.take_number(titles.split(titles.replaced(wish.sidecar.title))[0])[1]
        has_extension = titles.fold(titles.split(wish.sidecar.title)[1]) == titles.fold(titles.split(wish.entry.name)[1])
        family = _family(wish.sidecar)
        if (is_numbered or not has_extension) and family in self._unclear:
            return True
        if not has_extension and self._unmet.get(family, set()) - {titles.fold(wish.sidecar.title)}:
            return True
        return _series(wish) in self._derived

    def _add_contested(self, wishes: Sequence[Wish]) -> None:
        """Where two titles lead to one name, the numbers of both count pictures of the other."""
        first: Dict[int, sidecars.Sidecar] = {}
        for wish in wishes:
            one, other = first.setdefault(id(wish.entry), wish.sidecar), wish.sidecar
            if one.identity != other.identity and titles.fold(one.name) != titles.fold(other.name):
                self._unclear |= {_family(one), _family(other)}

    def _maybe_derived(self, wishes: Sequence[Wish]) -> Set[Tuple[str, str]]:
        """Names that may be an edited copy's or a live photo's video as well as a title's, with one file more than there are titles."""
        wished: Dict[Tuple[str, str], Set[Tuple[object, ...]]] = {}
        stems: Dict[str, Set[str]] = {"image": set(self._given_up), "video": set()}
        for wish in wishes:
            wished.setdefault(_series(wish), set()).add(wish.sidecar.identity)
            stems[wish.entry.kind or "image"].add(_without_numbers(_series(wish)[0]))
        found: Set[Tuple[str, str]] = set()
        for series, identities in wished.items():
            stem, extension = series
            if titles.numbered(stem, len(identities), extension) not in self._names:
                continue
            rests = [*titles.without_markers(stem), *(titles.without_part(stem) if titles.is_at_limit(stem, extension) else ())]
            if any(_without_numbers(titles.fold(rest)) in kind for rest in rests for kind in stems.values()):
                found.add(series)
        for wish in wishes:
            series = _series(wish)
            one_more = titles.numbered(series[0], len(wished[series]), series[1])
            if wish.entry.kind == "video" and _without_numbers(series[0]) in stems["image"] and one_more in self._names:
                found.add(series)
        return found


def _family(sidecar: sidecars.Sidecar) -> str:
    """The title without extension and whatever numbers: what all titles that can lead to one name have in common."""
    return _without_numbers(titles.fold(titles.split(titles.replaced(sidecar.title))[0]))


def _stems_of(sidecar: sidecars.Sidecar) -> Tuple[str, ...]:
    """What the stem of its picture can be, without a number."""
    title = titles.replaced(sidecar.title)
    return (
        title,
        *titles.cut(title, titles.MEDIA_UNITS - titles.units(titles.USUAL_EXTENSION)),
        *titles.media_stems(*titles.split(title)),
        titles.split(title)[0],
    )


def _without_numbers(stem: str) -> str:
    number = 1
    while number:
        stem, number = titles.take_number(stem)
    return stem


def _series(wish: Wish) -> Tuple[str, str]:
    """The picture's name without Takeout's number, folded: stem and extension."""
    stem, extension = titles.split(wish.entry.name)
    ending = "(%d)" % wish.number
    return titles.fold(stem[: -len(ending)] if wish.number and stem.endswith(ending) else stem), titles.fold(extension)
