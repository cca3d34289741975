# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A library on an embedded server, made through Immich's own API as its apps do it: for what reads libraries."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import requests
from PIL import Image

from immich_emulator.storage import insert_sql, iso, new_id
from immich_emulator.testing import Emulator

NOON = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)


def picture(name: str) -> bytes:
    """A JPEG file without EXIF: no two names have the same."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", comment=name.encode("utf-8", "surrogateescape"))
    return out.getvalue()


def sha1_of(name: str) -> str:
    """The SHA-1 of `picture(name)`, in hex."""
    return hashlib.sha1(picture(name)).hexdigest()


class Account:
    """One user of a server, as an app of the user's."""

    def __init__(self, server: Emulator, api_key: str | None = None) -> None:
        self.server = server
        self.api_key = api_key or server.api_key
        self.ids: dict[str, str] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        # The server closes a connection that was idle for five seconds, on a busy machine just when the next request is on its way.
        self._session.headers.update({"x-api-key": self.api_key, "Connection": "close"})

    def ask(self, method: str, path: str, **content: Any) -> Any:
        """A request, and what it is answered."""
        answer = self._session.request(method, f"{self.server.url}/api{path}", timeout=30, **content)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def upload(self, name: str, content: bytes | None = None, *, minutes: float = 0.0, sidecar: bytes | None = None, **fields: str) -> str:
        """A file, taken so many minutes after noon, with its sidecar. Its id."""
        moment = (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        form = {"deviceAssetId": name, "deviceId": "app", "fileCreatedAt": moment, "fileModifiedAt": moment, **fields}
        files = {"assetData": (name, picture(name) if content is None else content)}
        if sidecar is not None:
            files["sidecarData"] = (f"{name}.xmp", sidecar)
        stored = self.ask("POST", "/assets", data=form, files=files)
        self.ids[name] = stored["id"]
        return str(stored["id"])

    def live(self, name: str, **options: Any) -> str:
        """A live photo: a still, and a video named after it. The still's id."""
        video = self.upload(name.rpartition(".")[0] + ".mov", b"video of " + name.encode(), visibility="hidden", **options)
        return self.upload(name, livePhotoVideoId=video, **options)

    def album(self, name: str, *members: str, description: str = "", order: str | None = None) -> str:
        """An album of files by their names. Its id."""
        made = self.ask("POST", "/albums", json={"albumName": name, "description": description})
        album_id = str(made["id"])
        if members:
            self.ask("PUT", f"/albums/{album_id}/assets", json={"ids": [self.ids[one] for one in members]})
        if order is not None:
            self.ask("PATCH", f"/albums/{album_id}", json={"order": order})
        return album_id

    def tag(self, value: str, *members: str) -> None:
        """A tag, given to files by their names once their metadata has been read."""
        self.server.wait_idle()
        (tag,) = self.ask("PUT", "/tags", json={"tags": [value]})
        self.ask("PUT", "/tags/assets", json={"tagIds": [tag["id"]], "assetIds": [self.ids[one] for one in members]})

    def stack(self, *members: str) -> None:
        """A stack of files by their names, the first on top."""
        self.ask("POST", "/stacks", json={"assetIds": [self.ids[one] for one in members]})

    def change(self, name: str, **about: Any) -> None:
        """Changes fields of a photo, and waits until the server has no jobs."""
        self.server.wait_idle()
        self.ask("PUT", f"/assets/{self.ids[name]}", json=about)
        self.server.wait_idle()

    def person(self, name: str, *members: str, **about: Any) -> str:
        """A person who is in these files. The person's id."""
        person = str(self.ask("POST", "/people", json={"name": name, **about})["id"])
        face = {"imageWidth": 8, "imageHeight": 8, "x": 1, "y": 1, "width": 2, "height": 2}
        for one in members:
            self.ask("POST", "/faces", json={"assetId": self.ids[one], "personId": person, **face})
        return person

    def face(self, person: str, name: str, *box: int, size: tuple[int, int]) -> None:
        """A face of a person in a file: left, top, width and height in a picture of a size."""
        about = dict(zip(("x", "y", "width", "height", "imageWidth", "imageHeight"), (*box, *size), strict=True))
        self.ask("POST", "/faces", json={"assetId": self.ids[name], "personId": person, **about})


def small_library(server: Emulator) -> Account:
    """A server with three photos, one of them in an album."""
    account = Account(server)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        account.upload(name)
    account.album("Rome", "a.jpg")
    server.wait_idle()
    return account


class Known(NamedTuple):
    """A photo whose original is its name."""

    id: str
    name: str
    checksum: str
    moment: datetime


def fill(data: Path, names: Iterable[str]) -> list[Known]:
    """Writes photos without originals into the database of a server with the folder `data`: to upload many takes longer than the test.

    They were taken a minute apart. A request for an original gets a 404.
    """
    photos = [
        Known(new_id(), name, hashlib.sha1(name.encode()).hexdigest(), NOON + timedelta(minutes=number))
        for number, name in enumerate(names)
    ]
    with closing(sqlite3.connect(data / "immich.sqlite")) as database, database:
        (owner,) = database.execute("SELECT id FROM users WHERE label = 'user'").fetchone()
        about = {"owner": owner, "type": "IMAGE", "favorite": 0, "visibility": "timeline", "extracted": 1, "exif": "{}"}
        for photo in photos:
            times = dict.fromkeys(("file_created", "file_modified", "local_date", "uploaded", "updated"), iso(photo.moment))
            of_it = {"id": photo.id, "name": photo.name, "checksum": photo.checksum, "size": len(photo.name), "shown_path": photo.name}
            row = about | times | of_it
            database.execute(insert_sql("assets", row), tuple(row.values()))
    return photos
