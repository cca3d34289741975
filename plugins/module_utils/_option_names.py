# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What messages call the options of a module: in a role of this collection by the variables that its user has set.

In a message an option stands as in Ansible's documentation, `O(src)`. The role's action says its variables in the environment of the task.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Dict

VARIABLES = "IMMICH_ROLE_VARIABLES"
"""The environment variable in which the action gives each option of the module with the role's variable: `src=immich_upload_src …`."""

_PATH = re.compile(r"[.\[]")  # what leads into an option: `set.date`, `users[0]`


def named(option: str) -> str:
    """What the user calls an option, or a place in it."""
    known = _parse(os.environ.get(VARIABLES, ""))
    outer = _PATH.split(option, maxsplit=1)[0]
    return known.get(outer, outer) + option[len(outer) :]


@lru_cache(maxsize=1)  # each option is named once at the start of a module
def _parse(variables: str) -> Dict[str, str]:
    return dict(pair.split("=", 1) for pair in variables.split() if "=" in pair)


def name_options(text: str, *options: str) -> str:
    """A message in which each of these options, which stands there as `O(option)`, has the name that the user knows."""
    for option in options:
        text = text.replace("O(%s)" % option, named(option))
    return text
