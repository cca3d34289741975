# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd names, as they come from cameras, other systems and people."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ..conftest import Uploads, by_name, counts, failed, names, picture, sha1

NOT_UTF8 = os.fsdecode(b"caf\xe9.jpg")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ('qu"ote.jpg', 'qu"ote.jpg'),
        ("it's.jpg", "it's.jpg"),
        ("line\nend.jpg", "line_end.jpg"),
        ("back\\slash.jpg", "back_slash.jpg"),
        ("percent%22.jpg", "percent%22.jpg"),
        ("smile \N{GRINNING FACE}.jpg", "smile \N{GRINNING FACE}.jpg"),
        ("a[1]*?.jpg", "a[1]*?.jpg"),
        ("semi;colon=.jpg", "semi;colon=.jpg"),
        (NOT_UTF8, "caf\ufffd.jpg"),
        ("-rf.jpg", "-rf.jpg"),
        (" leading and trailing .jpg", " leading and trailing .jpg"),
    ],
)
def test_a_file_with_an_odd_name_goes_up_once(each_version: Uploads, tmp_path: Path, name: str, stored: str) -> None:
    path = picture(tmp_path / "src" / name)
    result = each_version(tmp_path / "src", album="A")
    assert counts(result) == [1, 0, 0, 0]
    assert by_name(each_version.server)[stored]["checksum"] == sha1(path)
    assert counts(each_version(tmp_path / "src", album="A")) == [0, 1, 0, 0]


CONTROL = "a\x1b[31m\n\x07\x9b\u202egpj.exe.jpg"
SHOWN = "a\\x1b[31m\\x0a\\x07\\u009b\\u202egpj.exe.jpg"


def test_control_characters_in_names_are_shown_and_not_obeyed(uploads: Uploads, tmp_path: Path) -> None:
    folder = tmp_path / "\x1b]0;title\x07"
    shown = f"{tmp_path}/\\x1b]0;title\\x07"
    picture(folder / CONTROL)
    report = tmp_path / "report"
    result = uploads(folder, album_from="folder", report=str(report), return_assets=1)
    assert result["diff"]["after"].splitlines() == [f"upload {shown}/{SHOWN}", "album \\x1b]0;title\\x07: 1 added (new)"]
    # JSON has its own notation for them, so that a playbook gets the name as it is.
    assert result["assets"][0]["path"] == str(folder / CONTROL)
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [line["path"] for line in lines if "path" in line] == [str(folder / CONTROL)]
    (folder / CONTROL).write_bytes(b"")
    picture(folder / (CONTROL + ".xmp"))
    error = uploads.failing(folder)
    assert failed(error) == {f"{shown}/{SHOWN}": "local"}
    picture(folder / CONTROL, "x")
    (folder / (CONTROL + ".xmp")).write_bytes(b"")
    (warning,) = uploads(folder)["warnings"]
    assert f"{shown}/{SHOWN}.xmp" in warning


def test_control_characters_in_the_servers_words_are_not_obeyed(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads.server.fault(method="POST", path="^/assets$", status=400, json={"message": "No \x1b[2J"})
    error = uploads.failing(tmp_path)
    assert "\x1b" not in error.msg
    assert "No  [2J" in error.msg
    uploads.server.fault(method="POST", path="^/assets$", times=None, status=401, json={"message": "No \x1b[2J"})
    assert "\x1b" not in uploads.failing(tmp_path).msg


def test_names_in_the_result_and_the_report_are_valid_text(uploads: Uploads, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    picture(folder / NOT_UTF8)
    (folder / os.fsdecode(b"empty\xfe.jpg")).touch()
    error = uploads.failing(folder, album_from="folder", report=str(tmp_path / "report"), return_assets=1)
    assert failed(error) == {f"{tmp_path}/\\xff/empty\\xfe.jpg": "local"}
    result = error.result
    assert json.dumps(result, ensure_ascii=False).encode()
    assert result["assets"][0]["path"] == f"{tmp_path}/\\xff/caf\\xe9.jpg"
    lines = [json.loads(line) for line in (tmp_path / "report").read_text(encoding="utf-8").splitlines()]
    assert sorted(line["path"] for line in lines if "path" in line) == [
        f"{tmp_path}/\\xff/caf\\xe9.jpg",
        f"{tmp_path}/\\xff/empty\\xfe.jpg",
    ]
    assert by_name(uploads.server)["caf\ufffd.jpg"]["albums"] == ["\ufffd"]


def test_extensions_in_the_result_are_valid_text(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / os.fsdecode(b"a.\xff"))
    assert uploads(tmp_path)["skip_reasons"] == {".\\xff": 1}


def test_patterns_match_names_beyond_utf8(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / NOT_UTF8)
    picture(tmp_path / "tea.jpg")
    uploads(tmp_path / "c*.jpg")
    assert names(uploads.server) == ["caf\ufffd.jpg"]
    uploads(tmp_path, exclude=["caf?.jpg"])
    assert names(uploads.server) == ["caf\ufffd.jpg", "tea.jpg"]
