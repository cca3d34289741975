# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of duplicates, which a change of assets makes as well as Immich's search for them."""

from __future__ import annotations

from typing import Any

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import NOBODY, Scenario

GROUP = "11111111-1111-4111-8111-111111111111"
SHOWN = ("originalFileName", "duplicateId", "isTrashed", "visibility", "people", "stack", "tags")


def shorten(groups: Any) -> Any:
    """Each group with what matters of its assets; what is not a list of groups as it is."""
    if not isinstance(groups, list):
        return groups
    assets = [[{name: one[name] for name in SHOWN if name in one} for one in group["assets"]] for group in groups]
    return [{**group, "assets": found} for group, found in zip(groups, assets, strict=True)]


def ask(s: Scenario) -> None:
    """The steps, in order."""
    a, b, c = (s.upload(f"a duplicate, {n}", photo("duplicate" + n), f"duplicate{n}.jpg")["id"] for n in "abc")
    s.wait_idle()
    mark = {"duplicateId": GROUP}
    s.call("mark", "PUT", "/assets", "user", json={"ids": [a, b], **mark})
    s.call("mark with what is not an id", "PUT", "/assets", "user", json={"ids": [a], "duplicateId": "x"})
    s.call("list", "GET", "/duplicates", "user", pick=shorten)
    s.ask("DELETE", "/assets", "user", json={"ids": [b]})
    s.call("one is in the trash", "GET", "/duplicates", "user", pick=shorten)
    s.ask("POST", "/trash/restore/assets", "user", json={"ids": [b]})
    s.call("and back", "GET", "/duplicates", "user", pick=shorten)
    s.ask("PUT", "/assets", "user", json={"ids": [a, b, c], **mark})
    s.ask("PUT", f"/assets/{b}", "user", json={"visibility": "archive"})
    s.ask("PUT", f"/assets/{c}", "user", json={"visibility": "locked"})
    s.call("one archived, one locked", "GET", "/duplicates", "user", pick=shorten)
    s.call("dismiss", "DELETE", f"/duplicates/{GROUP}", "user")
    s.call("nothing is left", "GET", "/duplicates", "user", pick=shorten)
    s.call("dismiss again", "DELETE", f"/duplicates/{GROUP}", "user")
    s.call("dismiss several", "DELETE", "/duplicates", "user", json={"ids": [NOBODY]})
    s.call("dismiss none", "DELETE", "/duplicates", "user", json={"ids": []})
    link = s.ask("POST", "/shared-links", "user", json={"type": "INDIVIDUAL", "assetIds": [a]})["id"]
    only_links = dict.fromkeys(("albums", "sidecar", "stack", "favorite"), False)
    s.call("copy links", "PUT", "/assets/copy", "user", json={"sourceId": a, "targetId": b, "sharedLinks": True, **only_links})
    s.call("linked", "GET", f"/shared-links/{link}", "user", pick=lambda found: sorted(one["originalFileName"] for one in found["assets"]))
    s.ask("DELETE", f"/shared-links/{link}", "user")
    s.ask("DELETE", "/assets", "user", json={"ids": [a, b], "force": True})
    s.wait_idle()  # the next group looks at the queues
