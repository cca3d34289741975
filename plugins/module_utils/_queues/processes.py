# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes of this machine: whether one still runs, which ones own a lease, and what a module was started by.

Read from Linux's /proc, see proc(5). On other systems nothing can be seen, and no process is taken for ended.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

_MACHINE_ID = "/etc/machine-id"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"

# Bounds of what is read of an owner in a record.
_MAX_OWNERS = 50
_MAX_TEXT = 200  # characters
_MAX_NUMBER = 2**63

# In a command line, whose words end with NUL: `/usr/bin/ansible-playbook`, `python -m ansible playbook`, Nix's `.ansible-playbook-wrapped`.
_PLAYBOOK = re.compile(rb"(?:^|[\0/.])ansible(?:-playbook|\0playbook|\.cli\.playbook)(?:-wrapped)?\0")
_SESSION = re.compile(rb"(?:sshd|dropbear)\b")

_MAX_PARENTS = 100  # a loop is possible: a process may end during the search, and its id may be reused


class Process(NamedTuple):
    """A process as it was a moment ago. `started` is when, in the system's own unit since its boot."""

    name: bytes
    state: str
    parent: int
    started: int

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and only waits for its parent to collect it."""
        return self.state in ("Z", "X")


def find_process(pid: int) -> Optional[Process]:
    """The process with this id; None when there is none, or it cannot be seen."""
    # The name is in parentheses and may itself have some; the fields are numbered as in proc(5).
    head, parenthesis, rest = _read_proc(pid, "stat").rpartition(b")")
    fields = rest.split()
    if not parenthesis or len(fields) < 20:
        return None
    return Process(head.partition(b"(")[2], fields[0].decode(), int(fields[1]), int(fields[19]))


def find_children(pid: int) -> List[int]:
    """The processes that this one has started, as far as they can be seen."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    return [other for other in pids for process in [find_process(other)] if process is not None and process.parent == pid]


def command_line(pid: int) -> bytes:
    """The words of its command line, each with a NUL after it; b"" when it cannot be seen."""
    return _read_proc(pid, "cmdline")


def has_process_ended(pid: int, started: int) -> bool:
    """Whether the process that had this id and was started then has certainly ended. In doubt it has not."""
    process = find_process(pid)
    if process is not None:
        return process.started != started or process.has_ended
    try:
        os.kill(pid, 0)  # only asks; unlike /proc, it sees processes that are hidden too (hidepid)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


class Host(NamedTuple):
    """Where a process runs, as far as that can be known; each is empty where it cannot.

    `machine` is the installation of the system, `boot` its present boot, and `namespace` what ids and start times of processes count in.
    """

    machine: str
    boot: str
    namespace: str


def this_host() -> Host:
    """Where this process runs."""
    return Host(_machine_id(), boot_id(), _namespace())


def boot_id() -> str:
    """The id of this boot of the machine."""
    return _read_text(_BOOT_ID)


def in_container() -> bool:
    """Whether this is an application container, as an execution environment is. (A system container, such as LXC, lasts.)"""
    return os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv") or "KUBERNETES_SERVICE_HOST" in os.environ


class Owner(NamedTuple):
    """A process that a lease belongs to: a lease whose owners have all ended need not run out. `started` as in `Process`."""

    host: Host
    pid: int
    started: int

    @property
    def has_ended(self) -> bool:
        """Whether it has certainly ended, as seen from here. One of another machine, or of another container, cannot be seen."""
        host = this_host()
        if host.boot and host.boot == self.host.boot:
            return bool(host.namespace) and host.namespace == self.host.namespace and has_process_ended(self.pid, self.started)
        return bool(host.machine) and host.machine == self.host.machine and bool(host.boot) and bool(self.host.boot)

    @property
    def runs_here(self) -> bool:
        """Whether it certainly runs on this machine, as seen from here."""
        host = this_host()
        same_machine = bool(host.boot and host.namespace) and (host.boot, host.namespace) == (self.host.boot, self.host.namespace)
        return same_machine and not has_process_ended(self.pid, self.started)


def owners_here(pids: Sequence[int]) -> Tuple[Owner, ...]:
    """These processes of this machine. If one of them cannot be seen, none: a lease is not to be judged by the others alone."""
    host, processes = this_host(), [find_process(pid) for pid in pids]
    if not host.boot or not host.namespace:
        return ()
    known = [Owner(host, pid, process.started) for pid, process in zip(pids, processes) if process is not None]
    return tuple(known) if len(known) == len(pids) else ()


def have_all_ended(owners: Sequence[Owner]) -> bool:
    """Whether there were owners, and none is left. A lease without any is for later tasks, and runs out by itself."""
    return bool(owners) and all(owner.has_ended for owner in owners)


def owners_to_json(owners: Sequence[Owner]) -> List[Any]:
    """For a record."""
    return [{**owner.host._asdict(), "pid": owner.pid, "started": owner.started} for owner in owners[:_MAX_OWNERS]]


def owners_from_json(value: Any) -> Tuple[Owner, ...]:
    """What `owners_to_json` wrote. Anything else, even in part, gives no owners: the lease is then judged by its time alone."""
    if not isinstance(value, list) or len(value) > _MAX_OWNERS:
        return ()
    owners = [_owner_from_json(owner) for owner in value]
    return tuple(owner for owner in owners if owner is not None) if None not in owners else ()


def _owner_from_json(value: Any) -> Optional[Owner]:
    if not isinstance(value, dict):
        return None
    texts = [value.get(name) for name in Host._fields]
    numbers = [value.get("pid"), value.get("started")]
    if not all(isinstance(text, str) and len(text) <= _MAX_TEXT for text in texts):
        return None
    if not all(isinstance(number, int) and not isinstance(number, bool) and 0 < number < _MAX_NUMBER for number in numbers):
        return None
    return Owner(Host(*texts), *numbers)  # type: ignore[arg-type]  # their types were checked


class Origin(NamedTuple):
    """What a module was started by: the playbook's main process on its own machine, or the ssh session that it came over.

    `started` is when, in the system's own unit, so that it is not mistaken for a later process with its id.
    """

    pid: int
    started: int
    is_playbook: bool

    @property
    def is_running(self) -> bool:
        """Whether it still runs. One that has ended and was not yet collected by its parent does not."""
        process = find_process(self.pid)
        return process is not None and process.started == self.started and not process.has_ended


def find_origin(pid: int) -> Optional[Origin]:
    """What the process was started by: the nearest of its parents that is a playbook's main process or a session of an ssh server.

    None in a container that is entered from outside, or where processes of others are hidden.
    """
    process = find_process(pid)
    for _step in range(_MAX_PARENTS):
        if process is None:
            break
        pid, process = process.parent, find_process(process.parent)
        if process is not None and _SESSION.match(process.name):
            return Origin(pid, process.started, is_playbook=False)
        command = command_line(pid)
        if process is not None and _PLAYBOOK.search(command):
            above = find_process(process.parent)
            while above is not None and command_line(process.parent) == command:  # that was a worker, which has a task to do
                pid, process, above = process.parent, above, find_process(above.parent)
            return Origin(pid, process.started, is_playbook=True)
    return None


def _read_proc(pid: int, name: str) -> bytes:
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as stream:
            return stream.read()
    except OSError:
        return b""


def _read_text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return ""


def _machine_id() -> str:
    """An id of this installation. Containers may share one of their image's, and so may copies of a machine, which have other names."""
    machine_id = _read_text(_MACHINE_ID)
    if not machine_id or machine_id == "uninitialized" or in_container():
        return ""
    # machine-id(5): it is not to be shown to others as it is.
    return hashlib.sha256(("photoyard.immich\n%s\n%s" % (machine_id, os.uname().nodename)).encode()).hexdigest()[:32]


def _namespace() -> str:
    """Empty also where /proc shows other processes than those whose ids this one knows."""
    try:
        if os.readlink("/proc/self") != str(os.getpid()):
            return ""
        return "%s %s" % (os.readlink("/proc/self/ns/pid"), _time_namespace())
    except OSError:
        return ""


def _time_namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/time")
    except FileNotFoundError:
        return ""  # Linux before 5.6 has none
