# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive of an Immich server, as immich-go writes it, and what must become of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from support.exports.expectation import Expectation, Expected
from support.exports.library import Album, Library, Picture, Roll
from support.exports.parts import PartFile, write_parts


@dataclass
class ImmichGo:
    """An archive. `files` is all that is in it, `expectation` what must become of it."""

    form: str
    files: list[PartFile] = field(default_factory=list)
    expectation: Expectation = field(default_factory=lambda: Expectation("immich_go"))

    def write(self, target: Path) -> list[Path]:
        """Writes it below a folder; what to give as `src`."""
        return write_parts(target, self.files, self.form, lambda _part: "archive")


@cache
def on_a_server(seed: int = 0) -> Library:
    """A server's library."""
    roll = Roll(seed)
    first = roll.take("IMG_0001.jpg", 2019, hours_later=1, description="Two\nlines & <signs>", rating=4, keywords=("Trip/Rome", "sea"))
    second = roll.take("IMG_0001.jpg", 2019, hours_later=2, favorite=True, position=(-33.865, 151.21))
    roll.take("IMG_0001.jpg", 2019, hours_later=3, archived=True)
    roll.take("IMG_0002.HEIC", 2020, trashed=True)
    partners = roll.take("VID_1.mp4", 2020, partner=True, keywords=("sea",))
    undated = roll.take("scan.png", taken=None, description="no date")
    albums = (Album("Rome", (first, second), "in summer"), Album("Été / 2020", (partners, undated, first)))
    return Library(tuple(roll.pictures), albums)


def immich_go(library: Library, form: str = "folder") -> ImmichGo:
    """Makes the archive; the same for the same library."""
    made = ImmichGo(form)
    taken: set[str] = set()
    for picture in library.pictures:
        folder = f"{picture.taken:%Y}/{picture.taken:%Y-%m}" if picture.taken else "no-date"
        stem, _dot, last = picture.title.rpartition(".")
        path = next(one for n in range(1000) if (one := f"{folder}/{stem}{f'~{n}' if n else ''}.{last}") not in taken)
        taken.add(path)
        albums = [album for album in library.albums if picture in album.pictures]
        made.files.append(PartFile(path, picture.content))
        made.files.append(PartFile(path + ".JSON", _sidecar(picture, albums)))
        made.expectation.contents[path] = picture.sha1
        if picture.trashed:
            made.expectation.left_out[picture.sha1] = "trashed"
        else:
            made.expectation.pictures[picture.sha1] = _expected(picture, albums)
    made.expectation.albums = {album.title: album.description for album in library.albums}
    return made


def _expected(picture: Picture, albums: list[Album]) -> Expected:
    return Expected(
        frozenset({picture.title}),
        taken=picture.taken.timestamp() if picture.taken else None,
        description=picture.description or None,
        position=picture.position,
        favorite=picture.favorite,
        archived=picture.archived,
        rating=picture.rating,
        albums=frozenset(album.title for album in albums),
        tags=frozenset(picture.keywords),
    )


def _sidecar(picture: Picture, albums: list[Album]) -> bytes:
    """The JSON that immich-go writes beside a picture. Empty values are left out, as with Go's `omitempty`."""
    latitude, longitude = picture.position or (0.0, 0.0)
    fields: dict[str, object] = {
        "software": "immich-go version:0.31.0,  commit:0123456789abcdef, date:2025-11-29T00:00:00Z",
        "fileName": picture.title,
        "latitude": latitude,
        "longitude": longitude,
        "fileDate": f"{picture.uploaded:%Y-%m-%dT%H:%M:%SZ}",
        "dateTaken": f"{picture.taken:%Y-%m-%dT%H:%M:%SZ}" if picture.taken else "",
        "description": picture.description,
        "albums": [{"title": album.title, **({"description": album.description} if album.description else {})} for album in albums],
        "tags": [{"value": word} for word in picture.keywords],
        "rating": picture.rating,
        "trashed": picture.trashed,
        "archived": picture.archived,
        "favorited": picture.favorite,
        "fromPartner": picture.partner,
    }
    text = json.dumps({key: value for key, value in fields.items() if value}, ensure_ascii=False, indent=2)
    # Go's encoder escapes for HTML
    for character in "&<>":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"{text}\n".encode()
