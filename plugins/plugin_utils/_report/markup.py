# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTML from text that anybody may have written: file names and messages."""

from __future__ import annotations

import html
import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")


def text(raw: str) -> str:
    """Text for a page or an attribute.

    Characters that would not show, or would turn the line around, and bytes that are no UTF-8 appear as escapes. Braces are escaped
    too, so that no template engine ever takes a file name for a template.
    """
    visible = _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), raw)
    encodable = visible.encode("utf-8", "backslashreplace").decode("utf-8")
    return html.escape(encodable).replace("{", "&#123;").replace("}", "&#125;")
