# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library that `make scale` writes into a database is one that nothing is missing from, and requests do not grow faster than it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._copy import groups
from ansible_collections.photoyard.immich.plugins.module_utils._stacks.run import stack
from immich_emulator.testing import Emulator
from scale import library
from scale.server import Traffic, serving
from support.collection import ApiKey, Connection, Immich, StackOptions
from support.photos.libraries import Account
from support.runs import Archives, Copies
from support.stops import StoppedRun


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The data folder of a server with the smallest of these libraries."""
    library.fill(tmp_path / "source", library.STEP, "source")
    return tmp_path / "source"


def test_copy_finds_nothing_new_in_large_library(filled: Path, tmp_path: Path) -> None:
    library.fill(tmp_path / "target", library.STEP, "target")
    with Emulator(data=filled) as source, Emulator(data=tmp_path / "target") as target:
        result = Copies(Account(source), Account(target))()
    assert (result["changed"], result["duplicates"], result["warnings"]) == (False, library.STEP, [])


def test_archive_downloads_nothing_of_large_library(filled: Path, tmp_path: Path) -> None:
    library.write_files(tmp_path / "files", library.STEP)
    library.link_files(tmp_path / "files", tmp_path / "archive")
    (tmp_path / "archive" / "immich-archive").mkdir()
    (tmp_path / "archive" / "immich-archive" / "about.json").touch()
    with Emulator(data=filled) as server:
        archives = Archives(Account(server), tmp_path / "archive")
        assert archives()["counts"]["already_in_place"] == library.STEP
        assert archives.originals() == 0
        again = archives()
    assert (again["changed"], again["counts"]["unchanged"]) == (False, library.STEP)


def test_stacks_of_large_library_are_whole(filled: Path) -> None:
    with Emulator(data=filled) as server, closing(Immich(Connection(server.url, ApiKey(server.api_key)))) as client:
        result = stack(client, StackOptions(), StoppedRun(lambda: None), check_mode=True)
    assert (result["changed"], result["counts"]["raw_jpeg"]["unchanged"]) == (False, library.STEP // 100)


def test_server_counts_requests_by_route(filled: Path) -> None:
    with serving(filled) as server, requests.Session() as session:
        session.trust_env = False
        session.headers["x-api-key"] = server.api_key
        found = session.post(f"{server.url}/api/search/metadata", json={"size": 1}, timeout=30)
        asset_id = found.json()["assets"]["items"][0]["id"]
        alone = [session.get(f"{server.url}/api/assets/{asset_id}", timeout=30) for _twice in range(2)]
        assert server.take_counts() == {
            "POST /search/metadata": Traffic(1, len(found.request.body or ""), len(found.content)),
            "GET /assets/{id}": Traffic(2, 0, sum(len(answer.content) for answer in alone)),
        }
        assert server.take_counts() == {}


def library_of_four(server: Emulator) -> Account:
    """Four photos, one of which is in an album and has a tag."""
    account = Account(server)
    for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg")):
        account.upload(name, minutes=minutes)
    account.album("One", "a.jpg")
    account.tag("one", "a.jpg")
    server.wait_idle()
    return account


def add_groups(account: Account) -> None:
    """Two albums and a tag more."""
    account.album("Two", "b.jpg")
    account.album("Three", "c.jpg", "d.jpg")
    account.tag("two", "d.jpg")
    account.server.wait_idle()


def test_archive_asks_twice_for_each_album_and_tag(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    server = emulator(job_seconds=0.001)
    account = library_of_four(server)
    archives = Archives(account, tmp_path / "archive")
    asked = []
    for more in (False, True):
        if more:
            add_groups(account)
        archives()
        server.clear_requests()
        assert not archives()["changed"]
        asked.append(len(server.requests()))
    assert asked[1] - asked[0] == 2 * 3


def test_copy_asks_four_times_for_each_album_and_tag(emulator: Callable[..., Emulator]) -> None:
    copies = Copies(library_of_four(emulator(job_seconds=0.001)), Account(emulator(job_seconds=0.001)))
    servers = (copies.source.server, copies.target.server)
    asked = []
    for more in (False, True):
        if more:
            add_groups(copies.source)
        copies()
        for server in servers:
            server.wait_idle()
            server.clear_requests()
        assert not copies()["changed"]
        asked.append(sum(len(server.requests()) for server in servers))
    assert asked[1] - asked[0] == 4 * 3


def test_stacks_of_a_month_are_compared_at_once(emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_STACKS_AT_ONCE", 2)
    copies = Copies(Account(emulator(job_seconds=0.001)), Account(emulator(job_seconds=0.001)))
    months_read = []
    for numbers in (range(2), range(2, 7)):
        for number in numbers:
            for name in (f"{number}.jpg", f"{number}.dng"):
                copies.source.upload(name, minutes=number)
            copies.source.stack(f"{number}.jpg", f"{number}.dng")
        copies()
        copies.target.server.clear_requests()
        assert not copies()["changed"]
        months_read.append(sum(one["path"] == "/timeline/bucket" for one in copies.target.server.requests()))
    assert months_read == [1, 1]
    assert sorted(len(one["assets"]) for one in copies.target.server.state()["stacks"]) == [2] * 7
