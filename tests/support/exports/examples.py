# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small export of each layout: what it is recognised by, a photo that it describes, one that it does not, and a live photo."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from support.collection import ArchiveRecord, Metadata
from support.exports.media import heic, jpeg, video
from support.exports.parts import PartFile
from support.photos.takeouts import sidecar_of


@dataclass(frozen=True)
class Example:
    """An export. `names` are those that its photos and videos get in Immich; without part 2, `held_back` of them wait for it."""

    files: tuple[PartFile, ...]
    names: tuple[str, ...]
    part_name: Callable[[int], str] = "Photos".format
    held_back: int = 0

    @property
    def parts(self) -> int:
        """How many parts it comes in."""
        return max(file.part for file in self.files)


def _live(folder: str, part: int = 1) -> tuple[PartFile, ...]:
    return PartFile(f"{folder}/IMG_3.HEIC", heic("3"), part), PartFile(f"{folder}/IMG_3.MOV", video("3"), part)


def _takeout() -> Example:
    year = "Takeout/Google Photos/Photos from 2020"
    return Example(
        (
            PartFile("Takeout/archive_browser.html", b"<html></html>"),
            PartFile(f"{year}/IMG_1.jpg", jpeg("1")),
            PartFile(f"{year}/IMG_1.jpg.json", sidecar_of("IMG_1.jpg", description="one", favorited=True)),
            PartFile(f"{year}/IMG_2.jpg", jpeg("2")),
            PartFile(f"{year}/IMG_2.jpg.json", sidecar_of("IMG_2.jpg"), 2),
            *_live(year, 2),
            PartFile(f"{year}/IMG_3.HEIC.json", sidecar_of("IMG_3.HEIC"), 2),
            PartFile("Takeout/Google Photos/Rome/metadata.json", b'{"title": "Rome"}', 3),
            PartFile("Takeout/Google Photos/Rome/IMG_4.jpg", jpeg("4"), 3),
            PartFile("Takeout/Google Photos/Rome/IMG_4.jpg.json", sidecar_of("IMG_4.jpg"), 3),
        ),
        ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.HEIC", "IMG_3.MOV", "IMG_4.jpg"),
        "takeout-20260801T101500Z-3-{:03}".format,
        held_back=1,
    )


def _icloud() -> Example:
    header = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
    row = '{},c{},no,no,no,"Saturday June 4,2022 12:11 PM GMT",1,"Sunday June 5,2022 1:00 PM GMT"\n'

    def details(*names: str) -> bytes:
        return (header + "".join(row.format(name, name) for name in names)).encode()

    return Example(
        (
            PartFile("Photos/Photo Details.csv", details("IMG_1.jpg")),
            PartFile("Photos/IMG_1.jpg", jpeg("1")),
            PartFile("Photos/IMG_2.jpg", jpeg("2")),
            PartFile("Albums/Rome.csv", b"Images\nIMG_1.jpg\n"),
            *_live("Photos", 2),
            PartFile("Photos/Photo Details.csv", details("IMG_3.HEIC"), 2),
            PartFile("Photos/Photo Details.csv", details("IMG_4.jpg"), 3),
            PartFile("Photos/IMG_4.jpg", jpeg("4"), 3),
        ),
        ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.HEIC", "IMG_3.MOV", "IMG_4.jpg"),
        "iCloud Photos Part {} of 3".format,
    )


def _picasa() -> Example:
    ini = b"[Picasa]\r\nname=Trip\r\n[IMG_1.jpg]\r\nstar=yes\r\ncaption=one\r\nalbums=1f\r\n[.album:1f]\r\nname=Rome\r\ntoken=1f\r\n"
    return Example(
        (
            PartFile("Trip/.picasa.ini", ini),
            PartFile("Trip/IMG_1.jpg", jpeg("1")),
            PartFile("Trip/IMG_2.jpg", jpeg("2")),
            PartFile("Trip/Thumbs.db", b"x"),
            *_live("Trip"),
        ),
        ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.HEIC", "IMG_3.MOV"),
    )


def _immich_go() -> Example:
    def about(name: str, **fields: object) -> bytes:
        return json.dumps({"software": "immich-go version:0.31.0", "fileName": name, **fields}).encode()

    return Example(
        (
            PartFile("2020/2020-05/IMG_1.jpg", jpeg("1")),
            PartFile("2020/2020-05/IMG_1.jpg.JSON", about("IMG_1.jpg", albums=[{"title": "Rome"}], dateTaken="2020-05-06T07:08:09Z")),
            PartFile("2020/2020-05/IMG_2.jpg", jpeg("2")),
            PartFile("2020/2020-05/IMG_3.HEIC.JSON", about("IMG_3.HEIC", rating=4)),
            *_live("2020/2020-05"),
        ),
        ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.HEIC", "IMG_3.MOV"),
    )


def _immich_archive() -> Example:
    described, unknown, (still, moving) = PartFile("2020/IMG_1.jpg", jpeg("1")), PartFile("2020/IMG_2.jpg", jpeg("2")), _live("2020")
    header = {"software": "photoyard.immich", "immich_archive": 1, "user": "u", "server": "s"}
    ids = [str(uuid.UUID(int=number)) for number in (1, 2, 3)]
    records = [
        ArchiveRecord(asset_id, file.path, hashlib.sha1(file.content).hexdigest(), len(file.content), file.path.rpartition("/")[2])
        for asset_id, file in zip(ids, (described, still, moving), strict=True)
    ]
    records[0] = records[0]._replace(metadata=Metadata(description="one", favorite=True))
    records[1] = records[1]._replace(live=ids[2])
    manifest = json.dumps(header).encode() + b"\n" + b"".join(record.line for record in records)
    return Example(
        (
            PartFile("immich-archive/about.json", json.dumps(header).encode()),
            PartFile("immich-archive/assets.jsonl", manifest),
            described,
            unknown,
            still,
            moving,
        ),
        ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.HEIC", "IMG_3.MOV"),
    )


def _synology() -> Example:
    made = "Rome/@eaDir/IMG_1.jpg"
    return Example(
        (
            PartFile("Rome/IMG_1.jpg", jpeg("1")),
            PartFile(f"{made}/SYNOPHOTO_THUMB_M.jpg", jpeg("thumbnail M")),
            PartFile(f"{made}/SYNOPHOTO_THUMB_XL.jpg", jpeg("thumbnail XL")),
            PartFile(f"{made}/SYNOINDEX_MEDIA_INFO", b"{}"),
            PartFile("Rome/@eaDir/IMG_1.jpg@SynoEAStream", b"x"),
            PartFile("Rome/SYNOFILE_THUMB_M.jpg", jpeg("thumbnail")),
            PartFile("MobileBackup/Anna's iPhone/2026/05/IMG_2.jpg", jpeg("2")),
            *_live("MobileBackup/Anna's iPhone/2026/05"),
            PartFile("#recycle/Rome/IMG_9.jpg", jpeg("9")),
            PartFile("#snapshot/GMT+01-2026.05.01/Rome/IMG_1.jpg", jpeg("1")),
            PartFile("@tmp/IMG_1.jpg", jpeg("half")),
        ),
        ("IMG_1.jpg", "IMG_2.jpg", "IMG_3.HEIC", "IMG_3.MOV"),
    )


EXAMPLES = {
    "google_takeout": _takeout(),
    "icloud": _icloud(),
    "picasa": _picasa(),
    "immich_go": _immich_go(),
    "immich_archive": _immich_archive(),
    "synology": _synology(),
}
"""By the names of the layouts."""
