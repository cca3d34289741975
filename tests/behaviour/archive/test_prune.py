# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option prune: what the server no longer has goes aside, and nothing else, whatever the server answers."""

from __future__ import annotations

import json

import pytest

from support.photos.libraries import picture

from .conftest import Archives, counts

COUNT = 30


@pytest.fixture
def kept(archives: Archives) -> Archives:
    """An archive of a few photos in an album."""
    for number in range(COUNT):
        archives.account.upload(f"{number}.jpg", minutes=number)
    archives.account.album("Rome", "1.jpg", "2.jpg")
    archives()
    return archives


def delete(archives: Archives, *names: str, force: bool = True) -> None:
    ids = [archives.account.ids[name] for name in names]
    archives.account.ask("DELETE", "/assets", json={"ids": ids, "force": force})
    archives.server.wait_idle()


def aside(archives: Archives) -> dict[str, bytes]:
    found = archives.files()
    return {path.split("/", 3)[3]: content for path, content in found.items() if path.startswith("immich-archive/removed/")}


def test_prune_sets_deleted_photo_and_sidecar_aside(kept: Archives) -> None:
    delete(kept, "1.jpg", "5.jpg")
    assert counts(kept()) == {"unchanged": COUNT - 2}
    assert aside(kept) == {}
    predicted, done = kept(prune=True, check=True), kept(prune=True)
    assert counts(done) == {"unchanged": COUNT - 2, "removed": 2}
    assert [predicted[key] for key in ("counts", "diff")] == [done[key] for key in ("counts", "diff")]
    moved = aside(kept)
    assert {path: moved[path] for path in moved if path.endswith(".jpg")} == {
        "2024/2024-06/1.jpg": picture("1.jpg"),
        "2024/2024-06/5.jpg": picture("5.jpg"),
    }
    assert sum(path.endswith(".xmp") for path in moved) == 2
    assert len(kept.photos()) == COUNT - 2
    result = kept(prune=True)
    assert (result["changed"], counts(result)) == (False, {"unchanged": COUNT - 2})


def test_prune_keeps_photos_in_trash(kept: Archives) -> None:
    delete(kept, "1.jpg", force=False)
    assert counts(kept(prune=True)) == {"unchanged": COUNT - 1}
    assert len(kept.photos()) == COUNT


def test_prune_sets_deleted_album_aside(kept: Archives) -> None:
    (album,) = kept.account.ask("GET", "/albums")
    kept.account.ask("DELETE", f"/albums/{album['id']}")
    result = kept(prune=True)
    assert json.loads(aside(kept)["immich-archive/albums/Rome.json"])["name"] == "Rome"
    assert result["changed"]


@pytest.mark.parametrize("answer", ["empty", "half", "late error"])
def test_nothing_moves_when_the_list_is_not_to_be_trusted(kept: Archives, answer: str) -> None:
    page = {"albums": {"total": 0, "count": 0, "items": [], "facets": []}}
    assets = {"total": 0, "count": 0, "items": [], "facets": [], "nextPage": None}
    if answer == "late error":
        kept.server.fault("POST", "/search/metadata", after=3, times=None, status=500)
    else:
        if answer == "half":
            whole = kept.account.ask("POST", "/search/metadata", json={"withExif": True, "visibility": "timeline"})["assets"]
            assets = {**whole, "items": whole["items"][: COUNT - 5], "nextPage": None}
        kept.server.fault("POST", "/search/metadata", times=None, json={**page, "assets": assets})
    before = kept.photos()
    error = kept.failing(prune=True)
    assert (kept.photos(), aside(kept)) == (before, {})
    words = {"empty": "Nothing was moved by prune: the server lists 0", "half": "the server's list was not complete", "late error": "500"}
    assert words[answer] in error.msg
    kept.server.clear_faults()
    kept(prune=True)
    assert (kept.photos(), aside(kept)) == (before, {})


def test_prune_beyond_limit_is_refused(kept: Archives) -> None:
    delete(kept, *(f"{number}.jpg" for number in range(11)))
    error = kept.failing(prune=True)
    assert "prune_limit (10%)" in error.msg
    assert (len(kept.photos()), aside(kept)) == (COUNT, {})
    assert counts(kept(prune=True, prune_limit=40)) == {"unchanged": COUNT - 11, "removed": 11}


def test_killed_prune_is_completed_by_next_run(kept: Archives) -> None:
    delete(kept, "1.jpg")
    (kept.dest / "2024/2024-06/1.jpg").unlink()  # it was moved, and the manifest does not know yet
    assert counts(kept(prune=True)) == {"unchanged": COUNT - 1, "removed": 1}
    assert counts(kept(prune=True)) == {"unchanged": COUNT - 1}
