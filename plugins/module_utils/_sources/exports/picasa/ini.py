# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The INI files of Picasa, read with tolerance. Private to the collection.

`configparser` would refuse or change what is in them: lines without `=`, sections and keys that occur twice (the first value counts),
lines that begin with a blank, file names that begin with `#`. Lines end at LF only, because captions hold U+0085 and U+2028.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import Callable, Collection, Dict, Iterable, List, Mapping, Tuple

from .. import text_files

Section = Dict[str, str]

_MOST_LINES = 1_000_000

# Those of Windows for Europe. Picasa ran in no other that has one byte a character, but in Thailand, Israel and Arabic countries.
_CODE_PAGES = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257")

# In Western and Central Europe letters beyond ASCII stand alone; in Cyrillic and Greek whole words are made of them.
_WORD = re.compile(b"[\xc0-\xff]{4}")
_WHOLE_WORDS = ("cp1251", "cp1253")


def sections_of(content: bytes, names: Collection[str], writable: Callable[[], Mapping[str, int]] = dict) -> Dict[str, Section]:
    """The sections by their names, and in each its values by their keys, in lower case.

    `names` are those of the files beside it, as `key_of` makes them: of the code pages that a file may be in which is not in UTF-8, the
    one counts in which most sections have the name of a file. If that does not decide, it is the one in which most names of the export
    can be written, which `writable` counts (see `count_writable`); and then the letters of the INI file itself do.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        counts = writable()
        has_words = bool(_WORD.search(content))
        pages = sorted(_CODE_PAGES, key=lambda page: (-counts.get(page, 0), (page in _WHOLE_WORDS) != has_words))
        return max((_parsed(text_files.decoded(content, page)) for page in pages), key=lambda one: _known(one, names))
    return _parsed(text_files.decoded(content))


def count_writable(names: Iterable[str]) -> Dict[str, int]:
    """How many of these names, of folders and files, can be written in each of the code pages."""
    counts = dict.fromkeys(_CODE_PAGES, 0)
    for name in names:
        if not name.isascii():
            name = unicodedata.normalize("NFC", name)
            for page in _CODE_PAGES:
                with suppress(UnicodeEncodeError):
                    name.encode(page)
                    counts[page] += 1
    return counts


def _known(sections: Dict[str, Section], names: Collection[str]) -> int:
    return sum(text_files.key_of(name) in names for name in sections)


def _parsed(text: str) -> Dict[str, Section]:
    found: Dict[str, Section] = {}
    section: Section = {}
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = found.setdefault(stripped[1:-1], {})
        elif "=" in stripped:
            key, _equals, value = stripped.partition("=")
            section.setdefault(key.strip().lower(), value.strip())
    return found


def list_of(value: str, separator: str = ",") -> List[str]:
    """The parts of a value that are not empty, each once."""
    return list(dict.fromkeys(part.strip() for part in value.split(separator) if part.strip()))


def faces_of(value: str) -> List[Tuple[str, str]]:
    """The areas and the contacts of `faces`: `rect64(hex),contact;…`."""
    pairs = [entry.rpartition(",") for entry in list_of(value, ";")]
    return [(area, contact.strip()) for area, _comma, contact in pairs]
