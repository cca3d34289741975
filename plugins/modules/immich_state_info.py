#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_state_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_state_info
short_description: Read an Immich server in the form in which it can be declared
version_added: 1.0.0
description:
  - Returns what there is on the server as the options of M(photoyard.immich.immich_state). What Immich sets by itself is left out. Applied
    to the same server, this changes nothing. Applied to an empty one, it makes the same.
  - Secrets are not returned. In their place stand variables, which RV(secrets) lists, to be kept in Ansible Vault.
  - Needs an administrator's key with C(all), or with the scopes for reading that the modules for O(kinds) name.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
  - photoyard.immich.attributes.actiongroup_immich
options:
  kinds:
    description: What to read. Albums, API keys, tags, shared links and partners are those of the key's user.
    type: list
    elements: str
    choices: [config, users, libraries, api_keys, partners, albums, tags, shared_links]
    default: [config, users, libraries, api_keys, partners, albums, tags, shared_links]
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: Read the server
  photoyard.immich.immich_state_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
  register: immich

- name: Keep its users as a file of variables
  ansible.builtin.copy:
    content: "{{ immich.files.users }}"
    dest: /srv/infrastructure/group_vars/immich/users.yml
    mode: "0644"
"""

RETURN = r"""
state:
  description: The objects by the names of the options of M(photoyard.immich.immich_state).
  returned: success
  type: dict
  sample:
    users:
      - email: anna@example.com
        name: Anna
        quota: 50GiB
        password: "{{ vault_immich_user_anna_example_com_password }}"
files:
  description:
    - The same as YAML, a text for each kind that sets the variable C(immich_server_<kind>). Texts that look like templates, such as those
      of the storage template, are marked as C(!unsafe).
  returned: success
  type: dict
secrets:
  description: The variables that are to be filled.
  returned: success
  type: list
  elements: str
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources.export import export_state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import BY_NAME
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {"kinds": {"type": "list", "elements": "str", "choices": list(BY_NAME), "default": list(BY_NAME)}},
)


def run(client: Client, params: Mapping[str, Any], _check_mode: bool) -> _module.Result:
    """Reads the server."""
    with Run("export") as run:
        exported = run.do(lambda: export_state(client, [BY_NAME[name] for name in params["kinds"]]))
    return {"changed": False, **exported}


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, Client)


if __name__ == "__main__":
    main()
