# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names that every file system takes. Private to the collection.

What Windows, FAT and macOS do not take or do not tell apart is avoided everywhere, so that an archive can be copied to any disk.
"""

from __future__ import annotations

import os
import re
import unicodedata

LONGEST = 255
"""Bytes of a name on ext4, XFS, Btrfs and most others; Windows counts 255 UTF-16 units, which are never more than bytes of UTF-8."""

_LONGEST_EXTENSION = 16
_UNNAMED = "_"

# Windows: reserved characters. Controls and halves of surrogate pairs besides, and what a terminal would obey.
_UNFIT = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]')
# Windows: names of devices, with any extension too, and with superscript digits.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)


def fit(name: str, longest: int) -> str:
    """A single name, of a file or folder, made from any text; at most so many bytes of UTF-8. Its extension is kept.

    It does not begin with a dot, which would hide it, and does not end with a dot or a blank, which Windows would cut off.
    """
    name = unicodedata.normalize("NFC", _UNFIT.sub("_", name)).strip(" ").rstrip(". ")
    if name.startswith("."):
        name = "_" + name[1:]
    stem, extension = os.path.splitext(name)
    stem, extension = stem.rstrip(". "), extension.rstrip(". ")
    first = stem.partition(".")[0].rstrip(" ")
    if _DEVICE.fullmatch(first):
        stem = first + "_" + stem[len(first) :]
    if len(extension.encode()) > _LONGEST_EXTENSION:
        stem, extension = stem + extension, ""
    stem = _cut(stem, longest - len(extension.encode())).rstrip(". ")
    return (stem or _UNNAMED) + extension


def with_mark(name: str, mark: str, longest: int) -> str:
    """The name with a mark before its extension, by which it differs from others."""
    stem, extension = os.path.splitext(name)
    if len(extension.encode()) > _LONGEST_EXTENSION:
        stem, extension = name, ""
    return _cut(stem, longest - len((mark + extension).encode())).rstrip(". ") + mark + extension


def folded(path: str) -> str:
    """What paths are compared by: two that are the same by this may be one file on some file system."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _cut(text: str, longest: int) -> str:
    return text.encode("utf-8", "replace")[: max(longest, 0)].decode("utf-8", "ignore")
