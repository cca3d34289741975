# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the numbers in the names of a folder cannot be relied on.

Takeout numbers the pictures of one name, and on its own the JSON files of one name. Both numbers are equal as long as only pictures of one
title compete for a name. Others can as well: a title may end in `(1)`, lack its extension, or be that of another picture's edited copy.
"""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Sequence, Set, Tuple

from . import sidecars, titles
from .catalogue import CatalogueEntry


class Candidate(NamedTuple):
    """A picture that a sidecar may belong to, by which rule, and the number of Takeout in the picture's name."""

    sidecar: sidecars.TakeoutSidecar
    entry: CatalogueEntry
    rule: str
    number: int


class Ambiguity:
    """What may be wrong with the candidates of one folder.

    `names` has its files by their folded names; `ambiguous` are the sidecars whose picture is not certain, `unmatched` those without one.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        names: Mapping[str, Sequence[CatalogueEntry]],
        ambiguous: Sequence[sidecars.TakeoutSidecar],
        unmatched: Sequence[sidecars.TakeoutSidecar],
    ) -> None:
        self._names = names
        self._unmatched: Dict[str, Set[str]] = {}
        for sidecar in unmatched:
            self._unmatched.setdefault(_family(sidecar), set()).add(titles.fold(sidecar.title))
        self._unclear: Set[str] = {_family(sidecar) for sidecar in ambiguous}
        self._ambiguous = {_without_numbers(titles.fold(title)) for sidecar in ambiguous for title in _stems_of(sidecar)}
        self._add_contested(candidates)
        self._derived = self._maybe_derived(candidates)

    def concerns(self, candidate: Candidate) -> bool:
        """Whether the picture may be another's."""
        # The first of a title is sure of its name; but without extension there are several firsts, and a title with a number of its own
        # may have the name of another's second or third.
        is_numbered = candidate.sidecar.reading.number or titles.take_number(titles.split(titles.replaced(candidate.sidecar.title))[0])[1]
        has_extension = titles.fold(titles.split(candidate.sidecar.title)[1]) == titles.fold(titles.split(candidate.entry.name)[1])
        family = _family(candidate.sidecar)
        if (is_numbered or not has_extension) and family in self._unclear:
            return True
        if not has_extension and self._unmatched.get(family, set()) - {titles.fold(candidate.sidecar.title)}:
            return True
        return _series(candidate) in self._derived

    def _add_contested(self, candidates: Sequence[Candidate]) -> None:
        """Where two titles lead to one name, the numbers of both count pictures of the other."""
        first: Dict[int, sidecars.TakeoutSidecar] = {}
        for candidate in candidates:
            earlier, later = first.setdefault(id(candidate.entry), candidate.sidecar), candidate.sidecar
            if earlier.identity != later.identity and titles.fold(earlier.name) != titles.fold(later.name):
                self._unclear |= {_family(earlier), _family(later)}

    def _maybe_derived(self, candidates: Sequence[Candidate]) -> Set[Tuple[str, str]]:
        """Names that may be an edited copy's or a live photo's video as well as a title's, with one file more than there are titles."""
        identities_of: Dict[Tuple[str, str], Set[Tuple[object, ...]]] = {}
        stems: Dict[str, Set[str]] = {"image": set(self._ambiguous), "video": set()}
        for candidate in candidates:
            identities_of.setdefault(_series(candidate), set()).add(candidate.sidecar.identity)
            stems[candidate.entry.kind or "image"].add(_without_numbers(_series(candidate)[0]))
        derived: Set[Tuple[str, str]] = set()
        for series, identities in identities_of.items():
            stem, extension = series
            if titles.numbered(stem, len(identities), extension) not in self._names:
                continue
            rests = [*titles.without_markers(stem), *(titles.without_part(stem) if titles.is_at_limit(stem, extension) else ())]
            if any(_without_numbers(titles.fold(rest)) in kind for rest in rests for kind in stems.values()):
                derived.add(series)
        for candidate in candidates:
            series = _series(candidate)
            one_more = titles.numbered(series[0], len(identities_of[series]), series[1])
            if candidate.entry.kind == "video" and _without_numbers(series[0]) in stems["image"] and one_more in self._names:
                derived.add(series)
        return derived


def _family(sidecar: sidecars.TakeoutSidecar) -> str:
    """The title without extension and whatever numbers: what all titles that can lead to one name have in common."""
    return _without_numbers(titles.fold(titles.split(titles.replaced(sidecar.title))[0]))


def _stems_of(sidecar: sidecars.TakeoutSidecar) -> Tuple[str, ...]:
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


def _series(candidate: Candidate) -> Tuple[str, str]:
    """The picture's name without Takeout's number, folded: stem and extension."""
    stem, extension = titles.split(candidate.entry.name)
    ending = "(%d)" % candidate.number
    return titles.fold(stem[: -len(ending)] if candidate.number and stem.endswith(ending) else stem), titles.fold(extension)
