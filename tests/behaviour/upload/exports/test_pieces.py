# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Takeout that goes up in pieces: what Immich has in the end is what it would have of the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests as http

from immich_emulator.testing import Emulator
from support.exports.library import Library, made_up
from support.exports.takeout import Style, takeout
from support.http.wire import writes

from ..conftest import Result, Uploads


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """The ZIP files of an export."""
    return takeout(made_up(), Style("2025", "de", form="zip")).write(tmp_path)


@pytest.fixture
def whole(emulator: Callable[..., Emulator], parts: list[Path]) -> dict[str, dict[str, Any]]:
    """Uploads all parts at once to a new server: SHA-1 → fields, as of `seen`."""
    server = emulator()
    return seen(put(Uploads(server), *parts).server, made_up())


def put(uploads: Uploads, *src: Path, **options: Any) -> Uploads:
    """An upload, and all that the server makes of it."""
    uploads(*src, **options)
    uploads.server.wait_idle()
    return uploads


def seen(server: Emulator, library: Library) -> dict[str, dict[str, Any]]:
    """SHA-1 → the fields that a user sees of each photo and video that is not hidden."""
    found, headers = {}, {"x-api-key": server.api_key}
    # The clocks of these cameras do not go by their places: in one way Immich shows them as they are, in the other by the place.
    zoned = {one.sha1 for one in library.pictures if one.camera.zoned}
    for asset in server.state()["assets"]:
        if asset["visibility"] != "hidden":
            view = http.get(f"{server.url}/api/assets/{asset['id']}", headers=headers, timeout=10).json()
            exif = {name: view["exifInfo"][name] for name in ("latitude", "longitude", "description")}
            fields = ["fileCreatedAt", "isFavorite", "visibility", *(["localDateTime"] if asset["checksum"] not in zoned else [])]
            found[asset["checksum"]] = {**{name: view[name] for name in fields}, **exif}
    return found


def assert_nothing_is_left(uploads: Uploads, *src: Path, **options: Any) -> None:
    """Another run changes nothing."""
    before = len(uploads.server.requests())
    assert not uploads(*src, **options)["changed"]
    assert writes(uploads.server, since=before) == []


@pytest.mark.check
def test_part_cut_then_missing_then_present_is_completed(uploads: Uploads, parts: list[Path], whole: dict[str, dict[str, Any]]) -> None:
    content = parts[1].read_bytes()
    parts[1].write_bytes(content[: len(content) * 2 // 3])
    cut: Result = uploads.failing(*parts).result
    assert cut["counts"]["failed"] == 1
    assert cut["skip_reasons"]["waiting"] > 0
    assert cut["export"]["missing"] == f"{parts[1].name} cannot be read"
    missing = uploads(parts[0], *parts[2:])
    assert missing["counts"]["failed"] == 0
    assert missing["skip_reasons"]["waiting"] == cut["skip_reasons"]["waiting"]
    assert missing["export"]["missing"] == "part 2 is missing"
    parts[1].write_bytes(content)
    assert "waiting" not in uploads(*parts)["skip_reasons"]
    uploads.server.wait_idle()
    assert seen(uploads.server, made_up()) == whole
    assert_nothing_is_left(uploads, *parts)
