# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the documentation of one object to that of an option with a list of them, which is the same but for the places of options."""

from __future__ import annotations

import re
import textwrap


def document_list(option: str, description: str, documentation: str) -> str:
    """Documentation of an option whose suboptions are the options in `documentation`: YAML of the form of a fragment.

    `O(name)` becomes `O(users[].name)`.

    What is assigned from it is annotated: ansible-test's yamllint takes each plain assignment of a fragment for a text, and crashes.
    """
    suboptions = re.sub(r"\bO\(", "O(%s[]." % option, documentation.partition("options:\n")[2])
    lines = ("options:", "  %s:" % option, "    description: " + description, "    type: list", "    elements: dict", "    suboptions:", "")
    return "\n".join(lines) + textwrap.indent(suboptions, " " * 4)
