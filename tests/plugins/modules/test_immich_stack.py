# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from immich_emulator.testing import Emulator
from support.photos.shots import Shot, ask, send_shots, stacks_of
from support.playbooks.playbook import Playbook, Run

PAIR = (Shot("IMG_1.JPG"), Shot("IMG_1.DNG"))
BURST = tuple(Shot(f"DSC_{number}.JPG", 60.1 + number / 4) for number in range(3))


def stack(name: str, **options: Any) -> dict[str, Any]:
    """A task that stacks, with the server and the user's key from the environment."""
    return {"name": name, "photoyard.immich.immich_stack": options}


def run(home: Path, server: Emulator, *tasks: dict[str, Any], **options: Any) -> Run:
    """Runs tasks on this machine."""
    return Playbook(home).run([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}], server=server, **options)


def test_check_mode_a_run_and_another(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(job_seconds=0.001)
    ids = send_shots(server, *PAIR, *BURST)
    ask(server, "POST", "/stacks", json={"assetIds": [ids["DSC_2.JPG"], ids["DSC_1.JPG"]]})
    server.clear_requests()
    predicted = run(tmp_path, server, stack("Stack"), check=True, diff=True).ok().task("Stack")
    assert server.requests(writes=True) == []
    found = run(tmp_path, server, stack("Stack"), stack("Again"), diff=True).ok()
    done, again = found.task("Stack"), found.task("Again")
    assert stacks_of(server) == [["DSC_2.JPG", "DSC_0.JPG", "DSC_1.JPG"], ["IMG_1.JPG", "IMG_1.DNG"]]
    assert (predicted.status, done.status, again.status) == ("changed", "changed", "ok")
    assert predicted.result["counts"] == done.result["counts"]
    assert predicted.result["diff"] == done.result["diff"]
    assert done.result["diff"] == {
        "before": "burst: DSC_2.JPG, DSC_1.JPG\n",
        "after": "raw_jpeg: IMG_1.JPG, IMG_1.DNG\nburst: DSC_2.JPG, DSC_1.JPG, DSC_0.JPG\n",
    }
    assert [one["action"] for one in done.result["stacks"]] == ["created", "completed"]
    assert len(server.requests(writes=True)) == 2


def test_options_are_as_the_documentation_says(server: Emulator, tmp_path: Path) -> None:
    send_shots(server, *PAIR)
    found = run(
        tmp_path,
        server,
        stack("Raw", kinds=["raw_jpeg"], stack_cover={"raw_jpeg": "raw"}, taken_after="2024-06-01", taken_before="2024-06-01"),
        {**stack("Both", album="A", album_id="B"), "ignore_errors": True},
        {**stack("Wrong", stack_cover={"raw_jpeg": "heic"}), "ignore_errors": True},
        {**stack("Nowhere", album="A"), "ignore_errors": True},
    ).ok()
    assert stacks_of(server) == [["IMG_1.DNG", "IMG_1.JPG"]]
    assert "diff" not in found.task("Raw").result
    assert "album and album_id exclude each other." in found.task("Both").result["msg"]
    assert "value of raw_jpeg must be one of: jpeg, raw, got: heic" in found.task("Wrong").result["msg"]
    assert found.task("Nowhere").result["failure"]["kind"] == "not_found"


def test_stack_absent_undoes_state_present(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(job_seconds=0.001)
    scans = [Shot(f"{album} {number}.jpg", 600 + number / 4, dated=False) for album in ("Oma", "Opa") for number in range(4)]
    ids = send_shots(server, *PAIR, *BURST, *scans, Shot("Rome.jpg", 9000), Shot("Oslo.jpg", 9060))
    ask(server, "POST", "/stacks", json={"assetIds": [ids["Rome.jpg"], ids["Oslo.jpg"]]})
    run(tmp_path, server, stack("Stack")).ok()
    assert stacks_of(server) == [["DSC_0.JPG", "DSC_1.JPG", "DSC_2.JPG"], ["IMG_1.JPG", "IMG_1.DNG"], ["Rome.jpg", "Oslo.jpg"]]
    server.clear_requests()
    predicted = run(tmp_path, server, stack("Back", state="absent"), check=True, diff=True).ok().task("Back")
    assert server.requests(writes=True) == []
    found = run(tmp_path, server, stack("Back", state="absent"), stack("Again", state="absent"), diff=True).ok()
    done, again = found.task("Back"), found.task("Again")
    assert stacks_of(server) == [["Rome.jpg", "Oslo.jpg"]]
    assert (predicted.status, done.status, again.status) == ("changed", "changed", "ok")
    for key in ("counts", "stacks", "diff"):
        assert predicted.result[key] == done.result[key]
    assert done.result["diff"] == {"before": "raw_jpeg: IMG_1.JPG, IMG_1.DNG\nburst: DSC_0.JPG, DSC_1.JPG, DSC_2.JPG\n", "after": ""}
    assert [one["action"] for one in done.result["stacks"]] == ["removed", "removed"]
    assert again.result["counts"]["burst"]["left_alone"] == 0
