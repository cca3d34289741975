# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at each page of the built site in a browser, on a telephone and a screen, light and dark: whether it scrolls sideways, a heading,
a key's scope or a command is cut, and all text can be told from what is behind it. Exits with 1 and says what is wrong.

`python -m documentation.look SITE [PAGE...]` looks at a few pages only.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
GIVE_UP_AFTER = 600.0  # seconds
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
SCRIPT = Path(__file__).with_name("look.js")
PAGE = """<!doctype html><meta charset="utf-8"><style>body {{ margin: 0; }} iframe {{ border: 0; height: 900px; }}</style>
<iframe></iframe><script>const pages = {pages}, widths = {widths}, schemes = {schemes};</script><script>{script}</script>"""


class Handler(SimpleHTTPRequestHandler):
    """Serves the site, at `/look` the page that loads all others, and takes what that found."""

    def __init__(self, *given: Any, page: str, answers: queue.Queue[list[str]], **named: Any) -> None:
        self.page, self.answers = page, answers
        super().__init__(*given, **named)

    def do_GET(self) -> None:
        if self.path != "/look":
            super().do_GET()
            return
        body = self.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        found = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.answers.put(found)

    def log_message(self, format: str, *args: Any) -> None:
        """A line for each file would hide what is wrong."""


def browser() -> str | None:
    """The first of the browsers that is there."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def opened(program: str, address: str) -> Iterator[None]:
    """The browser with a page, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="immich-look-", ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", f"--user-data-dir={profile}"]
        command = [program, *options, "--window-size=1400,1000", address]
        nothing = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing)
        try:
            yield
        finally:
            process.kill()
            process.wait()


def look(program: str, site: Path, pages: list[str]) -> list[str]:
    """A sentence for each thing that is wrong. Raises `queue.Empty` if the browser does not answer."""
    answers: queue.Queue[list[str]] = queue.Queue()
    texts = {name: json.dumps(value) for name, value in (("pages", pages), ("widths", WIDTHS), ("schemes", SCHEMES))}
    page = PAGE.format(**texts, script=SCRIPT.read_text(encoding="utf-8"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site), page=page, answers=answers))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with opened(program, f"http://127.0.0.1:{server.server_port}/look"):
            return answers.get(timeout=GIVE_UP_AFTER)
    finally:
        server.shutdown()
        server.server_close()


def main(site: Path, pages: list[str]) -> int:
    """Looks at all; the exit code."""
    program = browser()
    if program is None:
        print("No browser looked at the pages, for none is there: sudo apt-get install chromium")
        return 1 if os.environ.get("CI") else 0
    pages = pages or [str(path.relative_to(site)) for path in sorted(site.rglob("*.html"))]
    wrong = look(program, site, pages)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
