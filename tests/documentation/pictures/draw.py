# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make pictures`: makes the documentation's pictures anew, of real runs in a terminal and of a report's page, with Debian's chromium.

What the pictures show is kept as text beside this file, from which tests know whether they are still current.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from ansible_collections.selfhosted.immich.plugins.filter.report_html import report_html
from documentation.blocks import DOCSITE, in_page
from documentation.pictures import declared, report
from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photo
from support.playbooks.playbook import Playbook as Runs
from support.playbooks.playbook import local_host

IMAGES = DOCSITE / "images"
TRANSCRIPT = Path(__file__).with_name("terminal.txt")
DIGEST = Path(__file__).with_name("report.sha256")
COLUMNS = 96
COMMAND = "ansible-playbook -i nas, photos.yml"
DIFFERENCE = "ansible-playbook -i inventory.yml selfhosted.immich.server --check --diff"
COLOURS = {
    "0;31": "#ff7b72",
    "0;32": "#7ee787",
    "0;33": "#e3b341",
    "0;34": "#79c0ff",
    "0;36": "#76e3ea",
    "1;35": "#d2a8ff",
    "1;30": "#8b949e",
}
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #0d1117; }}
pre {{ box-sizing: border-box; color: #e6edf3; font: 14px/1.45 "DejaVu Sans Mono", monospace; margin: 0; padding: 18px 20px;
  width: 100%; white-space: pre-wrap; }}
</style><pre>{text}</pre>"""


def photos(folder: Path) -> None:
    """Three folders of photos that look like some to a bandwidth limit."""
    for number in range(180):
        write_photo(folder / ("Lisbon", "Norway", "Garden")[number % 3] / f"IMG_{number:05}.jpg", number, pixels=(1200, 800), texture=True)


def playbook(folder: Path) -> str:
    """The first playbook of the start page, for photos in another folder."""
    (block,) = [block for block in in_page(DOCSITE / "start.rst") if block.language == "yaml"]
    return block.text.replace("/volume1/photo", str(folder))


def in_terminal(arguments: list[str], environment: dict[str, str], folder: Path) -> str:
    """What a command prints in a terminal, colours included."""
    ours, theirs = pty.openpty()
    window = {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "ANSIBLE_FORCE_COLOR": "1"}
    done = subprocess.Popen(arguments, cwd=folder, env=environment | window, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    found = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # the other end is closed
            read = b""
        if not read:
            break
        found += read
    os.close(ours)
    assert done.wait() == 0, found.decode()
    return found.decode().replace("\r", "")


def upload(work: Path) -> str:
    """The transcript of an upload of the start page's playbook."""
    photos(work / "photo")
    (work / "photos.yml").write_text(playbook(work / "photo").rstrip() + "\n        immich_upload_bandwidth_limit: 2300K\n")
    (work / "hosts.yml").write_text(f"all: {{hosts: {{nas: {local_host()!r}}}}}")
    runs = Runs(work / "home")
    runs.home.mkdir()
    with Emulator(version="3.1") as server:
        server.pause("smartSearch")
        kept = runs.environment(server).items()
        environment = {name: value for name, value in kept if name not in ("ANSIBLE_NOCOLOR", "ANSIBLE_CALLBACKS_ENABLED")}
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "photos.yml"]
        return in_terminal(command, environment, work)


def difference(work: Path) -> str:
    """What check mode shows of a server that differs from its repository."""
    runs = Runs(work / "home of the difference")
    runs.home.mkdir()
    with Emulator(version="3.1") as server:
        declared.make(server)
        hosts = {"photos": {**local_host(), "immich_url": server.url, "immich_admin_api_key": server.admin_api_key}}
        (work / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts, "vars": declared.VARIABLES}}))
        kept = runs.environment(server).items()
        environment = {name: value for name, value in kept if name not in ("ANSIBLE_NOCOLOR", "ANSIBLE_CALLBACKS_ENABLED")}
        command = [str(Path(sys.executable).with_name("ansible-playbook")), *DIFFERENCE.split()[1:]]
        printed = in_terminal(command, environment, work).replace(server.url, "https://photos.example.com")
    begin, end = (printed.index(f"\nTASK [selfhosted.immich.immich_server : {task}") for task in ("Make the server", "Fail on"))
    return printed[begin:end]


def coloured(text: str) -> str:
    """A terminal's text as HTML."""
    parts = re.split(r"\x1b\[([\d;]*)m", html.escape(text))
    found = parts[0]
    for code, part in zip(parts[1::2], parts[2::2], strict=True):
        found += f'<span style="color: {COLOURS[code]}">{part}</span>' if code in COLOURS else part
    return found


def plain(text: str) -> str:
    """A terminal's text without its colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def page() -> str:
    """The report's page."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    return report_html(report.lines(), title="Immich upload on nas")


def digest() -> str:
    """What tells one page from another."""
    return hashlib.sha256(page().encode()).hexdigest()


def photograph(content: str, name: str, width: int, height: int | None) -> None:
    """A picture of a page, as high as said or as what is on it."""
    with tempfile.TemporaryDirectory() as work:
        file, taken = Path(work) / "page.html", Path(work) / "page.png"
        file.write_text(content, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={work}/profile", f"--screenshot={taken}"]
        window = f"--window-size={width},{height or 1000}"
        subprocess.run([chromium(), *options, window, file.as_uri()], check=True, capture_output=True)
        image = Image.open(taken).convert("RGB")
        if height is None:
            image = image.crop((0, 0, width, bottom(image)))
        image.quantize(128).save(IMAGES / name, optimize=True)


def bottom(image: Image.Image) -> int:
    """Where the last row ends that is not of one colour, and a margin."""
    rows = [row for row in range(image.height) if len(image.crop((0, row, image.width, row + 1)).getcolors() or "many") > 1]
    return min(image.height, max(rows, default=0) + 18)


def chromium() -> str:
    """The browser. Exits with a sentence where there is none."""
    return shutil.which("chromium") or sys.exit("The pictures need a browser: sudo apt-get install chromium")


def main() -> None:
    """Makes all pictures."""
    with tempfile.TemporaryDirectory(prefix="immich-pictures-") as work:
        for command, printed, text, picture in (
            (COMMAND, upload(Path(work)), TRANSCRIPT, "terminal.png"),
            (DIFFERENCE, difference(Path(work)), declared.TRANSCRIPT, "difference.png"),
        ):
            shown = printed.partition("PLAY RECAP")[0].strip("\n")
            photograph(TERMINAL.format(text=f"$ {command}\n\n{coloured(shown)}"), picture, 960, None)
            text.write_text(plain(shown) + "\n", encoding="utf-8")
    photograph(page(), "report.png", 1060, 1240)
    DIGEST.write_text(digest() + "\n")


if __name__ == "__main__":
    main()
