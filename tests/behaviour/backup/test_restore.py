# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restoring a backup through restarts, failures in the middle of it, and the maintenance mode by itself."""

from __future__ import annotations

import gzip
import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._backup.maintenance import CookieFile, Maintenance, switch_maintenance
from immich_emulator.testing import Emulator
from support.collection import ImmichError
from support.waiting import wait_until
from sweep.local_calls import Call, Failing, Unsynced, watched

from .conftest import WHOLE, Backups, Result

LEASE = '{"photoyard.immich lease": {}}'


def restore(backups: Backups, tmp_path: Path, **options: Any) -> Result:
    options.setdefault("confirm", options.get("name") or Path(options["src"]).name)
    return backups.restore(cookie_file=str(tmp_path / "cookie"), **options)


def albums(backups: Backups) -> list[tuple[str, str]]:
    return sorted((one["name"], one["description"]) for one in backups.server.state()["albums"])


def add_album(backups: Backups, name: str, description: str = "") -> None:
    backups.api("POST", "/albums", {"albumName": name, "description": description}).raise_for_status()


def test_restore_brings_the_state_back(each_version: Backups, tmp_path: Path) -> None:
    add_album(each_version, "Rome")
    add_album(each_version, "Old pause", LEASE)
    name = each_version()["backup"]["filename"]
    for one in each_version.server.state()["albums"]:
        each_version.api("DELETE", f"/albums/{one['id']}").raise_for_status()
    add_album(each_version, "Oslo")
    add_album(each_version, "Pause of today", LEASE)
    each_version.server.pause("smartSearch")
    before = albums(each_version)
    predicted = restore(each_version, tmp_path, name=name, check=True)
    assert albums(each_version) == before
    done = restore(each_version, tmp_path, name=name)
    assert albums(each_version) == [("Pause of today", LEASE), ("Rome", "")]
    assert (predicted["changed"], predicted["diff"]) == (done["changed"], done["diff"])
    assert done["key_accepted"]
    assert done["restore_point"].startswith("restore-point-")
    assert "are those of that time" in done["warnings"][0]
    assert ["smartSearch" in warning for warning in done["warnings"]].count(True) == 1
    assert not (tmp_path / "cookie").exists()


def test_restore_warns_of_key_missing_in_dump(backups: Backups, tmp_path: Path) -> None:
    name = backups()["backup"]["filename"]
    key = backups.server.make_key("admin")
    done = restore(backups, tmp_path, name=name, api_key=key)
    assert not done["key_accepted"]
    assert "The key of this task is not among them" in done["warnings"][0]
    assert key not in str(done)


def test_empty_server_is_restored_without_a_key(backups: Backups, emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    add_album(backups, "Rome")
    src = backups("fetched", max_age="0")["path"]
    empty = Backups(emulator(empty=True), tmp_path, tmp_path)
    done = restore(empty, tmp_path, src=src, api_key="not-a-key")
    assert albums(empty) == [("Rome", "")]
    assert not done["key_accepted"]
    assert empty("present", max_age="1h", api_key=backups.server.admin_api_key)["changed"]


def has_gone(backups: Backups) -> bool:
    """Whether the restart that maintenance mode begins with has begun: nobody answers, or Immich is back already."""
    try:
        return bool(backups.api("GET", "/admin/maintenance/status").json()["active"])
    except requests.ConnectionError:
        return True


@contextmanager
def restore_under_way(backups: Backups) -> Iterator[None]:
    """Lets the restore that runs end only when the run in here has seen it: a slow machine would come too late."""
    last = max(request["n"] for request in backups.server.requests())

    def let_it_end() -> None:
        wait_until(lambda: len([one for one in backups.server.requests(since=last) if one["path"].endswith("/maintenance/status")]) > 1)
        backups.server.let_restores_end(True)

    seen = threading.Thread(target=let_it_end)
    seen.start()
    try:
        yield
    finally:
        seen.join()


def test_killed_restore_is_waited_for_by_the_next_run(backups: Backups, tmp_path: Path) -> None:
    add_album(backups, "Rome")
    name = backups()["backup"]["filename"]
    add_album(backups, "Oslo")
    backups.server.let_restores_end(False)
    with closing(backups.client()) as client:  # all that a run does before it is killed
        CookieFile(str(tmp_path / "cookie")).store(Maintenance(client, 20.0).calls.start(restore=name), name)
    wait_until(lambda: has_gone(backups))
    with restore_under_way(backups):
        assert restore(backups, tmp_path, name=name)["restored"] == name
    assert albums(backups) == [("Rome", "")]
    posts = [one["path"] for one in backups.server.requests(writes=True) if one["path"].endswith("/admin/maintenance")]
    assert len(posts) == 1


def test_restore_whose_cookie_was_lost_is_waited_for(backups: Backups, tmp_path: Path) -> None:
    add_album(backups, "Rome")
    name = backups()["backup"]["filename"]
    with closing(backups.client()) as client:  # all that a run does before it is killed, without having got the answer
        CookieFile(str(tmp_path / "cookie")).prepare()
        backups.server.let_restores_end(False)
        Maintenance(client, 20.0).calls.start(restore=name)
    wait_until(lambda: has_gone(backups))
    with restore_under_way(backups):
        assert restore(backups, tmp_path, name=name)["restored"] == name
    assert albums(backups) == [("Rome", "")]
    assert sorted(tmp_path.glob("cookie*")) == []


def test_restore_of_somebody_else_is_left_alone(backups: Backups, tmp_path: Path) -> None:
    name = backups()["backup"]["filename"]
    backups.server.fault("GET", "/admin/maintenance/status", json={"active": True, "action": "restore_database"}, status=200)
    with pytest.raises(ImmichError, match="immich-admin disable-maintenance-mode"):
        restore(backups, tmp_path, name=name)
    assert backups.writes(lambda: None) == []


@pytest.mark.parametrize(("content", "reason"), [(WHOLE, "ERROR:  syntax error"), (None, "ENOENT: no such file")], ids=["foreign", "gone"])
def test_failed_restore_ends_the_maintenance_mode(backups: Backups, tmp_path: Path, content: bytes | None, reason: str) -> None:
    name = backups.put("foreign.sql.gz", content or WHOLE)
    add_album(backups, "Rome")
    if content is None:  # it goes after it was checked
        (backups.folder / name).unlink()
        listed = {"backups": [{"filename": name, "filesize": 9, "timezone": "UTC"}]}
        backups.server.fault("GET", "/admin/database-backups$", json=listed, status=200)
    with pytest.raises(ImmichError, match=r"restore of foreign\.sql\.gz failed") as caught:
        restore(backups, tmp_path, name=name, verify=content is not None)
    assert reason in caught.value.msg
    assert backups.api("GET", "/admin/maintenance/status").json() == {"active": False, "action": "end"}
    assert albums(backups) == [("Rome", "")]
    assert not (tmp_path / "cookie").exists()


def test_restore_is_refused_before_writing(backups: Backups, tmp_path: Path) -> None:
    name = backups.put("immich-db-backup-20260102T030405-v3.1.0-pg17.12.sql.gz", WHOLE[:-5])
    for options, reason in (
        ({"name": name, "confirm": "yes"}, f"set confirm: {name}"),
        ({"name": name}, "is cut"),
        ({"name": name.replace("v3.1.0", "v3.2.0")}, "Update the server first"),
        ({"name": "gone.sql.gz"}, "so nothing was restored"),
        ({"src": str(backups.folder / name)}, "is cut"),
    ):
        with pytest.raises(ImmichError, match=reason):
            restore(backups, tmp_path, **options)
    assert backups.writes(lambda: None) == []
    assert not (tmp_path / "cookie").exists()


HISTORY = b"""
COPY public.version_history (id, "createdAt", version) FROM stdin;
1	2026-01-01	2.7.5
3	2026-03-01	%s
2	2026-02-01	2.9.0
\\.
"""


@pytest.mark.parametrize("place", ["src", "name"])
@pytest.mark.parametrize(("version", "newer"), [(b"3.2.0", True), (b"10.0.0-rc.1", True), (b"3.1.0", False), (b"none", False)])
def test_newer_version_in_the_dump_is_refused(backups: Backups, tmp_path: Path, place: str, version: bytes, newer: bool) -> None:
    end = b"\n-- PostgreSQL database dump complete"
    name = backups.put("renamed.sql.gz", gzip.compress(gzip.decompress(WHOLE).replace(end, HISTORY % version + end)))
    options = {"name": name} if place == "name" else {"src": str(backups.folder / name)}
    failures: list[ImmichError] = []

    def run() -> None:
        with pytest.raises(ImmichError) as caught:  # the embedded server restores none that it has not made
            restore(backups, tmp_path, **options)
        failures.append(caught.value)

    assert bool(backups.writes(run)) != newer
    assert [failure.kind for failure in failures] == ["version" if newer else "server"]
    assert not newer or failures[0].details == {"server": "3.1.0", "backup": version.decode()}


def switch(backups: Backups, state: str, path: Path, *, check: bool = False) -> Result:
    with closing(backups.client(check=check)) as client:
        return switch_maintenance(client, state, str(path), 20.0, check)


def test_cookie_outlives_loss_of_power(tmp_path: Path) -> None:
    host = tmp_path / "host"
    host.mkdir()
    file, unsynced = CookieFile(str(host / "cookie")), Unsynced(tmp_path / "unsynced")
    with watched(host, unsynced):
        file.prepare()
        file.store("the-cookie-of-this-run", "a.sql.gz")
        unsynced.lose()
    assert (file.read(), file.restoring) == ("the-cookie-of-this-run", "a.sql.gz")


def test_begun_maintenance_is_known_after_loss_of_power(tmp_path: Path) -> None:
    host = tmp_path / "host"
    host.mkdir()
    file, unsynced = CookieFile(str(host / "cookie")), Unsynced(tmp_path / "unsynced")
    with watched(host, unsynced):
        file.prepare()
        unsynced.lose()
    assert file.was_begun()


class _Killed(BaseException):
    pass


class _Killing:
    """A watcher that lets a run end at a call about a file, before it is carried out."""

    def __init__(self, number: int) -> None:
        self.left = number

    def around(self, _call: Call, carry_out: Callable[[], Any]) -> Any:
        self.left -= 1
        if self.left == 0:
            raise _Killed
        return carry_out()


def test_begun_maintenance_is_known_while_cookie_is_written(tmp_path: Path) -> None:
    file = CookieFile(str(tmp_path / "cookie"))
    for number in itertools.count(1):
        file.remove()
        file.prepare()
        killing = _Killing(number)
        with watched(tmp_path, killing), suppress(_Killed):
            file.store("the-cookie-of-this-run")
        assert file.was_begun()
        if killing.left > 0:
            break
    assert file.read() == "the-cookie-of-this-run"
    file.remove()
    assert not file.was_begun()


AFTER_PREPARING = 4
"""Of the calls that a full disk may let fail, the first that is about the cookie itself: three are about the empty file before it."""


def test_maintenance_ends_again_if_cookie_is_unwritable(each_version: Backups, tmp_path: Path) -> None:
    host = tmp_path / "host"
    host.mkdir()
    with watched(host, Failing("ENOSPC", AFTER_PREPARING)), pytest.raises(ImmichError) as caught:
        switch(each_version, "started", host / "cookie")
    assert (caught.value.kind, caught.value.options) == ("local", ("cookie_file",))
    assert [words for words in ("Free some space", "was ended again") if words not in caught.value.msg] == []
    assert [one["path"] for one in each_version.server.requests(writes=True) if one["path"].endswith("/admin/maintenance")]
    assert each_version.api("GET", "/server/config").json()["maintenanceMode"] is False
    assert list(host.iterdir()) == []


def test_restore_goes_on_if_cookie_is_unwritable(backups: Backups, tmp_path: Path) -> None:
    host = tmp_path / "host"
    host.mkdir()
    add_album(backups, "Rome")
    name = backups()["backup"]["filename"]
    for album in backups.server.state()["albums"]:
        backups.api("DELETE", f"/albums/{album['id']}").raise_for_status()
    with watched(host, Failing("ENOSPC", AFTER_PREPARING)):
        result = restore(backups, host, name=name)
    assert (result["changed"], "No space left" in result["warnings"][0]) == (True, True)
    assert (albums(backups), list(host.iterdir())) == ([("Rome", "")], [])


def test_relative_cookie_file_is_refused(backups: Backups) -> None:
    with pytest.raises(ImmichError, match="cookie_file must be an absolute path, not 'cookie'"):
        switch(backups, "started", Path("cookie"))
    assert backups.server.requests() == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("content", ["hunter2\n", "two\nlines of notes\n", None], ids=["password", "notes", "pipe"])
def test_cookie_replaces_no_other_file(backups: Backups, tmp_path: Path, content: str | None, check: bool) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_text(content) if content else os.mkfifo(cookie)
    name = backups.put("renamed.sql.gz")

    def refuse() -> None:
        runs: list[Callable[[], Result]] = [
            partial(switch, backups, "started", cookie, check=check),
            partial(restore, backups, tmp_path, name=name, check=check),
        ]
        for run in runs:
            with pytest.raises(ImmichError, match="cookie_file") as caught:
                run()
            assert caught.value.kind == "local"

    assert backups.writes(refuse) == []
    assert (cookie.read_text() if content else content, cookie.is_fifo()) == (content, content is None)


def test_maintenance_mode_begins_and_ends_once(each_version: Backups, tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    assert switch(each_version, "started", cookie, check=True)["changed"]
    assert not cookie.exists()
    assert switch(each_version, "started", cookie)["changed"]
    assert stat.S_IMODE(cookie.stat().st_mode) == 0o600
    assert not switch(each_version, "started", cookie)["changed"]
    token = cookie.read_text()
    for wrong in ("", "the-cookie-of-another-run"):
        cookie.write_text(wrong) if wrong else cookie.unlink()
        for state in ("started", "ended"):
            with pytest.raises(ImmichError, match="immich-admin disable-maintenance-mode") as caught:
                switch(each_version, state, cookie)
            assert caught.value.kind == "maintenance"
    cookie.write_text(token)
    assert switch(each_version, "ended", cookie, check=True)["changed"]
    assert switch(each_version, "ended", cookie)["changed"]
    assert not cookie.exists()
    assert not switch(each_version, "ended", cookie)["changed"]
    assert each_version.api("GET", "/server/features").ok
    seen = [one["path"] for one in each_version.server.requests()]
    assert token.strip() not in str(seen)
