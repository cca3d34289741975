# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run fails with when some of its files failed."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Protocol, Sequence

from .._client import errors


class FilesFailed(errors.CausedFailure):
    """Some of the files failed; the rest of the run went well. The cause is the first failure."""


class Failures(Protocol):
    """What a tally knows of failures: how many there are, the first of them, and the first few with their paths and messages."""

    failures: int
    first_failure: Optional[errors.ImmichError]
    first_failures: List[Dict[str, Any]]


def too_many_failures(tally: Failures, tolerated: int, missing_paths: int = 0) -> Optional[errors.ImmichError]:
    """What the run fails with if more files failed than are tolerated, paths that are missing included; else None."""
    if tally.first_failure is None or tally.failures <= tolerated:
        return None
    first = tally.first_failures[0]
    total, listed = tally.failures, len(tally.first_failures)
    msg = "%s: %s" % (first["path"], first["msg"])
    if total > 1:
        msg = "%s, the first of them %s (%s in failures.)" % (
            _count_failed(total - missing_paths, missing_paths, [failure["msg"] for failure in tally.first_failures]),
            msg,
            "All are" if listed == total else "The first %d are" % listed,
        )
    return FilesFailed(msg, tally.first_failure)


def _count_failed(files: int, missing_paths: int, messages: Sequence[str]) -> str:
    """What failed: "3 files failed and 1 path is not there". Among the files there may be folders that could not be read."""
    folders = any(message.startswith("The folder ") for message in messages)
    noun = "files and folders" if folders else "file" if files == 1 else "files"
    parts = ["%d %s failed" % (files, noun)] * bool(files)
    parts += ["%d %s not there" % (missing_paths, "path is" if missing_paths == 1 else "paths are")] * bool(missing_paths)
    return " and ".join(parts)
