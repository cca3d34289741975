# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates that the role awx_setup makes, run as AWX runs them, on the embedded Immich."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awx.conftest import FOLDER, KEYS, SOURCE_URL, with_texts
from awx.job import Jobs, said
from awx_api.testing import Awx
from support.photos.jpegs import write_photos
from support.photos.libraries import Account
from support.playbooks.role import CHAIN, on_server, sums

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator


@pytest.fixture
def instead(instead: dict[str, str], server: Emulator) -> dict[str, str]:
    """AWX has been set up for this server."""
    keys = {"IMMICH_URL": server.url, "IMMICH_API_KEY": server.api_key, "IMMICH_ADMIN_API_KEY": server.admin_api_key}
    return instead | {KEYS[name]: value for name, value in keys.items()}


@pytest.fixture
def folder(instead: dict[str, str]) -> Path:
    """The folder that the templates know."""
    folder = Path(instead[FOLDER])
    (folder / "data").mkdir(parents=True)
    return folder


@pytest.fixture
def jobs(ready: Awx, tmp_path: Path, collections: str) -> Jobs:
    return Jobs(ready, tmp_path / "jobs", collections)


@pytest.mark.long
def test_a_night_in_awx(jobs: Jobs, server: Emulator, folder: Path) -> None:
    """The upload is cancelled, with its container; heal resumes; the next upload is whole; the other templates do their work."""
    photos, data = folder / "photos", folder / "data"
    write_photos(photos, 60, 3)
    server.pause("library")

    def cancel() -> bool:
        """AWX's container ends with the job, and with it all that could resume."""
        if len(server.state()["assets"]) <= 3:
            return False
        jobs.end_container()
        return True

    run = jobs.node("Immich upload, then heal", "upload", cancel=cancel)
    assert run.status == "canceled"
    assert 3 < len(server.state()["assets"]) < 60
    assert server.paused() == {"library", *CHAIN}

    run = jobs.node("Immich upload, then heal", "heal")
    assert run.status == "successful"
    assert "9 queues" in said(run)
    assert server.paused() == {"library"}

    run = jobs.launch("Immich upload", {"immich_folders": f"\n{photos} \n", "immich_upload_bandwidth_limit": ""})
    assert run.status == "successful", run.stdout.read()
    assert on_server(server) == sums(photos)
    assert server.paused() == {"library"}
    assert {file.name for file in data.iterdir()} >= {"checksums.db", "upload.jsonl"}

    assert "library                    paused" in "\n".join(said(jobs.launch("Immich jobs"), "Show the queues and leases"))
    run = jobs.launch("Immich jobs", {"immich_jobs_state": "paused", "immich_jobs_queues": ["upload"]})
    assert (run.status, server.paused()) == ("successful", {"library", *CHAIN})
    jobs.launch("Immich jobs", {"immich_jobs_state": "running"})
    assert server.paused() == {"library"}

    report = {"immich_upload_report": str(data / "upload.jsonl"), "immich_report_dest": str(data / "report")}
    assert jobs.launch("Immich report", report).status == "successful"
    assert (data / "report" / "localhost.html").is_file()

    assert said(jobs.launch("Immich policy")).startswith("Paused smartSearch (")
    run = jobs.launch("Immich policy", {"immich_pause_until": "12:00", "immich_pause_queues": ["upload"]})
    assert "until 12:00 UTC" in said(run)
    jobs.launch("Immich policy")
    assert server.paused() == {"library", *CHAIN}
    assert "The database was backed up" in said(jobs.launch("Immich maintenance", {"immich_maintenance_wait": 0}))


@pytest.mark.long
def test_jobs_copy_and_archive_library(ready: Awx, jobs: Jobs, server: Emulator, emulator: Callable[..., Emulator], folder: Path) -> None:
    old = Account(emulator(version="1.135", job_seconds=0.001))
    for number in range(3):
        old.upload(f"{number}.jpg", minutes=number)
    old.album("Rome", "1.jpg")
    old.album("Paris", "2.jpg")
    keys = {"IMMICH_SOURCE_URL": old.server.url, "IMMICH_SOURCE_API_KEY": old.api_key}
    keys["IMMICH_SOURCE_ADMIN_API_KEY"] = old.server.admin_api_key
    credential = ready.store.by_name("credentials", "Immich source")
    credential["inputs"] = with_texts(credential["inputs"], {(KEYS | SOURCE_URL)[name]: value for name, value in keys.items()})

    def names_on_server() -> list[str]:
        return sorted(asset["name"] for asset in server.state()["assets"])

    assert said(jobs.launch("Immich copy")).startswith("1 copied")
    assert names_on_server() == ["1.jpg"]
    answers = {"immich_albums": " Rome\nParis \n", "immich_copy_taken_after": "", "immich_copy_pause_source_jobs": "yes"}
    run = jobs.launch("Immich copy", answers)
    assert said(run).startswith("1 copied")
    assert "of the source run again" in said(run)
    assert names_on_server() == ["1.jpg", "2.jpg"]
    assert said(jobs.launch("Immich copy", {"immich_albums": "", "immich_copy_pause_jobs": "no"})).startswith("1 copied")
    assert names_on_server() == ["0.jpg", "1.jpg", "2.jpg"]

    backup = folder / "backup"
    answers = {"immich_archive_dest": str(backup), "immich_archive_bandwidth_limit": ""}
    assert "3 copied" in said(jobs.launch("Immich archive", answers))
    photo = next(backup.rglob("0.jpg"))
    photo.write_bytes(photo.read_bytes()[::-1])
    assert "repaired" not in said(jobs.launch("Immich archive", answers))
    assert "1 repaired" in said(jobs.launch("Immich archive", answers | {"immich_archive_verify": "yes"}))


def test_declared_server_is_made_and_drift_fails_the_check(ready: Awx, jobs: Jobs) -> None:
    drift = ready.store.by_name("schedules", "Immich drift")
    checked = jobs.launch("Immich server", drift["extra_data"], job_type=drift["job_type"])
    assert checked.status == "failed"
    with checked.stdout as printed:
        assert "tags Trip (create)" in printed.read()
    assert said(jobs.launch("Immich server")).endswith(": 1 created.")
    assert jobs.launch("Immich server", drift["extra_data"], job_type=drift["job_type"]).status == "successful"
