# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports in memory, file by file, and what the reader makes of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from support.collection import BY_NAME, Export, ExportOptions, Facts, Item
from support.photos.items import MemoryItem, RecordingListener
from support.photos.reading import check_sum

KINDS = dict.fromkeys([".jpg", ".jpeg", ".png", ".gif", ".heic", ".dng", ".webp", ".tif"], "image")
KINDS |= dict.fromkeys([".mp4", ".mov", ".m4v", ".avi", ".mkv", ".3gp"], "video")

YEAR = "Takeout/Google Photos/Photos from 2020"
TAKEN = 1_590_000_000
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(16)
JPEG = b"\xff\xd8\xff\xe0" + bytes(16)


def sidecar_of(title: str, **about: Any) -> bytes:
    """The JSON of a picture. `about` overrides or adds fields; `taken` and `url` are short for theirs."""
    taken = about.pop("taken", TAKEN)
    data = {
        "title": title,
        "description": "",
        "imageViews": "1",
        "creationTime": {"timestamp": "1600000000", "formatted": "13.09.2020, 12:26:40 UTC"},
        "photoTakenTime": {"timestamp": str(taken), "formatted": "20.05.2020, 18:40:00 UTC"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0},
        "url": f"https://photos.google.com/photo/{title}",
    }
    return json.dumps(data | about).encode()


class Takeout:
    """An export that is written down file by file, and read once."""

    def __init__(self, folder: str = YEAR, part: str = "/exports/1.zip", *, crc: bool = True) -> None:
        self.folder = folder
        self.part = part
        self.crc = crc
        self.items: list[Item] = []
        self.listener = RecordingListener()

    def add(self, name: str, content: bytes = b"", *, folder: str | None = None, part: str | None = None) -> MemoryItem:
        """A file; without `content` its bytes are its path."""
        folder = self.folder if folder is None else folder
        inner = f"{folder}/{name}" if folder else name
        item = MemoryItem(inner, content or inner.encode("utf-8", "surrogateescape"), part=part or self.part, crc=self.crc)
        self.items.append(item)
        return item

    def json(self, name: str, title: str, *, folder: str | None = None, part: str | None = None, **about: Any) -> MemoryItem:
        """The JSON of a picture of this title."""
        return self.add(name, sidecar_of(title, **about), folder=folder, part=part)

    def album(self, title: Any, *, folder: str, name: str = "metadata.json", **about: Any) -> MemoryItem:
        """The JSON of an album."""
        return self.add(name, json.dumps({"title": title} | about).encode(), folder=folder)

    def read(self, **options: Any) -> Export:
        """Reads it, and checks that the totals add up."""
        export = BY_NAME["google_takeout"].read(self.items, KINDS, ExportOptions(**options), self.listener)
        check_sum(self.items, export, self.listener)
        assert all(item.name and len(item.name.encode("utf-8", "surrogateescape")) <= 255 for item in export.items)
        return export

    def facts(self, **options: Any) -> dict[str, Facts]:
        """Reads the export. Name on disk of each file to upload → its facts."""
        return {item.inner.rpartition("/")[2]: item.facts for item in self.read(**options).items}

    def rules(self, **options: str) -> dict[str, str]:
        """The rule for each file that goes up, by its name on disk."""
        return {name: facts.rule for name, facts in self.facts(**options).items()}

    def kinds_left_out(self) -> dict[str, str]:
        """Name of each file that was left out → its kind."""
        return {one.path.rpartition("/")[2]: one.kind for one in self.listener.left_out}


def owners(facts: dict[str, Facts]) -> dict[str, str | None]:
    """Name of a file → name of the sidecar whose facts it has."""
    return {name: about.sidecar and about.sidecar.rpartition("/")[2] for name, about in facts.items()}


def names(items: Sequence[Item]) -> list[str]:
    """The names that these items get in Immich."""
    return [item.name for item in items]
