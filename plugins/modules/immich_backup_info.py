#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_backup_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_backup_info
short_description: List the backups of Immich's database, and prove those that were fetched
version_added: 1.0.0
description:
  - Lists the backups that the server has, with their age, and the newest that Immich's job made.
  - With O(dest), it reads every backup in that folder of the managed host to its end, and returns those that are whole. Of each, it returns
    what its proof by a restore has found, as P(photoyard.immich.immich_backup#role) wrote it into the manifest beside it.
  - Needs Immich 2.5 or later, and an administrator's key with the scope C(maintenance). Before 2.7, the server does not say in which time
    zone the names are, and the age is only known if the key also has C(backup.download).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
  - photoyard.immich.attributes.actiongroup_immich
options:
  dest:
    description: Folder on the managed host with backups that M(photoyard.immich.immich_backup) has fetched, as an absolute path.
    type: path
  verify:
    description:
      - Whether the backups in O(dest) are read. Without that, RV(fetched) has all that are there, whole or not, and RV(newest_proven) is
        null.
    type: bool
    default: true
seealso:
  - module: photoyard.immich.immich_backup
"""

EXAMPLES = r"""
- name: List the backups
  photoyard.immich.immich_backup_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    dest: /srv/backup/immich
  register: backups

- name: Require one that is whole and not older than a day
  ansible.builtin.assert:
    that: backups.newest_proven is not none and backups.newest_proven.age < 26 * 3600

- name: Require that it was restored, and held what the server had
  ansible.builtin.assert:
    that: backups.newest_proven.proof is not none and backups.newest_proven.proof.proven
"""

RETURN = r"""
backups:
  description: The backups on the server, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    filename:
      description: The file's name on the server.
      type: str
    size:
      description: Its size in bytes.
      type: int
    kind:
      description: V(routine) for one that Immich's job made, V(restore_point) for one made before a restore, V(uploaded), or V(other).
      type: str
    created:
      description: When it was begun (ISO 8601, UTC). Null if the server does not tell.
      type: str
    age:
      description: How many seconds ago that was.
      type: int
    server_version:
      description: The version of Immich that made it, as its name says.
      type: str
newest:
  description: The newest of them that Immich's job made, with the same fields. Null if there is none.
  returned: success
  type: dict
fetched:
  description: The backups in O(dest) that are whole, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    filename:
      description: The file's name.
      type: str
    path:
      description: The file.
      type: str
    size:
      description: Its size in bytes.
      type: int
    checksum:
      description: Its SHA-256. Null without O(verify).
      type: str
    created:
      description: When the backup was begun, which M(photoyard.immich.immich_backup) sets as the file's time (ISO 8601, UTC).
      type: str
    age:
      description: How many seconds ago that was.
      type: int
    kind:
      description: As in RV(backups[].kind).
      type: str
    proof:
      description: What a restore into a scratch database has found. Null if there was none, or the manifest is of another file.
      type: dict
      contains:
        proven:
          description: Whether it found everything that the server had.
          type: bool
        time:
          description: When it was made (ISO 8601, UTC).
          type: str
        seconds:
          description: How long it took. Null if it came to no result.
          type: float
        counts:
          description: How many users, assets, albums and more it found.
          type: dict
        differences:
          description: A sentence for each count that does not agree, and each photo of the sample that is missing.
          type: list
          elements: str
        error:
          description: Why it came to no result. Null if it did.
          type: str
newest_proven:
  description: The newest of those that were read and are whole, with the same fields. Null if there is none, or without O(dest).
  returned: success
  type: dict
newest_restored:
  description: The newest of RV(fetched) that has a RV(fetched[].proof), whatever that says, with the same fields. Null if there is none.
  returned: success
  type: dict
problems:
  description: What is wrong with the files in O(dest) that are not whole.
  returned: success
  type: list
  elements: str
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._backup.info import describe_backups
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec({"dest": {"type": "path"}, "verify": {"type": "bool", "default": True}})


def run(client: api.Immich, params: Mapping[str, Any], _check_mode: bool) -> _module.Result:
    """Lists the backups."""
    with Run("reading of the backups") as run:
        return run.do(lambda: describe_backups(client, params["dest"], verify=params["verify"]))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
