# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching backups: resumed, proven, and put in place only then; and deleting them."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import re
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup import proof
from support.collection import ImmichError, InvalidRequest
from sweep.local_calls import STAT, Broken, watched

from .conftest import WHOLE, Backups

NAME = "immich-db-backup-20260102T030405-v3.1.0-pg17.12.sql.gz"
OLDER = NAME.replace("2026", "2025")
LARGE = WHOLE + WHOLE * 20_000  # gzip's members follow one another


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("file", ["", "/renamed.sql.gz"])
def test_place_of_a_missing_disk_is_not_made(backups: Backups, tmp_path: Path, check: bool, file: str) -> None:
    backups.put(NAME)
    deep, mark = tmp_path / "disk" / "backups", tmp_path / ".mounted"

    def refuse() -> None:
        for options in ({"dest": str(deep) + file}, {"require": [str(mark)]}):
            with pytest.raises(ImmichError) as caught:
                backups("fetched", check=check, **options)
            assert (caught.value.kind, caught.value.details) == ("local", {"missing": [str(deep.parent if "dest" in options else mark)]})

    assert backups.writes(refuse) == []
    assert (deep.parent.exists(), backups.dest.exists()) == (False, False)
    mark.touch()
    assert backups("fetched", check=check, require=[str(mark)])["changed"]


def test_planted_name_of_a_part_is_refused(backups: Backups, tmp_path: Path) -> None:
    """Whoever may write to the folder would have us write over another file, or could read the backup."""
    backups.put(NAME)
    backups.dest.mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "precious").chmod(0o644)
    os.link(tmp_path / "precious", backups.dest / f".{NAME}.part")
    with pytest.raises(ImmichError, match="second name") as caught:
        backups("fetched")
    assert caught.value.kind == "local"
    assert ((tmp_path / "precious").read_bytes(), stat.S_IMODE((tmp_path / "precious").stat().st_mode)) == (b"precious", 0o644)


def test_backup_is_fetched_once(each_version: Backups) -> None:
    predicted = each_version("fetched", max_age="26h", check=True)
    assert predicted["changed"]
    assert not each_version.dest.exists()
    done = each_version("fetched", max_age="26h")
    path = each_version.dest / done["backup"]["filename"]
    assert (done["path"], done["checksum"]) == (str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    assert done["bytes_received"] == path.stat().st_size == done["backup"]["size"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(each_version.dest) == [path.name]
    again = each_version("fetched", max_age="26h")
    assert not again["changed"]
    assert again["bytes_received"] == 0
    proven = each_version.info(each_version.dest)["newest_proven"]
    assert (proven["path"], proven["checksum"]) == (str(path), done["checksum"])
    assert proven["created"] == done["backup"]["created"]


def test_cut_download_is_resumed_by_the_same_run_and_the_next(backups: Backups) -> None:
    backups.put(NAME, LARGE)
    backups.server.fault("GET", NAME, times=1, cut="response", cut_after=len(LARGE) - 1000)
    backups.server.fault("GET", NAME, times=None, status=502)
    with pytest.raises(ImmichError):
        backups("fetched")
    (partial,) = backups.dest.iterdir()
    had = partial.stat().st_size
    assert 0 < had < len(LARGE)
    backups.server.clear_faults()
    done = backups("fetched")
    assert done["bytes_received"] == len(LARGE) - had
    assert [one.read_bytes() for one in backups.dest.iterdir()] == [LARGE]


def test_rest_of_another_file_is_not_gone_on_with(backups: Backups) -> None:
    backups.put(NAME)
    backups.dest.mkdir()
    (backups.dest / f".{NAME}.part").write_bytes(b"x" * 20)
    (backups.dest / f".{OLDER}.part").write_bytes(b"y")
    assert backups("fetched")["bytes_received"] > len(WHOLE)
    assert {one.name: one.read_bytes() for one in backups.dest.iterdir()} == {NAME: WHOLE}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty: it has 0 bytes"),
        (WHOLE[:-9], "is cut: after"),
        (WHOLE[:30] + b"\0\0\0\0" + WHOLE[34:], "is damaged: its compressed data cannot be read"),
        (b"<html>Sign in</html>", "is not compressed with gzip"),
    ],
    ids=["empty", "cut", "damaged", "page"],
)
def test_damaged_backup_never_lands(backups: Backups, content: bytes, reason: str) -> None:
    backups.put(OLDER)
    backups("fetched", name=OLDER)
    backups.put(NAME, content)
    with pytest.raises(ImmichError, match="what was fetched before is untouched") as caught:
        backups("fetched")
    assert reason in caught.value.msg
    assert {one.name: one.read_bytes() for one in backups.dest.iterdir()} == {OLDER: WHOLE}


def test_fetch_of_unknown_or_deleted_backup_fails(each_version: Backups) -> None:
    each_version.put(NAME)
    with pytest.raises(ImmichError, match="has no backup named"):
        each_version("fetched", name=OLDER)
    listed = {"backups": [{"filename": OLDER, "filesize": 999, "timezone": "UTC"}]}
    each_version.server.fault("GET", "/admin/database-backups$", json=listed, status=200)
    with pytest.raises(ImmichError, match="was deleted on the server"):
        each_version("fetched", name=OLDER)
    assert [one.stat().st_size for one in each_version.dest.iterdir()] == [0]


@pytest.mark.parametrize(
    ("state", "options", "right"),
    [
        ("present", {"dest": "/srv/backup"}, "fetched or absent"),
        ("present", {"keep": 7}, "absent"),
        ("fetched", {"names": ["a.sql.gz"]}, "absent"),
    ],
)
def test_option_of_another_state_is_refused(backups: Backups, state: str, options: dict[str, Any], right: str) -> None:
    """Otherwise somebody who has only named a folder would believe that backups are in it."""
    with pytest.raises(InvalidRequest, match=f"state: {right} only, and state is {state}") as refused:
        backups(state, **options)
    assert refused.value.options == (*options, "state")
    assert backups.server.requests() == []


@pytest.mark.parametrize(
    ("option", "path", "given"),
    [
        ("dest", "backup", {"state": "fetched"}),
        ("src", "backup/a.sql.gz", {"cookie_file": "/srv/cookie"}),
        ("cookie_file", "cookie", {"name": "a.sql.gz"}),
    ],
)
def test_backup_refuses_relative_path(
    backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, path: str, given: dict[str, Any]
) -> None:
    """The folder that a module runs in is nobody's choice: the backup would be somewhere else than the next run looks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backup").mkdir()
    backups.put(NAME)
    run = backups if option == "dest" else backups.restore
    with pytest.raises(InvalidRequest, match=f"absolute path, not '{path}'") as refused:
        run(**{**given, option: path})
    assert refused.value.options == (option,)
    assert os.listdir(tmp_path / "backup") == []
    assert backups.server.requests() == []


def test_relative_folder_is_not_listed(backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidRequest, match="absolute path, not 'fetched'") as refused:
        backups.info(Path("fetched"))
    assert refused.value.options == ("dest",)


def test_fetch_on_full_disk_keeps_earlier_backup(backups: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    backups.put(OLDER)
    target = backups.dest / "latest.sql.gz"
    backups("fetched", name=OLDER, dest=str(target))
    backups.put(NAME, LARGE)

    def fill(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fill)
        with pytest.raises(ImmichError, match=r"No space left on device"):
            backups("fetched", dest=str(target))
    assert {one.name: one.read_bytes() for one in backups.dest.iterdir()} == {target.name: WHOLE}
    assert backups("fetched", dest=str(target))["changed"]
    assert target.read_bytes() == LARGE
    assert not backups("fetched", dest=str(target))["changed"]


FOREIGN = b"-- PostgreSQL database dump\nCREATE TABLE public.oc_files ();\n-- PostgreSQL database dump complete\n"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("content", [gzip.compress(FOREIGN, mtime=0), FOREIGN, b"\x1f\x8bprecious"])
def test_dump_of_another_database_is_not_replaced(backups: Backups, check: bool, content: bytes) -> None:
    backups.dest.mkdir()
    target = backups.dest / "cloud.sql.gz"
    target.write_bytes(content)

    def refuse() -> None:
        with pytest.raises(ImmichError, match="dest") as caught:
            backups("fetched", dest=str(target), max_age="1h", check=check)
        assert caught.value.kind == "local"

    assert backups.writes(refuse) == []
    assert {one.name: one.read_bytes() for one in backups.dest.iterdir()} == {target.name: content}


def test_file_of_the_server_before_is_replaced(each_version: Backups) -> None:
    target = each_version.dest / "latest.sql.gz"
    each_version("fetched", max_age="26h", dest=str(target))
    before = target.read_bytes()
    each_version()
    assert each_version("fetched", dest=str(target))["changed"]
    assert target.read_bytes() != before


@pytest.mark.parametrize("rest", [WHOLE[: len(WHOLE) * 3 // 4], b""])
def test_cut_and_empty_file_of_ours_are_replaced(backups: Backups, rest: bytes) -> None:
    backups.put(NAME)
    backups.dest.mkdir()
    target = backups.dest / "latest.sql.gz"
    target.write_bytes(rest)
    assert backups("fetched", dest=str(target))["changed"]
    assert target.read_bytes() == WHOLE


def test_damaged_local_file_is_fetched_again(backups: Backups) -> None:
    backups.put(NAME)
    backups("fetched")
    (backups.dest / NAME).write_bytes(b"\0" * len(WHOLE))
    assert backups.info(backups.dest)["newest_proven"] is None
    done = backups("fetched")
    assert done["changed"]
    assert "is not compressed with gzip" in done["warnings"][0]
    assert (backups.dest / NAME).read_bytes() == WHOLE


def test_damaged_young_backup_is_replaced_and_fetched(backups: Backups) -> None:
    backups.server.let_backups_work(True, "cut")
    backups(verify=False)
    backups.server.let_backups_work(True)
    predicted = backups("fetched", max_age="26h", check=True)
    assert "so a new one would be made" in predicted["warnings"][0]
    assert (predicted["changed"], predicted["path"]) == (True, None)
    assert not backups.dest.exists()
    done = backups("fetched", max_age="26h")
    assert "so a new one was made" in done["warnings"][0]
    assert backups.info(backups.dest)["newest_proven"]["filename"] == done["backup"]["filename"]


def test_proof_is_read_only_of_its_own_backup(backups: Backups) -> None:
    backups.put(NAME)
    checksum = backups("fetched")["checksum"]
    manifest = backups.dest / NAME.replace(".sql.gz", ".json")
    restored = {"proven": True, "time": "2026-01-31T02:40:00Z", "seconds": 4, "counts": {"assets": 3, "by_user": {}}, "differences": []}
    shown = {**restored, "seconds": 4.0, "counts": {"assets": 3}, "error": None}

    def write(found: object, sha256: str = checksum, size: int = len(WHOLE)) -> None:
        manifest.write_text(json.dumps({"dump": {"sha256": sha256, "size": size}, "proof": found}))

    assert backups.info(backups.dest)["newest_restored"] is None
    write(restored)
    assert backups.info(backups.dest)["newest_proven"]["proof"] == shown
    assert backups.info(backups.dest)["newest_restored"]["filename"] == NAME
    write(restored, sha256="0")
    assert backups.info(backups.dest)["newest_proven"]["proof"] is None
    unread = backups.info(backups.dest, verify=False)
    assert (unread["newest_proven"], unread["fetched"][0]["checksum"], unread["fetched"][0]["proof"]) == (None, None, shown)
    bad: list[object] = [None, [], {"proven": True}, {**restored, "time": "yesterday"}]
    for one in bad:
        write(one)
        assert backups.info(backups.dest)["newest_restored"] is None
    manifest.write_text("[" * 100_000)
    assert backups.info(backups.dest)["newest_restored"] is None


HOSTILE_NAMES = [NAME.replace("17.12", text) for text in ("17\n", "17\x1b[2J", "17\u202e", "17{{x}}", "17 ", "17\x9b", "17\0", "1;7")] + [
    NAME.replace("2026", "2027").replace("v3.1.0", "v3.1.0+\u2066"),
    "uploaded-\x1b]0;x\x07" + NAME,
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_hostile_backup_name_is_ignored(backups: Backups, name: str) -> None:
    listed = [{"filename": one, "filesize": len(WHOLE), "timezone": "UTC"} for one in (name.replace("2026", "2028"), NAME)]
    backups.put(NAME)
    backups.server.fault("GET", "/admin/database-backups$", json={"backups": listed}, status=200, times=None)
    assert backups("fetched")["backup"]["filename"] == NAME
    assert os.listdir(backups.dest) == [NAME]
    found = backups.info()
    assert sorted(one["kind"] for one in found["backups"]) == ["other", "routine"]
    assert found["newest"]["filename"] == NAME
    assert not re.search("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(one["filename"] for one in found["backups"]))


def test_folder_named_like_a_backup_is_none(backups: Backups) -> None:
    (backups.dest / NAME).mkdir(parents=True)
    for verify in (True, False):
        found = backups.info(backups.dest, verify=verify)
        assert (found["fetched"], found["problems"]) == ([], [f"{backups.dest / NAME} is not a file."])


@pytest.mark.parametrize(("moment", "zone"), [("00010101T000000", "Asia/Tokyo"), ("99991231T235959", "America/New_York")])
def test_time_beyond_the_calendar_is_shown_as_its_end(backups: Backups, moment: str, zone: str) -> None:
    name = f"immich-db-backup-{moment}-v3.1.0-pg17.5.sql.gz"
    backups.server.fault("GET", "/database-backups$", json={"backups": [{"filename": name, "filesize": 9, "timezone": zone}]})
    (found,) = backups.info()["backups"]
    assert found["created"] == {"0": "0100-01-02T00:00:00.000Z", "9": "9999-12-30T00:00:00.000Z"}[moment[0]]


def test_keep_counts_backups_by_kind(backups: Backups) -> None:
    names = [backups.put(NAME.replace("2026", str(year))) for year in (2021, 2022, 2023)]
    others = [backups.put(f"{prefix}{NAME}") for prefix in ("uploaded-", "restore-point-")]
    assert backups("absent", keep=2, check=True)["deleted"] == [names[0]]
    assert backups("absent", keep=2)["deleted"] == [names[0]]
    assert not backups("absent", keep=2)["changed"]
    assert backups.names() == sorted([*names[1:], *others])
    assert backups("absent", names=[*others, "gone.sql.gz"])["deleted"] == sorted(others, reverse=True)
    assert backups.names() == names[1:]
    with pytest.raises(ImmichError, match="is not the name of a backup"):
        backups("absent", names=["../x.sql.gz"])
    points = [backups.put(f"restore-point-{NAME.replace('2026', str(year))}") for year in (2021, 2022, 2023)]
    backups.put(f"uploaded-{OLDER}")
    assert backups("absent", keep=2)["deleted"] == [points[0]]
    assert backups("absent", keep=1, name=names[2])["deleted"] == [names[2], points[1]]  # one that is named is not kept
    assert backups.names() == sorted([names[1], points[2], f"uploaded-{OLDER}"])


def test_keep_deletes_names_of_the_old_style_first(backups: Backups) -> None:
    """They say a moment; of the others it is not known where the server does not say its zone, or this host does not know that."""
    old = "immich-db-backup-1722240000000.sql.gz"
    backups.put(NAME)
    listed = [{"filename": name, "filesize": 9} for name in (NAME, OLDER, old)]
    backups.server.fault("GET", "/database-backups$", times=2, json={"backups": listed})
    assert backups.info()["newest"]["filename"] == NAME
    assert backups("absent", keep=1, check=True)["deleted"] == [OLDER, old]


def test_fetch_into_unlistable_folder_works(backups: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a folder with the mode 0300, which means nothing to root."""
    backups.put(NAME)
    open_file = os.open

    def refuse(path: Any, flags: int, *given: Any, **named: Any) -> int:
        if str(path) == str(backups.dest) and not flags & os.O_PATH:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_file(path, flags, *given, **named)

    def list_nothing(path: Any) -> list[str]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "listdir", list_nothing)
    done = backups("fetched")
    again = backups("fetched")
    with pytest.raises(ImmichError, match=r"cannot be read: Permission denied"):
        backups.info(backups.dest)
    monkeypatch.undo()
    assert (done["changed"], again["changed"]) == (True, False)
    assert {one.name: one.read_bytes() for one in backups.dest.iterdir()} == {NAME: WHOLE}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("below", "max_age"), [("", None), ("/sub", None), ("", "26h")])
def test_fetch_refuses_dest_other_than_folder(backups: Backups, check: bool, below: str, max_age: str | None) -> None:
    backups.put(NAME)
    backups.dest.write_text("mine")
    with pytest.raises(ImmichError, match=rf"^{re.escape(str(backups.dest))} is not a folder\. .* dest"):
        backups("fetched", dest=str(backups.dest) + below, max_age=max_age, check=check)
    assert backups.dest.read_text() == "mine"
    assert backups.names() == [NAME]


def test_unreadable_dest_is_not_called_file(backups: Backups) -> None:
    backups.put(NAME, WHOLE)
    backups.dest.mkdir()
    with watched(backups.dest, Broken("EIO", STAT, backups.dest)), pytest.raises(ImmichError, match="Look after its disk"):
        backups("fetched")


@pytest.mark.parametrize("check", [True, False])
def test_fetch_names_unreadable_existing_file(backups: Backups, monkeypatch: pytest.MonkeyPatch, check: bool) -> None:
    backups.put(NAME)
    path = backups("fetched")["path"]
    open_file = os.open

    def refuse(given: Any, *more: Any, **named: Any) -> int:
        if str(given) == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_file(given, *more, **named)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ImmichError, match=rf"^{re.escape(path)} cannot be read: Permission denied for the user "):
        backups("fetched", check=check)


def test_small_members_are_not_copied_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """zlib copies what follows a member."""
    given: list[int] = []
    make = zlib.decompressobj

    class Counting:
        def __init__(self, bits: int) -> None:
            self._stream = make(bits)

        def decompress(self, data: bytes, most: int) -> bytes:
            given.append(len(data))
            return self._stream.decompress(data, most)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    content = gzip.compress(b"") * 20_000 + WHOLE
    found = proof.check_stream(io.BytesIO(content), compressed=True)
    assert (found.size, found.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert sum(given) < 250 * len(content)
