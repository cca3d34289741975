#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_backup_proof_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_backup_proof_info
short_description: Prove a backup of Immich's database by restoring it
version_added: 1.0.0
description:
  - Restores a dump into a scratch database, counts users, photos, videos, albums and more, and compares that with what the server has said.
  - Without O(database), it starts a PostgreSQL server of its own, which has to be installed on the host but need not run. It lives in a
    folder of its own, listens on a Unix socket only, and is gone afterwards, also when the module is killed.
  - A dump is a program in SQL. Only the statements that C(pg_dump) writes are let through, and a role restores them that is not a
    superuser. What those statements call, such as a function in a constraint, runs within the bounds of that role, of O(timeout) and of
    the memory that each process may have. The proof ends as a failure before the disk of O(folder) is full, when less than 256 MiB or a
    twentieth of it are free, whichever is less.
  - Where the module runs as root, the scratch server runs as O(user) in a group that nobody else has. Other processes cannot enter its
    folder, connect to it, or read its memory, not even those of the same user. Those of the same user can end it, and so the proof.
  - With O(database), everything happens in one transaction that is rolled back. The database must be empty. So that of Immich is refused.
    If a dump has got around the check of its statements and ended the transaction, the module fails and says so. The database may hold
    what that dump has made.
  - A dump of a server with VectorChord is restored without its search indexes where there is no VectorChord, as on Debian. Their names are
    in RV(left_out). Immich builds them from data that is restored. For a proof with them, give a O(database) whose server has VectorChord.
  - A dump of a server with pgvecto.rs, which Immich up to 2.7 supports, needs a O(database) whose server has pgvecto.rs.
  - Does not ask Immich anything.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
requirements:
  - Python 3.8 or later
  - PostgreSQL's server of the version of the dump or a later one, with pgvector (on Debian, C(postgresql-17) and
    C(postgresql-17-pgvector)); with O(database), only C(psql)
  - C(psql) 13.22, 14.19, 15.14, 16.10, 17.6 or later, or any 18. Earlier ones run commands of the shell that a dump has (CVE-2025-8714)
    and are refused.
options:
  path:
    description: The dump, as M(photoyard.immich.immich_backup) has fetched it.
    type: path
    required: true
  before:
    description: What M(photoyard.immich.immich_statistics_info) returned before the backup was made.
    type: dict
  after:
    description:
      - What it returned afterwards. Each count has to be between the two, so that a library may be in use while it is backed up. The
        sample of this one is looked for in the dump, or that of O(before) where this is not given.
    type: dict
  database:
    description:
      - An empty database to restore into. Its user has to own it. One who is a superuser, can create roles, or can read files or run
        programs of the server is refused.
      - Extensions that only a superuser can make have to be in the database already, as C(earthdistance) and C(vchord).
    type: dict
    suboptions:
      name:
        description: The database's name.
        type: str
        required: true
      host:
        description: The server's name, or the folder of its Unix socket.
        type: str
      port:
        description: The server's port.
        type: int
      user:
        description: The user to connect as.
        type: str
      password:
        description: The user's password.
        type: str
  folder:
    description:
      - Where the scratch server has its folder. The database in it is some ten times as large as the dump.
    type: path
    default: /var/tmp
  user:
    description: The user who runs the scratch server where the module runs as root, which PostgreSQL refuses to be run by.
    type: str
    default: nobody
  postgres_bin:
    description:
      - The folder with PostgreSQL's programs, such as V(/usr/lib/postgresql/17/bin). By default, the oldest version is taken that can
        restore the dump.
    type: path
  timeout:
    description:
      - How many seconds the proof may take. Then what it has started is ended, and the task fails.
    type: float
    default: 7200
seealso:
  - module: photoyard.immich.immich_backup
  - module: photoyard.immich.immich_statistics_info
"""

EXAMPLES = r"""
- name: Restore the dump and compare it with the server
  photoyard.immich.immich_backup_proof_info:
    path: /mnt/backup/immich/immich-db-backup-20260131T020000-v3.1.0-pg17.12.sql.gz
    before: "{{ before }}"
    after: "{{ after }}"
  register: proof
  failed_when: proof is failed or not proof.proven
"""

RETURN = r"""
proven:
  description: Whether everything that was expected is in the dump.
  returned: success
  type: bool
counts:
  description: What the dump holds, by the names of Immich's objects.
  returned: success
  type: dict
  sample:
    users: 2
    assets: 512
    albums: 7
    tags: 12
    immich_version: 3.1.0
differences:
  description: A sentence for each count that does not agree, and each photo of the sample that is missing.
  returned: success
  type: list
  elements: str
left_out:
  description: Search indexes that were not restored because there is no VectorChord here.
  returned: success
  type: list
  elements: str
extensions:
  description: The extensions of PostgreSQL that the dump needs, as V(vchord), V(vector) or V(vectors).
  returned: success
  type: list
  elements: str
postgres_version:
  description: The version of PostgreSQL that has restored the dump.
  returned: success
  type: str
  sample: "17.12"
seconds:
  description: How long it took.
  returned: success
  type: float
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification.compare import ExpectedStatistics
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification.keeper import Keeper
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification.restore_proof import Database, ProofOptions, prove
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run

_DATABASE = {
    "name": {"type": "str", "required": True},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}

SPEC = _module.Spec(
    {
        "path": {"type": "path", "required": True},
        "before": {"type": "dict"},
        "after": {"type": "dict"},
        "database": {"type": "dict", "options": _DATABASE},
        "folder": {"type": "path", "default": "/var/tmp"},
        "user": {"type": "str", "default": "nobody"},
        "postgres_bin": {"type": "path"},
        "timeout": {"type": "float", "default": 7200},
    }
)


def run(params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Restores and compares."""
    options = ProofOptions(
        params["path"],
        params["folder"],
        params["user"],
        Database(**params["database"]) if params["database"] else None,
        params["postgres_bin"],
        ExpectedStatistics.of(params["before"], params["after"]),
        params["timeout"],
    )
    with Keeper() as keeper, Run("proof") as run:
        proven = run.do(lambda: prove(options, keeper))
    return {"changed": False, **proven}


def main() -> None:
    """Runs the module."""
    _module.run_without_server(SPEC, run)


if __name__ == "__main__":
    main()
