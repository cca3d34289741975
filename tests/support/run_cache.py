# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes long to make, and what all workers of one run of the suite share."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any


class RunCache:
    """Results by their names, in a folder of that run. Each is made once, by the worker that needs it first; others wait for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Any] = {}

    def get[Made](self, name: str, make: Callable[[], Made]) -> Made:
        """The result of that name; `make` is called if nobody has made it. What it raises is raised here, and the next one tries again."""
        if name not in self._known:
            self._known[name] = self._read_or_make(name, make)
        found: Made = self._known[name]
        return found

    def folder(self, name: str, fill: Callable[[Path], object]) -> Path:
        """A folder of that name, which `fill` has filled. To be copied from, not to be changed."""

        def make() -> Path:
            folder = self._folder / f"{name}.folder"
            folder.mkdir(parents=True)
            fill(folder)
            return folder

        return self.get(name, make)

    def _read_or_make(self, name: str, make: Callable[[], Any]) -> Any:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{name}.pickle"
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if file.exists():
                return pickle.loads(file.read_bytes())
            made = make()
            file.write_bytes(pickle.dumps(made))
            return made
