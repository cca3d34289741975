#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_maintenance_mode`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_maintenance_mode
short_description: Begin or end Immich's maintenance mode
version_added: 1.0.0
description:
  - In maintenance mode, Immich answers nothing but what is about the maintenance mode and the backups of the database. Both its beginning
    and its end are a restart, for which this module waits.
  - Only whoever began it can end it, by a cookie, which no API key replaces. It is valid for four hours. If it is lost, run
    C(immich-admin disable-maintenance-mode) on the server, in its container.
  - Needs Immich 2.3 or later. To begin needs an administrator's key with the scope C(maintenance), to end needs no key.
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
  idempotent:
    support: full
options:
  state:
    description:
      - V(started) begins the maintenance mode. If the server is in it already, the task only succeeds if the cookie in O(cookie_file) is
        the right one.
      - V(ended) ends it. It fails while a backup is being restored, which ends it by itself.
    type: str
    choices: [started, ended]
    required: true
  cookie_file:
    description:
      - File on the managed host that keeps the cookie, as an absolute path. Only its owner can read it. V(ended) deletes it.
    type: path
    required: true
  wait_timeout:
    description: The maximum number of seconds to wait for the restart.
    type: float
    default: 300
seealso:
  - module: photoyard.immich.immich_backup
  - module: photoyard.immich.immich_restore
"""

EXAMPLES = r"""
- name: Begin the maintenance mode
  photoyard.immich.immich_maintenance_mode:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: started
    cookie_file: /var/lib/immich-maintenance.cookie

- name: End it
  photoyard.immich.immich_maintenance_mode:
    url: https://photos.example.com
    state: ended
    cookie_file: /var/lib/immich-maintenance.cookie
"""

RETURN = r"""
active:
  description: Whether the server is in maintenance mode now, or would be in check mode.
  returned: success
  type: bool
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._backup.maintenance import ENDED, STARTED, switch_maintenance
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run


def needs_key(params: Mapping[str, Any]) -> bool:
    """Whether there has to be a key: the end needs the cookie instead."""
    return bool(params["state"] == STARTED or params["api_key"] or params["api_key_file"])


SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {
        "state": {"type": "str", "choices": [STARTED, ENDED], "required": True},
        "cookie_file": {"type": "path", "required": True},
        "wait_timeout": {"type": "float", "default": 300.0},
    },
    needs_key=needs_key,
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Brings the server into or out of the maintenance mode."""
    with Run("maintenance mode") as run:
        return run.do(
            lambda: switch_maintenance(client, params["state"], params["cookie_file"], params["wait_timeout"], check_mode, run.check),
            TIME_FOR_A_CALL,
        )


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich, asks_version=False)  # by a thread that a signal does not have to wait for


if __name__ == "__main__":
    main()
