# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a run is, for those who watch."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import Callable, Dict, Optional, Union

from .._own_files import write_whole

Snapshot = Dict[str, Union[str, bool, int, float]]

FILE_NAME = "progress.json"
FOLDER_VARIABLE = "IMMICH_PROGRESS_FOLDER"
"""The environment variable in which the action names the folder where it looks for the file."""

_INTERVAL = 1.0


class ProgressFile:
    """Writes a snapshot to a file, atomically and at most once a second. The file's folder must be there.

    That it cannot be written does not disturb the run: whoever watches sees nothing new.
    """

    def __init__(self, path: str, look: Callable[[], Snapshot]) -> None:
        self._path = path
        self._look = look
        self._next = 0.0

    def write(self, *, now: bool = False) -> None:
        """Writes if it is time, or anyway if `now`."""
        moment = time.monotonic()
        if moment < self._next and not now:
            return
        self._next = moment + _INTERVAL
        with suppress(OSError):
            write_whole(self._path, json.dumps(self._look()).encode("utf-8"), durable=False)


def progress_path() -> Optional[str]:
    """Where the action looks for the snapshot; None where none does, as for a task with `async`."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return os.path.join(folder, FILE_NAME) if folder else None
