# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server itself, and requests that are wrong in general."""

from __future__ import annotations

from contract.conformance.scenario.shared import Scenario

JSON = {"Content-Type": "application/json"}
#: step → path, asked without a key.
UNASKED = {
    "ping": "/server/ping",
    "version": "/server/version",
    "features": "/server/features",
    "config": "/server/config",
    "media types": "/server/media-types",
    "well-known": "//outside/.well-known/immich",
    "about without key": "/server/about",
    "unknown route": "/nothing/here",
    "double slash": "//server/ping",
    "trailing slash": "/server/ping/",
}


def ask(s: Scenario) -> None:
    """The steps, in order."""
    for step, path in UNASKED.items():
        s.call(step, "GET", path, "none")
    s.call("about with a bad key", "GET", "/server/about", "bad")
    s.ask("GET", "/server/about", "admin")
    s.call("ping with a bad key", "GET", "/server/ping", "bad")
    s.call("wrong method", "PATCH", "/server/ping", "none")
    s.call("a bearer token beside a good key", "GET", "/users/me", "user", headers={"Authorization": "Bearer nonsense"})
    s.call("an empty key", "GET", "/users/me", "none", headers={"x-api-key": ""})
    s.call("key in the query", "GET", "/users/me?apiKey=nonsense", "none")
    s.call("storage", "GET", "/server/storage", "user")
    s.call("statistics as user", "GET", "/server/statistics", "user")
    s.call("statistics as admin", "GET", "/server/statistics", "admin")
    s.call("me as user", "GET", "/users/me", "user")
    s.call("me as admin", "GET", "/users/me", "admin")
    s.call("broken JSON", "POST", "/albums", "user", raw=b'{"albumName": ', headers=JSON)
    s.call("JSON of the wrong type", "POST", "/albums", "user", json=["x"])
    s.call("no body", "POST", "/albums", "user")
    too_long = b'{"albumName": "' + b"x" * (10 * 1024 * 1024 + 1) + b'"}'
    s.call("body beyond 10 MiB", "POST", "/albums", "user", raw=too_long, headers=JSON)
