#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_state`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_state
short_description: Declare users, libraries, albums and the configuration of Immich at once
version_added: 1.0.0
description:
  - Makes a server as it is declared, in one process. Each list is read once. Everything is planned and checked before anything is written,
    and is then created and changed in the order that objects need (the configuration, users, libraries, API keys, partners, albums, tags,
    shared links), and removed in the opposite one.
  - Objects refer to others by name or e-mail address, also to those that the same run creates. So check mode predicts the whole run, also
    for an empty server.
  - What is not declared stays as it is, unless O(purge) names its kind.
  - Immich drops what it does not know without an error. Each object is read again after a change, and the task fails if it is not as it
    was declared.
  - Albums, API keys, tags, shared links and partners are those of the key's user.
  - The API has no lock. Set C(throttle=1) where several hosts declare the same server.
  - Needs an administrator's key. Immich 2 and later require one with C(all) to check the paths of libraries. Otherwise the scopes of the
    modules for each kind are enough.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.user.in_state
  - photoyard.immich.library.in_state
  - photoyard.immich.api_key.in_state
  - photoyard.immich.album.in_state
  - photoyard.immich.tag.in_state
  - photoyard.immich.shared_link.in_state
  - photoyard.immich.partner.in_state
  - photoyard.immich.config
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows a line for each object that changes, with the fields that change. Secrets are masked.
  idempotent:
    support: partial
    details:
      - What is asked to be done every time, such as O(users[].update_password=always) or O(libraries[].scan=always), is reported as a
        change every time.
options:
  config:
    description: Any part of the configuration, as in M(photoyard.immich.immich_config).
    type: dict
  purge:
    description:
      - Kinds of which everything is removed that is not declared. Users who have files are left alone with a warning, as are the user and
        the key that run this. Users are deleted so that they can be restored.
      - The tags above a declared one are declared with it. What a declared object refers to is left alone with a warning, such as the
        album of a shared link.
    type: list
    elements: str
    choices: [users, libraries, api_keys, partners, albums, tags, shared_links]
    default: []
  purge_limit:
    description: How many objects O(purge) may remove at most. The task fails before it changes anything if there are more.
    type: int
    default: 10
  login:
    description:
      - An administrator who logs in, in place of a key. The session is ended afterwards.
      - In check mode on a server that has no administrator yet, the one whom M(photoyard.immich.immich_setup) would have registered
        before. So a playbook that begins with an empty server is predicted as a whole. What the server does not say without a key is taken
        from the defaults of its version. A warning names what cannot be known.
    type: dict
    suboptions:
      email:
        description: E-mail address.
        type: str
        required: true
      password:
        description: The password.
        type: str
        required: true
      name:
        description: The name that a new administrator would get.
        type: str
        default: Admin
      should_change_password:
        description: Whether a new administrator would have to change the password.
        type: bool
        default: false
      key_name:
        description: Name of the key that M(photoyard.immich.immich_api_key) would have made before, in check mode.
        type: str
seealso:
  - module: photoyard.immich.immich_state_info
  - module: photoyard.immich.immich_setup
"""

EXAMPLES = r"""
- name: Declare a server
  photoyard.immich.immich_state:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    config:
      trash:
        days: 60
      library:
        scan:
          enabled: false
    users:
      - email: anna@example.com
        name: Anna
        password: "{{ vault_immich_user_anna_example_com_password }}"
        quota: 50GiB
      - email: ben@example.com
        state: absent
    libraries:
      - name: NAS
        owner: anna@example.com
        import_paths: [/mnt/nas/photos]
        require: [/mnt/nas/.mounted]
        scan: always
    albums:
      - name: Family
        users:
          - email: anna@example.com

- name: Remove albums and tags that are not declared, at most three
  photoyard.immich.immich_state:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    albums:
      - name: Family
    tags: []
    purge: [albums, tags]
    purge_limit: 3
"""

RETURN = r"""
results:
  description: What became of each object, in the order in which it was done.
  returned: always, also after a failure with what was done until then
  type: list
  elements: dict
  contains:
    kind:
      description: The kind, as the option is called.
      type: str
    name:
      description: The object's name in messages.
      type: str
    action:
      description: What was done, or would be done in check mode.
      type: str
      sample: create
    changed:
      description: Whether that is a change.
      type: bool
    fields:
      description: The fields that changed, of an existing object.
      type: list
      elements: str
    id:
      description: The object's id.
      type: str
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import empty, options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.config import CONFIG
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

_CONFIG_OPTIONS = ("strict", "reset", "allow_reindex", "start_follow_up", "allow_lost_faces")

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {
        **options.options_of_all(KINDS),
        **{name: about for name, about in options.options_of(CONFIG).items() if name in _CONFIG_OPTIONS},
        "purge": {"type": "list", "elements": "str", "choices": [kind.name for kind in KINDS if not kind.singleton], "default": []},
        "purge_limit": {"type": "int", "default": 10},
        "login": {
            "type": "dict",
            "options": {
                "email": {"type": "str", "required": True},
                "password": {"type": "str", "required": True, "no_log": True},
                "name": {"type": "str", "default": "Admin"},
                "should_change_password": {"type": "bool", "default": False, "no_log": False},
                "key_name": {"type": "str", "no_log": False},
            },
        },
    },
    needs_key=lambda params: not params["login"],
    secrets_in=lambda params: options.secrets_in(CONFIG, params),
)


def run(client: Client, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Makes the server as the options say."""
    declared = {kind.name: params[kind.name] for kind in KINDS if params[kind.name] is not None and not kind.singleton}
    if params["config"] is not None or params["reset"]:
        declared["config"] = [{name: params[name] for name in ("config", *_CONFIG_OPTIONS)}]
    purge = state.PurgeOptions(tuple(params["purge"]), params["purge_limit"])
    with Run("declaration") as run:
        if not params["login"]:
            return state.apply_state(client, KINDS, declared, check_mode, purge, run=run)
        with empty.log_in(client, params["login"], check_mode) as (session, expected):
            return state.apply_state(session, KINDS, declared, check_mode, purge, expected=expected, run=run)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, Client)


if __name__ == "__main__":
    main()
