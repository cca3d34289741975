# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs that make albums of the same names in the same moment end up with one album a name, and none of them fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import values, waits
from immich_emulator.testing import Emulator
from support.collection import AlbumCalls, ApiKey, Connection, Immich, Run
from support.waiting import wait_until

from ..conftest import Uploads, counts, picture

HOSTS = 20
FOLDERS = ("a0", "a1", "a2")


class Unsignalled(Run):
    """For runs in threads, where no signal handler can be set."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def other(each_version: Uploads) -> Iterator[AlbumCalls]:
    """The calls for albums of another client."""
    with closing(Immich(Connection(each_version.server.url, ApiKey(each_version.server.api_key)))) as client:
        client.version  # noqa: B018  # asked for once, before the threads begin
        yield client.albums


def made(server: Emulator) -> list[tuple[str, str, int]]:
    """Each album's name, id and number of files."""
    return sorted((one["name"], one["id"], len(one["assets"])) for one in server.state()["albums"])


def looks(server: Emulator) -> int:
    """How often the list of albums was read."""
    return sum((one["method"], one["path"]) == ("GET", "/albums") for one in server.requests())


def test_twenty_hosts_share_albums(server: Emulator, tmp_path: Path) -> None:
    for host in range(HOSTS):
        for folder in FOLDERS:
            picture(tmp_path / str(host) / folder / f"{host}.jpg", f"{host} {folder}")
    start = threading.Barrier(HOSTS)

    def run(host: int) -> dict[str, Any]:
        uploads = Uploads(server, timeout=60.0)
        start.wait()
        return uploads(tmp_path / str(host), album_from="folder", signals=Unsignalled("upload"), concurrency=2)

    with ThreadPoolExecutor(HOSTS) as hosts:
        results = list(hosts.map(run, range(HOSTS)))
    assert [counts(one) for one in results] == [[len(FOLDERS), 0, 0, 0]] * HOSTS
    assert [one["warnings"] for one in results] == [[]] * HOSTS
    assert [(name, count) for name, _id, count in made(server)] == [(folder, HOSTS) for folder in FOLDERS]
    for folder in FOLDERS:
        assert sum(album["created"] for one in results for album in one["albums"] if album["name"] == folder) == 1


def test_a_third_run_waits_until_two_have_agreed(each_version: Uploads, other: AlbumCalls, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    kept, given_up = other.create("A"), other.create("A")
    each_version.server.clear_requests()

    def agree() -> None:
        wait_until(lambda: looks(each_version.server) >= 2)
        other.delete(given_up.id)

    with ThreadPoolExecutor(1) as threads:
        agreed = threads.submit(agree)
        result = each_version(tmp_path, album="A")
        agreed.result()
    assert made(each_version.server) == [("A", kept.id, 1)]
    assert [(one["id"], one["created"], one["added"]) for one in result["albums"]] == [(kept.id, False, 1)]
    assert result["warnings"] == []


def test_a_third_run_does_not_wait_where_two_albums_have_files(
    each_version: Uploads, other: AlbumCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.jpg")
    (asset,) = each_version(tmp_path, return_assets=1)["assets"]
    for _number in range(2):
        other.add(other.create("A").id, [asset["id"]])
    monkeypatch.setattr(waits, "sleep", _refuse)
    assert "There are 2 albums named 'A'" in each_version.failing(tmp_path, album="A").msg


def _refuse(_seconds: float) -> None:
    raise AssertionError("It waited.")


def test_lasting_duplicate_albums_fail(each_version: Uploads, other: AlbumCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = each_version.server
    monkeypatch.setattr(AlbumCalls, "age", lambda _calls, _album: 0.0 if looks(server) < 2 else 61.0)
    picture(tmp_path / "a.jpg")
    ids = sorted(other.create("A").id for _number in range(2))
    server.clear_requests()
    error = each_version.failing(tmp_path, album="A")
    assert error.failure()["details"] == {"album": "A", "ids": ids}
    assert looks(server) >= 2


def test_old_albums_are_not_waited_for(each_version: Uploads, other: AlbumCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AlbumCalls, "age", lambda _calls, _album: 61.0)
    monkeypatch.setattr(waits, "sleep", _refuse)
    picture(tmp_path / "a.jpg")
    for _number in range(2):
        other.create("A")
    assert "There are 2 albums named 'A'" in each_version.failing(tmp_path, album="A").msg


def test_album_given_up_by_other_run_is_replaced(
    each_version: Uploads, other: AlbumCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other run saw the older one only when this one had taken its own."""
    for number in range(3):
        picture(tmp_path / f"{number}.jpg")
    given_up = other.create("A")
    kept: list[values.Album] = []
    real = AlbumCalls.add

    def add(calls: AlbumCalls, album_id: str, asset_ids: Sequence[str]) -> list[values.AddAnswer]:
        if not kept:
            kept.append(other.create("A"))
            other.delete(given_up.id)
        return real(calls, album_id, asset_ids)

    monkeypatch.setattr(AlbumCalls, "add", add)
    result = each_version(tmp_path, album="A")
    assert made(each_version.server) == [("A", kept[0].id, 3)]
    assert [(one["id"], one["created"], one["added"]) for one in result["albums"]] == [(kept[0].id, False, 3)]


def test_album_deleted_meanwhile_fails_file(
    each_version: Uploads, other: AlbumCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.jpg")
    album = other.create("A")
    real = AlbumCalls.add

    def add(calls: AlbumCalls, album_id: str, asset_ids: Sequence[str]) -> list[values.AddAnswer]:
        other.delete(album.id)
        return real(calls, album_id, asset_ids)

    monkeypatch.setattr(AlbumCalls, "add", add)
    error = each_version.failing(tmp_path, album="A")
    assert "It is not in its album 'A': " in error.msg
    assert counts(error.result) == [1, 0, 0, 1]
    monkeypatch.undo()
    assert each_version(tmp_path, album="A")["albums"][0]["created"] is True


@pytest.mark.parametrize("filled", ["the older one", "the younger one", "none"])
def test_album_with_files_is_kept(
    each_version: Uploads, other: AlbumCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: str
) -> None:
    """Another run made one in the same moment, and may have put files into it without seeing this run's."""
    picture(tmp_path / "old.jpg")
    picture(tmp_path / "src" / "a.jpg")
    (asset,) = each_version(tmp_path / "old.jpg", return_assets=1)["assets"]
    real: Callable[..., Any] = AlbumCalls.create
    theirs: list[str] = []

    def create(calls: AlbumCalls, name: str, description: str = "") -> Any:
        if theirs or calls is other:
            return real(calls, name, description)
        if filled == "the younger one":
            mine = real(calls, name, description)
            time.sleep(0.01)  # the server tells milliseconds
        theirs.append(real(other, name, description).id)
        if filled != "none":
            other.add(theirs[0], [asset["id"]])
        if filled != "the younger one":
            time.sleep(0.01)
            mine = real(calls, name, description)
        return mine

    monkeypatch.setattr(AlbumCalls, "create", create)
    result = each_version(tmp_path / "src", album="A")
    assert made(each_version.server) == [("A", theirs[0], 1 + (filled != "none"))]
    assert [(one["id"], one["created"], one["added"]) for one in result["albums"]] == [(theirs[0], False, 1)]
