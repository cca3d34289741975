# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""API keys and what they may do."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.call("which key am I, admin", "GET", "/api-keys/me", "admin")
    s.make_key("upload-only", ["asset.upload"])
    s.make_key("reader", ["asset.read", "album.read", "tag.read", *([] if s.old else ["user.read"])])
    s.call("which key am I, upload-only", "GET", "/api-keys/me", "upload-only")
    s.call("users/me without its scope", "GET", "/users/me", "upload-only")
    s.call("albums without the scope", "GET", "/albums", "upload-only")
    s.call("create album without the scope", "POST", "/albums", "reader", json={"albumName": "No"})
    s.check("bulk check without the scope", [{"id": "1", "checksum": "0" * 40}], "reader")
    s.upload("upload without the scope", photo("noscope"), who="reader")
    s.call("jobs without the scope", "GET", "/jobs", "upload-only")
    s.call("users/me without its scope, as reader", "GET", "/users/me", "reader")
    s.call("albums with the scope", "GET", "/albums", "reader")
    s.make_key("unknown permission", ["nothing.at.all"])
    s.make_key("no permissions", [])
    s.call("make a key with no name", "POST", "/api-keys", "user", json={"permissions": ["all"]})
    s.make_key("admin without queues", ["asset.read"], "admin")
    s.call("jobs as an admin's key without the scope", "GET", "/jobs", "admin without queues")
    s.call("queues as an admin's key without the scope", "GET", "/queues", "admin without queues")
    s.call("list keys", "GET", "/api-keys", "user")
