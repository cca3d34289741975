# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages from templates, in which text that anybody may have written, file names and messages, is made safe."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")


def visible(raw: str) -> str:
    """Characters that would not show, or would turn the line around, and bytes that are not UTF-8 appear as escapes."""
    escaped = _CONTROLS.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), raw)
    return escaped.encode("utf-8", "backslashreplace").decode("utf-8")


def finalize(value: Any) -> Markup:
    """What the template engine does with every value that it prints. Braces are escaped too, so that nothing that handles the page
    later, such as Ansible itself, takes a file name for a template."""
    if hasattr(value, "__html__"):
        return Markup(value)
    return Markup(str(escape(visible(str(value)))).replace("{", "&#123;").replace("}", "&#125;"))


@lru_cache(maxsize=None)
def environment() -> Environment:
    """The template engine for the folder templates. It compiles each of them once, however many reports there are."""
    return Environment(
        loader=FileSystemLoader(os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
