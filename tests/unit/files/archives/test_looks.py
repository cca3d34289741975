# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of archives are looked into as files are: phones write what a video says of itself at its end."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files import live
from ansible_collections.photoyard.immich.plugins.module_utils._files.archives import containers
from ansible_collections.photoyard.immich.plugins.module_utils._upload.listed_files import part_of
from ansible_collections.photoyard.immich.plugins.module_utils._upload.organise.stacks import CameraFactsReader
from support.collection import ChecksumCache, Item, LivePair, LocalFailure, pair_items
from support.exports.media import Camera, jpeg, video

from .listing import Archives
from .test_tar import info, tar_bytes

KINDS = ("stored.zip", "deflated.zip", "a.tar", "a.tgz")
TAKEN = datetime(2023, 6, 3, 10, tzinfo=UTC)
STILL = jpeg("still", Camera(clock=TAKEN))


def phone_video(taken: datetime, *, size: int = 2 * 1024 * 1024) -> bytes:
    """The movie box stands behind so many bytes of pictures."""
    made = video("video", taken, quicktime=True)
    start = made.index(b"moov") - 4
    end = made.index(b"mdat") - 4
    return made[:start] + (size + 8).to_bytes(4, "big") + b"mdat" + os.urandom(size) + made[start:end]


def packed(kind: str, files: dict[str, bytes]) -> bytes:
    if not kind.endswith(".zip"):
        made = tar_bytes(*[info(name, content) for name, content in files.items()])
        return gzip.compress(made, 1) if kind == "a.tgz" else made
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if kind == "stored.zip" else zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def pair_of(items: list[Item]) -> LivePair:
    pair_items(items, part_of)
    pair = items[0].live
    assert pair is not None
    return pair


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_is_looked_into_to_its_end_and_a_photo_too(archives: Archives, kind: str) -> None:
    still, moving, text = archives.items(kind, packed(kind, {"a.jpg": STILL, "b.mov": phone_video(TAKEN), "c.txt": b"text"}))

    camera, movie = still.camera(), moving.movie()

    assert camera.time is not None
    assert camera.time.local == TAKEN.replace(tzinfo=None)
    assert movie is not None
    assert movie.time is not None
    assert (movie.time.local, movie.seconds) == (TAKEN.replace(tzinfo=None), 3.0)
    assert (still.movie(), text.movie(), text.camera().time) == (None, None, None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("apart", [timedelta(0), timedelta(days=700)], ids=["taken together", "strangers"])
def test_a_pair_goes_by_its_metadata_not_by_archive_times(archives: Archives, kind: str, apart: timedelta) -> None:
    files = {"IMG_0001.JPG": STILL, "IMG_0001.MOV": phone_video(TAKEN - apart)}

    assert pair_of(archives.items(kind, packed(kind, files))).is_live_photo is not bool(apart)


@pytest.mark.parametrize("kind", ["deflated.zip", "a.tgz"])
def test_a_video_too_large_to_be_looked_into_is_no_live_photo(archives: Archives, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    files = {"IMG_0001.JPG": STILL, "IMG_0001.MOV": phone_video(TAKEN)}
    items = archives.items(kind, packed(kind, files))
    monkeypatch.setattr(live, "_LARGEST", 1024 * 1024)
    monkeypatch.setattr(containers, "LARGEST_LOOKED_INTO", 1024 * 1024)
    if kind == "a.tgz":  # its members are looked into while they are listed
        items = archives.items_of(kind)

    assert not pair_of(items).is_live_photo


@pytest.mark.usefixtures("without_exifread")
def test_without_exifread_nothing_is_a_pair(archives: Archives) -> None:
    pairs = [pair_of(archives.items(kind, packed(kind, {"IMG_0001.JPG": STILL, "IMG_0001.MOV": phone_video(TAKEN)}))) for kind in KINDS]

    assert [(pair.is_live_photo, pair.missing_library) for pair in pairs] == [(False, "exifread")] * len(KINDS)


def test_camera_facts_of_unreadable_member_are_none(archives: Archives) -> None:
    content = packed("stored.zip", {"a.jpg": STILL, "b.jpg": STILL})
    sound, broken = archives.items("stored.zip", content.replace(b"b.jpg", b"c.jpg", 1))  # where it lies, not in the table of contents
    sound.sha1, broken.sha1 = b"1" * 20, b"2" * 20
    reader = CameraFactsReader(ChecksumCache(None, read_only=True))

    reader.learn([sound, broken])

    seen = reader.of(sound)
    assert seen is not None
    assert seen.time is not None
    assert reader.of(broken) is None
    with pytest.raises(LocalFailure):
        broken.camera()


def test_archive_with_wrong_extension_says_rename(archives: Archives) -> None:
    assert archives.items("a.tgz", packed("stored.zip", {"a.jpg": STILL})) == []
    assert archives.items("b.zip", packed("a.tgz", {"a.jpg": STILL})) == []

    assert [message.rpartition(" ")[2] for _path, message in archives.failures] == [".zip.", ".tgz."]


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_without_files_is_worth_a_word(archives: Archives, kind: str) -> None:
    assert archives.items(kind, packed(kind, {})) == []

    assert archives.failures == []
    assert len(archives.warnings) == 1
