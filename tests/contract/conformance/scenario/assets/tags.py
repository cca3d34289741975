# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags."""

from __future__ import annotations

from contract.conformance.scenario.shared import NOBODY, Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    tags = s.call("upsert", "PUT", "/tags", "user", json={"tags": ["Trip/Rome", "trip"]})
    s.call("upsert again", "PUT", "/tags", "user", json={"tags": ["Trip/Rome"]})
    s.call("upsert with odd slashes", "PUT", "/tags", "user", json={"tags": ["/lead/", "a//b"]})
    s.call("upsert an empty one", "PUT", "/tags", "user", json={"tags": [""]})
    s.call("upsert none", "PUT", "/tags", "user", json={"tags": []})
    s.call("list", "GET", "/tags", "user")
    s.call("tag assets", "PUT", "/tags/assets", "user", json={"tagIds": [t["id"] for t in tags], "assetIds": [s.asset, s.fav]})
    s.call("tag them again", "PUT", "/tags/assets", "user", json={"tagIds": [t["id"] for t in tags], "assetIds": [s.asset, s.fav]})
    s.call("tag an unknown asset", "PUT", "/tags/assets", "user", json={"tagIds": [tags[0]["id"]], "assetIds": [NOBODY]})
    s.call("tag with an unknown tag", "PUT", "/tags/assets", "user", json={"tagIds": [NOBODY], "assetIds": [s.asset]})
    s.call("tag one", "PUT", f"/tags/{tags[0]['id']}/assets", "user", json={"ids": [s.asset, s.with_sidecar, NOBODY]})
    s.call("tag without the scope", "PUT", "/tags/assets", "reader", json={"tagIds": [tags[0]["id"]], "assetIds": [s.asset]})
    s.call("create one that exists", "POST", "/tags", "user", json={"name": "trip"})
    s.call("another's tags", "GET", "/tags", "admin")
