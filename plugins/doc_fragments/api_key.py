# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of an API key."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/api_keys.py`."""

    DOCUMENTATION = r"""
options:
  name:
    description: The key's name. If several keys have it, the task fails and lists their ids.
    type: str
    required: true
  permissions:
    description:
      - What the key may do. Needed to create a key. If it is left out, a key that replaces another one has the same permissions.
        V(upload), V(jobs), V(backup), V(server) and V(read) are bundles of scopes by what a key is for. Other names are scopes of Immich,
        in the names that they have since 1.137. Older servers get theirs. Whether the server has a scope that no bundle has shows in a
        run. Check mode warns of it.
      - V(server) is C(all), which declaring a server needs.
    type: list
    elements: str
  secret_file:
    description:
      - File on the managed host that keeps the secret, which Immich shows once. Needed to create a key. It is written whole or not at
        all, and is readable for its owner only. Whether it has the key's secret is proven by the server. No key is made if the file cannot
        be written.
      - A file that holds anything but one line that looks like a key is refused and left unchanged, and so are links and devices.
    type: path
  regenerate:
    description:
      - With V(missing), a key of which O(secret_file) does not have the secret is made anew. With V(always), this is done in every run.
        With V(never), such a key stays as it is.
    type: str
    choices: [never, missing, always]
    default: missing
  keep_old:
    description: Whether a key that is made anew stays beside the new one. Otherwise it is deleted once the new one is stored and proven.
    type: bool
    default: false
  state:
    description: V(present) creates or changes it, V(absent) deletes it, unless it is the one in use.
    type: str
    choices: [present, absent]
    default: present
"""

    IN_STATE: str = document_list("api_keys", "API keys of the key's user, as in M(photoyard.immich.immich_api_key).", DOCUMENTATION)
