# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proves a dump of Immich's database: restores it into a scratch database, counts what is there, and compares.

Restoring and counting is one transaction that is rolled back, so that nothing stays in a database that is the user's own, whatever dies.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import IO, Any, Callable, Dict, List, Optional, Sequence, Tuple, cast

from ..._client import errors
from . import dump_sql
from .compare import Expected, compare_sample, compare_statistics
from .counting_sql import counting_sql
from .dump_sql import PGVECTO_RS, VECTORCHORD, Head, Seen, read_head
from .scratch_cluster import ScratchCluster, find_binaries

Result = Dict[str, Any]

# Versions of psql that know \restrict, which lets a script use no command of psql: the first minor version of each major one.
_RESTRICTS = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}
_PSQL_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")
_NO_SPACE = "No space left on device"
_QUIET = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]


@dataclass(frozen=True)
class Database:
    """A database of the user's to restore into. It must be empty, and its user its owner or a superuser."""

    name: str
    host: Optional[str] = None
    port: Optional[int] = None
    user: Optional[str] = None
    password: Optional[str] = None


@dataclass(frozen=True)
class ProofOptions:
    """`path` is the dump. Without a `database` a PostgreSQL of this host is started, below `folder`, by `user` where root may not.

    `binaries` is the folder of PostgreSQL's programs, None to look for it. `expected` is what the server said.
    """

    path: str
    folder: str
    user: str
    database: Optional[Database] = None
    binaries: Optional[str] = None
    expected: Expected = field(default_factory=Expected)


def prove(options: ProofOptions) -> Result:
    """Restores and counts: `{proven, counts, differences, left_out, extensions, postgres_version, seconds}`.

    Raises `LocalFailure` where the dump cannot be restored; what it holds instead of what the server said is in `differences`.
    """
    began = time.monotonic()
    head = read_head(options.path)
    if PGVECTO_RS in head.extensions and options.database is None:
        raise errors.LocalFailure(
            "The dump needs the extension vectors (pgvecto.rs), for which Debian has no package. Give a database to restore into that has "
            "it, or move Immich to VectorChord first."
        )
    restore = _restore_into_own_cluster if options.database is None else _restore_into_database
    seen, counts, version = restore(options, head)
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


Restored = Tuple[Seen, Dict[str, Any], str]


def _restore_into_own_cluster(options: ProofOptions, head: Head) -> Restored:
    extensions = [name for name in head.extensions if name != VECTORCHORD]
    binaries = find_binaries(options.binaries, head.postgres, extensions)
    with ScratchCluster(binaries, options.folder, options.user) as cluster:
        cluster.prepare_database(extensions)

        def start(**streams: IO[bytes]) -> subprocess.Popen[bytes]:
            return cluster.popen("psql", *_QUIET, *cluster.connection(), **streams)

        seen, counts = _replay(options, start, [], keep_search_indexes=False, restricts=_can_restrict(binaries.version))
    return seen, counts, "%d.%d" % binaries.version


def _restore_into_database(options: ProofOptions, head: Head) -> Restored:
    database = cast(Database, options.database)  # the caller chose by it
    psql = _Psql(options.binaries, database)
    version, tables = psql.ask(
        "SELECT current_setting('server_version')",
        "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT EXISTS "
        "(SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')",
    )
    if tables != "0":
        raise errors.LocalFailure(
            "The database %s has %s tables of its own. To prove a dump, give one that is empty: never that of Immich."
            % (database.name, tables)
        )
    available = set(psql.ask("SELECT string_agg(name, ',') FROM pg_available_extensions")[0].split(","))
    missing = sorted(set(head.extensions) - available - {VECTORCHORD})
    if missing:
        raise errors.LocalFailure(
            "The server of the database %s lacks the extension %s, which the dump needs." % (database.name, ", ".join(missing))
        )
    wanted = ['CREATE EXTENSION IF NOT EXISTS "%s" WITH SCHEMA public CASCADE' % name for name in head.extensions if name in available]
    seen, counts = _replay(
        options, psql.start, wanted, keep_search_indexes=VECTORCHORD in available, restricts=_can_restrict(psql.version())
    )
    return seen, counts, version


class _Psql:
    """psql of this host, on the user's database. The password goes through the environment, which only its user can read."""

    def __init__(self, binaries: Optional[str], database: Database) -> None:
        self._program = os.path.join(binaries, "psql") if binaries else "psql"
        self._options = list(_QUIET)
        for option, value in (("host", database.host), ("port", database.port), ("username", database.user), ("dbname", database.name)):
            self._options += ["--%s" % option, str(value)] if value is not None else []
        self._environment = {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "15"}
        self._environment.update({} if database.password is None else {"PGPASSWORD": database.password})

    def start(self, **streams: IO[bytes]) -> subprocess.Popen[bytes]:
        return self._popen(self._options, **streams)

    def ask(self, *questions: str) -> List[str]:
        """A value for each question."""
        commands = [part for question in questions for part in ("--command", question)]
        with self._popen([*self._options, *commands], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
            said, problem = asked.communicate()
        if asked.returncode:
            raise errors.LocalFailure("The scratch database cannot be used: %s" % problem.decode("utf-8", "replace").strip()[-500:])
        return said.decode("utf-8", "replace").splitlines()

    def version(self) -> Tuple[int, int]:
        with self._popen(["--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asked:
            found = _PSQL_VERSION.search(asked.communicate()[0].decode("ascii", "replace"))
        return (int(found.group(1)), int(found.group(2) or 0)) if found else (0, 0)

    def _popen(self, arguments: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
        try:
            # run_command is the module's, and reads all of what a program writes into memory
            return subprocess.Popen(  # pylint: disable=ansible-bad-function
                [self._program, *arguments], env=self._environment, **{"stdin": subprocess.DEVNULL, **streams}
            )
        except OSError as exc:
            raise errors.LocalFailure(
                "%s cannot be started: %s. Install PostgreSQL's client (on Debian: apt install postgresql-client)."
                % (self._program, exc.strerror)
            ) from exc


def _can_restrict(version: Tuple[int, int]) -> bool:
    return version[0] > max(_RESTRICTS) or version[1] >= _RESTRICTS.get(version[0], 1 << 30)


def _replay(
    options: ProofOptions,
    start: Callable[..., subprocess.Popen[bytes]],
    first: Sequence[str],
    *,
    keep_search_indexes: bool,
    restricts: bool,
) -> Tuple[Seen, Dict[str, Any]]:
    """Sends the dump through psql, then the question what is there now; and takes all of it back."""
    seen, mark = Seen(), secrets.token_hex(16)
    with ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _stream in range(2))
        psql = stack.enter_context(start(stdin=subprocess.PIPE, stdout=out, stderr=err))
        stack.callback(_kill, psql)
        stdin = cast(IO[bytes], psql.stdin)  # a pipe was asked for
        try:
            opening = ["\\restrict %s" % mark] * restricts + ["BEGIN;"] + [command + ";" for command in first]
            stdin.write(("\n".join(opening) + "\n").encode())
            for line in dump_sql.statements(options.path, seen, keep_search_indexes=keep_search_indexes):
                stdin.write(line)
            stdin.write(("%s\nROLLBACK;\n" % counting_sql(seen, mark, list(options.expected.sample))).encode())
            stdin.close()
        except BrokenPipeError:
            pass  # it has ended; what it says tells why
        status = psql.wait()
        said, problem = (_read(file) for file in (out, err))
    # not splitlines: a path in the answer may hold other line ends
    found = [line[len(mark) :] for line in said.split("\n") if line.startswith(mark)]
    if status or not found:
        raise errors.LocalFailure(_explain(options.path, problem or "psql ended with %d" % status))
    return seen, json.loads(found[0])


def _kill(psql: subprocess.Popen[bytes]) -> None:
    """Ends psql where the dump could not be sent to its end: what it has restored is rolled back then."""
    with suppress(OSError):
        if psql.stdin is not None:
            psql.stdin.close()
    if psql.poll() is None:
        psql.kill()


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(1 << 24).decode("utf-8", "replace")


def _explain(path: str, problem: str) -> str:
    said = next((line for line in problem.splitlines() if "ERROR" in line or "FATAL" in line), problem.strip())[-500:]
    if _NO_SPACE in problem:
        return "The disk of the scratch database is full, so that %s was not proven. Choose a folder with more space. (%s)" % (path, said)
    return "%s cannot be restored. PostgreSQL says: %s" % (path, said)
