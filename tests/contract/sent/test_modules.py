# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection asks of a server is as Immich's OpenAPI documents say."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests as http

from contract.conformance.record_files import VERSIONS
from contract.openapi import acted_as, documents
from immich_emulator.testing import Emulator
from immich_emulator.versions import find
from support.exports.media import Camera, heic, jpeg, video
from support.modules import Task, run_modules
from support.photos.jpegs import write_photo, write_photos
from support.playbooks import processes
from support.run_cache import RunCache

pytestmark = pytest.mark.check

DOCUMENTS = documents()
PAIRS = [(acted_as(document_version), document_version) for document_version in DOCUMENTS]
TESTER = "tester"
PLACE = {"latitude": 41.9, "longitude": 12.5}
CHANGED = {
    "description": "x",
    "rating": 3,
    "favorite": True,
    "date": "2001-02-03",
    "position": PLACE,
    "add_tags": ["changed"],
    "add_to_albums": ["Changed"],
}
TAKEN_AWAY = {"rating": 0, "visibility": "archive", "remove_tags": ["changed"], "remove_from_albums": ["Changed"]}


def sent_to(run_cache: RunCache, version: str) -> list[dict[str, Any]]:
    """The requests that every module sends to a server of this version."""
    return run_cache.get(f"sent-modules-{version}", partial(run_all, version))


def run_all(version: str) -> list[dict[str, Any]]:
    """Runs each module twice; what they sent."""
    with TemporaryDirectory() as folder, Emulator(version=version) as server:
        photos = Path(folder) / "photos"
        first, *_ = write_photos(photos, 6, folders=2)
        first.write_bytes(jpeg("without a place", Camera(clock=datetime(2017, 7, 8, 11, 30, 11))))
        taken = datetime(2023, 7, 8, tzinfo=UTC)
        first.with_name("IMG_1.HEIC").write_bytes(heic("a", Camera(clock=taken)))
        first.with_name("IMG_1.MOV").write_bytes(video("a", taken, quicktime=True))
        raw = write_photo(photos.parent / "pair" / "IMG_1.jpg", 50).with_suffix(".dng")
        raw.write_bytes(raw.with_suffix(".jpg").read_bytes() + b"RAW")
        first.with_name(first.name + ".xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", encoding="utf-8")
        home = Path(folder) / "home"
        run_modules(home, every_module(server, photos))
        server.wait_idle()
        (completed,) = run_modules(home, [completing(server, export(Path(folder) / "export", first.read_bytes()))])
        assert completed["metadata_completed"] == 1
        write_photo(photos / "Trip 01" / "later.jpg", 99)
        put_into_trash(server)
        make_duplicates(server)
        run_modules(home, every_module(server, photos))
        processes.kill_all(home)
        return [request for request in server.requests() if request["key"] != TESTER]


def export(folder: Path, content: bytes) -> Path:
    """A Takeout that knows more of a photo than the photo itself."""
    folder.mkdir()
    moment = {"timestamp": "1499506211"}
    said: dict[str, Any] = {"title": "a.jpg", "description": "Rome", "url": "x", "photoTakenTime": moment, "creationTime": moment}
    said["geoData"] = {"latitude": 41.9, "longitude": 12.5, "altitude": 0.0}
    (folder / "a.jpg").write_bytes(content)
    (folder / "a.jpg.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def completing(server: Emulator, export: Path) -> Task:
    """Gives a photo that is there already what it lacks."""
    user = {"url": server.url, "api_key": server.api_key}
    return "immich_upload", {**user, "src": [str(export)], "layout": "google_takeout", "existing_metadata": "complete"}


def every_module(server: Emulator, photos: Path) -> list[Task]:
    """Every module, with all that makes it send something."""
    user = {"url": server.url, "api_key": server.api_key}
    admin = {"url": server.url, "api_key": server.admin_api_key}
    upload = {**user, "src": [str(photos)], "tags": ["Trip/Rome", "new"], "favorite": True, "server_trash": "restore"}
    pair = {"src": [str(photos.parent / "pair")], "album": "Summer"}
    cover = {"stack_cover": {"raw_jpeg": "raw"}, "album": "Summer", "tag": "new", "taken_after": "2000-01-01"}
    lease = {"lease": "contract", "ledger": "server"}
    return [
        ("immich_info", user),
        ("immich_jobs", {**admin, "state": "paused", "wait": True, "wait_interval": 0.1}),
        ("immich_upload", {**upload, "album_from": "folder", "visibility": "archive"}),
        ("immich_upload", {**upload, "album": "Summer"}),
        ("immich_upload", {**upload, **pair}),
        ("immich_jobs", {**admin, "state": "running", "wait": True, "wait_interval": 0.1}),
        ("immich_stack", {**user, "kinds": ["raw_jpeg"]}),
        ("immich_asset", {**user, "select": {"names": ["*.heic"]}, "set": CHANGED}),
        ("immich_asset", {**user, "select": {"tags": ["changed"]}, "set": TAKEN_AWAY}),
        ("immich_stack", {**user, **cover}),
        ("immich_stack", {**user, "kinds": ["raw_jpeg"], "state": "absent"}),
        ("immich_duplicates", {**user, "action": "trash", "limit": 1}),
        ("immich_duplicates", {**user, "action": "dismiss"}),
        ("immich_job_run", {**admin, "queues": ["faceDetection"], "command": "start_missing"}),
        ("immich_job_run", {**admin, "queues": ["faceDetection"], "command": "clear_failed"}),
        ("immich_job_run", {**admin, "manual_job": "tag-cleanup"}),
        ("immich_jobs", {**admin, **lease, "state": "paused"}),
        ("immich_jobs_info", {**admin, "ledger": "server"}),
        ("immich_jobs", {**admin, **lease, "state": "running"}),
        *(("immich_state", {**admin, **declared}) for declared in declarations(photos.parent)),
    ]


def declarations(folder: Path) -> list[dict[str, Any]]:
    """Every kind of object: made, changed, removed."""
    user = {"email": "declared@example.com", "name": "Declared", "password": "declared-password", "quota": "1GiB"}
    library = {"name": "NAS", "owner": "declared@example.com", "import_paths": [str(folder)], "require": [str(folder)], "scan": "always"}
    members = {"users": [{"email": "declared@example.com", "role": "viewer"}]}
    key = {"name": "declared", "permissions": ["read"], "secret_file": str(folder / "declared.key")}
    made: dict[str, list[dict[str, Any]]] = {
        "users": [{**user, "preferences": {"folders": {"enabled": True}}, "avatar_color": "green", "storage_label": "declared"}],
        "libraries": [{**library, "exclusion_patterns": ["**/a/**"], "wait": True}],
        "api_keys": [key],
        "albums": [{"name": "Declared", "description": "d", "order": "asc", "activity": False, **members}],
        "tags": [{"value": "Declared/Tag", "color": "#112233"}],
        "shared_links": [{"album": "Declared", "description": "l", "password": "p", "expires_at": "2040-01-31"}],
        "partners": [{"partner": "declared@example.com"}],
    }
    other: dict[str, list[dict[str, Any]]] = {
        "users": [{**user, "quota": "unlimited", "update_password": "always", "storage_label": ""}],
        "libraries": [{**library, "exclusion_patterns": ["**/b/**"]}],
        "api_keys": [{**key, "permissions": ["upload"]}],
        "albums": [{"name": "Declared", "description": "", "users": [{"email": "declared@example.com", "role": "editor"}]}],
        "tags": [{"value": "Declared/Tag", "color": ""}],
        "shared_links": [{"album": "Declared", "description": "l", "password": "", "expires_at": "never"}],
    }
    gone = {kind: [{**one, "state": "absent"} for one in objects] for kind, objects in made.items()}
    back = {"users": [user]}
    return [{"config": {"trash": {"days": days}}, **declared} for days, declared in ((29, made), (30, other), (31, gone), (32, back))]


def put_into_trash(server: Emulator) -> None:
    """Moves one asset into the trash, so that the next run has something to restore."""
    key = server.make_key(permissions=["asset.delete"], name=TESTER)
    body = {"ids": [server.state()["assets"][0]["id"]]}
    http.delete(f"{server.url}/api/assets", json=body, headers={"x-api-key": key}, timeout=10).raise_for_status()


def make_duplicates(server: Emulator) -> None:
    """Makes two groups, one of which is to be dismissed."""
    key = server.make_key(name=TESTER)
    found = [one for one in server.state()["assets"] if not one["trashed"] and one["visibility"] != "hidden"]
    for number in (0, 2):
        body = {"ids": [one["id"] for one in found[number : number + 2]], "duplicateId": str(uuid.uuid4())}
        http.put(f"{server.url}/api/assets", json=body, headers={"x-api-key": key}, timeout=10).raise_for_status()


@pytest.mark.long
@pytest.mark.parametrize(("version", "document_version"), PAIRS)
def test_requests_are_as_documented(run_cache: RunCache, version: str, document_version: str) -> None:
    wrong = DOCUMENTS[document_version].wrong_requests(sent_to(run_cache, version))
    assert {call: said for call, said in wrong.items() if not may_be_otherwise(version, document_version, call, said)} == {}


def may_be_otherwise(version: str, document_version: str, call: str, said: set[str]) -> bool:
    """Whether a server takes what its document does not have.

    A configuration goes back as the server gave it, so that one of another version has other fields. A link's password is cleared with null
    on 1.135 too, whose document does not say so (observed on 1.135.3).
    """
    if call == "PUT /system-config":
        return version != document_version
    return call.startswith("PATCH /shared-links/") and said == {"body.password: None is not of type 'string'"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_part_of_the_collection_spoke(run_cache: RunCache, version: str) -> None:
    sent = {f"{r['method']} {r['path'].split('/')[1]}" for r in sent_to(run_cache, version)}
    change = "PATCH" if find(version).at_least(3, 1) else "PUT"
    assert sent >= {
        "GET server",
        "POST assets",
        f"{change} assets",
        "POST albums",
        "PUT albums",
        "PUT tags",
        "PUT jobs",
        "POST jobs",
        "POST trash",
    }
    assert sent >= {"GET duplicates", "DELETE duplicates", "DELETE assets"}
    assert sent >= {"GET timeline", "GET stacks", "POST stacks", f"{change} stacks", "DELETE stacks"}
    bodies = [set(r["json"]) for r in sent_to(run_cache, version) if r["method"] == change and r["path"].startswith("/assets/")]
    assert {"livePhotoVideoId"} in bodies
    assert {"dateTimeOriginal", "latitude", "longitude"} < set().union(*bodies)
