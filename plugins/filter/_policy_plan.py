# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_policy_plan`: which of Immich's background queues a policy pauses now."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _policy_plan
short_description: "[INTERNAL] Decide by time, load and what is away which background queues to pause now"
version_added: 1.0.0
description:
  - Compares the time, and a host's load and what it sees, with a policy, and returns which leases to take, renew and release.
  - The role P(photoyard.immich.immich_policy#role) describes policies.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The leases, as M(photoyard.immich.immich_jobs_info) returns them.
    type: list
    elements: dict
    required: true
  name:
    description: The policy's name. The names of its leases begin with it, with V(-) for blanks and what else a shell would not take.
    type: str
    required: true
  windows:
    description: The windows, as in O(photoyard.immich.immich_policy#role:main:immich_policy_windows).
    type: list
    elements: dict
    default: []
  load:
    description: The rules, as in O(photoyard.immich.immich_policy#role:main:immich_policy_load).
    type: list
    elements: dict
    default: []
  measured:
    description: The result of M(photoyard.immich.immich_host_load_info).
    type: dict
    default: {}
  lease_ttl:
    description: After how many seconds a pause for load expires if it is not renewed.
    type: int
    default: 900
  queues:
    description:
      - The server's queues, as M(photoyard.immich.immich_jobs_info) returns them. A queue of a window or a rule has to be one of them.
    type: list
    elements: dict
  while_missing:
    description: The paths, as in O(photoyard.immich.immich_policy#role:main:immich_policy_while_missing).
    type: list
    elements: str
    default: []
  while_missing_queues:
    description: The queues to pause while one of the paths is not there.
    type: list
    elements: str
    default: [library]
  while_unreachable:
    description: The URL, as in O(photoyard.immich.immich_policy#role:main:immich_policy_while_unreachable).
    type: str
  while_unreachable_queues:
    description: The queues to pause while it does not answer. Where there are none, those of machine learning that the server has.
    type: list
    elements: str
    default: []
  start_missing:
    description: Whether to start what is missing once it answers again.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Decide which leases to take, renew and release
  ansible.builtin.set_fact:
    plan: "{{ jobs.leases | photoyard.immich._policy_plan(name='policy on nas', windows=windows) }}"
"""

RETURN = r"""
_value:
  description: What to do.
  type: dict
  contains:
    pause:
      description: The leases to take or renew.
      type: list
      elements: dict
      contains:
        lease:
          description: The lease's name.
          type: str
        lease_ttl:
          description: For how many seconds to take or renew it.
          type: int
        queues:
          description: The queues, by name or group.
          type: list
          elements: str
        reason:
          description: Why the queues are paused, or why the lease is released.
          type: str
    start:
      description: The queues in which to start what is missing, after the pauses and before the releases.
      type: list
      elements: dict
      contains:
        lease:
          description: The lease to release only if all of the queues were started.
          type: str
        queues:
          description: The queues, by name.
          type: list
          elements: str
        reason:
          description: Why they are started.
          type: str
    error:
      description: What is wrong with the policy, in a sentence. Empty if nothing is; otherwise there is nothing to do.
      type: str
    release:
      description: The leases to release.
      type: list
      elements: dict
      contains:
        lease:
          description: The lease's name.
          type: str
        reason:
          description: Why the queues are paused, or why the lease is released.
          type: str
"""

from datetime import datetime, timezone
from typing import Any, Callable, Dict, Mapping, Optional, Sequence


def policy_plan(
    leases: Sequence[Mapping[str, Any]],
    name: str,
    windows: Sequence[Mapping[str, Any]] = (),
    load: Sequence[Mapping[str, Any]] = (),
    measured: Optional[Mapping[str, Any]] = None,
    lease_ttl: int = 900,
    queues: Optional[Sequence[Mapping[str, Any]]] = None,
    while_missing: Sequence[str] = (),
    while_missing_queues: Sequence[str] = ("library",),
    while_unreachable: str = "",
    while_unreachable_queues: Sequence[str] = (),
    start_missing: bool = True,
) -> Dict[str, Any]:
    """See the documentation above. What is wrong is returned: Ansible adds text of its own to what a filter raises."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import InvalidRequest
    from ansible_collections.photoyard.immich.plugins.plugin_utils._policy import conditions
    from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.missing import MissingResults
    from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.plan import plan
    from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.windows import PolicyError

    held = {str(lease["holder"]) for lease in leases if not lease["expired"] and not lease["ending"]}
    available = None if queues is None else [str(queue["name"]) for queue in queues]
    seen, ttl, away = measured or {}, int(lease_ttl), []
    missing: Optional[MissingResults] = None
    if while_missing:
        away.append(conditions.while_missing(while_missing, while_missing_queues, seen))
    if while_unreachable:
        unreachable = conditions.while_unreachable(while_unreachable, while_unreachable_queues, seen, ttl, available)
        away.append(unreachable)
        missing = MissingResults(while_unreachable, bool(unreachable.holds), leases, queues or (), ttl) if start_missing else None
    try:
        return {**plan(windows, load, seen, held, name, datetime.now(timezone.utc), ttl, available, away, missing), "error": ""}
    except (PolicyError, InvalidRequest) as exc:
        return {"pause": [], "start": [], "release": [], "error": str(exc)}


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_policy_plan": policy_plan}
