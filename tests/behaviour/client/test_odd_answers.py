# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a server says, a typed call returns what it promises or raises an `ImmichError`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import asset_lists
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.people import PersonCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Search
from ansible_collections.photoyard.immich.plugins.module_utils._metadata.faces import Person
from support.collection import ApiKey, FormBody, Immich, errors
from support.http.answering import Reply, Seen, answering

from .conftest import Connect

ID = "2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8"
COUNTS = {"active": 1, "completed": 0, "failed": 0, "delayed": 0, "waiting": 2, "paused": 0}
OLD_ALBUM = {
    "id": ID,
    "albumName": "Rome",
    "description": "d",
    "assetCount": 3,
    "ownerId": ID,
    "albumUsers": [],
    "updatedAt": "2026-01-01T00:00:00.000Z",
    "createdAt": "2026-01-01T00:00:00.000Z",
}
ALBUM_USERS = [{"user": {"id": ID}, "role": "owner"}, {"user": {"id": ID, "email": "a@b.c"}, "role": "viewer"}]
ALBUM = {**{name: value for name, value in OLD_ALBUM.items() if name != "ownerId"}, "albumUsers": ALBUM_USERS}
QUEUE = {"name": "ocr", "isPaused": False, "statistics": COUNTS}
USER = {"id": ID, "email": "a@b.c", "name": "Me", "isAdmin": True, "quotaSizeInBytes": 9, "quotaUsageInBytes": 8}
STORAGE = {"diskSizeRaw": 3, "diskUseRaw": 1, "diskAvailableRaw": 2}
MEDIA_TYPES = {"image": [".jpg"], "video": [".mp4"], "sidecar": [".xmp"]}
BULK_CHECK = {"results": [{"id": "a", "action": "reject", "reason": "duplicate", "assetId": ID, "isTrashed": False}]}
EXIF = {
    "fileSizeInByte": 9,
    "description": "d",
    "rating": 5,
    "latitude": 1.5,
    "longitude": 2.5,
    "timeZone": "UTC+2",
    "exifImageWidth": 4000,
    "exifImageHeight": 3000,
}
ASSET = {
    "id": ID,
    "ownerId": ID,
    "checksum": "C7Xs8y+7nzjnYXmPr8CHUtb9zVA=",
    "originalFileName": "a.jpg",
    "originalPath": "/data/a.jpg",
    "duplicateId": ID,
    "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
    "type": "IMAGE",
    **dict.fromkeys(("fileCreatedAt", "fileModifiedAt", "localDateTime", "updatedAt"), "2026-01-01T00:00:00.000Z"),
    "visibility": "timeline",
    "isFavorite": False,
    "isTrashed": False,
    "isOffline": False,
    "isEdited": False,
    "libraryId": ID,
    "livePhotoVideoId": ID,
    "exifInfo": EXIF,
    "people": [{"id": ID, "name": "Ann"}],
    "tags": [{"id": ID, "value": "Trip/Rome"}],
}
ASSETS = {"assets": {"items": [ASSET], "nextPage": None}}
PERSON = {"id": ID, "name": "Ann", "birthDate": "1990-01-01", "isHidden": True, "isFavorite": True, "color": "#aabbcc"}
BOX = {"boundingBoxX1": 1, "boundingBoxX2": 5, "boundingBoxY1": 1, "boundingBoxY2": 5, "imageWidth": 9, "imageHeight": 9}
FACES = [{"id": ID, **BOX, "person": PERSON, "sourceType": "manual"}]
EDITS = {"edits": [{"action": "crop", "parameters": {"x": 1, "y": 1}}, {"action": "mirror", "parameters": {"axis": "horizontal"}}]}
PEOPLE = {"people": [{"id": ID, "name": "Ann"}], "hasNextPage": False}
SEARCH: dict[str, Any] = {"assets": {"items": [{"id": ID, "ownerId": ID, "fileCreatedAt": "2026-01-01T00:00:00.000Z"}], "nextPage": None}}


def form(_attempt: int) -> FormBody:
    return FormBody({}, b"x", name="a.jpg", size=1, sha1="11f6ad8ec52a2984abaafd7c3b516503785c2072")


def permissions(client: Immich) -> list[str] | None:
    """Those of another client, since each asks once."""
    with closing(client.with_key(ApiKey("another"))) as other:
        return other.permissions


CALLS: dict[str, tuple[Any, Callable[[Immich], object]]] = {
    "version": ({"major": 3, "minor": 1, "patch": 0}, lambda client: client.read_version()),
    "permissions": ({"permissions": ["all"]}, lambda client: permissions(client)),
    "features": ({"trash": True}, lambda client: client.server.features()),
    "media types": (MEDIA_TYPES, lambda client: client.server.media_types()),
    "storage": (STORAGE, lambda client: client.server.storage()),
    "user": (USER, lambda client: client.server.me()),
    "albums": ([ALBUM], lambda client: client.albums.mine()),
    "old albums": ([OLD_ALBUM], lambda client: client.albums.mine()),
    "album": (ALBUM, lambda client: client.albums.get(ID)),
    "new album": (ALBUM, lambda client: client.albums.create("Rome")),
    "members": ([{"id": ID, "success": False, "error": "duplicate"}], lambda client: client.albums.add(ID, [ID])),
    "tags": ([{"id": ID, "value": "Rome"}], lambda client: client.tags.all()),
    "new tags": ([{"id": ID, "value": "Rome"}], lambda client: client.tags.ensure(["Rome"])),
    "tagged": ({"count": 1}, lambda client: client.tags.add([ID], [ID])),
    "bulk check": (BULK_CHECK, lambda client: client.assets.check(["a"])),
    "upload": ({"id": ID, "status": "created"}, lambda client: client.assets.upload("a", form)),
    "search": (SEARCH, lambda client: list(client.assets.ids_where(album_id=ID))),
    "assets": (ASSETS, lambda client: list(client.assets.search(Search(), owners=(ID,)))),
    "random assets": ([ASSET], lambda client: client.assets.random(1)),
    "asset": (ASSET, lambda client: client.assets.get(ID)),
    "people": (PEOPLE, lambda client: client.assets.people()),
    "faces": (FACES, lambda client: PersonCalls(client).faces(ID)),
    "edits": (EDITS, lambda client: PersonCalls(client).edits(ID)),
    "named": ([PERSON], lambda client: PersonCalls(client).named("Ann")),
    "new person": (PERSON, lambda client: PersonCalls(client).create(Person(ID, "Ann"))),
    "stack": ({"id": ID, "primaryAssetId": ID, "assets": [ASSET]}, lambda client: client.stacks.assets_of(ID)),
    "queues": ([QUEUE], lambda client: client.queues.all()),
    "jobs": ({"ocr": {"jobCounts": COUNTS, "queueStatus": {"isPaused": False}}}, lambda client: client.queues.all()),
}

ODD: list[Any] = [None, True, -1, 1.5, 10**30, "", "x", "half \ud83d", "x/../../queues", [], [None], {}, {"id": 1}, [[[[]]]]]


@pytest.fixture(autouse=True)
def _soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a server that has one answer to every question, which is tried for long."""
    monkeypatch.setattr(asset_lists, "_MOST_EMPTY", 3)
    monkeypatch.setattr(asset_lists, "_MOST_COUNTED", 2**4)


@pytest.fixture
def said() -> list[Reply]:
    """The answer that the server sends; a test replaces it."""
    return [Reply()]


@pytest.fixture
def client(said: list[Reply], connect: Connect) -> Iterator[Callable[[str], Immich]]:
    """A factory of clients that know the server's version and their permissions, and then meet what it says."""

    def reply(seen: Seen) -> Reply:
        return first.pop(0) if first else said[0]

    first: list[Reply] = []
    with answering(reply) as server:

        def build(name: str) -> Immich:
            major = 1 if name == "jobs" else 3
            first[:] = [Reply(body=b'{"major":%d,"minor":140,"patch":0}' % major), Reply(body=b'{"permissions":["all"]}')]
            made = connect(server.url + "/api", retries=0)
            assert (made.version.major, made.permissions) == (major, ["all"])
            return made

        yield build


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each part of a JSON value, its root included."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield from places(one, (*path, name))


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The value with something odd in a place; for Ellipsis with nothing there."""
    if not path:
        return odd
    copy = value.copy()
    if odd is ... and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], odd)
    return copy


def shape(value: object) -> object:
    """The types in a value, where a list, or a tuple without names, is as its first entry and `None` as nothing at all."""
    if isinstance(value, tuple) and type(value) is not tuple:
        return (type(value), *map(shape, value))
    if isinstance(value, (list, tuple)):
        return [shape(value[0])] if value else []
    if isinstance(value, dict):
        return {type(name): shape(one) for name, one in value.items() if one is not None}
    return None if value is None else type(value)


def fits(good: Any, got: Any) -> bool:
    """Whether what a call returned has the shape that it promises."""
    if got is None or got == good:
        return True
    if isinstance(good, tuple):
        return isinstance(got, tuple) and len(got) == len(good) and all(map(fits, good, got))
    if isinstance(good, list):
        return isinstance(got, list) and all(fits(good[0], one) for one in got)
    if isinstance(good, dict):
        return isinstance(got, dict) and all(name in good and fits(good[name], one) for name, one in got.items())
    return False


LISTS = ("search", "assets", "timeline")  # their answers have many places, each of which is tried with each odd value


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.check, pytest.mark.long] if name in LISTS else []) for name in CALLS]
)
def test_an_answer_of_another_shape(client: Callable[[str], Immich], said: list[Reply], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asset_lists, "_MOST_EMPTY", 3)  # a server that has one answer to all: a list is tried for long with it
    monkeypatch.setattr(asset_lists, "_MOST_COUNTED", 2**4)
    good, call = CALLS[name]
    said[0] = Reply(body=json.dumps(good).encode())
    one = client(name)
    expected = shape(call(one))
    refused = 0
    for place in places(good):
        for odd in [*ODD, ...]:
            if odd is ... and not place:
                continue
            said[0] = Reply(body=json.dumps(changed(good, place, odd)).encode())
            try:
                got = call(one)
            except errors.ImmichError as exc:
                refused += 1
                assert exc.msg.isprintable()
            else:
                assert fits(expected, shape(got)), (place, odd, got)
                json.dumps(got, ensure_ascii=False).encode()
    assert refused


BODIES = [
    b"",
    b" ",
    b"{",
    b"nul",
    b"[" * 200_000,
    b'{"a":' * 200_000,
    b"[" * 200_000 + b"]" * 200_000,
    b"1" * 1_000_000,
    b"-" + b"9" * 5000,
    b"1e999",
    b"NaN",
    b"-Infinity",
    b'"\\ud83d"',
    b"\xff\xfe[\x00]\x00",
    b"\xff\xff\xff",
    b"\x00" * 100,
    b"<title" * 20_000,
    b"<title>" + b" " * 60_000,
    b"</title<title>",
    b'{"message":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"message":"' + b"x" * 1_000_000 + b'"}',
    b'{"message":["a",1,null,{"b":[]}],"correlationId":{"c":1}}',
    b'{"message":"Validation failed","errors":[1,{"path":[{}],"message":{}},{"path":{"a":1}},{}]}',
    b'{"message":"\\u001b[31m\\nMissing required permission: a.b\\ud800","errors":{}}',
    b'{"message":{"a":1},"error":7,"statusCode":"x","maintenanceMode":"yes"}',
    b'{"message":"Cannot GET /api/server/storage"}',
]


@pytest.mark.parametrize(
    "status", [200, 201, 204, 299, 300, 301, 304, 399, 400, 401, 403, 404, 408, 413, 418, 425, 429, 500, 503, 599, 999]
)
@pytest.mark.parametrize("kind", ["Application/JSON; charset=x", "text/html"])
def test_answer_of_any_bytes_fails_printably(client: Callable[[str], Immich], said: list[Reply], status: int, kind: str) -> None:
    one = client("storage")
    for body in BODIES:
        said[0] = Reply(status, body, {"Content-Type": kind})
        with pytest.raises(errors.ImmichError) as caught:
            one.server.storage()
        assert caught.value.msg.isprintable()
        assert len(caught.value.msg) < 3000
        json.dumps(caught.value.failure(), ensure_ascii=False).encode()


HEADERS = [
    {"Date": "Thu, 01 Jan 99999 00:00:00 GMT"},
    {"Date": "Thu, 01 Jan 0000 00:00:00 GMT"},
    {"Date": "Fri, 31 Dec 9999 23:59:59 -2359"},
    {"Date": "Mon, 01 Jan 0001 00:00:00 +2359"},
    {"Date": "\xb2\xb2\xb2, \xb9 Jan"},
    {"Date": "9" * 5000},
    {"Date": ""},
    {"Retry-After": "9" * 5000},
    {"Retry-After": "-" + "9" * 400},
    {"Retry-After": "\xb2"},
    {"Retry-After": "Thu, 01 Jan 99999 00:00:00 GMT"},
    {"Location": "http://[::1"},
    {"Location": "http://a:99999999/"},
    {"Location": "//\xe9\x1b[31m"},
    {"Location": ""},
    {"X-Correlation-ID": "\x1b[31m" + "x" * 10_000},
    {"Content-Type": "\xff;;;"},
]


@pytest.mark.parametrize("headers", HEADERS)
def test_answer_with_any_headers_fails_printably(connect: Connect, headers: dict[str, str]) -> None:
    statuses = iter([200, 302, 401, 404, 404, 429, 429, 429, 503, 503, 503])
    reply = lambda _seen: Reply(next(statuses), b'{"message":"no"}', {"Content-Type": "application/json", **headers})  # noqa: E731  # one answer
    with answering(reply) as server:
        client = connect(server.url + "/api", retries=2)
        for _ in range(6):
            with pytest.raises(errors.ImmichError) as caught:
                client.server.storage()
            assert caught.value.msg.isprintable()
            assert 0 <= client.server_time < 253_402_400_000
            json.dumps(caught.value.failure(), ensure_ascii=False).encode()


@pytest.mark.parametrize("following", ["1", "0", "-1", "x", "9" * 5000, "\u0663", 2, ["2"]])
def test_search_without_end_is_not_complete(client: Callable[[str], Immich], said: list[Reply], following: Any) -> None:
    said[0] = Reply(body=json.dumps({"assets": {**SEARCH["assets"], "nextPage": following}}).encode())
    listed = client("search").assets.ids_where(album_id=ID)
    assert next(listed) == ID
    with pytest.raises(errors.IncompleteList):
        list(listed)


def test_a_search_ends_with_an_empty_page(client: Callable[[str], Immich], said: list[Reply]) -> None:
    said[0] = Reply(body=json.dumps({"assets": {"items": [], "nextPage": "2"}}).encode())
    assert list(client("search").assets.ids_where(album_id=ID)) == []
