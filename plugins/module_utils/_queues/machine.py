# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this process runs on: which machine, which boot of it, in which container. Private to the collection."""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

_MACHINE_ID = "/etc/machine-id"
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Place(NamedTuple):
    """Where a process runs, as far as that can be known; each is empty where it cannot.

    `machine` is the installation of the system, `boot` its present boot, and `namespace` what ids and start times of processes count in.
    """

    machine: str
    boot: str
    namespace: str


def here() -> Place:
    """Where this process runs."""
    return Place(_machine(), boot(), _namespace())


def boot() -> str:
    """The id of this boot of the machine."""
    return _text(_BOOT_ID)


def in_container() -> bool:
    """Whether this is an application container, as an execution environment is. (A system container, such as LXC, lasts.)"""
    return os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv") or "KUBERNETES_SERVICE_HOST" in os.environ


def _machine() -> str:
    """An id of this installation. Containers may share one of their image's, and so may copies of a machine, which have other names."""
    found = _text(_MACHINE_ID)
    if not found or found == "uninitialized" or in_container():
        return ""
    # machine-id(5): it is not to be shown to others as it is.
    return hashlib.sha256(("selfhosted.immich\n%s\n%s" % (found, os.uname().nodename)).encode()).hexdigest()[:32]


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


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return ""
