# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong: a queue paused by hand stays paused, all others run as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.photos.jpegs import write_photo
from support.playbooks.playbook import Playbook, local_host
from support.playbooks.role import CHAIN, QUICK_RETRIES, counts, on_server, pauses, sentences, sha1, summary, sums, upload_play
from support.playbooks.unprivileged import python_that_obeys_permissions
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

Photos = Callable[..., Path]

STEP_BY_STEP = Path("photoyard.immich.upload")


@pytest.fixture
def paused_by_hand(server: Emulator) -> Iterator[str]:
    """A queue that was paused before. When the test is over it still is, and no other."""
    server.pause("smartSearch")
    yield "smartSearch"
    assert server.paused() == {"smartSearch"}


@pytest.mark.usefixtures("paused_by_hand")
def test_the_server_fails_in_the_middle(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    server.fault("POST", "^/assets$", after=4, times=None, status=500)
    run = playbook.run(upload_play(src, concurrency=1), server=server)
    assert run.rc == 2
    assert "failed at POST /assets with 500" in summary(run)
    assert "smartSearch stays paused (not ours)." in summary(run)
    assert summary(run).endswith("are not sent again.")
    assert len(on_server(server)) == 4
    server.clear_faults()
    again = playbook.run(upload_play(src), server=server).ok()
    assert counts(again)["uploaded"] == 8
    assert on_server(server) == sums(src)


@pytest.mark.usefixtures("paused_by_hand")
def test_every_upload_fails(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    server.fault("POST", "^/assets$", times=None, status=502, body="<html><title>502 Bad Gateway</title></html>")
    run = playbook.run(upload_play(photos(3, 1)), server=server)
    assert run.rc == 2
    assert "502" in summary(run)
    assert on_server(server) == set()


@pytest.mark.usefixtures("paused_by_hand")
def test_upload_with_unreadable_file_resumes_queues(playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path) -> None:
    src = photos(5, 1)
    unreadable = sorted(src.rglob("*.jpg"))[2]
    unreadable.chmod(0)
    hosts = {"nas": local_host() | {"ansible_python_interpreter": str(python_that_obeys_permissions(tmp_path))}}
    run = playbook.run(upload_play(src), server=server, hosts=hosts)
    unreadable.chmod(0o600)
    assert run.rc == 2
    assert counts(run) == {"uploaded": 4, "duplicates": 0, "skipped": 0, "failed": 1}
    assert f"{unreadable}: " in summary(run)
    assert "Permission denied" in summary(run)
    assert on_server(server) == sums(src) - {sha1(unreadable)}


@pytest.mark.usefixtures("paused_by_hand")
def test_pausing_fails_on_the_third_queue(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    server.fault("PUT", f"^/queues/{CHAIN[2]}$", times=None, status=500)
    run = playbook.run(upload_play(photos()), server=server)
    assert run.rc == 2
    assert "The background jobs could not be paused" in summary(run)
    assert CHAIN[2] in summary(run)
    assert on_server(server) == set()
    assert (CHAIN[0], False) in pauses(server)


@pytest.mark.usefixtures("paused_by_hand")
def test_pause_imported_twice_pauses_once(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    (play,) = upload_play(src)
    part = {"name": "photoyard.immich.immich_upload", "tasks_from": "pause"}
    play["vars"] = play["roles"][0]["vars"]
    play["pre_tasks"] = [{"import_role": part}, {"import_role": part}]
    run = playbook.run([play], server=server).ok()
    assert on_server(server) == sums(src)
    assert pauses(server).count((CHAIN[0], True)) == pauses(server).count((CHAIN[0], False)) == 1
    assert "Background jobs run again" in summary(run)


@pytest.mark.usefixtures("paused_by_hand")
def test_no_queue_at_all_is_refused(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    run = playbook.run(upload_play(photos(), pause_queues=[]), server=server)
    assert run.rc == 2
    assert "immich_upload_pause_queues is empty" in summary(run)
    assert on_server(server) == set()


@pytest.mark.usefixtures("paused_by_hand")
def test_a_misspelt_queue_is_said_at_once(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    run = playbook.run(upload_play(photos(), pause_queues=["smartsearch"]), server=server)
    assert run.rc == 2
    assert "smartsearch" in summary(run)
    assert "Or resume" not in summary(run)
    assert pauses(server) == []


@pytest.mark.usefixtures("paused_by_hand")
def test_a_step_by_step_play_retries_resuming(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    ours = len(CHAIN) - 1
    server.fault("PUT", "^/queues/", after=ours, times=2 * ours + 1, status=500)
    run = playbook.run(STEP_BY_STEP, server=server, variables=QUICK_RETRIES | {"immich_upload_src": [str(src)]}).ok()
    assert "Background jobs run again" in summary(run)
    assert on_server(server) == sums(src)


@pytest.mark.usefixtures("paused_by_hand")
def test_resume_is_not_retried_after_forbidden(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    ours = len(CHAIN) - 1
    server.fault("PUT", "^/queues/", after=ours, times=None, status=403)
    run = playbook.run(STEP_BY_STEP, server=server, variables=QUICK_RETRIES | {"immich_upload_src": [str(photos(3, 1))]})
    server.clear_faults()
    assert run.rc == 2
    assert "RETRYING" not in run.output
    assert "still paused" in summary(run)
    lease = run.task("Pause Immich's background jobs").result["lease"]["holder"]
    task = {"photoyard.immich.immich_jobs": {"api_key": server.admin_api_key, "state": "running", "lease": lease}}
    playbook.run([{"hosts": "all", "gather_facts": False, "tasks": [task]}], server=server).ok()


@pytest.mark.usefixtures("paused_by_hand")
def test_guard_resumes_queue_after_failed_resume(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(3, 1)
    server.fault("PUT", "^/queues/ocr$", after=1, times=None, status=500)
    run = playbook.run(upload_play(src), server=server)
    assert run.rc == 2
    assert on_server(server) == sums(src)
    assert "The background jobs could not be resumed" in summary(run)
    assert "ocr is still paused" in sentences(run)
    server.clear_faults()
    wait_until(lambda: "ocr" not in server.paused())


def test_failed_resume_names_queue_and_remedy(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(3, 1)
    server.fault("PUT", "^/queues/ocr$", after=1, times=None, status=500)
    variables = QUICK_RETRIES | {"immich_upload_src": [str(src)], "immich_upload_resume_retries": 2}
    run = playbook.run(STEP_BY_STEP, server=server, variables=variables)
    assert run.rc == 2
    assert run.stats["localhost"]["failures"] == 1
    assert on_server(server) == sums(src)
    assert server.paused() == {"ocr"}
    assert sentences(run).startswith("3 uploaded")
    assert "ocr is still paused. You can resume it " in sentences(run)


@pytest.mark.usefixtures("paused_by_hand")
def test_missing_source_is_found_before_pausing(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    run = playbook.run(upload_play(tmp_path / "missing"), server=server)
    assert run.rc == 2
    assert "missing" in summary(run)
    assert pauses(server) == []


@pytest.mark.usefixtures("paused_by_hand")
def test_upload_with_unreachable_host_resumes_queues(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    hosts = {
        "here": local_host(),
        "gone": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_args": "-F none"},
    }
    src = photos(3, 1)
    run = playbook.run(upload_play(src), server=server, hosts=hosts)
    assert run.rc == 4
    assert on_server(server) == sums(src)


@pytest.mark.usefixtures("paused_by_hand")
def test_host_lost_during_upload_resumes_and_fails(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    """The connection of one task fails; the play must still resume, and then fail."""
    write_photo(tmp_path / "photos" / "one.jpg", 1)
    play = upload_play(tmp_path / "photos")
    play[0]["tasks"] = [
        {
            "block": [
                {"import_role": {"name": "photoyard.immich.immich_upload", "tasks_from": "pause"}},
                {
                    "import_role": {"name": "photoyard.immich.immich_upload", "tasks_from": "upload"},
                    "vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
                },
            ],
            "always": [{"import_role": {"name": "photoyard.immich.immich_upload", "tasks_from": "resume"}}],
        }
    ]
    play[0]["vars"] = play[0].pop("roles")[0]["vars"]
    run = playbook.run(play, server=server)
    assert run.rc == 2
    assert "The host went away" in summary(run)
    assert "Background jobs run again" in summary(run)
    assert pauses(server)[-1][1] is False
