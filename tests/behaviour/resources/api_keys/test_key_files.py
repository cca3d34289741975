# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of API keys: what is not a key is left alone. An odd answer about a new key does no harm to another."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.objects import ObjectCalls
from behaviour.resources.conftest import Declaring
from support.collection import ImmichError

NOTES = "line one\nprecious: notes\n"


def make_notes(path: Path) -> None:
    path.write_text(NOTES)


def make_password(path: Path) -> None:
    path.write_text("hunter2\n")


def make_link(path: Path) -> None:
    (path.parent / "target").write_text("")
    path.symlink_to(path.parent / "target")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


FOREIGN: dict[str, Callable[[Path], None]] = {
    "notes": make_notes,
    "password": make_password,
    "link": make_link,
    "fifo": make_fifo,
    "folder": make_folder,
}


def key_named(declare: Declaring, name: str) -> list[str]:
    return [one["id"] for one in declare.api("GET", "/api-keys") if one["name"] == name]


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("regenerate", ["missing", "always"])
def test_foreign_secret_file_is_refused(declare: Declaring, tmp_path: Path, what: str, check: bool, regenerate: str) -> None:
    path, name = tmp_path / "key", f"foreign-{uuid.uuid4()}"
    FOREIGN[what](path)
    before = os.lstat(path)
    wanted = {"name": name, "permissions": ["asset.read"], "secret_file": str(path), "regenerate": regenerate}

    def refuse() -> None:
        with pytest.raises(ImmichError, match="secret_file") as caught:
            declare({"tags": [{"value": "before"}], "api_keys": [wanted]}, check=check)
        assert caught.value.kind == "local"

    assert declare.writes(refuse) == []
    after = os.lstat(path)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_secret_file_is_not_sent(declare: Declaring, tmp_path: Path, what: str) -> None:
    """The key is there already, so that the run would try whether the file has its secret."""
    path, name = tmp_path / "key", f"tried-{uuid.uuid4()}"
    declare.one("api_keys", name=name, permissions=["asset.read"], secret_file=str(tmp_path / "first"))
    FOREIGN[what](path)
    last = max(one["n"] for one in declare.server.requests())
    for check in (True, False):
        with pytest.raises(ImmichError, match="secret_file"):
            declare.one("api_keys", name=name, permissions=["asset.read"], secret_file=str(path), check=check)
    assert [one for one in declare.server.requests(since=last) if one["status"] == 401] == []
    assert len(key_named(declare, name)) == 1


def test_device_is_refused_before_a_key_is_made(declare: Declaring) -> None:
    def refuse() -> None:
        with pytest.raises(ImmichError, match="/dev/null is left unchanged"):
            declare.one("api_keys", name="device", permissions=["asset.read"], secret_file="/dev/null")

    assert declare.writes(refuse) == []


def test_path_with_a_zero_byte_is_refused_before_a_key_is_made(declare: Declaring, tmp_path: Path) -> None:
    def refuse() -> None:
        with pytest.raises(ImmichError, match=r"U\+0000.*secret_file"):
            declare.one("api_keys", name="zero", permissions=["asset.read"], secret_file=f"{tmp_path}/a\0b")

    assert (declare.writes(refuse), os.listdir(tmp_path)) == ([], [])


@pytest.mark.parametrize("content", ["", "\n", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v\n"], ids=["empty", "blank", "another"])
def test_empty_file_and_old_key_are_replaced(declare: Declaring, tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    declare.one("api_keys", name=f"replaced-{uuid.uuid4()}", permissions=["user.read"], secret_file=str(tmp_path / "key"))
    secret = (tmp_path / "key").read_text().strip()
    assert declare.api("GET", "/users/me", api_key=secret)["email"] == "admin@example.com"
    assert (os.listdir(tmp_path), (tmp_path / "key").stat().st_mode & 0o777) == (["key"], 0o600)


Lie = Callable[[dict[str, Any], str], Any]
ODD: dict[str, Lie] = {
    "no_secret": lambda answer, _other: {"apiKey": answer["apiKey"]},
    "null_secret": lambda answer, _other: {**answer, "secret": None},
    "number": lambda answer, _other: {**answer, "secret": 5},
    "list": lambda answer, _other: {**answer, "secret": [answer["secret"]]},
    "blanks": lambda answer, _other: {**answer, "secret": "with blanks and more of them"},
}
WITHOUT_ID: dict[str, Lie] = {
    "no_key": lambda answer, _other: {"secret": answer["secret"]},
    "all_null": lambda _answer, _other: None,
    "all_list": lambda answer, _other: [answer],
    "odd_id": lambda answer, _other: {**answer, "apiKey": {**answer["apiKey"], "id": "../users"}},
    "other_id": lambda answer, other: {**answer, "apiKey": {**answer["apiKey"], "id": other}},
}


def lie_about_new_keys(monkeypatch: pytest.MonkeyPatch, lie: Lie, other: str) -> None:
    """The server makes the key, and what arrives of its answer is something else."""
    send = ObjectCalls.send

    def send_and_lie(self: ObjectCalls, method: str, path: str, body: Any = None) -> Any:
        answer = send(self, method, path, body)
        return lie(answer, other) if (method, path) == ("POST", "/api-keys") else answer

    monkeypatch.setattr(ObjectCalls, "send", send_and_lie)


@pytest.mark.parametrize("odd", ODD)
def test_key_without_a_usable_secret_is_deleted(declare: Declaring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    name = f"odd-{uuid.uuid4()}"
    lie_about_new_keys(monkeypatch, ODD[odd], "")
    with pytest.raises(ImmichError, match="The key that was made was deleted again") as caught:
        declare.one("api_keys", name=name, permissions=["user.read"], secret_file=str(tmp_path / "key"))
    assert (caught.value.kind, key_named(declare, name), os.listdir(tmp_path)) == ("server", [], [])


@pytest.mark.parametrize("odd", WITHOUT_ID)
def test_answer_without_the_new_id_deletes_no_key(declare: Declaring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    name = f"odd-{uuid.uuid4()}"
    other = declare.api("POST", "/api-keys", {"name": f"other-{name}", "permissions": ["asset.read"]})["apiKey"]["id"]
    lie_about_new_keys(monkeypatch, WITHOUT_ID[odd], other)

    def fail() -> None:
        with pytest.raises(ImmichError, match="in Immich") as caught:
            declare.one("api_keys", name=name, permissions=["user.read"], secret_file=str(tmp_path / "key"))
        assert caught.value.kind == "server"

    assert [one[0] for one in declare.writes(fail)] == ["POST"]
    assert (key_named(declare, f"other-{name}"), os.listdir(tmp_path)) == ([other], [])
