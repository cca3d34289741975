# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quota."""

from __future__ import annotations

from contract.conformance.forms import photo
from contract.conformance.scenario.shared import Scenario


def ask(s: Scenario) -> None:
    """The steps, in order."""
    s.call("set a quota", "PUT", f"/admin/users/{s.me['id']}", "admin", json={"quotaSizeInBytes": 1})
    s.upload("beyond the quota", photo("quota"), "quota.jpg")
    s.call("known bytes beyond the quota", "POST", "/assets", "user", form=s.form(s.one, "one.jpg"))
    s.ask("PUT", f"/admin/users/{s.me['id']}", "admin", json={"quotaSizeInBytes": None})
    s.upload("after the quota", photo("quota"), "quota.jpg")
