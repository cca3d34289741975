# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a tag."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/tags.py`."""

    DOCUMENTATION = r"""
options:
  value:
    description: The tag with those above it, such as V(Trip/Rome), which are created if they are missing. Case matters.
    type: str
    required: true
  color:
    description: The colour, such as V(#1f2e3d). An empty one removes it.
    type: str
  state:
    description: V(present) creates or changes the tag. V(absent) deletes it with all tags below it.
    type: str
    choices: [present, absent]
    default: present
"""

    IN_STATE: str = document_list("tags", "Tags of the key's user, as in M(photoyard.immich.immich_tag).", DOCUMENTATION)
