# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL server for a few minutes: in a folder of its own, on a unix socket only, and gone afterwards."""

from __future__ import annotations

import grp
import os
import pwd
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import Any, Dict, List, Optional, Sequence

from ..._client import errors
from ..._own_files import disk_space, failing
from . import keeper, psql
from .binaries import Binaries

_START_WITHIN = 60.0  # seconds
_STOP_WITHIN = 10.0
_COMPLETE_WITHIN = 300.0
_LONGEST_SOCKET = 90  # characters of a folder, so that the socket's path stays below the 107 that the system allows
_SERVER_MEMORY = 1 << 32  # bytes of addresses of each of the server's processes
_LOOK_AT_DISK_EVERY = 0.2  # seconds
_RESERVE = 1 << 28  # bytes of the disk, at most, that are left to others
_RESERVE_OF_SMALL_DISK = 20  # a twentieth
_SUPERUSER = "postgres"
# Neither systemd nor Debian gives these numbers to anybody (https://systemd.io/UIDS-GIDS, Debian Policy 9.2.2).
_UNUSED_GROUPS = range(60578, 61184)

OWNER = "proof"
"""The role that restores, and the database that it owns. It is not a superuser, so that a dump cannot reach out of the database."""


class ScratchCluster:
    """The server, as a context manager. `parent` is the folder in which its own one is made, `user` who runs it where root may not.

    Such a user may have other processes, such as those of `nobody`. What is the server's runs in a group that nobody else has. So, others
    cannot pass through its folder, whose owner is root, nor look into its processes: the kernel asks for the same group (ptrace(2)).
    """

    def __init__(self, binaries: Binaries, parent: str, user: str, cleaner: keeper.Keeper) -> None:
        self._binaries = binaries
        self._keeper = cleaner
        self._account = _account(user) if os.geteuid() == 0 else None
        self._group = _unused_group() if self._account else None
        self._lock = -1
        self._parent = parent
        self._ended = threading.Event()
        self._missed_reserve = 0  # bytes that the disk has not left
        self.folder = self._make_folder(parent)
        self._data, self.socket_folder = (os.path.join(self.folder, name) for name in (keeper.DATA, "run"))
        self._server: Optional[subprocess.Popen[bytes]] = None

    def __enter__(self) -> ScratchCluster:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Raises `LocalFailure` where the server was ended because the disk is short of space."""
        self._ended.set()
        if self._server is not None:
            self._quit()
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(_STOP_WITHIN)
        os.close(self._lock)
        if self._missed_reserve:
            raise errors.LocalFailure(
                "The proof was ended, because the disk of %s has less than %d MiB left. Choose a folder with more space: the scratch "
                "database is some ten times as large as the dump." % (self._parent, self._missed_reserve // 1024**2)
            )

    def popen(self, name: str, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
        """Starts one of PostgreSQL's programs, as the server's user."""
        command = [os.path.join(self._binaries.folder, name), *arguments]
        environment = {"PATH": self._binaries.folder + ":/usr/bin:/bin", "LC_ALL": "C", "HOME": self.socket_folder, "TZ": "UTC"}
        # The options are the caller's; run_command cannot let a program run on.
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # pylint: disable=ansible-bad-function
            command, cwd=self.socket_folder, env=environment, start_new_session=True, **self._identity(), **options
        )
        self._keeper.watch_process(process.pid)
        return process

    def connection(self, user: str = OWNER, database: str = OWNER) -> List[str]:
        """Options of psql."""
        return ["--host", self.socket_folder, "--username", user, "--dbname", database]

    def prepare_database(self, extensions: Sequence[str]) -> None:
        """Makes the empty database, with these extensions. Raises `LocalFailure`."""
        made = ["CREATE ROLE %s LOGIN" % OWNER, "CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8'" % (OWNER, OWNER)]
        self._execute("postgres", made)
        wanted = ['CREATE EXTENSION IF NOT EXISTS "%s" CASCADE' % name for name in extensions]
        self._execute(OWNER, [*wanted, "ALTER SCHEMA public OWNER TO %s" % OWNER])

    def _execute(self, database: str, commands: Sequence[str]) -> None:
        arguments = [part for command in commands for part in ("--command", command)]
        self._complete("psql", [*psql.QUIET, *self.connection(_SUPERUSER, database), *arguments])

    def _start(self) -> None:
        names = ["--pgdata", self._data, "--username", _SUPERUSER, "--auth", "peer", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        self._complete("initdb", names)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket_folder,
            "unix_socket_permissions": "0700",
            **self._write_rules(),
            "dynamic_shared_memory_type": "mmap",  # in the folder: /dev/shm is open to all processes of the user
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
            self._server = self.popen("postgres", "-D", self._data, *arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        psql.limit(self._server, _SERVER_MEMORY)
        threading.Thread(target=self._watch_disk, daemon=True).start()
        deadline = time.monotonic() + _START_WITHIN
        while not os.path.exists(os.path.join(self.socket_folder, ".s.PGSQL.5432")) or not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise errors.LocalFailure("PostgreSQL did not start in %s: %s" % (self.folder, self._last_words()))
            time.sleep(0.05)

    def _quit(self) -> None:
        if self._server is not None:
            with suppress(ProcessLookupError):
                self._server.send_signal(signal.SIGQUIT)

    def _watch_disk(self) -> None:
        """Ends the server before a dump has filled the disk, in a thread of its own."""
        while not self._ended.wait(_LOOK_AT_DISK_EVERY):
            free, size = disk_space(self._parent)
            if free < _reserve(size):
                self._missed_reserve = _reserve(size)
                self._quit()
                return

    def _write_rules(self) -> Dict[str, str]:
        """Who may connect: the user who runs the server, and the one who runs this. The settings that name the files."""
        users = {pwd.getpwuid(os.geteuid()).pw_name, *([self._account.pw_name] if self._account else [])}
        roles = [(user, role) for user in sorted(users) for role in (_SUPERUSER, OWNER)]
        files = {"hba": "local all all peer map=proof\n", "ident": "".join('proof "%s" "%s"\n' % role for role in roles)}
        settings = {}
        for name, text in files.items():
            settings[name + "_file"] = path = os.path.join(self.folder, name + ".conf")
            with open(path, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o640)
                if self._group is not None:
                    os.fchown(file.fileno(), -1, self._group)
                file.write(text)
        return settings

    def _is_ready(self) -> bool:
        arguments = [*psql.QUIET, *self.connection(_SUPERUSER, "postgres"), "--command", "SELECT 1"]
        nowhere = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return psql.communicate(self.popen("psql", *arguments, **nowhere), _COMPLETE_WITHIN).status == 0

    def _complete(self, name: str, arguments: Sequence[str]) -> None:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        output = psql.communicate(self.popen(name, *arguments, **streams), _COMPLETE_WITHIN)
        if output.status:
            reason = output.problem.strip()[-500:] or "it ended with %d" % output.status
            raise errors.LocalFailure("PostgreSQL's %s failed: %s" % (name, reason))

    def _last_words(self) -> str:
        with suppress(OSError), open(os.path.join(self.folder, "server.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-500:].strip()
        return "it has said nothing"

    def _make_folder(self, parent: str) -> str:
        """Only its owner and the server's group can pass through it, and only its owner can change who else can."""
        keeper.delete_remains(parent)
        with failing("No folder for the scratch database can be made in %s" % parent):
            folder = tempfile.mkdtemp(prefix=keeper.PREFIX, dir=parent)
            self._lock = keeper.lock_folder(folder)
            self._keeper.watch_folder(folder)
            for name in (keeper.DATA, "run"):
                path = os.path.join(folder, name)
                os.mkdir(path, 0o700)
                if self._account and self._group is not None:
                    os.chown(path, self._account.pw_uid, self._group)
            if self._group is not None:
                os.chown(folder, -1, self._group)
                os.chmod(folder, 0o710)
        if len(folder) > _LONGEST_SOCKET:
            raise errors.LocalFailure("%s is too long a path for a unix socket. Choose a shorter folder for the scratch database." % parent)
        return folder

    def _identity(self) -> Dict[str, Any]:
        if sys.version_info < (3, 9):
            return {"preexec_fn": self._become}
        if self._account is None:
            return {"umask": 0o077}
        return {"umask": 0o077, "user": self._account.pw_uid, "group": self._group, "extra_groups": []}

    def _become(self) -> None:
        os.umask(0o077)
        if self._account and self._group is not None:
            os.setgroups([])
            os.setgid(self._group)
            os.setuid(self._account.pw_uid)


def _reserve(size: int) -> int:
    """How many bytes of a disk of that size are left to others."""
    return min(_RESERVE, size // _RESERVE_OF_SMALL_DISK)


def _account(user: str) -> pwd.struct_passwd:
    try:
        account = pwd.getpwnam(user)
    except KeyError as exc:
        raise errors.LocalFailure("There is no user %s on this host to run PostgreSQL, which refuses to run as root." % user) from exc
    if account.pw_uid == 0:
        raise errors.LocalFailure("PostgreSQL refuses to run as root, which %s is. Choose another user." % user)
    return account


def _unused_group() -> int:
    """The number of a group that this host does not have."""
    for number in random.sample(_UNUSED_GROUPS, len(_UNUSED_GROUPS)):
        try:
            grp.getgrgid(number)
        except KeyError:
            return number
    raise errors.LocalFailure("This host has a group for each number from %d to %d." % (_UNUSED_GROUPS[0], _UNUSED_GROUPS[-1]))
