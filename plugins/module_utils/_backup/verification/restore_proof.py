# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proves a dump of Immich's database: restores it into a scratch database, counts what is there, and compares.

Restoring and counting is one transaction that is rolled back, so that nothing stays in a database that is the user's own, whatever dies.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, cast

from ..._client import errors
from . import dump_sql, psql
from .binaries import find_binaries, require_restrict
from .compare import ExpectedStatistics, compare_sample, compare_statistics
from .counting_sql import counting_sql, read_answer
from .dump_sql import PGVECTO_RS, VECTORCHORD, DumpContents, Head, read_head
from .keeper import Keeper
from .scratch_cluster import ScratchCluster

Result = Dict[str, Any]

_NO_SPACE = "No space left on device"
_LONGEST_TIMEOUT = 7 * 86400  # seconds
_ANSWER_WITHIN = 60.0  # seconds that a question to the user's database may take
# Roles with which SQL reaches out of a database, and a name for having every right.
_POWERS = """
SELECT coalesce(string_agg(DISTINCT CASE WHEN rolsuper THEN 'superuser' WHEN rolcreaterole THEN 'createrole' ELSE rolname END, ', '), '')
  FROM pg_catalog.pg_roles
  WHERE rolname = session_user AND (rolsuper OR rolcreaterole) OR pg_has_role(session_user, oid, 'MEMBER') AND rolname IN
    ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files') AND NOT
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)"""


@dataclass(frozen=True)
class Database:
    """A database of the user's to restore into. It must be empty, and its user its owner and not a superuser."""

    name: str
    host: Optional[str] = None
    port: Optional[int] = None
    user: Optional[str] = None
    password: Optional[str] = None


@dataclass(frozen=True)
class ProofOptions:
    """`path` is the dump. Without a `database` a PostgreSQL of this host is started, below `folder`, by `user` where root may not.

    `binaries` is the folder of PostgreSQL's programs, None to look for it. `expected` is what the server said. `timeout` is in seconds.
    """

    path: str
    folder: str
    user: str
    database: Optional[Database] = None
    binaries: Optional[str] = None
    expected: ExpectedStatistics = field(default_factory=ExpectedStatistics)
    timeout: float = 7200.0

    def __post_init__(self) -> None:
        """Raises `InvalidRequest`."""
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            raise errors.wrong_option("timeout", "must be more than 0 and at most %d seconds." % _LONGEST_TIMEOUT)


def prove(options: ProofOptions, keeper: Keeper) -> Result:
    """Restores and counts: `{proven, counts, differences, left_out, extensions, postgres_version, seconds}`. `keeper` clears up.

    Raises `LocalFailure` where the dump cannot be restored, and `Timeout`; what it holds instead of what the server said is in
    `differences`.
    """
    began = time.monotonic()
    deadline = psql.Deadline(options.timeout, options.path)
    head = read_head(options.path)
    if PGVECTO_RS in head.extensions and options.database is None:
        raise errors.LocalFailure(
            "The dump needs the extension vectors (pgvecto.rs), for which Debian has no package. Give a database to restore into that has "
            "it, or move Immich to VectorChord first."
        )
    restore = _restore_into_own_cluster if options.database is None else _restore_into_database
    seen, counts, version = restore(options, head, deadline, keeper)
    differences = compare_statistics(counts, options.expected) + compare_sample(counts.pop("sample"), options.expected.sample)
    return {
        "proven": not differences,
        "counts": counts,
        "differences": differences,
        "left_out": seen.left_out,
        "extensions": list(head.extensions),
        "postgres_version": version,
        "seconds": round(time.monotonic() - began, 1),
    }


Restored = Tuple[DumpContents, Dict[str, Any], str]


def _restore_into_own_cluster(options: ProofOptions, head: Head, deadline: psql.Deadline, keeper: Keeper) -> Restored:
    extensions = [name for name in head.extensions if name != VECTORCHORD]
    binaries = find_binaries(options.binaries, head.postgres, extensions)
    with ScratchCluster(binaries, options.folder, options.user, keeper) as cluster:
        cluster.prepare_database(extensions)

        def start(**streams: Any) -> subprocess.Popen[bytes]:
            return cluster.popen("psql", *psql.QUIET, *cluster.connection(), **streams)

        replay = _Replay(options, deadline, [], keep_search_indexes=False)
        counts = replay.run(start)
    return replay.seen, counts, "%d.%d" % binaries.version


def _restore_into_database(options: ProofOptions, head: Head, deadline: psql.Deadline, keeper: Keeper) -> Restored:
    database = cast(Database, options.database)  # the caller chose by it
    client = _Psql(options.binaries, database, keeper)
    version, powers, tables = client.query(
        "SELECT current_setting('server_version')",
        _POWERS,
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT EXISTS "
        "(SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')",
    )
    if powers:
        raise errors.LocalFailure(
            "The user of the database %s has the rights %s, with which a dump could reach out of the database. Name a user who only owns "
            "the database (database: user), and make its extensions beforehand as a superuser: %s."
            % (database.name, powers, ", ".join(head.extensions) or "none"),
            details={"rights": powers},
        )
    if tables != "0":
        raise errors.LocalFailure(
            "The database %s has %s tables of its own. To prove a dump, give one that is empty: never that of Immich."
            % (database.name, tables)
        )
    available = set(client.query("SELECT string_agg(name, ',') FROM pg_available_extensions")[0].split(","))
    missing = sorted(set(head.extensions) - available - {VECTORCHORD})
    if missing:
        raise errors.LocalFailure(
            "The server of the database %s lacks the extension %s, which the dump needs." % (database.name, ", ".join(missing))
        )
    wanted = ['CREATE EXTENSION IF NOT EXISTS "%s" WITH SCHEMA public CASCADE' % name for name in head.extensions if name in available]
    replay = _Replay(options, deadline, wanted, keep_search_indexes=VECTORCHORD in available)
    try:
        counts = replay.run(client.start)
    except errors.ImmichError:
        if replay.backend is not None:
            client.end_backend(replay.backend)
        raise
    return replay.seen, counts, version


class _Psql:
    """psql of this host, on the user's database. The password goes through the environment, which only its user can read."""

    def __init__(self, binaries: Optional[str], database: Database, keeper: Keeper) -> None:
        program = os.path.join(binaries, "psql") if binaries else "psql"
        self._program = shutil.which(program)
        if self._program is None:
            raise errors.LocalFailure(
                "%s is not there, or cannot be started. Install PostgreSQL's client (on Debian: apt install postgresql-client)." % program
            )
        require_restrict(self._program)
        self._keeper = keeper
        self._options = list(psql.QUIET)
        for option, value in (("host", database.host), ("port", database.port), ("username", database.user), ("dbname", database.name)):
            self._options += ["--%s" % option, str(value)] if value is not None else []
        self._environment = {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "15"}
        self._environment.update({} if database.password is None else {"PGPASSWORD": database.password})

    def start(self, **streams: Any) -> subprocess.Popen[bytes]:
        return self._popen(self._options, **streams)

    def query(self, *questions: str) -> List[str]:
        """A value for each question."""
        commands = [part for question in questions for part in ("--command", question)]
        asked = psql.communicate(self._popen([*self._options, *commands], stdout=subprocess.PIPE, stderr=subprocess.PIPE), _ANSWER_WITHIN)
        if asked.status:
            raise errors.LocalFailure("The scratch database cannot be used: %s" % asked.problem.strip()[-500:])
        return asked.output.splitlines()

    def end_backend(self, pid: int) -> None:
        """Ends what the server still does for a psql that was ended: it notices that only when it next writes to it."""
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %d AND usename = session_user AND datname = "
            "current_database()" % pid
        )

    def _popen(self, arguments: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
        # run_command is the module's, and reads all of what a program writes into memory
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            [cast(str, self._program), *arguments], env=self._environment, **{"stdin": subprocess.DEVNULL, **streams}
        )
        self._keeper.watch_process(process.pid)
        return process


class _Replay:
    """A dump that is sent through psql, then the question what is there now; and all of it is taken back.

    `seen` is what went by.
    """

    def __init__(self, options: ProofOptions, deadline: psql.Deadline, first: Sequence[str], *, keep_search_indexes: bool) -> None:
        self.seen = DumpContents()
        self._options = options
        self._deadline = deadline
        self._first = first
        self._keep_search_indexes = keep_search_indexes
        self._mark = secrets.token_hex(16)
        self._output = bytearray()

    def run(self, start: psql.Start) -> Dict[str, Any]:
        """What the dump holds. Raises `LocalFailure` and `Timeout`."""
        result = psql.run_script(start, self._script(), self._deadline, self._output)
        answers = self._answers()
        if result.status or len(answers) != 3:
            raise errors.LocalFailure(_explain(self._options.path, result.problem or "psql ended with %d" % result.status))
        if answers[0].split()[0] != answers[2]:
            raise errors.LocalFailure(self._ended_transaction())
        return read_answer(answers[1])

    @property
    def backend(self) -> Optional[int]:
        """The number of the server's process that has worked for it, None where it did not come to that."""
        answers = self._answers()
        return int(answers[0].split()[1]) if answers else None

    def _answers(self) -> List[str]:
        # not splitlines: a path in the answer may hold other line ends
        lines = self._output.decode("utf-8", "replace").split("\n")[:-1]
        return [line[len(self._mark) :] for line in lines if line.startswith(self._mark)]

    def _script(self) -> Iterator[bytes]:
        opening = [
            "\\restrict %s" % secrets.token_hex(16),
            "SET statement_timeout = '%ds';" % (self._deadline.left + 10),  # for what outlives psql
            "SET client_min_messages = warning;",
            "BEGIN;",
            "SELECT '%s' || pg_catalog.txid_current() || ' ' || pg_catalog.pg_backend_pid();" % self._mark,
            *(command + ";" for command in self._first),
        ]
        yield ("\n".join(opening) + "\n").encode()
        yield from dump_sql.statements(self._options.path, self.seen, keep_search_indexes=self._keep_search_indexes)
        ending = [
            "SET search_path = pg_catalog, pg_temp;",  # a dump may have functions of the same names
            counting_sql(self.seen, self._mark, list(self._options.expected.sample)),
            "SELECT '%s' || pg_catalog.txid_current();" % self._mark,
            "ROLLBACK;",
        ]
        yield ("\n".join(ending) + "\n").encode()

    def _ended_transaction(self) -> str:
        where = self._options.database
        left = " What it has made may have stayed in the database %s: make that anew." % where.name if where else ""
        return "%s ends the transaction in which it is restored, which no dump of Immich's does, so it was not proven.%s" % (
            self._options.path,
            left,
        )


def _explain(path: str, problem: str) -> str:
    reason = next((line for line in problem.splitlines() if "ERROR" in line or "FATAL" in line), problem.strip())[-500:]
    if _NO_SPACE in problem:
        return "The disk of the scratch database is full, so that %s was not proven. Choose a folder with more space. (%s)" % (path, reason)
    return "%s cannot be restored. PostgreSQL says: %s" % (path, reason)
