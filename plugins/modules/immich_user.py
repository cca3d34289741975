#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_user`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_user
short_description: Declare a user of Immich, with preferences
version_added: 1.0.0
description:
  - Creates, changes, deletes and restores a user. Only what differs is sent.
  - A user is found by the e-mail address, also one that was deleted and can still be restored, which O(state=present) then does. One that
    is being removed for good is waited for.
  - If C(oauth.roleClaim) is set, Immich sets O(is_admin) again at each login through OAuth. A warning says so.
  - Needs an administrator's key with the scopes C(adminUser.read), C(adminUser.create), C(adminUser.update) and C(adminUser.delete), and
    C(user.read).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.user
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  idempotent:
    support: partial
    details:
      - Passwords and PIN codes cannot be read. With O(update_password=always) or O(update_pin_code=true), every run sends them and reports
        a change.
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: Anna has an account with 50 GiB
  photoyard.immich.immich_user:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    email: anna@example.com
    name: Anna
    password: "{{ vault_immich_user_anna_example_com_password }}"
    quota: 50GiB
    preferences:
      memories:
        enabled: false

- name: Ben left, and can be restored for a week
  photoyard.immich.immich_user:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    email: ben@example.com
    state: absent
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: success
  type: str
  sample: update
id:
  description: The object's id on the server. It is missing in check mode for an object that does not exist yet.
  returned: where the object exists
  type: str
  sample: 2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8
fields:
  description: The fields that changed.
  returned: when an existing object was changed
  type: list
  elements: str
name:
  description: The object's name in messages.
  returned: success
  type: str
"""

from functools import partial

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.users import USERS

SPEC = _module.ADMIN_CONNECTION + _module.Spec(options.options_of(USERS))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, partial(state.declare_one, USERS), Client)


if __name__ == "__main__":
    main()
