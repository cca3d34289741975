# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assets after their upload, and the search."""

from __future__ import annotations

from typing import Any

from contract.conformance.scenario.shared import NOBODY, Scenario, sha1


def pages(body: Any) -> Any:
    """The numbers of a search's page."""
    return {name: body["assets"][name] for name in ("total", "count", "nextPage")}


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.wait_idle()
    s.call("first, its jobs done", "GET", f"/assets/{s.asset}", "user")
    s.call("with a sidecar, its jobs done", "GET", f"/assets/{s.with_sidecar}", "user")
    s.call("stored under a false checksum", "GET", f"/assets/{s.lying}", "user")
    s.call("another's", "GET", f"/assets/{s.asset}", "admin")
    s.call("unknown", "GET", f"/assets/{NOBODY}", "user")
    s.call("bad id", "GET", "/assets/x", "user")
    s.call("original", "GET", f"/assets/{s.asset}/original", "user")
    s.call("a range of the original", "GET", f"/assets/{s.asset}/original", "user", headers={"Range": "bytes=0-9"})
    s.call("original without the scope", "GET", f"/assets/{s.asset}/original", "reader")
    s.call("thumbnail of noise", "GET", f"/assets/{NOBODY}/thumbnail", "user")
    s.call("counts", "GET", "/assets/statistics", "user")
    s.call("update", "PUT", f"/assets/{s.asset}", "user", json={"isFavorite": True, "description": "Changed"})
    s.call("update several", "PUT", "/assets", "user", json={"ids": [s.asset], "isFavorite": False})
    s.call("update several with an unknown one", "PUT", "/assets", "user", json={"ids": [s.asset, NOBODY], "isFavorite": False})
    s.call("update with an unknown field", "PUT", "/assets", "user", json={"ids": [s.asset], "flavour": "sweet"})
    s.wait_idle()
    s.call("search by checksum", "POST", "/search/metadata", "user", json={"checksum": sha1(s.one)})
    s.call("search by name", "POST", "/search/metadata", "user", json={"originalFileName": "one.jpg", "size": 5})
    s.call("search, a page of two", "POST", "/search/metadata", "user", json={"size": 2, "order": "asc"}, pick=pages)
    s.call("search, too large a page", "POST", "/search/metadata", "user", json={"size": 1001})
    s.call("search, page two", "POST", "/search/metadata", "user", json={"size": 2, "page": 2, "order": "asc"}, pick=pages)
