# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an admin's client looks at."""

from __future__ import annotations

from contract.conformance.scenario.shared import NOBODY, Scenario

NEW_USER = {"email": "new@example.com", "name": "New", "password": "a long password"}


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.wait_idle()
    s.call("config as user", "GET", "/system-config", "user")
    config = s.call("config", "GET", "/system-config", "admin")
    s.ask("PUT", "/system-config", "admin", json=config)
    s.call("users as user", "GET", "/admin/users", "user")
    s.call("users", "GET", "/admin/users", "admin")
    s.call("make a user", "POST", "/admin/users", "admin", json=NEW_USER)
    s.call("make the user again", "POST", "/admin/users", "admin", json=NEW_USER)
    s.call("make a user without an address", "POST", "/admin/users", "admin", json={"name": "New", "password": "x"})
    s.call("libraries", "GET", "/libraries", "admin")
    content = {"ownerId": s.admin["id"], "name": "NAS", "importPaths": [], "exclusionPatterns": []}
    library = s.call("make a library", "POST", "/libraries", "admin", json=content)
    s.call("scan it", "POST", f"/libraries/{library['id']}/scan", "admin")
    s.call("scan an unknown one", "POST", f"/libraries/{NOBODY}/scan", "admin")
    s.wait_idle()
    s.call("delete it", "DELETE", f"/libraries/{library['id']}", "admin")
    s.call("download info", "POST", "/download/info", "user", json={"assetIds": [s.asset]})
    s.call("library statistics of the server", "GET", "/server/statistics", "admin")
