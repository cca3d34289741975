# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is reported to a person of `src` that is not taken for what they may think that it is."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from support.collection import CombinedSource, SourceOptions
from support.exports.media import jpeg
from support.photos.items import RecordingListener

KINDS = {".jpg": "image"}
PHOTO = jpeg("photo")
SIDECAR = json.dumps({"title": "a.jpg", "photoTakenTime": {"timestamp": "1685786400"}}).encode()
TAKEOUT = {"Takeout/Photos/2023/a.jpg": PHOTO, "Takeout/Photos/2023/a.jpg.json": SIDECAR}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def reported(folder: Path, *src: str, layout: str = "auto") -> tuple[list[str], list[str]]:
    """The names that go up, and the warnings."""
    listener = RecordingListener()
    options = SourceOptions(src=[str(folder / path) for path in src], layout=layout, album_from="none", default_excludes=False)
    source = CombinedSource(options, KINDS, listener, lambda _export: None)
    return [item.name for batch in source.batches() for item in batch], listener.warnings


@pytest.mark.parametrize("beside", [{"a.jpg": PHOTO}, TAKEOUT], ids=["photos", "an unpacked part"])
def test_archives_in_a_folder_of_src_are_reported(tmp_path: Path, beside: dict[str, bytes]) -> None:
    write(tmp_path, {**{"in/" + name: content for name, content in beside.items()}, "in/takeout-002.zip": zipped(TAKEOUT)})

    names, [warning] = reported(tmp_path, "in")

    assert names == ["a.jpg"]
    assert "takeout-002.zip" in warning


def test_an_archive_deep_in_a_library_is_nobodys_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"in/a.jpg": PHOTO, "in/deep/x.zip": zipped(TAKEOUT)})

    assert reported(tmp_path, "in") == (["a.jpg"], [])


@pytest.mark.parametrize("name", ["takeout-002.zip.crdownload", "takeout-002.zip.part", "takeout-002.7z"])
@pytest.mark.parametrize("files", [{"a.jpg": PHOTO}, TAKEOUT], ids=["photos", "export"])
def test_source_warns_of_unfinished_download(tmp_path: Path, name: str, files: dict[str, bytes]) -> None:
    write(tmp_path, {"takeout-001.zip": zipped(files), name: b"half"})

    names, [warning] = reported(tmp_path, "takeout-*")

    assert names == ["a.jpg"]
    assert name in warning


@pytest.mark.parametrize("layout", ["icloud", "picasa", "immich_go"])
def test_source_warns_of_layout_without_match(tmp_path: Path, layout: str) -> None:
    write(tmp_path, {"a.zip": zipped(TAKEOUT)})

    names, [warning] = reported(tmp_path, "a.zip", layout=layout)

    assert names == ["a.jpg"]
    assert warning.startswith("layout says")
    assert reported(tmp_path, "a.zip", layout="google_takeout") == (["a.jpg"], [])


def test_a_share_of_a_synology_is_nobodys_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"in/Rome/a.jpg": PHOTO, "in/#recycle/b.jpg": jpeg("deleted")})

    assert reported(tmp_path, "in", layout="synology") == (["a.jpg"], [])


def test_shared_album_is_named_by_folder(tmp_path: Path) -> None:
    details = b"imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"
    details += b'IMG_1.jpg,x,no,no,no,"Saturday June 4,2022 12:11 PM GMT",1,"Saturday June 4,2022 12:11 PM GMT"\n'
    shared = zipped({"Friends/IMG_1.jpg": jpeg("another")})
    part = {"Part 1/Photos/IMG_1.jpg": PHOTO, "Part 1/Photos/Photo Details.csv": details, "Part 1/Shared-1.zip": shared}
    write(tmp_path, {"i.zip": zipped({**part, "Part 1/Albums/Summer.csv": b"imgName\nIMG_1.jpg\n"})})
    listener = RecordingListener()
    source = CombinedSource(SourceOptions(src=[str(tmp_path / "i.zip")]), KINDS, listener, lambda _export: None)

    items = {item.path.removeprefix(str(tmp_path)): item for batch in source.batches() for item in batch}

    assert {path: [album.name for album in item.albums] for path, item in items.items()} == {
        "/i.zip: Part 1/Photos/IMG_1.jpg": ["Summer"],
        "/i.zip: Part 1/Shared-1.zip: Friends/IMG_1.jpg": ["Friends"],
    }
    assert listener.warnings == []
