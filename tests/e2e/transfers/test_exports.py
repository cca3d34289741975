# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports go in whole: what Immich has in the end is what the owner's library had."""

from __future__ import annotations

import json
import os
import re
import signal
import xml.etree.ElementTree as ET
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests as http

from support.collection import ExportOptions
from support.exports.expectation import ANY, Expectation
from support.exports.icloud import ICloudStyle, icloud, on_a_phone
from support.exports.library import Album, Library, Roll, made_up
from support.exports.media import Camera, jpeg, local, sha1
from support.exports.parts import PartFile, write_zip
from support.exports.takeout import Style, takeout
from support.http.wire import writes
from support.photos.takeouts import sidecar_of
from support.playbooks import processes
from support.playbooks.playbook import Playbook
from support.runs import Uploads
from support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from immich_emulator.testing import Emulator

XMP = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
}


def test_takeout_is_uploaded_as_predicted(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    library = made_up()
    export = takeout(library, Style("2025", "de", form="mixed"))
    parts = written(export.write(tmp_path))
    report = tmp_path / "report.jsonl"
    play = upload_play(parts, report=str(report), stack=["edited", "raw_jpeg"])

    predicted = playbook.run(play, server=server, check=True).ok().task("Upload").result
    assert writes(server) == []

    first = playbook.run(play, server=server).ok().task("Upload").result
    server.wait_idle()
    predictable = ("counts", "skip_reasons", "bytes_sent", "live_photos", "stacks", "metadata_completed", "tags")
    assert {name: first[name] for name in predictable} == {name: predicted[name] for name in predictable}
    assert first["counts"]["failed"] == 0
    assert {album["name"]: album["added"] for album in first["albums"]} == {album["name"]: album["added"] for album in predicted["albums"]}
    assert first["export"] == predicted["export"]
    adds_up(first)
    check_report(first, report)
    assert wrong(server, library, export.expectation) == []
    pairs = live_pairs(server)
    for picture in library.pictures:
        if picture.moving and picture.moving.suffix and not picture.moving.embedded:
            assert pairs.get(picture.sha1) == sha1(picture.moving.content), picture.title
    assert first["stacks"]["created"] == len(server.state()["stacks"]) > 0
    assert strangers(server, library) == []

    seen = len(server.requests())
    second = playbook.run(play, server=server).ok()
    assert second.changed == 0
    assert writes(server, since=seen) == []
    assert second.task("Upload").result["counts"]["uploaded"] == 0


@pytest.mark.long
def test_a_takeout_without_its_json_is_completed(playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    """Pictures go up without their JSON files, and are completed once all parts are there."""
    server, other = emulator(), emulator()
    parts = takeout(made_up(), Style("2025", "de", form="zip")).write(tmp_path)
    Uploads(other)(*parts)
    other.wait_idle()

    upload = Uploads(server)
    upload(parts[0])  # that others follow it cannot know
    server.wait_idle()
    upload(parts[0], *parts[2:], export=ExportOptions(export_unmatched="upload"))
    server.wait_idle()
    incomplete, expected = seen(server, made_up()), seen(other, made_up())
    assert incomplete != {sha: view for sha, view in expected.items() if sha in incomplete}
    play = upload_play(written(parts), existing_metadata="complete")
    predicted = playbook.run(play, server=server, check=True).ok().task("Upload").result
    done = playbook.run(play, server=server).ok().task("Upload").result
    server.wait_idle()
    assert predicted["metadata_completed"] == done["metadata_completed"] > 0
    assert done["warnings"] == predicted["warnings"]
    now = seen(server, made_up())
    assert {sha: now.get(sha) for sha in expected} == expected
    # The video of a motion photo whose photo was not there yet went up by itself, which is what `keep` asks for.
    assert len(now.keys() - expected.keys()) == 1
    since = len(server.requests())
    assert playbook.run(play, server=server).ok().changed == 0
    assert writes(server, since=since) == []


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


def test_an_export_of_icloud(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    library = on_a_phone()
    export = icloud(library, ICloudStyle(form="mixed", shared=False))
    play = upload_play(written(export.write(tmp_path)))
    predicted = playbook.run(play, server=server, check=True).ok().task("Upload").result
    first = playbook.run(play, server=server).ok().task("Upload").result
    server.wait_idle()
    assert first["counts"] == predicted["counts"]
    adds_up(first)
    assert wrong(server, library, export.expectation) == []
    assert playbook.run(play, server=server).ok().changed == 0


CHOSEN: dict[str, dict[str, Any]] = {
    "kept.jpg": {},
    "archived.jpg": {"archived": True},
    "trashed.jpg": {"trashed": True},
    "locked.jpg": {"inLockedFolder": True},
    "partner.jpg": {"googlePhotosOrigin": {"fromPartnerSharing": {}}},
    "person.jpg": {"people": [{"name": "Anna"}]},
    "IMG_20150102_030405.jpg": {"taken": 0},
    "old.jpg": {"taken": 1_000_000_000},
}
"""Pictures of an export, and what it says of each."""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {},
            {
                "kept.jpg",
                "archived.jpg",
                "partner.jpg",
                "person.jpg",
                "IMG_20150102_030405.jpg",
                "old.jpg",
                "unmatched.jpg",
                "untitled.jpg",
            },
        ),
        (
            {
                "untitled_albums": "create",
                "export_trash": "upload",
                "export_locked": "upload",
                "export_archived": "skip",
                "export_partner": "skip",
                "export_unmatched": "skip",
                "people_as_tags": True,
                "date_from_name": False,
                "taken_after": "2010-01-01",
                "taken_before": "2030-12-31",
            },
            {"kept.jpg", "trashed.jpg", "locked.jpg", "person.jpg", "IMG_20150102_030405.jpg", "untitled.jpg"},
        ),
    ],
    ids=["defaults", "all of them changed"],
)
def test_role_variables_select_assets_of_takeout(
    playbook: Playbook, server: Emulator, tmp_path: Path, variables: dict[str, Any], expected: set[str]
) -> None:
    year, untitled = "Takeout/Google Photos/Photos from 2020", "Takeout/Google Photos/Untitled"
    files = [file for name, said in CHOSEN.items() for file in described(f"{year}/{name}", **said)]
    files += [PartFile(f"{year}/unmatched.jpg", jpeg("unmatched")), PartFile(f"{untitled}/metadata.json", b'{"title": ""}')]
    part = write_zip(tmp_path / "takeout-20260801T101500Z-001.zip", [*files, *described(f"{untitled}/untitled.jpg")])
    role: dict[str, Any] = {"role": "photoyard.immich.immich_upload", "immich_upload_src": str(part)}
    role |= {f"immich_upload_{name}": value for name, value in variables.items()}
    play = [{"hosts": "all", "gather_facts": False, "roles": [role]}]

    result = playbook.run(play, server=server).ok().task("Upload").result

    server.wait_idle()
    assets = {asset["name"]: asset for asset in server.state()["assets"]}
    assert assets.keys() == expected
    assert result["export"]["media"] == result["counts"]["uploaded"] + result["skip_reasons"].get("date", 0)
    assert [album["name"] for album in server.state()["albums"]] == (["Untitled"] if variables else [])
    assert assets["person.jpg"]["tags"] == (["People/Anna"] if variables else [])
    said_by_the_folder, said_by_the_name = "2020-01-01T00:00:00", "2015-01-02T03:04:05"
    assert read_sidecar(assets["IMG_20150102_030405.jpg"])["date"] == (said_by_the_folder if variables else said_by_the_name)
    assert [name for name, asset in assets.items() if asset["visibility"] == "archive"] == ([] if variables else ["archived.jpg"])


def described(path: str, **said: Any) -> list[PartFile]:
    """A picture of Google's, and what it says of it."""
    name = path.rpartition("/")[2]
    return [PartFile(path, jpeg(name)), PartFile(f"{path}.supplemental-metadata.json", sidecar_of(name, **said))]


def holiday() -> Library:
    """A library with live photos, edited copies, RAW files beside JPEGs, and albums over all parts."""
    roll = Roll()
    for day in range(1, 7):
        taken = datetime(2022, 6, day, 9, 30, tzinfo=UTC)
        camera = Camera(local(taken, 2), zoned=True, content_identifier=f"C-{day}")
        roll.take(f"IMG_100{day}.HEIC", 2022, taken=taken, camera=camera, moving=".MOV")
    for day in range(1, 5):
        taken = datetime(2022, 7, day, 9, 30, tzinfo=UTC)
        camera = Camera(local(taken, 2), zoned=True)
        roll.take(f"IMG_200{day}.JPG", 2022, taken=taken, camera=camera, edits=(None,))
        noon = taken.replace(hour=12)
        for suffix in ("JPG", "DNG"):
            roll.take(f"IMG_300{day}.{suffix}", 2022, taken=noon, camera=replace(camera, clock=local(noon, 2)))
    pictures = tuple(roll.pictures)
    return Library(pictures, (Album("All of it", pictures), Album("Every other", pictures[::2]), Album("Live", pictures[:6])))


@pytest.mark.long
@pytest.mark.parametrize(
    ("method", "path", "after"),
    [("POST", "^/assets$", 17), ("PUT", "^/albums/[^/]+/assets$", 1), ("POST", "^/stacks$", 2)],
    ids=["uploading", "filling albums", "stacking"],
)
def test_a_killed_run_is_completed_by_the_next(
    playbook: Playbook, server: Emulator, tmp_path: Path, method: str, path: str, after: int
) -> None:
    library = holiday()
    export = takeout(library, Style("2024", parts=3))
    play = upload_play(written(export.write(tmp_path)), stack=["raw_jpeg", "edited"])
    server.fault(method, path, after=after, times=None, hang=True)
    with playbook.start(play, server=server) as running:
        wait_until(lambda: server.struck() > 0)
        for process in processes.below(playbook.home):
            with suppress(ProcessLookupError):  # it ended with its parent
                os.kill(process, signal.SIGKILL)
        running.finish()

    def ended() -> int:
        return sum(one["method"] == method and re.search(path, one["path"]) is not None for one in server.requests())

    wait_until(lambda: ended() == after + server.struck())  # the server may hear of it a moment later
    server.clear_faults()
    there = {asset["checksum"] for asset in server.state()["assets"]}
    seen = len(server.requests())

    predicted = playbook.run(play, server=server, check=True).ok().task("Upload").result
    assert writes(server, since=seen) == []

    second = playbook.run(play, server=server).ok().task("Upload").result
    server.wait_idle()
    assert second["counts"] == predicted["counts"]
    assert second["counts"]["uploaded"] == len(export.expectation.pictures) - len(there)
    assert wrong(server, library, export.expectation) == []
    assets = server.state()["assets"]
    assert sorted(asset["checksum"] for asset in assets) == sorted(export.expectation.pictures)
    assert live_pairs(server) == {one.sha1: sha1(one.moving.content) for one in library.pictures if one.moving}
    names = {asset["id"]: asset["name"] for asset in assets}
    stacks = sorted([names[asset] for asset in stack["assets"]] for stack in server.state()["stacks"])
    assert stacks == [
        *([f"IMG_200{day}-edited.JPG", f"IMG_200{day}.JPG"] for day in range(1, 5)),
        *([f"IMG_300{day}.JPG", f"IMG_300{day}.DNG"] for day in range(1, 5)),
    ]

    seen = len(server.requests())
    assert playbook.run(play, server=server).ok().changed == 0
    assert writes(server, since=seen) == []


def written(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


def upload_play(parts: list[str], **options: Any) -> list[dict[str, Any]]:
    task = {"name": "Upload", "photoyard.immich.immich_upload": {"src": parts, **options}}
    return [{"hosts": "all", "gather_facts": False, "tasks": [task]}]


def adds_up(result: dict[str, Any]) -> None:
    """Each file of the export is accounted for, and no file but those of the export."""
    export, counts = result["export"], result["counts"]
    placed = {rule: number for rule, number in export["rules"].items() if rule != "metadata"}
    assert sum(placed.values()) == export["media"] == counts["uploaded"] + counts["duplicates"]
    assert export["skip_reasons"] == result["skip_reasons"]
    assert export["files"] == export["media"] + export["rules"]["metadata"] + counts["skipped"] + export["unreadable"]


def check_report(result: dict[str, Any], report: Path) -> None:
    """The report has the numbers of the result, and says what each album is named by."""
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    export = result["export"]
    assert lines[-1]["export"] == {name: value for name, value in export.items() if name != "unused_files"}
    rules = Counter(line["rule"] for line in lines if "rule" in line)
    assert rules == {rule: number for rule, number in export["rules"].items() if rule != "metadata"}
    unused = [{"path": line["path"], "reason": line["reason"]} for line in lines if line.get("action") == "unused"]
    assert unused == export["unused_files"]
    assert result["albums"]
    assert all(album["origin"].endswith("/Metadaten.json") for album in result["albums"])


def wrong(server: Emulator, library: Library, expectation: Expectation) -> list[str]:
    """The differences between the server's assets and the expectation, a message each."""
    assets = {asset["checksum"]: asset for asset in server.state()["assets"]}
    forms = {form["assetData"]["sha1"]: form for request in server.requests() if "assetData" in (form := request["form"] or {})}
    cameras = {picture.sha1: picture.camera for picture in library.pictures}
    cameras |= {sha1(edit.content): picture.camera for picture in library.pictures for edit in picture.edits}
    moving = {sha1(picture.moving.content) for picture in library.pictures if picture.moving}
    found = [f"{asset['name']} is there" for content, asset in assets.items() if content not in expectation.pictures]
    for content, expected in expectation.pictures.items():
        asset = assets.get(content)
        if asset is None:
            if not expected.optional:
                found.append(f"{sorted(expected.names)} is not there")
            continue
        if expected.names != ANY and asset["name"] not in expected.names:
            found.append(f"{asset['name']} should be called one of {sorted(expected.names)}")
        if content in moving or not expected.sure or not expected.reported:
            continue
        sidecar = read_sidecar(asset)
        checks: list[tuple[str, object, object]] = [
            ("favorite", asset["favorite"], expected.favorite),
            ("visibility", asset["visibility"], "archive" if expected.archived else "timeline"),
            ("description", sidecar.get("description"), expected.description),
        ]
        if not expected.more_albums:
            checks.append(("albums", set(asset["albums"]), set(expected.albums)))
        if expected.taken is not None:
            checks.append(("time", instant(cameras[content], sidecar, forms[content], minutes=expected.minutes), expected.taken))
        if expected.position is not None:
            checks.append(("position", position(cameras[content], sidecar), rounded(expected.position)))
        found += [f"{asset['name']}: {name} is {here!r} and not {there!r}" for name, here, there in checks if here != there]
    names = {album["name"]: album["description"] for album in server.state()["albums"]}
    found += [f"there is no album {name}" for name in expectation.albums if name not in names]
    return found


def live_pairs(server: Emulator) -> dict[str, str]:
    """The checksums of the videos of live photos by those of their stills. Each such video is hidden."""
    assets = {asset["id"]: asset for asset in server.state()["assets"]}
    pairs = {asset["checksum"]: assets[asset["live_video"]] for asset in assets.values() if asset["live_video"]}
    assert all(video["visibility"] == "hidden" for video in pairs.values())
    return {still: video["checksum"] for still, video in pairs.items()}


def strangers(server: Emulator, library: Library) -> list[list[str]]:
    """The stacks with pictures that are neither one picture and its edited copies nor two formats of one shot."""
    shots: dict[str, object] = {  # the milliseconds in the names of Pixel phones tell more than the library does
        one.sha1: one.title.partition(".")[0] if one.title.startswith("PXL_") else (one.title.rpartition(".")[0], one.taken)
        for one in library.pictures
    }
    shots |= {sha1(edit.content): shots[picture.sha1] for picture in library.pictures for edit in picture.edits}
    assets = {asset["id"]: asset for asset in server.state()["assets"]}
    stacks = [[assets[one] for one in stack["assets"]] for stack in server.state()["stacks"]]
    return [[one["name"] for one in stack] for stack in stacks if len({shots[one["checksum"]] for one in stack}) > 1]


def read_sidecar(asset: dict[str, Any]) -> dict[str, str]:
    """The fields of the XMP sidecar that was uploaded with a file: `description`, `date`, `latitude`, `longitude`."""
    if asset["sidecar"] is None:
        return {}
    root = ET.fromstring(Path(asset["path"] + ".xmp").read_bytes().strip())
    found = {}
    for node in root.iter(f"{{{XMP['rdf']}}}Description"):
        text = node.findtext("dc:description/rdf:Alt/rdf:li", namespaces=XMP)
        if text:
            found["description"] = text
        for name, space, tag in (
            ("date", "photoshop", "DateCreated"),
            ("date", "exif", "DateTimeOriginal"),
            ("latitude", "exif", "GPSLatitude"),
            ("longitude", "exif", "GPSLongitude"),
        ):
            value = node.get(f"{{{XMP[space]}}}{tag}") or node.findtext(f"{space}:{tag}", namespaces=XMP)
            if value:
                found[name] = value
    return found


def instant(camera: Camera, sidecar: dict[str, str], form: dict[str, Any], *, minutes: bool) -> float | None:
    """The time taken in seconds as Immich reads it: of the sidecar, else by the file itself, else by the form's date.

    A camera's time without a zone counts as UTC (see media.py of the embedded server).
    """
    if "date" in sidecar:
        moment = datetime.fromisoformat(sidecar["date"])
        assert moment.tzinfo
    elif camera.clock:
        moment = camera.clock if camera.zoned else camera.clock.replace(tzinfo=UTC)
    else:
        moment = datetime.fromisoformat(form["fileCreatedAt"])
    return moment.replace(second=0, microsecond=0).timestamp() if minutes else moment.timestamp()


def position(camera: Camera, sidecar: dict[str, str]) -> tuple[float, float] | None:
    """The position as Immich reads it: of the sidecar, else of the file itself."""
    if "latitude" in sidecar:
        return rounded((degrees(sidecar["latitude"]), degrees(sidecar["longitude"])))
    return rounded(camera.position) if camera.position else None


def degrees(text: str) -> float:
    """XMP's `41,54.1500N`, or plain degrees."""
    if text[-1] not in "NSEW":
        return float(text)
    whole, _comma, part = text[:-1].partition(",")
    return (float(whole) + float(part or 0) / 60) * (-1 if text[-1] in "SW" else 1)


def rounded(place: tuple[float, float]) -> tuple[float, float]:
    return round(place[0], 4), round(place[1], 4)
