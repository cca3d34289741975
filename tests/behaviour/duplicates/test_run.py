# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs: what goes, what stays, what the one that stays takes over, and that a second run finds nothing to do."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.duplicates import DuplicateCalls
from support.collection import ApiKey, Connection, Immich, errors
from support.photos.libraries import picture
from support.photos.people import sized_photo

from .conftest import Duplicates

OTHER_USER = "admin"


def large(name: str) -> bytes:
    """A file of a size of its own: `b` is larger than `a`."""
    return picture(name) + bytes(100 * ord(name[0]))


def as_done(planned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups of a look ahead as the run has them. Raises AssertionError where one is not planned."""
    assert {group["status"] for group in planned} == {"planned"}
    return [{**group, "status": "done"} for group in planned]


def test_trash_merges_all_fields_into_keeper(duplicates: Duplicates) -> None:
    """The largest stays: `z`. The others have all that a photo can have."""
    server, old = duplicates.server, duplicates.server.version == "1.135"
    duplicates.upload("a.jpg", large("a"))
    duplicates.live("c.jpg")
    duplicates.group("a.jpg", "c.jpg", "z.jpg", content=large)
    duplicates.album("Rome", "a.jpg")
    duplicates.album("Both", "a.jpg", "z.jpg")
    share_with_viewer(duplicates, "Theirs", "a.jpg")
    duplicates.tag("Trip/Rome", "c.jpg")
    duplicates.person("Ada", "a.jpg", "z.jpg")
    duplicates.person("Bob", "a.jpg")
    link = duplicates.link("a.jpg")
    duplicates.change("a.jpg", description="One\n\nTwo", rating=3, isFavorite=True)
    duplicates.change("z.jpg", description="Two\n\n\n  Three", rating=2)
    duplicates.change("c.jpg", visibility="archive")
    before = duplicates.has("z.jpg")
    server.clear_requests()
    said, predicted = duplicates.run("none"), duplicates.run(check=True)
    assert server.requests(writes=True) == []
    done = duplicates.run()
    assert (said["changed"], predicted["changed"], done["changed"]) == (False, True, True)
    assert said["groups"] == predicted["groups"]
    assert as_done(said["groups"]) == done["groups"]
    assert predicted["diff"] == done["diff"]
    assert predicted["counts"] == done["counts"]
    keeper = duplicates.has("z.jpg")
    assert keeper["albums"] == ["Both", "Rome"]
    assert keeper["tags"] == ["Trip/Rome"]
    assert keeper["description"] == "Two\n\n\n  Three\n\nOne"
    assert (keeper["rating"], keeper["isFavorite"], keeper["visibility"]) == (3, True, "timeline")
    assert before["livePhotoVideoId"] is None
    assert keeper["livePhotoVideoId"] == duplicates.has("c.jpg")["livePhotoVideoId"]
    assert duplicates.linked(link) == ([] if old else ["z.jpg"])
    assert duplicates.in_view() == ["z.jpg"]
    assert {duplicates.has(name)["duplicate"] for name in ("a.jpg", "c.jpg", "z.jpg")} == {None}
    (group,) = done["groups"]
    assert (group["rule"], group["keep"], group["decision"]) == ("suggested", [duplicates.ids["z.jpg"]], "trash")
    assert group["merged"]["rating"] == {"before": 2, "after": 3}
    assert "faces of Bob" in group["lost"]
    assert "the place in the album Theirs, to which the key's user may not add" in group["lost"]
    assert len(group["lost"]) == (3 if old else 2)
    assert [done["counts"][name] for name in ("photos", "kept", "trashed")] == [3, 1, 2]
    server.clear_requests()
    again = duplicates.run()
    assert (again["changed"], again["counts"]["found"], server.requests(writes=True)) == (False, 0, [])


def test_check_mode_needs_no_folder_for_the_report(newest: Duplicates, tmp_path: Path) -> None:
    """A task before this one would make it."""
    newest.group("a.jpg", "b.jpg", content=large)
    report = str(tmp_path / "none" / "groups.jsonl")
    assert newest.run("none", check=True, report=report)["counts"]["trashed"] == 1
    with pytest.raises(errors.LocalFailure, match="there is no folder"):
        newest.run("none", report=report)
    assert not (tmp_path / "none").exists()


def test_runs_count_trashed_and_remaining_groups(newest: Duplicates) -> None:
    for first, second, third in ("abc", "def", "ghi"):
        newest.group(f"{first}.jpg", f"{second}.jpg", f"{third}.jpg", content=large)
    newest.group("j.jpg", "k.dng", content=large)
    wanted: dict[str, Any] = {"require": {"same_format": True}, "limit": 2}
    expected = {"photos": 11, "trashed": 4, "resolved": 2, "skipped": 1, "left_for_later": 1}
    for result in (newest.run("none", **wanted), newest.run(check=True, **wanted), newest.run(**wanted)):
        assert {name: result["counts"][name] for name in expected} == expected
    stacked = newest.run("stack")["counts"]
    assert (stacked["stacked"], stacked["left_for_later"]) == (2, 0)
    assert newest.run()["counts"]["found"] == 0


def test_refused_run_counts_nothing(newest: Duplicates) -> None:
    newest.group("a.jpg", "b.jpg", content=large)
    with pytest.raises(errors.RunFailed) as caught:
        newest.run(max_trash=0)
    assert (caught.value.result["changed"], caught.value.result["counts"]["trashed"]) == (False, 0)
    assert newest.in_view() == ["a.jpg", "b.jpg"]


def test_shared_link_shows_keeper(duplicates: Duplicates) -> None:
    """The list of links has one photo of each: where a link shows another photo too, the one that goes may not be in the list."""
    server, old = duplicates.server, duplicates.server.version == "1.135"
    duplicates.group("b.jpg", "z.jpg", content=large)
    duplicates.upload("0.jpg", minutes=-9)
    duplicates.upload("9.jpg", minutes=9)
    first, last, both = duplicates.link("0.jpg", "b.jpg"), duplicates.link("b.jpg", "9.jpg"), duplicates.link("b.jpg", "z.jpg")
    duplicates.link("0.jpg", "b.jpg", "9.jpg")
    predicted, done = duplicates.run(check=True), duplicates.run()
    assert as_done(predicted["groups"]) == done["groups"]
    (group,) = done["groups"]
    if old:
        (lost,) = group["lost"]
        assert lost.startswith("3 shared links")
    else:
        assert group["merged"] == {"shared_links": {"before": 1, "after": 4}}
    stays = [] if old else ["z.jpg"]
    assert duplicates.linked(first) == ["0.jpg", *stays]
    assert duplicates.linked(last) == ["9.jpg", *stays]
    assert duplicates.linked(both) == ["z.jpg"]
    server.clear_requests()
    assert (duplicates.run()["changed"], server.requests(writes=True)) == (False, [])


def test_link_deleted_while_links_are_read_is_left_out(duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicates.group("a.jpg", "b.jpg", content=large)
    stays, goes = duplicates.link("a.jpg"), duplicates.link("a.jpg", "b.jpg")
    with closing(Immich(Connection(duplicates.server.url, ApiKey(duplicates.api_key)))) as client:
        call = client.transport.call

        def delete_once_listed(method: str, path: str, **options: Any) -> Any:
            answer = call(method, path, **options)
            if path == "/shared-links":
                duplicates.ask("DELETE", f"/shared-links/{goes}")
            return answer

        monkeypatch.setattr(client.transport, "call", delete_once_listed)
        found = DuplicateCalls(client).links()
    assert found == {duplicates.ids["a.jpg"]: {stays}}


def share_with_viewer(duplicates: Duplicates, name: str, member: str) -> None:
    """An album of another user in which the user is a viewer, with a photo of the user's in it."""
    album = duplicates.album(name, member)
    duplicates.change_database("UPDATE albums SET owner = (SELECT id FROM users WHERE label = ?) WHERE id = ?", OTHER_USER, album)
    duplicates.change_database("INSERT INTO album_users SELECT ?, id, 'viewer' FROM users WHERE label = 'user'", album)


def test_actions_stack_and_dismiss_leave_others_alone(duplicates: Duplicates) -> None:
    server = duplicates.server
    duplicates.group("a.jpg", "b.jpg", content=large)
    duplicates.group("c.jpg", "d.dng", content=large)
    same_format = {"same_format": True}
    assert duplicates.run("stack", require=same_format)["counts"]["stacked"] == 1
    (stack,) = server.state()["stacks"]
    assert stack["assets"] == [duplicates.ids["b.jpg"], duplicates.ids["a.jpg"]]
    assert duplicates.listed() == [["c.jpg", "d.dng"]]
    left = duplicates.run(require=same_format)
    assert (left["changed"], left["counts"]["skipped"]) == (False, 1)
    assert "require.same_format" in left["groups"][0]["skipped_reason"]
    assert duplicates.run("dismiss")["counts"]["dismissed"] == 1
    assert duplicates.listed() == []
    server.clear_requests()
    assert duplicates.run("dismiss")["changed"] is False
    assert server.requests(writes=True) == []
    assert duplicates.in_view() == ["a.jpg", "b.jpg", "c.jpg", "d.dng"]


def test_members_are_described_for_a_review(newest: Duplicates) -> None:
    newest.group("a.jpg", "b.jpg", content=lambda name: sized_photo(name, (40, 30)))
    newest.album("Rome", "a.jpg")
    newest.tag("Trip", "a.jpg")
    newest.person("Ada", "a.jpg")
    newest.change("a.jpg", rating=3, isFavorite=True)
    (group,) = newest.run("none")["groups"]
    about = {member["name"]: member for member in group["members"]}
    for name, member in about.items():
        assert (member["id"], member["size"]) == (newest.ids[name], len(sized_photo(name, (40, 30))))
        assert (member["width"], member["height"], member["format"]) == (40, 30, "jpeg")
        assert (member["visibility"], member["external"], member["live_photo"]) == ("timeline", False, False)
        assert member["path"].endswith(".jpg")
    organised = {key: about["a.jpg"][key] for key in ("albums", "tags", "people", "rating", "favorite")}
    assert organised == {"albums": ["Rome"], "tags": ["Trip"], "people": ["Ada"], "rating": 3, "favorite": True}


def test_review_is_done_and_nothing_else(newest: Duplicates, tmp_path: Path) -> None:
    """Somebody keeps the smaller file of one group, dismisses one, leaves one alone, and has not seen the last."""
    report = tmp_path / "duplicates.jsonl"
    for first, second in ("ab", "cd", "ef"):
        newest.group(f"{first}.jpg", f"{second}.jpg", content=large)
    newest.run("none", report=str(report), thumbnails=str(tmp_path / "pictures"))
    assert {path.stem for path in (tmp_path / "pictures").iterdir()} == set(newest.ids.values())
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert (lines[0]["kind"], lines[0]["server"]) == ("run", newest.server.url)
    of = {line["members"][0]["name"][0]: line for line in lines[1:-1]}
    one = {name: line for line in of.values() for name in "ace" if name in {member["name"][0] for member in line["members"]}}
    one["a"]["keep"] = [newest.ids["a.jpg"]]
    one["c"].update(decision="dismiss")
    one["e"].update(decision="skip")
    newest.group("g.jpg", "h.jpg", content=large)
    done = newest.run(groups=lines)
    assert newest.in_view() == ["a.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg"]
    assert newest.listed() == [["e.jpg", "f.jpg"], ["g.jpg", "h.jpg"]]
    assert (done["counts"]["resolved"], done["counts"]["dismissed"], done["counts"]["skipped"]) == (1, 1, 2)
    assert newest.run(groups=lines)["changed"] is False
    newest.mark(newest.has("e.jpg")["duplicate"], "g.jpg")
    one["e"].update(decision="trash", keep=[newest.ids["e.jpg"]])
    changed = newest.run(groups=lines)
    assert changed["changed"] is False
    assert any(group["skipped_reason"] for group in changed["groups"])


@pytest.mark.parametrize("check", [False, True])
def test_corrected_review_is_not_overwritten(newest: Duplicates, tmp_path: Path, check: bool) -> None:
    report = tmp_path / "duplicates.jsonl"
    newest.group("a.jpg", "b.jpg", content=large)
    for _ in range(2):  # as it was written, it is replaced
        newest.run("none", report=str(report))
    corrected = report.read_text(encoding="utf-8").replace('"decision": "trash"', '"decision": "skip"')
    report.write_text(corrected, encoding="utf-8")
    for action in ("none", "trash"):
        with pytest.raises(errors.ImmichError, match="was corrected since") as caught:
            newest.run(action, report=str(report), check=check)
        assert caught.value.kind == "local"
    assert (report.read_text(encoding="utf-8"), newest.in_view()) == (corrected, ["a.jpg", "b.jpg"])


@pytest.mark.parametrize("content", ["notes\n", '{"kind": "run", "module": "immich_upload"}\n', "{}\n"], ids=["notes", "upload", "json"])
def test_report_of_duplicates_replaces_no_other_file(newest: Duplicates, tmp_path: Path, content: str) -> None:
    (tmp_path / "notes").write_text(content)
    newest.group("a.jpg", "b.jpg", content=large)
    for check in (True, False):
        with pytest.raises(errors.ImmichError, match="holds something else") as caught:
            newest.run(report=str(tmp_path / "notes"), check=check)
        assert caught.value.kind == "local"
    assert ((tmp_path / "notes").read_text(), newest.in_view()) == (content, ["a.jpg", "b.jpg"])


@pytest.mark.parametrize("check", [False, True])
def test_thumbnails_do_not_make_the_place_of_a_disk(newest: Duplicates, tmp_path: Path, check: bool) -> None:
    newest.group("a.jpg", "b.jpg", content=large)
    with pytest.raises(errors.ImmichError, match="thumbnails") as caught:
        newest.run("none", thumbnails=str(tmp_path / "disk/pictures"), check=check)
    assert (caught.value.kind, caught.value.details) == ("local", {"missing": [f"{tmp_path}/disk"]})
    assert not (tmp_path / "disk").exists()


def test_report_of_killed_run_is_kept(newest: Duplicates, tmp_path: Path) -> None:
    report = tmp_path / "duplicates.jsonl"
    newest.group("a.jpg", "b.jpg", content=large)
    newest.run("none", report=str(report))
    whole = report.read_text(encoding="utf-8").splitlines(keepends=True)
    report.write_text("".join(whole[:-1]), encoding="utf-8")
    with pytest.raises(errors.ImmichError, match="or that run was ended early"):
        newest.run("none", report=str(report))
    report.write_text(whole[0], encoding="utf-8")  # nothing to correct yet
    newest.run("none", report=str(report))
    assert report.read_text(encoding="utf-8").splitlines(keepends=True)[1:-1] == whole[1:-1]


def test_duplicates_respect_protection_and_limits(newest: Duplicates) -> None:
    for first, second in ("ab", "cd", "ef"):
        newest.group(f"{first}.jpg", f"{second}.jpg", content=large)
    newest.album("Clean", "c.jpg", "d.jpg", "e.jpg")
    newest.change("a.jpg", isFavorite=True)
    with pytest.raises(errors.RunFailed, match=r"3 photos .* max_trash is 2"):
        newest.run(max_trash=2)
    assert len(newest.listed()) == 3
    assert newest.run(only_albums=["Clean"])["counts"]["resolved"] == 1
    kept = newest.run(protect=["favorite"], limit=1)
    assert kept["counts"]["resolved"] == 1
    assert kept["counts"]["skipped"] + kept["counts"]["left_for_later"] == 1
    newest.run(protect=["favorite"])
    assert newest.in_view() == ["a.jpg", "b.jpg", "d.jpg", "f.jpg"]
    assert newest.run(protect=["favorite"], on_protected="keep_both")["counts"]["dismissed"] == 1
    assert newest.listed() == []


def test_refused_options_change_nothing(duplicates: Duplicates) -> None:
    duplicates.group("a.jpg", "b.jpg", content=large)
    ids = [duplicates.ids["a.jpg"], duplicates.ids["b.jpg"]]
    key = duplicates.server.make_key(permissions=["duplicate.read", "asset.read", "album.read", "sharedLink.read", "asset.update"])
    refused: list[tuple[dict[str, Any], str]] = [
        ({"keep": ["biggest"]}, "keep has no rule 'biggest'"),
        ({"protect": [{"favorite": ["a"]}]}, "cannot be read"),
        ({"groups": [{"members": ids, "keep": []}]}, "keep is empty"),
        ({"groups": [{"members": ids, "keep": ids}]}, "names all members"),
        ({"groups": [{"members": ids, "kept": ids[:1]}]}, "has kept"),
        ({"groups": [{"members": ids, "decision": "trash"}], "action": "dismiss"}, "says trash, and action is dismiss"),
        ({"only_albums": ["Nowhere"]}, "no album named 'Nowhere'"),
        ({"limit": 0}, "limit must be at least 1"),
    ]
    if duplicates.server.version != "1.135":
        refused.append(({"api_key": key}, "asset.delete"))
    duplicates.server.clear_requests()
    for options, message in refused:
        with pytest.raises(errors.ImmichError, match=message):
            duplicates.run(**options)
    assert duplicates.server.requests(writes=True) == []


def test_disabled_trash_requires_allow_no_trash(newest: Duplicates) -> None:
    newest.group("a.jpg", "b.jpg", content=large)
    headers = {"x-api-key": newest.server.admin_api_key}
    config = newest.ask("GET", "/system-config", headers=headers)
    config["trash"]["enabled"] = False
    newest.ask("PUT", "/system-config", headers=headers, json=config)
    with pytest.raises(errors.InvalidRequest, match="allow_no_trash"):
        newest.run()
    assert len(newest.run("none")["groups"]) == 1
    assert newest.run(allow_no_trash=True)["counts"]["trashed"] == 1


def test_emptied_trash_leaves_used_videos(duplicates: Duplicates) -> None:
    """The still `b` takes the video of `a`; `d` has one of its own, and that of `c` goes."""
    duplicates.live("a.jpg")
    duplicates.live("c.jpg")
    duplicates.upload("d.mov", b"another video", visibility="hidden")
    duplicates.upload("d.jpg", large("d"), livePhotoVideoId=duplicates.ids["d.mov"])
    duplicates.group("a.jpg", "b.jpg", content=large)
    duplicates.group("c.jpg", "d.jpg")
    groups = duplicates.run()["groups"]
    assert sorted(group["lost"] for group in groups) == [[], ["the video of a live photo"]]
    duplicates.ask("POST", "/trash/empty")
    duplicates.server.wait_idle()
    left = sorted(one["name"] for one in duplicates.server.state()["assets"])
    assert left == ["a.mov", "b.jpg", "d.jpg", "d.mov"]
    assert duplicates.has("b.jpg")["livePhotoVideoId"] == duplicates.ids["a.mov"]
    assert duplicates.run()["changed"] is False


def test_dismissed_group_found_again_is_dismissed(newest: Duplicates) -> None:
    """Immich gives it a new id when all photos are searched again."""
    newest.group("a.jpg", "b.jpg", content=large)
    reviewed = newest.run("none")["groups"]
    assert newest.run("dismiss")["counts"]["dismissed"] == 1
    newest.group("a.jpg", "b.jpg")
    again = newest.run("dismiss", groups=[{**group, "decision": "dismiss"} for group in reviewed])
    assert (again["changed"], again["counts"]["dismissed"]) == (True, 1)
    assert newest.listed() == []
    assert newest.run("dismiss")["changed"] is False
