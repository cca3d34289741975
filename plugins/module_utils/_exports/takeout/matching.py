# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which JSON file belongs to which picture, within one folder.

The title inside a JSON file predicts the names that its picture may have, and these are looked up: nothing is searched for, nothing
compared with everything else. What two JSON files have an equal claim to goes to neither.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from .. import files
from . import sidecars, titles
from .ambiguity import Ambiguity, Candidate
from .catalogue import CatalogueEntry, TakeoutFolder

_CONTESTED = "It is not certain which picture it belongs to: more than one JSON file or picture has this name."
_MISSING = "Its picture is not there: it is in a part of the export that is missing, or was not exported."


class UnusedSidecar(NamedTuple):
    """The JSON file of a picture that was not found in its folder, and a sentence why."""

    sidecar: sidecars.TakeoutSidecar
    reason: str


class Match(NamedTuple):
    """A sidecar that belongs to a picture."""

    sidecar: sidecars.TakeoutSidecar
    entry: CatalogueEntry


class _Group:
    """Sidecars whose pictures have one name but for the number, and those pictures by what follows from their names."""

    __slots__ = ("entries", "sidecars")

    def __init__(self) -> None:
        self.sidecars: List[sidecars.TakeoutSidecar] = []
        self.entries: List[Tuple[int, CatalogueEntry]] = []

    def of_one_picture(self) -> bool:
        """Whether all sidecars are of one picture."""
        first = self.sidecars[0].identity
        return all(sidecar.identity == first for sidecar in self.sidecars)

    def numbers(self) -> Set[int]:
        """The numbers of the sidecars; empty if one of them stands for two pictures."""
        pictures = {sidecar.reading.number: sidecar.identity for sidecar in self.sidecars}
        unclear = any(pictures[sidecar.reading.number] != sidecar.identity for sidecar in self.sidecars)
        return set() if unclear else set(pictures)


def match(folder: TakeoutFolder, media_types: Mapping[str, str]) -> Tuple[List[Match], List[UnusedSidecar]]:
    """Gives each picture of a folder its sidecar: `rule`, `sidecar` and `number` of its entries. `media_types` as in `ExportReader`.

    The rules: `exact` (the name is the title's), `numbered` (with Takeout's number), `truncated` (the name was cut), `name` (it follows
    from the JSON file's own name), `ambiguous` (it has a JSON file, but it is not certain which).
    """
    return _Matching(folder, media_types).run()


class _Matching:
    def __init__(self, folder: TakeoutFolder, media_types: Mapping[str, str]) -> None:
        self._folder = folder
        self._media_types = media_types
        self._names: Dict[str, List[CatalogueEntry]] = {}
        self._candidates: List[Candidate] = []
        self._unmatched: List[sidecars.TakeoutSidecar] = []
        self._matches: List[Match] = []
        self._unused: List[UnusedSidecar] = []
        self._long: Dict[str, _Group] = {}
        self._bare: Dict[str, _Group] = {}
        self._cut_numbers: Dict[str, Set[int]] = {}
        self._explained: Dict[str, int] = {}

    def run(self) -> Tuple[List[Match], List[UnusedSidecar]]:
        if self._folder.sidecars:
            for entry in self._folder.entries:
                self._names.setdefault(titles.fold(entry.name), []).append(entry)
            for sidecar in self._folder.sidecars:
                self._expect(sidecar)
            self._collect()
            for group in self._unique(self._long.values()):
                self._settle_long(group)
            for group in self._unique(self._bare.values()):
                self._settle_bare(group)
            self._assign("ambiguous")
            self._try_own_names()
            self._assign("none")
        return self._matches, self._unused

    # The first round: names that follow from titles.

    def _expect(self, sidecar: sidecars.TakeoutSidecar) -> None:
        """Adds the picture with the title's own name, or puts the sidecar where its picture depends on others."""
        form, number = sidecar.reading
        if form in (titles.Form.OTHER, titles.Form.STEM):
            self._unmatched.append(sidecar)
            return
        if form is titles.Form.CUT:
            self._cut_numbers.setdefault(_cut_name(sidecar), set()).add(number)
        stem, extension = titles.split(titles.replaced(sidecar.title))
        if extension.lower() not in self._media_types:
            title = stem + extension
            room = titles.MEDIA_UNITS - titles.units(titles.USUAL_EXTENSION)
            self._join(self._bare, sidecar, map(titles.fold, (title, *titles.cut(title, room))))
            return
        if form is titles.Form.WHOLE:
            entry = self._find(titles.numbered(stem, number, extension), sidecar)
            if entry is not None:
                self._add_candidate(sidecar, entry, "numbered" if number else "exact", number)
                return
            if titles.units(stem + extension) <= titles.MEDIA_UNITS:
                self._unmatched.append(sidecar)
                return
        self._join(self._long, sidecar, (titles.fold(media_stem + extension) for media_stem in titles.media_stems(stem, extension)))

    @staticmethod
    def _join(groups: Dict[str, _Group], sidecar: sidecars.TakeoutSidecar, names: Iterable[str]) -> None:
        # A cut within a character of two units has two readings: they lead to one group.
        keys = list(names)
        group = next((groups[key] for key in keys if key in groups), None) or _Group()
        for key in keys:
            groups.setdefault(key, group)
        group.sidecars.append(sidecar)

    @staticmethod
    def _unique(groups: Iterable[_Group]) -> List[_Group]:
        return list({id(group): group for group in groups}.values())

    def _collect(self) -> None:
        """Finds the pictures of all groups in one pass over the folder."""
        if not self._long and not self._bare:
            return
        for entry in self._folder.entries:
            if entry.kind is None:
                continue
            stem, extension = titles.split(entry.name)
            base, number = titles.take_number(stem)
            if self._long and titles.units(stem) + titles.units(extension) >= titles.SIDECAR_UNITS - 1:
                self._sort_in(self._long.get(titles.fold(stem + extension)), 0, entry)
                if number:
                    self._sort_in(self._long.get(titles.fold(base + extension)), number, entry)
            if self._bare:
                self._sort_in(self._bare.get(titles.fold(stem)), 0, entry)
                if number:
                    self._sort_in(self._bare.get(titles.fold(base)), number, entry)

    @staticmethod
    def _sort_in(group: Optional[_Group], number: int, entry: CatalogueEntry) -> None:
        if group is not None:
            group.entries.append((number, entry))

    def _settle_long(self, group: _Group) -> None:
        """Where a name was cut, numbers of pictures and sidecars come from different collisions: they count only if all of them agree."""
        if group.of_one_picture():
            self._settle_alone(group)
            return
        by_number = dict(group.entries)
        if len(by_number) != len(group.entries) or group.numbers() != by_number.keys():
            self._mark_ambiguous(group)
            return
        for sidecar in group.sidecars:
            self._add_candidate(sidecar, by_number[sidecar.reading.number], "truncated", sidecar.reading.number)

    def _settle_alone(self, group: _Group) -> None:
        """One picture of this name: it has no number, whatever the sidecar's is. With a number at most its edited copy follows.

        Or it is the only one and has the sidecar's number, as it is if Takeout numbers both together.
        """
        unnumbered = [entry for sidecar, entry in group.entries if not sidecar]
        for sidecar in group.sidecars:
            number = sidecar.reading.number
            if not unnumbered and [sidecar for sidecar, _entry in group.entries] == [number] and number <= self._collisions(sidecar):
                self._add_candidate(sidecar, group.entries[0][1], "truncated", number)
                continue
            entry = self._only(unnumbered, sidecar)
            if entry is None and not unnumbered and titles.units(sidecar.title) > titles.MEDIA_UNITS:
                entry = self._find(titles.replaced(sidecar.title), sidecar)
            if entry is None and not unnumbered:
                self._unmatched.append(sidecar)
            elif entry is None or number > self._collisions(sidecar):
                self._mark_sidecar_ambiguous(sidecar, unnumbered)
            else:
                self._add_candidate(sidecar, entry, "truncated", 0)

    def _collisions(self, sidecar: sidecars.TakeoutSidecar) -> int:
        """The largest number that other sidecars of this folder explain: all smaller ones of the same cut name are there."""
        name = _cut_name(sidecar)
        if name not in self._explained:
            numbers = self._cut_numbers.get(name, ())
            self._explained[name] = next(number for number in range(len(numbers) + 1) if number not in numbers)
        return self._explained[name]

    def _settle_bare(self, group: _Group) -> None:
        """A title without extension: Takeout gave the picture one, after the number, which counts if no other extension has it too."""
        unclear = any(sidecar.reading.form is titles.Form.CUT and sidecar.reading.number for sidecar in group.sidecars)
        stem, _extension = titles.split(titles.replaced(group.sidecars[0].title))
        if any(titles.without_markers(stem)):  # one of them may be another's edited copy
            unclear |= len(group.entries) > len(group.numbers())
        if unclear or not (group.of_one_picture() or _numbers_agree(group)):
            self._mark_ambiguous(group)
            return
        by_number: Dict[int, List[CatalogueEntry]] = {}
        for number, entry in group.entries:
            by_number.setdefault(number, []).append(entry)
        for sidecar in group.sidecars:
            number = sidecar.reading.number
            candidates = by_number.get(number, [])
            matched = self._only(candidates, sidecar) if candidates else self._without_type(sidecar)
            if matched is not None:
                self._add_candidate(sidecar, matched, "numbered" if number else "exact", number)
            elif candidates:
                self._mark_sidecar_ambiguous(sidecar, candidates)
            else:
                self._unmatched.append(sidecar)

    def _without_type(self, sidecar: sidecars.TakeoutSidecar) -> Optional[CatalogueEntry]:
        """The picture that has the title's name as it is; Takeout takes what follows the last dot for an extension, whatever it is."""
        stem, extension = titles.split(titles.replaced(sidecar.title))
        entry = self._find(titles.numbered(stem, sidecar.reading.number, extension), sidecar)
        if entry is None and extension and sidecar.reading.number:
            entry = self._find(titles.numbered(stem + extension, sidecar.reading.number, ""), sidecar)
        return entry if entry is not None and (entry.kind or entry.look_inside(self._media_types)) else None

    @staticmethod
    def _only(entries: List[CatalogueEntry], sidecar: sidecars.TakeoutSidecar) -> Optional[CatalogueEntry]:
        """The still among these, if there is one (a video of its name belongs to it), else the one there is."""
        stills = [entry for entry in entries if entry.kind == "image"]
        entries = stills or entries
        if len(entries) > 1:
            entries = [entry for entry in entries if entry.part_folder == files.folder_of(sidecar.item)]
        return entries[0] if len(entries) == 1 else None

    def _mark_ambiguous(self, group: _Group) -> None:
        for sidecar in group.sidecars:
            self._mark_sidecar_ambiguous(sidecar, ())
        for _number, entry in group.entries:
            entry.rule = "ambiguous"

    def _mark_sidecar_ambiguous(self, sidecar: sidecars.TakeoutSidecar, entries: Iterable[CatalogueEntry]) -> None:
        for entry in entries:
            entry.rule = "ambiguous"
        self._unused.append(UnusedSidecar(sidecar, _CONTESTED))

    # The second round: what a JSON file's own name stands for, among the pictures that are left.

    def _try_own_names(self) -> None:
        left, self._unmatched = self._unmatched, []
        for sidecar in left:
            entry: Optional[CatalogueEntry] = None
            for name in self._own_names(sidecar):
                entry = self._find(name, sidecar)
                if entry is not None:
                    break
            if entry is not None and entry.is_open and entry.kind is not None:
                self._add_candidate(sidecar, entry, "name", 0)
            else:
                self._unused.append(UnusedSidecar(sidecar, _MISSING))

    @staticmethod
    def _own_names(sidecar: sidecars.TakeoutSidecar) -> List[str]:
        form, number = sidecar.reading
        if form is titles.Form.STEM:
            stem, extension = titles.split(titles.replaced(sidecar.title))
            return [titles.numbered(stem, number, extension), stem + extension]
        if form is titles.Form.OTHER:
            name, number = titles.without_word(sidecar.name[: -len(".json")])
            stem, extension = titles.split(name)
            return [titles.numbered(stem, number, extension)]
        return []

    # What both rounds do.

    def _find(self, name: str, sidecar: sidecars.TakeoutSidecar) -> Optional[CatalogueEntry]:
        """The file of this name. Of several that differ in case or lie in several parts: the one that is equal, else the one beside."""
        entries = self._names.get(titles.fold(name), ())
        if len(entries) > 1:
            entries = [entry for entry in entries if entry.name == name] or entries
        if len(entries) > 1:
            entries = [entry for entry in entries if entry.part_folder == files.folder_of(sidecar.item)]
        return entries[0] if len(entries) == 1 else None

    def _add_candidate(self, sidecar: sidecars.TakeoutSidecar, entry: CatalogueEntry, rule: str, number: int) -> None:
        self._candidates.append(Candidate(sidecar, entry, rule, number))

    def _assign(self, otherwise: str) -> None:
        """Assigns each picture to the sidecar that it is the candidate of. One that several claim gets the rule `otherwise`."""
        ambiguity = Ambiguity(self._candidates, self._names, [unused.sidecar for unused in self._unused], self._unmatched)
        by_entry: Dict[int, List[Candidate]] = {}
        for candidate in self._candidates:
            by_entry.setdefault(id(candidate.entry), []).append(candidate)
        self._candidates = []
        for candidates in by_entry.values():
            entry = candidates[0].entry
            if entry.rule == "none" and any(ambiguity.concerns(candidate) for candidate in candidates):
                entry.rule = "ambiguous"
            if entry.rule == "ambiguous" or len({candidate.sidecar.identity for candidate in candidates}) > 1:
                chosen = self._beside(candidates)
                if entry.rule == "ambiguous" or chosen is None:
                    entry.rule = otherwise if entry.rule == "none" else entry.rule
                    self._unused += [UnusedSidecar(candidate.sidecar, _CONTESTED) for candidate in candidates]
                    continue
                self._unused += [UnusedSidecar(candidate.sidecar, _CONTESTED) for candidate in candidates if candidate is not chosen]
                candidates = [chosen]
            entry.rule, entry.sidecar, entry.number = candidates[0].rule, candidates[0].sidecar, candidates[0].number
            self._matches += [Match(candidate.sidecar, entry) for candidate in candidates]

    @staticmethod
    def _beside(candidates: List[Candidate]) -> Optional[Candidate]:
        """Of JSON files with one name in several parts the one that lies in the picture's."""
        if len({titles.fold(candidate.sidecar.name) for candidate in candidates}) > 1:
            return None
        beside = [candidate for candidate in candidates if files.folder_of(candidate.sidecar.item) == candidate.entry.part_folder]
        return beside[0] if len(beside) == 1 else None


def _cut_name(sidecar: sidecars.TakeoutSidecar) -> str:
    """The name of a JSON file without its number."""
    return titles.fold(titles.take_number(sidecar.name[: -len(".json")])[0])


def _numbers_agree(group: _Group) -> bool:
    """Whether a number means one picture of the group: they have one extension, or the numbers of all, or of all stills, match."""
    wanted = group.numbers()
    if not wanted:
        return False
    if len({entry.extension for _number, entry in group.entries}) <= 1:
        return True
    for kinds in (("image",), ("image", "video")):
        numbers = [number for number, entry in group.entries if entry.kind in kinds]
        if len(set(numbers)) == len(numbers) and wanted == set(numbers):
            return True
    return False
