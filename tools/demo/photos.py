# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's photos: a folder made on the spot, and a look at which files of any folder are media."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from support.photos.jpegs import write_photo, write_sidecar

ORDINARY = 240
FOLDERS = 6
PIXELS = ((240, 160), (240, 160), (360, 240), (480, 320), (480, 320), (720, 480), (1200, 800))
"""The sizes that take turns."""


def make_photos(root: Path) -> list[Path]:
    """Photos in folders within folders; returns those worth a look: one has a sidecar, one an odd name, and one file is not a photo."""
    for number in range(ORDINARY):
        folder = root / f"Trip {number % FOLDERS + 1:02}"
        write_photo(folder / f"IMG_{number:05}.jpg", number, pixels=PIXELS[number % len(PIXELS)], texture=True)
    with_sidecar = write_photo(root / "Trip 04" / "IMG_90000.jpg", 90_000)
    notes = root / "Trip 05" / "notes.txt"
    notes.write_text("Not a photo.")
    return [
        write_photo(root / "Trip 02" / "Evening" / "IMG_90001.jpg", 90_001, pixels=(1200, 800), texture=True),
        write_photo(root / "Trip 03" / "Été [1] “lac” 100% 🌊.jpg", 90_002, pixels=(1200, 800), texture=True),
        with_sidecar,
        write_sidecar(with_sidecar, description="With a sidecar"),
        notes,
    ]


def media(src: Path, extensions: tuple[str, ...]) -> Iterator[Path]:
    """The files below a folder that an upload takes by default, or the one file."""
    for path in [src] if src.is_file() else src.rglob("*"):
        hidden = any(part.startswith((".", "@")) for part in path.relative_to(src).parts)
        if path.is_file() and path.suffix.lower() in extensions and not hidden:
            yield path


def sha1(path: Path) -> str:
    """The file's checksum."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()
