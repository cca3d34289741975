# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: photos go in with the background jobs paused, and these run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.http.wire import writes
from support.photos.jpegs import write_photo, write_sidecar
from support.playbooks import processes
from support.playbooks.playbook import Playbook
from support.playbooks.role import CHAIN, counts, on_server, pauses, sha1, summary, sums, upload_play
from support.playbooks.sshd import Sshd
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

Photos = Callable[..., Path]


@pytest.mark.long
def test_five_hundred_photos_in_twelve_folders(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(500, 12)
    play = upload_play(src, album_from="folder", tags=["Holiday/2024", "from the NAS"])

    predicted = playbook.run(play, server=server, check=True, diff=True).ok()
    assert writes(server) == []
    assert server.state()["assets"] == []

    first = playbook.run(play, server=server).ok()
    server.wait_idle()
    state = server.state()
    assert len(state["assets"]) == 500
    assert on_server(server) == sums(src)
    names = {asset["id"]: asset["name"] for asset in state["assets"]}
    albums = {album["name"]: sorted(names[asset] for asset in album["assets"]) for album in state["albums"]}
    assert albums == {folder.name: sorted(photo.name for photo in folder.iterdir()) for folder in src.iterdir()}
    assert all(asset["tags"] == ["Holiday/2024", "from the NAS"] for asset in state["assets"])
    assert server.paused() == set()
    assert counts(first) == counts(predicted) == {"uploaded": 500, "duplicates": 0, "skipped": 0, "failed": 0}
    assert "500 uploaded" in summary(first)
    assert "albums: 12 new, tags: 1,000 given." in summary(first)
    assert "500 would be uploaded" in summary(predicted)
    assert "albums: 12 would be new, tags: 1,000 would be given." in summary(predicted)

    seen = len(server.requests())
    assert first.changed == predicted.changed
    second = playbook.run(play, server=server).ok()
    assert second.changed == 0
    assert writes(server, since=seen) == []
    assert counts(second) == {"uploaded": 0, "duplicates": 500, "skipped": 0, "failed": 0}
    assert playbook.run(play, server=server, check=True, diff=True).ok().changed == 0


@pytest.mark.parametrize("in_pre_tasks", [False, True])
def test_queues_are_paused_from_first_to_last_file(playbook: Playbook, server: Emulator, photos: Photos, in_pre_tasks: bool) -> None:
    server.pause("smartSearch")
    src = photos()
    play = Path("photoyard.immich.upload") if in_pre_tasks else upload_play(src)
    run = playbook.run(play, server=server, variables={"immich_upload_src": [str(src)]}).ok()
    assert on_server(server) == sums(src)
    written = writes(server)
    ours = [name for name in CHAIN if name != "smartSearch"]
    assert pauses(server) == [(name, True) for name in ours] + [(name, False) for name in ours]
    assert written[: len(ours)] == [f"PUT /queues/{name}" for name in ours]
    assert written[len(ours) : -len(ours)] == ["POST /assets"] * 12
    assert server.paused() == {"smartSearch"}
    assert summary(run).endswith("smartSearch stays paused (not ours).")


@pytest.mark.parametrize("new", [True, False])
def test_the_files_are_looked_through_once_and_no_process_stays(playbook: Playbook, server: Emulator, photos: Photos, new: bool) -> None:
    src = photos()
    play = upload_play(src)
    if not new:
        playbook.run(play, server=server).ok()
    seen = len(server.requests())
    playbook.run(play, server=server).ok()
    checks = [request for request in server.requests(since=seen) if request["path"] == "/assets/bulk-upload-check"]
    assert sum(len(request["json"]["assets"]) for request in checks) == len(sums(src))
    wait_until(lambda: processes.below(playbook.home) == [])


@pytest.mark.parametrize("pipelining", [pytest.param(False, marks=pytest.mark.smoke), True])
def test_over_ssh_with_credentials_of_the_controller(
    playbook: Playbook, server: Emulator, photos: Photos, sshd: Sshd, pipelining: bool
) -> None:
    server.pause("ocr")
    src = photos()
    hosts = {"nas": sshd.host(pipelining=pipelining)}
    playbook.run(upload_play(src, album="NAS"), server=server, hosts=hosts).ok()
    assert on_server(server) == sums(src)
    assert [len(album["assets"]) for album in server.state()["albums"]] == [12]
    assert server.paused() == {"ocr"}
    assert playbook.run(upload_play(src, album="NAS"), server=server, hosts=hosts).ok().changed == 0


@pytest.mark.parametrize("version", ["1.135", "2.7"])
def test_upload_to_older_servers(playbook: Playbook, emulator: Callable[..., Emulator], photos: Photos, version: str) -> None:
    server = emulator(version)
    server.pause("videoConversion")
    src = photos()
    play = upload_play(src, album_from="folder", tags=["old"])
    playbook.run(play, server=server).ok()
    assert on_server(server) == sums(src)
    assert len(server.state()["albums"]) == 3
    server.wait_idle()
    assert all(asset["tags"] == ["old"] for asset in server.state()["assets"])
    assert server.paused() == {"videoConversion"}
    seen = len(server.requests())
    assert playbook.run(play, server=server).ok().changed == 0
    assert writes(server, since=seen) == []


def test_options_reach_the_module(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    src = tmp_path / "photos"
    wanted = write_photo(src / "in" / "a [1].jpg", 1)
    write_sidecar(wanted)
    write_photo(src / "in" / "deeper" / "b.jpg", 2)
    write_photo(src / "in" / "c.jpg", 3)
    report = tmp_path / "report.jsonl"
    playbook.run(
        upload_play(
            [str(src / "i*")],
            recursive=False,
            exclude=["c.*"],
            album="One",
            favorite=True,
            visibility="archive",
            report=str(report),
            concurrency=1,
        ),
        server=server,
    ).ok()
    (asset,) = server.state()["assets"]
    assert (asset["checksum"], asset["albums"], asset["favorite"], asset["visibility"]) == (sha1(wanted), ["One"], True, "archive")
    assert asset["sidecar"] == sha1(wanted.with_name("a [1].jpg.xmp"))
    assert str(wanted) in report.read_text()


def test_without_a_pause_no_queue_is_touched(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    run = playbook.run(upload_play(src, pause_jobs=False), server=server).ok()
    assert on_server(server) == sums(src)
    assert pauses(server) == []
    assert "Background jobs" not in summary(run)


def test_only_the_named_queues_are_paused(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    playbook.run(upload_play(photos(), pause_queues=["smartSearch", "library"]), server=server).ok()
    assert set(pauses(server)) == {(name, paused) for name in ("smartSearch", "library") for paused in (True, False)}
    assert server.paused() == set()


def test_play_with_role_twice_uploads_both_folders(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    for number, folder in enumerate(("one", "two")):
        write_photo(tmp_path / folder / "photo.jpg", number)
    (one,) = upload_play(tmp_path / "one")
    (two,) = upload_play(tmp_path / "two")
    run = playbook.run([one | {"roles": one["roles"] + two["roles"]}], server=server).ok()
    assert on_server(server) == sums(tmp_path)
    assert len(pauses(server)) == 4 * len(CHAIN)
    assert [task.result["counts"]["uploaded"] for task in run.tasks if task.name.endswith(": Upload")] == [1, 1]
    assert server.paused() == set()


@pytest.mark.parametrize(
    ("arguments", "uploads"),
    [(["--tags", "immich_upload"], True), (["--skip-tags", "immich_upload"], False), (["--tags", "other"], False)],
)
def test_tags_never_run_the_pause_alone(playbook: Playbook, server: Emulator, photos: Photos, arguments: list[str], uploads: bool) -> None:
    variables = {"immich_upload_src": [str(photos())]}
    playbook.run(Path("photoyard.immich.upload"), *arguments, server=server, variables=variables).ok()
    assert bool(server.state()["assets"]) == uploads
    assert bool(pauses(server)) == uploads
    assert server.paused() == set()
