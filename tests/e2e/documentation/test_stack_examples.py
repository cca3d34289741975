# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the guide on stacks: which stacks there are afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.photos.shots import Shot, ask, send_shots, stacks_of
from support.playbooks.playbook import REPOSITORY, Playbook, Run
from support.playbooks.readme import examples

GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_duplicates.rst")
PAIR = (Shot("IMG_1.JPG"), Shot("IMG_1.DNG"))
BURST = tuple(Shot(f"DSC_{number}.JPG", 60.1 + number / 4) for number in range(3))
EDITED = (Shot("IMG_7.JPG", 900), Shot("IMG_7-edited.JPG", 900))
SAME_NAME = (Shot("IMG_9.JPG", 1200), Shot("IMG_9.DNG", 1800, model="Box 2"))
PAIR_STACK, BURST_STACK = ["IMG_1.JPG", "IMG_1.DNG"], ["DSC_0.JPG", "DSC_1.JPG", "DSC_2.JPG"]
ALL_STACKS = [BURST_STACK, PAIR_STACK, ["IMG_7-edited.JPG", "IMG_7.JPG"]]

Example = Callable[..., Run]


@pytest.fixture
def library(emulator: Callable[..., Emulator]) -> Emulator:
    """A server with a pair, a burst, an edited copy, and two photos that share nothing but a name."""
    server = emulator(job_seconds=0.001)
    ids = send_shots(server, *PAIR, *BURST, *EDITED, *SAME_NAME)
    ask(server, "POST", "/albums", json={"albumName": "Iceland", "assetIds": [ids[shot.name] for shot in PAIR]})
    return server


@pytest.fixture
def example(playbook: Playbook, library: Emulator, tmp_path: Path) -> Example:
    """Runs an example as it is printed."""

    def run(name: str, *, check: bool = False) -> Run:
        file = tmp_path / f"{name}.yml"
        file.write_text(GUIDE[name])
        return playbook.run(file, server=library, check=check, diff=check).ok()

    return run


def test_every_example_is_tested() -> None:
    assert {name for name in GUIDE if not name.startswith("duplicates-")} == {"stack", "cover", "back"}


def test_stack_example_stacks_as_check_mode_predicted(example: Example, library: Emulator) -> None:
    looked = example("stack", check=True)
    assert stacks_of(library) == []
    assert "+raw_jpeg: IMG_1.JPG, IMG_1.DNG" in looked.stdout
    example("stack")
    assert stacks_of(library) == ALL_STACKS
    assert example("stack").changed == 0


def test_the_cover_of_an_album_is_raw(example: Example, library: Emulator) -> None:
    example("stack")
    example("cover")
    assert stacks_of(library) == [BURST_STACK, PAIR_STACK[::-1], ALL_STACKS[2]]


def test_the_way_back_takes_only_bursts_apart(example: Example, library: Emulator) -> None:
    example("stack")
    example("back")
    assert stacks_of(library) == ALL_STACKS[1:]
