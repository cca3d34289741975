# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a report, a line at a time."""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator, Mapping

Line = Mapping[str, Any]


def read(source: str | Iterable[Line]) -> Iterator[Line | None]:
    """The report's lines from its text, from the path of its file, or as they are when they are parsed already.

    A file is never held in memory as a whole. None stands for a line that is not a JSON object, as an interrupted run may leave at the end.

    :raises OSError: the file cannot be read.
    """
    if not isinstance(source, str):
        yield from source
    elif not source.strip() or source.lstrip().startswith("{"):
        yield from _parsed(source.split("\n"))  # not splitlines: a file name may hold other line ends
    else:
        with open(source, encoding="utf-8", errors="surrogateescape") as stream:
            yield from _parsed(stream)


def _parsed(texts: Iterable[str]) -> Iterator[Line | None]:
    for text in texts:
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        yield line if isinstance(line, dict) else None
