# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real runs that the pictures of a terminal show."""

from __future__ import annotations

import html
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from documentation.blocks import DOCSITE, in_page
from immich_emulator.testing import Emulator
from pictures import declared
from support.exports.library import made_up
from support.exports.takeout import Style, takeout
from support.photos.jpegs import write_photo
from support.playbooks.playbook import Playbook as Runs
from support.playbooks.playbook import local_host
from support.playbooks.readme import examples

HERE = Path(__file__).parent
GUIDE = examples(DOCSITE / "rst" / "guide_eda.rst")
PROGRAMS = Path(sys.executable).parent
COLUMNS = 96
UPLOAD = "ansible-playbook -i nas, photos.yml"
DIFFERENCE = "ansible-playbook -i inventory.yml photoyard.immich.server --check --diff"
RULEBOOK = "ansible-rulebook -r photoyard.immich.upload_when_quiet -i inventory.yml --vars vars.yml --print-events"
TRANSCRIPT, EVENTS, TAKEOUT = (HERE / f"{name}.txt" for name in ("terminal", "rulebook", "takeout"))
"""What the pictures of an upload, of a rulebook and of an export's report show, as text."""


def photos(folder: Path) -> None:
    """Three folders of photos that look like some to a bandwidth limit."""
    for number in range(180):
        write_photo(folder / ("Lisbon", "Norway", "Garden")[number % 3] / f"IMG_{number:05}.jpg", number, pixels=(1200, 800), texture=True)


def playbook(folder: Path) -> str:
    """The first playbook of the start page, for photos in another folder."""
    (block,) = [block for block in in_page(DOCSITE / "start.rst") if block.language == "yaml"]
    return block.text.replace("/volume1/photo", str(folder))


def in_terminal(arguments: list[str], environment: dict[str, str], folder: Path, until: str = "") -> str:
    """What a command prints in a terminal, colours included. One that runs for ever is ended when it has printed `until`."""
    ours, theirs = pty.openpty()
    window = {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "ANSIBLE_FORCE_COLOR": "1"}
    command = [str(PROGRAMS / arguments[0]), *arguments[1:]]
    done = subprocess.Popen(command, cwd=folder, env=environment | window, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    found = b""
    ended = False
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # the other end is closed
            read = b""
        if not read:
            break
        found += read
        if until and until.encode() in found:
            done.send_signal(signal.SIGINT)
            until = ""
            ended = True
    os.close(ours)
    assert done.wait() == 0 or ended, found.decode()
    return found.decode().replace("\r", "")


def environment(server: Emulator, home: Path) -> dict[str, str]:
    """That of a run whose output is Ansible's own."""
    runs = Runs(home)
    runs.home.mkdir()
    kept = runs.environment(server).items()
    return {name: value for name, value in kept if name not in ("ANSIBLE_NOCOLOR", "ANSIBLE_CALLBACKS_ENABLED")}


def upload(work: Path) -> str:
    """The transcript of an upload of the start page's playbook."""
    photos(work / "photo")
    (work / "photos.yml").write_text(playbook(work / "photo").rstrip() + "\n        immich_upload_bandwidth_limit: 2300K\n")
    (work / "hosts.yml").write_text(f"all: {{hosts: {{nas: {local_host()!r}}}}}")
    with Emulator(version="3.1") as server:
        server.pause("smartSearch")
        printed = in_terminal(["ansible-playbook", "-i", "hosts.yml", "photos.yml"], environment(server, work / "home"), work)
    return printed.partition("PLAY RECAP")[0]


def difference(work: Path) -> str:
    """What check mode shows of a server that differs from its repository."""
    with Emulator(version="3.1") as server:
        declared.make(server)
        hosts = {"photos": {**local_host(), "immich_url": server.url, "immich_admin_api_key": server.admin_api_key}}
        (work / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts, "vars": declared.VARIABLES}}))
        printed = in_terminal(DIFFERENCE.split(), environment(server, work / "home of the difference"), work)
    begin, end = (printed.index(f"\nTASK [photoyard.immich.immich_server : {task}") for task in ("Make the server", "Fail on"))
    return printed[begin:end].replace(server.url, "https://photos.example.com")


def rulebook(work: Path) -> str:
    """What a rulebook prints when photos arrive in a folder: the event, and the upload that it starts."""
    folder = work / "rulebook"
    photos(folder / "incoming")
    (folder / "inventory.yml").write_text(GUIDE["inventory"])
    (folder / "vars.yml").write_text(f"immich_folder: {folder}/incoming\nimmich_folder_quiet: 2\nimmich_folder_delay: 1\n")
    with Emulator(version="3.1") as server:
        variables = environment(server, work / "home of the rulebook") | {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }
        printed = in_terminal(RULEBOOK.split(), variables, folder, until="PLAY RECAP")
    shown = printed.partition("PLAY RECAP")[0].replace(f"{folder}/incoming", "/volume1/photo/incoming")
    return shown[shown.rindex("\n** ", 0, shown.index("[received event]")) :]


def takeout_report(work: Path) -> list[dict[str, Any]]:
    """The report of an upload of an export from Google Photos."""
    folder = work / "takeout"
    folder.mkdir()
    takeout(made_up(), Style(form="zip")).write(folder)
    (block,) = [block for block in in_page(DOCSITE / "rst" / "guide_exports.rst") if block.text.startswith("# takeout.yml")]
    runs = Runs(work / "home of the export")
    with Emulator(version="3.1") as server:
        runs.run(block.text.replace("/volume1/takeout", str(folder)), server=server, hosts={"nas": local_host()}).ok()
        return written(folder, server)


def written(folder: Path, server: Emulator) -> list[dict[str, Any]]:
    """The report in a folder, as if the folder and the server were those of the guide."""
    lines = (folder / "report.jsonl").read_text(encoding="utf-8")
    shown = lines.replace(server.url, "https://photos.example.com").replace(str(folder), "/volume1/takeout")
    return [json.loads(line) for line in shown.splitlines()]


def visible(page: str) -> str:
    """What the picture of an export's report says, without numbers and times."""
    shown = page.partition("Background jobs")[0]
    text = re.sub(r"<(style|script|svg|title)\b.*?</\1>|</summary>.*?</details>|<[^>]+>", "\n", shown, flags=re.DOTALL)
    lines = [html.unescape(line).strip() for line in text.splitlines()]
    kept = [re.sub(r"\d[\d.,]*( ([kM]?B|m?s)\b(/s)?)?", "#", line) for line in lines if line and "UTC" not in line]
    return "\n".join(kept) + "\n"


def plain(text: str) -> str:
    """A terminal's text without its colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)
