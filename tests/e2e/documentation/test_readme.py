# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the README, and of the guides that go on from it, do what these say they do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.exports.library import made_up
from support.exports.takeout import Style, takeout
from support.photos.jpegs import write_photos
from support.playbooks.playbook import REPOSITORY, Playbook, Run, local_host
from support.playbooks.readme import examples
from support.playbooks.role import sentences

README = REPOSITORY / "README.md"
GUIDES = REPOSITORY / "docs/docsite/rst"
EXAMPLES = examples(README) | examples(GUIDES / "guide_upload.rst") | {"pause": examples(GUIDES / "guide_pause.rst")["pause"]}

Example = Callable[[str], Run]


@pytest.fixture
def example(server: Emulator, photos: Callable[..., Path], playbook: Playbook, tmp_path: Path) -> Example:
    """Runs an example of the README on a folder of four photos in two folders, which stands for its /volume1/photo."""
    folder = photos(4, 2)

    def run(name: str) -> Run:
        text = EXAMPLES[name].replace("/volume1/photo", str(folder)).replace("/var/tmp", str(tmp_path)).replace("/volume1", str(tmp_path))
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


def test_scopes_named_in_readme_are_enough(playbook: Playbook, server: Emulator, photos: Callable[..., Path]) -> None:
    steps = re.findall(r"(?ms)^\d\. (As .+?)(?=^\d\. |\n\n)", README.read_text(encoding="utf-8"))
    of_user, of_administrator = (re.findall(r"`([a-zA-Z]+\.[a-z]+)`", step) for step in steps)
    keys = {
        "immich_api_key": server.make_key(permissions=of_user),
        "immich_admin_api_key": server.make_key("admin", of_administrator),
    }
    text = EXAMPLES["first"].replace("/volume1/photo", str(photos(4, 2)))
    run = playbook.run(text, server=server, hosts={"nas": local_host()}, variables=keys).ok()
    assert len(names(server)) == 4
    assert "jobs run again" in sentences(run)
    assert "[WARNING]" not in run.output


def test_an_export_goes_in_whole(server: Emulator, playbook: Playbook, tmp_path: Path) -> None:
    takeout(made_up(), Style(form="zip")).write(tmp_path)
    text = EXAMPLES["takeout"].replace("/volume1/takeout", str(tmp_path))
    run = playbook.run(text, server=server, hosts={"nas": local_host()}).ok()
    assert "Google Takeout, 3 parts: 169 pictures, 8 live photos, 12 albums; " in sentences(run)
    assert len(server.state()["albums"]) == 12


def test_folders_become_albums_and_files_get_their_tags(example: Example, server: Emulator) -> None:
    example("albums")
    server.wait_idle()
    assert sorted((asset["albums"], sorted(asset["tags"])) for asset in server.state()["assets"]) == [
        ([album], ["Family", "Trip/Rome"]) for album in ("Trip 01", "Trip 01", "Trip 02", "Trip 02")
    ]


def test_the_role_leaves_the_result(example: Example, photos: Callable[..., Path]) -> None:
    folder = photos()
    (folder / "IMG_90000.jpg").write_bytes((folder / "Trip 01" / "IMG_00000.jpg").read_bytes())
    assert example("result").task("Say what came in").result["msg"] == "1 new photos, 0 were there already"


def test_the_module_alone_touches_no_queue(example: Example, server: Emulator) -> None:
    example("module")
    assert len(names(server)) == 4
    assert not [request for request in server.requests() if request["path"].startswith(("/jobs", "/queues"))]


def test_module_example_reports_exhausted_quota(example: Example, server: Emulator, photos: Callable[..., Path]) -> None:
    size = min(path.stat().st_size for path in photos(4, 2).rglob("*.jpg"))
    server.set_quota(size + 200)
    said = example("module").task("Say that the disk quota is used up").result["msg"]
    assert said.startswith(f"{len(names(server))} files went up ")
    assert len(names(server)) < 4


def test_the_module_alone_fails_for_any_other_reason(example: Example, server: Emulator, photos: Callable[..., Path]) -> None:
    (photos(4, 2) / "empty.jpg").touch()
    with pytest.raises(AssertionError, match="The file is empty"):
        example("module")


def test_the_module_alone_pauses_and_resumes(example: Example, server: Emulator) -> None:
    result = example("module-with-pause").task("Upload with background jobs paused").result
    assert len(names(server)) == 4
    assert result["resume"]["resumed"] == result["pause"]["paused"] != []
    assert server.paused() == set()


def test_the_report_becomes_a_page(example: Example, playbook: Playbook, tmp_path: Path) -> None:
    example("report")
    (command,) = re.findall(r"^\$ ansible-playbook (photoyard\.immich\.report .*)$", README.read_text(), re.MULTILINE)
    name, _inventory, _nas, *variables = command.replace("/var/tmp", str(tmp_path)).split()
    hosts = {"nas": local_host()}
    run = playbook.run(Path(name), *variables, hosts=hosts, variables={"immich_report_dest": str(tmp_path / "pages")}).ok()
    page = Path(run.task("Show the path of the page").result["msg"])
    assert page.name == "nas.html"
    assert "4 new" in page.read_text()


def test_readme_pictures_exist_and_are_small() -> None:
    """Galaxy shows no picture with a relative address."""
    address = r"^!\[.*\]\(https://raw\.githubusercontent\.com/photoyard/immich/main/([^)]*)\)$"
    pictures = re.findall(address, README.read_text(), re.MULTILINE)
    assert len(pictures) == README.read_text().count("![") == 3
    for picture in pictures:
        assert 0 < (REPOSITORY / picture).stat().st_size < 150_000


def test_readme_example_pauses_two_queues(example: Example, server: Emulator) -> None:
    run = example("pause")
    assert run.task("Pause, and wait for what runs").result["paused"] == ["smartSearch", "faceDetection"]
    assert server.paused() == {"smartSearch", "faceDetection"}


def test_readme_example_uploads_chosen_files(example: Example, server: Emulator, photos: Callable[..., Path], tmp_path: Path) -> None:
    write_photos(tmp_path / "phones" / "anna" / "DCIM", 1, first=90)
    (photos(4, 2) / "drawing.png").write_bytes(b"\x89PNG")
    example("which")
    assert len(names(server)) == 5


def test_server_is_declared_once(server: Emulator, playbook: Playbook) -> None:
    given: dict[str, Any] = {"hosts": {"nas": local_host()}, "variables": {"vault_immich_user_anna_example_com_password": "password-1"}}
    playbook.run(EXAMPLES["server"], server=server, **given).ok()
    state = server.state()
    assert "anna@example.com" in {user["email"] for user in state["users"]}
    assert [album["name"] for album in state["albums"]] == ["Family"]
    assert playbook.run(EXAMPLES["server"], server=server, **given).ok().changed == 0


def test_every_example_is_tested() -> None:
    assert set(EXAMPLES) == {"first", "takeout", "report", "albums", "which", "result", "module", "module-with-pause", "pause", "server"}
