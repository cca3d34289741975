# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names that say which pictures belong together: edited copies (`IMG_1-edited(2)` for `IMG_1(2)`), series of one press, sides of a scan."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from .. import _text

MARKS = (
    # Seen in exports.
    "edited",
    "modifié",
    "bearbeitet",
    "modificato",
    "ha editado",
    "editat",
    "edytowane",
    "bewerkt",
    "編集済み",
    "измененный",
    "düzenlendi",
    "已修改",
    "已編輯",
    "muokattu",
    # Listed by other programs: Portuguese, Russian, Chinese, Korean, Danish, Norwegian, Swedish, Slovak, Ukrainian.
    "editado",
    "отредактировано",
    "编辑",
    "편집됨",
    "redigeret",
    "redigert",
    "redigerad",
    "upravené",
    "відредаговано",
)
"""What Google Photos appends, by language, behind a hyphen. A picture is taken for an edited copy only where its original has the same
time, or where a Takeout says what it belongs to."""


_MARKED = re.compile(r"(?P<stem>.+?)(?:-(?:%s)){1,3}(?P<number>\(\d{1,4}\))?" % "|".join(_text.fold(mark) for mark in MARKS), re.DOTALL)

# Apple's Photos exports IMG_1234 and, edited, IMG_E1234.
_APPLE = re.compile(r"(?P<before>img_)e(?P<number>\d{4})")


def original_of(stem: str) -> Optional[str]:
    """The original's name, if a name says that it is an edited copy. Both are without their extension and folded."""
    match = _MARKED.fullmatch(stem) if "-" in stem else None
    if match:
        return match.group("stem") + (match.group("number") or "")
    match = _APPLE.fullmatch(stem)
    return match.group("before") + match.group("number") if match else None


# As immich-go knows them from its users' reports (internal/filenames, its issues 45, 94, 99, 100, 345, 743, 1259 and immich's 15958).
# What stands before the part `frame` or behind it differs within a series, what is in `series` does not.
_PATTERNS = (
    # 00001IMG_00001_BURST20171111030039_COVER (Nexus), with the Unix time in milliseconds Nothing's phones
    re.compile(r"\d{1,6}[A-Z]{1,20}_(?P<frame>\d{1,6})_(?P<series>BURST(?:\d{17}|\d{13,14}))(?P<rest>_\w{1,20})?", re.IGNORECASE),
    # DSC_0001_BURST20230709220904977_COVER (Sony Xperia)
    re.compile(r"DSC_(?P<frame>\d{1,6})_(?P<series>BURST\d{17})(?P<rest>_\w{1,20})?", re.IGNORECASE),
    # IMG_20231014_183246_BURST001_COVER (Huawei), …_COVER_TOP (Xiaomi), IMG_20231014_183246123_… (Motorola), IMG20250208154709_… (Oppo)
    re.compile(r"(?P<series>IMG_?\d{8}_?\d{6}(?:\d{3})?_BURST)(?P<frame>\d{1,4})(?P<rest>_\w{1,20})?", re.IGNORECASE),
    # PXL_20231207_032111247.NIGHT.RAW-01.MP.COVER (Google Pixel)
    re.compile(
        r"(?P<series>PXL_\d{8}_\d{9})(?:\.[A-Z_]{1,20}){0,3}?\.[A-Z_]{1,20}-(?P<frame>\d{2})(?P<rest>(?:\.[A-Z_]{1,20}){0,3})",
        re.IGNORECASE,
    ),
)
# 20231207_101605_001 (Samsung, which marks no cover)
_SAMSUNG = re.compile(r"(?P<series>\d{8}_\d{6})_(?P<frame>\d{3})")

# SceneryAndWildlife_0001, …_0001_a (enhanced), …_0001_b (the back): Epson FastFoto
_SCAN = re.compile(r"(?P<series>.*_\d{1,9})(?:_(?P<frame>[ab]))?", re.IGNORECASE | re.DOTALL)

_LONGEST = 255  # characters, as many as a file system allows bytes: what is longer was not named by a camera


class Series(NamedTuple):
    """Which series a name belongs to, by a name that all of the series share, and where in it.

    `cover` says that the maker marked this picture as the one to show. `sure` is false where other programs name files in the same way,
    so that the times have to agree as well.
    """

    name: str
    frame: int
    cover: bool
    sure: bool


def burst_of(stem: str) -> Optional[Series]:
    """The series that a phone's name (without its extension) tells: a burst, a long exposure, or a RAW file and its JPEG file."""
    if len(stem) > _LONGEST:
        return None
    samsung = _SAMSUNG.fullmatch(stem)
    if samsung:
        return Series(samsung.group("series"), int(samsung.group("frame")), False, False)
    for pattern in _PATTERNS:
        match = pattern.fullmatch(stem)
        if match:
            return Series(match.group("series").upper(), int(match.group("frame")), "COVER" in (match.group("rest") or "").upper(), True)
    return None


def scan_of(stem: str) -> Optional[Series]:
    """The scan that a name (without its extension) may belong to: the plain one is frame 0, the enhanced one 1, the back 2."""
    match = _SCAN.fullmatch(stem) if len(stem) <= _LONGEST else None
    if match is None:
        return None
    frame = " ab".index((match.group("frame") or " ").lower())
    return Series(match.group("series").upper(), frame, frame == 1, False)
