# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a module ended without a result because the host's Python is too old to read it: a sentence in place of Python's traceback.

ansible-core 2.16 manages hosts with Python 2.7 and from 3.6 on, 2.17 those from 3.7 on. A module that such a Python cannot compile cannot
say so itself. The version is asked for only after a module has crashed, so a run that works costs nothing.
"""

from __future__ import annotations

import re
import shlex
from typing import Any, Mapping

from ansible.errors import AnsibleError

from ansible_collections.photoyard.immich.plugins.plugin_utils._interpreter import find_interpreter

OLDEST = (3, 8)
_QUESTION = "import sys; print('%d.%d' % sys.version_info[:2])"


def explain(action: Any, result: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a module that crashed in this action (Ansible's class), with another message if that is because of an old Python.

    `variables` are the task's.
    """
    interpreter = find_interpreter(action, variables)
    if not interpreter:
        return dict(result)
    try:
        answer = action._low_level_execute_command(f"{interpreter} -c {shlex.quote(_QUESTION)}")
    except AnsibleError:  # the connection is gone as well
        return dict(result)
    version = re.fullmatch(r"(\d+)\.(\d+)", str(answer.get("stdout", "")).strip())
    if version is None or (int(version[1]), int(version[2])) >= OLDEST:
        return dict(result)
    oldest = ".".join(map(str, OLDEST))
    msg = (
        f"{interpreter} on this host is Python {version[0]}, and the modules of photoyard.immich need {oldest} or later (3.9 or later with "
        "ansible-core 2.20 or later). Install one there, and set ansible_python_interpreter to its path."
    )
    return {"changed": False, "failed": True, "msg": msg, "failure": {"kind": "local"}}
