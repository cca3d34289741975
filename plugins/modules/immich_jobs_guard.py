#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_jobs_guard`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_jobs_guard
short_description: Watch over a lease on Immich's background queues
version_added: 1.0.0
description:
  - Watches one lease of M(selfhosted.immich.immich_jobs) until it has ended. Meant to be started with C(async) and C(poll=0) before the
    lease is taken, on the host that keeps the ledger. There it outlives the playbook and its connection.
  - While the lease lives, it pauses again what Immich resumed by itself (a restart resumes C(metadataExtraction), a new Redis everything).
  - When the lease has run out, because whoever should have renewed it is dead, it resumes the queues, all at once, except those that
    other leases hold. It never renews the lease itself.
  - It asks the server for the first time when the lease is there, and while a task of M(selfhosted.immich.immich_upload) with
    O(selfhosted.immich.immich_upload#module:pause_queues) is at work, after O(interval) seconds. A task that has ended in order by then
    tells it that nothing is left to watch. Where the ledger is on the server, and no such task is there yet, it asks the server at once.
  - It ends when the lease has been let go of or has run out. A server that does not answer is asked again at each O(interval),
    also at the start, but there for O(wait_for_lease) seconds at most.
  - Needs an administrator's key, with the scopes that M(selfhosted.immich.immich_jobs) needs to pause.
author:
  - selfhosted.immich contributors (@selfhosted)
extends_documentation_fragment:
  - selfhosted.immich.connection
  - selfhosted.immich.attributes
  - selfhosted.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Does nothing in check mode and ends at once.
  diff_mode:
    support: none
  idempotent:
    support: N/A
    details:
      - It watches for as long as the lease lives, and changes only what has to be put right.
options:
  lease:
    description: The name of the lease.
    type: str
    required: true
  ledger:
    description:
      - Where the lease is written down. Must mean the same as for the task that takes it, see M(selfhosted.immich.immich_jobs).
    type: str
    choices: [auto, file, server]
    default: auto
  ledger_dir:
    description:
      - The folder for a O(ledger) of V(file).
      - The default is the folder C(selfhosted.immich) in the user's state folder, E(XDG_STATE_HOME) or C(~/.local/state).
    type: path
  interval:
    description: How many seconds to let pass between two looks.
    type: float
    default: 5
  wait_for_lease:
    description:
      - For how many seconds to wait for the lease to be taken.
      - While a task of M(selfhosted.immich.immich_upload) with O(selfhosted.immich.immich_upload#module:pause_queues) and this lease is
        at work on the same host, it waits on, and no longer once that has ended.
    type: float
    default: 300
  lifetime:
    description:
      - After how many seconds to end in any case. Choose it lower than the C(async) of the task, which would kill the guard.
    type: float
    default: 86400
notes:
  - The option O(retries) has no meaning, because each look is a retry of the one before.
  - SIGTERM ends it. The lease stays as it is then, and the next call of M(selfhosted.immich.immich_jobs) heals what may be left.
seealso:
  - module: selfhosted.immich.immich_jobs
"""

EXAMPLES = r"""
- name: Watch over the lease that the next task takes
  selfhosted.immich.immich_jobs_guard:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    lease: nightly backup
    lifetime: 7000
  async: 7200
  poll: 0
  register: guard

- name: Pause for a backup
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    queues: [all]
    state: paused
    lease: nightly backup
    lease_ttl: 1800
"""

RETURN = r"""
reason:
  description:
    - Why it ended. V(released) when the lease was let go of (or ended by somebody else), V(expired) when it ran out and the queues were
      resumed, V(never_appeared) when nobody took it within O(wait_for_lease) or nobody needed it, V(lifetime) when O(lifetime) was over,
      V(terminated) on SIGTERM, V(watched) when another guard of this user watches over the lease on this host, V(check_mode) in check
      mode.
  returned: always
  type: str
  sample: released
reasserted:
  description: The queues that it paused again because Immich had dropped their pause.
  returned: always
  type: list
  elements: str
  sample: [metadataExtraction]
resumed:
  description: The queues that it resumed when the lease had run out.
  returned: always
  type: list
  elements: str
looks:
  description: How often it looked.
  returned: always
  type: int
failed_looks:
  description: How often it looked in vain, because the server was away or its answer made no sense.
  returned: always
  type: int
last_problem:
  description: What was wrong at the last look, if anything was.
  returned: always
  type: str
seconds:
  description: For how many seconds it watched.
  returned: always
  type: int
"""

from ansible_collections.selfhosted.immich.plugins.module_utils import _module
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.guard.guard import guard
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.leases.ledger import AUTO, LEDGERS

SPEC = _module.CONNECTION + _module.Spec(
    {
        "lease": {"type": "str", "required": True},
        "ledger": {"type": "str", "choices": list(LEDGERS), "default": AUTO},
        "ledger_dir": {"type": "path"},
        "interval": {"type": "float", "default": 5.0},
        "wait_for_lease": {"type": "float", "default": 300.0},
        "lifetime": {"type": "float", "default": 86400.0},
    }
)


def main() -> None:
    """Runs the module."""
    _module.run_unconnected(SPEC, guard)


if __name__ == "__main__":
    main()
