# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place does not move the time: Immich takes a camera's time without a zone for UTC, and shows it in the zone of the place."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests as http

from support.exports.media import Camera, jpeg, local, video

from ..conftest import Uploads, by_name, read_metadata

LATE = datetime(2017, 7, 8, 23, 30)
"""By a clock in Rome: there it is 21:30 in UTC, and taken for UTC it is tomorrow in Rome."""
ROME = (41.9, 12.5)
SIDECAR = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" %s/></rdf:RDF></x:xmpmeta>'
)
PLACE = 'exif:GPSLatitude="41,54.000000N" exif:GPSLongitude="12,30.000000E"'


def shown(uploads: Uploads, name: str) -> tuple[str, str, float | None]:
    """The local time and the moment that a user sees, and the latitude."""
    server = uploads.server
    url = f"{server.url}/api/assets/{by_name(server)[name]['id']}"
    found: dict[str, Any] = http.get(url, headers={"x-api-key": server.api_key}, timeout=10).json()
    return found["localDateTime"][:16], found["fileCreatedAt"][:16], found["exifInfo"]["latitude"]


def picasa(folder: Path) -> None:
    """Writes a `.picasa.ini` with positions beside the pictures."""
    names = ("late.jpg", "zoned.jpg", "none.jpg", "film.mp4")
    (folder / ".picasa.ini").write_text("".join(f"[{name}]\ngeotag={ROME[0]},{ROME[1]}\n" for name in names), encoding="utf-8")


def immich_go(folder: Path) -> None:
    """Writes the JSON files of immich-go, with positions and without times."""
    for name in ("late.jpg", "zoned.jpg", "none.jpg", "film.mp4"):
        said = {"software": "immich-go version:0.31.0", "fileName": name, "latitude": ROME[0], "longitude": ROME[1]}
        (folder / f"{name}.JSON").write_text(json.dumps(said), encoding="utf-8")


def google(folder: Path) -> None:
    """Writes the JSON files of Google, with positions and without times."""
    for name in ("late.jpg", "zoned.jpg", "none.jpg", "film.mp4"):
        said = {"title": name, "photoTakenTime": {"timestamp": "0"}, "geoData": {"latitude": ROME[0], "longitude": ROME[1]}, "url": name}
        (folder / f"{name}.json").write_text(json.dumps(said), encoding="utf-8")


def sidecars(folder: Path) -> None:
    """Sidecars of the user's own."""
    for name in ("late.jpg", "zoned.jpg", "none.jpg", "film.mp4"):
        (folder / f"{name}.xmp").write_text(SIDECAR % PLACE, encoding="utf-8")


@pytest.mark.parametrize("beside", [picasa, immich_go, google, sidecars])
def test_where_only_the_place_is_known(each_version: Uploads, tmp_path: Path, beside: Any) -> None:
    (tmp_path / "late.jpg").write_bytes(jpeg("late", Camera(LATE)))
    (tmp_path / "zoned.jpg").write_bytes(jpeg("zoned", Camera(local(datetime(2017, 7, 8, 21, 30, tzinfo=UTC), 2), zoned=True)))
    (tmp_path / "none.jpg").write_bytes(jpeg("none"))
    (tmp_path / "film.mp4").write_bytes(video("film", datetime(2017, 7, 8, 21, 30, tzinfo=UTC)))
    beside(tmp_path)
    each_version(tmp_path, live_photos=False)
    read_metadata(each_version.server)
    assert shown(each_version, "late.jpg") == ("2017-07-08T23:30", "2017-07-08T21:30", ROME[0])
    assert shown(each_version, "zoned.jpg") == ("2017-07-08T23:30", "2017-07-08T21:30", ROME[0])
    changed = datetime.fromtimestamp((tmp_path / "none.jpg").stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M")
    assert shown(each_version, "none.jpg") == (changed, changed, ROME[0])
    assert by_name(each_version.server)["film.mp4"]["sidecar"] is not None
    assert not each_version(tmp_path, live_photos=False)["changed"]


def test_sidecar_with_date_is_sent_unchanged(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "late.jpg").write_bytes(jpeg("late", Camera(LATE)))
    content = SIDECAR % f'{PLACE} exif:DateTimeOriginal="2016-01-02T03:04:05"'
    (tmp_path / "late.jpg.xmp").write_text(content, encoding="utf-8")
    uploads(tmp_path)
    assert Path(by_name(uploads.server)["late.jpg"]["path"] + ".xmp").read_text(encoding="utf-8") == content


def test_without_exifread_a_sidecar_with_a_place_is_unchanged(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.photoyard.immich.plugins.module_utils._media import exif

    (tmp_path / "late.jpg").write_bytes(jpeg("late", Camera(LATE)))
    sidecars(tmp_path)
    exif.require_exifread.cache_clear()
    monkeypatch.setitem(sys.modules, "exifread", None)
    predicted, result = uploads(tmp_path, check=True), uploads(tmp_path)
    exif.require_exifread.cache_clear()
    assert result["counts"]["uploaded"] == 1
    assert predicted["warnings"] == result["warnings"]
    [warning] = result["warnings"]
    assert "late.jpg.xmp says where" in warning
    assert "exifread" in warning
    assert Path(by_name(uploads.server)["late.jpg"]["path"] + ".xmp").read_text(encoding="utf-8") == SIDECAR % PLACE


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (ROME, "2017-07-08T22:30", "2017-07-08T23:30"),
        ((-33.87, 151.21), "2017-07-09T07:30", "2017-07-09T07:30"),
        ((34.05, -118.24), "2017-07-08T13:30", "2017-07-08T14:30"),
    ],
)
def test_old_server_shows_nearly_the_local_time(
    each_version: Uploads, tmp_path: Path, place: tuple[float, float], old: str, new: str
) -> None:
    """It does not look up the zone of a place, and showed UTC."""
    (tmp_path / "a.jpg").write_bytes(jpeg("a"))
    moment = str(int(datetime(2017, 7, 8, 21, 30, tzinfo=UTC).timestamp()))
    said = {"title": "a.jpg", "photoTakenTime": {"timestamp": moment}, "geoData": {"latitude": place[0], "longitude": place[1]}}
    (tmp_path / "a.jpg.json").write_text(json.dumps(said), encoding="utf-8")
    each_version(tmp_path, layout="google_takeout")
    read_metadata(each_version.server)
    expected = old if each_version.server.version == "1.135" else new
    assert shown(each_version, "a.jpg") == (expected, "2017-07-08T21:30", place[0])
