# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles print: what happened, once, and nothing that a reader has to skip."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.http.wire import writes
from support.playbooks.playbook import TARGET_PYTHON, Playbook, Run, local_host
from support.playbooks.role import counts, on_server, sentences, sums, upload_play

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

Photos = Callable[..., Path]


def tasks_of(run: Run) -> list[str]:
    return re.findall(r"^TASK \[photoyard\.immich\.immich_upload : (.*?)\]", run.stdout, re.MULTILINE)


def printed_result(run: Run) -> dict[str, Any]:
    """The only result that Ansible printed of a failed task."""
    (printed,) = re.findall(r"^fatal: .*? => (\{.*\})$", run.stdout, re.MULTILINE)
    found: dict[str, Any] = json.loads(printed)
    return found


@pytest.mark.parametrize("check", [False, True])
def test_a_run_is_an_upload_and_a_summary(playbook: Playbook, server: Emulator, photos: Photos, check: bool) -> None:
    play = upload_play(photos())
    for _ in range(2):
        run = playbook.run(play, server=server, check=check).ok()
        assert tasks_of(run)[1:] == ["Upload", "Show the summary"]
        assert tasks_of(run)[0].startswith("Validating arguments")
        assert "included: " not in run.output
        assert "skipping: " not in run.output


def test_one_empty_file_among_96_is_reported_once(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(95, 3)
    empty = src / "Trip 01" / "empty.jpg"
    empty.write_bytes(b"")
    run = playbook.run(upload_play(src, album_from="folder", tags=["holiday"]), server=server)
    assert run.rc == 2
    assert len(run.output.splitlines()) < 40  # up to ten of them are of the file with the task, which Ansible shows
    assert run.output.count("[localhost] failed: ") == 1
    assert f"[localhost] failed: {empty}: The file is empty.\n" in run.stdout
    assert run.stats["localhost"]["failures"] == 1
    assert printed_result(run)["msg"] == f"1 file failed: {empty}."
    assert len(json.dumps(printed_result(run)).replace(str(src), "/photos")) < 1500
    assert sentences(run).startswith("95 uploaded (295 kB), 1 failed, albums: 3 new, tags: 95 given.")
    assert "immich_upload_max_failures" in sentences(run)
    assert counts(run) == {"uploaded": 95, "duplicates": 0, "skipped": 0, "failed": 1}
    assert len(on_server(server)) == 95


@pytest.mark.parametrize("with_report", [True, False])
def test_ten_of_many_failed_files_are_shown(
    playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path, with_report: bool
) -> None:
    src = photos(3, 1)
    for number in range(27):
        (src / f"empty {number:02}.jpg").write_bytes(b"")
    report = {"report": str(tmp_path / "report.jsonl")} if with_report else {}
    run = playbook.run(upload_play(src, **report), server=server)
    assert re.findall(r"^\[localhost\] failed: .*/(.*?): ", run.stdout, re.MULTILINE) == [f"empty {number:02}.jpg" for number in range(10)]
    others = f"see the report {tmp_path / 'report.jsonl'}" if with_report else "which immich_upload_report would list in a file"
    assert f"[localhost] and 17 more, {others}\n" in run.stdout
    first = ", ".join(str(src / f"empty {number:02}.jpg") for number in range(3))
    assert printed_result(run)["msg"] == f"27 files failed: {first} and 24 more."
    assert len(printed_result(run)["failures"]) == 27  # for a rescue: Ansible shows what it registers


def test_failures_within_max_failures_are_shown_once(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(3, 1)
    (src / "empty.jpg").write_bytes(b"")
    variables = {"immich_upload_src": [str(src)], "immich_upload_max_failures": 1}
    run = playbook.run(Path("photoyard.immich.upload"), server=server, variables=variables).ok()
    assert run.output.count("failed: " + str(src)) == 1
    assert sentences(run).startswith("3 uploaded (9.0 kB), 1 failed.")


def test_failed_file_is_in_message_without_progress(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(3, 1)
    (src / "empty.jpg").write_bytes(b"")
    run = playbook.run(upload_play(src, progress_interval=0), server=server)
    assert not re.search(r"^\[localhost\] ", run.output, re.MULTILINE)
    assert printed_result(run)["msg"].startswith(f"{src / 'empty.jpg'}: ")


def test_the_summary_names_skip_reasons(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(1, 1)
    (src / "notes.txt").write_text("")
    assert sentences(playbook.run(upload_play(src), server=server).ok()).startswith("1 uploaded (2.9 kB), 1 skipped (.txt).")


def test_an_empty_folder_is_named(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert f"{tmp_path}/none." in sentences(playbook.run(upload_play(tmp_path / "none"), server=server).ok())


def test_a_misspelt_variable_is_an_error(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    run = playbook.run(upload_play(photos(), url="x"), server=server)
    assert run.rc == 2
    assert {"immich_upload_url", "immich_url?"} <= set(printed_result(run)["msg"].split())
    assert server.requests() == []


def test_a_misspelt_variable_is_found_before_a_pause(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    variables = {"immich_upload_src": [str(photos())], "immich_upload_albun": "x"}
    run = playbook.run(Path("photoyard.immich.upload"), server=server, variables=variables)
    assert {"immich_upload_albun", "immich_upload_album?"} <= set(printed_result(run)["msg"].split())
    assert server.requests() == []


def test_a_variable_of_the_play_s_own_is_left_alone(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos()
    own = {"immich_where_the_camera_is": "x", "immich_url_internal": "x", "immich_copy_albun": "x"}
    hosts = {"nas": local_host() | own}
    playbook.run(upload_play(src), server=server, hosts=hosts).ok()
    assert on_server(server) == sums(src)


def test_other_coordinator_needs_a_step_by_step_play(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    hosts = {"laptop": local_host(), "nas": local_host()}
    run = playbook.run(upload_play(photos(), coordinator="nas"), "--limit", "laptop", server=server, hosts=hosts)
    assert "Use the playbook photoyard.immich.upload" in printed_result(run)["msg"]
    assert writes(server) == []
    playbook.run(upload_play(photos(), coordinator="nas"), "--limit", "nas", server=server, hosts=hosts).ok()


def test_ctrl_c_hint_appears_on_terminals_only(playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path) -> None:
    """Once it was pressed, Ansible prints no more than that it was interrupted."""
    play = tmp_path / "play.json"
    play.write_text(json.dumps(upload_play(photos(4, 2))))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local", str(play)]
    command += ["-e", f"ansible_python_interpreter={TARGET_PYTHON}"]
    outputs = {}
    for name, words in (("terminal", ["script", "-qec", shlex.join(command), "/dev/null"]), ("log", command)):
        environment = playbook.environment(server) | {"JSON_LINES": str(tmp_path / name)}
        outputs[name] = subprocess.run(words, env=environment, capture_output=True, check=True, text=True, stdin=subprocess.DEVNULL).stdout
    assert "[localhost] Ctrl-C" in outputs["terminal"]
    assert "Ctrl-C" not in outputs["log"]
