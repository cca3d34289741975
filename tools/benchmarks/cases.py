# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured, and what is to be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.exports import Takeout, Zipped
from benchmarks.library import Library, Shape

KB, MB = 1000, 1_000_000
KIB, MIB, GIB = 1024, 1024**2, 1024**3


@dataclass(frozen=True)
class Goal:
    """At most `limit`: of `what` the role took, or of its ratio to `against` where that is named.

    `what` is `wall`, `cpu`, `peak` (bytes), `media_read` (bytes) or `requests`. `only_on`: `embedded` or `real`.
    """

    what: str
    limit: float
    against: str | None = None
    only_on: str | None = None


@dataclass(frozen=True)
class Case:
    """One thing to do. `again`: the server and the role have seen the files before. `cold`: their contents are not in memory.

    `seeded`: that they have seen them is written into the embedded server's database and the role's cache, since to upload so many
    would take hours. `predicted`: it runs in check mode. `kind` is what the files lie in.
    """

    name: str
    title: str
    shape: Shape
    again: bool = False
    cold: bool = False
    seeded: bool = False
    predicted: bool = False
    kind: type[Library] = Library
    albums: bool = False
    keep_bytes: bool = True
    contenders: Sequence[str] = ("role", "@immich/cli", "bare loader")
    goals: Sequence[Goal] = field(default_factory=tuple)


CLI, GO, LOADER, FROM_FOLDER = "@immich/cli", "immich-go", "bare loader", "role, folder"
GO_AS_IT_COMES = "immich-go as it comes"

CASES = [
    Case(
        "first-1000",
        "first upload, 1,000 × 204 KB, ten albums",
        Shape(1000, 200 * KIB, folders=10),
        albums=True,
        goals=[Goal("cpu", 1.0, CLI), Goal("wall", 0.40, CLI, only_on="real")],
    ),
    Case(
        "first-10000",
        "first upload, 10,000 × 20 KB",
        Shape(10_000, 20 * KIB, folders=10),
        goals=[Goal("cpu", 0.7, CLI), Goal("wall", 1.15, LOADER, only_on="embedded")],
    ),
    Case(
        "albums-1000",
        "first upload, 1,000 × 230 KB, ten albums",
        Shape(1000, 230 * KB, folders=10),
        albums=True,
        contenders=("role", GO, GO_AS_IT_COMES),
        goals=[Goal("wall", 1.0, GO, only_on="real")],
    ),
    Case(
        "albums-10000",
        "first upload, 10,000 × 20 KB, a hundred albums",
        Shape(10_000, 20 * KB, folders=100),
        albums=True,
        contenders=("role", GO, GO_AS_IT_COMES),
        goals=[Goal("wall", 0.85, GO, only_on="real"), Goal("cpu", 0.8, GO, only_on="real")],
    ),
    Case(
        "folder-20000",
        "first upload, one folder of 20,000 × 6 KB",
        Shape(20_000, 6 * KIB),
        goals=[Goal("cpu", 0.7, CLI)],
    ),
    Case("one-4g", "first upload, one file of 4 GiB", Shape(1, 4 * GIB), keep_bytes=False, goals=[Goal("peak", 80 * MB)]),
    Case(
        "one-8g",
        "first upload, one file of 8 GiB",
        Shape(1, 8 * GIB),
        keep_bytes=False,
        contenders=("role",),
        goals=[Goal("peak", 100 * MB)],
    ),
    Case(
        "again-1000",
        "again, 1,000 × 6 KB",
        Shape(1000, 6 * KIB, folders=10),
        again=True,
        contenders=("role", CLI, GO),
        goals=[Goal("media_read", 0)],
    ),
    Case(
        "again-20000",
        "again, 20,000 × 6 KB",
        Shape(20_000, 6 * KIB, folders=20),
        again=True,
        contenders=("role", CLI, GO),
        goals=[Goal("wall", 0.7, CLI), Goal("wall", 0.7, GO), Goal("media_read", 0), Goal("requests", 30)],
    ),
    Case(
        "again-100000",
        "again, 100,000 × 6 KB",
        Shape(100_000, 6 * KIB, folders=100),
        again=True,
        keep_bytes=False,
        contenders=("role", CLI),
        goals=[Goal("wall", 0.4, CLI), Goal("media_read", 0), Goal("requests", 45), Goal("peak", 120 * MB)],
    ),
    Case(
        "again-1000000",
        "again, 1,000,000 × 64 bytes",
        Shape(1_000_000, 64, folders=1000),
        again=True,
        seeded=True,
        keep_bytes=False,
        contenders=("role",),
        goals=[Goal("wall", 25.0), Goal("media_read", 0), Goal("requests", 225), Goal("peak", 150 * MB)],
    ),
    Case(
        "again-cold",
        "again, 1,024 × 4 MiB, cold page cache",
        Shape(1024, 4 * MIB, folders=8, solid=True),
        again=True,
        cold=True,
        keep_bytes=False,
        contenders=("role", CLI),
        goals=[Goal("media_read", 0)],
    ),
    Case(
        "zip-1000",
        "first upload, 1,000 × 204 KB, stored in one ZIP",
        Shape(1000, 200 * KIB, folders=10),
        kind=Zipped,
        contenders=("role", FROM_FOLDER),
        goals=[Goal("wall", 1.1, FROM_FOLDER), Goal("cpu", 1.1, FROM_FOLDER)],
    ),
    Case(
        "takeout-100000",
        "check mode, a Google Takeout of 100,000 files in 4 ZIPs, 40,000 of them in one folder",
        Shape(100_000, 64),
        predicted=True,
        kind=Takeout,
        contenders=("role",),
        goals=[Goal("wall", 30.0), Goal("peak", 300 * MB)],
    ),
]
