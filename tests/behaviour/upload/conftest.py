# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the upload's tests share: whole runs in this process, over real HTTP to an embedded server."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import ImmichError
from support.http.answering import Reply, Seen
from support.http.forwarding import forwarding
from support.runs import TRANSPORT as TRANSPORT
from support.runs import Result as Result
from support.runs import Uploads as Uploads
from support.tiers import newest_in_test
from support.waiting import wait_until


@contextmanager
def through(server: Emulator, change: Callable[[Seen, Reply], Reply]) -> Iterator[Uploads]:
    """Uploads through a proxy: ``change(request, answer)`` returns what the client gets, and may do something meanwhile."""
    with forwarding(server.url, change) as proxy:
        uploads = Uploads(server)
        uploads.proxy = proxy.url
        yield uploads


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is the client's matter."""
    monkeypatch.setattr(f"{TRANSPORT}.delay_before", lambda *_args, **_options: 0.0)


@pytest.fixture
def uploads(server: Emulator) -> Uploads:
    """Runs uploads to a server of the newest version."""
    return Uploads(server)


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def each_version(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Uploads:
    """Runs uploads to a server of each version in turn, its background jobs held back as the role would."""
    server = emulator(version=request.param)
    server.pause("metadataExtraction")
    return Uploads(server)


@pytest.fixture
def ordinary_user(tmp_path: Path) -> Iterator[None]:
    """Gives the process the rights of an ordinary user, since nothing is unreadable for root."""
    if os.geteuid() != 0:
        yield
        return
    # They stay open: another worker's test may be in the midst of them.
    for folder in tmp_path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o055 != 0o055:
            folder.chmod(mode | 0o055)
    os.chown(tmp_path, 65534, -1)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def not_for_ever(pipe: Path) -> Iterator[None]:
    """Whatever waits at a pipe goes on after a while, so that a test fails where it would hang."""

    def open_and_close() -> None:
        with suppress(OSError):
            os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))

    timer = threading.Timer(30, open_and_close)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def picture(path: Path, content: bytes | str | None = None) -> Path:
    """Writes a file that the server takes for a picture; by default its content is its own name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else os.fsencode(path.name) if content is None else content)
    return path


def read_metadata(server: Emulator) -> None:
    """Lets the server read the metadata of all files, as it does once the role has resumed its jobs. New files get their tags then."""
    server.resume("metadataExtraction")
    server.wait_idle()


def sha1(path: Path) -> str:
    """The file's checksum, as the server has it."""
    return hashlib.sha1(path.read_bytes()).hexdigest()


def names(server: Emulator) -> list[str]:
    """The names of all assets, sorted."""
    return sorted(asset["name"] for asset in server.state()["assets"])


def by_name(server: Emulator) -> dict[str, dict[str, Any]]:
    """All assets by their name."""
    return {asset["name"]: asset for asset in server.state()["assets"]}


def wait_until_no_part_is_left(server: Emulator) -> None:
    """Until the server has removed the part of a file that it got before the connection was cut."""
    wait_until(lambda: not server.state()["partial_uploads"])


def failed(error: ImmichError) -> dict[str, str]:
    """The path of each file that failed → the kind of its failure. The message names the first of them."""
    first, *_ = found = {one["path"]: one["kind"] for one in error.result["failures"]}
    assert first in error.msg
    return found


def counts(result: Result, *wanted: str) -> list[int]:
    """Some of the counts: by default uploaded, duplicates, skipped, failed."""
    return [result["counts"][name] for name in wanted or ("uploaded", "duplicates", "skipped", "failed")]
