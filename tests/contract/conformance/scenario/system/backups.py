# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of the database: made, listed, downloaded, uploaded, deleted; and what is counted beside them."""

from __future__ import annotations

from typing import Any

from contract.conformance.forms import file_part
from contract.conformance.scenario.shared import Scenario

LIST = "/admin/database-backups"
GONE = "immich-db-backup-20200101T000000-v1.0.0-pg14.sql.gz"


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.wait_idle()
    s.call("statistics as user", "GET", "/server/statistics", "user")
    s.call("statistics without a key", "GET", "/server/statistics", "none")
    s.call("backups as user", "GET", LIST, "user")
    listed = s.call("no backups", "GET", LIST, "admin")
    if not isinstance(listed, dict) or "backups" not in listed:
        return
    s.call("make a backup as user", "POST", "/jobs", "user", json={"name": "backup-database"})
    s.call("make a backup", "POST", "/jobs", "admin", json={"name": "backup-database"})
    s.recorder.wait_for(lambda: bool(names(s)))
    s.wait_idle()
    s.call("one backup", "GET", LIST, "admin")
    (name,) = names(s)
    ask_for_parts(s, f"{LIST}/{name}")
    s.call("download as user", "GET", f"{LIST}/{name}", "user")
    s.call("download a missing one", "GET", f"{LIST}/{GONE}", "admin")
    s.call("download what is no backup", "GET", f"{LIST}/passwords.txt", "admin")
    s.call("upload as user", "POST", f"{LIST}/upload", "user", form=[file_part("file", b"-- a dump", GONE)])
    s.call("upload", "POST", f"{LIST}/upload", "admin", form=[file_part("file", b"-- a dump", GONE)])
    s.call("upload under a bad name", "POST", f"{LIST}/upload", "admin", form=[file_part("file", b"-- a dump", "a dump.sql")])
    s.call("two backups", "GET", LIST, "admin")
    s.call("restore on a server that is set up", "POST", f"{LIST}/start-restore", "none")
    delete(s, name)


def names(s: Scenario) -> list[str]:
    """The names of the server's backups."""
    found: list[dict[str, Any]] = s.ask("GET", LIST, "admin")["backups"]
    return [one["filename"] for one in found]


def ask_for_parts(s: Scenario, path: str) -> None:
    """Parts of the file, whose length depends on the server."""
    s.call("the first bytes", "GET", path, "admin", headers={"Range": "bytes=0-99"})
    s.call("bytes in the middle", "GET", path, "admin", headers={"Range": "bytes=100-149"})
    s.call("bytes beyond the end", "GET", path, "admin", headers={"Range": "bytes=999999999-"})


def delete(s: Scenario, name: str) -> None:
    """Deleting: of what is not there, of what must not be named, and of all."""
    s.call("delete as user", "DELETE", LIST, "user", json={"backups": [name]})
    s.call("delete without a name", "DELETE", LIST, "admin", json={})
    s.call("delete under a bad name", "DELETE", LIST, "admin", json={"backups": ["../x.sql.gz"]})
    s.call("delete a missing one", "DELETE", LIST, "admin", json={"backups": ["gone.sql.gz"]})
    s.call("delete both", "DELETE", LIST, "admin", json={"backups": [name, f"uploaded-{GONE}"]})
    s.call("no backups any more", "GET", LIST, "admin")
