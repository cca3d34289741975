# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role holds its pause by a lease: one a host and run, watched, renewed, released first, and healed when it was not."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.http.wire import writes
from support.playbooks import processes
from support.playbooks.playbook import Playbook, local_host
from support.playbooks.role import CHAIN, counts, on_server, pauses, sentences, summary, sums, upload_play
from support.playbooks.sshd import Sshd
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

Photos = Callable[..., Path]


def leases(state_home: Path) -> list[dict[str, Any]]:
    """The leases in all ledgers below a state folder."""
    return [lease for file in state_home.rglob("leases-*.json") for lease in json.loads(file.read_text())["leases"]]


def hold(playbook: Playbook, server: Emulator, lease: str, *, state: str = "paused", **options: Any) -> None:
    """Somebody else takes a lease, or releases it."""
    task = {"photoyard.immich.immich_jobs": {"api_key": server.admin_api_key, "state": state, "lease": lease, **options}}
    playbook.run([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}], server=server).ok()


def test_nothing_is_left_of_a_lease(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    playbook.run(upload_play(photos()), server=server).ok()
    assert leases(playbook.state_home) == []
    wait_until(lambda: processes.below(playbook.home) == [])
    assert [album["name"] for album in server.state()["albums"]] == []


def test_the_ledger_on_the_server_is_cleared_too(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    server.pause("library")
    playbook.run(upload_play(src, ledger="server"), server=server).ok()
    assert on_server(server) == sums(src)
    assert server.state()["albums"] == []
    assert server.paused() == {"library"}
    assert set(pauses(server)) == {(name, paused) for name in CHAIN for paused in (True, False)}


def test_resume_order_chain_waits_between_queues(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    server.set_job_seconds(0.01)
    run = playbook.run(upload_play(photos(3, 1), resume_order="chain", resume_step_timeout=20, lease_ttl=10), server=server).ok()
    assert run.task("Upload").result["resume"]["resumed"] == list(CHAIN), "the lease did not run out in between"
    resumed = [request for request in server.requests(writes=True) if (request["json"] or {}).get("isPaused") is False]
    assert [request["path"].rpartition("/")[2] for request in resumed] == list(CHAIN)
    looks = [request["n"] for request in server.requests() if request["method"] == "GET" and request["path"] == "/queues"]
    assert all(any(one["n"] < look < two["n"] for look in looks) for one, two in pairwise(resumed))
    assert server.paused() == set()


def test_an_upload_shares_the_pause_of_another(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    hold(playbook, server, "a backup", queues=["smartSearch"])
    run = playbook.run(upload_play(photos()), server=server).ok()
    assert server.paused() == {"smartSearch"}
    said = summary(run)
    assert "smartSearch stays paused (held by a backup)" in said
    assert re.search(r" at (\S+ )?\d\d:\d\d, .*: ansible-playbook photoyard.immich.heal -e '\{immich_heal_lease: a backup\}'$", said), said
    variables = yaml.safe_load(shlex.split(said.rpartition(" -e ")[2])[0])
    playbook.run(Path("photoyard.immich.heal"), server=server, variables=variables).ok()
    assert server.paused() == set()


def test_second_upload_on_host_names_running_upload(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(6, 2)
    first, second = sorted(src.iterdir())
    other = Playbook(playbook.home.with_name("other"))
    other.state_home = playbook.state_home
    server.fault("POST", "^/assets$", after=1, until_cleared=True)
    with other.start(upload_play(first, concurrency=1), server=server) as running:
        wait_until(lambda: len(server.state()["assets"]) == 1)
        run = playbook.run(upload_play(second), server=server).ok()
        (_numbers, _owner, alive) = run.task("Show the summary").result["msg"]
        assert re.match(r"Another upload on this host \(since .*\d\d:\d\d\) keeps ", alive)
        assert server.paused() == set(CHAIN)
        server.clear_faults()
        running.finish().ok()
    assert server.paused() == set()
    assert on_server(server) == sums(src)


def test_upload_without_new_files_heals_dead_run(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    play = upload_play(photos())
    playbook.run(play, server=server).ok()
    server.pause("ocr")
    hold(playbook, server, "a run that died", lease_ttl=10)  # longer than Ansible takes to end on a busy machine
    processes.kill_guards(playbook.home)  # with its host
    time.sleep(10.1)
    run = playbook.run(play, server=server).ok()
    assert server.paused() == {"ocr"}
    assert ": 8 queues." in summary(run)


@pytest.mark.long
def test_runs_with_a_backlog_and_nothing_new_wait_for_nothing(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(6, 2)
    server.set_job_seconds(3600)
    play, variables = Path("photoyard.immich.upload"), {"immich_upload_src": [str(src)], "immich_upload_pause_wait": 2}
    playbook.run(play, server=server, variables=variables).ok()
    assert on_server(server) == sums(src)
    backlog = server.state()["queues"]
    assert backlog["metadataExtraction"]["active"]
    for check in (True, False, False):
        before = server.requests()[-1]["n"]
        run = playbook.run(play, server=server, variables=variables, check=check).ok()
        assert run.changed == 0
        assert counts(run) == {"uploaded": 0, "duplicates": 6, "skipped": 0, "failed": 0}
        assert writes(server, before) == []
        assert not [request for request in server.requests(before) if request["path"] in ("/queues", "/jobs")]
    assert server.state()["queues"] == backlog
    run = playbook.run(play, server=server, variables={**variables, "immich_upload_album": "Summer"}).ok()
    assert "6 already there, albums: 1 new" in sentences(run)
    assert [len(album["assets"]) for album in server.state()["albums"]] == [6]
    assert server.state()["queues"] == backlog


def test_immich_restarts_during_the_upload(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    server.fault("POST", "^/assets$", after=3, until_cleared=True)
    with playbook.start(upload_play(src, concurrency=1), server=server) as running:
        wait_until(lambda: len(server.state()["assets"]) >= 3)
        server.resume("metadataExtraction")  # what a restart does
        wait_until(lambda: "metadataExtraction" in server.paused())
        server.clear_faults()
        run = running.finish().ok()
    assert on_server(server) == sums(src)
    assert server.paused() == set()
    assert "metadataExtraction was paused again." in summary(run)


def test_the_lease_is_renewed_while_bytes_flow(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(8, 1)
    for _ in range(8):
        server.fault("POST", "^/assets$", times=1, delay=1.0)
    running = upload_play(src, lease_ttl=6, concurrency=1)
    run = playbook.run(running, server=server).ok()
    assert on_server(server) == sums(src)
    order = pauses(server)
    assert order == [(name, True) for name in CHAIN] + [(name, False) for name in CHAIN], "resumed once, at the end"
    assert run.task("Upload").result["resume"]["resumed"] == list(CHAIN)


def test_server_lease_is_renewed_with_a_key_from_a_file(playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(server.admin_api_key)
    server.fault("POST", "^/assets$", times=4, delay=0.8)
    play = upload_play(photos(4, 1), ledger="server", lease_ttl=3, concurrency=1, immich_admin_api_key_file=str(key))
    playbook.run(play, server=server, environment={"IMMICH_ADMIN_API_KEY": ""}).ok()
    files = [one["n"] for one in server.requests(writes=True) if one["path"] == "/assets"]
    renewals = [one for one in server.requests(writes=True) if one["method"] == "PATCH" and one["path"].startswith("/albums/")]
    assert [one for one in renewals if files[0] < one["n"] < files[-1] and one["status"] == 200]


@pytest.mark.smoke
def test_a_killed_run_ends_by_itself_and_its_queues_run_again(playbook: Playbook, server: Emulator, photos: Photos, sshd: Sshd) -> None:
    src = photos(6, 1)
    server.pause("smartSearch")
    server.fault("POST", "^/assets$", after=2, times=1, delay=2)
    with playbook.start(upload_play(src, lease_ttl=4), server=server, hosts={"nas": sshd.host()}) as running:
        wait_until(lambda: len(server.state()["assets"]) >= 2)
        running.kill()
    wait_until(lambda: server.paused() == {"smartSearch"})
    wait_until(lambda: leases(sshd.state_home) == [])
    assert server.state()["partial_uploads"] == 0
    playbook.run(upload_play(src), server=server, hosts={"nas": sshd.host()}).ok()
    assert on_server(server) == sums(src)
    assert server.paused() == {"smartSearch"}


def test_pause_spans_hosts_despite_failed_and_unreachable(playbook: Playbook, server: Emulator, tmp_path: Path, photos: Photos) -> None:
    """The pause of the first lasts until the last is done; one fails, one cannot be reached."""
    src = photos(12, 3)
    folders = sorted(src.iterdir())
    hosts = {
        "one": local_host() | {"folder": str(folders[0])},
        "two": local_host() | {"folder": str(folders[1])},
        "broken": local_host() | {"folder": str(tmp_path / "missing")},
        "gone": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_args": "-F none"},
        "keeper": local_host(),
    }
    variables = {"hosts": "all:!keeper", "src": ["{{ folder }}"], "coordinator": "keeper", "pause_queues": ["upload"]}
    hosts["gone"]["folder"] = str(folders[2])
    server.pause("library")
    named = {f"immich_upload_{name}": value for name, value in variables.items()}
    run = playbook.run(Path("photoyard.immich.upload"), server=server, hosts=hosts, variables=named)
    assert run.rc == 4
    assert {host: (of["failures"], of["unreachable"]) for host, of in run.stats.items()} == {
        "one": (0, 0),
        "two": (0, 0),
        "broken": (1, 0),
        "gone": (0, 1),
    }
    assert on_server(server) == sums(folders[0]) | sums(folders[1])
    assert server.paused() == {"library"}
    assert server.state()["albums"] == []
    ends = [sentences(run, host) for host in ("one", "two", "broken")]
    assert any("Background jobs run again" in end for end in ends), "whichever of them was the last"
    assert not any("held by" in end or "has died" in end for end in ends), "the others of the play will resume"
    assert f"[broken] failed: {tmp_path / 'missing'}: " in run.stdout


@pytest.mark.parametrize("trouble", [{"folder": "/there/is/none"}, {"queues": ["misspelt"]}], ids=["upload", "pause"])
def test_pause_ends_when_first_batch_fails(playbook: Playbook, server: Emulator, photos: Photos, trouble: dict[str, Any]) -> None:
    folders = sorted(photos(6, 3).iterdir())
    one, broken, never = (local_host() | {"folder": str(folder), "queues": ["upload"]} for folder in folders)
    play = upload_play(["{{ folder }}"], pause_queues="{{ queues }}")
    play[0] |= {"serial": 2, "any_errors_fatal": True}
    run = playbook.run(play, server=server, hosts={"one": one, "broken": broken | trouble, "never": never})
    assert run.rc == 2
    if not version("ansible-core").startswith("2.16."):  # which begins the next batch after any block with an always
        assert on_server(server) <= sums(folders[0]), "the next batch never began"
    assert server.paused() == set()
    assert leases(playbook.state_home) == []
