# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integrity report of Immich 3: started by manual jobs, summed up, listed in pages, and as a table."""

from __future__ import annotations

from contract.conformance.scenario.shared import NOBODY, Scenario

PATH = "/admin/integrity"
JOBS = ("integrity-missing-files", "integrity-untracked-files", "integrity-checksum-mismatch")
NO_ENTRY = "01890a5d-ac96-774b-bcce-b302099a8057"
"""An id of the version that the report's entries have."""


def ask(s: Scenario) -> None:
    """The steps, in order. All files are as they should be."""
    s.wait_idle()
    s.call("summary as user", "GET", f"{PATH}/summary", "user")
    summary = s.call("summary", "GET", f"{PATH}/summary", "admin")
    if not isinstance(summary, dict) or "missing_file" not in summary:
        return
    for job in JOBS:
        s.call(f"start {job}", "POST", "/jobs", "admin", json={"name": job})
        s.wait_idle()
    s.call("start a check as user", "POST", "/jobs", "user", json={"name": JOBS[0]})
    s.call("report of missing files", "GET", f"{PATH}/report?type=missing_file", "admin")
    s.call("report as user", "GET", f"{PATH}/report?type=missing_file", "user")
    s.call("report without a type", "GET", f"{PATH}/report", "admin")
    s.call("report of an unknown type", "GET", f"{PATH}/report?type=lost_file", "admin")
    s.call("report with a limit", "GET", f"{PATH}/report?type=missing_file&limit=10", "admin")
    s.call("missing files as a table", "GET", f"{PATH}/report/missing_file/csv", "admin")
    s.call("delete an entry with a bad id", "DELETE", f"{PATH}/report/{NOBODY}", "admin")
    s.call("delete an entry that is not there", "DELETE", f"{PATH}/report/{NO_ENTRY}", "admin")
    s.call("a file of an entry that is not there", "GET", f"{PATH}/report/{NO_ENTRY}/file", "admin")
