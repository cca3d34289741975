# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run report: a JSON line for each file, written as it happens. Private to the collection."""

from __future__ import annotations

import json
import os
from typing import IO, Any, Optional

from .._client import errors


class Report:
    """Writes the report. When the disk is full, the upload goes on without it and `problem` says so."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problem: Optional[errors.LocalFailure] = None
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o600)
            os.fchmod(descriptor, 0o600)  # paths tell a lot, and the file may have been there before
            # Open as long as the run: `close` ends it.
            self._stream: Optional[IO[str]] = open(  # noqa: SIM115
                descriptor, "w", buffering=1, encoding="utf-8", newline="\n"
            )
        except OSError as exc:
            raise errors.LocalFailure("The report %s cannot be written: %s." % (path, exc.strerror or exc)) from exc

    def line(self, **values: Any) -> None:
        """Adds a line."""
        if self._stream is None:
            return
        try:
            self._stream.write(json.dumps(values, ensure_ascii=False) + "\n")
        except OSError as exc:
            self._give_up(exc)

    def close(self) -> None:
        """Closes the file."""
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError as exc:
                self._give_up(exc)
            self._stream = None

    def _give_up(self, exc: OSError) -> None:
        self.problem = errors.LocalFailure(
            "The report %s could not be written to its end: %s. The upload went on without it." % (self.path, exc.strerror or exc)
        )
        self._stream = None
