# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ssh server on loopback, for this user, with keys made on the spot."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from support.playbooks import compiled
from support.playbooks.playbook import TARGET_PYTHON
from support.ports import free_port
from support.waiting import wait_until

_CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
MaxSessions 100
PerSourcePenalties no
Subsystem sftp internal-sftp
SetEnv HOME={folder} XDG_STATE_HOME={state_home} XDG_CACHE_HOME={cache_home} PYTHONPATH={python}
"""
"""Sessions have a HOME of their own: a developer's shell would leave its locks behind when it is killed at its start."""


class Sshd:
    """A context manager: an ssh server that ends, with all its sessions, when it is left.

    :param home: where files and the managed host's state folders go.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state_home = home / "state"
        self.remote_tmp = home / "remote_tmp"
        self.port = free_port()
        # a socket's path may have 108 bytes at most, and pytest's folders are long
        self._control = Path(tempfile.mkdtemp(prefix="ssh-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Sshd:
        self.home.mkdir(parents=True, exist_ok=True)
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.home / key], check=True)
        public = (self.home / "host_key.pub").read_text()
        (self.home / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {public}")
        (self.home / "sshd_config").write_text(
            _CONFIG.format(
                port=self.port,
                folder=self.home,
                state_home=self.state_home,
                cache_home=self.home / "cache",
                python=compiled.PYTHON,
            )
        )
        compiled.lend(self.home / "cache")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        compiled.collect(self.home / "cache")
        shutil.rmtree(self._control, ignore_errors=True)  # a master that ends takes its socket away

    def start(self) -> None:
        """Starts the server, and waits until it answers."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it when it runs as root
        program = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
        assert program, "sshd is missing: apt-get install openssh-server"
        log = self.home / "sshd.log"
        self._process = process = subprocess.Popen([program, "-D", "-f", self.home / "sshd_config", "-E", log])

        def listens() -> bool:
            assert process.poll() is None, log.read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(listens)

    def stop(self) -> None:
        """SIGKILL to the server and to its sessions; what the sessions started lives on, as when a line is cut."""
        if self._process is None:
            return
        sessions = [pid for pid in _descendants(self._process.pid) if _name(pid).startswith("sshd")]
        for pid in [self._process.pid, *sessions]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()
        self._process = None

    def host(self, *, pipelining: bool = False) -> dict[str, Any]:
        """Inventory variables of a host that is reached through this server."""
        options = {
            "UserKnownHostsFile": self.home / "known_hosts",
            "GlobalKnownHostsFile": "/dev/null",
            "IdentitiesOnly": "yes",
            "ControlMaster": "auto",
            "ControlPersist": "10s",
        }
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": getpass.getuser(),
            "ansible_ssh_private_key_file": str(self.home / "user_key"),
            "ansible_ssh_args": " ".join(["-F none", *(f"-o {name}={value}" for name, value in options.items())]),
            "ansible_control_path_dir": str(self._control),
            "ansible_pipelining": pipelining,
            "ansible_python_interpreter": TARGET_PYTHON,
            "ansible_remote_tmp": str(self.remote_tmp),
            "ansible_async_dir": str(self.home / "async"),
        }


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):  # it has ended
            for child in (task / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except FileNotFoundError:
        return ""
