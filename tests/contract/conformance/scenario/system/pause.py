# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that are held back by a pause, and the chain that runs afterwards."""

from __future__ import annotations

from contract.conformance.forms import photo, video
from contract.conformance.scenario.shared import Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.wait_idle()
    for name in ("metadataExtraction", "thumbnailGeneration"):
        s.call("pause " + name, "PUT", f"/jobs/{name}", "admin", json={"command": "pause", "force": False})
    paused_one = s.upload("while paused", photo("paused 1"), "paused1.jpg")["id"]
    s.upload("while paused, another", photo("paused 2"), "paused2.jpg")
    s.upload("while paused, a video", video("paused"), "paused.mp4")
    s.wait_idle()
    s.call("jobs while paused", "GET", "/jobs", "admin")
    s.call("queue while paused", "GET", "/queues/metadataExtraction", "admin")
    s.call("an asset while paused", "GET", f"/assets/{paused_one}", "user")
    s.call("its thumbnail while paused", "GET", f"/assets/{paused_one}/thumbnail", "user")
    s.call("start a paused queue", "PUT", "/jobs/thumbnailGeneration", "admin", json={"command": "start", "force": False})
    s.ask("PUT", "/jobs/metadataExtraction", "admin", json={"command": "resume", "force": False})
    s.wait_idle()
    s.ask("GET", "/jobs", "admin")
    s.call("the asset with metadata", "GET", f"/assets/{paused_one}", "user")
    s.ask("PUT", "/jobs/thumbnailGeneration", "admin", json={"command": "resume", "force": False})
    s.wait_idle()
    s.call("all done", "GET", "/jobs", "admin")
    s.ask("GET", f"/assets/{paused_one}/thumbnail", "user")
