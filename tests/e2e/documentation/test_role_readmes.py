# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the roles' READMEs do what they say they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.exports.library import made_up
from support.exports.takeout import Style, takeout
from support.photos.libraries import Account
from support.playbooks.playbook import REPOSITORY, Playbook, Run, local_host
from support.playbooks.readme import examples
from support.playbooks.role import CHAIN, on_server, sentences, sums

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

UPLOAD = examples(REPOSITORY / "roles" / "immich_upload" / "README.md")
POLICY = examples(REPOSITORY / "roles" / "immich_policy" / "README.md")
ARCHIVE, COPY, HEAL = (examples(REPOSITORY / "roles" / f"immich_{name}" / "README.md") for name in ("archive", "copy", "heal"))

Example = Callable[..., Run]


@pytest.fixture
def example(server: Emulator, playbook: Playbook, tmp_path: Path) -> Example:
    """Runs an example with folders of this test's in place of the host's."""

    def run(text: str, src: Path = tmp_path / "photos") -> Run:
        here = text.replace("/volume1/photo", str(src)).replace("/tmp/immich-upload", str(tmp_path / "report"))
        here = here.replace("/run/backup.pid", str(tmp_path / "backup.pid")).replace("nas:laptops", "all")
        return playbook.run(here, server=server, hosts={"nas": local_host(), "laptop": local_host()}).ok()

    return run


def test_every_example_is_tested() -> None:
    assert (set(UPLOAD), set(POLICY)) == ({"first", "export", "own", "heal", "several", "coordinator"}, {"policy", "own"})
    assert (set(ARCHIVE), set(COPY), set(HEAL)) == ({"archive"}, {"copy"}, {"heal"})


@pytest.mark.parametrize("name", ["first", "own", "several", "coordinator"])
def test_uploads_bring_every_file_and_keep_pauses(example: Example, server: Emulator, photos: Callable[..., Path], name: str) -> None:
    src = photos(4, 2)
    server.pause("library")
    run = example(UPLOAD[name], src)
    assert on_server(server) == sums(src)
    assert server.paused() == {"library"}
    if name == "own":
        uploaded, owner, queues = run.task("Say how it went").result["msg"]
        assert uploaded.startswith("4 uploaded")
        assert "user@example.com" in owner
        assert "run again" in queues


def test_export_example_uploads_takeout(example: Example, server: Emulator, tmp_path: Path) -> None:
    takeout(made_up(), Style(form="zip")).write(tmp_path)
    example(UPLOAD["export"].replace("/volume1/takeout", str(tmp_path)))
    assert len(server.state()["albums"]) == 12
    assert (tmp_path / "report.jsonl").is_file()


@pytest.mark.parametrize("text", [UPLOAD["heal"], HEAL["heal"]], ids=["playbook", "role"])
def test_heal_examples_find_nothing_to_resume(example: Example, text: str) -> None:
    assert "nothing to resume" in sentences(example(text))


def test_an_archive_has_the_photo_and_says_so(example: Example, server: Emulator, tmp_path: Path) -> None:
    Account(server).upload("1.jpg")
    run = example(ARCHIVE["archive"].replace("/mnt/backup/photos", str(tmp_path / "archive")))
    assert ": 1 copied" in sentences(run)
    assert (tmp_path / "archive/2024/2024-06/1.jpg").is_file()


def test_copy_example_copies_selected_assets_only(example: Example, server: Emulator, emulator: Callable[..., Emulator]) -> None:
    old = emulator()
    account = Account(old)
    account.upload("1.jpg")
    account.upload("2.jpg", minutes=1)
    account.album("Wedding", "1.jpg")
    account.album("Summer 2025", "1.jpg")
    text = COPY["copy"].replace("https://old.example.com", f"{old.url}\n        immich_source_api_key: {old.api_key}")
    assert sentences(example(text)).startswith("1 copied")
    assert [asset["name"] for asset in server.state()["assets"]] == ["1.jpg"]


def test_policy_example_pauses_planned_queues(example: Example, server: Emulator) -> None:
    run = example(POLICY["policy"])
    wanted = run.task("Plan what to pause and resume", "nas").result["ansible_facts"]["immich_policy_plan"]["pause"]
    named = {queue for one in wanted for queue in one["queues"]}
    assert server.paused() == (set(CHAIN) if "upload" in named else named)


def test_policy_example_with_own_rule_pauses(example: Example, server: Emulator, tmp_path: Path) -> None:
    (tmp_path / "backup.pid").touch()
    example(POLICY["own"])
    assert server.paused() == set(CHAIN)
    (tmp_path / "backup.pid").unlink()
    example(POLICY["own"])
    assert server.paused() == set()
