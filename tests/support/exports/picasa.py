# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that Picasa looked after, and what must become of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from support.exports import media
from support.exports.expectation import ANY, Expectation, Expected
from support.exports.library import Place
from support.exports.parts import PartFile, write_parts

TRIP, FAMILY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "a1b2c3d4e5f60718293a4b5c6d7e8f90"
ANNA, NOBODY = "d1f2e3", "ffffffffffffffff"


@dataclass(frozen=True)
class Photo:
    """A file and what its folder's `.picasa.ini` says of it."""

    name: str
    caption: str = ""
    keywords: tuple[str, ...] = ()
    star: bool = False
    hidden: bool = False
    albums: tuple[str, ...] = ()
    position: Place | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class PhotoFolder:
    """A folder. `title` is what the `.picasa.ini` calls it: an old name, if the folder was renamed since."""

    name: str
    title: str
    photos: tuple[Photo, ...]
    ini: str = ".picasa.ini"
    encoding: str = "utf-8"


FOLDERS = (
    PhotoFolder(
        "2008 Österreich",
        "Österreich",
        (
            Photo("IMG_0001.JPG", "Na ja… der Großglockner", ("Berg", "Süden"), star=True, albums=(TRIP,), position=(47.0745, 12.6939)),
            Photo("IMG_0002.JPG", "", ("Berg",), albums=(TRIP, FAMILY)),
            Photo("IMG_0003.PNG", "50% = half; [not a section]"),
            Photo("IMG_0004.JPG", hidden=True),
            Photo("plain.JPG"),
        ),
        encoding="cp1252",
    ),
    PhotoFolder(
        "Rome renamed",
        "Rom",
        (
            Photo("IMG_0001.JPG", "Zeile\u2028weiter 🎉", star=True, albums=(FAMILY,), people=("Anna",)),
            Photo("IMG_0005.JPG", "", ("été", "Roma"), people=("Anna",)),
        ),
    ),
    PhotoFolder("Old/1999", "1999", (Photo("scan 1.jpg", "Opa", star=True, albums=(FAMILY,)),), ini="Picasa.ini"),
)
ALBUMS = {TRIP: "Reise", FAMILY: "Familie & Freunde"}


@dataclass
class Picasa:
    """The folders. `files` is all that is in them, `expectation` what must become of it."""

    form: str
    files: list[PartFile] = field(default_factory=list)
    expectation: Expectation = field(default_factory=lambda: Expectation("picasa"))

    def write(self, target: Path) -> list[Path]:
        """Writes it below a folder; what to give as `src`."""
        return write_parts(target, self.files, self.form, lambda _part: "Pictures")


def picasa(form: str = "folder", seed: int = 0) -> Picasa:
    """Makes them; the same for the same seed."""
    made = Picasa(form)
    for folder in FOLDERS:
        made.files.append(PartFile(f"{folder.name}/{folder.ini}", _ini(folder).encode(folder.encoding)))
        for photo in folder.photos:
            camera = media.Camera(datetime(2008, 1, 2, 3, 4, 5))
            seeded = f"{seed}/{folder.name}/{photo.name}"
            content = media.png(seeded) if photo.name.endswith("PNG") else media.jpeg(seeded, camera)
            _add(made, f"{folder.name}/{photo.name}", content, _expected(folder, photo))
    original = media.jpeg(f"{seed}/original")
    _add(
        made,
        f"{FOLDERS[0].name}/.picasaoriginals/IMG_0001.JPG",
        original,
        Expected(frozenset({"IMG_0001.JPG"}), more_albums=ANY, reported=False, optional=True),
    )
    made.files.append(PartFile(f"{FOLDERS[0].name}/.picasaoriginals/.picasa.ini", b"[IMG_0001.JPG]\r\nfilters=crop64=1,0;\r\n"))
    made.expectation.albums = dict.fromkeys(ALBUMS.values())
    return made


def _add(made: Picasa, path: str, content: bytes, expected: Expected) -> None:
    made.files.append(PartFile(path, content))
    made.expectation.contents[path] = media.sha1(content)
    made.expectation.pictures[media.sha1(content)] = expected


def _expected(folder: PhotoFolder, photo: Photo) -> Expected:
    return Expected(
        frozenset({photo.name}),
        description=photo.caption or None,
        position=photo.position,
        favorite=photo.star,
        albums=frozenset(ALBUMS[token] for token in photo.albums),
        more_albums=frozenset({folder.name.rpartition("/")[2], folder.title}),
        tags=frozenset(photo.keywords),
        people=frozenset(photo.people),
        reported=not photo.hidden,
        optional=photo.hidden,
    )


def _ini(folder: PhotoFolder) -> str:
    lines = ["[Picasa]", f"name={folder.title}", "P2category=Folders on Disk", "a line without a sign"]
    if any(photo.people for photo in folder.photos):
        lines += ["[Contacts2]", f"{ANNA}=Anna;;"]
    for number, photo in enumerate(folder.photos):
        if photo == Photo(photo.name):
            continue
        name = photo.name.lower() if number == 1 else photo.name  # sections are caseless
        lines.append(f"[{name}]")
        fields = {
            "star": "yes" if photo.star else "",
            "hidden": "yes" if photo.hidden else "",
            "caption": photo.caption,
            "KeyWords": ",".join(photo.keywords),
            "albums": ",".join(photo.albums),
            "geotag": f"{photo.position[0]},{photo.position[1]}" if photo.position else "",
            "faces": f"rect64(3f845bcb59418507),{ANNA};rect64(9eb2fa62),{NOBODY}" if photo.people else "",
            "backuphash": "32154",
        }
        lines += [f"{key}={value}" for key, value in fields.items() if value]
    # of a section that occurs twice the first value wins
    first = folder.photos[0]
    lines += [f"[{first.name}]", *(["caption=a later one"] if first.caption else []), "rotate=rotate(1)"]
    for token in sorted({token for photo in folder.photos for token in photo.albums}):
        lines += [f"[.album:{token}]", f"name={ALBUMS[token]}", f"token={token}", "date=2008-07-04T12:00:00+02:00"]
    return "\r\n".join(lines) + "\r\n"
