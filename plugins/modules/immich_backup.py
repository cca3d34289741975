#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_backup`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_backup
short_description: Make, fetch and delete proven backups of Immich's database
version_added: 1.0.0
description:
  - Makes a backup of the database by Immich's own job, brings it to the managed host, and deletes old ones.
    M(photoyard.immich.immich_restore) restores one.
  - The job reports no failure, whatever happens. So a backup counts as made only if there is a new file in the server's list, and that file
    is a whole dump. It must have the length that the server says, be compressed with gzip to its last byte, and end with
    C(PostgreSQL database dump complete).
  - A backup has the database only. The photos are files, which M(photoyard.immich.immich_archive) or a backup tool copies.
  - Needs Immich 2.5 or later, which lists its backups. On older servers, M(photoyard.immich.immich_jobs) starts one
    (O(photoyard.immich.immich_job_run#module:manual_job=backup-database)), but nothing tells whether it succeeded.
  - Needs an administrator's key with the scope C(maintenance) to list backups. V(present) also needs C(job.create) and C(queue.read), and
    with O(verify) C(backup.download), V(fetched) needs C(backup.download), and V(absent) C(backup.delete). O(manifest) needs the scopes of
    V(present), V(fetched) and M(photoyard.immich.immich_statistics_info).
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
    details:
      - The name of a backup that would be made is not known before.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With V(present) or O(manifest) and without O(max_age), each run makes a new backup.
options:
  state:
    description:
      - V(present) makes a backup, unless the newest is whole and not older than O(max_age).
      - V(fetched) brings a backup to O(dest), in a file that only its owner can read. What a run that was cut off has received is used by
        the next one. The file is put in place when it is proven, so that an older one stays until then. With O(max_age), a new backup is
        made first if need be.
      - V(absent) deletes backups on the server, and those in O(dest). It needs at least one of O(name), O(names), O(keep) and O(dest).
    type: str
    choices: [present, fetched, absent]
    default: present
  max_age:
    description:
      - How old the newest backup may be, in seconds or with a unit such as V(90m), V(26h) or V(7d). If it is older, or damaged, a new one
        is made. Its age counts from the moment at which it was begun, by the server's clock.
      - Only backups that Immich's job made count. Uploaded files and those that Immich makes before a restore do not.
    type: str
  name:
    description: The file name of the backup on the server to fetch (by default the newest) or to delete.
    type: str
  names:
    description: With V(absent), file names of backups to delete. Those that are not there are no error.
    type: list
    elements: str
  keep:
    description:
      - With V(absent), how many of the newest backups that Immich's job made stay on the server, and how many of those that Immich made
        before a restore (restore points). The others are deleted. Those in O(name) and O(names) are deleted too, and do not count.
        Uploaded files are only deleted by their names.
      - Immich itself deletes the oldest whenever its job has made a backup (C(backup.database.keepLastAmount), 14 by default). It never
        deletes restore points.
    type: int
  keep_fetched:
    description:
      - With V(absent), how many of the newest backups stay in O(dest), with their manifests. Only files count that are named as Immich
        names its backups. Without it, all stay.
    type: int
  fetched:
    description:
      - With V(absent), the file name of a backup that counts as one that is in O(dest). So check mode can say what is deleted once it is
        fetched.
    type: str
  proof:
    description:
      - With V(absent), what M(photoyard.immich.immich_backup_proof_info) has returned for the backup in O(fetched). It is written into the
        manifest in O(dest). If the proof has failed, the task fails then, and deletes nothing.
    type: dict
  scopes:
    description:
      - Scopes that later tasks need, as in O(photoyard.immich.immich_info#module:scopes). If the key lacks one of them, the task fails
        before it does anything, and names all that are missing.
    type: dict
    default: {}
  manifest:
    description:
      - With V(fetched), whether the backup has a manifest beside it, which says what it has to hold. Its name is that of the backup with
        C(.json) at its end. The role P(photoyard.immich.immich_backup#role) proves backups by it.
      - A backup that is young enough counts only if it has a manifest, is whole, and if no proof has found differences. RV(rejected) says
        why it does not. Otherwise a new one is made. What the server holds is counted before and after that, as by
        M(photoyard.immich.immich_statistics_info), and the manifest is written before the backup is fetched.
    type: bool
    default: false
  make:
    description: With O(manifest), whether a backup is made if there is none that counts. Without it, RV(path) is null then.
    type: bool
    default: true
  sample:
    description: With O(manifest), how many photos and videos it names with their checksums, at most 1000.
    type: int
    default: 0
  user_api_key:
    description: With O(manifest), the API key of the user of whom it names photos, by default the administrator.
    type: str
  user_api_key_file:
    description: File on the managed host that holds O(user_api_key). It wins over O(user_api_key).
    type: path
  dest:
    description:
      - With V(fetched), which needs it, where to put the backup on the managed host, as an absolute path. One that ends with C(.sql.gz) is
        that of a file, any other that of a folder, in which the file has its name on the server. The last folder of the path is created if
        it is missing.
      - With V(absent), the folder of backups. Manifests in it are deleted that belong to a backup which was never fetched, and with
        O(keep_fetched) older backups.
      - An earlier backup of Immich in such a file is replaced. A file that holds something else is refused.
    type: path
  require:
    description:
      - Absolute paths on the managed host that have to exist, such as a file on the disk of O(dest). If one does not, nothing is
        done and the task fails, in check mode as well. So an empty folder in which no disk is mounted is not taken for the disk.
    type: list
    elements: path
    default: []
  verify:
    description:
      - Whether V(present) reads the backup to its end on the server, and V(fetched) reads a file again that is already in place. What is
        downloaded is always checked. In check mode, V(fetched) reads a backup that it would fetch on the server.
    type: bool
    default: true
  wait_timeout:
    description: The maximum number of seconds to wait for the server to make a backup.
    type: float
    default: 3600
seealso:
  - module: photoyard.immich.immich_backup_info
  - module: photoyard.immich.immich_restore
  - module: photoyard.immich.immich_archive
"""

EXAMPLES = r"""
- name: Have a backup that is not older than a day
  photoyard.immich.immich_backup:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    max_age: 26h

- name: Fetch it to this host, and make it first if it is too old
  photoyard.immich.immich_backup:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: fetched
    max_age: 26h
    dest: /srv/backup/immich

- name: Make a backup with a manifest, for a proof
  photoyard.immich.immich_backup:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: fetched
    dest: /srv/backup/immich
    manifest: true
    sample: 20
    user_api_key: "{{ immich_api_key }}"

- name: Keep fourteen that were fetched, with their manifests
  photoyard.immich.immich_backup:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: absent
    dest: /srv/backup/immich
    keep_fetched: 14

- name: Write down whether the newest was proven, and stop if it was not
  photoyard.immich.immich_backup:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: absent
    dest: /srv/backup/immich
    fetched: "{{ made.backup.filename }}"
    proof: "{{ proof }}"

- name: Keep seven on the server
  photoyard.immich.immich_backup:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    state: absent
    keep: 7
"""

RETURN = r"""
backup:
  description: The backup that was made, found or fetched. Null in check mode for one that would be made.
  returned: success, with O(state=present) and O(state=fetched)
  type: dict
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
path:
  description: Where the backup lies on the managed host. Null in check mode for one that would be made.
  returned: success, with O(state=fetched)
  type: str
checksum:
  description: The SHA-256 of the file there. Null in check mode, and if its bytes were not read.
  returned: success, with O(state=fetched)
  type: str
bytes_received:
  description: How many bytes were downloaded; 0 in check mode, and if the file was there already.
  returned: success, with O(state=fetched)
  type: int
manifest:
  description: The manifest, as a dictionary.
  returned: success, with O(manifest) and a RV(path); failure after it was written
  type: dict
manifest_path:
  description: Where the manifest lies on the managed host.
  returned: with RV(manifest)
  type: str
rejected:
  description: Why a backup that is young enough does not count, in a sentence; an empty text where there is no such.
  returned: success, with O(manifest)
  type: str
damaged:
  description: The file name of a backup on the server that does not count because it is damaged.
  returned: success, with O(manifest)
  type: str
failed_step:
  description:
    - The step in which a new backup failed, V(count), V(make), V(sample), V(manifest) or V(fetch). RV(backup) is the backup on the server
      that was made until then.
  returned: failure, with O(manifest)
  type: str
deleted_fetched:
  description: The names of the files in O(dest) that were deleted.
  returned: success, with O(state=absent)
  type: list
  elements: str
deleted:
  description: The file names of the backups on the server that were deleted.
  returned: success, with O(state=absent)
  type: list
  elements: str
"""

from contextlib import closing
from typing import Any, Callable, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._backup.manage import manage_backups
from ansible_collections.photoyard.immich.plugins.module_utils._backup.options import ABSENT, FETCHED, BackupOptions
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.scopes import scopes_in_use
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {
        **argument_spec(BackupOptions),
        "user_api_key": {"type": "str", "no_log": True},
        "user_api_key_file": {"type": "path", "no_log": False},
        "scopes": {"type": "dict", "default": {}},
    },
    required_if=[("state", FETCHED, ("dest",)), ("state", ABSENT, ("name", "names", "keep", "dest"), True)],
    required_by={"keep_fetched": ["dest"], "fetched": ["dest"], "proof": ["fetched"]},
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Brings backups into the state that the options name."""
    options = from_params(BackupOptions, params)
    with Run("backup") as run:
        return run.do(lambda: _manage(client, params, options, check_mode, run.check))


def _manage(
    client: api.Immich, params: Mapping[str, Any], options: BackupOptions, check_mode: bool, check_stop: Callable[[], None]
) -> _module.Result:
    if params["scopes"]:
        client.require(scopes_in_use(client, params["scopes"]))
    key = params["user_api_key"]
    if key is None:
        return manage_backups(client, options, check_mode, check_stop=check_stop)
    client.version  # noqa: B018  # which the other client then knows
    with closing(client.with_key(key)) as user:
        return manage_backups(client, options, check_mode, user, check_stop)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich, asks_version=False)  # by a thread that a signal does not have to wait for


if __name__ == "__main__":
    main()
