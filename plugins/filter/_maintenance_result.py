# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_maintenance_result`: what a run of the role `immich_maintenance` did, for a person and for a machine."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _maintenance_result
short_description: "[INTERNAL] Say how maintenance under a pause went"
version_added: 1.0.0
description:
  - Turns the results of the tasks of the role P(photoyard.immich.immich_maintenance#role) into what the role leaves as
    C(immich_maintenance_result). Also fits other plays that pause and resume with M(photoyard.immich.immich_jobs).
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The registered result of the task that paused with M(photoyard.immich.immich_jobs); empty if it did not run.
    type: dict
    required: true
  resume:
    description: The registered result of the task that resumed.
    type: dict
    default: {}
  finished:
    description: Whether the tasks in between came to their end.
    type: bool
    default: true
  seconds:
    description: How many seconds the pause took.
    type: float
    default: 0
  backup:
    description: The registered result of the task that backed up the database, if there was one.
    type: dict
    default: {}
  before:
    description: The registered result of M(photoyard.immich.immich_info) before the tasks, if there was one.
    type: dict
    default: {}
  after:
    description: The same after the tasks.
    type: dict
    default: {}
  check_mode:
    description: Whether the tasks ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ (paused | photoyard.immich._maintenance_result(resume=resumed)).msg }}"
"""

RETURN = r"""
_value:
  description: What happened.
  type: dict
  contains:
    ok:
      description: Whether the tasks came to their end, the pause held until then, and the queues could be resumed.
      type: bool
    finished:
      description: Whether the tasks came to their end.
      type: bool
    pause_held:
      description: Whether the pause lasted until the tasks had ended. Null if that is not known, as in check mode.
      type: bool
    paused:
      description: The queues that were paused.
      type: list
      elements: str
    paused_seconds:
      description: For how many seconds.
      type: float
    still_active:
      description: The queues in which a job still ran when the tasks began.
      type: list
      elements: str
    left_paused:
      description: The queues that were paused before, but not by a lease, and stay paused.
      type: list
      elements: str
    held_by_others:
      description: The queues that stay paused because other leases hold them, each with these leases.
      type: dict
    still_paused:
      description: Whether queues could not be resumed.
      type: bool
    backup:
      description: The file name of the new backup on the server. Null if there was none, or if the server does not list its backups.
      type: str
    version_before:
      description: Immich's version before the tasks. Null if it was not asked for.
      type: str
    version_after:
      description: The same after the tasks.
      type: str
    sentences:
      description: All this in a few sentences.
      type: list
      elements: str
    msg:
      description: These sentences as one text.
      type: str
      sample: "Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
"""

from typing import Any, Callable, Mapping

Result = Mapping[str, Any]


def maintenance_result(
    pause: Result,
    resume: Result | None = None,
    finished: bool = True,
    seconds: float = 0,
    backup: Result | None = None,
    before: Result | None = None,
    after: Result | None = None,
    check_mode: bool = False,
) -> dict[str, Any]:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils import _maintenance

    return _maintenance.result(pause, resume or {}, finished, seconds, backup or {}, before or {}, after or {}, check_mode)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_maintenance_result": maintenance_result}
