# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to happen before the first file is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._run.cancellation import Cancellation
from ansible_collections.photoyard.immich.plugins.module_utils._run.workers import Gate
from immich_emulator.testing import Emulator
from support.collection import Cancelled, ImmichError, LocalFailure, Run

from ..conftest import Uploads, counts, names, picture


class Before:
    """Some work, as an upload calls it. `sent` are the files that the server had by its end."""

    def __init__(self, server: Emulator, error: ImmichError | None = None) -> None:
        self.server = server
        self.error = error
        self.sent: list[list[str]] = []

    def __call__(self, _check_cancelled: Callable[[], None]) -> None:
        time.sleep(0.3)  # any thread that did not wait would have sent its file by now
        self.sent.append(names(self.server))
        if self.error:
            raise self.error


@pytest.fixture
def src(tmp_path: Path) -> Path:
    for number in range(8):
        picture(tmp_path / "src" / f"{number}.jpg")
    return tmp_path / "src"


def test_gate_runs_once_before_first_file(uploads: Uploads, src: Path) -> None:
    before = Before(uploads.server)
    assert counts(uploads(src, before_sending=before)) == [8, 0, 0, 0]
    assert before.sent == [[]]


def test_gate_does_not_run_without_new_files(uploads: Uploads, src: Path) -> None:
    uploads(src)
    before = Before(uploads.server)
    assert counts(uploads(src, album="A", before_sending=before)) == [0, 8, 0, 0]
    assert before.sent == []


@pytest.mark.parametrize("new", [True, False])
def test_check_mode_says_the_same(uploads: Uploads, src: Path, new: bool) -> None:
    if not new:
        uploads(src)
    before = Before(uploads.server)
    uploads(src, check=True, before_sending=before)
    assert len(before.sent) == int(new)


def test_failed_gate_sends_nothing(uploads: Uploads, src: Path) -> None:
    uploads(src / "0.jpg")
    before = Before(uploads.server, LocalFailure("The disk is full."))
    error = uploads.failing(src, album="A", before_sending=before)
    assert error.kind == "local"
    assert error.msg.startswith("The disk is full.")
    assert counts(error.result) == [0, 1, 0, 0]
    assert before.sent == [["0.jpg"]]
    assert [asset["albums"] for asset in uploads.server.state()["assets"]] == [["A"]]


def test_stopped_run_does_not_wait_for_the_gate(uploads: Uploads, src: Path) -> None:
    signals = Run("upload")
    reached = threading.Event()

    def before(check_cancelled: Callable[[], None]) -> None:
        signals.reason = "Somebody asked"
        reached.set()
        while True:
            check_cancelled()
            time.sleep(0.01)

    error = uploads.failing(src, signals=signals, before_sending=before)
    assert reached.is_set()
    assert error.msg.startswith("Somebody asked")
    assert names(uploads.server) == []


def test_waiting_threads_stop_when_the_gate_fails() -> None:
    began = threading.Event()

    def work(_check_cancelled: Callable[[], None]) -> None:
        began.set()
        time.sleep(0.1)
        raise LocalFailure("No.")

    gate, seen = Gate(work, Cancellation()), []

    def go_through() -> None:
        try:
            gate.go_through()
        except (Cancelled, LocalFailure) as exc:
            seen.append(type(exc))

    threads = [threading.Thread(target=go_through) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kind.__name__ for kind in seen) == ["Cancelled", "Cancelled", "LocalFailure"]
    assert began.is_set()
