# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module was started by: the playbook itself, on its own machine, or the ssh session that it came over. Private to the collection.

Read from Linux's /proc. Elsewhere, in a container that is entered from outside, or where processes of others are hidden, there is none.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from .. import processes

# In a command line, whose words end with NUL: `/usr/bin/ansible-playbook`, `python -m ansible playbook`, Nix's `.ansible-playbook-wrapped`.
_PLAYBOOK = re.compile(rb"(?:^|[\0/.])ansible(?:-playbook|\0playbook|\.cli\.playbook)(?:-wrapped)?\0")
_SESSION = re.compile(rb"(?:sshd|dropbear)\b")

_MOST_PARENTS = 100  # a loop is possible: a process may end during the search, and its id may be reused


class Origin(NamedTuple):
    """A process; `started` is when, in the system's own unit, so that it is not mistaken for a later one with its id."""

    pid: int
    started: int
    is_playbook: bool

    @property
    def lives(self) -> bool:
        """Whether it still runs. One that has ended and was not yet collected by its parent does not."""
        found = processes.look(self.pid)
        return found is not None and found.started == self.started and not found.has_ended


def find_origin(pid: int) -> Optional[Origin]:
    """What the process was started by: the nearest of its parents that is a playbook's main process or a session of an ssh server."""
    process = processes.look(pid)
    for _step in range(_MOST_PARENTS):
        if process is None:
            break
        pid, process = process.parent, processes.look(process.parent)
        if process is not None and _SESSION.match(process.name):
            return Origin(pid, process.started, is_playbook=False)
        command = processes.command(pid)
        if process is not None and _PLAYBOOK.search(command):
            above = processes.look(process.parent)
            while above is not None and processes.command(process.parent) == command:  # that was a worker, which has a task to do
                pid, process, above = process.parent, above, processes.look(above.parent)
            return Origin(pid, process.started, is_playbook=True)
    return None
