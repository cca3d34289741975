# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export of iCloud Photos, as privacy.apple.com makes it, and what must become of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from support.exports import media
from support.exports.expectation import Expectation, Expected
from support.exports.library import Album, Library, Picture, Roll
from support.exports.media import Camera
from support.exports.parts import PartFile, write_parts

DETAILS = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate"
ALBUM_HEADERS = ("imgName", "imageName", "Images")


@dataclass(frozen=True)
class ICloudStyle:
    """How it is written. `quoted`: dates, which hold a comma, are; `padded`: days and hours have a leading zero."""

    parts: int = 3
    form: str = "zip"
    quoted: bool = True
    padded: bool = False
    part_name: str = "iCloud Photos Part {number} of {parts}"
    """Localised: `iCloud-bilder Del 1 av 6` was met."""
    shared: bool = True
    """Shared albums, as a ZIP inside the first part."""


@dataclass
class ICloud:
    """An export. `files` is all that is in it, `expectation` what must become of it."""

    style: ICloudStyle
    files: list[PartFile]
    expectation: Expectation

    def write(self, target: Path) -> list[Path]:
        """Writes it below a folder; what to give as `src`."""
        style = self.style
        return write_parts(target, self.files, style.form, lambda part: style.part_name.format(number=part, parts=style.parts))


@cache
def on_a_phone(seed: int = 0) -> Library:
    """A phone's library: namesakes, live photos, a changed copy, albums over several parts."""
    roll = Roll(seed)

    def apple(day: int, identifier: str) -> Camera:
        return Camera(media.local(datetime(2022, 6, day, 10, 11, 12, tzinfo=UTC), 2), zoned=True, content_identifier=identifier)

    live = [
        roll.take("IMG_0001.HEIC", taken=datetime(2022, 6, day, 10, 11, 12, tzinfo=UTC), camera=apple(day, f"B-{day}"), moving=".MOV")
        for day in (4, 14)
    ]
    changed = roll.take("IMG_0002.HEIC", 2022, edits=(None,), favorite=True)
    namesakes = [roll.take("IMG_0003.JPG", 2022, favorite=number == 1) for number in range(3)]
    film = roll.take("IMG_0004.MOV", 2022)
    picture = roll.take("PNG Bild, neu.PNG", 2022, camera=media.NO_CAMERA)
    roll.take("IMG_0005.JPG", 2022, archived=True)
    roll.take("IMG_0006.JPG", 2022, trashed=True)
    roll.take("IMG_0001.HEIC", 2021, trashed=True)
    many = [roll.take(f"IMG_1{number:03}.JPG", 2020) for number in range(20)]
    albums = (
        Album("Sommer 2022", (live[1], namesakes[0], namesakes[1], film, *many[:7])),
        Album("Été", (live[0], changed, picture)),
        Album("Only one", (namesakes[2],)),
        Album("Empty", ()),
    )
    return Library(tuple(roll.pictures), albums)


def icloud(library: Library, style: ICloudStyle = ICloudStyle()) -> ICloud:
    """Makes the export; the same for the same library and style. `archived` pictures are hidden ones."""
    return _Writer(library, style).write()


@dataclass
class _Writer:
    library: Library
    style: ICloudStyle
    files: list[PartFile] = field(default_factory=list)
    expectation: Expectation = field(default_factory=lambda: Expectation("icloud"))

    def write(self) -> ICloud:
        parts = self._parts()
        for number, members in enumerate(parts, start=1):
            for folder, shown in (
                ("Photos", [one for one in members if not one.trashed]),
                ("Recently Deleted", [one for one in members if one.trashed]),
            ):
                for picture in shown:
                    self._add_picture(number, folder, picture)
                self._add_details(number, folder, shown)
            self._add_albums(number, {one.sha1 for one in members})
        if self.style.shared:
            self._add_shared()
        return ICloud(self.style, self.files, self.expectation)

    def _parts(self) -> list[list[Picture]]:
        """The pictures of each part. No part has two of the same name."""
        parts: list[list[Picture]] = [[] for _part in range(self.style.parts)]
        for index, picture in enumerate(self.library.pictures):
            # what is deleted lies in a folder of its own
            free = [part for part in parts if all((one.title, one.trashed) != (picture.title, picture.trashed) for one in part)]
            free[index % len(free)].append(picture)
        return parts

    def _add(self, part: int, path: str, content: bytes) -> str:
        whole = f"{self.style.part_name.format(number=part, parts=self.style.parts)}/{path}"
        self.files.append(PartFile(whole, content, part))
        return whole

    def _add_picture(self, part: int, folder: str, picture: Picture) -> None:
        expected = self._expected(picture)
        stem = picture.title.rpartition(".")[0]
        files = [(picture.title, picture.content, expected)]
        if picture.moving:
            name = stem + picture.moving.suffix
            files.append((name, picture.moving.content, replace(expected, names=frozenset({name}))))
        for edit in picture.edits:
            name = f"IMG_E{stem.removeprefix('IMG_')}{edit.suffix or picture.suffix}"
            files.append((name, edit.content, Expected(frozenset({name}), reported=False)))
            self._add(part, f"{folder}/{stem}.AAE", b'<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict/></plist>')
        for name, content, wanted in files:
            digest = media.sha1(content)
            self.expectation.contents[self._add(part, f"{folder}/{name}", content)] = digest
            if picture.trashed:
                self.expectation.left_out[digest] = "trashed"
            else:
                self.expectation.pictures[digest] = wanted

    def _expected(self, picture: Picture) -> Expected:
        assert picture.taken
        return Expected(
            frozenset({picture.title}),
            taken=picture.taken.replace(second=0).timestamp(),
            minutes=True,
            favorite=picture.favorite,
            albums=frozenset(album.title for album in self.library.albums if picture in album.pictures),
            # what becomes of a hidden one nobody says
            reported=not picture.archived,
            optional=picture.archived,
        )

    def _add_details(self, part: int, folder: str, pictures: Sequence[Picture]) -> None:
        """Adds `Photo Details.csv` with six rows, and `Photo Details-1.csv` with the others."""
        for number, rows in enumerate((pictures[:6], pictures[6:])):
            if rows:
                lines = [DETAILS, *(self._row(one) for one in rows)]
                self._add(part, f"{folder}/Photo Details{f'-{number}' if number else ''}.csv", "\n".join(lines).encode())

    def _row(self, picture: Picture) -> str:
        assert picture.taken
        yes = {True: "yes", False: "no"}
        name = f'"{picture.title}"' if "," in picture.title else picture.title
        taken, added = self._moment(picture.taken), self._moment(picture.uploaded)
        flags = ",".join(yes[flag] for flag in (picture.favorite, picture.archived, picture.trashed))
        return f"{name},{picture.sha1[:27]}=,{flags},{taken},10,{added}"

    def _moment(self, moment: datetime) -> str:
        day, hour = (f"{moment:%d}", f"{moment:%I}") if self.style.padded else (f"{moment.day}", f"{moment:%I}".lstrip("0"))
        text = f"{moment:%A %B} {day},{moment:%Y} {hour}:{moment:%M %p} GMT"
        return f'"{text}"' if self.style.quoted else text

    def _add_albums(self, part: int, members: set[str]) -> None:
        for number, album in enumerate(self.library.albums):
            names = [one.title for one in album.pictures if one.sha1 in members]
            if names or (not album.pictures and part == 1):
                self._add(part, f"Albums/{album.title}.csv", "\n".join([ALBUM_HEADERS[number % 3], *names]).encode())
            if names:
                self.expectation.albums[album.title] = None
        if part == 1:
            self._add(part, "Memories/Summer 2017.csv", b"imageName\nIMG_00031.JPG\nIMG_0001.HEIC\n")

    def _add_shared(self) -> None:
        pictures = [media.jpeg(f"shared {number}", Camera(datetime(2021, 1, 1, tzinfo=UTC))) for number in range(2)]
        inside = io.BytesIO()
        with zipfile.ZipFile(inside, "w") as archive:
            for number, content in enumerate(pictures):
                name = f"IMG_90{number:02}.JPG"
                archive.writestr(zipfile.ZipInfo(f"iCloud Shared Albums/Trip/{name}", (2025, 3, 4, 5, 6, 8)), content)
                self.expectation.contents[f"Trip/{name}"] = media.sha1(content)
                self.expectation.pictures[media.sha1(content)] = Expected(frozenset({name}), reported=False)
        self._add(1, "iCloud Shared Albums-1.zip", inside.getvalue())
