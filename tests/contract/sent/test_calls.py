# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What backups, maintenance, integrity checks, statistics and the setup of a server ask is as Immich's OpenAPI documents say.

They run in this process. With the modules that the other files here run, every path that the collection has in its code is sent.
"""

from __future__ import annotations

import ast
import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup.maintenance import switch_maintenance
from ansible_collections.photoyard.immich.plugins.module_utils._backup.manage import manage_backups
from ansible_collections.photoyard.immich.plugins.module_utils._backup.options import BackupOptions, RestoreOptions
from ansible_collections.photoyard.immich.plugins.module_utils._backup.restore import restore_backup
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import library_statistics
from ansible_collections.photoyard.immich.plugins.module_utils._client import versions
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import DuplicateOptions
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.run import handle_duplicates
from ansible_collections.photoyard.immich.plugins.module_utils._integrity.check import IntegrityOptions, check_integrity
from ansible_collections.photoyard.immich.plugins.module_utils._integrity.report import ReportOptions, read_report
from ansible_collections.photoyard.immich.plugins.module_utils._resources.export import export_state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.setup import SetupOptions, set_up
from behaviour.moves.conftest import Moving, decorate
from contract.openapi import acted_as, documents
from contract.sent import test_copies, test_modules
from immich_emulator.testing import Emulator
from immich_emulator.versions import find
from support.collection import ApiKey, Connection, Immich
from support.photos.libraries import Account
from support.run_cache import RunCache
from support.stops import StoppedRun

DOCUMENTS = documents()
#: 1.135 has none of these calls. The document of 3.0.0 is older than that release, which brought the integrity report (immich#29219).
PAIRS = [(acted_as(one), one) for one in DOCUMENTS if not one.startswith("1.") and one != "3.0.0"]
APPS = {"user-all", "tester"}
REPOSITORY = Path(__file__).parents[3]


def client(server: Emulator, key: str) -> closing[Immich]:
    """A client with a key."""
    return closing(Immich(Connection(server.url, ApiKey(key), timeout=30.0, retries=2)))


def back_up(server: Emulator, key: str, folder: Path) -> list[dict[str, Any]]:
    """Every state of a backup, the maintenance mode, and a restore of what was fetched to an empty server. What that one was sent."""
    cookie = str(folder / "cookie")
    with client(server, key) as admin:
        for max_age in (None, "1h"):
            manage_backups(admin, BackupOptions(state="present", max_age=max_age), False)
        fetched = manage_backups(admin, BackupOptions(state="fetched", dest=str(folder), max_age="1h"), False)["path"]
        for state in ("started", "ended"):
            switch_maintenance(admin, state, cookie, 30.0, False)
        name = Path(fetched).name
        for options in ({"name": name}, {"src": fetched}):
            wanted = RestoreOptions(confirm=name, cookie_file=cookie, wait_timeout=60.0, **options)
            assert restore_backup(admin, wanted, False)["restored"]
        manage_backups(admin, BackupOptions(state="absent", names=[name]), False)
    with Emulator(server.version, empty=True, job_seconds=0.001) as empty, client(empty, "not-a-key") as nobody:
        restore_backup(nobody, RestoreOptions(src=fetched, confirm=name, cookie_file=cookie, wait_timeout=60.0), False)
        return empty.requests()


def check_files(server: Emulator, key: str) -> None:
    """A check that deletes what is nobody's, and the report."""
    owner = {one["label"]: one["id"] for one in server.state()["users"]}["user"]
    for folder in ("upload", "thumbs", "encoded-video"):
        path = f"/data/{folder}/{owner}/aa/bb/{uuid.uuid4()}.jpg"
        server.control("POST", "files", {"path": path, "content": folder})
        server.control("POST", "report", {"path": path, "age": 2 * 86400})
    with client(server, key) as admin:
        options = IntegrityOptions(
            wait_interval=0.01, owner_api_keys=(server.make_key(name="owner"),), delete_untracked=("upload", "thumbs", "encoded-video")
        )
        assert check_integrity(admin, options, False, StoppedRun())["deleted"]
        read_report(admin, ReportOptions())


def resolve_duplicates(server: Emulator, account: Account) -> None:
    """Two of a group, of which a shared link shows the one that goes."""
    both = [account.ids[name] for name in ("0.jpg", "1.jpg")]
    server.wait_idle()
    for one in both:
        account.ask("POST", "/shared-links", json={"type": "INDIVIDUAL", "assetIds": [one]})
    account.ask("PUT", "/assets", json={"ids": both, "duplicateId": str(uuid.uuid4())})
    with client(server, server.make_key(name="duplicates")) as user:
        assert handle_duplicates(user, DuplicateOptions(action="trash"), StoppedRun(), check_mode=False)["changed"]


def move_photos(server: Emulator, folder: Path) -> None:
    """Photos with all that can be given to them go to another folder."""
    moving = Moving(server, folder / "moving")
    moving.fill("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg")
    decorate(moving)
    moving.move_folder()
    assert moving(api_key=server.make_key(name="owner of a library"))["moved"] == 6


def set_up_empty(version: str) -> list[dict[str, Any]]:
    """The first administrator of a server, and what it says before and after."""
    with Emulator(version, empty=True, job_seconds=0.001) as server, client(server, "not-a-key") as nobody:
        options = SetupOptions(email="a@example.com", password="password-1", wait_timeout=30.0)
        assert set_up(nobody, options, False)["changed"]
        assert not set_up(nobody, options, False)["changed"]
        return server.requests()


def sent_to(run_cache: RunCache, version: str) -> list[dict[str, Any]]:
    """The requests that these runs send to servers of this version."""
    return run_cache.get(f"sent-calls-{version}", partial(run_calls, version))


def run_calls(version: str) -> list[dict[str, Any]]:
    """Runs them; what they sent."""
    with TemporaryDirectory() as name, Emulator(version, data=Path(name) / "data", job_seconds=0.001) as server:
        account = Account(server, server.make_key(name="tester"))
        for number in range(3):
            account.upload(f"{number}.jpg")
        account.person("Ann", "0.jpg")
        key = server.make_key("admin", name="calls")
        for one in (key, server.make_key(name="own")):
            with client(server, one) as reader:
                library_statistics.read_statistics(reader, library_statistics.StatisticsOptions(sample=2), lambda: None)
        with client(server, key) as admin:
            export_state(admin, KINDS)
            admin.server.newest_version()
            admin.server.storage()
            admin.server.media_types()
        if find(version).is_new:
            check_files(server, key)
        resolve_duplicates(server, account)
        move_photos(server, Path(name))
        sent_to_empty = back_up(server, key, Path(name))
        own = [one for one in server.requests() if one["key"] not in APPS]
    return [*own, *sent_to_empty, *set_up_empty(version)]


@pytest.mark.parametrize(("version", "document_version"), PAIRS)
def test_requests_are_as_documented(run_cache: RunCache, version: str, document_version: str) -> None:
    wrong = DOCUMENTS[document_version].wrong_requests(sent_to(run_cache, version))
    assert {call: said for call, said in wrong.items() if not test_modules.may_be_otherwise(version, document_version, call, said)} == {}


def paths_in_code() -> Iterator[str]:
    """Each text in the code that begins a path of the newest document; `%s` and `{id}` stand for what is filled in."""
    newest = DOCUMENTS["3.3.5"]
    roots = {path.split("/")[1] for _method, path in newest.operations}
    for file in sorted((REPOSITORY / "plugins" / "module_utils").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if re.fullmatch(r"/[a-z-]+(/([a-z-]+|%s|\{[a-z]+\})?)*", text) and text.split("/")[1] in roots:
                yield text


@pytest.mark.long
@pytest.mark.check
def test_every_path_in_the_code_is_sent(run_cache: RunCache) -> None:
    """Or the path that has taken its place."""
    sent = [*sent_to(run_cache, "3.3.5"), *test_modules.sent_to(run_cache, "3.3.5"), *test_copies.sent_to(run_cache, "3.3.5")]
    newest = {versions.newest_way(versions.ApiCall("GET", text), lambda _since: True, lambda _scope: True).path for text in paths_in_code()}
    patterns = {text: re.sub(r"%s|\\\{[a-z]+\\\}", "[^/]+", re.escape(text)) for text in newest}
    assert len(patterns) > 60
    assert [text for text, pattern in patterns.items() if not any(re.match(pattern, one["path"]) for one in sent)] == []
    assert not any(one["path"].startswith("/system-config") for one in sent)
