# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an export as the reader of its layout is given them, where they lie in folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from support.collection import ImmichError, Item, Listener


class ListedFile(Item):
    """A file below a folder that was given."""

    __slots__ = ("_file", "_root")

    def __init__(self, root: Path, file: Path) -> None:
        super().__init__(file.name)
        self._root = root
        self._file = file

    @property
    def path(self) -> str:
        return str(self._file)

    @property
    def inner(self) -> str:
        return self._file.relative_to(self._root).as_posix()

    @property
    def size(self) -> int:
        return self._file.stat().st_size

    @property
    def mtime_ns(self) -> int:
        return self._file.stat().st_mtime_ns

    @property
    def cache_key(self) -> bytes:
        return os.fsencode(self._file)

    @property
    def identity(self) -> tuple[int, int, int]:
        return self.size, self.mtime_ns, self._file.stat().st_ino

    def open(self) -> BinaryIO:
        return open(self._file, "rb")

    def require_unchanged(self) -> None:
        pass

    def refresh(self) -> None:
        pass


class RecordingListener(Listener):
    """Keeps what is reported to it. `skipped_files` has each path's kind, `failures` what could not be read."""

    def __init__(self) -> None:
        self.skipped_files: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.warnings: list[str] = []

    def skipped(self, path: str, kind: str, reason: str) -> None:
        assert reason
        assert path not in self.skipped_files
        self.skipped_files[path] = kind

    def unreadable(self, path: str, error: ImmichError, *, size: int | None = None) -> None:
        self.failures[path] = str(error)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def files_below(root: Path) -> list[ListedFile]:
    """All files below a folder, by path."""
    return [ListedFile(root, path) for path in sorted(root.rglob("*")) if path.is_file()]
