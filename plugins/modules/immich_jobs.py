#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_jobs`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_jobs
short_description: Pause, resume and command Immich's background queues
version_added: 1.0.0
description:
  - Pauses or resumes background queues, gives them a command, or runs one of Immich's manual jobs.
  - A pause can be given to a O(lease), which runs out unless it is renewed, so that the queues run again whatever dies. A O(ledger)
    records which queues were paused for leases. Queues that were paused by hand are never resumed with a lease.
  - Every call also heals, that is, resumes the queues of leases that have run out. Without O(state), O(command) and O(manual_job) it
    does nothing else.
  - Needs an administrator's key. Its scopes are C(queue.read) and C(queue.update) (Immich 2.4 and later) or C(job.read) and
    C(job.create). Commands and manual jobs always need C(job.create), and C(maintenance) lets a backup be verified.
author:
  - selfhosted.immich contributors (@selfhosted)
extends_documentation_fragment:
  - selfhosted.immich.connection.admin
  - selfhosted.immich.connection
  - selfhosted.immich.ledger
  - selfhosted.immich.attributes
  - selfhosted.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(state) is idempotent, with a lease too, whose renewal does not count as a change. So are V(empty) and V(clear_failed) of
        O(command). V(start_missing) and V(start_all) of O(command) and O(manual_job) are a change each time, because Immich does not
        tell whether the job that it was asked for found anything to do.
options:
  queues:
    description:
      - The queues, by their names in Immich's API (such as V(smartSearch)) or as groups.
      - V(upload) is the chain that an upload sets off, V(all) every queue that may be paused without being named.
      - V(backgroundTask), V(notifications), V(backupDatabase), V(search), V(workflow), V(integrityCheck), V(sidecar), V(library),
        V(migration) and V(editor) are in no group.
      - A group leaves out what the server does not have. A name that the server does not have is an error.
    type: list
    elements: str
    default: [upload]
  state:
    description:
      - V(paused) lets no further job of these queues begin. Jobs that run go on to their end.
      - V(running) lets them begin again.
      - A pause is the server's own state. It holds for all users and across restarts, except that Immich resumes
        V(metadataExtraction) whenever it starts.
      - Without O(lease) this is an administrator's own pause or resume. Leases have no say in it, and the ledger forgets the queues.
      - V(backgroundTask) can be resumed but never paused, because deleting files and emptying the trash depend on it.
    type: str
    choices: [paused, running]
  command:
    description:
      - V(start_missing) lets Immich look for assets that lack what the queue makes, and queues a job for each. A queue that is at work
        already is left alone. Where nothing is missing this is reported as a change all the same. Immich starts a job in any case, tries
        assets again whose job failed each time, and keeps no count of completed jobs. For a schedule that should report no change, use
        C(changed_when=false).
      - On a paused queue the request waits, and each further call adds one.
      - V(start_all) queues a job for every asset. For V(faceDetection) this first deletes the faces that were found by machine.
      - V(empty) throws away the jobs that wait. Queues of the upload chain must be named for this, because a group would too easily
        strand assets half-way, without thumbnail or search.
      - V(clear_failed) forgets failed jobs.
    type: str
    choices: [start_missing, start_all, empty, clear_failed]
  manual_job:
    description:
      - One of the jobs that Immich runs on request, V(backup-database), V(person-cleanup), V(tag-cleanup), V(user-cleanup),
        V(memory-cleanup) or V(memory-create), and from Immich 3.0 on V(integrity-missing-files), V(integrity-untracked-files) or
        V(integrity-checksum-mismatch), each also with V(-refresh) or V(-delete-all) at its end.
      - Immich does not tell whether such a job succeeded. Only a backup can be verified. With O(wait=true) it is a failure if
        V(backup-database) ends without a new file in the server's list of backups. That needs Immich 2.5 or later and the scope
        C(maintenance); without them a warning says that the outcome is not known.
    type: str
  lease:
    description:
      - A name for what needs the pause, such as a host and a run. It requires O(state).
      - With O(state=paused), the lease holds the queues that run, which are paused, and those that other leases hold. A queue that is
        paused but not by a lease is left alone and reported in RV(left_paused). A second call renews the lease.
      - With O(state=running), the lease releases everything it holds, whatever O(queues) says. Queues that no other lease holds are
        resumed, and it is verified that they run.
      - "A queue belongs to its leases from the moment in which the first of them begins to pause it until the last has let go. In
        between, Immich does not tell a pause by hand from the one that is there already: to take a queue out of all leases and keep
        it paused, use O(state=paused) without O(lease) on the same ledger. A queue that is resumed by hand in between is paused
        again within seconds."
      - A process on the host stays behind for the lease. It pauses again what Immich resumes by itself, resumes the queues when the lease
        has run out, and ends with the lease. It never renews. When this module is killed while it pauses, that process resumes the queues.
      - When a lease has run out and that process is dead, whatever looks into the ledger next ends the lease, a renewal of another one
        included. From then on a pause by hand stays.
    type: str
  lease_ttl:
    description:
      - For how many seconds the lease holds without being renewed, at most 31622400 (a year). A task that waits renews it meanwhile.
      - In a O(ledger) of V(file), a change of the host's clock changes nothing about that, and the time that a host sleeps counts.
        The clock decides only across a reboot. In one of V(server) the clock of the server counts. Where a clock that decides is set
        forward, a lease runs out early. Where it is set back, the lease lives at most twice as long.
    type: float
    default: 900
  resume_order:
    description:
      - With O(state=running), V(together) resumes all queues at once.
      - V(chain) resumes one after the other in the order of the upload chain, so that a small server is not hit by everything at once.
        The next one follows when the one before has nothing left to do or O(resume_step_timeout) is over. A O(lease) is renewed meanwhile.
    type: str
    choices: [together, chain]
    default: together
  resume_step_timeout:
    description: How many seconds to give each queue with O(resume_order=chain).
    type: float
    default: 600
  wait:
    description:
      - With O(state=paused), wait until no job of the queues runs any more. Queues in which a job still runs at the end of
        O(wait_timeout) are named in RV(still_active). That is not a failure, since the jobs end by themselves.
      - Otherwise, wait until the queues have nothing left to do; it is a failure if that takes longer than O(wait_timeout). What a
        pause holds back is not waited for.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait at most.
    type: float
    default: 300
  wait_interval:
    description: How many seconds to let pass between two looks, more than 0.
    type: float
    default: 2
seealso:
  - module: selfhosted.immich.immich_jobs_info
"""

EXAMPLES = r"""
- name: Pause what an upload sets off, and let running jobs finish
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: paused
    wait: true

- name: Let them run again
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: running

- name: Pause for a backup, at most half an hour whatever happens to this playbook
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    queues: [all]
    state: paused
    lease: nightly backup
    lease_ttl: 1800

- name: Let them run again, one after the other, unless another lease needs the pause
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: running
    lease: nightly backup
    resume_order: chain

- name: Resume what crashed runs left paused, once their leases have run out
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"

- name: Find faces in everything that has not been looked at
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    queues: [faceDetection]
    command: start_missing
  changed_when: false

- name: Back up the database, wait for it, and fail if there is no new backup
  selfhosted.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    manual_job: backup-database
    wait: true
    wait_timeout: 1800
"""

RETURN = r"""
queues:
  description: The chosen queues afterwards, those of the upload chain first and in its order.
  returned: with O(state) or O(command), also on a failure half-way
  type: list
  elements: dict
  contains:
    name:
      description: The queue's name in Immich's API.
      type: str
    paused:
      description: Whether it is paused.
      type: bool
    active:
      description: How many jobs run.
      type: int
    waiting:
      description: How many jobs wait, those that a pause holds back among them.
      type: int
    delayed:
      description: How many jobs are to run later.
      type: int
    failed:
      description: How many jobs Immich counts as failed. It counts those that stalled, not those that met an error.
      type: int
paused:
  description: The queues that this call paused, also on a failure half-way, so that they can be resumed.
  returned: with O(state)
  type: list
  elements: str
  sample: [metadataExtraction, thumbnailGeneration]
resumed:
  description: The queues that this call resumed, also on a failure half-way.
  returned: with O(state)
  type: list
  elements: str
left_paused:
  description: The chosen queues that are paused, but not by a lease. They stay so.
  returned: with O(state) and O(lease)
  type: list
  elements: str
  sample: [smartSearch]
held_by_others:
  description:
    - The queues that other leases hold as well, each with the list of these leases. They stay paused until the last of them has let go.
  returned: with O(state) and O(lease)
  type: dict
  sample: {smartSearch: [nightly backup]}
lease:
  description: The lease afterwards; null when it has let go.
  returned: with O(state) and O(lease)
  type: dict
  contains:
    holder:
      description: The lease's name.
      type: str
    queues:
      description: The queues that it holds.
      type: list
      elements: str
    expires_at:
      description: When it runs out unless it is renewed (ISO 8601, UTC).
      type: str
    ledger:
      description: Where it is written down, V(file) or V(server).
      type: str
  sample:
    holder: nightly backup
    queues: [metadataExtraction]
    expires_at: "2026-01-31T02:30:00Z"
    ledger: file
healed:
  description: The queues that were resumed because the lease that paused them has run out.
  returned: always
  type: list
  elements: str
expired_leases:
  description: The leases that were ended because they had run out, or because the process that was releasing them died.
  returned: always
  type: list
  elements: str
still_active:
  description: The queues in which a job still ran when O(wait_timeout) was over.
  returned: with O(state=paused) and O(wait=true)
  type: list
  elements: str
started:
  description: The queues that were started.
  returned: with O(command=start_missing) or O(command=start_all)
  type: list
  elements: str
emptied:
  description: The queues that were emptied.
  returned: with O(command=empty)
  type: list
  elements: str
cleared:
  description: The queues whose failed jobs were forgotten.
  returned: with O(command=clear_failed)
  type: list
  elements: str
unneeded:
  description: The queues that the command left alone because there was nothing to do, or because they were at work already.
  returned: with O(command)
  type: list
  elements: str
manual_job:
  description: The manual job that was put into its queue.
  returned: with O(manual_job)
  type: str
backup:
  description: The file name of the new backup on the server; null where the server does not tell.
  returned: with O(manual_job=backup-database) and O(wait=true)
  type: str
  sample: immich-db-backup-20260131T020000-v3.1.0-pg17.12.sql.gz
"""

from typing import Any, Mapping

from ansible_collections.selfhosted.immich.plugins.module_utils import _module
from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs.commands import COMMANDS
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.jobs.guarded import manage_with_guard
from ansible_collections.selfhosted.immich.plugins.module_utils._queues.options import RESUME_ORDERS, TOGETHER, jobs_options

SPEC = (
    _module.ADMIN_CONNECTION
    + _module.LEDGER
    + _module.Spec(
        {
            "queues": {"type": "list", "elements": "str", "default": ["upload"]},
            "state": {"type": "str", "choices": ["paused", "running"]},
            "command": {"type": "str", "choices": list(COMMANDS)},
            "manual_job": {"type": "str"},
            "lease": {"type": "str"},
            "lease_ttl": {"type": "float", "default": 900.0},
            "resume_order": {"type": "str", "choices": list(RESUME_ORDERS), "default": TOGETHER},
            "resume_step_timeout": {"type": "float", "default": 600.0},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "float", "default": 300.0},
            "wait_interval": {"type": "float", "default": 2.0},
        },
        mutually_exclusive=[["state", "command", "manual_job"]],
    )
)


def run(client: Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Does what is asked for; a lease gets a guard."""
    return manage_with_guard(client, jobs_options(params), check_mode)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run)


if __name__ == "__main__":
    main()
