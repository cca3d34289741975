# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded server's own handles, and what was observed on real servers beyond the recorded scenario."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from contract.conformance.forms import BOUNDARY, Part, file_part, multipart, photo
from immich_emulator.testing import Emulator
from support.photos.jpegs import jpeg, sidecar_of, with_xmp
from support.waiting import wait_until

FIELDS = {"deviceAssetId": "a", "deviceId": "b"} | dict.fromkeys(("fileCreatedAt", "fileModifiedAt"), "2021-03-04T05:06:07.000Z")
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def form(data: bytes, name: str = "a.jpg", **fields: str) -> bytes:
    """An upload's body."""
    values = {**FIELDS, **fields}
    return multipart([*(Part(field, text.encode()) for field, text in values.items()), file_part("assetData", data, name)])


def send(server: Emulator, method: str, path: str, **content: Any) -> requests.Response:
    """A request with the user's key."""
    headers = {"x-api-key": server.api_key, **content.pop("headers", {})}
    return requests.request(method, f"{server.url}/api{path}", headers=headers, timeout=60, **content)


def upload(server: Emulator, data: bytes, name: str = "a.jpg", **fields: str) -> str:
    """Uploads one file; its id."""
    answer = send(server, "POST", "/assets", data=form(data, name, **fields), headers=MULTIPART)
    answer.raise_for_status()
    return str(answer.json()["id"])


def connect(server: Emulator) -> socket.socket:
    """A bare connection."""
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def test_requests_are_logged_without_the_key(server: Emulator) -> None:
    upload(server, photo("log"), "log.jpg", isFavorite="true")
    (entry,) = server.requests(writes=True)
    assert (entry["method"], entry["path"], entry["status"], entry["key"], entry["complete"]) == ("POST", "/assets", 201, "user-all", True)
    assert entry["form"]["isFavorite"] == "true"
    assert (entry["form"]["assetData"]["filename"], entry["form"]["assetData"]["bytes"]) == ("log.jpg", len(photo("log")))
    assert server.api_key not in str(server.requests())
    send(server, "POST", "/assets/bulk-upload-check", json={"assets": [{"id": "1", "checksum": "00" * 20}]})
    assert server.requests(since=entry["n"], writes=True) == []
    server.clear_requests()
    assert server.requests() == []


def test_fault_hits_as_often_as_asked(server: Emulator) -> None:
    server.fault("GET", "^/server/version$", after=1, times=2, status=429, headers={"Retry-After": "3"}, body="slow down")
    answers = [send(server, "GET", "/server/version") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert (answers[1].text, answers[1].headers["Retry-After"]) == ("slow down", "3")
    server.fault(times=None, html=True)
    assert send(server, "GET", "/users/me").headers["Content-Type"].startswith("text/html")
    server.clear_faults()
    assert send(server, "GET", "/users/me").json()["email"] == "user@example.com"


def test_an_upload_cut_by_the_server_leaves_nothing(server: Emulator) -> None:
    server.fault("POST", "/assets", cut="request", cut_after=100_000)
    with pytest.raises(requests.ConnectionError):
        send(server, "POST", "/assets", data=form(b"x" * 5_000_000), headers=MULTIPART)
    assert (server.state()["assets"], server.state()["partial_uploads"]) == ([], 0)
    (entry,) = server.requests()
    assert (entry["complete"], entry["status"]) == (False, None)


def test_an_upload_cut_by_the_client_leaves_nothing(server: Emulator) -> None:
    body = form(b"x" * 300_000)
    head = f"POST /api/assets HTTP/1.1\r\nHost: x\r\nx-api-key: {server.api_key}\r\nContent-Length: {len(body)}\r\n"
    with connect(server) as connection:
        connection.sendall(f"{head}Content-Type: {MULTIPART['Content-Type']}\r\n\r\n".encode() + body[:200_000])
    wait_until(lambda: bool(server.requests()))  # the entry comes once everything is put away
    assert [entry["complete"] for entry in server.requests()] == [False]
    assert (server.state()["assets"], server.state()["partial_uploads"]) == ([], 0)


def test_request_waits_until_faults_are_cleared(server: Emulator) -> None:
    server.fault("GET", "^/server/ping$", until_cleared=True)
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(requests.get, f"{server.url}/api/server/ping", timeout=60)
        wait_until(lambda: server.struck() == 1)
        assert not answer.done()
        server.clear_faults()
        assert answer.result().ok


def test_waiting_request_strikes_when_whole(server: Emulator) -> None:
    server.fault("PUT", "^/tags$", until_cleared=True)
    head = f"PUT /api/tags HTTP/1.1\r\nHost: immich\r\nx-api-key: {server.api_key}\r\nContent-Type: application/json\r\n"
    with connect(server) as connection:
        connection.sendall(f"{head}Content-Length: 15\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")  # the server begins to read the body
        assert server.struck() == 0
        connection.sendall(b'{"tags": ["a"]}')
        wait_until(lambda: server.struck() == 1)
    server.clear_faults()
    wait_until(lambda: [entry["status"] for entry in server.requests(writes=True)] == [200])


def test_an_answer_cut_after_the_work_was_done(server: Emulator) -> None:
    server.fault("POST", "/assets", cut="response")
    with pytest.raises(requests.ConnectionError):
        upload(server, photo("cut"))
    assert [asset["name"] for asset in server.state()["assets"]] == ["a.jpg"]


@pytest.mark.parametrize(("cut", "albums"), [("connection", 0), ("half", 1)])
def test_cut_says_whether_request_was_carried_out(server: Emulator, cut: str, albums: int) -> None:
    server.fault(after=1, cut=cut)
    assert send(server, "GET", "/albums").json() == []
    with pytest.raises(requests.RequestException):
        send(server, "POST", "/albums", json={"albumName": "Rome"})
    assert server.struck_requests() == ["POST /albums"]
    assert len(send(server, "GET", "/albums").json()) == albums


def test_cut_answer_reaches_a_slow_client_up_to_the_cut(server: Emulator) -> None:
    """Else it would depend on the client's speed how much a test that cuts a download has of it."""
    whole = photo("large") + bytes(3_000_000)
    asset_id = upload(server, whole)
    server.fault("GET", "/original$", cut="response", cut_after=2_500_000)
    with connect(server) as connection:
        head = f"GET /api/assets/{asset_id}/original HTTP/1.1\r\nHost: x\r\nx-api-key: {server.api_key}\r\n\r\n"
        connection.sendall(head.encode())
        wait_until(lambda: server.struck() == 1)
        time.sleep(0.3)  # longer than a server takes that waits for nobody
        arrived = 0
        with pytest.raises(ConnectionResetError):
            while arrived < len(whole):
                arrived += len(connection.recv(65536))
    assert 2_000_000 < arrived < 2_500_000


def test_an_idle_connection_is_closed(server: Emulator) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /api/server/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))  # until the server closes
    assert b"keep-alive: timeout=5" in answer
    assert answer.endswith(b'{"res":"pong"}')


def test_a_restart_resumes_metadata_extraction_alone(server: Emulator) -> None:
    for queue in ("metadataExtraction", "smartSearch"):
        server.pause(queue)
    with connect(server) as connection:
        connection.sendall(b"GET /api/server/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096)
        server.restart(down=0.5)
        with suppress(ConnectionResetError):  # one that has been idle for too long was closed before
            while connection.recv(4096):
                pass
    assert server.paused() == {"smartSearch"}


def test_a_handle_outlasts_a_restart(server: Emulator) -> None:
    """Else a test that watches the server would fail whenever Immich restarts."""

    def make_keys() -> int:
        return len({server.make_key() for _ in range(100)})

    before = len(send(server, "GET", "/api-keys").json())
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(make_keys) for _ in range(3)]
        while not all(one.done() for one in made):
            server.restart()
    assert sum(one.result() for one in made) == 300
    server.state()  # a handle waits until the last restart is over, which a request does not
    assert len(send(server, "GET", "/api-keys").json()) - before == 300  # none was made twice


def test_server_keeps_state_in_given_folder(emulator: Callable[..., Emulator], tmp_path: Any) -> None:
    with Emulator("3.1", data=tmp_path) as first:
        first.pause("metadataExtraction")
        kept = upload(first, photo("kept"))
        key = first.api_key
    second = emulator("3.1", data=tmp_path)
    assert second.api_key == key
    assert [asset["id"] for asset in second.state()["assets"]] == [kept]
    assert second.paused() == {"metadataExtraction"}
    second.resume("metadataExtraction")
    second.wait_idle()
    assert [asset["extracted"] for asset in second.state()["assets"]] == [True]


def test_discarded_bodies_are_still_counted_and_hashed(emulator: Callable[..., Emulator]) -> None:
    server = emulator("3.1", discard_bodies=True)
    upload(server, photo("gone"))
    (asset,) = server.state()["assets"]
    assert (asset["size"], asset["path"]) == (len(photo("gone")), None)
    assert send(server, "GET", f"/assets/{asset['id']}/original").status_code == 404


@pytest.mark.parametrize("version", ["1.135", "2.7", "3.1"])
def test_a_locked_asset_is_out_of_a_keys_reach(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version)
    locked, plain = upload(server, photo("locked"), visibility="locked"), upload(server, photo("plain"))
    assert send(server, "GET", f"/assets/{locked}").json()["message"] == "Not found or no asset.read access"
    album = send(server, "POST", "/albums", json={"albumName": "A", "assetIds": [locked]}).json()["id"]
    added = send(server, "PUT", f"/albums/{album}/assets", json={"ids": [locked, plain]}).json()
    assert [entry.get("error") for entry in added] == ["no_permission", None]
    tag = send(server, "PUT", "/tags", json={"tags": ["T"]}).json()[0]["id"]
    tagged = send(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [locked, plain]})
    assert tagged.json() == {"count": 1}
    assert send(server, "POST", "/search/metadata", json={"visibility": "locked"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (form(photo("short"))[:-60], "Multipart: Unexpected end of form"),
        (form(photo("short"))[:-4], "Multipart: Unexpected end of form"),
        (b"", "Multipart: Unexpected end of form"),
        (form(photo("control"), "a\x01b.jpg"), "Multipart: Malformed part header"),
        (form(photo("nameless"), ""), "File is required"),
        (form(photo("field")).replace(b'name="deviceId"', b'nam="deviceId"'), "Field name missing"),
    ],
)
def test_a_broken_form_is_refused(server: Emulator, body: bytes, message: str) -> None:
    answer = send(server, "POST", "/assets", data=body, headers=MULTIPART)
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert (server.state()["assets"], server.state()["partial_uploads"]) == ([], 0)


@pytest.mark.parametrize(("version", "kept"), [("1.135", False), ("2.7", True), ("3.1", True)])
def test_a_tag_set_before_the_first_extraction(emulator: Callable[..., Emulator], version: str, kept: bool) -> None:
    server = emulator(version)
    for queue in ("metadataExtraction", "sidecar"):
        server.pause(queue)
    asset = upload(server, photo("early"))
    tag = send(server, "PUT", "/tags", json={"tags": ["Early"]}).json()[0]["id"]
    send(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [asset]})
    server.resume("metadataExtraction")
    server.wait_idle()
    assert server.state()["assets"][0]["tags"] == (["Early"] if kept else [])


@pytest.mark.parametrize("version", ["1.135", "2.7", "3.1"])
def test_a_tag_set_while_the_file_is_read_is_lost(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version)
    server.set_job_seconds(3600)
    asset = upload(server, photo("read"))
    tag = send(server, "PUT", "/tags", json={"tags": ["Lost"]}).json()[0]["id"]
    assert send(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [asset]}).json() == {"count": 1}
    assert server.state()["assets"][0]["tags"] == ["Lost"]
    server.set_job_seconds(0.001)
    server.wait_idle()
    assert server.state()["assets"][0]["tags"] == []


@pytest.mark.parametrize("version", ["1.135", "2.7", "3.1"])
@pytest.mark.parametrize(
    ("sidecar", "inside", "tags"),
    [
        (sidecar_of(tags=["a/b", "1.50", "1.50/x"], hierarchical=["c|d"]), None, ["1.5", "1.50/x", "a/b"]),
        (sidecar_of(hierarchical=["c|d", "24/7|e"], subjects=["f"]), None, ["24|7/e", "c/d"]),
        (sidecar_of(subjects=["f", "g"]), None, ["f", "g"]),
        (sidecar_of(hierarchical=["c|d"]), sidecar_of(tags=["x/y"]), ["x/y"]),
        (None, sidecar_of(hierarchical=["c|d"]), ["c/d"]),
    ],
)
def test_the_tags_of_a_sidecar(
    emulator: Callable[..., Emulator], version: str, sidecar: bytes | None, inside: bytes | None, tags: list[str]
) -> None:
    """Observed on real servers of each version. What is tagged later is written over the list in the sidecar."""
    server = emulator(version)
    content = with_xmp(jpeg(1), inside) if inside else jpeg(1)
    files = [("sidecarData", ("a.jpg.xmp", sidecar))] if sidecar else []
    asset = send(server, "POST", "/assets", data=FIELDS, files=[*files, ("assetData", ("a.jpg", content))]).json()["id"]
    server.wait_idle()
    assert server.state()["assets"][0]["tags"] == tags
    tag = send(server, "PUT", "/tags", json={"tags": ["later"]}).json()[0]["id"]
    send(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [asset]})
    server.wait_idle()
    assert server.state()["assets"][0]["tags"] == sorted([*tags, "later"])


@pytest.mark.parametrize("version", ["1.135", "2.7", "3.1"])
@pytest.mark.parametrize("sidecar", [b"not XML", b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'], ids=["not XML", "cut off"])
def test_a_broken_sidecar_on_the_server_takes_no_tags(emulator: Callable[..., Emulator], version: str, sidecar: bytes) -> None:
    """Observed on real servers of each version: a tag is lost when the metadata is read again. An upload sends one of its own instead."""
    server = emulator(version)
    files = [("sidecarData", ("a.jpg.xmp", sidecar)), ("assetData", ("a.jpg", jpeg(1)))]
    asset = send(server, "POST", "/assets", data=FIELDS, files=files).json()["id"]
    server.wait_idle()
    tag = send(server, "PUT", "/tags", json={"tags": ["later"]}).json()[0]["id"]
    send(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [asset]})
    server.wait_idle()
    assert server.state()["assets"][0]["tags"] == []


@pytest.mark.parametrize("version", ["1.135", "2.7", "3.1"])
def test_a_tag_set_before_a_sidecar_is_read_replaces_its_tags(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version)
    server.pause("metadataExtraction")
    files = [("sidecarData", ("a.jpg.xmp", sidecar_of(tags=["family/anna"]))), ("assetData", ("a.jpg", jpeg(1)))]
    asset = send(server, "POST", "/assets", data=FIELDS, files=files).json()["id"]
    tag = send(server, "PUT", "/tags", json={"tags": ["Early"]}).json()[0]["id"]
    send(server, "PUT", "/tags/assets", json={"tagIds": [tag], "assetIds": [asset]})
    server.wait_idle()
    server.resume("metadataExtraction")
    server.wait_idle()
    assert server.state()["assets"][0]["tags"] == ["Early"]


def test_an_album_is_shared(server: Emulator) -> None:
    admin = {"x-api-key": server.admin_api_key}
    album = send(server, "POST", "/albums", json={"albumName": "Ours"}, headers=admin).json()["id"]
    me = send(server, "GET", "/users/me").json()["id"]
    asset = upload(server, photo("shared"))
    assert send(server, "PUT", f"/albums/{album}/assets", json={"ids": [asset]}).status_code == 400
    share = {"albumUsers": [{"userId": me, "role": "editor"}]}
    assert send(server, "PUT", f"/albums/{album}/users", json=share, headers=admin).json()["shared"] is True
    assert [found["id"] for found in send(server, "GET", "/albums?isOwned=false").json()] == [album]
    assert send(server, "PUT", f"/albums/{album}/assets", json={"ids": [asset]}).json()[0]["success"] is True
    assert send(server, "DELETE", f"/albums/{album}").status_code == 400
