# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos with people in them: how they are made, and who is seen where on a server."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

from PIL import Image

from immich_emulator.testing import Emulator
from support.photos.libraries import Account

ORIENTATION = 0x0112  # EXIF 2.32, JEITA CP-3451
Seen = dict[str, list[tuple[Any, ...]]]


def sized_photo(name: str, size: tuple[int, int], orientation: int = 1) -> bytes:
    """A JPEG of a size in pixels that is turned before it is shown: no two names have the same."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    Image.new("RGB", size, "grey").save(out, "JPEG", exif=exif, comment=name.encode())
    return out.getvalue()


def people_of(account: Account) -> dict[str, dict[str, Any]]:
    """What is known of each of the people of a server, by their ids."""
    names = ("name", "birth", "hidden", "favorite", "color")
    return {person["id"]: {name: person[name] for name in names} for person in account.server.state()["people"]}


def seen_faces(account: Account) -> Seen:
    """Who is where on each photo, as the photos are shown: the names of the photos → name, birthday and box in hundredths of each face."""
    account.server.wait_idle()
    seen: Seen = {}
    for asset in account.server.state()["assets"]:
        faces = []
        for face in account.ask("GET", "/faces", params={"id": asset["id"]}):
            person = face["person"] or {"name": None, "birthDate": None}
            corners = (("X1", "imageWidth"), ("Y1", "imageHeight"), ("X2", "imageWidth"), ("Y2", "imageHeight"))
            box = (round(100 * face[f"boundingBox{corner}"] / face[of]) for corner, of in corners)
            faces.append((person["name"], person["birthDate"], *box))
        if faces:
            seen[asset["name"]] = sorted(faces, key=str)
    return seen


def let_detection_find(account: Account, name: str, *boxes: tuple[float, float, float, float]) -> None:
    """Has the detection of a server find faces in the photos of a name: left, top, right and bottom as fractions."""
    for asset in account.server.state()["assets"]:
        if asset["name"] == name:
            account.server.control("POST", "detectable", {"checksum": asset["checksum"], "boxes": [list(box) for box in boxes]})


def detect_all(account: Account) -> None:
    """Has Immich forget the faces that it has found, and look for faces in all photos."""
    admin = Account(account.server, account.server.admin_api_key)
    account.server.wait_idle()
    admin.ask("PUT", "/jobs/faceDetection", json={"command": "start", "force": True})
    account.server.wait_idle()


def account_with_faces(server: Emulator) -> Account:
    """An administrator with a photo in which Immich has found a face beside one that was marked by hand, and two without such a pair."""
    account = Account(server, server.admin_api_key)
    for name in ("both.jpg", "marked.jpg", "found.jpg"):
        account.upload(name, sized_photo(f"{name} {uuid4()}", (100, 100)))
    server.wait_idle()
    for name in ("both.jpg", "found.jpg"):
        let_detection_find(account, name, (0.5, 0.5, 0.9, 0.9))
    detect_all(account)
    ann = account.person("Ann")
    for name in ("both.jpg", "marked.jpg"):
        account.face(ann, name, 5, 5, 20, 20, size=(100, 100))
    (found,) = account.ask("GET", "/faces", params={"id": account.ids["found.jpg"]})
    account.ask("PUT", f"/faces/{ann}", json={"id": found["id"]})
    server.clear_requests()
    return account
