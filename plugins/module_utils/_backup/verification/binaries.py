# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL's programs on this host: which of them can restore a dump, and whose psql runs no command that a dump has."""

from __future__ import annotations

import glob
import os
import re
import subprocess
from contextlib import suppress
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..._client import errors

Version = Tuple[int, int]

_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d{1,3})(?:\.(\d{1,3}))?")
# The first version of psql of each major one that knows \restrict, with which a script can use none of psql's commands (CVE-2025-8714).
_RESTRICTS = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}


class Binaries(NamedTuple):
    """A PostgreSQL that is installed."""

    folder: str
    version: Version

    @property
    def psql(self) -> str:
        """Its client."""
        return os.path.join(self.folder, "psql")

    def missing_extensions(self, names: Sequence[str]) -> List[str]:
        """Those that cannot be made with it."""
        shared = _output([os.path.join(self.folder, "pg_config"), "--sharedir"]).strip()
        folders = [shared] if shared else glob.glob("/usr/share/postgresql/%d" % self.version[0])
        return [name for name in names if not any(os.path.exists("%s/extension/%s.control" % (folder, name)) for folder in folders)]


def find_binaries(folder: Optional[str], postgres: int, extensions: Sequence[str]) -> Binaries:
    """The oldest PostgreSQL on this host that can take a dump of the major version `postgres`, and has the extensions.

    With `folder` it is the one there. Raises `LocalFailure` that says what to install.
    """
    folders = [folder] if folder else sorted({folder for pattern in _FOLDERS for folder in glob.glob(pattern)})
    installed = sorted(filter(None, map(_binaries, folders)), key=lambda binaries: binaries.version)
    fitting = [binaries for binaries in installed if binaries.version[0] >= postgres]
    complete = [binaries for binaries in fitting if not binaries.missing_extensions(extensions)]
    if complete:
        safe = [binaries for binaries in complete if _can_restrict(psql_version(binaries.psql))]
        if not safe:
            require_restrict(complete[0].psql)
        return safe[0]
    needed = fitting[0].version[0] if fitting else postgres
    packages = ["postgresql-%d" % needed] + ["postgresql-%d-pgvector" % needed] * ("vector" in extensions)
    if not fitting:
        versions = ", ".join("%d.%d in %s" % (*binaries.version, binaries.folder) for binaries in installed) or "none in %s" % (
            folder or "the usual places"
        )
        problem = "The dump comes from PostgreSQL %d, and this host has no PostgreSQL of that version or a later one (%s)" % (
            postgres,
            versions,
        )
    else:
        missing = fitting[0].missing_extensions(extensions)
        problem = "The dump needs the extension %s, which PostgreSQL %d on this host lacks" % (", ".join(missing), needed)
    raise errors.LocalFailure(
        "%s. Install it (on Debian: apt install %s; the server need not run), or give a database to restore into."
        % (problem, " ".join(packages))
    )


def psql_version(program: str) -> Version:
    """The version of a psql, (0, 0) where it does not say one."""
    return _version_of(program) or (0, 0)


def require_restrict(program: str) -> None:
    """Raises `LocalFailure` for a psql with which a dump could run commands of the shell."""
    version = psql_version(program)
    if not _can_restrict(version):
        raise errors.LocalFailure(
            "%s is of version %d.%d, with which a dump can run commands on this host (CVE-2025-8714), so nothing was restored. Update it "
            "to %s or a later one." % (program, *version, ", ".join("%d.%d" % version for version in _RESTRICTS.items())),
            details={"psql": "%d.%d" % version},
        )


def _can_restrict(version: Version) -> bool:
    return version[0] > max(_RESTRICTS) or version[1] >= _RESTRICTS.get(version[0], 1 << 30)


def _binaries(folder: str) -> Optional[Binaries]:
    if not all(os.access(os.path.join(folder, name), os.X_OK) for name in ("initdb", "postgres", "psql")):
        return None
    version = _version_of(os.path.join(folder, "postgres"))
    return Binaries(folder, version) if version else None


def _version_of(program: str) -> Optional[Version]:
    match = _VERSION.search(_output([program, "--version"]))
    return (int(match.group(1)), int(match.group(2) or 0)) if match else None


def _output(command: List[str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        # run_command is the module's, which logic does not know
        return subprocess.run(  # pylint: disable=ansible-bad-function
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=30, encoding="utf-8"
        ).stdout
    return ""
