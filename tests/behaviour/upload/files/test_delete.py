# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""after_upload=delete: only what the server has is deleted, byte for byte, and nothing else ever."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import body
from ansible_collections.photoyard.immich.plugins.module_utils._upload.checksum_cache import CacheFile
from support.collection import (
    ApiKey,
    Batch,
    Connection,
    FormBody,
    Immich,
    Organiser,
    Scan,
    StoredFile,
    pipeline,
    scan,
    upload_fields,
)

from ..conftest import Uploads, by_name, counts, failed, names, picture, sha1


def files(folder: Path) -> list[str]:
    """The names of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def before_deletion(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Does something when the files are on the server and are about to be deleted."""
    real = Organiser.process

    def process(organiser: Organiser, batch: Sequence[StoredFile]) -> None:
        act()
        real(organiser, batch)

    monkeypatch.setattr(Organiser, "process", process)


def edit_before_deletion(monkeypatch: pytest.MonkeyPatch, path: Path, text: str, keeping_its_time: bool) -> None:
    """Writes to the file just before the deletion, and sets its time back if asked to."""
    moment = path.stat().st_mtime_ns

    def edit() -> None:
        path.write_text(text)
        if keeping_its_time:
            os.utime(path, ns=(moment, moment))

    before_deletion(monkeypatch, edit)


def test_new_and_known_local_files_are_deleted(uploads: Uploads, tmp_path: Path) -> None:
    src = tmp_path / "src"
    for name in ("a.jpg", "b/b.jpg"):
        picture(src / name)
    uploads(src / "a.jpg")
    picture(src / "notes.txt")
    predicted = uploads(src, after_upload="delete", album="A", check=True)
    assert files(src) == ["a.jpg", "b/b.jpg", "notes.txt"]
    result = uploads(src, after_upload="delete", album="A")
    assert result["counts"] == predicted["counts"]
    assert counts(result, "uploaded", "duplicates", "deleted_local") == [1, 1, 2]
    assert files(src) == ["notes.txt"]
    assert {name: one["albums"] for name, one in by_name(uploads.server).items()} == {"a.jpg": ["A"], "b.jpg": ["A"]}
    assert result["diff"]["after"].splitlines() == predicted["diff"]["after"].splitlines()


def test_sidecars_are_deleted_with_last_file(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.dng", "a.xmp", "b.jpg", "b.jpg.xmp", "alone.xmp"):
        picture(tmp_path / name)
    uploads(tmp_path, after_upload="delete")
    assert files(tmp_path) == ["alone.xmp"]


def test_sidecar_not_uploaded_is_kept(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path)
    picture(tmp_path / "a.jpg.xmp")
    uploads(tmp_path, after_upload="delete")
    assert files(tmp_path) == ["a.jpg.xmp"]


def test_shared_sidecar_is_kept_with_failed_file(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.dng", "a.xmp"):
        picture(tmp_path / name)
    uploads.server.fault(method="POST", path="^/assets$", status=400, json={"message": "No"})
    uploads.failing(tmp_path, after_upload="delete", concurrency=1)
    left = files(tmp_path)
    assert "a.xmp" in left
    assert len(left) == 2


@pytest.mark.parametrize("src", [["."], ["a.dng", "a.jpg"], ["a.dng", "."]])
def test_a_shared_sidecar_stays_until_all_its_files_went_up(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, src: list[str]
) -> None:
    """Each of them is found only when the one before is deleted already."""
    for name in ("a.dng", "a.jpg", "a.xmp"):
        picture(tmp_path / name)
    monkeypatch.setattr(scan, "_BATCH", 1)
    monkeypatch.setattr(pipeline, "_ORGANISE_SECONDS", 0.0)
    real = Scan.batches

    def batches(one: Scan) -> Iterator[Batch]:
        for batch in real(one):
            yield batch
            for _ in range(1000):
                if os.path.exists(batch[0].path):
                    time.sleep(0.01)

    monkeypatch.setattr(Scan, "batches", batches)
    assert counts(uploads(*(tmp_path / one for one in src), after_upload="delete"), "uploaded", "deleted_local") == [2, 2]
    assert all(one["sidecar"] for one in by_name(uploads.server).values())
    assert files(tmp_path) == []


def test_files_named_singly_share_sidecar(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.dng", "a.xmp", "b.jpg", "b.dng", "b.xmp"):
        picture(tmp_path / name)
    uploads(tmp_path / "a.jpg", tmp_path / "a.dng", tmp_path / "b.jpg", after_upload="delete")
    assert files(tmp_path) == ["b.dng"]


def test_shared_sidecar_stays_until_its_last_file_is_deleted(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.dng", "a.xmp"):
        picture(tmp_path / name)
    uploads.server.fault(method="POST", path="^/assets$", status=400, json={"message": "No"})
    uploads.failing(tmp_path / "a.dng", tmp_path / "a.jpg", after_upload="delete", concurrency=1)
    assert files(tmp_path) == ["a.dng", "a.xmp"]


def test_sidecar_of_lost_upload_is_kept(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt is cut, and until the next one another client has stored the same bytes."""
    picture(tmp_path / "a.jpg", "bytes")
    picture(tmp_path / "a.jpg.xmp", "precious")
    server, real = uploads.server, FormBody
    checksum, times = sha1(tmp_path / "a.jpg"), "2020-01-01T00:00:00.000Z"
    fields = upload_fields(device_asset_id=None, created=times, modified=times, favorite=False, visibility="timeline")

    class Cut(real):  # type: ignore[valid-type,misc]  # a variable is not a type to mypy
        def __iter__(self) -> Any:
            yield from self._cut()  # raised while the form is sent, not before

        def _cut(self) -> Any:
            monkeypatch.setattr(body, "FormBody", real)
            client = Immich(Connection(server.url, ApiKey(server.api_key)))
            client.assets.upload(checksum, lambda _: real(fields, b"bytes", name="phone.jpg", size=5, sha1=checksum))
            client.close()
            raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(body, "FormBody", Cut)
    result = uploads(tmp_path, after_upload="delete")
    assert counts(result, "deleted_local", "failed") == [1, 0]
    (warning,) = result["warnings"]
    assert f"{tmp_path}/a.jpg.xmp was kept" in warning
    assert [(one["name"], one["sidecar"]) for one in server.state()["assets"]] == [("phone.jpg", None)]
    assert files(tmp_path) == ["a.jpg.xmp"]


@pytest.mark.parametrize("keeping_its_time", [False, True])
def test_sidecar_changed_after_upload_is_kept(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeping_its_time: bool
) -> None:
    picture(tmp_path / "a.jpg")
    sidecar = picture(tmp_path / "a.jpg.xmp", "rating 1")
    edit_before_deletion(monkeypatch, sidecar, "rating 5", keeping_its_time)
    error = uploads.failing(tmp_path, after_upload="delete")
    assert failed(error) == {str(sidecar): "local"}
    assert files(tmp_path) == ["a.jpg.xmp"]


def test_linked_sidecar_is_kept(uploads: Uploads, tmp_path: Path) -> None:
    target = picture(tmp_path / "elsewhere" / "a.xmp")
    picture(tmp_path / "src" / "a.jpg")
    (tmp_path / "src" / "a.jpg.xmp").symlink_to(target)
    result = uploads(tmp_path / "src", follow=True, after_upload="delete")
    assert by_name(uploads.server)["a.jpg"]["sidecar"]
    assert files(tmp_path / "src") == ["a.jpg.xmp"]
    (warning,) = result["warnings"]
    assert f"{tmp_path}/src/a.jpg.xmp" in warning


def test_failed_file_is_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(6):
        picture(tmp_path / f"{number}.jpg")
    uploads.server.fault(method="POST", path="^/assets$", times=2, status=400, json={"message": "No"})
    uploads.failing(tmp_path, after_upload="delete")
    assert len(names(uploads.server)) == 4
    assert sorted(files(tmp_path) + names(uploads.server)) == [f"{number}.jpg" for number in range(6)]


def test_file_missing_in_album_is_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads.server.fault(method="POST", path="^/albums$", status=400, json={"message": "No"})
    error = uploads.failing(tmp_path, album="A", after_upload="delete")
    assert failed(error) == {f"{tmp_path}/a.jpg": "validation"}
    assert files(tmp_path) == ["a.jpg"]


def test_locked_file_without_album_is_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, visibility="locked")
    picture(tmp_path / "b.jpg")
    result = uploads(tmp_path, album="A", after_upload="delete")
    assert counts(result, "uploaded", "duplicates", "deleted_local", "failed") == [1, 1, 1, 0]
    assert "not in the album 'A'" in result["warnings"][0]
    assert files(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize("keeping_its_time", [False, True])
def test_file_changed_after_upload_is_not_deleted(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeping_its_time: bool
) -> None:
    path = picture(tmp_path / "a.jpg", "one")
    edit_before_deletion(monkeypatch, path, "two", keeping_its_time)
    error: Any = uploads.failing(tmp_path, after_upload="delete")
    assert failed(error) == {f"{tmp_path}/a.jpg": "local"}
    assert path.read_text() == "two"
    assert counts(error.result) == [1, 0, 0, 1]


def test_a_file_whose_mode_or_links_changed_is_deleted(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its bytes matter: it is read again to be sure of them."""
    path = picture(tmp_path / "a.jpg", "one")
    os.link(path, tmp_path / "b.jpg")
    before_deletion(monkeypatch, lambda: path.chmod(0o600))
    assert counts(uploads(tmp_path, after_upload="delete"), "uploaded", "duplicates", "deleted_local") == [1, 1, 2]
    assert files(tmp_path) == []


def test_deletion_does_not_trust_cache(uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are other ones, though path, size, time and inode are as before: the server does not have them."""
    path = picture(tmp_path / "src" / "a.jpg", "one")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    cache = str(tmp_path / "cache")
    uploads(tmp_path / "src", checksum_cache=cache)
    with path.open("r+") as stream:
        stream.write("two")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert counts(uploads(tmp_path / "src", checksum_cache=cache)) == [0, 1, 0, 0]
    monkeypatch.setattr(CacheFile, "read", lambda *_: pytest.fail("the cache was asked"))
    assert counts(uploads(tmp_path / "src", checksum_cache=cache, after_upload="delete"), "uploaded", "deleted_local") == [1, 1]
    assert len(uploads.server.state()["assets"]) == 2


def test_a_link_is_not_deleted(uploads: Uploads, tmp_path: Path) -> None:
    target = picture(tmp_path / "elsewhere" / "a.jpg")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.jpg").symlink_to(target)
    result = uploads(tmp_path / "src", follow=True, after_upload="delete")
    assert counts(result, "uploaded", "deleted_local") == [1, 0]
    assert target.exists()
    assert (tmp_path / "src" / "a.jpg").is_symlink()


def test_equal_files_are_all_deleted(uploads: Uploads, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c/c.jpg"):
        picture(tmp_path / name, "the same")
    uploads(tmp_path, after_upload="delete")
    assert files(tmp_path) == []
    assert len(uploads.server.state()["assets"]) == 1


def test_deletion_in_read_only_folder_fails(uploads: Uploads, tmp_path: Path, ordinary_user: None) -> None:
    picture(tmp_path / "src" / "a.jpg").parent.chmod(0o500)
    error = uploads.failing(tmp_path / "src", after_upload="delete")
    assert failed(error) == {f"{tmp_path}/src/a.jpg": "local"}
    assert names(uploads.server) == ["a.jpg"]
    (tmp_path / "src").chmod(0o700)
