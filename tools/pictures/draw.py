# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make pictures`: makes the documentation's pictures anew, of real runs in a terminal and of a report's page, with Debian's chromium,
and draws the steps of roles.

What the pictures show is kept as text beside this file, from which tests know whether they are still current.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from ansible_collections.photoyard.immich.plugins.filter.report_html import report_html
from documentation.blocks import DOCSITE
from documentation.drawings import steps
from pictures import declared, report, survey, terminals
from support.playbooks.playbook import REPOSITORY

IMAGES = DOCSITE / "images"
DIGEST = Path(__file__).with_name("report.sha256")
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


def coloured(text: str) -> str:
    """A terminal's text as HTML."""
    parts = re.split(r"\x1b\[([\d;]*)m", html.escape(text))
    found = parts[0]
    for code, part in zip(parts[1::2], parts[2::2], strict=True):
        found += f'<span style="color: {COLOURS[code]}">{part}</span>' if code in COLOURS else part
    return found


def page() -> str:
    """The report's page."""
    use_utc()
    return report_html(report.lines(), title="Immich upload on nas")


def use_utc() -> None:
    """Lets pages show times in UTC."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def digest() -> str:
    """What tells one page from another."""
    return hashlib.sha256(page().encode()).hexdigest()


def photograph_terminal(command: str, printed: str, name: str) -> None:
    """Two pictures of a terminal, `NAME.png` and, for a telephone, `NAME-narrow.png`, where lines wrap."""
    text = f"$ {command}\n\n{coloured(printed)}"
    photograph(TERMINAL.format(text=text), f"{name}.png", 960, None)
    # In a narrow terminal, Ansible prints three asterisks after the name of a task.
    photograph(TERMINAL.format(text=re.sub(r"\*{4,}", "***", text)), f"{name}-narrow.png", 400, None, scale=2)


def photograph(content: str, name: str, width: int, height: int | None, scale: int = 1) -> None:
    """A picture of a page, as high as said or as what is on it, with `scale` dots for each pixel of its width and height."""
    with tempfile.TemporaryDirectory() as work:
        file, taken = Path(work) / "page.html", Path(work) / "page.png"
        file.write_text(content, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={work}/profile", f"--screenshot={taken}"]
        window = [f"--window-size={width},{height or 2400}", f"--force-device-scale-factor={scale}"]
        subprocess.run([chromium(), *options, *window, file.as_uri()], check=True, capture_output=True)
        image = Image.open(taken).convert("RGB")
        if height is None:
            image = image.crop((0, 0, image.width, bottom(image)))
        image.quantize(128 // scale**2).save(IMAGES / name, optimize=True)


def bottom(image: Image.Image) -> int:
    """Where the last row ends that is not of one colour, and a margin."""
    rows = [row for row in range(image.height) if len(image.crop((0, row, image.width, row + 1)).getcolors() or "many") > 1]
    return min(image.height, max(rows, default=0) + 18)


def chromium() -> str:
    """The browser. Exits with a sentence where there is none."""
    return shutil.which("chromium") or sys.exit("The pictures need a browser: sudo apt-get install chromium")


def main() -> None:
    """Makes all pictures."""
    for name, (title, boxes) in steps.DRAWINGS.items():
        (IMAGES / name).write_text(steps.draw(title, boxes), encoding="utf-8")
    subprocess.run([REPOSITORY / "tools/checks/awx_collection.sh"], check=True, stdin=subprocess.DEVNULL)
    use_utc()
    with tempfile.TemporaryDirectory(prefix="immich-pictures-") as folder:
        work = Path(folder)
        for command, printed, text, picture in (
            (terminals.UPLOAD, terminals.upload(work), terminals.TRANSCRIPT, "terminal"),
            (terminals.DIFFERENCE, terminals.difference(work), declared.TRANSCRIPT, "difference"),
            (terminals.RULEBOOK, terminals.rulebook(work), terminals.EVENTS, "rulebook"),
        ):
            shown = printed.strip("\n")
            photograph_terminal(command, shown, picture)
            text.write_text(terminals.plain(shown) + "\n", encoding="utf-8")
        of_export = report_html(terminals.takeout_report(work), title="Immich upload on nas")
        asked = survey.questions(survey.collections(), work)
    photograph(of_export, "takeout.png", 1060, 1084)
    terminals.TAKEOUT.write_text(terminals.visible(of_export), encoding="utf-8")
    photograph(survey.page(asked), "survey.png", 900, None)
    survey.TRANSCRIPT.write_text(survey.lines(asked), encoding="utf-8")
    photograph(page(), "report.png", 1060, 1240)
    DIGEST.write_text(digest() + "\n")


if __name__ == "__main__":
    main()
