# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that are killed, or asked to end, in the middle of an archive; and a server that restarts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from support.photos.libraries import picture
from support.waiting import wait_until

from .conftest import Archives, counts

COUNT, BEFORE = 8, 3
RUN = """
import sys
from contextlib import closing
from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import ArchiveOptions
from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import archive
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import ImmichError
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import Hooks

url, key, dest = sys.argv[1:]
with closing(Immich(Connection(url, ApiKey(key)))) as client, Run("run") as signals:
    try:
        archive(client, ArchiveOptions(dest=dest, concurrency=2), Hooks(signals, RunLines()), check_mode=False)
    except ImmichError as exc:
        sys.exit(f"{exc.kind}: {exc.msg} {exc.result['counts']['failed']} failed")
"""


@pytest.fixture
def filled(archives: Archives) -> Archives:
    """A library of which the first few originals can be had; the others hang."""
    for number in range(COUNT):
        archives.account.upload(f"{number}.jpg", minutes=number)
    archives.server.fault("GET", "/original", after=BEFORE, times=None, hang=True)
    return archives


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_archive_after_kill_fetches_missing_only(filled: Archives, number: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", RUN, filled.server.url, filled.server.api_key, str(filled.dest)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: len(photos(filled)) == BEFORE and filled.server.struck() >= 2)
            process.send_signal(number)
            said = process.communicate(timeout=180)[1]
        finally:
            process.kill()
    if number == signal.SIGTERM:
        assert said.startswith("local: The signal SIGTERM ")
        assert said.endswith(" 0 failed\n")
    assert len(photos(filled)) == BEFORE
    filled.server.clear_faults()
    filled.originals()
    result = filled()
    assert result["counts"]["archived"] == filled.originals() == COUNT - BEFORE
    assert result["counts"]["already_in_place"] + result["counts"]["unchanged"] == BEFORE
    assert sorted(photos(filled).values()) == sorted(picture(f"{one}.jpg") for one in range(COUNT))
    assert os.listdir(filled.dest / "immich-archive/partial") == []
    assert counts(filled()) == {"unchanged": COUNT}


def test_archive_waits_for_restarting_server(filled: Archives) -> None:
    filled.server.clear_faults()
    filled.server.fault("GET", "/original", after=2, times=1, cut="response", cut_after=100)
    filled.server.fault("GET", "/original", after=3, times=1, status=502)
    assert counts(filled()) == {"archived": COUNT}
    assert filled.server.struck() == 2


def photos(archives: Archives) -> dict[str, bytes]:
    """The photos, while files may come and go."""
    with suppress(FileNotFoundError):
        return archives.photos()
    return {}
