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
  users:
    description: Users, as in M(photoyard.immich.immich_user).
    type: list
    elements: dict
    suboptions:
      email:
        description: The user's e-mail address. Immich stores it in lower case.
        type: str
        required: true
      name:
        description: The user's name. Needed to create a user.
        type: str
      password:
        description: The password. Needed to create a user. For a user that exists, see O(users[].update_password).
        type: str
      update_password:
        description: With V(on_create), the password is set only when the user is created. With V(always), every run sets it.
        type: str
        choices: [on_create, always]
        default: on_create
      should_change_password:
        description: Whether the web interface asks for a new password at the next login. Immich sets this for new users.
        type: bool
      is_admin:
        description: Whether the user is an administrator. That of the key's own user cannot be changed.
        type: bool
      quota:
        description:
          - How much the user may upload, such as V(50GiB), or V(unlimited). With V(0), nothing can be uploaded. K, M, G, T and P are
            powers of 1024, with or without B or iB.
        type: str
      storage_label:
        description:
          - The name of the user's folder. Immich removes dots and characters that names of files may not have. Such a label is refused,
            and the message has the one that Immich would store. An empty one removes the label.
          - Files that are stored already stay in their folder until the queue C(storageTemplateMigration) has run.
        type: str
      avatar_color:
        description: The colour of the user's picture.
        type: str
        choices: [primary, pink, red, yellow, blue, green, purple, orange, gray, amber]
      pin_code:
        description:
          - Six digits that protect the locked folder. Used only for users that exist, and only with O(users[].update_pin_code=true).
        type: str
      update_pin_code:
        description: Sets O(users[].pin_code) in every run, since it cannot be read.
        type: bool
        default: false
      notify:
        description: Whether Immich welcomes a new user by mail. The mail contains the password.
        type: bool
      preferences:
        description:
          - Any part of the user's preferences, by groups, as C(GET /users/{id}/preferences) returns them. What is not given stays as it
            is.
        type: dict
      strict:
        description: Whether preferences that the server's version does not have are an error. Otherwise they are left out with a warning.
        type: bool
        default: true
      state:
        description:
          - V(present) creates, changes or restores the user.
          - V(absent) deletes the user. Until C(user.deleteDelay) days have passed (7 by default), the user can be restored.
          - V(purged) removes the user and all files at once, also one that is deleted already.
        type: str
        choices: [present, absent, purged]
        default: present
  libraries:
    description: External libraries, as in M(photoyard.immich.immich_library).
    type: list
    elements: dict
    suboptions:
      name:
        description: The library's name.
        type: str
        required: true
      owner:
        description: E-mail address or id of the user to whom the photos belong.
        type: str
        required: true
      import_paths:
        description: The folders of the library, absolute and as the server sees them. Their order means nothing.
        type: list
        elements: str
      exclusion_patterns:
        description: Which files to leave out, such as V(**/Raw/**). If this is not given, a new library gets Immich's own patterns.
        type: list
        elements: str
      validate:
        description: Whether new O(libraries[].import_paths) have to exist and be readable for the server.
        type: bool
        default: true
      require:
        description:
          - Files or folders that the server has to see before a library is created, changed or scanned, such as a file on a disk that is
            mounted. Immich itself does not look at them before it scans.
        type: list
        elements: str
      scan:
        description:
          - V(changed) starts a scan when the library was created or changed, V(always) in every run. The scan runs in the queue
            C(library).
        type: str
        choices: [never, changed, always]
        default: never
      wait:
        description:
          - Whether to wait until a scan has found and removed all files. What Immich makes of them afterwards, such as thumbnails, is not
            waited for.
          - Needs the scope C(job.read), and from Immich 2.4 on C(queue.read).
        type: bool
        default: false
      wait_timeout:
        description: How many seconds to wait at most. The task fails after that, and the scan goes on.
        type: float
        default: 600
      state:
        description: V(present) creates or changes it, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
  api_keys:
    description: API keys of the key's user, as in M(photoyard.immich.immich_api_key).
    type: list
    elements: dict
    suboptions:
      name:
        description: The key's name. If several keys have it, the task fails and lists their ids.
        type: str
        required: true
      permissions:
        description:
          - What the key may do. Needed to create a key. If it is left out, a key that replaces another one has the same permissions.
            V(upload), V(jobs), V(backup), V(server) and V(read) are bundles of scopes by what a key is for. Other names are scopes of
            Immich, in the names that they have since 1.137. Older servers get theirs.
          - V(server) is C(all), which declaring a server needs.
        type: list
        elements: str
      secret_file:
        description:
          - File on the managed host that keeps the secret, which Immich shows once. Needed to create a key. It is written whole or not at
            all, and is readable for its owner only. Whether it has the key's secret is proven by the server. No key is made if the file
            cannot be written.
          - A file that holds anything but one line that looks like a key is refused and left unchanged, and so are links and devices.
        type: path
      regenerate:
        description:
          - With V(missing), a key of which O(api_keys[].secret_file) does not have the secret is made anew. With V(always), this is done
            in every run. With V(never), such a key stays as it is.
        type: str
        choices: [never, missing, always]
        default: missing
      keep_old:
        description:
          - Whether a key that is made anew stays beside the new one. Otherwise it is deleted once the new one is stored and proven.
        type: bool
        default: false
      state:
        description: V(present) creates or changes it, V(absent) deletes it, unless it is the one in use.
        type: str
        choices: [present, absent]
        default: present
  albums:
    description: Albums of the key's user, as in M(photoyard.immich.immich_album).
    type: list
    elements: dict
    suboptions:
      name:
        description: The album's name. With O(albums[].id), the album gets this name.
        type: str
      id:
        description: The album's id, to give it another name or to choose one of several.
        type: str
      description:
        description: Its description. An empty one removes it.
        type: str
      order:
        description: Whether the oldest photo comes first (V(asc)) or the newest (V(desc), as in new albums).
        type: str
        choices: [asc, desc]
      activity:
        description: Whether those who see the album can write comments and like photos.
        type: bool
      users:
        description: With whom the album is shared.
        type: list
        elements: dict
        suboptions:
          email:
            description: The user's e-mail address.
            type: str
          id:
            description: The user's id instead, for a server on which users cannot see each other (C(server.publicUsers) is off).
            type: str
          role:
            description: Whether the user may add photos.
            type: str
            choices: [editor, viewer]
            default: editor
      users_mode:
        description: With V(exact), everybody who is not in O(albums[].users) is removed from the album.
        type: str
        choices: [merge, exact]
        default: merge
      state:
        description: V(present) creates or changes it, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
  tags:
    description: Tags of the key's user, as in M(photoyard.immich.immich_tag).
    type: list
    elements: dict
    suboptions:
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
  shared_links:
    description: Shared links of the key's user, as in M(photoyard.immich.immich_shared_link).
    type: list
    elements: dict
    suboptions:
      slug:
        description: The last part of the link's address, which is otherwise random. Needs Immich 1.137 or later.
        type: str
      album:
        description: The album's name. Needed to create a link.
        type: str
      album_id:
        description: The album's id instead.
        type: str
      description:
        description: A description, which is shown to nobody else. An empty one removes it.
        type: str
      password:
        description: A password that visitors have to enter. An empty one removes it.
        type: str
      expires_at:
        description:
          - Until when the link works, as a day or a moment with its offset (V(2026-12-31), V(2026-12-31T18:00:00+01:00)), or V(never).
        type: str
      allow_upload:
        description: Whether visitors can upload. Unlike in Immich's own interface, they cannot unless this is set.
        type: bool
      allow_download:
        description: Whether visitors can download.
        type: bool
      show_metadata:
        description: Whether visitors see when and where photos were taken.
        type: bool
      state:
        description: V(present) creates or changes it, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
  partners:
    description: Partners of the key's user, as in M(photoyard.immich.immich_partner).
    type: list
    elements: dict
    suboptions:
      partner:
        description: E-mail address or id of the other user.
        type: str
        required: true
      direction:
        description:
          - V(shared-by) is sharing by the key's user. V(shared-with) is what the other user shares, for O(partners[].in_timeline).
        type: str
        choices: [shared-by, shared-with]
        default: shared-by
      in_timeline:
        description:
          - Whether the photos of the other user are shown in the timeline of the key's user. Needs O(partners[].direction=shared-with).
        type: bool
      state:
        description: V(absent) stops sharing. It needs O(partners[].direction=shared-by).
        type: str
        choices: [present, absent]
        default: present
  strict:
    description: Whether settings that the server's version does not have are an error. Otherwise they are left out with a warning.
    type: bool
    default: true
  reset:
    description: Settings of the configuration, or groups of them, that get their defaults unless O(config) has them.
    type: list
    elements: str
  allow_reindex:
    description:
      - Whether C(machineLearning.clip.modelName) may change. With another model, Immich deletes what the search has learned of all photos.
    type: bool
    default: false
  start_follow_up:
    description: Whether to start the queues that bring a change of the configuration to files that are there already.
    type: bool
    default: false
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
from ansible_collections.photoyard.immich.plugins.module_utils._run.cancellation import Signals

_CONFIG_OPTIONS = ("strict", "reset", "allow_reindex", "start_follow_up")

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
    with Signals("declaration") as signals:
        if not params["login"]:
            return state.apply_state(client, KINDS, declared, check_mode, purge, signals=signals)
        with empty.log_in(client, params["login"], check_mode) as (session, expected):
            return state.apply_state(session, KINDS, declared, check_mode, purge, expected=expected, signals=signals)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, Client)


if __name__ == "__main__":
    main()
