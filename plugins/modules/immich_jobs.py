#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_jobs`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_jobs
short_description: Pause and resume Immich's background queues
version_added: 1.0.0
description:
  - Pauses or resumes background queues. M(photoyard.immich.immich_job_run) gives them commands.
  - A pause can be tied to a O(lease), which expires unless it is renewed, so the queues always run again, even if a host or process dies.
    A O(ledger) records which queues were paused for leases. Releasing a lease never resumes queues that were paused by hand.
  - Every call also heals, that is, it resumes the queues of leases that have expired.
  - Needs an administrator's key with the scopes C(queue.read) and C(queue.update) (Immich 2.4 and later) or C(job.read) and
    C(job.create).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.ledger
  - photoyard.immich.wait
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Renewing a lease does not count as a change.
options:
  queues:
    description:
      - The queues, by their names in Immich's API (such as V(smartSearch)) or as groups.
      - V(upload) is the chain of queues that process an upload. V(all) is every queue except V(backgroundTask), V(notifications),
        V(backupDatabase), V(search), V(workflow), V(integrityCheck), V(sidecar), V(library), V(migration) and V(editor).
      - V(maintenance) is every queue except V(backgroundTask), which no group contains. Paused, nothing of Immich's background work changes
        files or the database any more, except deleting what users delete, and a backup of the database waits until the end.
      - A group contains only queues that the server has. Naming a queue that the server does not have is an error.
    type: list
    elements: str
    default: [upload]
  state:
    description:
      - With V(paused), no further job of these queues starts. Running jobs continue to their end.
      - With V(running), jobs start again.
      - The server itself stores the pause. It applies to all users and survives restarts, except that Immich resumes
        V(metadataExtraction) whenever it starts.
      - Without O(lease), this is the same as pausing or resuming by hand. It overrides all leases on these queues, and the queues are
        removed from the ledger. With O(ledger=auto), this is so for leases in a file and on the server, as far as the key allows.
      - With V(healed), only the queues of leases that have expired are resumed. The module can still O(wait) for O(queues).
      - V(backgroundTask) can be resumed but never paused, because deleting files and emptying the trash depend on it.
    type: str
    choices: [paused, running, healed]
    required: true
  lease:
    description:
      - A name for the work that needs the pause, such as a host and a run. It requires O(state=paused) or O(state=running).
      - With O(state=paused), the lease holds the queues that were running, which are now paused, and those that other leases already hold.
        A queue that is paused, but not by a lease, is left alone and reported in RV(left_paused). A second call renews the lease.
      - With O(state=running), the lease releases all queues that it holds, regardless of O(queues). Queues that no other lease holds are
        resumed, and the module verifies that they run.
      - A queue is held from the moment when the first lease begins to pause it until the last lease releases it. During this time, Immich
        cannot distinguish a pause by hand from the existing pause. To remove a queue from all leases and keep it paused, use
        O(state=paused) without O(lease) and with the same ledger. A queue that is resumed by hand during this time is paused again within
        seconds.
      - The module leaves a guard on the managed host, a small process that watches the lease. It pauses queues again that Immich resumes by
        itself, records the lease again if the ledger loses it, resumes the queues when the lease expires, and ends with the lease. It
        renews the lease only with O(renew). If this module is killed, or ended by a signal, while it pauses queues or waits, the guard
        resumes them. If it is stopped (SIGSTOP) for longer than O(lease_ttl), the guard resumes them as well, and the module takes the
        lease again when it goes on.
      - If a lease expires and its guard is not running, the next process that uses the ledger ends the lease, even if it only renews
        another lease. From then on, a pause by hand stays.
      - A lease with O(renew), and that of an upload that pauses by itself, also counts as expired once all processes that could keep it
        alive have died. This can be seen on the machine where they ran, on Linux and in the same container, even after a restart of the
        machine. Elsewhere, and for leases without O(renew), only the time counts.
    type: str
  renew:
    description:
      - With O(state=paused) and O(lease), which it needs, the guard renews the lease for as long as the playbook runs, so that later tasks
        may take longer than O(lease_ttl). When the playbook has ended without releasing the lease, however it ended, the queues are resumed
        within seconds.
      - Where the managed host is the controller itself (a local connection, or C(delegate_to=localhost)), the guard watches the process of
        C(ansible-playbook).
      - Over any other connection, a process on the controller waits for the playbook's end, and then runs this module once more to
        release the lease. It has the connection and the keys in memory only, and ends when a task releases the lease.
      - Over SSH, the guard renews the lease while the session on the managed host is open. With OpenSSH's C(ControlPersist), which Ansible
        uses by default, a session lasts until no task has used it for 60 seconds. Without it, or over a connection of another kind, the
        lease is not renewed, so choose O(lease_ttl) longer than the tasks take, or delegate this task to the controller. An upload renews
        its O(photoyard.immich.immich_upload#module:lease) by itself.
      - Needs Linux on the managed host. If there is nothing to watch, a warning says so.
    type: bool
    default: false
  lease_ttl:
    description:
      - After how many seconds the lease expires if it is not renewed, at most 31622400 (a year). A task that waits renews it in the
        meantime.
      - With O(ledger=file), setting the managed host's clock has no effect on this, except across a reboot. Time during which the host
        sleeps counts. With O(ledger=server), the server's clock is used. If the clock in use is set forward, a lease expires early. If it
        is set back, the lease lasts at most twice as long.
    type: float
    default: 900
  resume_order:
    description:
      - With O(state=running), V(together) resumes all queues at once.
      - V(chain) resumes them one by one in the order of the upload chain, which spreads the load on a small server. The next queue is
        resumed when the previous one has nothing left to do or O(resume_step_timeout) is over. A O(lease) is renewed in the meantime.
    type: str
    choices: [together, chain]
    default: together
  resume_step_timeout:
    description: How many seconds to wait for each queue with O(resume_order=chain).
    type: float
    default: 600
  wait:
    description:
      - With O(state=paused), wait until no job of the queues is running. Queues in which a job is still running after O(wait_timeout) are
        named in RV(still_active). This is not a failure, because the jobs end by themselves.
      - Otherwise, wait until the queues have nothing left to do. The task fails if this takes longer than O(wait_timeout). It does not wait
        for paused queues.
    type: bool
    default: false
seealso:
  - module: photoyard.immich.immich_job_run
  - module: photoyard.immich.immich_jobs_info
"""

EXAMPLES = r"""
- name: Pause the queues that process an upload, and let running jobs finish
  photoyard.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: paused
    wait: true

- name: Let them run again
  photoyard.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: running

- name: Pause everything for a backup, for as long as this playbook runs
  photoyard.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    queues: [maintenance]
    state: paused
    lease: nightly backup
    renew: true

- name: Let them run again, one by one, unless another lease holds them
  photoyard.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: running
    lease: nightly backup
    resume_order: chain

- name: Resume the queues that crashed runs left paused, once their leases have expired
  photoyard.immich.immich_jobs:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: healed
"""

RETURN = r"""
queues:
  description: The state of the chosen queues afterwards. Queues of the upload chain come first, in the order of the chain.
  returned: with O(state=paused), O(state=running) or O(wait), also after a partial failure
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
      description: How many jobs are running.
      type: int
    waiting:
      description: How many jobs are waiting, including those in a paused queue.
      type: int
    delayed:
      description: How many jobs are scheduled for later.
      type: int
    failed:
      description: How many jobs Immich counts as failed. It counts jobs that stalled, not jobs that ended with an error.
      type: int
paused:
  description: The queues that this call paused, also after a partial failure, so that they can be resumed.
  returned: with O(state=paused) or O(state=running)
  type: list
  elements: str
  sample: [metadataExtraction, thumbnailGeneration]
resumed:
  description: The queues that this call resumed, also after a partial failure.
  returned: with O(state=paused) or O(state=running)
  type: list
  elements: str
left_paused:
  description: The chosen queues that are paused, but not by a lease. They stay paused.
  returned: with O(lease)
  type: list
  elements: str
  sample: [smartSearch]
held_by_others:
  description:
    - The queues that other leases also hold, each with the list of these leases. They stay paused until the last of these leases is
      released.
  returned: with O(lease)
  type: dict
  sample: {smartSearch: [nightly backup]}
held_until:
  description: Until when each lease in RV(held_by_others) lasts unless it is renewed (ISO 8601, UTC).
  returned: with O(lease)
  type: dict
  sample:
    weekly backup: "2026-01-31T02:30:00Z"
held_here:
  description: Those of the leases in RV(held_until) that a process of this host keeps alive.
  returned: with O(lease)
  type: list
  elements: str
  sample: []
lease:
  description: The lease afterwards; null when it has been released.
  returned: with O(lease)
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
      description: When it expires unless it is renewed (ISO 8601, UTC).
      type: str
    ledger:
      description: The ledger that records it, V(file) or V(server).
      type: str
  sample:
    holder: nightly backup
    queues: [metadataExtraction]
    expires_at: "2026-01-31T02:30:00Z"
    ledger: file
lease_was_held:
  description:
    - Whether the lease held its queues until this call. V(false) if it had expired before, or is not in the ledger, for example because it
      has been released already.
  returned: with O(state=running) and O(lease)
  type: bool
healed:
  description: The queues that were resumed because the lease that paused them has expired.
  returned: always
  type: list
  elements: str
expired_leases:
  description: The leases that were ended because they had expired, or because the process that was releasing them died.
  returned: always
  type: list
  elements: str
still_active:
  description: The queues in which a job was still running after O(wait_timeout).
  returned: with O(state=paused) and O(wait=true)
  type: list
  elements: str
"""

from functools import partial
from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.guarded import guarded
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobsOptions
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_GUARD, Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec(_options.argument_spec(JobsOptions), required_if=[("renew", True, ("lease",))])


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Does what the options ask for, with a guard for a lease."""
    options, outcome = _options.from_params(JobsOptions, params), RunOutcome()
    with Run("task") as run, guarded(client, options, check_mode, run, outcome) as held:
        outcome.result = run.do(partial(manage, client, held, check_mode, run.check), TIME_FOR_A_GUARD)
    return outcome.result


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
