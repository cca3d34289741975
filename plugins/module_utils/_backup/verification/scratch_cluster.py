# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL server for a few minutes: in a folder of its own, on a unix socket only, and gone afterwards.

A process forked beforehand waits at the end of a pipe. When the pipe ends, because the proof is over or because the module was killed, it
ends the server and deletes the folder. What even that process has left behind, the next proof on the host deletes.
"""

from __future__ import annotations

import fcntl
import glob
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..._client import errors
from ..._queues.guard import child

_PREFIX = "immich-proof-"
_BINARIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")
_START_WITHIN = 60.0  # seconds
_STOP_WITHIN = 10.0
_LONGEST_SOCKET = 90  # characters of a folder, so that the socket's path stays below the 107 that the system allows
_SUPERUSER = "postgres"

OWNER = "proof"
"""The role that restores, and the database that it owns. It is not a superuser, so that a dump cannot reach out of the database."""


class Binaries(NamedTuple):
    """A PostgreSQL that is installed."""

    folder: str
    version: Tuple[int, int]

    def has_extension(self, name: str) -> bool:
        """Whether an extension can be made with it."""
        shared = _output([os.path.join(self.folder, "pg_config"), "--sharedir"]).strip()
        folders = [shared] if shared else glob.glob("/usr/share/postgresql/%d" % self.version[0])
        return any(os.path.exists(os.path.join(folder, "extension", name + ".control")) for folder in folders)


def find_binaries(folder: Optional[str], postgres: int, extensions: Sequence[str]) -> Binaries:
    """The oldest PostgreSQL on this host that can take a dump of the major version `postgres`, and has the extensions.

    With `folder` it is the one there. Raises `LocalFailure` that says what to install.
    """
    folders = [folder] if folder else sorted({found for pattern in _BINARIES for found in glob.glob(pattern)})
    installed = sorted(filter(None, map(_binaries, folders)), key=lambda one: one.version)
    fitting = [one for one in installed if one.version[0] >= postgres]
    complete = [one for one in fitting if all(one.has_extension(name) for name in extensions)]
    if complete:
        return complete[0]
    needed = fitting[0].version[0] if fitting else postgres
    packages = ["postgresql-%d" % needed] + ["postgresql-%d-pgvector" % needed] * ("vector" in extensions)
    if not fitting:
        found = ", ".join("%d.%d in %s" % (*one.version, one.folder) for one in installed) or "none in %s" % (folder or "the usual places")
        problem = "The dump comes from PostgreSQL %d, and this host has no PostgreSQL of that version or a later one (%s)" % (
            postgres,
            found,
        )
    else:
        missing = [name for name in extensions if not fitting[0].has_extension(name)]
        problem = "The dump needs the extension %s, which PostgreSQL %d on this host lacks" % (", ".join(missing), needed)
    raise errors.LocalFailure(
        "%s. Install it (on Debian: apt install %s; the server need not run), or give a database to restore into."
        % (problem, " ".join(packages))
    )


def _binaries(folder: str) -> Optional[Binaries]:
    if not all(os.access(os.path.join(folder, name), os.X_OK) for name in ("initdb", "postgres", "psql")):
        return None
    found = _VERSION.search(_output([os.path.join(folder, "postgres"), "--version"]))
    return Binaries(folder, (int(found.group(1)), int(found.group(2) or 0))) if found else None


def _output(command: List[str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        # run_command is the module's, which logic does not know
        return subprocess.run(  # pylint: disable=ansible-bad-function
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=30, encoding="utf-8"
        ).stdout
    return ""


class ScratchCluster:
    """The server, as a context manager. `parent` is the folder in which its own one is made, `user` who runs it where root may not."""

    def __init__(self, binaries: Binaries, parent: str, user: str) -> None:
        self._binaries = binaries
        self._account = _account(user) if os.geteuid() == 0 else None
        self.folder = self._make_folder(parent)
        self._keeper = child.fork(lambda pipe: _keep(pipe, self.folder))
        self._server: Optional[subprocess.Popen[bytes]] = None

    def __enter__(self) -> ScratchCluster:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with suppress(ProcessLookupError):
                self._server.send_signal(signal.SIGQUIT)
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(_STOP_WITHIN)
        self._keeper.close()
        with suppress(ChildProcessError):
            os.waitpid(self._keeper.pid, 0)

    def popen(self, name: str, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs, as the server's user."""
        command = [os.path.join(self._binaries.folder, name), *arguments]
        environment = {"PATH": self._binaries.folder + ":/usr/bin:/bin", "LC_ALL": "C", "HOME": self.folder, "TZ": "UTC"}
        # The options are the caller's; run_command cannot let a program run on.
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # pylint: disable=ansible-bad-function
            command, cwd=self.folder, env=environment, preexec_fn=self._become, start_new_session=True, **options
        )
        self._keeper.send(b"%d" % process.pid)
        return process

    def connection(self, user: str = OWNER, database: str = OWNER) -> List[str]:
        """Options of psql."""
        return ["--host", self.folder, "--username", user, "--dbname", database]

    def prepare_database(self, extensions: Sequence[str]) -> None:
        """Makes the empty database, with these extensions. Raises `LocalFailure`."""
        made = ["CREATE ROLE %s LOGIN" % OWNER, "CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8'" % (OWNER, OWNER)]
        self._execute(_SUPERUSER, "postgres", made)
        wanted = ['CREATE EXTENSION IF NOT EXISTS "%s" CASCADE' % name for name in extensions]
        self._execute(_SUPERUSER, OWNER, [*wanted, "ALTER SCHEMA public OWNER TO %s" % OWNER])

    def _execute(self, user: str, database: str, commands: Sequence[str]) -> None:
        arguments = [part for command in commands for part in ("--command", command)]
        options = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", *self.connection(user, database), *arguments]
        self._complete("psql", options)

    def _start(self) -> None:
        data = os.path.join(self.folder, "data")
        self._complete(
            "initdb", ["--pgdata", data, "--username", _SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "unix_socket_permissions": "0700",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "autovacuum": "off",
            "max_connections": "10",
            "maintenance_work_mem": "256MB",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", "%s=%s" % (name, value))]
        with open(os.path.join(self.folder, "server.log"), "wb") as log:
            self._server = self.popen("postgres", "-D", data, *arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_WITHIN
        while not os.path.exists(os.path.join(self.folder, ".s.PGSQL.5432")) or not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise errors.LocalFailure("PostgreSQL did not start in %s: %s" % (self.folder, self._last_words("server.log")))
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        options = ["--no-psqlrc", "--quiet", *self.connection(_SUPERUSER, "postgres"), "--command", "SELECT 1"]
        with self.popen("psql", *options, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as asked:
            return asked.wait() == 0

    def _complete(self, name: str, arguments: Sequence[str]) -> None:
        with self.popen(name, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            said = process.communicate()[1].decode("utf-8", "replace")
        if process.returncode:
            raise errors.LocalFailure("PostgreSQL's %s failed: %s" % (name, said.strip()[-500:] or "it ended with %d" % process.returncode))

    def _last_words(self, log: str) -> str:
        with suppress(OSError), open(os.path.join(self.folder, log), encoding="utf-8", errors="replace") as file:
            return file.read()[-500:].strip()
        return "it has said nothing"

    def _make_folder(self, parent: str) -> str:
        delete_remains(parent)
        try:
            folder = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            if self._account:
                os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        except OSError as exc:
            raise errors.LocalFailure("No folder for the scratch database can be made in %s: %s." % (parent, exc.strerror or exc)) from exc
        if len(folder) > _LONGEST_SOCKET:
            os.rmdir(folder)
            raise errors.LocalFailure("%s is too long a path for a unix socket. Choose a shorter folder for the scratch database." % parent)
        return folder

    def _become(self) -> None:
        os.umask(0o077)
        if self._account:
            os.setgroups([])
            os.setgid(self._account.pw_gid)
            os.setuid(self._account.pw_uid)


def _account(user: str) -> pwd.struct_passwd:
    try:
        account = pwd.getpwnam(user)
    except KeyError as exc:
        raise errors.LocalFailure("There is no user %s on this host to run PostgreSQL, which refuses to run as root." % user) from exc
    if account.pw_uid == 0:
        raise errors.LocalFailure("PostgreSQL refuses to run as root, which %s is. Choose another user." % user)
    return account


def _keep(pipe: int, folder: str) -> None:
    """What the forked process does: holds a lock on the folder, waits for the end of the pipe, and clears up."""
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mailbox = child.Mailbox(pipe)
    started: List[int] = []
    while True:
        lines = mailbox.lines(None)
        if lines is None:
            break
        started += [int(line) for line in lines if line.isdigit()]
    _clear(folder, started)


def delete_remains(parent: str) -> None:
    """Deletes what proofs have left in a folder whose own processes were killed with them."""
    for folder in glob.glob(os.path.join(glob.escape(parent), _PREFIX + "*")):
        with suppress(OSError):
            if os.stat(folder).st_uid != os.geteuid() and os.geteuid() != 0:
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.stat(folder).st_mtime > 1:  # one that was just made has no lock yet
                    _clear(folder, [])
            finally:
                os.close(lock)


def _clear(folder: str, started: Sequence[int]) -> None:
    deadline = time.monotonic() + _STOP_WITHIN
    while time.monotonic() < deadline:
        for pid in {*started, *_postmaster(folder)}:
            _end(pid, folder, signal.SIGQUIT if time.monotonic() < deadline - _STOP_WITHIN / 2 else signal.SIGKILL)
        if not any(_belongs(pid, folder) for pid in {*started, *_postmaster(folder)}):
            break
        time.sleep(0.05)
    for _attempt in range(5):  # a program that was just starting may still write
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        time.sleep(0.2)


def _postmaster(folder: str) -> List[int]:
    with suppress(OSError, ValueError), open(os.path.join(folder, "data", "postmaster.pid"), encoding="ascii") as file:
        return [int(file.readline())]
    return []


def _belongs(pid: int, folder: str) -> bool:
    """Whether a process still runs and is one of this proof's: its number may be another's by now."""
    with suppress(OSError):
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
            if file.read().rpartition(")")[2].split()[0] == "Z":
                return False
        with open("/proc/%d/cmdline" % pid, "rb") as command:
            return folder.encode() in command.read()
    return False


def _end(pid: int, folder: str, number: int) -> None:
    with suppress(OSError):
        if _belongs(pid, folder):
            os.kill(pid, number)
