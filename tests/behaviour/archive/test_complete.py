# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A library with many photos of one moment: the archive has all of them, or the run fails and nothing is moved aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import asset_lists

from .conftest import Archives, counts

NAMES = [f"{number}.jpg" for number in range(15)]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asset_lists, "PAGE", 4)


def short(lists: asset_lists.AssetLists, wanted: Any, parse: Any, shown: Any, *, counted: bool) -> Iterator[list[Any]]:
    """A list as a client has it that follows the numbers of pages, and asks nobody whether it is complete."""
    page = 1
    while page:
        asked = {**wanted.query(), **shown, "size": asset_lists.PAGE, "page": page, "order": "desc"}
        found, following = lists._answer(asked, parse)
        yield found
        page = int(following or 0)


def test_photos_of_same_moment_are_all_archived(each_version: Archives) -> None:
    for name in NAMES:
        each_version.account.upload(name)
    each_version.account.album("Scans", *NAMES)
    assert counts(each_version()) == {"archived": 15}
    assert {path.rpartition("/")[2] for path in each_version.photos()} == set(NAMES)
    result = each_version()
    assert (counts(result), result["changed"]) == ({"unchanged": 15}, False)


def test_incomplete_archive_is_completed(archives_of_old: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        archives_of_old.account.upload(name)
    archives_of_old.server.wait_idle()
    with monkeypatch.context() as before:
        before.setattr(asset_lists.AssetLists, "pages", short)
        archived = counts(archives_of_old())["archived"]
    assert archived < 15
    assert counts(archives_of_old()) == {"archived": 15 - archived, "unchanged": archived}


def test_incomplete_list_sets_nothing_aside(archives_of_old: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        archives_of_old.account.upload(name)
    archives_of_old()
    archives_of_old.account.ask("DELETE", "/assets", json={"ids": [archives_of_old.account.ids["3.jpg"]], "force": True})
    archives_of_old.server.wait_idle()
    before = archives_of_old.photos()
    monkeypatch.setattr(asset_lists.AssetLists, "_in_windows", lambda *_args: iter(()))
    error = archives_of_old.failing(prune=True)
    assert error.kind == "incomplete"
    assert error.details["missing"] > 0
    assert archives_of_old.photos() == before
