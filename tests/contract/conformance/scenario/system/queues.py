# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The background queues, through both APIs."""

from __future__ import annotations

from contract.conformance.scenario.shared import Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.wait_idle()
    s.call("jobs as user", "GET", "/jobs", "user")
    s.call("jobs without key", "GET", "/jobs", "none")
    s.call("jobs", "GET", "/jobs", "admin")
    s.call("queues as user", "GET", "/queues", "user")
    s.call("queues", "GET", "/queues", "admin")
    s.call("one queue", "GET", "/queues/metadataExtraction", "admin")
    s.call("unknown queue", "GET", "/queues/nothing", "admin")
    s.call("pause through jobs", "PUT", "/jobs/faceDetection", "admin", json={"command": "pause", "force": False})
    s.call("pause through jobs again", "PUT", "/jobs/faceDetection", "admin", json={"command": "pause", "force": False})
    s.call("pause without force", "PUT", "/jobs/faceDetection", "admin", json={"command": "pause"})
    s.call("resume through jobs", "PUT", "/jobs/faceDetection", "admin", json={"command": "resume", "force": False})
    s.call("pause through queues", "PUT", "/queues/faceDetection", "admin", json={"isPaused": True})
    s.call("pause through queues again", "PUT", "/queues/faceDetection", "admin", json={"isPaused": True})
    s.call("resume through queues", "PUT", "/queues/faceDetection", "admin", json={"isPaused": False})
    s.call("queue update without a field", "PUT", "/queues/faceDetection", "admin", json={})
    s.call("queue update with text", "PUT", "/queues/faceDetection", "admin", json={"isPaused": "yes"})
    s.call("pause as user through jobs", "PUT", "/jobs/faceDetection", "user", json={"command": "pause", "force": False})
    s.call("pause as user through queues", "PUT", "/queues/faceDetection", "user", json={"isPaused": True})
    s.call("pause an unknown job queue", "PUT", "/jobs/nothing", "admin", json={"command": "pause", "force": False})
    s.call("an unknown command", "PUT", "/jobs/faceDetection", "admin", json={"command": "sing", "force": False})
    s.call("pause backgroundTask through queues", "PUT", "/queues/backgroundTask", "admin", json={"isPaused": True})
    s.call("pause backgroundTask through jobs", "PUT", "/jobs/backgroundTask", "admin", json={"command": "pause", "force": False})
    s.call("resume backgroundTask through jobs", "PUT", "/jobs/backgroundTask", "admin", json={"command": "resume", "force": False})
    s.call("start a queue with nothing to start", "PUT", "/jobs/search", "admin", json={"command": "start", "force": False})
    s.ask("PUT", "/jobs/thumbnailGeneration", "admin", json={"command": "start", "force": False})
    s.wait_idle()
    s.call("empty", "PUT", "/jobs/faceDetection", "admin", json={"command": "empty", "force": False})
    s.call("clear failed", "PUT", "/jobs/faceDetection", "admin", json={"command": "clear-failed", "force": False})
    s.call("jobs of a queue", "GET", "/queues/faceDetection/jobs", "admin")
    s.call("delete jobs of a queue", "DELETE", "/queues/faceDetection/jobs", "admin", json={})
    s.call("delete failed jobs of a queue", "DELETE", "/queues/faceDetection/jobs", "admin", json={"failed": True})
    s.call("delete jobs of a queue without a body", "DELETE", "/queues/faceDetection/jobs", "admin")
    s.call("manual job", "POST", "/jobs", "admin", json={"name": "tag-cleanup"})
    s.call("manual job of an unknown name", "POST", "/jobs", "admin", json={"name": "sing"})
    s.call("manual job as user", "POST", "/jobs", "user", json={"name": "tag-cleanup"})
