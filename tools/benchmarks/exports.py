# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is uploaded out of archives: a library as one ZIP, and an export of Google Photos in parts."""

from __future__ import annotations

import json
import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.library import Library

_PARTS = 4
_IN_ONE_FOLDER = 0.4  # of all files
_FIRST_YEAR, _YEARS = 1990, 30


class Zipped(Library):
    """The files of a library, stored in one ZIP beside its folder."""

    @property
    def sources(self) -> list[Path]:
        return [self.root.with_suffix(".zip")]

    def freshen(self) -> None:
        super().freshen()
        with zipfile.ZipFile(self.sources[0], "w") as archive:
            for path in self.files:
                archive.write(path, path.relative_to(self.root))


class Takeout(Library):
    """Parts of Google Takeout with so many files: half of them pictures of a few bytes, the others their JSON, mostly in another part."""

    @property
    def sources(self) -> list[Path]:
        return self.files

    def freshen(self) -> None:
        """Does nothing: nothing is uploaded."""

    def _make(self) -> None:
        self.root.mkdir(parents=True)
        parts = [zipfile.ZipFile(self.root / f"takeout-20251204T050607Z-3-{number:03}.zip", "w") for number in range(1, _PARTS + 1)]
        for number, (path, content) in enumerate(self._members()):
            parts[number % _PARTS].writestr(zipfile.ZipInfo(path), content)
        for part in parts:
            part.close()

    def _members(self) -> Iterator[tuple[str, bytes]]:
        pictures = self.shape.files // 2
        for number in range(pictures):
            year = 2019 if number < pictures * _IN_ONE_FOLDER else _FIRST_YEAR + number % _YEARS
            path = f"Takeout/Google Photos/Photos from {year}/IMG_{number:06d}.jpg"
            yield path, secrets.token_bytes(self.shape.size)
            yield f"{path}.supplemental-metadata.json", _sidecar(number)


def _sidecar(number: int) -> bytes:
    moment = {"timestamp": str(1_500_000_000 + number), "formatted": "14 Jul 2017, 02:40:00 UTC"}
    place = {"latitude": 41.9, "longitude": 12.5, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0}
    fields = {
        "title": f"IMG_{number:06d}.jpg",
        "description": "",
        "imageViews": "1",
        "creationTime": moment,
        "photoTakenTime": moment,
        "geoData": place,
        "people": [{"name": "Anna"}],
        "url": f"https://photos.google.com/photo/AF1Qip{number:040d}",
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
    }
    return json.dumps(fields, indent=2).encode()
