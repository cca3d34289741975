# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bulk check."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import Scenario, sha1


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.check("known and new", [{"id": "k", "checksum": sha1(s.one)}, {"id": "n", "checksum": "ab" * 20}])
    s.check("base64", [{"id": "k", "checksum": sha1(s.one, "base64")}])
    s.check("upper-case hex", [{"id": "k", "checksum": sha1(s.one).upper()}])
    s.check("the same twice", [{"id": "1", "checksum": sha1(s.one)}, {"id": "1", "checksum": sha1(s.one)}])
    s.check("another's asset", [{"id": "1", "checksum": sha1(photo("fav"))}], "admin")
    s.check("a checksum of no length", [{"id": "1", "checksum": ""}])
    s.check("a checksum of another length", [{"id": "1", "checksum": "abc"}])
    s.check("without id", [{"checksum": sha1(s.one)}])
    s.check("without checksum", [{"id": "1"}])
    s.check("empty list", [])
    s.call("no list", "POST", "/assets/bulk-upload-check", "user", json={})
    many = [{"id": str(number), "checksum": f"{number:040x}"} for number in range(5000)]
    answer = s.ask("POST", "/assets/bulk-upload-check", json={"assets": many})
    request = {"method": "POST", "path": "/assets/bulk-upload-check", "as": "user", "raw": "<5000 entries>"}
    body = {"entries": len(answer.get("results", []))}
    status = 200 if "results" in answer else 0
    response = {"status": status, "type": "application/json", "headers": {}, "body": body}
    s.recorder.keep("5,000 at once", request, response)
