#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_jobs_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_jobs_info
short_description: List Immich's background queues and the leases on them
version_added: 1.0.0
description:
  - Returns every background queue of the server, with its running and waiting jobs and whether it is paused. Also returns the leases in
    the O(ledger) of M(photoyard.immich.immich_jobs). With O(ledger=auto), it reads both kinds of ledger.
  - Needs an administrator's key with the scope C(queue.read) (Immich 2.4 and later) or C(job.read). To show the leases that are recorded
    on the server, it also needs C(album.read). It shows only those of the key's user.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.ledger
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
  - photoyard.immich.attributes.actiongroup_immich
seealso:
  - module: photoyard.immich.immich_jobs
"""

EXAMPLES = r"""
- name: Get the queues and leases
  photoyard.immich.immich_jobs_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
  register: jobs

- name: Show which queues are paused
  ansible.builtin.debug:
    msg: "{{ jobs.queues | selectattr('paused') | map(attribute='name') | join(', ') | default('none', true) }}"
"""

RETURN = r"""
queues:
  description: The background queues. Those of the upload chain come first, in the order of the chain.
  returned: success
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
leases:
  description: The leases in the ledgers, including those that have expired but have not been ended yet.
  returned: success
  type: list
  elements: dict
  contains:
    holder:
      description: The lease's name.
      type: str
    queues:
      description: The queues that it holds.
      type: list
      elements: str
    expires_at:
      description: When it expires unless it is renewed, or when it expired (ISO 8601, UTC).
      type: str
    age:
      description: Seconds since it was last renewed.
      type: int
    expires_in:
      description: In how many seconds it expires unless it is renewed; 0 if it has expired.
      type: int
    expired:
      description:
        - Whether it has expired, or all processes that could keep it alive have died on this machine. The next call of
          M(photoyard.immich.immich_jobs) ends it.
      type: bool
    ending:
      description: Whether its queues are being resumed.
      type: bool
    host:
      description: The host that recorded it.
      type: str
    runs_here:
      description: Whether a process of this host keeps it alive.
      type: bool
    work:
      description: What it is for, such as V(upload), V(copy) or V(maintenance), if this collection has named it. Otherwise null.
      type: str
    ledger:
      description: The ledger that records it, V(file) or V(server).
      type: str
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module, _options
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.results import describe
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger import LedgerOptions

SPEC = _module.ADMIN_CONNECTION + _module.Spec(_options.argument_spec(LedgerOptions))


def run(client: api.Immich, params: Mapping[str, Any], _check_mode: bool) -> _module.Result:
    """Describes the queues and the leases."""
    return describe(client, _options.from_params(LedgerOptions, params))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
