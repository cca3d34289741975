# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text that others wrote (servers, files, paths): made fit to be shown, sent or compared; and their JSON, within bounds."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from contextlib import suppress
from typing import Any, Match, Union

# Python compiles these patterns when they are first needed: each takes 0.3 ms, and most runs need none.

# What a terminal obeys in place of showing it (C0, DEL, C1), what turns the direction of the text around or ends a line, and halves
# of surrogate pairs.
_CONTROLS = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"

# The same in JSON, which escapes the first by itself, and what YAML 1.1 does not take as it is (5.1), or as the end of a line (4.2).
_NOT_SHOWN_IN_JSON = "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"

# What XML 1.0 cannot hold: control characters, halves of surrogate pairs, non-characters. What it can would take 7 ms to compile.
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"

# The same, and C1: what Immich cannot store, or what nobody sees in a name or description.
_UNFIT = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
_UNFIT_FOR_LINE = "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+"

_LONGEST_MESSAGE = 500  # characters
_LONGEST_LINE = 1000
_LONGEST_TEXT = 100_000
_LONGEST_NUMBER = 300  # digits. The largest floating-point number has 309, and up to Python 3.10 reading takes time with their square.


def as_utf8(path: str) -> str:
    """A path as text that is valid UTF-8 whatever its bytes: those that are not UTF-8 become `\\xNN`."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def extension_of(name: str) -> str:
    """The extension of a name or path in lower case, with its dot; empty if there is none. As `os.path.splitext`, in half the time."""
    stem, dot, extension = name.rpartition(".")
    has_one = dot and "/" not in extension and stem.rpartition("/")[2].strip(".")
    return dot + extension.lower() if has_one else ""


def printable(text: str) -> str:
    """A path, or a sentence with paths, fit for a terminal: control characters become `\\xNN` or `\\uNNNN`. Nothing is lost."""
    if text.isascii() and text.isprintable():
        return text
    with suppress(UnicodeEncodeError):  # what a server says may hold half of a surrogate pair that no path has
        text = as_utf8(text)
    return re.sub(_CONTROLS, _escaped, text)


def one_line(text: Any, longest: int = _LONGEST_MESSAGE, *, instead: str = " ") -> str:
    """What a server says, fit for a message: bounded, on one line, unprintable characters replaced. Other values become empty."""
    if not isinstance(text, str):
        return ""
    short = text if len(text) <= longest else text[:longest] + "…"
    return "".join(character if character.isprintable() else instead for character in short)


def printable_json(value: Any) -> str:
    """The value as JSON, which is YAML as well, fit for a terminal and for a reviewer's eyes: what neither shows is escaped."""
    return re.sub(_NOT_SHOWN_IN_JSON, lambda match: "\\u%04x" % ord(match.group()), json.dumps(value, ensure_ascii=False))


def name_to_send(text: str, longest: int = _LONGEST_LINE) -> str:
    """A name as it may go to Immich: one line of bounded length, without characters that cannot be sent."""
    return re.sub(_UNFIT_FOR_LINE, " ", text[:longest]).strip()


def text_to_send(text: str, longest: int = _LONGEST_TEXT) -> str:
    """The same for a description, which may have several lines."""
    return re.sub(_UNFIT, " ", text[:longest].replace("\r\n", "\n")).strip()


def valid_unicode(text: str) -> str:
    """The text with U+FFFD for half of a surrogate pair, which JSON can hold and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fit_for_xml(text: str) -> str:
    """The text with U+FFFD for each character that XML 1.0 cannot hold."""
    return re.sub(_NOT_XML, "\ufffd", text)


def fold(name: str) -> str:
    """What names are compared by: neither case nor the two ways to write an accent make a difference (Unicode 3.13, D145).

    Windows and macOS do not tell upper from lower case, and macOS decomposes accents.
    """
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def parse_json(text: Union[str, bytes]) -> Any:
    """The value. Raises `ValueError` for what is not JSON, and for JSON that is nested too deeply for Python, has numbers of hundreds of
    digits, or `NaN`."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number in it has %d digits" % len(digits))
    return int(digits)


def _refuse(word: str) -> Any:
    raise ValueError("it has %s in it" % word)


def _escaped(match: Match[str]) -> str:
    code = ord(match.group())
    return "\\x%02x" % code if code < 0x80 else "\\u%04x" % code
