# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assets get values: which of them, what the server has afterwards, and what a second run does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints import assets
from support.photos.shots import Shot, ask, send_shots
from support.stops import stop_when

from .conftest import Changing

SHOTS = (Shot("a.jpg"), Shot("b.jpg", 60), Shot("c.jpg", 120, "Box 2"))
ROME = {"latitude": 41.9, "longitude": 12.5}


def exif_of(changing: Changing, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(changing.server, "GET", f"/assets/{asset_id}")["exifInfo"]
    return found


def tags_of(changing: Changing, name: str) -> list[str]:
    found: list[str] = next(asset["tags"] for asset in changing.server.state()["assets"] if asset["name"] == name)
    return found


def test_all_values_are_set_once(on_each: Changing) -> None:
    ids = send_shots(on_each.server, *SHOTS)
    select = {"camera_models": ["Box 1"]}
    wanted: dict[str, Any] = {
        "description": "Roma – 1987",
        "rating": 4,
        "favorite": True,
        "visibility": "archive",
        "date": "1987-08-01T15:00:00+02:00",
        "position": ROME,
        "add_tags": ["Trip/Rome", "scan"],
        "add_to_albums": ["Italy"],
    }
    predicted = on_each(select, check=True, **wanted)
    assert [request for request in on_each.server.requests(writes=True) if request["path"].startswith("/assets/")] == []
    result = on_each(select, **wanted)
    assert {key: result[key] for key in ("changed", "counts", "assets", "diff")} == {
        key: predicted[key] for key in ("changed", "counts", "assets", "diff")
    }
    assert result["counts"] == {"changed": 2, "left_alone": 0, "failed": 0}
    on_each.server.wait_idle()
    state = {asset["name"]: asset for asset in on_each.server.state()["assets"]}
    for name in ("a.jpg", "b.jpg"):
        exif = exif_of(on_each, ids[name])
        assert (exif["description"], exif["rating"]) == ("Roma – 1987", 4)
        assert (exif["latitude"], exif["longitude"]) == (41.9, 12.5)
        assert exif["dateTimeOriginal"].startswith("1987-08-01T13:00:00")
        assert (state[name]["favorite"], state[name]["visibility"]) == (True, "archive")
        assert (sorted(state[name]["tags"]), state[name]["albums"]) == (["Trip/Rome", "scan"], ["Italy"])
    assert (state["c.jpg"]["favorite"], state["c.jpg"]["tags"], state["c.jpg"]["albums"]) == (False, [], [])
    on_each.server.clear_requests()
    again = on_each(select, **wanted)
    assert (again["changed"], again["selected"]) == (False, 2)
    assert on_each.server.requests(writes=True) == []


def test_all_values_are_taken_away_again(on_each: Changing) -> None:
    ids = send_shots(on_each.server, SHOTS[0])
    select = {"names": ["A.*"]}
    on_each(select, description="x", rating=5, position=ROME, add_tags=["a", "a/b"], add_to_albums=["One"])
    taken = on_each(
        select,
        description="",
        rating=0,
        position={"latitude": 0.0, "longitude": 0.0},
        remove_tags=["a"],
        remove_from_albums=["One"],
    )
    on_each.server.wait_idle()
    exif = exif_of(on_each, ids["a.jpg"])
    assert (exif["description"], exif["rating"] or None, exif["latitude"]) == ("", None, None)
    assert tags_of(on_each, "a.jpg") == ["a/b"]
    assert on_each.server.state()["albums"][0]["assets"] == []
    assert taken["assets"][0]["changes"]["position"] == {"before": ROME, "after": None}
    assert on_each(select, rating=0, remove_tags=["a"], remove_from_albums=["One"])["changed"] is False


def test_tags_wait_until_values_are_written(changing: Changing) -> None:
    send_shots(changing.server, SHOTS[0])
    changing.server.set_job_seconds(0.05)
    changing({"names": ["a.*"]}, rating=3, add_tags=["new"])
    changing.server.wait_idle()
    assert tags_of(changing, "a.jpg") == ["new"]


def test_tags_wait_while_asset_changed_just_now(changing: Changing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tags may not have been written down yet, although its values are."""
    send_shots(changing.server, SHOTS[0])
    monkeypatch.setattr(assets, "_JUST_NOW", 60.0)
    failure = changing.failure({"names": ["a.*"]}, rating=3, add_tags=["new"], wait_timeout=1)
    assert (failure.kind, tags_of(changing, "a.jpg")) == ("timeout", [])


def test_paused_sidecar_queue_leaves_tags_out_and_says_so(changing: Changing) -> None:
    ids = send_shots(changing.server, SHOTS[0])
    changing.server.pause("sidecar")
    failure = changing.failure({"names": ["a.*"]}, rating=3, add_tags=["new"], wait_timeout=0)
    assert failure.kind == "timeout"
    assert failure.result["failures"][0]["id"] == ids["a.jpg"]
    assert tags_of(changing, "a.jpg") == []
    changing.server.resume("sidecar")
    changing.server.wait_idle()
    assert changing({"names": ["a.*"]}, rating=3, add_tags=["new"])["assets"][0]["changes"] == {"add_tags": ["new"]}


def test_paused_sidecar_queue_warns_of_values(changing: Changing) -> None:
    send_shots(changing.server, SHOTS[0])
    changing.server.pause("sidecar")
    result = changing({"names": ["a.*"]}, rating=3, wait_timeout=0)
    assert (result["counts"]["changed"], len(result["warnings"])) == (1, 1)


@pytest.mark.parametrize("wanted", [{"description": "x"}, {"rating": 2}, {"add_tags": ["new"]}])
def test_read_only_library_fails(on_each: Changing, wanted: dict[str, Any]) -> None:
    ids = send_shots(on_each.server, SHOTS[0])
    library = "0b0f2c1e-7d5f-4a44-9a3e-2f1d8a6f1c11"
    on_each.server.control("POST", "library", {"assets": list(ids.values()), "library": library, "folder": "/mnt/photos"})
    on_each.server.switch(read_only_libraries=True)
    failure = on_each.failure({"folders": ["/mnt/photos"]}, **wanted)
    assert "external library" in failure.msg
    assert failure.result["counts"] == {"changed": 0, "left_alone": 0, "failed": 1}


def test_unread_asset_is_left_alone(changing: Changing) -> None:
    changing.server.pause("metadataExtraction")
    changing.server.pause("sidecar")
    ids = send_shots(changing.server, SHOTS[0], wait=False)
    result = changing({"types": ["image"]}, rating=3)
    assert (result["changed"], result["left_alone"][0]["id"], len(result["warnings"])) == (False, ids["a.jpg"], 1)
    assert changing({"types": ["image"]}, favorite=True)["counts"]["changed"] == 1


def test_shift_moves_each_asset_once(on_each: Changing, tmp_path: Path) -> None:
    ids = send_shots(on_each.server, *SHOTS)
    record = tmp_path / "shift.json"
    options: dict[str, Any] = {"shift": {"by": "-1h30m", "record": str(record)}}
    predicted = on_each({"camera_models": ["Box 1"]}, check=True, **options)
    assert not record.exists()
    result = on_each({"camera_models": ["Box 1"]}, **options)
    assert result["assets"] == predicted["assets"]
    on_each.server.wait_idle()
    assert exif_of(on_each, ids["a.jpg"])["dateTimeOriginal"].startswith("2024-06-01T10:30:00")
    assert on_each({"camera_models": ["Box 1"]}, **options)["changed"] is False
    assert on_each({"types": ["image"]}, **options)["counts"]["changed"] == 1  # one that was not there before
    assert sorted(json.loads(record.read_text())["moved"]) == sorted(ids.values())


def test_shift_finishes_assets_recorded_by_dead_run(changing: Changing, tmp_path: Path) -> None:
    ids = send_shots(changing.server, *SHOTS[:2])
    options: dict[str, Any] = {"shift": {"by": "1h", "record": str(tmp_path / "shift.json")}}
    written: list[str] = []

    def one_was_written() -> bool:
        written[:] = [one["path"] for one in changing.server.requests(writes=True) if one["path"].startswith("/assets/")]
        return bool(written)

    failure = changing.failure({"types": ["image"]}, check_stop=stop_when(one_was_written), **options)
    assert (failure.kind, failure.result["counts"]["changed"]) == ("local", 1)
    assert len(written) == 1
    changing.server.wait_idle()
    assert changing({"types": ["image"]}, **options)["counts"]["changed"] == 1
    changing.server.wait_idle()
    assert exif_of(changing, ids["a.jpg"])["dateTimeOriginal"].startswith("2024-06-01T13:00:00")
    assert exif_of(changing, ids["b.jpg"])["dateTimeOriginal"].startswith("2024-06-01T13:01:00")


def test_shift_leaves_time_changed_since_alone(changing: Changing, tmp_path: Path) -> None:
    ids = send_shots(changing.server, SHOTS[0])
    options: dict[str, Any] = {"shift": {"by": "1d", "record": str(tmp_path / "shift.json")}}
    changing({"names": ["a.*"]}, **options)
    changing({"names": ["a.*"]}, date="2020-01-01")
    result = changing({"names": ["a.*"]}, **options)
    assert (result["changed"], result["left_alone"][0]["id"]) == (False, ids["a.jpg"])


@pytest.mark.parametrize("content", ["notes", '{"format": "photoyard.immich shift", "version": 1, "moved": {"x": 1}}'])
def test_foreign_record_of_a_shift_is_not_replaced(changing: Changing, tmp_path: Path, content: str) -> None:
    send_shots(changing.server, SHOTS[0])
    record = tmp_path / "shift.json"
    record.write_text(content)
    failure = changing.failure({"names": ["a.*"]}, shift={"by": "1h", "record": str(record)})
    assert (failure.kind, record.read_text()) == ("local", content)


def test_record_of_another_shift_is_refused(changing: Changing, tmp_path: Path) -> None:
    send_shots(changing.server, SHOTS[0])
    record = tmp_path / "shift.json"
    changing({"names": ["a.*"]}, shift={"by": "1h", "record": str(record)})
    content = record.read_text()
    changing.server.clear_requests()
    failure = changing.failure({"names": ["a.*"]}, shift={"by": "2h", "record": str(record)})
    assert (failure.kind, list(failure.options), record.read_text()) == ("validation", ["set.shift.record"], content)
    record.write_text(json.dumps(json.loads(content) | {"version": 99}))
    assert changing.failure({"names": ["a.*"]}, shift={"by": "1h", "record": str(record)}).kind == "local"
    assert changing.server.requests(writes=True) == []


def test_time_zone_keeps_the_moment(on_each: Changing) -> None:
    ids = send_shots(on_each.server, *SHOTS[:2])
    on_each({"names": ["b.*"]}, position=ROME)
    result = on_each({"types": ["image"]}, time_zone="America/New_York")
    assert [asset["id"] for asset in result["assets"]] == [ids["a.jpg"]]
    assert [asset["id"] for asset in result["left_alone"]] == [ids["b.jpg"]]
    on_each.server.wait_idle()
    asset = ask(on_each.server, "GET", f"/assets/{ids['a.jpg']}")
    assert (asset["fileCreatedAt"][:19], asset["localDateTime"][:19]) == ("2024-06-01T12:00:00", "2024-06-01T08:00:00")
    assert on_each({"names": ["a.*"]}, time_zone="America/New_York")["changed"] is False


def test_failed_call_keeps_other_changes(changing: Changing) -> None:
    ids = send_shots(changing.server, *SHOTS)
    changing.server.fault(method="PATCH", path=f"/assets/{ids['b.jpg']}", times=9, status=400, json={"message": "odd"})
    failure = changing.failure({"types": ["image"]}, rating=2)
    assert failure.result["counts"] == {"changed": 2, "left_alone": 0, "failed": 1}
    assert [one["name"] for one in failure.result["failures"]] == ["b.jpg"]
    changing.server.clear_faults()
    assert changing({"types": ["image"]}, rating=2)["counts"]["changed"] == 1


def test_key_without_a_scope_is_refused_first(changing: Changing) -> None:
    send_shots(changing.server, SHOTS[0])
    key = changing.server.make_key(permissions=["asset.read", "user.read"])
    failure = changing.failure({"names": ["a.*"]}, api_key=key, rating=1, add_tags=["x"], add_to_albums=["y"])
    assert failure.kind == "permission"
    assert set(failure.details["scopes"]) == {
        "asset.update",
        "tag.read",
        "tag.create",
        "tag.asset",
        "album.read",
        "album.create",
        "albumAsset.create",
    }


def test_album_of_many_with_one_name_is_refused(changing: Changing) -> None:
    send_shots(changing.server, SHOTS[0])
    for _number in range(2):
        ask(changing.server, "POST", "/albums", json={"albumName": "Twice"})
    failure = changing.failure({"names": ["a.*"]}, add_to_albums=["Twice"])
    assert (failure.kind, "set.add_to_albums" in failure.msg) == ("validation", True)


def test_more_changes_than_allowed_change_nothing(changing: Changing) -> None:
    send_shots(changing.server, *SHOTS)
    changing.server.clear_requests()
    failure = changing.failure({"types": ["image"]}, rating=2, max_changes=2)
    assert (failure.kind, failure.details) == ("validation", {"changes": 3, "max_changes": 2})
    assert changing.server.requests(writes=True) == []
