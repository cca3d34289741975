# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an export lies on disk: files spread over parts, each a ZIP, a .tgz or a folder."""

from __future__ import annotations

import io
import os
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

WRITTEN = (2025, 3, 4, 5, 6, 8)
"""When the export was made, which is the date of all its files."""


@dataclass(frozen=True)
class PartFile:
    """A file of an export. `part` counts from 1; the same path in another part is another PartFile."""

    path: str
    content: bytes
    part: int = 1


def write_zip(target: Path, files: Iterable[PartFile], *, zip64: bool = False) -> Path:
    """A ZIP: pictures stored, text deflated. `zip64` forces the large form on each member."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            info = zipfile.ZipInfo(file.path, WRITTEN)
            is_text = file.path.lower().endswith((".json", ".html", ".csv", ".ini"))
            info.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=zip64) as member:
                member.write(file.content)
    return target


def write_tgz(target: Path, files: Iterable[PartFile]) -> Path:
    """A compressed tar."""
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        for file in files:
            info = tarfile.TarInfo(file.path)
            info.size, info.mtime = len(file.content), 1_741_064_768
            archive.addfile(info, io.BytesIO(file.content))
    return target


def write_folder(target: Path, files: Iterable[PartFile], *, decomposed: bool = False) -> Path:
    """A folder into which a part was unpacked. `decomposed`: by macOS, whose names are in NFD."""
    for file in files:
        path = target / (unicodedata.normalize("NFD", file.path) if decomposed else file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        os.utime(path, (1_741_064_768, 1_741_064_768))
    return target


def write_parts(
    target: Path,
    files: Iterable[PartFile],
    form: str,
    part_name: Callable[[int], str],
    *,
    zip64: bool = False,
    decomposed: bool = False,
) -> list[Path]:
    """Writes an export below `target` and returns what to give as `src`: one path a part, in order.

    `form`: `zip`, `tgz`, `folder` (each part in a folder of its own), `mixed` (ZIPs and such folders by turns) or `merged` (all parts
    unpacked over each other into one folder). `part_name` gives the name of a part, without an extension.
    """
    by_part: dict[int, list[PartFile]] = {}
    for file in files:
        by_part.setdefault(file.part, []).append(file)
    if form == "merged":
        return [write_folder(target / "merged", (file for part in by_part.values() for file in part), decomposed=decomposed)]
    paths = []
    for part, members in sorted(by_part.items()):
        kind = ("zip", "folder")[part % 2] if form == "mixed" else form
        name = part_name(part)
        if kind == "zip":
            paths.append(write_zip(target / f"{name}.zip", members, zip64=zip64))
        elif kind == "tgz":
            paths.append(write_tgz(target / f"{name}.tgz", members))
        else:
            paths.append(write_folder(target / name, members, decomposed=decomposed))
    return paths
