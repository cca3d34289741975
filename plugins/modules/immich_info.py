#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_info
short_description: Describe an Immich server and what an API key is allowed to do
version_added: 1.0.0
description:
  - Returns an Immich server's version, features, media types and storage, and what the API key is allowed to do.
  - Parts for which the key lacks the scope are null. This makes the module useful to check a key before a job begins.
options:
  scopes:
    description:
      - Scopes that the key must have, each with what it is for. The task fails where any is missing, and names all of these with that.
      - Names are those of the newest Immich. What a version asks for under another name is looked for under that, and what it does not
        ask for is not looked for. Before 1.139 the server does not tell what a key may do, and the task does not fail.
      - Messages call the key an administrator's with it.
    type: dict
    default: {}
  paths:
    description:
      - Absolute paths that the server should see, in its container. The result says which are RV(missing). If the server does not answer in
        time, as when a network share hangs, all of them are.
      - Needs an administrator's key, which from Immich 2 on must have C(all).
    type: list
    elements: str
    default: []
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
  - photoyard.immich.attributes.actiongroup_immich
seealso:
  - module: photoyard.immich.immich_jobs_info
"""

EXAMPLES = r"""
- name: Get information about the server
  photoyard.immich.immich_info:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
  register: immich

- name: Stop before anything is changed where the key may not do what comes later
  photoyard.immich.immich_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    scopes:
      queue.update: pause queues
      backup.download: fetch a backup

- name: Stop early where the key cannot pause background jobs
  ansible.builtin.assert:
    that: immich.user.is_admin
    fail_msg: "The key belongs to {{ immich.user.name }}, who is not an administrator."
"""

RETURN = r"""
version:
  description: The server's version.
  returned: success
  type: str
  sample: 3.1.0
newest_version:
  description:
    - The newest version of Immich, as the server has found out by itself. Null without the scope C(server.versionCheck), and where the
      server has not looked, because it has just started or the check is turned off in its configuration.
  returned: success
  type: dict
  contains:
    version:
      description: The version.
      type: str
      sample: 3.2.0
    checked_at:
      description: When the server looked (ISO 8601, UTC).
      type: str
features:
  description: Which optional features are enabled, by Immich's names.
  returned: success
  type: dict
  sample:
    smartSearch: true
    trash: true
media_types:
  description: The file name extensions that the server accepts.
  returned: success
  type: dict
  contains:
    image:
      description: Extensions of images, in lower case with their dot.
      type: list
      elements: str
    video:
      description: Extensions of videos, in lower case with their dot.
      type: list
      elements: str
    sidecar:
      description: Extensions of sidecars, in lower case with their dot.
      type: list
      elements: str
storage:
  description: The disk that the library is on. Null without the scope C(server.storage).
  returned: success
  type: dict
  contains:
    size:
      description: Size of the disk in bytes.
      type: int
    used:
      description: How much of it is used, in bytes.
      type: int
    available:
      description: How much of it is free, in bytes.
      type: int
permissions:
  description:
    - The key's scopes. V(all) stands for every scope. Null for servers before 1.139, which do not report them.
  returned: success
  type: list
  elements: str
  sample: [asset.upload, album.read]
user:
  description: The user who owns the key. Null without the scope C(user.read).
  returned: success
  type: dict
  contains:
    id:
      description: The user's id.
      type: str
    name:
      description: The user's name.
      type: str
    email:
      description: The user's e-mail address.
      type: str
    is_admin:
      description: Whether the user is an administrator. Only an administrator's key can control background jobs.
      type: bool
    quota_size:
      description: The user's storage quota in bytes; null if there is no quota.
      type: int
    quota_used:
      description: How much of the quota is used, in bytes.
      type: int
missing:
  description: Those of O(paths) that the server does not see.
  returned: success
  type: list
  elements: str
  sample: [/mnt/nas/.mounted]
"""

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors, values, versions
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.objects import ObjectCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.server import ServerCalls
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.libraries import unseen_paths
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.scopes import scopes_in_use

SPEC = _module.CONNECTION + _module.Spec(
    {"scopes": {"type": "dict", "default": {}}, "paths": {"type": "list", "elements": "str", "default": []}},
    admin_if=lambda params: bool(params["scopes"] or params["paths"]),
)


def describe(client: Client, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Describes the server and what the key is allowed to do; changes nothing."""
    client.require(scopes_in_use(client, params["scopes"]))
    server = ServerCalls(client)
    return {
        "changed": False,
        "version": str(client.version),
        "newest_version": errors.where_allowed(lambda: _as_dict(server.newest_version())),
        "features": server.features(),
        "media_types": server.media_types(),
        "storage": errors.where_allowed(lambda: server.storage()._asdict()),
        "permissions": client.permissions,
        "user": errors.where_allowed(lambda: server.me()._asdict()),
        "missing": _missing(client, params["paths"]),
    }


def _missing(client: Client, paths: Sequence[str]) -> List[str]:
    if not paths:
        return []
    if client.supports(versions.NEEDS_ALL):
        client.require({"all": "have the server look at paths"})
    once = client.without_retries()
    try:
        return unseen_paths(ObjectCalls(once), paths)
    except errors.Timeout:
        return list(paths)
    finally:
        once.close()


def _as_dict(version: Optional[values.NewestVersion]) -> Optional[Dict[str, str]]:
    return None if version is None else version._asdict()


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, describe, Client)


if __name__ == "__main__":
    main()
