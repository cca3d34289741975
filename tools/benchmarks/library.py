# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that are uploaded: small JPEGs that Immich can read, made unique by the bytes behind the picture."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from support.photos.jpegs import jpeg

_SALT = 16  # bytes at the end of each file
_SMALLEST_JPEG = 1024
_DAY_NS = 86_400_000_000_000
_PIXELS_PER_BYTE = 4.8  # between a phone's photo (3.5) and what a messenger makes of it (8)


@dataclass(frozen=True)
class Shape:
    """How many files of how many bytes, over how many folders. Files from 1 GiB on are sparse, unless `solid`."""

    files: int
    size: int
    folders: int = 1
    solid: bool = False

    def scaled(self, factor: float) -> Shape:
        """The same with fewer files, and of a single file less."""
        if self.files == 1:
            return replace(self, size=max(1024**3, int(self.size * factor)))
        return replace(self, files=max(self.folders, int(self.files * factor)))


class Library:
    """A folder of such files. `freshen` makes them new to every server, at the cost of a few bytes each."""

    def __init__(self, root: Path, shape: Shape) -> None:
        self.root = root
        self.shape = shape
        self._clock = time.time_ns() - 300 * _DAY_NS
        self._make()

    @property
    def sources(self) -> list[Path]:
        """What the role is given as `src`."""
        return [self.root]

    @property
    def files(self) -> list[Path]:
        """All files."""
        return sorted(path for path in self.root.rglob("*") if path.is_file())

    @property
    def albums(self) -> list[str]:
        """The folders' names."""
        return sorted(path.name for path in self.root.iterdir())

    def freshen(self) -> None:
        """Gives every file other bytes at its end and another time, and every folder another name."""
        for number, folder in enumerate(sorted(self.root.iterdir())):
            folder.rename(self.root / f"Bench {number:03d} {secrets.token_hex(4)}")
        self._clock += _DAY_NS
        for number, path in enumerate(self.files):
            with open(path, "r+b", buffering=0) as stream:
                stream.seek(-_SALT, os.SEEK_END)
                stream.write(secrets.token_bytes(_SALT))
            moment = self._clock + number * 1_000_000
            os.utime(path, ns=(moment, moment))

    def checksums(self) -> Iterator[str]:
        """The SHA-1 of each file, in hex."""
        for path in self.files:
            with open(path, "rb") as stream:
                yield hashlib.file_digest(stream, "sha1").hexdigest()

    def forget_reads(self) -> None:
        """Sets the access times back, so that `bytes_read` sees reads from now on."""
        long_ago = time.time_ns() - 2 * _DAY_NS  # with relatime, the kernel notes a read when the last one is a day old
        for path in self.files:
            os.utime(path, ns=(long_ago, path.stat().st_mtime_ns))

    def bytes_read(self) -> int:
        """The size of the files that were read since `forget_reads`."""
        found = [path.stat() for path in self.files]
        return sum(one.st_size for one in found if time.time_ns() - one.st_atime_ns < _DAY_NS)

    def drop_from_page_cache(self) -> None:
        """Has the kernel forget the files' contents, as after a night of other work. Needs no privilege."""
        for path in self.files:
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)

    def _make(self) -> None:
        sparse = self.shape.size >= 1024**3 and not self.shape.solid
        content = secrets.token_bytes(1024**2) if self.shape.size >= 1024**2 else _picture(self.shape.size)
        ending = "mp4" if self.shape.size >= 1024**2 else "jpg"
        for number in range(self.shape.files):
            folder = self.root / f"Bench {number * self.shape.folders // self.shape.files:03d}"
            folder.mkdir(parents=True, exist_ok=True)
            with open(folder / f"IMG_{number:06d}.{ending}", "wb", buffering=0) as stream:
                for _ in range(1 if sparse else max(1, self.shape.size // len(content))):
                    stream.write(content)
                stream.truncate(self.shape.size)
        self.freshen()


def _picture(size: int) -> bytes:
    """A JPEG that fills `size` bytes, with noise behind it to the last; noise alone where that is less than a JPEG takes."""
    if size < _SMALLEST_JPEG:
        return secrets.token_bytes(size)
    area = size * _PIXELS_PER_BYTE
    while True:
        height = max(8, int((area / 1.5) ** 0.5))
        found = jpeg(0, pixels=(height * 3 // 2, height), texture=True)
        if len(found) <= size - _SALT:
            return found + secrets.token_bytes(size - len(found))
        area *= 0.8
