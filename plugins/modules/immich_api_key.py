#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_api_key`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_api_key
short_description: Declare an API key of Immich, whose secret is kept in a file
version_added: 1.0.0
description:
  - Creates, changes and deletes an API key of the key's own user, or of the user who logs in with O(email) and O(password). An
    administrator cannot see or make the keys of others.
  - Immich shows the secret of a key once. It is written to O(secret_file), and stands nowhere else, neither in results nor in logs.
  - A login is ended in any case. It is also needed in check mode. A wrong password leaves a line in the server's log.
  - A key needs the scopes C(apiKey.read), C(apiKey.create), C(apiKey.update), C(apiKey.delete) and C(user.read), and everything that the
    new key may do.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.api_key
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  idempotent:
    support: partial
    details:
      - With O(regenerate=always), every run makes a new key.
options:
  email:
    description:
      - E-mail address of the user to whom the key belongs, to log in instead of using a key.
      - In check mode on a server that has no administrator yet, the one whom M(photoyard.immich.immich_setup) would have registered
        before.
    type: str
  password:
    description: The user's password. It goes with O(email).
    type: str
seealso:
  - module: photoyard.immich.immich_setup
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: The administrator's first key
  photoyard.immich.immich_api_key:
    url: https://photos.example.com
    email: admin@example.com
    password: "{{ vault_immich_user_admin_example_com_password }}"
    name: ansible
    permissions: [server]
    secret_file: /etc/immich/admin.key

- name: A key that can only upload, made with a key
  photoyard.immich.immich_api_key:
    url: https://photos.example.com
    api_key_file: /etc/immich/admin.key
    name: nas
    permissions: [upload]
    secret_file: /etc/immich/upload.key
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: success
  type: str
  sample: create
id:
  description: The key's id. It is missing in check mode for a key that does not exist yet.
  returned: where the key exists
  type: str
  sample: 2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8
fields:
  description: The fields that changed.
  returned: when an existing key was changed
  type: list
  elements: str
name:
  description: The key's name.
  returned: success
  type: str
secret_file:
  description: Where the secret is.
  returned: with O(secret_file)
  type: str
secret_stored:
  description: Whether a new secret was written to that file.
  returned: when it was
  type: bool
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import empty, options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.api_keys import API_KEYS

SPEC = _module.CONNECTION + _module.Spec(
    {
        "email": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        **options.options_of(API_KEYS),
    },
    required_together=[["email", "password"]],
    needs_key=lambda params: not params["email"],
)


def run(client: Client, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Makes the key as the options say, with a key or a login."""
    if not params["email"]:
        return state.declare_one(API_KEYS, client, params, check_mode)
    with empty.log_in(client, {"email": params["email"], "password": params["password"]}, check_mode) as (session, expected):
        return state.declare_one(API_KEYS, session, params, check_mode, expected)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, Client)


if __name__ == "__main__":
    main()
