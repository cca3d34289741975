# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of real servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "records"
VERSIONS = tuple(sorted(path.stem for path in FOLDER.glob("*.jsonl")))


def read(file: Path) -> list[dict[str, Any]]:
    """The exchanges of a record."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def of_version(version: str) -> list[dict[str, Any]]:
    """How the real server of a version answered."""
    return read(FOLDER / f"{version}.jsonl")
