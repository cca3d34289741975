# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each summary beside the result of its module: whatever changed is said, and whatever is said is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests as http

from immich_emulator.testing import Emulator
from support.claims import check_archive, check_numbers
from support.photos.jpegs import write_photos
from support.photos.libraries import Account
from support.playbooks import processes
from support.playbooks.playbook import Playbook, local_host
from support.playbooks.role import QUICK_RETRIES, sentences, upload_play
from support.runs import Archives, Uploads

Prepare = Callable[[Emulator, Path], object]


def nothing(_server: Emulator, _src: Path) -> None:
    """All is as it is."""


def into_trash(server: Emulator, src: Path) -> None:
    """All that was uploaded before is put into the trash, and a photo more is there."""
    ids = [asset["id"] for asset in server.state()["assets"][:2]]
    http.delete(f"{server.url}/api/assets", json={"ids": ids}, headers={"x-api-key": server.api_key}, timeout=10).raise_for_status()
    write_photos(src, 1, first=70)


def one_is_empty(_server: Emulator, src: Path) -> None:
    """A file without content fails, and the others do not."""
    write_photos(src, 2, first=50)
    (src / "Trip 01" / "empty.jpg").write_bytes(b"")


@dataclass(frozen=True)
class Case:
    """`before` runs after a first upload of three photos, `given` are the variables of the upload that is looked at."""

    given: dict[str, Any]
    before: Prepare = nothing
    fails: bool = False


CASES = {
    "nothing new": Case({}),
    "new": Case({"album": "Rome", "tags": ["a/b", "c"]}, lambda _server, src: write_photos(src, 4, first=20)),
    "only organised": Case({"album_from": "folder", "tags": ["a"]}),
    "in the trash": Case({}, into_trash),
    "restored": Case({"server_trash": "restore"}, into_trash),
    "deleted": Case({"after_upload": "delete"}),
    "deleted and new": Case({"after_upload": "delete", "pause_jobs": False}, lambda _server, src: write_photos(src, 2, first=30)),
    "some in the trash are kept": Case({"after_upload": "delete"}, into_trash),
    "one fails": Case({"album": "Rome", "tags": ["a"], "after_upload": "delete"}, one_is_empty, fails=True),
}


@dataclass(frozen=True)
class Host:
    """One case: its folder with photos, of which some are on a server of its own, and what is to be uploaded how."""

    case: Case
    src: Path
    variables: dict[str, Any]

    @property
    def report(self) -> Path:
        return self.src.with_suffix(".jsonl")


def host_of(case: Case, server: Emulator, src: Path) -> Host:
    write_photos(src, 3)
    Uploads(server)(src)
    case.before(server, src)
    named = {f"immich_upload_{name}": value for name, value in case.given.items()}
    to_server = {"immich_url": server.url, "immich_api_key": server.api_key, "immich_admin_api_key": server.admin_api_key}
    return Host(case, src, {**local_host(), **to_server, **QUICK_RETRIES, **named, "immich_upload_src": [str(src)]})


def test_upload_summary_has_numbers_of_result(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    """Each case is a host of the same plays."""
    hosts = {name.replace(" ", "_"): host_of(case, emulator(), tmp_path / name) for name, case in CASES.items()}
    reported = {name: {**host.variables, "immich_upload_report": str(host.report)} for name, host in hosts.items()}
    files = {name: set(host.src.rglob("*.jpg")) for name, host in hosts.items()}
    play = [{"hosts": "all", "gather_facts": False, "roles": ["photoyard.immich.immich_upload"]}]
    ahead = playbook.run(play, "--forks", "3", hosts=reported, check=True)
    run = playbook.run(play, "--forks", "3", hosts=reported)
    again = playbook.run(play, "--forks", "3", hosts={name: host.variables for name, host in hosts.items()})
    for name, host in hosts.items():
        result = run.task("Upload", name).result
        check_numbers(sentences(ahead, name), ahead.task("Upload", name).result, check_mode=True)
        check_numbers(sentences(run, name), result)
        check_numbers(sentences(again, name), again.task("Upload", name).result)
        assert bool(run.stats[name]["failures"]) == host.case.fails, run.output
        assert result["counts"] == ahead.task("Upload", name).result["counts"], name
        assert not again.task("Upload", name).result["changed"], name
        gone = sorted(str(path) for path in files[name] if not path.exists())
        assert len(gone) == result["counts"]["deleted_local"], name
        lines = [json.loads(line) for line in host.report.read_text().splitlines()]
        assert sorted(line["path"] for line in lines if line.get("action") == "deleted_local") == gone
        assert len([line for line in lines if line.get("action") == "restored"]) == result["counts"]["restored"], name
        assert re.search(rf"^\[{name}\] .*{len(gone)} local file", run.output, re.MULTILINE) or not gone


@pytest.mark.parametrize("check", [True, False])
def test_a_missing_path_is_not_a_failed_file(playbook: Playbook, server: Emulator, tmp_path: Path, check: bool) -> None:
    src, usb = tmp_path / "src", tmp_path / "usb"
    write_photos(src, 3)
    run = playbook.run(upload_play([str(usb), str(src)]), check=check, server=server)
    assert run.rc != 0
    result = run.task("Upload").result
    assert result["msg"] == f"1 path is not there: {usb}."
    assert (result["counts"]["failed"], result["counts"]["missing_paths"]) == (0, 1)
    check_numbers(sentences(run), result, check_mode=check)
    assert f", 1 path is not there ({usb})." in sentences(run)
    assert " failed" not in sentences(run)
    assert re.search(r"\] 3 files in .* · 3 new, 0 already there, 0 failed, 1 path is not there", run.output)
    assert len(server.state()["assets"]) == (0 if check else 3)

    (src / "empty.jpg").write_bytes(b"")
    run = playbook.run(upload_play([str(usb), f"{tmp_path}/disk/*.jpg", str(src)]), check=check, server=server)
    message = run.task("Upload").result["msg"]
    assert message.startswith(f"2 paths are not there: {usb} and {tmp_path}/disk/*.jpg.")
    assert f"{src}/empty.jpg" in message
    check_numbers(sentences(run), run.task("Upload").result, check_mode=check)
    assert f"1 failed, 2 paths are not there ({usb} and {tmp_path}/disk/*.jpg)." in sentences(run)


def test_the_summary_of_a_failure_counts_all_albums(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    src = tmp_path / "src"
    write_photos(src, 5, folders=5)
    (src / "empty.jpg").write_bytes(b"")
    run = playbook.run(upload_play(src, album_from="folder"), server=server)
    assert run.rc != 0
    assert len(run.task("Upload").result["albums"]) == 5
    assert "5 uploaded" in sentences(run)
    assert "1 failed, albums: 5 new." in sentences(run)
    assert len(server.state()["albums"]) == 5


def test_progress_counts_deleted_local_files(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    src = tmp_path / "src"
    write_photos(src, 4)
    Uploads(server)(src)
    ahead = playbook.run(upload_play(src, after_upload="delete"), check=True, server=server).ok()
    assert "· 0 new, 4 already there, 0 failed, 4 local files would be deleted ·" in ahead.output
    run = playbook.run(upload_play(src, after_upload="delete"), server=server).ok()
    assert "· 0 new, 4 already there, 0 failed, 4 local files deleted" in run.output
    assert "4 local files deleted" in sentences(run)


def test_copy_summary_has_numbers_of_result(playbook: Playbook, server: Emulator, emulator: Callable[..., Emulator]) -> None:
    account = Account(emulator(version="2.7", job_seconds=0.001))
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.live("live.jpg")
    account.album("Rome", "1.jpg", "live.jpg")
    variables = {"immich_source_url": account.server.url, "immich_source_api_key": account.api_key, "immich_copy_source_trash": "copy"}
    name = Path("photoyard.immich.copy")
    for arguments, check_mode in ((["--check"], True), ([], False), ([], False)):
        run = playbook.run(name, *arguments, server=server, variables=variables).ok()
        check_numbers(sentences(run), run.task("Copy from the other server").result, check_mode=check_mode)
    assert run.changed == 0


def test_archive_summary_has_numbers_of_result(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    """Each case is a host of the same plays, with a folder of its own."""
    account, damaged = archived_account(emulator()), archived_account(emulator())
    cases = {"new": True, "nothing_new": False, "changed": True, "without_album": True, "damaged": False}
    accounts = {name: damaged if name == "damaged" else account for name in cases}
    for name in cases:
        if name != "new":
            Archives(accounts[name], tmp_path / name)()
    next((tmp_path / "changed").rglob("1.jpg")).unlink()
    next((tmp_path / "changed").rglob("3.jpg.xmp")).write_text("something else")
    next((tmp_path / "without_album").rglob("albums/Rome.json")).unlink()
    damaged.upload("bad.jpg", minutes=9)
    stored = next(asset["path"] for asset in damaged.server.state()["assets"] if asset["name"] == "bad.jpg")
    Path(stored).write_bytes(b"other bytes")
    hosts = {
        name: {**local_host(), "immich_url": one.server.url, "immich_api_key": one.api_key, "immich_archive_dest": str(tmp_path / name)}
        for name, one in accounts.items()
    }
    play = [{"hosts": "all", "gather_facts": False, "roles": ["photoyard.immich.immich_archive"]}]

    ahead = playbook.run(play, "--forks", "3", hosts=hosts, check=True).ok()
    run = playbook.run(play, "--forks", "3", hosts=hosts)

    assert {task.host for task in run.failed} == {"damaged"}, run.output
    for name, changes in cases.items():
        for one in (run,) if name == "damaged" else (ahead, run):  # a file that cannot be read is known once it is asked for
            result = one.task("Copy from Immich to the folder", name).result
            check_archive(sentences(one, name), result)
            assert result["changed"] == changes, name


def archived_account(server: Emulator) -> Account:
    """An account with four photos, two of them in an album."""
    account = Account(server)
    for number in range(4):
        account.upload(f"{number}.jpg", minutes=number)
    account.album("Rome", "1.jpg", "2.jpg")
    server.wait_idle()
    return account


def test_heal_summary_predicts_resumed_queues(playbook: Playbook, server: Emulator) -> None:
    # The lease is longer than Ansible takes to end on a busy machine.
    lease = {"state": "paused", "lease": "a run that died", "lease_ttl": 12, "queues": ["ocr", "library"], "api_key": server.admin_api_key}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [{"photoyard.immich.immich_jobs": lease}]}]
    playbook.run(play, server=server, hosts={"localhost": local_host()}).ok()
    processes.kill_guards(playbook.home.parent)
    heal = Path("photoyard.immich.heal")
    waiting: dict[str, Any] = {"immich_heal_wait": 60}
    ahead = playbook.run(heal, server=server, variables={"immich_heal_lease": "a run that died"}, check=True).ok()
    assert sentences(ahead) == "Would resume ocr, library."
    assert server.paused() == {"ocr", "library"}
    run = playbook.run(heal, server=server, variables=waiting).ok()
    assert set(sentences(run).removeprefix("Resumed ").removesuffix(".").split(", ")) == {"ocr", "library"}
    assert server.paused() == set()
    again = playbook.run(heal, server=server, variables=waiting).ok()
    assert (again.changed, sentences(again)) == (0, "There was nothing to resume.")
