# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the guide on duplicates: what is in the trash afterwards."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.photos.shots import Shot, ask, send_shots
from support.playbooks.playbook import REPOSITORY, Playbook, Run
from support.playbooks.readme import examples

GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_duplicates.rst")
COPIES = (Shot("IMG_1.JPG"), Shot("img_1.jpg"))
ALIKE = (Shot("IMG_2.JPG", 60), Shot("IMG_3.JPG", 62))

Example = Callable[[str], Run]


@pytest.fixture
def library(emulator: Callable[..., Emulator]) -> Emulator:
    """A server with a group of two copies, of which the second is a favourite, and one of two photos that look alike."""
    server = emulator(job_seconds=0.001)
    ids = send_shots(server, *COPIES, *ALIKE)
    for group in (COPIES, ALIKE):
        ask(server, "PUT", "/assets", json={"ids": [ids[shot.name] for shot in group], "duplicateId": str(uuid.uuid4())})
    ask(server, "PUT", f"/assets/{ids['img_1.jpg']}", json={"isFavorite": True})
    server.wait_idle()
    return server


@pytest.fixture
def example(playbook: Playbook, library: Emulator, tmp_path: Path) -> Example:
    """Runs an example as it is printed."""

    def run(name: str) -> Run:
        file = tmp_path / f"{name}.yml"
        file.write_text(GUIDE[name])
        return playbook.run(file, server=library).ok()

    return run


def in_trash(server: Emulator) -> list[str]:
    return sorted(asset["name"] for asset in server.state()["assets"] if asset["trashed"])


def test_every_example_is_tested() -> None:
    assert {name for name in GUIDE if name.startswith("duplicates-")} == {"duplicates-review", "duplicates-resolve", "duplicates-strict"}


def test_a_review_writes_a_page_and_changes_nothing(example: Example, library: Emulator, playbook: Playbook) -> None:
    run = example("duplicates-review")
    assert "2 of 4 photos would go to the trash, from 2 groups." in run.output
    (page,) = playbook.home.rglob("groups.html")
    assert "IMG_1.JPG" in page.read_text()
    assert in_trash(library) == []


def test_resolve_example_follows_reviewed_decisions(example: Example, library: Emulator, playbook: Playbook) -> None:
    example("duplicates-review")
    (lines,) = playbook.home.rglob("groups.jsonl")
    groups = [json.loads(line) for line in lines.read_text().splitlines()]
    for group in groups:  # by hand: of those that look alike, both stay
        if {"IMG_2.JPG", "IMG_3.JPG"} & {member["name"] for member in group.get("members", [])}:
            group["decision"] = "skip"
    lines.write_text("".join(json.dumps(group) + "\n" for group in groups))
    example("duplicates-resolve")
    assert in_trash(library) == ["IMG_1.JPG"]
    assert example("duplicates-resolve").changed == 0


def test_only_exact_copies_go_without_a_review(example: Example, library: Emulator) -> None:
    example("duplicates-strict")
    assert in_trash(library) == ["IMG_1.JPG"]
    assert example("duplicates-strict").changed == 0
