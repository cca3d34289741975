#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_restore`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_restore
short_description: Restore Immich's database from a backup
version_added: 1.0.0
description:
  - Replaces the whole database by that of a backup. Immich makes a backup of what there is first (a restore point, which stays on the
    server until M(photoyard.immich.immich_backup) deletes it), and restarts twice.
  - Where the restore fails, the database stays as it was, the maintenance mode is ended, and the task fails with the server's reason.
  - Users, API keys and the configuration are then those of the backup, so the key in use may be gone. A backup has the database only. The
    photos are files, which a backup tool brings back.
  - Background queues that are paused stay so, since that is not in the database. Records of leases that the backup brings back are removed,
    and those of the present are written again.
  - Needs Immich 2.5 or later, and an administrator's key with the scope C(maintenance), and with O(src) C(backup.upload). With O(name) and
    O(verify), it also needs C(backup.download). On a server without an administrator, this needs no key.
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
    support: none
    details:
      - This is a procedure, and no state. Each run restores.
options:
  name:
    description: The file name of the backup on the server to restore. Either this or O(src) is needed, and they exclude each other.
    type: str
  src:
    description:
      - A backup on the managed host, as an absolute path. It is checked, uploaded, and then called C(uploaded-) and its name.
    type: path
  confirm:
    description:
      - The value of O(name), or the name of the file O(src). The task fails without it.
      - A backup of a newer Immich than the server's is refused. Its name says its version, and so does the table C(version_history) in it,
        which is looked at where the backup is read (see O(verify)).
    type: str
  cookie_file:
    description:
      - The absolute path of a file on the managed host. It keeps the cookie of the maintenance mode during the restore, without which
        nobody could end a restore that fails. Only its owner can read it, and it is deleted at the end. If this task is killed, end the
        maintenance mode with M(photoyard.immich.immich_maintenance_mode) and this file.
    type: path
    required: true
  require:
    description:
      - Absolute paths on the managed host that have to exist, such as a file on the disk of O(src). If one does not, nothing is done and
        the task fails, in check mode as well.
    type: list
    elements: path
    default: []
  verify:
    description: Whether the backup O(name) is read to its end on the server first. What is uploaded is always checked.
    type: bool
    default: true
  wait_timeout:
    description: The maximum number of seconds to wait for the server to restore the backup.
    type: float
    default: 3600
seealso:
  - module: photoyard.immich.immich_backup
  - module: photoyard.immich.immich_maintenance_mode
"""

EXAMPLES = r"""
- name: Restore a backup that was fetched
  photoyard.immich.immich_restore:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    src: /srv/backup/immich/immich-db-backup-20260131T020000-v3.1.0-pg17.5.sql.gz
    confirm: immich-db-backup-20260131T020000-v3.1.0-pg17.5.sql.gz
    cookie_file: /var/lib/immich-maintenance.cookie
"""

RETURN = r"""
restored:
  description: The file name on the server of the backup that was restored.
  returned: success
  type: str
restore_point:
  description:
    - The file name of the backup that Immich made before, which stays on the server. Null in check mode, and if the key may not list it.
  returned: success
  type: str
key_accepted:
  description: Whether the key of this task is accepted after the restore. Null in check mode, and if none was given.
  returned: success
  type: bool
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._backup.options import RestoreOptions
from ansible_collections.photoyard.immich.plugins.module_utils._backup.restore import restore_backup
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run


def needs_key(params: Mapping[str, Any]) -> bool:
    """Whether there has to be a key: an empty server is restored without."""
    return bool(params["api_key"] or params["api_key_file"])


SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    argument_spec(RestoreOptions),
    required_one_of=[["name", "src"]],
    mutually_exclusive=[["name", "src"]],
    needs_key=needs_key,
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Restores the backup that the options name."""
    options = from_params(RestoreOptions, params)
    with Run("restore") as run:
        return run.do(lambda: restore_backup(client, options, check_mode, run.check), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich, asks_version=False)  # by a thread that a signal does not have to wait for


if __name__ == "__main__":
    main()
