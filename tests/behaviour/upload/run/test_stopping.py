# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is stopped: transfers are cut, what is up is whole and organised, the next run does the rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import LocalFailure, Run
from support.waiting import wait_until

from ..conftest import Uploads, by_name, counts, names, picture, wait_until_no_part_is_left

MODULE = """
import json, sys
from ansible_collections.photoyard.immich.plugins.module_utils._client import api, connection, errors
from ansible_collections.photoyard.immich.plugins.module_utils._upload import options, run
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import Hooks
client = api.Immich(connection.Connection(sys.argv[1], connection.ApiKey(sys.argv[2]), timeout=600, retries=4))
wanted = options.UploadOptions(src=[sys.argv[3]], album="A", bandwidth_limit=4e6, concurrency=2, checksum_cache=None)
try:
    with Run("upload") as signals:
        run.upload(client, wanted, Hooks(signals, RunLines()), check_mode=False)
except errors.ImmichError as exc:
    with open(sys.argv[4], "w") as stream:
        json.dump({"msg": exc.msg, "kind": exc.kind, "result": exc.result}, stream)
"""


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """Two small files and three large ones."""
    for name in ("0.jpg", "1.jpg"):
        picture(tmp_path / "src" / name)
    for name in ("7.mp4", "8.mp4", "9.mp4"):
        picture(tmp_path / "src" / name, os.urandom(20_000_000))
    return tmp_path / "src"


@pytest.fixture
def start(server: Emulator, src: Path, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts an upload in a process of its own. What it fails with is in `failed.json`. No call of it ends before ten minutes are over."""
    command = [sys.executable, "-c", MODULE, server.url, server.api_key, str(src), str(tmp_path / "failed.json")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with ExitStack() as stack:

        def process() -> subprocess.Popen[bytes]:
            found = stack.enter_context(
                subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            )
            stack.callback(found.kill)
            return found

        yield process


@pytest.fixture
def running(server: Emulator, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """An upload in the middle of the large files."""
    process = start()
    wait_until(lambda: len(names(server)) == 2 and bool(server.state()["partial_uploads"]))
    return process


def stopped_in_order(server: Emulator, failed: Path) -> dict[str, Any]:
    """Asserts that nothing is half and what is up is in its album; returns what the run failed with."""
    found: dict[str, Any] = json.loads(failed.read_text())
    wait_until_no_part_is_left(server)
    assert {name: one["albums"] for name, one in by_name(server).items()} == {"0.jpg": ["A"], "1.jpg": ["A"]}
    assert found["kind"] == "local"
    assert counts(found["result"]) == [2, 0, 0, 0]
    assert "so the upload was stopped" in found["msg"]
    assert "2 files were uploaded" in found["msg"]
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_upload_in_order(
    server: Emulator, running: subprocess.Popen[bytes], src: Path, tmp_path: Path, number: signal.Signals
) -> None:
    running.send_signal(number)
    running.send_signal(number)  # Ansible and a terminal may both send one
    assert running.wait(180) == 0
    assert stopped_in_order(server, tmp_path / "failed.json")["msg"].startswith(f"The signal {number.name} was received, ")
    assert counts(Uploads(server)(src, album="A")) == [3, 2, 0, 0]


def test_nobody_reads_the_output_any_more(server: Emulator, running: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert running.stdout is not None
    running.stdout.close()
    running.wait(180)
    failed = stopped_in_order(server, tmp_path / "failed.json")
    assert failed["msg"].startswith("The connection to Ansible was lost (nobody reads this module's output any more), ")


SILENT = {
    "version": ("GET", "^/server/version$", 0),
    "scopes": ("GET", "^/api-keys/me$", 0),
    "types": ("GET", "^/server/media-types$", 0),
    "look up the album": ("GET", "^/albums$", 0),
    "check": ("POST", "^/assets/bulk-upload-check$", 0),
    "send": ("POST", "^/assets$", 2),
    "make the album": ("POST", "^/albums$", 0),
}


def assert_sigterm_ends(server: Emulator, process: subprocess.Popen[bytes], failed: Path) -> None:
    """Once the server's fault has struck, the signal ends the upload, which says why."""
    wait_until(lambda: server.struck() > 0)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=180) == (b"", b"")
    assert json.loads(failed.read_text())["msg"].startswith("The signal SIGTERM was received, ")


@pytest.mark.parametrize("call", SILENT)
def test_a_signal_while_the_server_is_silent(
    server: Emulator, start: Callable[[], subprocess.Popen[bytes]], tmp_path: Path, call: str
) -> None:
    """Wherever a run is, it ends long before its call would."""
    method, path, after = SILENT[call]
    server.fault(method=method, path=path, after=after, times=None, hang=True)
    assert_sigterm_ends(server, start(), tmp_path / "failed.json")


@pytest.mark.parametrize("path", ["^/server/version$", "^/assets/bulk-upload-check$", "^/assets$"])
def test_a_signal_between_two_attempts(server: Emulator, start: Callable[[], subprocess.Popen[bytes]], tmp_path: Path, path: str) -> None:
    server.fault(path=path, times=None, status=503, headers={"Retry-After": "120"})
    assert_sigterm_ends(server, start(), tmp_path / "failed.json")


def test_nobody_reads_the_output_while_the_server_is_silent(
    server: Emulator, start: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    server.fault(path="^/server/version$", times=None, hang=True)
    process = start()
    wait_until(lambda: server.struck() > 0)
    assert process.stdout is not None
    process.stdout.close()
    process.wait(180)
    assert json.loads((tmp_path / "failed.json").read_text())["msg"].startswith("The connection to Ansible was lost ")


def test_kill_leaves_nothing_half_done(server: Emulator, running: subprocess.Popen[bytes], src: Path) -> None:
    running.kill()
    running.wait(180)
    wait_until_no_part_is_left(server)
    assert names(server) == ["0.jpg", "1.jpg"]
    Uploads(server)(src, album="A")
    assert {name: one["albums"] for name, one in by_name(server).items()} == {
        name: ["A"] for name in ("0.jpg", "1.jpg", "7.mp4", "8.mp4", "9.mp4")
    }


def test_handlers_are_put_back(uploads: Uploads, tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    uploads(tmp_path)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_work_after_a_stop_runs_only_within_its_grace() -> None:
    with Run("upload") as signals:
        assert signals.do(lambda: 1) == 1
        with pytest.raises(ZeroDivisionError):
            signals.do(lambda: 1 / 0)
        signal.raise_signal(signal.SIGTERM)
        begun: list[bool] = []
        with pytest.raises(LocalFailure):
            signals.do(lambda: begun.append(True))
        assert begun == []
        assert signals.do(lambda: 2, 60) == 2
        hanging = threading.Event()
        with pytest.raises(LocalFailure):
            signals.do(hanging.wait, 0.01)
        hanging.set()


def test_unwatchable_output_is_not_a_reason_to_stop() -> None:
    with open(os.devnull, "w") as somewhere:
        assert Run("upload", output=somewhere.fileno()).stop_reason() is None


def test_closed_output_is_not_a_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Mitogen runs the module."""
    with open(os.devnull, "w") as closed:
        pass
    monkeypatch.setattr(sys, "__stdout__", closed)
    assert Run("upload").stop_reason() is None


def test_heartbeat_stops_while_upload_hangs(uploads: Uploads, tmp_path: Path) -> None:
    """What keeps the lease alive: an upload that hangs shall not hold the queues."""
    picture(tmp_path / "src" / "a.mp4", os.urandom(8_000_000))
    beats: list[int] = []
    uploads(tmp_path / "src", bandwidth_limit=4e6, heartbeat=lambda: beats.append(uploads.server.struck()))
    assert len(beats) >= 4

    picture(tmp_path / "src" / "b.jpg")
    uploads.client_options.update(timeout=3.0, retries=0)
    uploads.server.fault(method="POST", path="^/assets$", hang=True)
    beats.clear()
    uploads.failing(tmp_path / "src", heartbeat=lambda: beats.append(uploads.server.struck()))
    assert beats
    assert sum(struck > 0 for struck in beats) <= 6, "only what was under way when the request met with silence"
