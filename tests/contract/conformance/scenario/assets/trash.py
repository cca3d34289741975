# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting and giving back."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import NOBODY, Scenario, sha1


def ask(s: Scenario) -> None:
    """The steps, in order."""
    gone = s.upload("to be deleted", photo("gone"), "gone.jpg")["id"]
    s.wait_idle()
    s.call("delete without a body", "DELETE", "/assets", "user")
    s.call("delete", "DELETE", "/assets", "user", json={"ids": [gone]})
    s.check("a trashed one", [{"id": "1", "checksum": sha1(photo("gone"))}])
    s.upload("bytes that lie in the trash", photo("gone"), "gone.jpg")
    s.ask("GET", f"/assets/{gone}", "user")
    s.call("restore without the scope", "POST", "/trash/restore/assets", "reader", json={"ids": [gone]})
    s.call("restore", "POST", "/trash/restore/assets", "user", json={"ids": [gone]})
    s.call("restore an unknown one", "POST", "/trash/restore/assets", "user", json={"ids": [NOBODY]})
    s.check("restored", [{"id": "1", "checksum": sha1(photo("gone"))}])
    s.call("delete for good", "DELETE", "/assets", "user", json={"ids": [gone], "force": True})
    s.wait_idle()
    s.check("deleted for good", [{"id": "1", "checksum": sha1(photo("gone"))}])
    s.call("delete an unknown one", "DELETE", "/assets", "user", json={"ids": [NOBODY]})
    s.call("empty the trash", "POST", "/trash/empty", "user")
