# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import NOBODY, Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    a, b, c = (s.upload(f"for a stack, {n}", photo("stack" + n), f"stack{n}.jpg")["id"] for n in "abc")
    s.wait_idle()
    s.call("create", "POST", "/stacks", "user", json={"assetIds": [a, b]})
    s.call("of one", "POST", "/stacks", "user", json={"assetIds": [c]})
    s.call("with an unknown asset", "POST", "/stacks", "user", json={"assetIds": [c, NOBODY]})
    s.call("over a stacked one", "POST", "/stacks", "user", json={"assetIds": [c, b]})
    s.call("list", "GET", "/stacks", "user")
    s.ask("GET", f"/assets/{a}", "user")
    found = next(stack["id"] for stack in s.ask("GET", "/stacks", "user") if stack["primaryAssetId"] == c)
    s.ask("PUT", f"/stacks/{found}", "user", json={"primaryAssetId": b})
    for month in s.ask("GET", "/timeline/buckets?visibility=timeline&withStacked=true", "user"):
        s.ask("GET", f"/timeline/bucket?timeBucket={month['timeBucket']}&visibility=timeline&withStacked=true", "user")
