# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble with the server in the middle of a run: what is up stays whole and organised, what a person reads says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator

from ..conftest import Uploads, by_name, counts, names, picture, read_metadata, wait_until_no_part_is_left


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """Twenty files of one size, as they are hashed side by side and go up in any order."""
    for number in range(20):
        picture(tmp_path / "src" / f"{number:02}.jpg", f"file {number:02} " * 20_000)
    return tmp_path / "src"


def whole(server: Emulator, *, album: str = "A") -> int:
    """How many files are up; all of them in their album, and nothing half."""
    wait_until_no_part_is_left(server)
    assets = server.state()["assets"]
    assert all(one["size"] == len("file 00 " * 20_000) for one in assets)
    assert all(one["albums"] == [album] for one in assets)
    return len(assets)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "body": "<html><title>502 Bad Gateway</title></html>"},
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 408, "body": "<html><title>408 Request Time-out</title></html>"},
        {"status": 425, "body": ""},
        {"cut": "request", "cut_after": 30_000},
        {"cut": "response"},
    ],
)
def test_transient_failure_of_upload_is_retried(uploads: Uploads, src: Path, fault: dict[str, Any]) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=5, times=2, **fault)
    assert counts(uploads(src, album="A")) == [20, 0, 0, 0]
    assert whole(uploads.server) == 20


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ({"status": 500}, "server", "Immich failed at POST /assets with 500"),
        ({"status": 413, "body": "<html>413 Request Entity Too Large</html>"}, "proxy", "as too large (413). Raise its limit (nginx"),
        ({"status": 400, "json": {"message": "No"}}, "validation", "Immich refused POST /assets: No"),
        ({"cut": "request", "cut_after": 30_000}, "unreachable", "broke in the middle of POST /assets"),
    ],
)
def test_file_refused_by_server_fails_alone(uploads: Uploads, src: Path, fault: dict[str, Any], kind: str, message: str) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=5, times=3 if kind in ("server", "unreachable") else 1, **fault)
    error = uploads.failing(src, album="A", concurrency=1)
    assert message in error.msg
    assert error.msg.startswith(f"{src}/")
    assert error.failure()["kind"] == kind
    assert counts(error.result) == [19, 0, 0, 1]
    assert whole(uploads.server) == 19
    assert counts(uploads(src, album="A")) == [1, 19, 0, 0]
    assert whole(uploads.server) == 20


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ({"status": 500}, "server", "9 files in a row failed"),
        ({"html": True}, "proxy", "answered 200 with a web page titled 'Sign in' instead of Immich's API"),
        ({"redirect": "https://other.example.com/api/assets"}, "redirect", "Redirects are not followed"),
        (
            {"status": 401, "json": {"message": "Invalid API key"}},
            "auth",
            "Immich does not accept the API key (immich_api_key",
        ),
        ({"status": 403, "json": {"message": "Missing required permission: asset.upload"}}, "permission", "lacks the scope asset.upload"),
    ],
)
def test_failure_of_all_files_stops_run(uploads: Uploads, src: Path, fault: dict[str, Any], kind: str, message: str) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=6, times=None, **fault)
    error = uploads.failing(src, album="A", concurrency=1)
    assert message in error.msg
    assert counts(error.result, "uploaded", "duplicates") == [6, 0]
    assert "6 files were uploaded" in error.msg
    assert error.failure()["kind"] == kind
    assert whole(uploads.server) == 6
    uploads.server.clear_faults()
    assert counts(uploads(src, album="A")) == [14, 6, 0, 0]
    assert whole(uploads.server) == 20


def test_bad_files_side_by_side_do_not_stop_the_others(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=6, times=5 * 3, status=500)  # five files, three attempts each
    error = uploads.failing(src, album="A", concurrency=1)
    assert error.msg.startswith("5 files failed, the first of them ")
    assert counts(error.result) == [15, 0, 0, 5]
    assert whole(uploads.server) == 15


def test_failing_server_stops_run_after_three_files(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=6, times=None, status=500)
    uploads.server.fault(method="POST", path="bulk-upload-check", after=1, times=None, status=500)
    error = uploads.failing(src, concurrency=1)
    assert error.msg.startswith("3 files in a row failed")
    assert len(names(uploads.server)) == 6


FIREWALL: dict[str, Any] = {"status": 403, "body": "<html><head><title>Attention Required!</title></head></html>"}


def test_file_blocked_by_a_firewall_does_not_stop_others(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=5, times=1, **FIREWALL)
    error = uploads.failing(src, album="A", concurrency=1)
    assert "a web page titled 'Attention Required!'" in error.msg
    assert error.failure()["kind"] == "proxy"
    assert counts(error.result) == [19, 0, 0, 1]
    assert whole(uploads.server) == 19


def test_firewall_stops_run(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=6, times=None, **FIREWALL)
    error = uploads.failing(src, album="A", concurrency=1)
    assert error.msg.startswith("9 files in a row failed")
    assert whole(uploads.server) == 6
    uploads.server.clear_faults()
    uploads.server.fault(method="POST", path="^/assets$", times=None, **FIREWALL)
    assert counts(uploads.failing(src, album="A").result) == [0, 6, 0, 0]


@pytest.mark.parametrize("path", ["bulk-upload-check", "media-types", "^/tags$", "^/albums$", "api-keys/me", "^/assets$", "^/search"])
@pytest.mark.parametrize("answer", [{"status": 200, "body": ""}, {"json": {"ok": True}}])
def test_an_answer_of_another_shape_is_a_failure_with_a_result(uploads: Uploads, src: Path, path: str, answer: dict[str, Any]) -> None:
    uploads(src / "00.jpg", album="A", tags=["t"])
    uploads.server.fault(path=path, **answer)
    error = uploads.failing(src, album="A", tags=["t"])
    assert error.failure()["kind"] == "proxy"
    assert error.failure()["status"] == 200
    assert str(error.failure()["path"]).startswith("/")


def test_hanging_server_stops_run(server: Emulator, src: Path) -> None:
    uploads = Uploads(server, timeout=3.0, retries=0)
    server.fault(method="POST", path="^/assets$", after=6, times=None, hang=True)
    error = uploads.failing(src, album="A")
    assert "4 files in a row failed at the server" in error.msg
    assert "nothing was sent or received for 3 s" in error.msg
    assert error.failure()["kind"] == "timeout"
    assert whole(server) == 6


def test_the_quota_is_used_up(uploads: Uploads, src: Path) -> None:
    uploads.server.set_quota(sum(file.stat().st_size for file in sorted(src.iterdir())[:7]) + 10)
    error = uploads.failing(src, album="A", concurrency=1)
    assert error.msg.startswith("The storage quota")
    assert error.failure()["kind"] == "quota"
    assert whole(uploads.server) == 7


def test_maintenance_mode_in_the_middle(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/assets$", after=6, times=None, status=404, json={"message": "Cannot POST /api/assets"})
    uploads.server.fault(method="GET", path="^/server/config$", times=None, json={"maintenanceMode": True})
    error = uploads.failing(src, album="A")
    assert error.msg.startswith("Immich is in maintenance mode")
    assert error.failure()["kind"] == "maintenance"
    assert whole(uploads.server) == 6


def test_failed_bulk_check_stops_run(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="bulk-upload-check", times=None, status=500)
    error = uploads.failing(src)
    assert error.failure()["kind"] == "server"
    assert "/assets/bulk-upload-check" in error.msg
    assert names(uploads.server) == []


def test_upload_names_missing_scopes_before_sending(server: Emulator, src: Path) -> None:
    key = server.make_key(permissions=["asset.upload", "album.read"])
    error = Uploads(server, api_key=key).failing(src, album="A", tags=["t"], server_trash="restore")
    for scope in ("album.create", "albumAsset.create", "asset.read", "tag.create", "tag.read", "tag.asset", "asset.delete"):
        assert f"the scope {scope} (needed to" in error.msg
    assert error.failure()["kind"] == "permission"
    assert names(server) == []


def test_key_with_just_the_documented_scopes(server: Emulator, src: Path) -> None:
    key = server.make_key(
        permissions=[
            *("asset.upload", "album.read", "album.create", "albumAsset.create", "asset.read"),
            *("tag.read", "tag.create", "tag.asset", "asset.delete"),
        ]
    )
    uploads = Uploads(server, api_key=key)
    uploads(src, album="A", tags=["t"], server_trash="restore")
    assert whole(server) == 20
    read_metadata(server)
    assert by_name(server)["00.jpg"]["tags"] == ["t"]
    assert not uploads(src, album="A", tags=["t"])["changed"]


def test_upload_scope_alone_is_enough(server: Emulator, src: Path) -> None:
    assert counts(Uploads(server, api_key=server.make_key(permissions=["asset.upload"]))(src)) == [20, 0, 0, 0]


def test_lost_answer_counts_as_upload(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/assets$", times=3, cut="response")
    result = uploads(src, album="A")
    assert counts(result) == [20, 0, 0, 0]
    assert whole(uploads.server) == 20


def test_an_album_whose_answer_was_lost_is_not_made_twice(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path="^/albums$", cut="response")
    uploads(src, album="A")
    assert [album["name"] for album in uploads.server.state()["albums"]] == ["A"]
    assert whole(uploads.server) == 20


def test_stopped_server_is_unreachable(server: Emulator, src: Path) -> None:
    uploads = Uploads(server, retries=0)
    server.stop()
    error = uploads.failing(src)
    assert error.failure()["kind"] == "unreachable"
    assert f"No connection to {server.url}" in error.msg
