# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each reader takes when all is well: small examples, which are made and not stored."""

from __future__ import annotations

import io
import json
import re
import struct
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from contract.conformance.record_files import of_version
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
PEOPLE: list[Any] = [
    {"people": [{"id": IDS[0], "name": "Anna", "birth_date": "2000-01-31", "hidden": True, "favorite": True, "color": "#ff00aa"}]}
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

_TIME = "2020-05-17T14:33:11.000Z"
_READ_BY_OTHERS = ("/search/metadata", "/assets/bulk-upload-check", "/stacks", "/tags", "/tags/assets", "/albums//assets")
_MARKS = {r"<id:\d+>": IDS[0], "<time>": _TIME, '"<number>"': "5"}


def _recorded() -> Iterator[Any]:
    """What real servers have answered, once for each route, with values where a record has marks for them."""
    answers = {}
    for exchange in (*of_version("2.7.5"), *of_version("3.1.0")):
        call, answer = exchange["request"], exchange["response"] or {}
        route = re.sub(r"<[^>]*>|\?.*", "", call["path"])
        is_read = call["method"] == "GET" or route in _READ_BY_OTHERS
        if answer.get("body") is not None and is_read and answer["status"] in (200, 201, 400):
            answers[route if answer["status"] < 300 else "refusal", "statusCode" in answer["body"]] = json.dumps(answer["body"])
    for text in answers.values():
        for mark, value in _MARKS.items():
            text = re.sub(mark, value, text)
        yield json.loads(text)


_EXIF = {"fileSizeInByte": 10, "exifImageWidth": 20, "exifImageHeight": 10, "orientation": "6", "dateTimeOriginal": _TIME} | {
    "modifyDate": _TIME,
    "timeZone": "UTC",
    "latitude": 1.5,
    "longitude": 2.5,
    "description": "one",
    "rating": 4,
    "iso": 100,
}
_ASSET: dict[str, Any] = (
    {"id": IDS[0], "ownerId": IDS[1], "libraryId": None, "type": "IMAGE", "originalPath": "/data/a.jpg", "originalFileName": "a.jpg"}
    | dict.fromkeys(("createdAt", "fileCreatedAt", "fileModifiedAt", "localDateTime", "updatedAt"), _TIME)
    | {"isFavorite": True, "isTrashed": False, "isOffline": False, "isEdited": False, "visibility": "timeline", "duplicateId": IDS[2]}
    | {"checksum": "A" * 27 + "=", "thumbhash": "1Q", "livePhotoVideoId": None, "stack": {"id": IDS[3]}, "exifInfo": _EXIF}
    | {"tags": [{"id": IDS[4], "value": "a/b"}], "people": [{"id": IDS[1], "name": "Anna", "birthDate": "2000-01-31"}]}
)
_TWO = [_ASSET, {**_ASSET, "id": IDS[4]}]
_USER = {"id": IDS[1], "name": "Anna", "email": "anna@example.com"}
_BOX = {"boundingBoxX1": 1, "boundingBoxY1": 2, "boundingBoxX2": 5, "boundingBoxY2": 6, "imageWidth": 20, "imageHeight": 10}
ANSWERS: list[Any] = [
    *_recorded(),
    _ASSET,
    {"assets": {"items": _TWO, "nextPage": None, "nextCursor": None}},
    [{"id": IDS[0], "value": "a/b"}],
    [{"duplicateId": IDS[2], "assets": _TWO}],
    {"id": IDS[3], "primaryAssetId": IDS[0], "assets": _TWO},
    [{"timeBucket": "2020-05-01", "count": 2}],
    {"id": IDS[:2], "stack": [[IDS[3], "2"], None]},
    {"people": [{"id": IDS[1], "name": "Anna"}], "hasNextPage": True},
    [{"id": IDS[3], "person": _USER, "sourceType": "machine-learning", **_BOX}],
    {"edits": [{"action": "crop", "parameters": {"x": 1, "y": 2}}, {"action": "mirror", "parameters": {"axis": "vertical"}}]},
    [{"id": IDS[3], "assets": [{"id": IDS[0]}], "type": "INDIVIDUAL"}],
    [{"assetId": IDS[0]}, {"assetId": None}],
    {"items": [{"id": IDS[0], "assetId": IDS[1], "path": "/data/a.jpg"}], "nextCursor": IDS[0]},
    {**_USER, "isAdmin": True, "quotaSizeInBytes": 10, "quotaUsageInBytes": None},
    [{**_USER, "status": "active", "deletedAt": None, "inTimeline": True}],
    {"checkedAt": _TIME, "releaseVersion": "v3.1.0"},
    {"active": True, "action": "restore_database", "task": "error", "error": "no"},
]

_POLL_QUEUE = {"active": 1, "waiting": 2, "paused": 0, "delayed": 0, "failed": 0}
POLLS: list[Any] = [
    {
        "/server/version": {"major": 3, "minor": 1, "patch": 0},
        "/server/config": {"maintenanceMode": False},
        "/server/storage": {"diskUsagePercentage": 91.5, "diskAvailableRaw": 10},
        "/queues": [{"name": "ocr", "isPaused": True, "statistics": _POLL_QUEUE}],
    },
    {
        "/server/version": {"major": 2, "minor": 3, "patch": 1},
        "/server/config": {"maintenanceMode": True},
        "/server/storage": {"diskUsagePercentage": 1, "diskAvailableRaw": 0},
        "/jobs": {"ocr": {"queueStatus": {"isPaused": False}, "jobCounts": _POLL_QUEUE}},
    },
]

MARKUP = "<fuzz"
"""How names begin that would be markup, where a page took them as they are."""

_RUN = {"kind": "run", "module": "immich_upload", "server": "https://photos.example.com", "version": "3.1.0", "started": 1.59e9}
_FINISHED = (
    {"finished": 1.59e9, "complete": True, "msg": "done", "found": 2, "handled": 2, "counts": {"uploaded": 1, "failed": 1}, "seconds": 2.5}
    | {"skip_reasons": {"hidden": 1}, "bytes_sent": 10, "tags": [{"name": "a/b", "added": 1, "created": True}]}
    | {"albums": [{"id": IDS[1], "name": f"{MARKUP}>", "added": 1, "created": True, "origin": "folder"}]}
    | {"pause": {"paused": ["ocr"], "resumed": ["ocr"], "seconds": 2.5}, "export": {"layout": "picasa", "files": 3, "rules": {"title": 1}}}
)
_PHOTO = {"name": f"{MARKUP}>", "size": 5, "width": 2, "height": 1, "albums": [f"{MARKUP}>"]}
_GROUP = (
    {"kind": "group", "group_id": IDS[0], "decision": "trash", "rule": "largest", "status": "planned", "keep": [IDS[0]]}
    | {"trashed": [IDS[1]], "merged": {"favorite": {"after": True}}, "lost": [f"{MARKUP}>"], "skipped_reason": f"{MARKUP}>"}
    | {"members": [{"id": asset_id, **_PHOTO} for asset_id in IDS[:2]]}
)
REPORTS: list[Any] = [
    _RUN,
    {"path": f"{MARKUP}>/a.jpg", "action": "uploaded", "size": 10, "asset_id": IDS[0], "finished": 1.59e9, "seconds": 1.5, "rule": "none"},
    {"path": "b.jpg", "action": "failed", "size": 10, "failure": {"kind": "local", "msg": f"{MARKUP}> is not there"}, "finished": 1.59e9},
    {**_RUN, **_FINISHED},
]
DUPLICATES: list[Any] = [{**_RUN, "module": "immich_duplicates"}, _GROUP, {**_GROUP, "status": "done", "decision": "skip"}]
PROGRESS: list[Any] = [
    {"phase": "upload", "scan_done": True, "files_seen": 10, "bytes_seen": 1000, "files_done": 5, "bytes_done": 500, "seconds": 61.5}
    | {"bytes_hashed": 700, "bytes_sent": 300, "uploaded": 3, "duplicates": 1, "skipped": 0, "failed": 1, "receives": True}
]
