#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_setup`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_setup
short_description: Register the first administrator of a new Immich server
version_added: 1.0.0
description:
  - Waits until the server answers, also for its configuration, and registers the first administrator unless there is one.
  - It is safe to run on several hosts at once. One of them registers, and the others report that it is done.
  - Until there is an administrator, anybody who reaches the server can register, and from Immich 2.5 on restore a backup. So start a new
    server where others do not reach it, and run this at once.
  - Does not use O(api_key). Where something is to be changed after the registration, it logs in with O(email) and O(password), and logs
    out in any case.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Whether the server allows a registration (C(IMMICH_ALLOW_SETUP)) shows only when it is tried.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  email:
    description: E-mail address of the first administrator.
    type: str
    required: true
  password:
    description: The administrator's password.
    type: str
    required: true
  name:
    description: The administrator's name.
    type: str
    default: Admin
  should_change_password:
    description: Whether the web interface asks a new administrator for another password at the first login.
    type: bool
    default: false
  onboarded:
    description: Whether to mark the server's welcome pages as seen. This needs the administrator's password.
    type: bool
    default: true
  wait_timeout:
    description: The maximum number of seconds to wait for the server.
    type: float
    default: 300
seealso:
  - module: photoyard.immich.immich_api_key
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: Register the first administrator
  photoyard.immich.immich_setup:
    url: https://photos.example.com
    email: admin@example.com
    password: "{{ vault_immich_user_admin_example_com_password }}"

- name: Make the first key
  photoyard.immich.immich_api_key:
    url: https://photos.example.com
    email: admin@example.com
    password: "{{ vault_immich_user_admin_example_com_password }}"
    name: ansible
    permissions: [server]
    secret_file: /etc/immich/admin.key
"""

RETURN = r"""
initialized:
  description: Whether there was an administrator before.
  returned: success
  type: bool
created:
  description: Whether this call registered one.
  returned: success
  type: bool
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params
from ansible_collections.photoyard.immich.plugins.module_utils._resources.setup import SetupOptions, set_up
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run

SPEC = _module.CONNECTION + _module.Spec(
    {
        **argument_spec(SetupOptions),
        "password": {"type": "str", "required": True, "no_log": True},
        "should_change_password": {"type": "bool", "default": False, "no_log": False},
    },
    needs_key=lambda params: False,
)


def run(client: Client, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Registers the administrator."""
    with Run("setup") as run:
        return run.do(lambda: set_up(client, from_params(SetupOptions, params), check_mode, run.check), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, Client, asks_version=False)


if __name__ == "__main__":
    main()
