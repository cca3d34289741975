# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_upload_summary`: what an upload or a copy did, in a few sentences."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _upload_summary
short_description: "[INTERNAL] Say in a few sentences how an upload or a copy went"
version_added: 1.0.0
description:
  - Turns the result of M(photoyard.immich.immich_upload) into the summary that the role P(photoyard.immich.immich_upload#role) prints at
    its end. Also uses the results of M(photoyard.immich.immich_jobs), if the play pauses and resumes in tasks of its own.
  - With O(verb=copy), it does so with the result of M(photoyard.immich.immich_copy).
  - The summary does not repeat errors, because the failed task has already reported them.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The registered result of M(photoyard.immich.immich_upload) or M(photoyard.immich.immich_copy); empty if it did not run.
    type: dict
    required: true
  pause:
    description: The registered result of the task that paused with M(photoyard.immich.immich_jobs), if there was one.
    type: dict
    default: {}
  resume:
    description: The registered result of the task that resumed with M(photoyard.immich.immich_jobs), if there was one.
    type: dict
    default: {}
  other:
    description:
      - The lease of an upload of another run, as M(photoyard.immich.immich_jobs_info) returns it, because of which this run did not
        upload. Empty if it did.
    type: dict
    default: {}
  src:
    description: The paths that were searched for photos.
    type: list
    elements: str
    default: []
  check_mode:
    description: Whether the tasks ran in check mode.
    type: bool
    default: false
  verb:
    description: What the task did with the files.
    type: str
    choices: [upload, copy]
    default: upload
  leases_of_play:
    description:
      - The names of the leases under which the hosts of the play upload. What they hold is said to stay paused until they have finished,
        because they resume it themselves.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the summary
  ansible.builtin.debug:
    msg: "{{ uploaded | photoyard.immich._upload_summary(src=['/volume1/photo']) }}"
"""

RETURN = r"""
_value:
  description: The summary, a sentence each.
  type: list
  elements: str
  sample:
    - 412 uploaded (1.2 GB), 17,889 already there.
    - Background jobs run again; smartSearch stays paused (not ours).
"""

from typing import Any, Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

Result = Mapping[str, Any]


def upload_summary(
    uploaded: Result,
    pause: Result | None = None,
    resume: Result | None = None,
    src: str | Sequence[str] = (),
    check_mode: bool = False,
    verb: str = "upload",
    leases_of_play: Sequence[str] = (),
    other: Result | None = None,
) -> list[str]:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import numbers, summary

    if verb not in numbers.PARTICIPLES:
        raise AnsibleFilterError(f"verb must be one of {', '.join(numbers.PARTICIPLES)}, not {verb!r}.")
    if other:
        return summary.skipped_for(other)
    paths = [src] if isinstance(src, str) else src
    return summary.summary(uploaded, pause or {}, resume or {}, paths, verb, check_mode, leases_of_play)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_upload_summary": upload_summary}
