#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_job_run`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_job_run
short_description: Start, empty and clear Immich's background queues, or run a manual job
version_added: 1.0.0
description:
  - Gives background queues a command, or runs one of the jobs that Immich runs on request.
  - Needs an administrator's key with the scopes C(job.create) and C(queue.read) (Immich 2.4 and later) or C(job.read). With
    C(maintenance), a backup can be verified.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.wait
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(command=empty) and O(command=clear_failed) are idempotent. O(command=start_missing), O(command=start_all) and O(manual_job)
        report a change every time, because Immich does not say whether the job found anything to do.
options:
  queues:
    description:
      - The queues that get the O(command), by their names in Immich's API (such as V(smartSearch)) or as groups, which
        O(photoyard.immich.immich_jobs#module:queues) describes.
    type: list
    elements: str
    default: [upload]
  command:
    description:
      - V(start_missing) makes Immich look for assets that lack the result of the queue, and queue a job for each of them. A queue that is
        already active is left alone. This is reported as a change even if nothing is missing, because Immich starts a job in any case,
        retries assets whose job failed before, and does not count completed jobs. Use C(changed_when=false) in a schedule that should not
        report changes.
      - If the queue is paused, the request waits in the queue, and each further call adds another one.
      - V(backgroundTask), V(notifications), V(search), V(workflow), V(integrityCheck) and V(editor) cannot be started, which is a failure.
      - V(start_all) queues a job for every asset. For V(faceDetection), this first deletes the faces that were detected automatically, and
        does not find all of them again. See O(allow_lost_faces).
      - V(empty) discards the waiting jobs. Queues of the upload chain must be named individually for this, because emptying them leaves
        assets only partly processed, for example without a thumbnail.
      - V(clear_failed) removes the record of failed jobs.
    type: str
    choices: [start_missing, start_all, empty, clear_failed]
  manual_job:
    description:
      - One of the jobs that Immich runs on request, V(backup-database), V(person-cleanup), V(tag-cleanup), V(user-cleanup),
        V(memory-cleanup) or V(memory-create), and from Immich 3.0 on V(integrity-missing-files), V(integrity-untracked-files) or
        V(integrity-checksum-mismatch), each also with V(-refresh) or V(-delete-all) at its end.
      - Either this or O(command) is needed, and they exclude each other.
      - Immich does not say whether such a job succeeded. Only a backup can be verified. With O(wait=true), the task fails if
        V(backup-database) ends without a new file in the server's list of backups. This needs Immich 2.5 or later and the scope
        C(maintenance). Without them, a warning says that the outcome is unknown.
    type: str
  allow_lost_faces:
    description:
      - Whether O(command=start_all) for V(faceDetection) may lose faces. In a photo in which a face was marked by hand, or came with a
        copy (M(photoyard.immich.immich_copy)) or a sidecar, Immich may not find the others again.
      - Without it, the task fails before anything is started if there are such photos, in check mode as well. C(failure.details.photos)
        says how many. Only photos of the key's user are looked at, in which somebody has a name. If the server has other users, a warning
        says so.
      - For this look, the key needs the scopes C(user.read), C(asset.read) and C(face.read).
    type: bool
    default: false
  wait:
    description:
      - Wait until the queues, or that of the manual job, have nothing left to do. The task fails if this takes longer than
        O(wait_timeout). It does not wait for paused queues.
    type: bool
    default: false
seealso:
  - module: photoyard.immich.immich_jobs
  - module: photoyard.immich.immich_jobs_info
"""

EXAMPLES = r"""
- name: Detect faces in all photos that have not been processed
  photoyard.immich.immich_job_run:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    queues: [faceDetection]
    command: start_missing
  changed_when: false

- name: Back up the database, wait for it, and fail if no new backup appears
  photoyard.immich.immich_job_run:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    manual_job: backup-database
    wait: true
    wait_timeout: 1800
"""

RETURN = r"""
queues:
  description: The state of the chosen queues afterwards, as in RV(photoyard.immich.immich_jobs#module:queues).
  returned: with O(command) or O(wait), also after a partial failure
  type: list
  elements: dict
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
  description: The queues whose record of failed jobs was cleared.
  returned: with O(command=clear_failed)
  type: list
  elements: str
nothing_to_do:
  description: The queues that the command left alone because there was nothing to do, or because they were already active.
  returned: with O(command)
  type: list
  elements: str
manual_job:
  description: The manual job that was queued.
  returned: with O(manual_job)
  type: str
backup:
  description: The file name of the new backup on the server; null if the server does not list its backups.
  returned: with O(manual_job=backup-database) and O(wait=true)
  type: str
  sample: immich-db-backup-20260131T020000-v3.1.0-pg17.12.sql.gz
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.commands import run_job
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobRunOptions
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    _options.argument_spec(JobRunOptions),
    required_one_of=[["command", "manual_job"]],
    mutually_exclusive=[["command", "manual_job"]],
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Gives the command, or runs the manual job."""
    options = _options.from_params(JobRunOptions, params)
    with Run("task") as run:
        return run.do(lambda: run_job(client, options, check_mode, run.check), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
