# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a copy asks of both servers is as Immich's OpenAPI documents say."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from contract.openapi import acted_as, documents
from immich_emulator.testing import Emulator
from immich_emulator.versions import find
from support.http.sharing import share_with_admin
from support.modules import Task, run_modules
from support.photos.libraries import Account
from support.photos.people import detect_all, let_detection_find
from support.run_cache import RunCache

pytestmark = pytest.mark.check

DOCUMENTS = documents()
PAIRS = [(acted_as(document_version), document_version) for document_version in DOCUMENTS]
APPS = {"user-all", "admin-all"}


def sent_to(run_cache: RunCache, version: str) -> list[dict[str, Any]]:
    """The requests that copies between two servers of this version send to either."""
    return run_cache.get(f"sent-copies-{version}", partial(run_copies, version))


def run_copies(version: str) -> list[dict[str, Any]]:
    """Runs them; what they sent."""
    with TemporaryDirectory() as folder, Emulator(version=version) as source, Emulator(version=version) as target:
        old, new = Account(source), Account(target)
        for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
            old.upload(name, minutes=minutes)
        old.live("live.jpg")
        new.upload("b.jpg")
        share_with_admin(source, old.album("Rome", "a.jpg", "b.jpg", "live.jpg", description="Spring", order="asc"))
        old.tag("Trip/Rome", "b.jpg", "c.jpg")
        old.stack("a.jpg", "b.jpg")
        old.person("Ann", "b.jpg", birthDate="1990-01-01", color="#aabbcc")
        if find(version).at_least(2, 5):
            source.wait_idle()
            crop = {"action": "crop", "parameters": {"x": 0, "y": 0, "width": 6, "height": 6}}
            old.ask("PUT", f"/assets/{old.ids['b.jpg']}/edits", json={"edits": [crop]})
        new.server.wait_idle()
        let_detection_find(new, "b.jpg", (0.125, 0.125, 0.375, 0.375))
        detect_all(new)
        old.person("Ben", "a.jpg")
        target.wait_idle()
        keys = [server.make_key(name="copy") for server in (source, target)]
        options = {"source_url": source.url, "source_api_key": keys[0], "url": target.url, "api_key": keys[1]}
        selected = {
            "albums": ["Rome"],
            "tags": ["Trip"],
            "people": ["Ann"],
            "favorite": False,
            "types": ["image"],
            "taken_after": "2000-01-01",
            "min_rating": 1,
        }
        tasks: list[Task] = [("immich_copy", {**options, **more}) for more in (selected, {"people_as_tags": True})]
        run_modules(Path(folder) / "home", tasks)
        assert len(target.state()["stacks"]) == 1
        assert {face["source"] for face in target.state()["faces"]} == {"manual", "machine-learning"}
        return [request for server in (source, target) for request in server.requests() if request["key"] not in APPS]


@pytest.mark.parametrize(("version", "document_version"), PAIRS)
def test_requests_are_as_documented(run_cache: RunCache, version: str, document_version: str) -> None:
    sent = sent_to(run_cache, version)
    assert DOCUMENTS[document_version].wrong_requests(sent) == {}
    asked = {"GET original", "PUT users", "PATCH albums", "POST stacks", "PUT tags", "POST faces", "PUT faces", "POST people"}
    assert asked <= {_in_short(request) for request in sent}


def _in_short(request: dict[str, Any]) -> str:
    """`PUT users` of `PUT /albums/ID/users`."""
    parts = request["path"].strip("/").split("/")
    return f"{request['method']} {parts[2] if len(parts) > 2 else parts[0]}"
