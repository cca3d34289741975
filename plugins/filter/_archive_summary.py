# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_archive_summary`: what an archive did, in a sentence or two."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _archive_summary
short_description: "[INTERNAL] Say in a sentence or two how an archive went"
version_added: 1.0.0
description:
  - Turns the result of M(photoyard.immich.immich_archive) into the summary that the role P(photoyard.immich.immich_archive#role) prints
    at its end.
  - The summary does not repeat errors, because the failed task has already reported them.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The registered result of M(photoyard.immich.immich_archive); empty if it did not run.
    type: dict
    required: true
  dest:
    description: The folder of the archive.
    type: str
    required: true
  check_mode:
    description: Whether the task ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the summary
  ansible.builtin.debug:
    msg: "{{ archived | photoyard.immich._archive_summary(dest='/backup/photos') }}"
"""

RETURN = r"""
_value:
  description: The summary, a sentence each.
  type: list
  elements: str
  sample: ["/backup/photos: 412 copied, 3 updated, 17,889 as before, 2 album files written."]
"""

from typing import Any, Callable, Mapping


def archive_summary(archived: Mapping[str, Any], dest: str, check_mode: bool = False) -> list[str]:
    """See the documentation above."""
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import archive

    return archive.summary(archived, dest, check_mode)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_archive_summary": archive_summary}
