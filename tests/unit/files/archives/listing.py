# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of archives share: a folder of archives, and what the listener received."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from support.collection import ImmichError, Item, Listener, archive_items


class Archives(Listener):
    """Lists archives. `skips` has the name and the kind, `failures` the name and the message; both without the archive's path.

    `warnings` are texts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.skips: list[tuple[str, str]] = []
        self.failures: list[tuple[str, str]] = []
        self.warnings: list[str] = []

    def items(self, name: str, content: bytes) -> list[Item]:
        """The members of an archive of these bytes."""
        (self.folder / name).write_bytes(content)
        return self.items_of(name)

    def items_of(self, name: str) -> list[Item]:
        """The members of an archive in the folder."""
        return list(archive_items([str(self.folder / name)], self))

    def open_files(self) -> int:
        """How many files of the folder this process has open. Others may be closed meanwhile, whenever Python looks for garbage."""
        found = 0
        for number in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                found += os.readlink(f"/proc/self/fd/{number}").startswith(f"{self.folder}/")
        return found

    def skipped(self, path: str, kind: str, reason: str) -> None:
        assert reason.endswith(".")
        self.skips.append((self._short(path), kind))

    def unreadable(self, path: str, error: ImmichError, *, size: int | None = None) -> None:
        self.failures.append((self._short(path), error.msg))

    def warn(self, text: str) -> None:
        self.warnings.append(self._short(text))

    def _short(self, path: str) -> str:
        return path.removeprefix(str(self.folder) + "/")


def read(item: Item, size: int = 1000) -> bytes:
    """A member to its end, in blocks of this size."""
    found = b""
    with item.open() as stream:
        while block := stream.read(size):
            found += block
    return found
