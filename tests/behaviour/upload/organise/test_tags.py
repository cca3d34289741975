# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: every file gets them, new or not, whatever the server's background jobs do meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.tags import TagCalls
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, FormBody, Immich, upload_fields
from support.http.answering import Reply, Seen
from support.http.wire import writes
from support.photos.jpegs import jpeg, sidecar_of, with_iptc, with_xmp
from support.tiers import newest_in_test

from ..conftest import Uploads, by_name, counts, picture, read_metadata, sha1, through

NEVER = 3600.0  # seconds that a job takes which does not end during a test
AT_ONCE = 0.001


@pytest.fixture(params=newest_in_test("1.135", "2.7", "3.1"))
def running(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Uploads:
    """Runs uploads to a server of each version in turn, whose background jobs run."""
    return Uploads(emulator(version=request.param))


def tags_of(server: Emulator) -> list[list[str]]:
    """The tags of each asset."""
    return [asset["tags"] for asset in server.state()["assets"]]


def added(result: dict[str, Any]) -> list[tuple[str, bool, int]]:
    """Name, whether created, and number of files of each tag in the result."""
    return [(tag["name"], tag["created"], tag["added"]) for tag in result["tags"]]


@pytest.mark.parametrize("paused", [[], ["metadataExtraction"], ["smartSearch"]], ids=lambda queues: "".join(queues) or "nothing")
@pytest.mark.parametrize("after_upload", ["keep", "delete"])
def test_no_tag_is_lost_while_metadata_is_read(running: Uploads, photos: Callable[..., Path], paused: list[str], after_upload: str) -> None:
    """Jobs that had begun when the upload ended come to their end after it, and those that write to sidecars after those that read."""
    server, src = running.server, photos(30, 1)
    server.set_job_seconds(NEVER)
    for queue in paused:
        server.pause(queue)
    predicted = running(src, tags=["trip/rome"], after_upload=after_upload, check=True)
    result = running(src, tags=["trip/rome"], after_upload=after_upload)
    assert added(result) == added(predicted) == [("trip/rome", True, 30)]
    assert (
        counts(result, "uploaded", "deleted_local")
        == counts(predicted, "uploaded", "deleted_local")
        == [30, 30 * (after_upload == "delete")]
    )
    assert result["warnings"] == []
    for queue in paused:
        server.resume(queue)
    server.set_job_seconds(AT_ONCE)
    server.wait_idle()
    assert tags_of(server) == [["trip/rome"]] * 30
    server.clear_requests()
    assert not running(src, tags=["trip/rome"])["changed"]
    assert writes(server) == []


def test_second_run_skips_tags_of_unread_files(each_version: Uploads, photos: Callable[..., Path]) -> None:
    server, src = each_version.server, photos(12, 1)
    each_version(src, tags=["a"])
    server.clear_requests()
    for check in (True, False):
        again = each_version(src, tags=["a"], after_upload="delete", check=check)
        assert not again["changed"]
        assert (again["warnings"], again["tags_to_be_read"]) == ([], 12)
    assert writes(server) == []
    read_metadata(server)
    assert counts(each_version(src, tags=["a"], after_upload="delete"), "duplicates", "failed", "deleted_local") == [12, 0, 12]
    assert tags_of(server) == [["a"]] * 12


def test_many_unread_files_are_listed_not_asked_singly(each_version: Uploads, photos: Callable[..., Path]) -> None:
    server, src = each_version.server, photos(60, 1)
    each_version(src, tags=["a"])
    server.clear_requests()
    again = each_version(src, tags=["a"])
    assert not again["changed"]
    assert (again["warnings"], again["tags_to_be_read"]) == ([], 60)
    assert not [one for one in server.requests() if one["method"] == "GET" and one["path"].startswith("/assets/")]
    read_metadata(server)
    assert tags_of(server) == [["a"]] * 60
    server.clear_requests()
    again = each_version(src, tags=["a"])
    assert (again["changed"], again["warnings"], again["tags_to_be_read"]) == (False, [], 0)
    assert not [one for one in server.requests() if one["method"] == "GET" and one["path"].startswith("/assets/")]


def test_tags_of_changing_file_wait_for_later_run(each_version: Uploads, tmp_path: Path) -> None:
    """Its own tags may come at any moment: then one that it got before would be gone, or they."""
    server = each_version.server
    asset = re.compile(r"/assets/[0-9a-f-]{36}$")
    picture(tmp_path / "a.jpg")
    each_version(tmp_path)
    read_metadata(server)
    looks: list[str] = []

    def changing(request: Seen, answer: Reply) -> Reply:
        if request.method == "GET" and asset.search(request.path):
            looks.append(request.path)
            moment = f"2999-01-01T00:00:0{len(looks)}.000Z"
            answer.body = json.dumps(json.loads(answer.body) | {"tags": [], "updatedAt": moment}).encode()
        return answer

    with through(server, changing) as uploads:
        result = uploads(tmp_path, tags=["t"], after_upload="delete")
    assert not result["changed"]
    assert ["may lack tags" in warning for warning in result["warnings"]] == [True]
    assert (tmp_path / "a.jpg").exists()
    assert counts(each_version(tmp_path, tags=["t"], after_upload="delete"), "deleted_local") == [1]
    assert tags_of(server) == [["t"]]


def test_file_whose_metadata_is_read_meanwhile_is_tagged(each_version: Uploads, tmp_path: Path) -> None:
    server = each_version.server
    asset = re.compile(r"/assets/[0-9a-f-]{36}$")
    picture(tmp_path / "a.jpg")
    each_version(tmp_path)
    looks = []

    def read_after_the_first_look(request: Seen, answer: Reply) -> Reply:
        if request.method == "GET" and asset.search(request.path):
            looks.append(request.path)
            if len(looks) == 1:
                read_metadata(server)
        return answer

    with through(server, read_after_the_first_look) as uploads:
        result = uploads(tmp_path, tags=["t"], after_upload="delete")
    assert len(looks) > 1
    assert added(result) == [("t", True, 1)]
    assert counts(result, "deleted_local") == [1]
    assert result["warnings"] == []
    server.wait_idle()
    assert tags_of(server) == [["t"]]


def test_upload_waits_until_immich_wrote_tags(each_version: Uploads, tmp_path: Path) -> None:
    """It shows the rest of the metadata before: a tag given then would be dropped with them, or drop them."""
    server = each_version.server
    asset = re.compile(r"/assets/[0-9a-f-]{36}$")
    picture(tmp_path / "a.jpg")
    each_version(tmp_path, tags=["t"])
    read_metadata(server)
    looks = []

    def without_tags_at_first(request: Seen, answer: Reply) -> Reply:
        if request.path.endswith("/search/metadata"):
            return Reply(body=json.dumps({"assets": {"items": [], "nextPage": None}}).encode())
        if request.method == "GET" and asset.search(request.path):
            looks.append(request.path)
            if len(looks) == 1:
                just_now = "2999-01-01T00:00:00.000Z"  # however long this machine takes to read the answer
                answer.body = json.dumps(json.loads(answer.body) | {"tags": [], "updatedAt": just_now}).encode()
        return answer

    for check in (True, False):
        looks.clear()
        with through(server, without_tags_at_first) as uploads:
            assert not uploads(tmp_path, tags=["t"], check=check)["changed"]
        assert len(looks) == 2


def test_files_read_long_ago_are_tagged(running: Uploads, photos: Callable[..., Path]) -> None:
    server, src = running.server, photos(60, 1)
    running(src)
    server.wait_idle()
    predicted = running(src, tags=["a", "b/c"], after_upload="delete", check=True)
    result = running(src, tags=["a", "b/c"], after_upload="delete")
    assert added(result) == added(predicted) == [("a", True, 60), ("b/c", True, 60)]
    assert counts(result, "deleted_local") == counts(predicted, "deleted_local") == [60]
    server.wait_idle()
    assert tags_of(server) == [["a", "b/c"]] * 60


def test_a_file_whose_tags_do_not_hold_is_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    """The server says that it gave the tags, and did not."""
    picture(tmp_path / "a.jpg")
    uploads(tmp_path)
    uploads.server.wait_idle()
    uploads.server.fault(method="PUT", path="^/tags/assets$", times=None, json={"count": 1})
    assert counts(uploads(tmp_path, tags=["t"], after_upload="delete"), "deleted_local") == [0]
    assert (tmp_path / "a.jpg").exists()
    uploads.server.clear_faults()
    assert counts(uploads(tmp_path, tags=["t"], after_upload="delete"), "deleted_local") == [1]
    assert tags_of(uploads.server) == [["t"]]


def test_file_awaiting_tags_without_album_is_kept(uploads: Uploads, tmp_path: Path) -> None:
    """Even if its tags come to hold at the end of the run."""
    picture(tmp_path / "a.jpg")
    uploads.server.pause("metadataExtraction")
    uploads(tmp_path)
    uploads.server.fault(method="PUT", path="^/albums/.*/assets$", times=None, status=400)
    uploads.failing(tmp_path, album="A", tags=["t"], after_upload="delete")
    assert (tmp_path / "a.jpg").exists()


def test_tags_after_lost_answer_are_given_by_next_run(running: Uploads, photos: Callable[..., Path]) -> None:
    """Nobody knows then whether the tags went up: perhaps another client brought the file."""
    server, src = running.server, photos(8, 1)
    server.fault(method="POST", path="^/assets$", times=3, cut="response")
    assert counts(running(src, tags=["t"])) == [8, 0, 0, 0]
    server.wait_idle()
    running(src, tags=["t"])
    server.wait_idle()
    assert tags_of(server) == [["t"]] * 8
    assert not running(src, tags=["t"])["changed"]


def test_another_client_brings_the_file_first(running: Uploads, tmp_path: Path) -> None:
    path, server = picture(tmp_path / "a.jpg"), running.server
    other = Immich(Connection(server.url, ApiKey(server.api_key)))

    def before(_check_cancelled: Callable[[], None]) -> None:
        moment, content, checksum = "2024-01-01T00:00:00Z", path.read_bytes(), sha1(path)
        fields = upload_fields(device_asset_id="a", created=moment, modified=moment, favorite=False, visibility="timeline")
        other.assets.upload(checksum, lambda _retry: FormBody(fields, content, name=path.name, size=len(content), sha1=checksum))
        server.wait_idle()

    result = running(tmp_path, tags=["t"], before_sending=before)
    assert counts(result) == [0, 1, 0, 0]
    assert added(result) == [("t", True, 1)]
    server.wait_idle()
    assert tags_of(server) == [["t"]]


def test_equal_files_have_their_tags_at_once(each_version: Uploads, tmp_path: Path) -> None:
    for number in range(100):
        picture(tmp_path / f"{number}.jpg", str(number % 50))
    predicted = each_version(tmp_path, tags=["t"], after_upload="delete", check=True)
    result = each_version(tmp_path, tags=["t"], after_upload="delete")
    assert counts(result, "uploaded", "deleted_local") == counts(predicted, "uploaded", "deleted_local") == [50, 100]
    assert added(result) == added(predicted) == [("t", True, 50)]
    assert result["warnings"] == predicted["warnings"] == []


def test_tag_made_from_a_sidecar_counts_as_created(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(40):
        picture(tmp_path / f"{number}.jpg")
    uploads.server.set_job_seconds(0.0)
    result = uploads(tmp_path, tags=["a/b"], concurrency=1, bandwidth_limit=2000.0)
    (tag,) = result["tags"]
    ids = {one["value"]: one["id"] for one in uploads.server.state()["tags"]}
    assert tag == {"name": "a/b", "id": ids["a/b"], "created": True, "added": 40}


def test_the_tags_of_a_sidecar_and_of_a_photo_are_kept(each_version: Uploads, tmp_path: Path) -> None:
    """Immich would see none of them any more beside a list with the new tag only."""
    lightroom = sidecar_of(hierarchical=["places|lake"])
    for number, (name, content) in enumerate(
        {
            "digikam.jpg.xmp": sidecar_of(tags=["family/anna"], hierarchical=["family|anna"]),
            "lightroom.jpg.xmp": lightroom,
            "subject.jpg.xmp": sidecar_of(subjects=["boat", "sea"]),
        }.items()
    ):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name[:-4]).write_bytes(jpeg(number))
    (tmp_path / "xmp.jpg").write_bytes(with_xmp(jpeg(10), lightroom))
    (tmp_path / "iptc.jpg").write_bytes(with_iptc(jpeg(11), ["caf\u00e9", "boat"]))
    (tmp_path / "better.jpg").write_bytes(with_xmp(jpeg(12), sidecar_of(tags=["people/ben"])))
    (tmp_path / "better.jpg.xmp").write_bytes(lightroom)
    (tmp_path / "plain.jpg").write_bytes(jpeg(13))
    each_version(tmp_path, tags=["trip/rome"])
    read_metadata(each_version.server)
    assert {name: sorted(asset["tags"]) for name, asset in by_name(each_version.server).items()} == {
        "digikam.jpg": ["family/anna", "trip/rome"],
        "lightroom.jpg": ["places/lake", "trip/rome"],
        "subject.jpg": ["boat", "sea", "trip/rome"],
        "xmp.jpg": ["places/lake", "trip/rome"],
        "iptc.jpg": ["boat", "caf\u00e9", "trip/rome"],
        "better.jpg": ["people/ben", "trip/rome"],
        "plain.jpg": ["trip/rome"],
    }


def test_without_sidecars_the_tags_travel_all_the_same(each_version: Uploads, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "a.jpg.xmp").write_bytes(sidecar_of(tags=["family/anna"]))
    each_version(tmp_path, tags=["t"], sidecars=False, after_upload="delete")
    read_metadata(each_version.server)
    assert tags_of(each_version.server) == [["t"]]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg.xmp"]


def test_sidecar_with_added_tags_is_deleted_after_upload(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "a.jpg.xmp").write_bytes(sidecar_of(tags=["family/anna"]))
    uploads(tmp_path, tags=["t"], after_upload="delete")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not XML", "it is not well-formed XML: syntax error: line 1, column 0"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "it has a document type declaration"),
        (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "it has no rdf:Description"),
    ],
)
def test_tags_go_up_in_the_place_of_a_broken_sidecar(each_version: Uploads, tmp_path: Path, content: bytes, why: str) -> None:
    uploads, server = each_version, each_version.server
    photo, sidecar = tmp_path / "a.jpg", tmp_path / "a.jpg.xmp"
    photo.write_bytes(with_iptc(jpeg(1), ["lake"]))
    sidecar.write_bytes(content)
    predicted = uploads(tmp_path, tags=["t"], after_upload="delete", check=True)
    result = uploads(tmp_path, tags=["t"], after_upload="delete")
    assert result["warnings"] == predicted["warnings"]
    (warning,) = result["warnings"]
    assert warning.startswith(f"{sidecar} cannot be read as XMP: {why}.")
    assert added(result) == added(predicted) == [("t", True, 1)]
    assert counts(result, "uploaded", "deleted_local") == counts(predicted, "uploaded", "deleted_local") == [1, 1]
    assert by_name(server)["a.jpg"]["sidecar"] not in (None, sha1(sidecar))
    assert (photo.exists(), sidecar.read_bytes()) == (False, content)
    read_metadata(server)
    assert tags_of(server) == [["lake", "t"]]
    (asset,) = server.state()["assets"]
    client = Immich(Connection(server.url, ApiKey(server.api_key)))
    client.tags.add([client.tags.ensure(["later"])["later"]], [asset["id"]])
    server.wait_idle()
    assert tags_of(server) == [["lake", "later", "t"]]


def test_a_broken_sidecar_goes_up_where_nothing_is_added(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "a.jpg.xmp").write_bytes(b"GPSLatitude, and not XML")
    result = uploads(tmp_path)
    assert [str(tmp_path / "a.jpg.xmp") in warning and "unchanged" in warning for warning in result["warnings"]] == [True]
    assert by_name(uploads.server)["a.jpg"]["sidecar"] == sha1(tmp_path / "a.jpg.xmp")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tags_are_added_to_tags_of_sidecar(each_version: Uploads, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "a.jpg.xmp").write_bytes(sidecar_of(tags=["family/anna"]).decode().encode(encoding))
    each_version(tmp_path, tags=["t"])
    read_metadata(each_version.server)
    assert tags_of(each_version.server) == [["family/anna", "t"]]
    assert not each_version(tmp_path, tags=["t"])["changed"]


@pytest.mark.parametrize("tag", ["1.50", "2e3", "-0", "True", "null", "007", "2024", "a,b", "a|b", " x ", '&<">', "\u00e9\U0001f600/1.50"])
def test_odd_tag_arrives_unchanged(each_version: Uploads, tmp_path: Path, tag: str) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    each_version(tmp_path, tags=[tag])
    read_metadata(each_version.server)
    assert tags_of(each_version.server) == [[tag]]
    assert not each_version(tmp_path, tags=[tag])["changed"]


@pytest.mark.parametrize("tag", ["a\nb", "a\tb", "a\0", "\ud83d", "\ufffe"])
def test_tag_with_control_character_is_refused(uploads: Uploads, tmp_path: Path, tag: str) -> None:
    picture(tmp_path / "a.jpg")
    error = uploads.failing(tmp_path, tags=["good", tag])
    assert error.kind == "validation"
    assert "tags" in error.msg
    assert uploads.server.state()["assets"] == []


@pytest.mark.parametrize("tag", ["", "/", "//"])
def test_an_empty_tag_is_refused(uploads: Uploads, tmp_path: Path, tag: str) -> None:
    picture(tmp_path / "a.jpg")
    error = uploads.failing(tmp_path, tags=["good", tag])
    assert error.kind == "validation"
    assert "tags" in error.msg
    assert uploads.server.state()["assets"] == []


def test_tags_are_normalised_as_immich_keeps(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, tags=["/Trip//Rome/", "Trip/Rome", "x"])
    read_metadata(uploads.server)
    assert tags_of(uploads.server) == [["Trip/Rome", "x"]]
    uploads.server.clear_requests()
    assert not uploads(tmp_path, tags=["Trip/Rome/"])["changed"]
    assert not uploads(tmp_path, tags=["Trip"])["changed"]
    assert writes(uploads.server) == []


def test_tags_differ_by_case(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    for tag in ("Sun", "sun"):
        uploads(tmp_path, tags=[tag])
        read_metadata(uploads.server)
    assert [sorted(tags) for tags in tags_of(uploads.server)] == [["Sun", "sun"]]


def test_missing_tags_are_added_to_tagged_files(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(tmp_path / name)
    uploads(tmp_path / "a.jpg", tags=["one"])
    uploads(tmp_path / "b.jpg", tags=["two"])
    read_metadata(uploads.server)
    predicted = uploads(tmp_path, tags=["one", "two"], check=True)
    result = uploads(tmp_path, tags=["one", "two"])
    assert added(result) == added(predicted) == [("one", False, 2), ("two", False, 2)]
    read_metadata(uploads.server)
    assert tags_of(uploads.server) == [["one", "two"]] * 3


def test_child_tag_counts_for_parent_tag(uploads: Uploads, tmp_path: Path) -> None:
    """Also where the list of those that have it was read before it was given."""
    picture(tmp_path / "a.jpg")
    uploads(tmp_path)
    read_metadata(uploads.server)
    client = Immich(Connection(uploads.server.url, ApiKey(uploads.server.api_key)))
    client.tags.add([client.tags.ensure(["Trip/Rome"])["Trip/Rome"]], [by_name(uploads.server)["a.jpg"]["id"]])
    read_metadata(uploads.server)
    uploads.server.fault(method="POST", path="^/search/metadata$", json={"assets": {"items": [], "nextPage": None}})
    assert not uploads(tmp_path, tags=["Trip"])["changed"]


def test_files_in_the_locked_folder_are_left_alone(uploads: Uploads, tmp_path: Path) -> None:
    """They are not seen with an API key, and can have no tags."""
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, visibility="locked")
    read_metadata(uploads.server)
    result = uploads(tmp_path, tags=["t"], after_upload="delete")
    assert not result["changed"]
    assert ["does not show them" in warning for warning in result["warnings"]] == [True]
    assert (tmp_path / "a.jpg").exists()
    assert uploads.server.state()["tags"] == []


def test_added_counts_files_despite_other_clients(uploads: Uploads, photos: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client tags the same files at that moment, so that the server counts fewer links as new."""
    server, src = uploads.server, photos(3, 1)
    uploads(src)
    server.wait_idle()
    real = TagCalls.add

    def add(calls: TagCalls, tag_ids: list[str], asset_ids: list[str]) -> int:
        real(calls, tag_ids[:1], asset_ids[:2])
        server.wait_idle()
        return real(calls, tag_ids, asset_ids)

    monkeypatch.setattr(TagCalls, "add", add)
    result = uploads(src, tags=["a", "b"])

    server.wait_idle()
    assert added(result) == [("a", True, 3), ("b", True, 3)]
    assert tags_of(server) == [["a", "b"]] * 3
