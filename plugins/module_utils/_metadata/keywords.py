# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keywords, without what it takes to read and write them."""

from __future__ import annotations

import re
from typing import List, NamedTuple

from .._text import fit_for_xml

# One line of what XML 1.0 allows.
_TEXT = re.compile("[ -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_BLANKS = re.compile(r"\s+")


class Unreadable(Exception):
    """A document that is not XMP, or that is not to be trusted. Its text says why, in the middle of a sentence."""


class Keywords(NamedTuple):
    """The keywords of a file or document by the property that has them, as tags with `/` between levels.

    `tags` are digiKam's `TagsList`, `hierarchical` Lightroom's `hierarchicalSubject`, `plain` those that know no levels.
    """

    tags: List[str]
    hierarchical: List[str]
    plain: List[str]


NO_KEYWORDS = Keywords([], [], [])


def text_for_xml(text: str) -> str:
    """A text as a tag, or a name, can be in a document."""
    return fit_for_xml(_BLANKS.sub(" ", text).strip())


def is_text(tag: str) -> bool:
    """Whether a tag can stand in a document: without control characters and half surrogate pairs."""
    return _TEXT.fullmatch(tag) is not None
