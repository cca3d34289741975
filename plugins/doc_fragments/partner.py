# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a partner."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/partners.py`."""

    DOCUMENTATION = r"""
options:
  partner:
    description: E-mail address or id of the other user.
    type: str
    required: true
  direction:
    description: V(shared-by) is sharing by the key's user. V(shared-with) is what the other user shares, for O(in_timeline).
    type: str
    choices: [shared-by, shared-with]
    default: shared-by
  in_timeline:
    description: Whether the photos of the other user are shown in the timeline of the key's user. Needs O(direction=shared-with).
    type: bool
  state:
    description: V(absent) stops sharing. It needs O(direction=shared-by).
    type: str
    choices: [present, absent]
    default: present
"""

    IN_STATE: str = document_list("partners", "Partners of the key's user, as in M(photoyard.immich.immich_partner).", DOCUMENTATION)
