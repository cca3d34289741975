# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `_size`: bytes as all sentences of this collection have them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _size
short_description: "[INTERNAL] Say how many bytes something has"
version_added: 1.0.0
description:
  - Turns a number of bytes into three digits at most and a decimal unit, as the summaries of the roles have it.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _input:
    description: The number of bytes.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Say how large the backup is
  ansible.builtin.debug:
    msg: "{{ fetched.backup.size | photoyard.immich._size }}"
"""

RETURN = r"""
_value:
  description: The number and its unit.
  type: str
  sample: 178 kB
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def size(number: Any) -> str:
    """See the documentation above.

    :raises AnsibleFilterError: it is not a number.
    """
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import numbers

    try:
        return numbers.size(int(number))
    except (TypeError, ValueError):
        raise AnsibleFilterError(f"{number!r} is not a number of bytes.") from None


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"_size": size}
