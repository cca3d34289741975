# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a run at each of its stages: what has arrived is whole, what needs every file was not done, the next run does the rest."""

from __future__ import annotations

import json
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest

from immich_emulator.testing import Emulator
from support import runs
from support.collection import Run, RunLines, check, errors, pipeline
from support.photos.libraries import Account
from support.photos.shots import Shot, shot_bytes, stacks_of
from support.runs import TRANSPORT, Archives, Copies, Result, Uploads
from support.waiting import wait_until

PHOTOS = tuple(f"DSC_{number}.JPG" for number in range(5))
"""Of a burst."""


class Stage(NamedTuple):
    """The request in which a run is when it is stopped: after so many like it. So many files have `arrived` before it."""

    method: str
    path: str
    after: int
    arrived: int
    of_source: bool = False


class Job(ABC):
    """What is stopped, on servers of its own."""

    stages: ClassVar[dict[str, Stage]]
    name: ClassVar[str]
    target: Emulator
    """Where files arrive; for an archive, where they come from."""

    @abstractmethod
    def __init__(self, emulator: Callable[..., Emulator], folder: Path) -> None: ...

    @abstractmethod
    def run(self, **options: Any) -> Result:
        """Runs once and returns the result. Raises the ImmichError that the task would fail with."""

    def server(self, stage: Stage) -> Emulator:
        """The one that does not answer."""
        return self.target

    def arrived(self) -> int:
        """How many files are where they are to be."""
        return len(self.target.state()["assets"])

    @abstractmethod
    def unfinished(self) -> bool:
        """Whether nothing of what needs every file was done."""

    @abstractmethod
    def finished(self) -> bool:
        """Whether all of it was done, as by a run that nothing stopped."""

    def succeeded(self, result: Result) -> int:
        """How many files arrived, as the result has it."""
        return int(result["uploaded"])


class Upload(Job):
    """Of a burst into an album, which becomes a stack in the end."""

    name = "upload"
    stages: ClassVar = {
        "begin": Stage("GET", "^/server/version$", 0, 0),
        "check": Stage("POST", "^/assets/bulk-upload-check$", 2, 2),
        "transfer": Stage("POST", "^/assets$", 3, 3),
        "organise": Stage("PUT", "^/albums/.*/assets$", 0, 5),
        "finish": Stage("POST", "^/stacks$", 0, 5),
    }

    def __init__(self, emulator: Callable[..., Emulator], folder: Path) -> None:
        self.target = emulator(job_seconds=0.001)
        self._uploads = Uploads(self.target)
        self._src = folder / "src"
        self._src.mkdir()
        for number, name in enumerate(PHOTOS):
            (self._src / name).write_bytes(shot_bytes(Shot(name, 60.1 + number / 4)))

    def run(self, **options: Any) -> Result:
        return self._uploads(self._src, album="Burst", stack=("burst",), concurrency=1, **options)

    def unfinished(self) -> bool:
        return stacks_of(self.target) == []

    def finished(self) -> bool:
        (album,) = self.target.state()["albums"]
        return stacks_of(self.target) == [list(PHOTOS)] and len(album["assets"]) == len(PHOTOS)


class Copy(Job):
    """Of photos in an album and a stack."""

    name = "copy"
    stages: ClassVar = {
        "begin": Stage("GET", "^/server/version$", 0, 0),
        "list": Stage("POST", "^/search/metadata$", 0, 0, of_source=True),
        "read": Stage("GET", "/original$", 3, 3, of_source=True),
        "transfer": Stage("POST", "^/assets$", 3, 3),
        "finish": Stage("POST", "^/albums$", 0, 5),
    }

    def __init__(self, emulator: Callable[..., Emulator], folder: Path) -> None:
        source, target = Account(emulator(job_seconds=0.001)), Account(emulator(job_seconds=0.001))
        for minutes, name in enumerate(PHOTOS):
            source.upload(name, minutes=-minutes)
        source.album("Rome", *PHOTOS)
        source.stack(*PHOTOS)
        source.server.wait_idle()
        self._copies = Copies(source, target)
        self.target = target.server

    def run(self, **options: Any) -> Result:
        return self._copies(concurrency=1, **options)

    def server(self, stage: Stage) -> Emulator:
        return self._copies.source.server if stage.of_source else self.target

    def unfinished(self) -> bool:
        state = self.target.state()
        return (state["albums"], state["stacks"]) == ([], [])

    def finished(self) -> bool:
        (album,) = self.target.state()["albums"]
        return len(album["assets"]) == len(PHOTOS) and stacks_of(self.target) == stacks_of(self._copies.source.server)


class Archive(Job):
    """Of photos in an album, to a folder that has one that was deleted since."""

    name = "run"
    stages: ClassVar = {
        "begin": Stage("GET", "^/server/version$", 0, 0),
        "list": Stage("POST", "^/search/metadata$", 0, 0),
        "transfer": Stage("GET", "/original$", 3, 3),
        "finish": Stage("GET", "^/assets/[^/]*$", 0, 5),
    }

    def __init__(self, emulator: Callable[..., Emulator], folder: Path) -> None:
        account = Account(emulator(job_seconds=0.001))
        account.upload("gone.jpg", minutes=-60)
        self._archives = Archives(account, folder / "archive")
        self.target = account.server
        self._archives()
        account.ask("DELETE", "/assets", json={"ids": [account.ids["gone.jpg"]], "force": True})
        for minutes, name in enumerate(PHOTOS):
            account.upload(name, minutes=-minutes)
        account.server.wait_idle()

    def run(self, **options: Any) -> Result:
        return self._archives(prune=True, concurrency=1, **options)

    def arrived(self) -> int:
        return sum(path.endswith(".JPG") and "/partial/" not in path for path in self._archives.files())

    def unfinished(self) -> bool:
        return "2024/2024-06/gone.jpg" in self._archives.files()

    def finished(self) -> bool:
        files = self._archives.files()
        return not any("/partial/" in path for path in files) and "2024/2024-06/gone.jpg" not in files and self.arrived() == len(PHOTOS)

    def succeeded(self, result: Result) -> int:
        return int(result["counts"]["archived"])


JOBS: tuple[type[Job], ...] = (Upload, Copy, Archive)


class Stopping:
    """A cause, which acts when a request has met with silence. `is_fatal` is one that is in the answer itself."""

    def __init__(self, name: str) -> None:
        self.is_fatal = name == "the key is withdrawn"
        self._reader, self._writer = os.pipe()
        self._name = name

    def signals(self, what: str) -> Run:
        """Of the run, with what is watched."""
        return Run(what, output=self._writer)

    def act(self) -> None:
        """Stops the run."""
        if self._name == "a signal":
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            os.close(self._reader)


CAUSES = ("a signal", "the reader is gone", "the key is withdrawn")
WITHDRAWN: dict[str, Any] = {"status": 401, "json": {"message": "Invalid API key"}}
SILENCE: dict[str, Any] = {"until_cleared": True, "status": 400, "json": {"message": "Too late"}}


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are hashed in order and checked one by one, and no request is given up before the run is stopped."""
    monkeypatch.setattr(runs, "ANSWER_WITHIN", 180.0)
    monkeypatch.setattr(f"{TRANSPORT}.delay_before", lambda *_args, **_options: 0.0)
    monkeypatch.setattr(check, "CHECK_BATCH", 1)
    monkeypatch.setattr(check, "_FIRST_BATCH", 1)
    monkeypatch.setattr(pipeline, "_HASHERS", 1)


@pytest.fixture(autouse=True)
def _left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the report ends, threads that the run left behind have ended, as when resuming the queues takes long."""
    before, end = set(threading.enumerate()), RunLines._add_last_line

    def end_late(lines: RunLines, *args: Any) -> None:
        for thread in set(threading.enumerate()) - before:
            if thread.daemon and thread is not threading.current_thread():
                thread.join(60)
        end(lines, *args)

    monkeypatch.setattr(RunLines, "_add_last_line", end_late)


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize(("kind", "stage"), [(job, stage) for job in JOBS for stage in job.stages])
def test_stopped_run_is_completed_by_next(
    emulator: Callable[..., Emulator], tmp_path: Path, kind: type[Job], stage: str, cause: str
) -> None:
    job, stopping, report = kind(emulator, tmp_path), Stopping(cause), tmp_path / "report.jsonl"
    at = job.stages[stage]
    error = stopped(job, at, stopping, report)
    arrived = job.arrived()
    # A withdrawn key is known at once: what other threads had still to send is not sent any more.
    assert arrived == at.arrived or (stopping.is_fatal and arrived < at.arrived)
    assert job.unfinished()
    assert error.kind == ("auth" if stopping.is_fatal else "local")
    if stage == "begin":
        assert not report.exists()
    else:
        assert job.succeeded(error.result) == arrived
        assert_agrees(report, error.result)
    job.run()
    assert job.finished()
    assert job.run()["changed"] is False


def stopped(job: Job, stage: Stage, stopping: Stopping, report: Path) -> errors.ImmichError:
    """Stops a run in the middle of a request, and returns the ImmichError that it fails with."""
    server = job.server(stage)
    trouble = WITHDRAWN if stopping.is_fatal else SILENCE
    server.fault(stage.method, stage.path, after=stage.after, times=None, delay=0.3, **trouble)
    ended, end = threading.Event(), RunLines._add_last_line

    def act() -> None:
        wait_until(lambda: ended.is_set() or (server.struck() > 0 and job.arrived() >= stage.arrived))
        if not ended.is_set():
            stopping.act()

    def answer_and_end(lines: RunLines, *args: Any) -> None:
        """The run has left the threads behind that wait for an answer."""
        server.clear_faults()
        end(lines, *args)

    with pytest.MonkeyPatch.context() as patches, pytest.raises(errors.ImmichError) as caught:
        if not stopping.is_fatal:
            patches.setattr(RunLines, "_add_last_line", answer_and_end)
            threading.Thread(target=act, daemon=True).start()
        job.run(signals=stopping.signals(job.name), report=str(report))
    ended.set()
    server.clear_faults()
    return caught.value


def assert_agrees(report: Path, result: Result) -> None:
    """The report's last line is of a run that was stopped, and counts what its other lines and the result do."""
    first, *files, last = (json.loads(line) for line in report.read_text().splitlines())
    assert first["finished"] is None
    assert last["complete"] is False
    assert last["counts"] == result["counts"]
    failed = [line for line in files if line["action"] == "failed"]
    assert last["counts"]["failed"] == len(failed)
    handled = [line for line in files if line["action"] in ("created", "duplicate", "archived", "unchanged", "skipped")]
    assert last["handled"] == len(handled) + sum(line["asset_id"] is None for line in failed)
