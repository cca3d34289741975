# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each reader takes when all is well: small examples, which are made and not stored."""

from __future__ import annotations

import io
import json
import struct
import tarfile
from datetime import UTC, datetime
from typing import Any

from support.collection import AlbumRecord, ArchiveRecord, Metadata, Position, RemovedRecord, Taken, album_file, archive_sidecar
from support.dumps import dump_sql
from support.exports.media import Camera, heic, jpeg, png, raw, video
from support.ledgers import ENTRY, LEASE, MARK, SERVER
from support.photos.jpegs import CAMERA_SIDECAR, sidecar_of, with_xmp
from support.photos.takeouts import sidecar_of as takeout_sidecar_of
from support.zips import DEFLATED, DOS, SIZES_BEHIND, STORED, UTF8, Entry, deflate, field_of, zip_bytes

IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(1, 6)]
_NOON = datetime(2020, 5, 17, 14, 33, 11, tzinfo=UTC)
_CAMERA = Camera(_NOON, zoned=True, position=(47.5, -8.25))
_APPLE = Camera(_NOON, zoned=True, content_identifier=IDS[0].upper())

PHOTOS = [jpeg("1", _CAMERA), jpeg("2", _APPLE), heic("3", _APPLE), png("4"), raw("5", _CAMERA), with_xmp(jpeg("6"), CAMERA_SIDECAR)]
VIDEOS = [video("1", _NOON), video("2", _NOON, quicktime=True, content_identifier=IDS[0]), heic("3")]

_INNER = zip_bytes(Entry(b"c.jpg", PHOTOS[0], DEFLATED))
ZIPS = [
    zip_bytes(Entry(b"a.jpg", PHOTOS[0]), Entry(b"d/b.mp4", VIDEOS[0], DEFLATED), Entry(b"d/b.json", b"{}", DEFLATED, flags=SIZES_BEHIND)),
    zip_bytes(Entry(b"a.jpg", bytes(3000), DEFLATED, zip64=True), Entry(b"b.jpg", b"b", system=DOS), zip64=True, comment=b"c"),
    zip_bytes(Entry("ä.jpg".encode(), b"1", flags=UTF8), Entry(b"\x84.jpg", b"2", extra=field_of(0x5455, b"\1" + struct.pack("<i", 1)))),
    zip_bytes(Entry(b"inner.zip", _INNER), Entry(b"packed.zip", _INNER, DEFLATED), Entry(b"x", b"x", STORED, packed=deflate(b"x"))),
]


def _tar(form: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, content in (("a.jpg", PHOTOS[0][:400]), ("d" * 90 + "/" + "n" * 90 + ".json", b"{}"), ("ä/2013-12-23", VIDEOS[0])):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_741_064_768
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../a.jpg"
        archive.addfile(link)
    return made.getvalue().rstrip(b"\0") + bytes(2048)


TARS = [_tar(tarfile.PAX_FORMAT), _tar(tarfile.GNU_FORMAT), _tar(tarfile.USTAR_FORMAT)]

TAKEOUT: list[Any] = [
    json.loads(
        takeout_sidecar_of(
            "IMG_1.jpg",
            description="one",
            favorited=True,
            people=[{"name": "Anna"}],
            geoDataExif={"latitude": 1.5, "longitude": 2.5},
            googlePhotosOrigin={"fromPartnerSharing": {}},
        )
    ),
    {"title": "Rome", "description": "", "enrichments": [{"narrativeEnrichment": {"text": "far"}}]},
    {"albumData": {"title": "Rome", "description": "far", "date": {"timestamp": "1590000000"}}},
    {"title": "IMG_1.jpg", "url": "https://photos.google.com/x", "imageViews": "1", "tags": [], "creationTime": {"timestamp": "1"}},
]
IMMICH_GO: list[Any] = [
    {
        "software": "immich-go version:0.32.0",
        "fileName": "a.jpg",
        "latitude": 48.5,
        "longitude": -9.25,
        "dateTaken": "2022-06-04T12:11:05.5+02:00",
        "description": "Two\nlines",
        "albums": [{"title": "Trip", "description": "Far", "id": "1"}, {"title": "Trip"}],
        "tags": [{"value": "places/sea", "name": "sea"}],
        "rating": 4,
        "archived": True,
        "favorited": True,
        "trashed": False,
        "fromPartner": False,
    }
]
_DETAILS = b"imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
_ROW = b'IMG_1.jpg,AYx,yes,no,no,"Saturday June 4,2022 12:11 PM GMT",1,"Sunday June 5,2022 1:00 PM GMT"\n'
ICLOUD_TABLES = [_DETAILS + _ROW + _ROW.replace(b"_1", b"_2"), b"Images\nIMG_1.jpg\nIMG_2.HEIC\n", b"imgName\nIMG_1.jpg\n"]
ICLOUD_ALBUMS: list[Any] = [
    {"albumName": "Shared", "photos": [{"name": "IMG_1.jpg", "dateCreated": "Saturday June 4,2022 12:11 PM GMT", "likes": []}]}
]
PICASA = [
    b"[encoding]\nutf8=1\n[Picasa]\nname=Old name\n[Contacts2]\nb8e4117cf1d6615b=Roy Avery;roy@example.com;\n[IMG_1.jpg]\nstar=yes\n"
    b"caption=Am See: sch\xc3\xb6n\nkeywords=beer,empanadas,,beer\nfaces=rect64(3f845bcb59418507),b8e4117cf1d6615b;rect64(1),ffff;\n"
    b"rotate=rotate(1)\ngeotag=33.770556,-84.293055\nalbums=1f\n[.album:1f]\nname=Rome\ntoken=1f\ndescription=It&#039;s\\nours\n",
    b"[\xe4.jpg]\nhidden=yes\n[IMG_2.jpg]\nrotate=rotate(2)\n",
]
NAMES = [
    b"Photos/IMG_1.jpg\nPhotos/IMG_1.jpg.json\nPhotos/IMG_1(1).jpg\nPhotos/IMG_1.jpg(1).json\nPhotos/IMG_1-edited.jpg\n",
    b"Takeout/Google Photos/Rome/metadata.json\nTakeout/Google Photos/Rome/IMG_3.HEIC\nTakeout/Google Photos/Rome/IMG_3.MP4\n",
    b"Photos/Photo Details.csv\nAlbums/Rome.csv\nPhotos/IMG_E1.JPG\nPhotos/IMG_1.JPG\nRecently Deleted/IMG_2.MOV\nx.zip/A/AlbumInfo.json\n",
    b"Trip/.picasa.ini\nTrip/Originals/a.jpg\nTrip/a.jpg\nTrip/.picasaoriginals/.picasa.ini\n",
    b"Rome/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg\n#recycle/a.jpg\n2020/~1\n2020/~1.JSON\nimmich-archive/assets.jsonl\na.jpg.xmp\n",
]

METADATA = Metadata(
    taken=Taken(1.59e9),
    description="Rome & <more>",
    position=Position(41.9, 12.5),
    favorite=True,
    rating=4,
    tags=("places/sea", "sun"),
    people=("Anna",),
    albums=("Rome",),
)
_RECORD = ArchiveRecord(
    IDS[0], "a.jpg", "0" * 40, 1, "IMG_1.jpg", modified="2024-07-01T10:00:00Z", live=IDS[1], stack=IDS[0], metadata=METADATA
)
HEADER: dict[str, Any] = {"software": "photoyard.immich", "immich_archive": 1, "user": "u", "server": "s"}
MANIFEST_LINES: list[Any] = [
    HEADER,
    *(json.loads(one.line) for one in (_RECORD, _RECORD._replace(id=IDS[1], path="a.mov", live=None), RemovedRecord(IDS[2]))),
]
ALBUMS: list[Any] = [
    json.loads(album_file(AlbumRecord(IDS[3], "Rome", "far", "asc", (("a@example.com", "editor"),), "2024-01-01T00:00:00Z"), ["a.jpg"]))
]

XMP = [sidecar_of(tags=["a/b"], hierarchical=["a|b"], subjects=["b"]), CAMERA_SIDECAR, archive_sidecar(METADATA)]

LEDGERS: list[Any] = [{"version": 1, "server": SERVER, "leases": [ENTRY, {**ENTRY, "id": "2"}]}]
LEASES: list[Any] = [{"note": "", MARK: {"version": 1, **LEASE}}]
NOTES: list[Any] = [["ocr", "library"], []]

REVIEWS: list[Any] = [
    {"kind": "run", "module": "immich_duplicates", "server": "s", "version": "3.1.0"},
    {"kind": "group", "group_id": "g", "members": [{"id": IDS[0]}, {"id": IDS[1]}], "keep": [IDS[0]], "decision": "trash", "rule": "size"},
    {"members": IDS[:3], "keep": IDS[1:3], "decision": "stack"},
    {"members": IDS[3:5], "decision": "dismiss"},
    {"kind": "run", "module": "immich_duplicates", "finished": 1.0, "sha256": "0" * 64},
]

_ATTACHED = {"tags": ["a/b"], "albums": IDS[1:3], "stack": IDS[:2], "duplicate": IDS[4], "people": True, "comments": 2}
RECORDS: list[Any] = [
    {"format": "photoyard.immich shift", "version": 1, "server": SERVER, "by": 3600.0, "moved": {IDS[0]: 1.5, IDS[1]: -2.0}},
    {
        "format": "photoyard.immich move",
        "version": 1,
        "server": SERVER,
        "library": IDS[0],
        "moved_from": "/nas",
        "assets": {IDS[1]: _ATTACHED, IDS[2]: {}},
    },
]

DUMPS = [dump_sql(assets=2, albums=1).encode()]
PROOFS: list[Any] = [
    {
        "dump": {"sha256": "0" * 64, "size": 10},
        "proof": {
            "proven": True,
            "time": "2026-01-01T00:00:00Z",
            "seconds": 1.5,
            "counts": {"assets": 12},
            "differences": ["one"],
            "error": "no",
        },
    }
]

WEBHOOKS: list[Any] = [
    {"status": "firing", "groupKey": '{}:{alertname="Load"}', "alerts": [{"status": "firing", "labels": {"a": "b"}}]},
    {"status": "resolved", "groupKey": "{{ 1 }}"},
    {"ref": "refs/heads/main", "commits": [{"message": "x"}]},
]
