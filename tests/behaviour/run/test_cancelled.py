# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cancellation ends threads, and is nobody's failure: what notes failures of files lets it through."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.folders.folder import Folder, Root
from ansible_collections.photoyard.immich.plugins.module_utils._run.cancellation import Cancellation
from ansible_collections.photoyard.immich.plugins.module_utils._run.workers import Workers
from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise.stored import StoredFile, noting
from support.collection import Cancelled, FileItem, Run, errors


def test_cancelled_step_is_not_a_failure_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a photo")
    folder = Folder(str(tmp_path), Root.at(str(tmp_path)), follow=False)
    one = StoredFile(FileItem(folder, "a.jpg", (tmp_path / "a.jpg").stat()), str(uuid4()), fresh=True)
    failed: dict[int, errors.ImmichError] = {}
    with pytest.raises(Cancelled), noting("It does not have its tags", [one], failed):
        raise Cancelled
    assert failed == {}
    with noting("It does not have its tags", [one], failed):
        fail(errors.Timeout("Nothing moved."))
    assert [error.msg for error in failed.values()] == ["It does not have its tags: Nothing moved."]


def fail(error: errors.ImmichError) -> None:
    raise error


def test_cancelled_worker_does_not_change_why_the_run_stops() -> None:
    cancellation = Cancellation()
    workers = Workers(cancellation)
    cause = errors.QuotaExceeded("The quota is used up.")
    cancellation.cancel(cause)
    workers.start(cancellation.check)
    assert workers.join(lambda: 60)
    assert cancellation.error is cause
    assert cancellation.crash is None


def test_clauses_for_failures_do_not_catch_a_cancellation() -> None:
    cancellation = Cancellation()
    cancellation.cancel(errors.LocalFailure("Stop."))
    with pytest.raises(Cancelled), suppress(errors.ImmichError):
        cancellation.check()


def test_signal_is_a_local_failure_of_the_task() -> None:
    with Run("upload") as signals:
        signal.raise_signal(signal.SIGTERM)
        assert signals.stop_reason() is not None
        error = signals.error()
    assert not isinstance(error, Cancelled)
    assert error.failure()["kind"] == "local"
    assert "SIGTERM" in error.msg
