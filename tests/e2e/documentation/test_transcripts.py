# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who follows the documentation sees what it shows: the tutorial from its first command to its last, what is said of exports, what jq finds
in a report, and the pictures of a terminal and of an export's report."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.photoyard.immich.plugins.filter.report_html import report_html
from documentation.blocks import DOCSITE, commands, in_page, words
from pictures import terminals
from support.exports.icloud import icloud, on_a_phone
from support.exports.library import made_up
from support.exports.picasa import picasa
from support.exports.takeout import Style, takeout
from support.photos.jpegs import write_photo
from support.playbooks.playbook import Playbook, local_host
from support.playbooks.role import sentences

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

TUTORIAL = DOCSITE / "rst" / "tutorial.rst"
COUNTS = (
    "uploaded",
    "duplicates",
    "restored",
    "deleted_local",
    "moved_local",
    "in_trash",
    "skipped",
    "failed",
    "missing_paths",
    "albums_created",
    "albums_added_to",
    "tags_given",
)


def same(text: str) -> str:
    """A line without what differs from run to run: how long it took, how fast it was, and whose the photos are."""
    text = re.sub(r"\w+ \(\w+@example\.com\)", "…", text)
    return re.sub(r"[\d.,]+ (s|B|kB|MB)\b(/s)?", r"… \1\2", text).strip()


def test_tutorial_prints_shown_output(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    anna = tmp_path / "anna"
    for number in range(12):
        write_photo(anna / "Pictures" / ("Norway", "Rome", "Garden")[number % 3] / f"IMG_{number:04}.jpg", number)
    playbook.home.mkdir()
    environment = playbook.environment(server) | {"PWD": str(anna), "ANSIBLE_INVENTORY": "/dev/null"}
    ran = 0
    for block in in_page(TUTORIAL):
        if block.language == "yaml" and block.text.startswith("- hosts"):
            (anna / "photos.yml").write_text(block.text.replace("/home/anna", str(anna)))
        for command, shown in commands(block) if block.language == "console" else []:
            program, *arguments = words(command.replace("/home/anna", str(anna)))
            if program == "ansible-playbook":
                ran += 1
                run = [str(Path(sys.executable).with_name(program)), *arguments]
                done = subprocess.run(run, cwd=anna, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stdout + done.stderr
                lines = [same(line) for line in done.stdout.splitlines()]
                for line in shown:
                    assert line.strip() in ("", "…") or same(line) in lines
    assert ran == 5
    assert (anna / "immich-report" / "localhost.html").is_file()
    assert server.paused() == set()


def shown(*, google: bool) -> list[str]:
    """The lines of output that the guide to exports shows, of Google's or of the others', but for those that Ansible prints of any task."""
    page = DOCSITE / "rst" / "guide_exports.rst"
    others = page.read_text(encoding="utf-8").partition("\niCloud Photos\n----")[0].count("\n")
    found = [block for block in in_page(page) if block.language == "text" and (block.line <= others) == google]
    assert found
    lines: list[str] = []
    for line in (line for block in found for line in block.text.splitlines() if line.strip()):
        if lines and lines[-1].lstrip().startswith('"') and not lines[-1].endswith(('"', '",', "[")):
            lines[-1] += " " + line.strip()  # of a sentence that is longer than the page is wide
        else:
            lines.append(line)
    return [same(line) for line in lines if not re.match(r"TASK|ok:|changed:|}", line)]


def test_an_export_of_google_photos(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    takeout(made_up(), Style(form="zip")).write(tmp_path)
    src = f"{tmp_path}/takeout-*.zip"
    role = {"role": "photoyard.immich.immich_upload", "immich_upload_src": src, "immich_upload_report": f"{tmp_path}/report.jsonl"}
    play = [{"hosts": "nas", "gather_facts": False, "roles": [role]}]
    printed = "".join(playbook.run(play, server=server, hosts={"nas": local_host()}, check=check).ok().stdout for check in (True, False))
    page = report_html(terminals.written(tmp_path, server), title="Immich upload on nas")
    assert terminals.visible(page) == terminals.TAKEOUT.read_text(encoding="utf-8")
    next(tmp_path.glob("takeout-*-002.zip")).unlink()
    lacking = playbook.run(play, server=server, hosts={"nas": local_host()}, check=True).ok()
    sentence = re.search(r"\S+ files without JSON wait, .*", sentences(lacking))
    assert sentence is not None
    printed += "\n" + sentence[0].partition(" Background")[0]
    assert set(shown(google=True)) <= {same(line) for line in printed.splitlines()}


def test_exports_of_icloud_and_picasa(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    printed = ""
    for name, export in (("icloud", icloud(on_a_phone())), ("picasa", picasa())):
        (tmp_path / name).mkdir()
        src = [str(path) for path in export.write(tmp_path / name)]
        play = [{"hosts": "nas", "gather_facts": False, "roles": [{"role": "photoyard.immich.immich_upload", "immich_upload_src": src}]}]
        printed += playbook.run(play, server=server, hosts={"nas": local_host()}, check=True).ok().stdout
    assert set(shown(google=False)) <= {same(line) for line in printed.splitlines()}


def test_jq_commands_print_failed_files_of_report(
    playbook: Playbook, server: Emulator, photos: Callable[..., Path], tmp_path: Path
) -> None:
    report = tmp_path / "report.jsonl"
    (photos(2) / "empty.jpg").touch()
    role = {"role": "photoyard.immich.immich_upload", "immich_upload_src": str(photos(2)), "immich_upload_report": str(report)}
    playbook.run([{"hosts": "nas", "gather_facts": False, "roles": [role]}], server=server, hosts={"nas": local_host()})
    found = {}
    for guide in ("guide_exports", "reports"):
        for block in in_page(DOCSITE / "rst" / f"{guide}.rst"):
            for command, _printed in commands(block):
                if "jq" in command:
                    line = re.sub(r"\S*/\S+\.jsonl", shlex.quote(str(report)), command)
                    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
                    found[command.partition("(")[2][:20]] = done.stdout
    assert found == {
        '.action == "unused")': "",
        '.action == "failed")': f"{photos(2)}/empty.jpg: The file is empty.\n",
        '.kind == "run" and .': json.dumps({**dict.fromkeys(COUNTS, 0), "uploaded": 2, "failed": 1}, indent=2) + "\n",
    }


def kinds_of_lines(text: str) -> list[str]:
    """The lines of a transcript with `#` for each number, without lines of progress."""
    lines = [line for line in text.splitlines() if not re.match(r"\[nas\] (?!.* files in )", line)]
    return [re.sub(r"[\d.,]+( [kM]?B)?", "#", line.rstrip()) for line in lines]


def test_the_picture_of_a_terminal_is_current(playbook: Playbook, server: Emulator, photos: Callable[..., Path], tmp_path: Path) -> None:
    server.pause("smartSearch")
    file = tmp_path / "photos.yml"
    file.write_text(terminals.playbook(photos(3, 3)))
    run = playbook.run(file, server=server, hosts={"nas": local_host()}).ok()
    now = run.stdout.partition("PLAY RECAP")[0].strip("\n")
    assert kinds_of_lines(now) == kinds_of_lines(terminals.TRANSCRIPT.read_text(encoding="utf-8"))
