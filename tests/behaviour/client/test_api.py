# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The typed calls over real HTTP against the embedded server, in each version: what the server ended up with counts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from immich_emulator.testing import Emulator
from support.collection import ADMINS_KEY, ApiKey, FormBody, Immich, errors, upload_fields
from support.http.answering import Reply, Seen, answering, forward
from support.http.sharing import ask, share_with_admin
from support.http.wire import writes
from support.tiers import newest_in_test

from .conftest import Connect

WHEN = "2021-03-04T05:06:07+02:00"


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def any_server(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Emulator:
    """An embedded server, of each version in turn."""
    return emulator(version=request.param)


@pytest.fixture
def client(any_server: Emulator, connect: Connect) -> Immich:
    """A client with an ordinary user's key."""
    return connect(any_server.url, any_server.api_key)


@pytest.fixture
def admin(any_server: Emulator, connect: Connect) -> Immich:
    """A client with an administrator's key."""
    return connect(any_server.url, any_server.admin_api_key)


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def upload(client: Immich, data: bytes, name: str = "a.jpg", *, favorite: bool = False, visibility: str = "timeline") -> str:
    fields = upload_fields(device_asset_id=name, created=WHEN, modified=WHEN, favorite=favorite, visibility=visibility)
    stored = client.assets.upload(
        sha1(data), lambda _attempt: FormBody(fields, io.BytesIO(data), name=name, size=len(data), sha1=sha1(data))
    )
    return stored.asset_id


def test_the_version_is_read_once(any_server: Emulator, client: Immich) -> None:
    assert str(client.version).startswith(any_server.version)
    assert str(client.version).startswith(any_server.version)
    assert [seen["path"] for seen in any_server.requests()].count("/server/version") == 1


def test_an_upload_ends_as_said(any_server: Emulator, client: Immich) -> None:
    assert client.assets.check([sha1(b"one"), sha1(b"two")]) == {}
    asset_id = upload(client, b"one", 'qu"ote \N{CAMERA}.jpg', favorite=True, visibility="archive")
    (asset,) = any_server.state()["assets"]
    assert (asset["name"], asset["checksum"], asset["size"]) == ('qu"ote \N{CAMERA}.jpg', sha1(b"one"), 3)
    assert (asset["favorite"], asset["visibility"]) == (True, "archive")
    assert client.assets.check([sha1(b"one"), sha1(b"two")]) == {sha1(b"one"): (asset_id, False)}


def test_equal_bytes_are_stored_once(any_server: Emulator, client: Immich) -> None:
    assert upload(client, b"same", "a.jpg") == upload(client, b"same", "b.jpg")
    assert len(any_server.state()["assets"]) == 1


def test_upload_with_lost_answer_is_recognised(any_server: Emulator, client: Immich) -> None:
    any_server.fault(method="POST", path="/assets", cut="response")
    upload(client, b"x" * 100_000)
    assert len(any_server.state()["assets"]) == 1
    uploads = [seen for seen in any_server.requests() if seen["path"] == "/assets"]
    assert "x-immich-checksum" not in uploads[0]["headers"]
    assert uploads[1]["headers"]["x-immich-checksum"] == sha1(b"x" * 100_000)


def test_upload_headers_win_over_configured_headers(any_server: Emulator, connect: Connect) -> None:
    headers = {"content-type": "text/plain", "CF-Access-Client-Id": "id"}
    upload(connect(any_server.url, any_server.api_key, headers=headers), b"one")
    assert len(any_server.state()["assets"]) == 1
    (sent,) = [seen["headers"] for seen in any_server.requests() if seen["path"] == "/assets"]
    assert sent["cf-access-client-id"] == "id"
    assert sent["content-type"].startswith("multipart/form-data")


def test_a_connection_cut_in_the_middle_is_tried_again(any_server: Emulator, client: Immich) -> None:
    data = b"y" * 3_000_000
    any_server.fault(method="POST", path="/assets", cut="request", cut_after=1_000_000)
    upload(client, data)
    state = any_server.state()
    assert [asset["checksum"] for asset in state["assets"]] == [sha1(data)]
    assert state["partial_uploads"] == 0


def test_upload_of_changed_file_stores_nothing(any_server: Emulator, client: Immich) -> None:
    def other_bytes(_attempt: int) -> FormBody:
        return FormBody({"fileCreatedAt": WHEN, "fileModifiedAt": WHEN}, io.BytesIO(b"new"), name="a.jpg", size=3, sha1=sha1(b"old"))

    with pytest.raises(errors.FileChanged):
        client.assets.upload(sha1(b"old"), other_bytes)
    assert any_server.state()["assets"] == []


def test_albums_are_made_filled_and_found(any_server: Emulator, client: Immich) -> None:
    first, second = upload(client, b"1"), upload(client, b"2", visibility="archive")
    album = client.albums.create("Summer", "Hot")
    assert client.albums.mine() == [album]
    assert album.owned
    assert [added.success for added in client.albums.add(album.id, [first, second])] == [True, True]
    assert [added.error for added in client.albums.add(album.id, [first])] == ["duplicate"]
    assert set(client.assets.ids_where(album_id=album.id)) == {first, second}
    client.albums.update(album.id, "Winter", "Cold")
    assert client.albums.get(album.id)[1:4] == ("Winter", "Cold", 2)
    client.albums.delete(album.id)
    assert any_server.state()["albums"] == []


def test_tags_are_made_and_given(any_server: Emulator, client: Immich) -> None:
    asset_id = upload(client, b"1")
    any_server.wait_idle()  # tags that are given while the metadata is read are lost
    ids = client.tags.ensure(["Trip/Rome"])
    assert client.tags.add(list(ids.values()), [asset_id]) == 1
    assert client.tags.add(list(ids.values()), [asset_id]) == 0
    assert client.tags.all()["Trip/Rome"] == ids["Trip/Rome"]
    assert list(client.assets.ids_where(tag_id=ids["Trip/Rome"])) == [asset_id]
    assert any_server.state()["assets"][0]["tags"] == ["Trip/Rome"]


def test_a_search_goes_on_to_its_last_page(any_server: Emulator, client: Immich, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.photoyard.immich.plugins.module_utils._client.asset_lists.PAGE", 2)
    album = client.albums.create("Many")
    ids = [upload(client, b"%d" % n) for n in range(5)]
    client.albums.add(album.id, ids)
    assert sorted(client.assets.ids_where(album_id=album.id)) == sorted(ids)


def test_queues_are_paused_and_resumed(any_server: Emulator, admin: Immich) -> None:
    admin.queues.set_paused("smartSearch", True)
    assert any_server.paused() == {"smartSearch"}
    assert [queue.name for queue in admin.queues.all() if queue.paused] == ["smartSearch"]
    admin.queues.set_paused("smartSearch", False)
    assert any_server.paused() == set()


def test_jobs_held_back_by_a_pause_count_as_waiting(any_server: Emulator, admin: Immich, client: Immich) -> None:
    admin.queues.set_paused("metadataExtraction", True)
    upload(client, b"1")
    queue = next(queue for queue in admin.queues.all() if queue.name == "metadataExtraction")
    assert (queue.paused, queue.waiting, queue.drained) == (True, 1, False)


def test_a_key_of_an_ordinary_user_is_refused_as_such(client: Immich) -> None:
    with pytest.raises(errors.PermissionDenied, match="is not an administrator"):
        client.queues.all()


@pytest.mark.parametrize("version", ["2.7", "3.1"])
@pytest.mark.parametrize(("scopes", "path"), [(["job.read", "job.create"], "/jobs"), (["queue.read", "queue.update"], "/queues")])
def test_queues_use_api_allowed_by_key(
    emulator: Callable[..., Emulator], connect: Connect, version: str, scopes: list[str], path: str
) -> None:
    server = emulator(version=version)
    client = connect(server.url, server.make_key(user="admin", permissions=scopes))
    client.queues.set_paused("faceDetection", True)
    assert [queue.name for queue in client.queues.all() if queue.paused] == ["faceDetection"]
    assert {seen["path"].split("/")[1] for seen in server.requests() if "faceDetection" in seen["path"]} == {path[1:]}


@pytest.mark.parametrize("version", ["2.7", "3.1"])
def test_missing_scopes_are_named_all_at_once(emulator: Callable[..., Emulator], connect: Connect, version: str) -> None:
    server = emulator(version=version)
    client = connect(server.url, server.make_key(permissions=["asset.upload"]))
    with pytest.raises(errors.PermissionDenied) as caught:
        client.require({"asset.upload": "upload", "album.read": "look for albums", "tag.create": "make tags"})
    assert caught.value.msg.startswith(
        "The API key (immich_api_key, IMMICH_API_KEY) lacks the scope album.read (needed to look for albums), "
        "the scope tag.create (needed to make tags). Add them"
    )
    assert caught.value.failure()["details"] == {"scopes": ["album.read", "tag.create"]}


def test_require_names_scopes_of_administrators(server: Emulator, connect: Connect) -> None:
    client = connect(server.url, server.make_key(permissions=["asset.upload"]))
    with pytest.raises(errors.PermissionDenied, match=r"Add it to the key .*, which has to be that of an administrator\.$"):
        client.require({"queue.read": "list the queues"})


def test_before_1_139_the_scopes_of_lists_are_tried(emulator: Callable[..., Emulator], connect: Connect) -> None:
    server = emulator(version="1.135")
    wanted = {"asset.upload": "upload", "album.read": "find albums", "album.create": "make albums", "tag.read": "find tags"}
    client = connect(server.url, server.make_key(permissions=["asset.upload"]), read_only=True)
    with pytest.raises(errors.PermissionDenied) as caught:
        client.require(wanted)
    assert caught.value.failure()["details"] == {"scopes": ["album.read", "tag.read"]}
    connect(server.url, server.make_key(permissions=["album.read", "tag.read"]), read_only=True).require(wanted)
    assert writes(server) == []


@pytest.mark.parametrize("version", ["2.7", "3.1"])
@pytest.mark.parametrize("path", ["", "/api"])
def test_maintenance_mode_is_named(emulator: Callable[..., Emulator], connect: Connect, version: str, path: str) -> None:
    server = emulator(version=version)
    server.maintenance(True)
    client = connect(server.url + path, server.api_key)
    with pytest.raises(errors.MaintenanceMode):
        client.albums.mine()
    server.maintenance(False)
    assert client.albums.mine() == []


def test_a_refusal_says_which_key(server: Emulator, connect: Connect) -> None:
    client = connect(server.url, "wrong")
    admins_name = r"the administrator's API key \(immich_admin_api_key, IMMICH_ADMIN_API_KEY\)"
    with pytest.raises(errors.AuthError, match=r"does not accept the API key \(immich_api_key, IMMICH_API_KEY\): Invalid API key\."):
        client.queues.all()
    for key, kind, message in [
        ("wrong", errors.AuthError, "does not accept " + admins_name),
        (server.api_key, errors.PermissionDenied, admins_name.replace("the", "^The", 1) + ".* is not an administrator"),
    ]:
        with closing(client.with_key(ApiKey(key, ADMINS_KEY))) as admin, pytest.raises(kind, match=message):
            admin.queues.all()
    key = server.make_key(user="admin", permissions=["queue.read"])
    with closing(client.with_key(ApiKey(key, ADMINS_KEY))) as admin:
        with pytest.raises(errors.PermissionDenied, match=r"^The administrator's API key .* lacks the scope queue\.update\. Add it"):
            admin.queues.set_paused("ocr", True)
        with pytest.raises(errors.PermissionDenied, match=r"^The administrator's API key .* lacks the scope queue\.update \(needed to"):
            admin.require({"queue.update": "pause"})


ELSEWHERE = ["x/../../queues", "..", "", "2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8/assets", "2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8\n"]


@pytest.mark.parametrize("given", ELSEWHERE)
def test_an_id_or_a_name_leads_to_no_other_route(server: Emulator, connect: Connect, given: str) -> None:
    client = connect(server.url, server.admin_api_key)
    _ = client.version, client.permissions
    server.clear_requests()
    calls: list[Callable[[], object]] = [
        lambda: client.albums.get(given),
        lambda: client.albums.update(given, "x"),
        lambda: client.albums.delete(given),
        lambda: client.albums.add(given, []),
        lambda: client.queues.set_paused(given + "/..", True),
        lambda: client.queues.command(given + "/..", "pause"),
    ]
    for call in calls:
        with pytest.raises(errors.InvalidRequest, match=r"is not (an album's id|the name of a queue)"):
            call()
    assert server.requests() == []


def test_half_of_a_character_is_not_sent(server: Emulator, connect: Connect) -> None:
    client = connect(server.url, server.api_key)
    for call in (lambda: client.albums.create("half \ud83d"), lambda: client.tags.ensure(["half \ud83d"])):
        with pytest.raises(errors.InvalidRequest, match=r"'\\ud83d' contains half of a surrogate pair"):
            call()
    assert writes(server) == []


@pytest.fixture
def shared(any_server: Emulator) -> str:
    """The id of an album that the user shares with the administrator, who may edit it."""
    album_id = str(ask(any_server, any_server.api_key, "POST", "/albums", {"albumName": "Shared"})["id"])
    share_with_admin(any_server, album_id)
    return album_id


def test_shared_album_is_not_owned(shared: str, admin: Immich, client: Immich) -> None:
    assert admin.albums.mine() == []
    assert not admin.albums.get(shared).owned
    private = client.albums.create("Private")
    assert {album.name: album.owned for album in client.albums.mine()} == {"Shared": True, "Private": True}
    assert client.albums.get(private.id).owned


def test_the_owner_is_looked_at_where_the_server_does_not(shared: str, any_server: Emulator, connect: Connect) -> None:
    """It is asked for the albums that the user owns, and answers with all."""
    honest = forward(any_server.url)

    def reply(seen: Seen) -> Reply:
        everything = "/api/albums" if any_server.version == "3.1" else "/api/albums?shared=true"
        return honest(replace(seen, path=everything) if seen.path.startswith("/api/albums?") or seen.path == "/api/albums" else seen)

    with answering(reply) as front:
        admin = connect(front.url, any_server.admin_api_key)
        assert [(album.id, album.owned) for album in admin.albums.mine()] == [(shared, False)]
        connect(any_server.url, any_server.admin_api_key).albums.create("Private")
        if any_server.version == "3.1":
            assert [(album.name, album.owned) for album in admin.albums.mine()] == [("Private", True)]
