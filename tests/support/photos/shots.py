# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos on a server whose names, times and cameras matter: pairs, bursts, edited copies."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import requests
from PIL import Image

from immich_emulator.testing import Emulator

NOON = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)

# EXIF 2.32, JEITA CP-3451: tag numbers
_MAKE, _MODEL, _EXIF_IFD, _TAKEN, _OFFSET, _FRACTION = 0x010F, 0x0110, 0x8769, 0x9003, 0x9011, 0x9291


class Shot(NamedTuple):
    """A photo by its name, so many seconds after noon. Without a model it has no EXIF at all.

    Without `dated` it is like a scan: it names what made it, and only its file has a time.
    """

    name: str
    seconds: float = 0.0
    model: str | None = "Box 1"
    visibility: str = "timeline"
    dated: bool = True


def shot_bytes(shot: Shot) -> bytes:
    """A JPEG file, whatever its name says: no two shots are alike."""
    moment = NOON + timedelta(seconds=shot.seconds)
    exif = Image.Exif()
    if shot.model:
        exif[_MAKE], exif[_MODEL] = "Acme", shot.model
    if shot.model and shot.dated:
        exif[_EXIF_IFD] = {_TAKEN: f"{moment:%Y:%m:%d %H:%M:%S}", _FRACTION: f"{moment:%f}"[:3], _OFFSET: "+00:00"}
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif, comment=repr(shot).encode())
    return out.getvalue()


def send_shots(server: Emulator, *shots: Shot, api_key: str | None = None, wait: bool = True) -> dict[str, str]:
    """Uploads them, and with `wait` waits until their metadata was read. Their ids by their names."""
    ids = {}
    with requests.Session() as session:
        session.headers.update({"x-api-key": api_key or server.api_key, "Connection": "close"})  # see Account
        for shot in shots:
            moment = (NOON + timedelta(seconds=shot.seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            dates = dict.fromkeys(("fileCreatedAt", "fileModifiedAt"), moment)
            fields = {"deviceAssetId": shot.name, "deviceId": "shots", "visibility": shot.visibility, **dates}
            files = {"assetData": (shot.name, shot_bytes(shot))}
            answer = session.post(f"{server.url}/api/assets", data=fields, files=files, timeout=30)
            answer.raise_for_status()
            ids[shot.name] = answer.json()["id"]
    if wait:
        server.wait_idle()
    return ids


def stacks_of(server: Emulator) -> list[list[str]]:
    """The names of the assets in each stack, the cover first and the others sorted."""
    state = server.state()
    names = {asset["id"]: asset["name"] for asset in state["assets"]}
    found = [[names[asset_id] for asset_id in stack["assets"]] for stack in state["stacks"]]
    return sorted([one[0], *sorted(one[1:])] for one in found)


def ask(server: Emulator, method: str, path: str, *, api_key: str | None = None, **content: Any) -> Any:
    """A request of the user's, and what it is answered."""
    headers = {"x-api-key": api_key or server.api_key}
    answer = requests.request(method, f"{server.url}/api{path}", headers=headers, timeout=30, **content)
    answer.raise_for_status()
    return answer.json() if answer.content else None
