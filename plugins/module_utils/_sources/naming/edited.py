# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of edited copies, such as `IMG_1-edited(2)` for `IMG_1(2)`. Private to the collection."""

from __future__ import annotations

import re
from typing import Optional

from ..._text import fold

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


_MARKED = re.compile(r"(?P<stem>.+?)(?:-(?:%s)){1,3}(?P<number>\(\d{1,4}\))?" % "|".join(fold(mark) for mark in MARKS), re.DOTALL)

# Apple's Photos exports IMG_1234 and, edited, IMG_E1234.
_APPLE = re.compile(r"(?P<before>img_)e(?P<number>\d{4})")


def original_of(stem: str) -> Optional[str]:
    """The original's name, if a name says that it is an edited copy. Both are without their extension and folded."""
    found = _MARKED.fullmatch(stem) if "-" in stem else None
    if found:
        return found.group("stem") + (found.group("number") or "")
    found = _APPLE.fullmatch(stem)
    return found.group("before") + found.group("number") if found else None
