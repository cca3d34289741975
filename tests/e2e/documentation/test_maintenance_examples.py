# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples on maintenance run, with stand-ins for the programs and the devices that they call."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.http.answering import Answering, Reply, answering
from support.playbooks.playbook import REPOSITORY, Playbook, Run, local_host
from support.playbooks.readme import examples
from support.playbooks.role import sentences

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

README = examples(REPOSITORY / "roles" / "immich_maintenance" / "README.md")
GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_pause.rst")
PROGRAMS = ("restic", "zfs", "rsync", "wakeonlan")

Example = Callable[..., Run]


@pytest.fixture
def device() -> Iterator[Answering]:
    """Home Assistant, and the power company."""
    with answering(lambda _asked: Reply(body=b'{"cents_per_kwh": 34.5}')) as found:
        yield found


@pytest.fixture
def called(tmp_path: Path) -> Path:
    """The file in which the programs record their arguments."""
    return tmp_path / "called"


@pytest.fixture
def example(playbook: Playbook, server: Emulator, device: Answering, called: Path, tmp_path: Path) -> Example:
    """Runs an example, with the files that belong to it beside it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{called}\n')
        (programs / name).chmod(0o755)

    def here(text: str) -> str:
        return re.sub(r"http://[a-z.]+lan(:\d+)?", device.url, text)

    def run(found: dict[str, str], name: str) -> Run:
        for other, text in found.items():
            if other.startswith(name + "/"):
                (tmp_path / other.rpartition("/")[2]).write_text(here(text))
        file = tmp_path / "playbook.yml"
        file.write_text(here(found[name]))
        environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
        return playbook.run(
            file,
            server=server,
            hosts={"nas": local_host(), "localhost": local_host()},
            environment=environment,
            variables={"immich_retries": 0},
        ).ok()

    return run


def test_every_example_is_tested() -> None:
    assert set(README) == {"first", "first/restic.yml", "coordinator"}
    assert {name.partition("/")[0] for name in GUIDE} == {
        "pause",
        "policy",
        "snapshot",
        "nas",
        "tariff",
        "home-assistant",
        "disk",
        "machine-learning",
        "wake",
    }


def test_a_nightly_backup_with_restic(example: Example, server: Emulator, called: Path) -> None:
    run = example(README, "first")
    assert called.read_text() == "restic backup --tag immich /srv/immich/library\n"
    assert sentences(run).startswith("The database was backed up to immich-db-backup-")
    assert server.paused() == set()
    first, coordinator = (yaml.safe_load(README[name])[0]["roles"][0] for name in ("first", "coordinator"))
    assert coordinator["role"] == first["role"]
    assert coordinator["vars"] == {"immich_maintenance_tasks": "restic.yml", "immich_maintenance_coordinator": "localhost"}


def test_a_snapshot_is_taken_once(example: Example, server: Emulator, called: Path) -> None:
    example(GUIDE, "snapshot")
    assert re.fullmatch(r"zfs snapshot tank/immich@\d{4}-\d\d-\d\dT\d{4}\n", called.read_text())
    assert server.paused() == set()


def test_home_assistant_is_called_before_and_after(example: Example, server: Emulator, device: Answering, called: Path) -> None:
    example(GUIDE, "home-assistant")
    assert called.read_text().startswith("rsync --archive")
    assert [asked.path for asked in device.seen] == ["/api/webhook/immich-backup-begins", "/api/webhook/immich-backup-ended"]
    assert json.loads(device.seen[-1].body)["ok"] is True
    assert server.paused() == set()


def test_a_tariff_and_a_window_are_policies(example: Example, server: Emulator) -> None:
    example(GUIDE, "tariff")
    assert server.paused() == {"videoConversion", "smartSearch", "ocr"}
    run = example(GUIDE | {"nas": GUIDE["nas"].replace("02:00", "00:00").replace("03:30", "24:00")}, "nas")
    assert "maintenance queues (in the window backup, until 00:00 CE" in sentences(run)
    assert server.paused() == set(server.state()["queues"]) - {"backgroundTask"}


def test_absent_disk_and_host_are_policies(example: Example, server: Emulator, device: Answering, tmp_path: Path) -> None:
    example(GUIDE, "machine-learning")
    assert ([asked.path for asked in device.seen], server.paused()) == (["/ping"], set())
    example(GUIDE | {"disk": GUIDE["disk"].replace("/mnt/nas", str(tmp_path / "nas"))}, "disk")
    assert server.paused() == {"library"}


def test_woken_host_is_asked_by_policy(example: Example, server: Emulator, device: Answering, called: Path) -> None:
    example(GUIDE, "wake")
    assert called.read_text() == "wakeonlan 3c:7c:3f:12:34:56\n"
    assert ([asked.path for asked in device.seen], server.paused()) == (["/ping", "/ping"], set())
    of_policy, woken = (yaml.safe_load(GUIDE[name])[0] for name in ("machine-learning", "wake"))
    assert woken["tasks"][-1]["vars"] == of_policy["roles"][0]["vars"]


@pytest.mark.long
def test_metrics_playbook_reports_pause_without_lease(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    server.pause("ocr")
    file = tmp_path / "immich.prom"
    options: dict[str, Any] = {"variables": {"immich_metrics_file": str(file), "immich_retries": 0}, "server": server}
    elsewhere = options | {"variables": {"immich_metrics_file": str(tmp_path / "none" / "immich.prom")}}
    for check in (True, False):
        (failed,) = playbook.run(Path("photoyard.immich.metrics"), **elsewhere, check=check).failed
        assert failed.result["msg"].startswith(f"The folder {tmp_path}/none of immich_metrics_file does not exist on this host.")
    playbook.run(Path("photoyard.immich.metrics"), **options).ok()
    found = dict(line.split() for line in file.read_text().splitlines() if not line.startswith("#"))
    assert (found["immich_up"], found['immich_queue_paused{queue="ocr"}'], found['immich_queue_leases{queue="ocr"}']) == ("1", "1", "0")
    since = found['immich_queue_paused_since_timestamp_seconds{queue="ocr"}']
    file.write_text(file.read_text().replace(since, "1000"))
    playbook.run(Path("photoyard.immich.metrics"), **options).ok()
    assert 'immich_queue_paused_since_timestamp_seconds{queue="ocr"} 1000\n' in file.read_text()
    assert 'immich_server_info{version="3.1.0"} 1\n' in file.read_text()
    assert 'immich_integrity_files{kind="missing"} 0\n' in file.read_text()
    assert "# Without immich_server_update_available: " in file.read_text()
    server.fault(times=None, status=502)
    run = playbook.run(Path("photoyard.immich.metrics"), **options)
    assert run.rc == 2
    assert "immich_up 0\n" in file.read_text()


@pytest.mark.long
def test_metrics_file_is_as_old_as_the_last_run(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "immich.prom"
    variables = {"immich_metrics_file": str(file)}
    playbook.run(Path("photoyard.immich.metrics"), variables=variables, server=server).ok()
    text = file.read_text()
    os.utime(file, (1000, 1000))
    assert playbook.run(Path("photoyard.immich.metrics"), variables=variables, server=server, check=True).ok().changed == 0
    assert file.stat().st_mtime == 1000
    assert playbook.run(Path("photoyard.immich.metrics"), variables=variables, server=server).ok().changed == 0
    assert file.stat().st_mtime > 1000
    assert file.read_text() == text


@pytest.mark.long
def test_a_proven_backup_is_read_once(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    folder, file = tmp_path / "backups", tmp_path / "immich.prom"
    folder.mkdir()
    backup = folder / "immich-db-backup-20260131T023000-v3.1.0-pg17.12.sql.gz"
    backup.write_bytes(gzip.compress(b"-- PostgreSQL database dump\n\n--\n-- PostgreSQL database dump complete\n--\n\n"))
    variables = {"immich_metrics_file": str(file), "immich_metrics_backup_dest": str(folder), "immich_retries": 0}

    def proven() -> list[str]:
        os.utime(backup, (1769826600, 1769826600))
        playbook.run(Path("photoyard.immich.metrics"), variables=variables, server=server).ok()
        return [line for line in file.read_text().splitlines() if line.startswith(("immich_proven", "immich_backup_timestamp"))]

    size = backup.stat().st_size
    whole = ["immich_proven_backup_timestamp_seconds 1769826600", f"immich_proven_backup_size_bytes {size}"]
    assert proven() == ["immich_backup_timestamp_seconds 0", *whole]
    backup.write_bytes(b"\0" * size)  # of the same size and time: it is not read again
    proof = {"proven": False, "time": "2026-01-31T02:40:00Z", "seconds": 4.2, "counts": {"assets": 3}}
    manifest = folder / backup.name.replace(".sql.gz", ".json")
    manifest.write_text(json.dumps({"dump": {"size": size, "sha256": "0"}, "proof": proof}))  # which comes later than the backup
    assert proven()[1:] == whole
    assert {"immich_backup_proof_success 0", 'immich_backup_proof_objects{kind="assets"} 3'} <= set(file.read_text().splitlines())
    backup.write_bytes(b"\0" * (size + 1))
    assert proven()[1:] == ["immich_proven_backup_timestamp_seconds 0", "immich_proven_backup_size_bytes 0"]
