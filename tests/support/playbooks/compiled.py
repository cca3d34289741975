# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible has packed and Python has compiled of the modules, once for all tests: a third of what a short playbook computes, and a
third of what a module does.

The collection keeps it in the user's cache folder, where each test has one of its own, with the checksums of its photos. It looks
itself whether what it finds there belongs to the files as they are (see `_packing.py`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_SHARED = Path(__file__).resolve().parents[3] / ".cache" / "compiled"
NO_FOLDER = _SHARED / "none"
"""There is none, for all tests alike."""
PYTHON = Path(__file__).with_name("python")
"""To be the first folder of PYTHONPATH: each Python compiles nothing that is imported from an archive or a collection, if it was before."""
IN_PYTEST = _SHARED / "in_pytest"
"""For modules that the process of pytest packs: it looks for imports in other folders, so that playbooks would pack them again."""


def python_path() -> str:
    """PYTHONPATH for a run, beginning with that folder."""
    return os.pathsep.join([str(PYTHON), *filter(None, [os.environ.get("PYTHONPATH")])])


def lend(cache_home: Path, shared: Path = _SHARED) -> None:
    """Lays it into a test's cache folder (its XDG_CACHE_HOME), unless there is some of the test's own."""
    for file in _kept_in(shared):
        target = cache_home / "photoyard.immich" / file.relative_to(shared)
        if not target.exists():
            _link(file, target)


def collect(cache_home: Path, shared: Path = _SHARED) -> None:
    """Keeps what a test has added, for those that follow. Of two tests at once, the last one's remains."""
    folder = cache_home / "photoyard.immich"
    for file in _kept_in(folder):
        kept = shared / file.relative_to(folder)
        if not kept.exists() or kept.stat().st_mtime_ns < file.stat().st_mtime_ns:
            _link(file, kept)


def _kept_in(folder: Path) -> Iterator[Path]:
    yield from folder.glob("packed/[!.]*")


def _link(file: Path, target: Path) -> None:
    """Whole or not at all, with its time, and written by this user alone: else it would not be used.

    A link where the file system has one: all modules are 16 MB, and the collection replaces these files, but never writes into one.
    """
    for folder in (target.parent.parent, target.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f".{os.urandom(8).hex()}")
    with suppress(FileNotFoundError):  # replaced at this moment by another test's
        try:
            part.hardlink_to(file)
        except OSError:  # on another disk, or gone
            shutil.copy2(file, part)
        part.replace(target)
    part.unlink(missing_ok=True)  # it stays where another test has laid the same link
