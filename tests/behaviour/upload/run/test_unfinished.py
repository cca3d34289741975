# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that ends before its end, once all files are known: what takes all of them together is left to the next run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise.removal import Removal
from immich_emulator.testing import Emulator
from support.collection import Hasher, Run, check, errors, pipeline
from support.photos.shots import Shot, stacks_of
from support.waiting import wait_until

from ..conftest import Uploads, names, picture
from ..organise.test_stacking import shots

BURST = tuple(Shot(f"DSC_{number}.JPG", 60.1 + number / 4) for number in range(5))
# The maker marked the last one as the cover.
SERIES = tuple(Shot(f"IMG_20240601_120100_BURST{number:03d}{'_COVER' * (number == 4)}.JPG", 60.1 + number / 4) for number in range(5))
QUOTA = {"status": 400, "json": {"message": "Quota has been exceeded!"}}
WITHDRAWN = {"status": 401, "json": {"message": "Invalid API key"}}
HANGS = {"hang": True}

# Which request of a run meets with trouble, after how many like it, and how many files are on the server before that is felt.
STAGES: dict[str, tuple[str, str, int, int]] = {
    "check": ("POST", "^/assets/bulk-upload-check$", 4, 4),
    "send": ("POST", "^/assets$", 4, 4),
    "organise": ("PUT", "^/albums/.*/assets$", 0, 1),
}
ENDS: dict[str, dict[str, Any]] = {"the key is withdrawn": WITHDRAWN, "the quota is used up": QUOTA, "a stop": HANGS}


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files come in order, each is checked by itself, and organised as soon as it has been sent."""
    monkeypatch.setattr(check, "CHECK_BATCH", 1)
    monkeypatch.setattr(check, "_FIRST_BATCH", 1)
    monkeypatch.setattr(pipeline, "_HASHERS", 1)
    monkeypatch.setattr(pipeline, "_ORGANISE_SECONDS", 0.0)


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """A burst of five."""
    return shots(tmp_path / "src", *BURST)


def ended_early(uploads: Uploads, *src: Path, stage: str, end: dict[str, Any], **options: Any) -> errors.ImmichError:
    """A run that ends at one of its stages, after what was before that has been sent. What it fails with."""
    server = uploads.server
    method, path, after, sent = STAGES[stage]
    server.fault(method=method, path=path, after=after, times=None, delay=0.5, **end)
    signals = Run("upload")

    def tell() -> None:
        wait_until(lambda: server.struck() > 0 and len(names(server)) >= sent)
        signals.reason = "The test said so"

    teller = threading.Thread(target=tell, daemon=True)
    if end is HANGS:
        teller.start()
    error = uploads.failing(*src, signals=signals, stack=("burst",), concurrency=1, **options)
    server.clear_faults()
    return error


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("stage", STAGES)
def test_no_stack_is_made_of_a_part(uploads: Uploads, src: Path, stage: str, end: str) -> None:
    error = ended_early(uploads, src, stage=stage, end=ENDS[end], album="Burst")
    assert stacks_of(uploads.server) == []
    assert error.result["stacks"] == {"created": 0, "completed": 0, "cover_changed": 0, "left_alone": 0}
    uploads(src, stack=("burst",), album="Burst")
    assert stacks_of(uploads.server) == [[shot.name for shot in BURST]]
    assert uploads(src, stack=("burst",), album="Burst")["changed"] is False


def test_a_stop_while_a_file_is_read(uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signals, real = Run("upload"), Hasher.sha1

    def sha1(hasher: Hasher, item: Any) -> bytes:
        if item.name == BURST[4].name:
            wait_until(lambda: len(names(uploads.server)) == 4)
            signals.reason = "The test said so"
            wait_until(lambda: _stopped(hasher._check_cancelled))
        return real(hasher, item)

    monkeypatch.setattr(Hasher, "sha1", sha1)
    uploads.failing(src, signals=signals, stack=("burst",))
    assert stacks_of(uploads.server) == []


def test_the_next_run_chooses_the_cover(uploads: Uploads, tmp_path: Path) -> None:
    """A stack keeps the cover that it has, so that a wrong one would stay."""
    src = shots(tmp_path / "src", *SERIES)
    ended_early(uploads, *(src / shot.name for shot in SERIES), stage="send", end=WITHDRAWN)
    assert names(uploads.server) == [shot.name for shot in SERIES[:4]]
    uploads(src, stack=("burst",))
    assert stacks_of(uploads.server) == [[SERIES[4].name, *(shot.name for shot in SERIES[:4])]]


def test_no_file_is_removed_after_a_stop(uploads: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signals, real = Run("upload"), Removal.remove

    def remove(removal: Removal, files: list[Any], check_cancelled: Callable[[], None] = lambda: None) -> None:
        if files:
            signals.reason = "The test said so"
            wait_until(lambda: _stopped(check_cancelled))
        real(removal, files, check_cancelled)

    monkeypatch.setattr(Removal, "remove", remove)
    error = uploads.failing(src, signals=signals, stack=("burst",), after_upload="delete")
    assert error.result["counts"]["deleted_local"] == 0
    assert sorted(path.name for path in src.iterdir()) == [shot.name for shot in BURST]
    monkeypatch.undo()
    assert uploads(src, stack=("burst",), after_upload="delete")["counts"]["deleted_local"] == 5


@pytest.mark.parametrize("how", ["fails", "stops"])
def test_failure_before_the_first_file_ends_the_run(uploads: Uploads, src: Path, how: str) -> None:
    """Four frames are on the server, and the fifth is not sent."""
    uploads(*(src / shot.name for shot in BURST[:4]))
    signals = Run("upload")

    def before_sending(check_cancelled: Callable[[], None]) -> None:
        if how == "fails":
            raise errors.PermissionDenied("No")
        signals.reason = "The test said so"
        wait_until(lambda: _stopped(check_cancelled))
        check_cancelled()

    uploads.failing(src, signals=signals, stack=("burst",), before_sending=before_sending)
    assert stacks_of(uploads.server) == []
    uploads(src, stack=("burst",))
    assert stacks_of(uploads.server) == [[shot.name for shot in BURST]]


def _stopped(check_cancelled: Callable[[], None]) -> bool:
    try:
        check_cancelled()
    except errors.LocalFailure:
        return True
    return False


def test_unfinished_run_puts_uploads_into_album(uploads: Uploads, src: Path) -> None:
    ended_early(uploads, src, stage="send", end=QUOTA, album="Burst")
    (album,) = uploads.server.state()["albums"]
    assert len(album["assets"]) == 4


def test_unfinished_run_keeps_files_awaiting_tags(server: Emulator, tmp_path: Path) -> None:
    """It is deleted by the run that has seen its tags."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(tmp_path / "src" / name)
    uploads = Uploads(server)
    server.pause("metadataExtraction")
    uploads(tmp_path / "src" / "a.jpg")
    method, path, _after, _sent = STAGES["send"]
    server.fault(method=method, path=path, after=1, times=None, **WITHDRAWN)
    uploads.failing(tmp_path / "src", tags=["T"], after_upload="delete", concurrency=1)
    assert (tmp_path / "src" / "a.jpg").exists()
    server.clear_faults()
    server.resume("metadataExtraction")
    server.wait_idle()
    uploads(tmp_path / "src", tags=["T"], after_upload="delete")
    server.wait_idle()
    assert {one["name"]: one["tags"] for one in server.state()["assets"]} == {name: ["T"] for name in ("a.jpg", "b.jpg", "c.jpg")}
    assert list((tmp_path / "src").iterdir()) == []
