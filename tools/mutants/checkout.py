# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the checkout, in which lines can be wrong while the checkout itself is left alone, and commands that run in them."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "mutants"
MUTATED = "plugins/module_utils"

_MARK = "MUTANT_RUN"
_MOST_MEMORY = 4 << 30  # bytes, for each process
_MOST_FILE = 2 << 30  # bytes


class Checkout:
    """A copy of what git knows or would add here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def renew(self) -> None:
        """Makes the copy as the checkout is now."""
        shutil.rmtree(self.folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name, follow_symlinks=False)
        link = self.folder / "collections" / "ansible_collections" / "photoyard" / "immich"
        link.parent.mkdir(parents=True)
        link.symlink_to("../../..")
        subprocess.run(["git", "init", "--quiet"], cwd=self.folder, check=True)

    def run(self, command: Sequence[str], timeout: float, environment: Mapping[str, str] | None = None) -> tuple[int | None, str]:
        """Runs Python in the copy. Its exit code, or None if it had to be killed, and what it printed.

        All processes that it leaves behind are killed, those too that have a session of their own.
        """
        mark = uuid.uuid4().hex
        scratch = self.folder.with_name(f"{self.folder.name}-tmp")
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "home").mkdir(parents=True)
        paths = f"{self.folder / 'collections'}:{self.folder / 'tests'}:{self.folder / 'tools'}"
        own = {_MARK: mark, "PYTHONPATH": paths, "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections")}
        own |= {"HOME": str(scratch / "home"), "TMPDIR": str(scratch), "PYTHONDONTWRITEBYTECODE": "1"}
        output = scratch / "output"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env={**os.environ, **own, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            _limit(process.pid)
            try:
                code: int | None = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                _kill_marked(mark)
        text = output.read_text(encoding="utf-8", errors="replace")
        shutil.rmtree(scratch, ignore_errors=True)
        return code, text


def _limit(pid: int) -> None:
    """A mutant must not fill this machine's memory or disk."""
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_MOST_FILE, _MOST_FILE))


def _kill_marked(mark: str) -> None:
    """Ends the processes that have the mark in their environment."""
    wanted = f"{_MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                os.kill(int(path.parent.name), signal.SIGKILL)
