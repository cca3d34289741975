# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that decides for a policy."""

from __future__ import annotations

from ansible_collections.selfhosted.immich.plugins.filter.policy_plan import policy_plan


def held(lease: str) -> dict[str, object]:
    return {"holder": lease, "expired": False, "ending": False}


def test_policy_releases_its_own_leases_only() -> None:
    leases = [held("nas: old"), held("nas 2: old"), held("nas, upload 3f2a901c")]
    assert [one["lease"] for one in policy_plan(leases, "nas")["release"]] == ["nas: old"]


def test_a_policy_name_with_a_colon_is_refused() -> None:
    assert policy_plan([], "nas: night") == {
        "pause": [],
        "release": [],
        "error": 'The name of a policy must not contain ": ", and nas: night does. Change immich_policy_name.',
    }
