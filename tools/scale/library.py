# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A library by arithmetic: what photo number n is, and the database of a server and the files on a disk that have so many of them.

The database is written without HTTP: to upload a million photos would take a day, and nothing of what is measured here depends on how
they came. Each photo has a file of a few bytes, whose SHA-1 is the one that the server has.

Of 500 photos, 100 were taken in one moment, five are RAW files stacked with their JPEG files, five are videos of live photos, and two are
duplicates of each other. Each is in one album and has one tag, but for the videos, which Immich takes out of both.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from immich_emulator.immich import Immich, Options
from immich_emulator.storage import insert_sql, iso
from immich_emulator.versions import find

VERSION = "3.1"
STEP = 500
"""A library has a multiple of so many photos."""

IN_ALBUM, WITH_TAG = 200, 500
PLAIN, COVER, STACKED, STILL, VIDEO = range(5)
"""What a photo is to the one after or before it: the JPEG or the RAW file of a stack, the still or the video of a live photo."""

_ROLES = {10: COVER, 11: STACKED, 20: STILL, 21: VIDEO}
_EXTENSIONS = {STACKED: "DNG", VIDEO: "MOV"}
_DUPLICATES = (30, 31)
_ONE_MOMENT = datetime(2019, 7, 14, 12, tzinfo=UTC)
_FIRST, _SPAN = datetime(2004, 1, 1, 12, tzinfo=UTC), timedelta(days=20 * 365)
_UPLOADED, _UPLOADS_APART = datetime(2024, 1, 1, tzinfo=UTC), timedelta(milliseconds=40)
_EXIF = (
    '{"make":"Canon","model":"EOS R5","lensModel":"RF35mm F1.8","exifImageWidth":6000,"exifImageHeight":4000,"orientation":"1",'
    '"fNumber":2.8,"focalLength":35,"iso":100,"exposureTime":"1/200","timeZone":"UTC","dateTimeOriginal":"%s","modifyDate":"%s"}'
)

# Immich's PostgreSQL has indexes for these, which a server with the few photos of a test does without.
_INDEXES = (
    "CREATE INDEX scale_taken ON assets (file_created, id, uploaded, owner, visibility, deleted)",  # in the order of pages
    "CREATE INDEX scale_month ON assets (substr(local_date, 1, 7) || '-01')",
    "CREATE INDEX scale_stack ON assets (stack)",
    "CREATE INDEX scale_duplicate ON assets (duplicate)",
)


class Photo(NamedTuple):
    """A photo or video. `shot` is the number of the photo that it was taken together with, or its own."""

    number: int
    shot: int
    role: int
    name: str
    content: bytes
    taken: datetime

    @property
    def path(self) -> str:
        """Where it lies in a folder, and in an archive."""
        return f"{self.taken.year:04d}/{self.taken.year:04d}-{self.taken.month:02d}/{self.name}"


def photos(size: int) -> Iterator[Photo]:
    """All photos of a library of that size. Raises ValueError for a size that is not a multiple of `STEP`."""
    if size <= 0 or size % STEP:
        raise ValueError(f"a library has a multiple of {STEP} photos, not {size}")
    for number in range(size):
        block, place = divmod(number, 100)
        role = _ROLES.get(place if block % 5 == 0 else place - 2, PLAIN)  # so that a fifth of these, too, is of the one moment
        shot = number - 1 if role in (STACKED, VIDEO) else number
        taken = _FIRST + timedelta(seconds=_SPAN.total_seconds() * shot // size) if shot % 5 else _ONE_MOMENT
        yield Photo(number, shot, role, f"IMG_{shot:07d}.{_EXTENSIONS.get(role, 'JPG')}", b"photo %d" % number, taken)


def id_of(server: str, kind: str, number: int) -> str:
    """The id that an object has on a server."""
    return str(uuid.UUID(bytes=hashlib.sha1(f"{server} {kind} {number}".encode()).digest()[:16], version=4))


def fill(folder: Path, size: int, server: str) -> None:
    """Makes the data folder of an embedded server with a library of that size. Ids are other ones on each `server`."""
    immich = Immich(find(VERSION), folder, Options(discard_bodies=True))
    try:
        owner, store = immich.user_id("user"), immich.store
        store.run("BEGIN")
        for table, columns, rows in (
            ("assets", _ASSET_COLUMNS, _assets(owner, size, server)),
            ("stacks", ("id", "owner", "primary_asset", "seq"), _stacks(owner, size, server)),
            ("albums", _ALBUM_COLUMNS, _albums(owner, size, server)),
            ("album_assets", ("album", "asset"), _members(size, server, "album", IN_ALBUM)),
            ("tags", ("id", "owner", "value", "created", "updated"), _tags(owner, size, server)),
            ("tag_assets", ("tag", "asset"), _members(size, server, "tag", WITH_TAG)),
        ):
            store.db.executemany(insert_sql(table, columns), rows)
        store.run("COMMIT")
        for index in _INDEXES:
            store.run(index)
        store.run("ANALYZE")  # or else SQLite takes an owner for one of many
    finally:
        immich.close()


def write_files(folder: Path, size: int) -> None:
    """Writes the files of a library, as old as the photos are: what was written just now is not remembered by its checksum."""
    made: set[str] = set()
    for photo in photos(size):
        path = folder / photo.path
        if (parent := os.path.dirname(photo.path)) not in made:
            path.parent.mkdir(parents=True)
            made.add(parent)
        path.write_bytes(photo.content)
        os.utime(path, (photo.taken.timestamp(),) * 2)


def link_files(folder: Path, into: Path) -> None:
    """The same files in another folder, without taking their space again."""
    for parent, _folders, names in folder.walk():
        there = into / parent.relative_to(folder)
        there.mkdir(parents=True, exist_ok=True)
        for name in names:
            os.link(parent / name, there / name)


_ASSET_COLUMNS = (
    *("id", "owner", "checksum", "name", "type", "size", "shown_path", "file_created", "file_modified", "local_date", "uploaded"),
    *("updated", "favorite", "visibility", "live_video", "stack", "exif", "width", "height", "extracted", "thumbnail", "duplicate"),
)
_ALBUM_COLUMNS = ("id", "owner", "name", "description", "created", "updated", "activity", "sort")


def _assets(owner: str, size: int, server: str) -> Iterator[tuple[Any, ...]]:
    for photo in photos(size):
        asset_id, taken = id_of(server, "asset", photo.number), iso(photo.taken)
        uploaded = iso(_UPLOADED + photo.number * _UPLOADS_APART)
        is_video, is_stacked = photo.role == VIDEO, photo.role in (COVER, STACKED)
        yield (
            *(asset_id, owner, hashlib.sha1(photo.content).hexdigest(), photo.name, "VIDEO" if is_video else "IMAGE"),
            *(len(photo.content), f"/data/upload/{owner}/{asset_id[:2]}/{asset_id}", taken, taken, taken, uploaded),
            *(uploaded, False, "hidden" if is_video else "timeline"),
            id_of(server, "asset", photo.number + 1) if photo.role == STILL else None,
            id_of(server, "stack", photo.shot) if is_stacked else None,
            *(_EXIF % (taken, taken), 6000, 4000, True, True),
            id_of(server, "group", photo.number // STEP) if photo.number % STEP in _DUPLICATES else None,
        )


def _stacks(owner: str, size: int, server: str) -> Iterator[tuple[Any, ...]]:
    for photo in photos(size):
        if photo.role == COVER:
            yield id_of(server, "stack", photo.number), owner, id_of(server, "asset", photo.number), photo.number


def _albums(owner: str, size: int, server: str) -> Iterator[tuple[Any, ...]]:
    for number in range(-(-size // IN_ALBUM)):
        made = iso(_UPLOADED + timedelta(seconds=number))
        yield id_of(server, "album", number), owner, f"Album {number:06d}", "", made, made, True, "desc"


def _tags(owner: str, size: int, server: str) -> Iterator[tuple[Any, ...]]:
    for number in range(size // WITH_TAG):
        made = iso(_UPLOADED + timedelta(seconds=number))
        yield id_of(server, "tag", number), owner, f"Tag {number:06d}", made, made


def _members(size: int, server: str, kind: str, together: int) -> Iterator[tuple[str, str]]:
    for photo in photos(size):
        if photo.role != VIDEO:
            yield id_of(server, kind, photo.number // together), id_of(server, "asset", photo.number)
