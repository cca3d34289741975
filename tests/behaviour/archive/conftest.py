# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive's tests share: whole runs in this process, over real HTTP to an embedded server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._archive.options import Options
from ansible_collections.selfhosted.immich.plugins.module_utils._archive.run import archive
from ansible_collections.selfhosted.immich.plugins.module_utils._client import transport
from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import ImmichError
from ansible_collections.selfhosted.immich.plugins.module_utils._run.cancellation import Signals
from ansible_collections.selfhosted.immich.plugins.module_utils._run.report import with_run_lines
from immich_emulator.testing import Emulator
from support.libraries import Account

Result = dict[str, Any]


class Archives:
    """Runs that copy one account's library to the folder `dest`."""

    def __init__(self, account: Account, dest: Path) -> None:
        self.account = account
        self.server = account.server
        self.dest = dest

    def __call__(
        self, *, check: bool = False, signals: Signals | None = None, key: str | None = None, url: str | None = None, **options: Any
    ) -> Result:
        """One run; raises what the task would fail with."""
        connection = Connection(url or self.server.url, ApiKey(key or self.server.api_key), timeout=5.0, retries=2)
        with closing(Immich(connection, read_only=check)) as client, signals or Signals("run") as entered:
            asked = Options(**{"dest": str(self.dest), **options})
            return with_run_lines(lambda lines: archive(client, asked, check_mode=check, signals=entered, lines=lines))

    def failing(self, **options: Any) -> ImmichError:
        """One run that must fail; what it fails with."""
        with pytest.raises(ImmichError) as caught:
            self(**options)
        return caught.value

    def originals(self) -> int:
        """How many originals were asked for since this was last called."""
        asked = sum(str(one["path"]).endswith("/original") for one in self.server.requests())
        self.server.clear_requests()
        return asked

    def files(self) -> dict[str, bytes]:
        """All files of the archive, by their paths."""
        found = (path for path in self.dest.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.dest)): path.read_bytes() for path in found}

    def photos(self) -> dict[str, bytes]:
        """Those that are photos and videos."""
        return {path: content for path, content in self.files().items() if not path.startswith("immich-archive/") and path[-4:] != ".xmp"}

    def states(self) -> dict[str, tuple[int, int]]:
        """What changes when anything in the archive is written."""
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in [self.dest, *self.dest.rglob("*")]}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(transport, "delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def archives(emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server of the newest version."""
    return Archives(Account(emulator(job_seconds=0.001)), tmp_path / "archive")


@pytest.fixture(params=["1.135", "2.7", "3.1"])
def each_version(request: pytest.FixtureRequest, emulator: Callable[..., Emulator], tmp_path: Path) -> Archives:
    """Runs from a server of each version in turn."""
    return Archives(Account(emulator(version=request.param, job_seconds=0.001)), tmp_path / "archive")


def counts(result: Result) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in result["counts"].items() if count}
