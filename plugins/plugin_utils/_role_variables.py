# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables that look like a role's but are not: misspelt ones would be ignored silently. Private to the collection."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Iterable

import yaml

_ROLES = Path(__file__).resolve().parents[2] / "roles"

# What the roles leave behind, and what their playbooks take besides.
_FURTHER = {
    "awx_setup": set(),
    "immich_upload": {"immich_upload_hosts", "immich_upload_result", "immich_upload_summary"},
    "immich_policy": {"immich_policy_hosts", "immich_policy_plan"},
    "immich_maintenance": {"immich_maintenance_hosts", "immich_maintenance_result"},
}
_NEAR = 0.75
"""How alike two names must be, from 0 to 1, for one to be the other misspelt."""


def check(role: str, names: Iterable[str]) -> tuple[str, str]:
    """An error and a warning, "" for none, about those of `names` that begin like a variable of the role and are none.

    It is an error where the name is close to a right one. Others may be a play's own: an inventory that is shared must not break.
    """
    prefix = role + "_"
    given = sorted(name for name in names if name.startswith(prefix) and name not in _FURTHER[role])
    if not given:
        return "", ""
    known = _documented(role)
    unknown = [name for name in given if name not in known]
    nearest = {name: _nearest(name, prefix, known) for name in unknown}
    misspelt = [f"{name} is not a variable of this role. Did you mean {near}?" for name, near in nearest.items() if near]
    strange = [name for name, near in nearest.items() if not near]
    warning = f"The role {role} has no variable of this name and ignores it: {', '.join(strange)}." if strange else ""
    return " ".join(misspelt), warning


def _nearest(name: str, prefix: str, known: Iterable[str]) -> str:
    """The variable that was meant, with the role's prefix or without it (`immich_url`); "" where there is none that is near."""
    ends = {one.removeprefix(prefix).removeprefix("immich_"): one for one in sorted(known)}
    near = difflib.get_close_matches(name.removeprefix(prefix), ends, 1, _NEAR)
    return ends[near[0]] if near else ""


def _documented(role: str) -> set[str]:
    """The names in the role's argument spec, of all its entry points."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (_ROLES / role / "meta" / "argument_specs.yml").open(encoding="utf-8") as stream:
        specs = yaml.load(stream, Loader=loader)["argument_specs"]
    return {name for spec in specs.values() for name in spec["options"]}
