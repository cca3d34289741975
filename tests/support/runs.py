# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs in this process, over real HTTP to embedded servers: uploads, copies, archives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import archive
from ansible_collections.photoyard.immich.plugins.module_utils._copy.run import copy
from immich_emulator.testing import Emulator
from support.collection import (
    ApiKey,
    ArchiveOptions,
    Connection,
    CopyOptions,
    Hooks,
    Immich,
    ImmichError,
    Run,
    RunLines,
    Selection,
    UploadOptions,
    upload,
)
from support.photos.libraries import Account

Result = dict[str, Any]
TRANSPORT = "ansible_collections.photoyard.immich.plugins.module_utils._client.transport"
ANSWER_WITHIN = 5.0  # seconds; a request that hangs is given up after so long, and tried twice more


class Uploads:
    """Runs uploads to one server."""

    def __init__(self, server: Emulator, *, api_key: str | None = None, **connection: Any) -> None:
        self.server = server
        self.client_options = {"timeout": ANSWER_WITHIN, "retries": 2, **connection}
        self.proxy: str | None = None  # the URL of one in front of the server
        self.api_key = api_key or server.api_key
        self.stack = ExitStack()

    def __call__(
        self,
        *src: Path | str,
        check: bool = False,
        signals: Run | None = None,
        heartbeat: Callable[[], None] = lambda: None,
        before_sending: Callable[[Callable[[], None]], None] = lambda _check_cancelled: None,
        progress_path: str | None = None,
        **options: Any,
    ) -> Result:
        """Runs once and returns the result. Raises the ImmichError that the task would fail with."""
        client = Immich(Connection(self.proxy or self.server.url, ApiKey(self.api_key), **self.client_options), read_only=check)
        with closing(client), signals or Run("upload") as entered:
            asked = UploadOptions(src=[str(path) for path in src], **options)
            with RunLines() as lines:
                lines.outcome.result = upload(
                    client, asked, Hooks(entered, lines, heartbeat, before_sending, progress_path), check_mode=check
                )
            return lines.outcome.result

    def failing(self, *src: Path | str, **options: Any) -> ImmichError:
        """Runs once and returns the ImmichError that it must fail with."""
        with pytest.raises(ImmichError) as caught:
            self(*src, **options)
        return caught.value


class Copies:
    """Copies from one account to another."""

    def __init__(self, source: Account, target: Account) -> None:
        self.source = source
        self.target = target

    def __call__(
        self,
        *,
        check: bool = False,
        signals: Run | None = None,
        selection: dict[str, Any] | None = None,
        before_sending: Callable[[Callable[[], None]], None] = lambda _check_cancelled: None,
        resume_previews: Callable[[Callable[[], None]], None] = lambda _check_cancelled: None,
        target_url: str | None = None,
        **options: Any,
    ) -> Result:
        """Runs once; raises the ImmichError of the task. `target_url` is that of a proxy in front of the target."""
        source = Immich(_connection(self.source), read_only=True)
        target = Immich(_connection(self.target, target_url), read_only=check)
        with closing(source), closing(target), signals or Run("copy") as entered:
            asked = CopyOptions(selection=Selection(**(selection or {})), **options)
            with RunLines() as lines:
                hooks = Hooks(entered, lines, before_sending=before_sending, resume_previews=resume_previews)
                lines.outcome.result = copy(source, target, asked, hooks, check_mode=check)
            return lines.outcome.result

    def failing(self, **options: Any) -> ImmichError:
        """Runs once and returns the ImmichError that it must fail with."""
        with pytest.raises(ImmichError) as caught:
            self(**options)
        return caught.value


def _connection(account: Account, url: str | None = None, *, timeout: float | None = None) -> Connection:
    return Connection(url or account.server.url, ApiKey(account.api_key), timeout=timeout or ANSWER_WITHIN, retries=2)


class Archives:
    """Runs that copy one account's library to the folder `dest`."""

    def __init__(self, account: Account, dest: Path) -> None:
        self.account = account
        self.server = account.server
        self.dest = dest

    def __call__(
        self,
        *,
        check: bool = False,
        signals: Run | None = None,
        key: str | None = None,
        url: str | None = None,
        progress_path: str | None = None,
        **options: Any,
    ) -> Result:
        """Runs once and returns the result. Raises the ImmichError that the task would fail with."""
        connection = Connection(url or self.server.url, ApiKey(key or self.server.api_key), timeout=ANSWER_WITHIN, retries=2)
        with closing(Immich(connection, read_only=check)) as client, signals or Run("run") as entered:
            asked = ArchiveOptions(**{"dest": str(self.dest), **options})
            with RunLines() as lines:
                lines.outcome.result = archive(client, asked, Hooks(entered, lines, progress_path=progress_path), check_mode=check)
            return lines.outcome.result

    def failing(self, **options: Any) -> ImmichError:
        """Runs once and returns the ImmichError that it must fail with."""
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
        """Path → content of the archive's photos and videos."""
        return {path: content for path, content in self.files().items() if not path.startswith("immich-archive/") and path[-4:] != ".xmp"}

    def states(self) -> dict[str, tuple[int, int]]:
        """Path → time of change (ns) and inode, of the archive and of all below it."""
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in [self.dest, *self.dest.rglob("*")]}
