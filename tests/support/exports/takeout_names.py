# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Google Takeout names the files of a folder: bad characters, cuts and numbers, as observed by those who read its exports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from support.exports.library import Edit, Picture

SIDECAR_UNITS, MEDIA_UNITS = 46, 51
"""How long names may be, in UTF-16 units: a sidecar's without `.json` and number, a picture's without its number."""

EXTENSIONS = {".jpg", ".jpeg", ".png", ".gif", ".heic", ".dng", ".mp4", ".mov", ".m4v"}


@dataclass(frozen=True)
class Rules:
    """Those of one time.

    `word` stands between title and `.json`; `cut`: whether long names are; `keeps_ampersand`: in names of files and folders;
    `lowers_extension`: of pictures, not of sidecars; `number_first`: a sidecar's number stands before the word; `together`: a picture
    and its sidecar always get the same number, else each the first that is free.
    """

    word: str
    cut: bool = True
    keeps_ampersand: bool = True
    lowers_extension: bool = False
    number_first: bool = False
    together: bool = False


@dataclass(frozen=True)
class Named:
    """The names of one picture's files in one folder, None for those that there are not.

    `edits` are those of its edited copies, `marks` what each of these has left of its marker, `sure_edits` whether its name tells what it
    is a copy of. `sure`: whether the names alone, with the titles, tell which sidecar and which picture belong together.
    """

    media: str
    sidecar: str
    moving: str | None
    edits: tuple[str, ...]
    marks: tuple[str, ...]
    sure: bool
    sure_edits: tuple[bool, ...]


def units(text: str) -> int:
    """How long a text is in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int) -> str:
    """A text's first `limit` UTF-16 units; a surrogate pair at the limit is kept whole."""
    taken = 0
    for index, character in enumerate(text):
        if taken >= limit:
            return text[:index]
        taken += units(character)
    return text


def sanitised(title: str, *, keeps_ampersand: bool) -> str:
    """A title as a name of a file."""
    return re.sub(r"[/\\:*?\"<>|']" if keeps_ampersand else r"[/\\:*?\"<>|'&]", "_", title)


def split(title: str, suffix: str) -> tuple[str, str]:
    """Stem and extension of a sanitised title. What stands behind a dot counts as one; without a dot it is the content's, `suffix`."""
    stem, dot, last = title.rpartition(".")
    return (stem, dot + last) if dot and stem else (title, suffix)


def numbered(number: int) -> str:
    """The number in a name; none for the first."""
    return f"({number})" if number else ""


def natural(title: str) -> tuple[int, list[tuple[int, str]]]:
    """The order in which numbers are given out: short titles first, then by words and numbers."""
    return units(title), [(int(digits or 0), text) for text, digits in re.findall(r"(\D*)(\d*)", title)]


def name_all(pictures: Sequence[Picture], rules: Rules, edited: str) -> list[Named]:
    """Names all files of a folder, in the order of its pictures. `edited` is the language's marker of an edited copy."""
    folder = _Folder(rules, edited)
    order = sorted(range(len(pictures)), key=lambda index: (natural(pictures[index].title), index))
    for index in order:
        folder.name_media(index, pictures[index])
    edits = {index: [folder.name_edit(index, pictures[index], edit) for edit in pictures[index].edits] for index in order}
    unsure = folder.unsure()
    return [folder.named(index, picture, edits[index], clashes=index in unsure) for index, picture in enumerate(pictures)]


class _Parts(NamedTuple):
    """What the names of a picture and its sidecar consist of: `whole` is the stem before it was cut, `side` the sidecar's number."""

    whole: str
    stem: str
    suffix: str
    media: int
    sidecar: str
    side: int


class _Folder:
    """The names that are taken."""

    def __init__(self, rules: Rules, edited: str) -> None:
        self._rules = rules
        self._edited = edited
        self._media: dict[str, int] = {}
        self._sidecars: set[str] = set()
        self._of: dict[int, _Parts] = {}
        self._series: dict[tuple[str, str], dict[int, int]] = {}
        self._cut: dict[tuple[str, str], set[bool]] = {}
        self._unsure: set[int] = set()

    def name_media(self, index: int, picture: Picture) -> None:
        title = sanitised(picture.title, keeps_ampersand=self._rules.keeps_ampersand)
        whole, suffix = split(title, picture.suffix)
        if self._rules.lowers_extension:
            suffix = suffix.lower() if suffix.lower() in EXTENSIONS else suffix
        stem = self._cut_stem(whole, suffix)
        media, side = self._numbers(title, stem, suffix, picture)
        if picture.has_file:
            self._take(index, stem, media, suffix)
            if stem != whole:
                self._cut.setdefault((stem, suffix), set()).add(title != whole)
        sidecar = self._sidecar(title, side)
        if picture.has_sidecar:
            self._sidecars.add(sidecar)
        self._of[index] = _Parts(whole, stem, suffix, media, sidecar, side)

    def _take(self, index: int, stem: str, number: int, suffix: str) -> str:
        name = f"{stem}{numbered(number)}{suffix}"
        self._media[name] = index
        self._series.setdefault((stem, suffix), {})[number] = index
        return name

    def _numbers(self, title: str, stem: str, suffix: str, picture: Picture) -> tuple[int, int]:
        def media_is_free(number: int) -> bool:
            return f"{stem}{numbered(number)}{suffix}" not in self._media

        def sidecar_is_free(number: int) -> bool:
            return self._sidecar(title, number) not in self._sidecars

        if self._rules.together:
            both = next(n for n in range(10_000) if media_is_free(n) and sidecar_is_free(n))
            return both, both
        media = next(n for n in range(10_000) if media_is_free(n))
        side = next(n for n in range(10_000) if sidecar_is_free(n))
        return (media if picture.has_file else side), (side if picture.has_sidecar else media)

    def _sidecar(self, title: str, number: int) -> str:
        name = self._cut_sidecar(title + self._rules.word)
        # the number is never cut
        place = len(title) if self._rules.number_first and name.startswith(title) else len(name)
        return f"{name[:place]}{numbered(number)}{name[place:]}.json"

    def _cut_sidecar(self, name: str) -> str:
        return cut(name, SIDECAR_UNITS) if self._rules.cut else name

    def _cut_stem(self, stem: str, suffix: str) -> str:
        return cut(stem, MEDIA_UNITS - units(suffix)) if self._rules.cut else stem

    def name_edit(self, index: int, picture: Picture, edit: Edit) -> tuple[str, str, bool]:
        """The name of an edited copy, what is left of its marker, and whether the name tells what it is a copy of."""
        whole, _stem, suffix, number, _sidecar, _side = self._of[index]
        end = edit.suffix or suffix
        left = self._cut_stem(whole + (edit.marker or self._edited), end)
        mark = left[len(whole) :]
        others = set(self._series.get((left, end), {}).values()) - {index}
        free = next(n for n in range(number, 10_000) if f"{left}{numbered(n)}{end}" not in self._media)
        name = self._take(index, left, free, end)
        if mark and free != number:
            # a title has the copy's name: nobody says which of the two Takeout names first
            self._unsure |= others
        return name, mark, free == number if mark else not others

    def unsure(self) -> set[int]:
        """The pictures whose title and sidecar's number lead to another's file, and those others; and those whose numbers prove nothing.

        Where stems were cut, numbers of pictures count other collisions than those of sidecars: they prove something if they agree, and if
        all titles have an extension or none has.
        """
        found = set(self._unsure)
        for index, own in self._of.items():
            for stem in (own.stem, own.whole):
                name = f"{stem}{numbered(own.side)}{own.suffix}"
                # where it was cut, its edited copy may have the name that it would have had
                if self._media.get(name, index) != index or (stem != own.stem and name in self._media):
                    found |= {index, self._media[name]}
        for key, have_extension in self._cut.items():
            files = self._series[key]
            owners = set(files.values())
            is_alone = len(owners) == 1 and 0 in files
            agree = len(have_extension) == 1 and {self._of[index].side for index in owners} == set(files)
            if not is_alone and not agree:
                found |= owners
        return found

    def named(self, index: int, picture: Picture, edits: list[tuple[str, str, bool]], *, clashes: bool) -> Named:
        own = self._of[index]
        moving = f"{own.stem}{numbered(own.media)}{picture.moving.suffix}" if picture.moving else None
        return Named(
            media=f"{own.stem}{numbered(own.media)}{own.suffix}",
            sidecar=own.sidecar,
            moving=moving,
            edits=tuple(name for name, _mark, _sure in edits),
            marks=tuple(mark for _name, mark, _sure in edits),
            sure=not clashes,
            sure_edits=tuple(sure and not clashes for _name, _mark, sure in edits),
        )


def names_in_immich(title: str, suffix: str, marker: str = "") -> frozenset[str]:
    """The names that a picture may have in Immich: its title, with the characters replaced that no file may have or that Takeout replaces.

    An edited copy's has its marker before the extension. A title without an extension gets that of its content.
    """
    has_one = PurePosixPath(title).suffix.lower() in EXTENSIONS
    stem, own = split(title, suffix) if has_one else (title, suffix)
    replaced = r"[/\\]", r"[/\\:*?\"<>|]"
    forms = {sanitised(stem, keeps_ampersand=keeps) for keeps in (True, False)} | {re.sub(these, "_", stem) for these in replaced}
    return frozenset(f"{form}{marker}{end}" for form in forms for end in {own, suffix})
