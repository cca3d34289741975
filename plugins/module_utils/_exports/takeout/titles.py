# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Takeout derives the names of files from the title of a picture.

A title is what the picture is called in Google Photos. Takeout replaces some of its characters, cuts it, and numbers what would have the
same name in one folder. Lengths are counted in UTF-16 units.
"""

from __future__ import annotations

import os
import re
from enum import Enum
from functools import lru_cache
from typing import FrozenSet, Iterator, NamedTuple, Optional, Tuple

from ... import _text
from ..._naming import related


def _folded(words: str) -> FrozenSet[str]:
    return frozenset(_text.fold(word) for word in words.split("|"))


EDITED = _folded("|".join("-" + mark for mark in related.MARKS))
"""What the name of an edited copy ends in, folded. Each begins with its only hyphen."""

EDITED_IN_PART = frozenset(marker[:length] for marker in EDITED for length in range(1, len(marker)))
"""What is left of a marker when the name was cut, down to the hyphen."""

CREATIONS = frozenset(["EFFECTS", "SMILE", "MIX", "MOTION", "ANIMATION", "COLLAGE", "MOVIE", "PANO", "ERASER", "SNOW"])
"""What stands behind the hyphen in the names of pictures that Google made of others: in English and in capitals, whatever the language."""

TRASH = _folded(
    "Trash|Bin|Papierkorb|Corbeille|Papelera|Cestino|Prullenbak|Lixeira|Kosz|Paperera|Корзина|回收站|垃圾桶|ゴミ箱|휴지통|Papperskorg"
)
ARCHIVE = _folded("Archive|Archiv|Archivo|Archivio|Archief|Arquivo|Archiwum|Arxiu|Архив|アーカイブ|档案|归档文件")
LOCKED = _folded(
    "Locked folder|Gesperrter Ordner|Dossier verrouillé|Carpeta privada|Carpeta bloqueada|Cartella bloccata|Pasta trancada|Vergrendelde map"
    "|ロックされたフォルダ|잠금 폴더"
)
"""These are a second opinion, for pictures without a JSON file: what a JSON file says of its picture is the same in all languages."""

YEARS = _folded("Photos from #|Photos de #|Fotos de #|Fotos del #|Fotos von #|Foto da #|Foto_s van #|# yılına ait fotoğraflar")
"""Titles of the folders of a year, `#` for the year. Needed only where such a folder has an album's JSON file."""

WORD = ".supplemental-metadata"
"""Stands between a title and `.json` since October 2024, whole or cut anywhere. It is never translated."""

SIDECAR_UNITS = 46
"""How much of a title, and of the word behind it, the name of a JSON file keeps. A number comes on top of that."""

MEDIA_UNITS = 51
"""The same for a picture, its extension included. Exports of 2026 exist in which neither is cut."""

USUAL_EXTENSION = ".jpg"
"""What a title without extension is taken to get, for where its picture's name was cut."""

# `&` and `'` are replaced in some exports and kept in others, so they count as replaced on both sides.
_REPLACED = {ord(character): "_" for character in "/\\:*?\"<>|&'" + "".join(map(chr, range(32))) + "\x7f"}
_MAX_MARKERS = 3
_LONGEST_PART = max(map(len, EDITED_IN_PART))
_NUMBER = re.compile(r"\(([0-9]{1,6})\)\Z")
_REST = re.compile(r"(?:\(([0-9]{1,6})\))?(\.[a-z-]{0,21})?(?:\(([0-9]{1,6})\))?\Z")


class Form(Enum):
    """How much of the title the name of a JSON file holds: all of it, what a cut leaves, all but the extension, or something else.

    A title that just fits counts as cut: longer ones have the same JSON file's name, so that its number may count those.
    """

    WHOLE = 1
    CUT = 2
    STEM = 3
    OTHER = 4


class Reading(NamedTuple):
    """What the name of a JSON file says of the title inside. `number` is Takeout's, 0 where there is none."""

    form: Form
    number: int


def fold(name: str) -> str:
    """What names are compared by: no difference between cases, ways to write an accent, and characters that Takeout may replace."""
    return _text.fold(name.translate(_REPLACED))


def replaced(title: str) -> str:
    """A title with `_` for each character that Takeout may replace."""
    return title.translate(_REPLACED)


def split(name: str) -> Tuple[str, str]:
    """The stem and the extension, with its dot; empty if there is none."""
    return os.path.splitext(name)


def units(text: str) -> int:
    """Its length in UTF-16."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> Tuple[str, ...]:
    """What a cut to so many units leaves. Two readings where it would fall into a character of two units: without that one, and with it."""
    if units(text) <= limit:
        return (text,)
    used = 0
    for index, character in enumerate(text):
        width = 2 if character > "\uffff" else 1
        if used + width > limit:
            return (text[:index],) if used == limit else (text[:index], text[: index + 1])
        used += width
    return (text,)


def take_number(stem: str) -> Tuple[str, int]:
    """A stem without the number at its end, and the number; 0 if there is none."""
    match = _NUMBER.search(stem)
    return (stem[: match.start()], int(match.group(1))) if match else (stem, 0)


def numbered(stem: str, number: int, extension: str) -> str:
    """The name with Takeout's number where pictures have it."""
    return "%s(%d)%s" % (stem, number, extension) if number else stem + extension


def media_stems(stem: str, extension: str) -> Tuple[str, ...]:
    """What a cut leaves of a picture's stem (see `cut`)."""
    return cut(stem, max(1, MEDIA_UNITS - units(extension)))


def read_name(json_stem: str, title: str) -> Reading:
    """Compares the name of a JSON file, without `.json`, with the title inside. The title counts first: it may itself end in `(1)`."""
    name = fold(json_stem)
    title = replaced(title)
    if not title:
        return _reading(Form.OTHER, 0)
    number = _number_behind(name, fold(title))
    if number is not None:
        fits_exactly = abs(units(title) - SIDECAR_UNITS) <= (0 if title.isascii() else 1)
        is_bare = fits_exactly and _number_behind(name, fold(title), word=False) is not None
        return _reading(Form.CUT if is_bare else Form.WHOLE, number)
    if units(title) > SIDECAR_UNITS:
        for stem in map(fold, cut(title, SIDECAR_UNITS)):
            number = _number_behind(name, stem, word=False)
            if number is not None:
                return _reading(Form.CUT, number)
    number = _number_behind(name, fold(split(title)[0]))
    return _reading(Form.OTHER, 0) if number is None else _reading(Form.STEM, number)


@lru_cache(maxsize=1024)
def _reading(form: Form, number: int) -> Reading:
    # Nearly all are equal to a few: one object for all of them.
    return Reading(form, number)


def _number_behind(name: str, beginning: str, *, word: bool = True) -> Optional[int]:
    """The number in `name` if it is `beginning`, with the word or what is left of it, and a number before or after that; else None."""
    match = _REST.match(name, len(beginning)) if name.startswith(beginning) else None
    if match is None:
        return None
    before, middle, after = match.groups()
    if (before and after) or not WORD.startswith(middle or "") or (middle and not word):
        return None
    return int(before or after or 0)


def without_word(json_stem: str) -> Tuple[str, int]:
    """The name that a JSON file's own name stands for, its number apart: for one whose title says something else."""
    name, number = take_number(json_stem)
    rest, dot, end = name.rpartition(".")
    if dot and rest and WORD.startswith("." + end.lower()):
        name = rest
    return (name, number) if number else take_number(name)


def without_markers(base: str) -> Iterator[str]:
    """The name without its last marker, then without the one before that, up to three."""
    for _time in range(_MAX_MARKERS):
        rest, hyphen, word = base.rpartition("-")
        if not rest or not (word in CREATIONS or _text.fold(hyphen + word) in EDITED):
            return
        yield rest
        base = rest


def without_part(base: str) -> Iterator[str]:
    """The name without what may be the beginning of a marker."""
    position = len(base)
    while True:
        position = base.rfind("-", max(1, len(base) - _LONGEST_PART), position)
        if position < 0:
            return
        if _text.fold(base[position:]) in EDITED_IN_PART:
            yield base[:position]


def is_at_limit(stem: str, extension: str) -> bool:
    """Whether a name without its number is as long as a cut leaves it."""
    length = units(stem) + units(extension)
    return length == MEDIA_UNITS or (not stem.isascii() and abs(length - MEDIA_UNITS) <= 1)
