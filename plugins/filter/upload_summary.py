# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `upload_summary`: what a run of the role `immich_upload` did, in a few sentences for a person."""

from __future__ import annotations

DOCUMENTATION = r"""
name: upload_summary
short_description: Say in a few sentences how an upload went
version_added: 1.0.0
description:
  - Turns the result of M(selfhosted.immich.immich_upload), and of M(selfhosted.immich.immich_jobs) where a play pauses by itself, into
    the sentences with which the role P(selfhosted.immich.immich_upload#role) ends.
  - What went wrong is left to the task that failed.
author:
  - selfhosted.immich contributors (@selfhosted)
options:
  _input:
    description: The registered result of M(selfhosted.immich.immich_upload); empty if it never ran.
    type: dict
    required: true
  pause:
    description: The registered result of M(selfhosted.immich.immich_jobs) that paused, if it ran.
    type: dict
    default: {}
  resume:
    description: The registered result of M(selfhosted.immich.immich_jobs) that resumed, if it ran.
    type: dict
    default: {}
  src:
    description: Where photos were looked for.
    type: list
    elements: str
    default: []
  check_mode:
    description: Whether all this was a prediction.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ uploaded | selfhosted.immich.upload_summary(src=['/volume1/photo']) }}"
"""

RETURN = r"""
_value:
  description: The sentences.
  type: str
  sample: "412 uploaded (1.2 GB), 17,889 already there. Background jobs run again; smartSearch stays paused (not ours)."
"""

from typing import Any, Callable, Mapping, Sequence

Result = Mapping[str, Any]


def upload_summary(
    uploaded: Result,
    pause: Result | None = None,
    resume: Result | None = None,
    src: str | Sequence[str] = (),
    check_mode: bool = False,
) -> str:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.selfhosted.immich.plugins.plugin_utils import _summary

    return _summary.summary(uploaded, pause or {}, resume or {}, [src] if isinstance(src, str) else src, check_mode)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"upload_summary": upload_summary}
