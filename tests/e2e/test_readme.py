# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's examples do what it says they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.playbook import REPOSITORY, Playbook, Run, local_host
from support.readme import examples

EXAMPLES = examples(REPOSITORY / "README.md")

Example = Callable[[str], Run]


@pytest.fixture
def example(server: Emulator, photos: Callable[..., Path], playbook: Playbook) -> Example:
    """Runs an example of the README on a folder of four photos in two folders, which stands for its /volume1/photo."""
    folder = photos(4, 2)

    def run(name: str) -> Run:
        text = EXAMPLES[name].replace("/volume1/photo", str(folder))
        return playbook.run(text, server=server, hosts={"nas": local_host(), "localhost": local_host()}).ok()

    return run


def names(server: Emulator) -> list[str]:
    return sorted(asset["name"] for asset in server.state()["assets"])


def test_the_first_playbook_uploads_and_makes_an_album_a_folder(example: Example, server: Emulator) -> None:
    example("first")
    assert names(server) == [f"IMG_0000{number}.jpg" for number in range(4)]
    assert {album["name"]: len(album["assets"]) for album in server.state()["albums"]} == {"Trip 01": 2, "Trip 02": 2}
    assert server.paused() == set()
    assert example("first").changed == 0


def test_the_photos_of_localhost_get_their_tags(example: Example, server: Emulator) -> None:
    example("tags")
    assert [(asset["albums"], sorted(asset["tags"])) for asset in server.state()["assets"]] == [
        (["Summer 2025"], ["family", "holiday/2025"])
    ] * 4


def test_the_role_leaves_the_result(example: Example, photos: Callable[..., Path]) -> None:
    folder = photos()
    (folder / "IMG_90000.jpg").write_bytes((folder / "Trip 01" / "IMG_00000.jpg").read_bytes())
    assert example("result").task("Say what came in").result["msg"] == "1 new photos, 0 were there already"


def test_the_module_alone_touches_no_queue(example: Example, server: Emulator) -> None:
    example("module")
    assert len(names(server)) == 4
    assert not [request for request in server.requests() if request["path"].startswith(("/jobs", "/queues"))]


def test_a_pause_by_hand(example: Example, server: Emulator) -> None:
    run = example("jobs")
    assert run.task("Pause machine learning").result["paused"] == ["smartSearch", "faceDetection"]
    assert server.paused() == set()


def test_every_example_is_tested() -> None:
    assert set(EXAMPLES) == {"first", "tags", "result", "module", "jobs"}
