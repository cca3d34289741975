# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance mode, which restarts the server: metadataExtraction is resumed, other pauses stay."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import Scenario, sha1

#: step, path, whose key.
ASKED = (
    ("ping", "/server/ping", "none"),
    ("version", "/server/version", "none"),
    ("config", "/server/config", "none"),
    ("features", "/server/features", "none"),
    ("me", "/users/me", "user"),
    ("queues", "/queues", "admin"),
    ("jobs", "/jobs", "admin"),
    ("status", "/admin/maintenance/status", "none"),
)


def ask(s: Scenario) -> None:
    """The steps, in order."""
    for name in ("metadataExtraction", "thumbnailGeneration"):
        s.ask("PUT", f"/jobs/{name}", "admin", json={"command": "pause", "force": False})
    s.call("maintenance as user", "POST", "/admin/maintenance", "user", json={"action": "start"})
    started = s.call("start maintenance", "POST", "/admin/maintenance", "admin", json={"action": "start"})
    if "Cannot POST" not in str(started):
        ask_in_maintenance(s)


def ask_in_maintenance(s: Scenario) -> None:
    """What still answers, how it ends, and which pauses are left."""
    s.recorder.wait_for(lambda: s.ask("GET", "/server/config", "none").get("maintenanceMode") is True)
    for step, path, who in ASKED:
        s.call("in maintenance: " + step, "GET", path, who)
    s.upload("in maintenance: upload", photo("maintenance"), "m.jpg")
    s.check("in maintenance: bulk check", [{"id": "1", "checksum": sha1(photo("maintenance"))}])
    end = {"action": "end"}
    s.call("in maintenance: end with a key", "POST", "/admin/maintenance", "admin", json=end, cookies=False)
    s.call("in maintenance: end with the cookie", "POST", "/admin/maintenance", "none", json=end)
    s.recorder.wait_for(lambda: s.ask("GET", "/server/config", "none").get("maintenanceMode") is False)
    s.recorder.wait_for(lambda: isinstance(s.ask("GET", "/jobs", "admin"), dict))
    s.recorder.settle()
    s.call("after the restart", "GET", "/jobs", "admin")
