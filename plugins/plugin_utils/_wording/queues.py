# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which queues stay paused after a pause has ended, and why: clauses and sentences for a person."""

from __future__ import annotations

import json
import shlex
from typing import Any, List, Mapping, Sequence

Result = Mapping[str, Any]


def still_paused(pause: Result, resume: Result, on: str = "") -> List[str]:
    """Which queues could not be resumed, and who goes on trying. `on` says on which server, if there are several."""
    ours = pause.get("paused") or []
    names = [queue["name"] for queue in resume.get("queues") or [] if queue["paused"] and queue["name"] in ours] or ours
    if not names:
        return []
    verb = "is" if len(names) == 1 else "are"
    them = "it" if len(names) == 1 else "them"
    return [f"{join_names(names)} {verb} still paused{on}. You can resume {them} in Immich's administration, under Job Queues."]


def held_by_others(shared: Mapping[str, Sequence[str]]) -> List[str]:
    """Which queues stay paused because of which other leases, from `held_by_others`."""
    by_holder: dict[str, List[str]] = {}
    for name, holders in shared.items():
        by_holder.setdefault(join_names(holders), []).append(name)
    return [part for holder, names in by_holder.items() for part in stays_paused(names, f"held by {holder}")]


def how_other_pauses_end(until: Mapping[str, str]) -> List[str]:
    """What ends the pauses of other leases, from `held_until`, if the runs that hold them have died."""
    return [
        f"If {holder} has died, its pause ends by itself at {moment}, or at once with {end_lease(holder)}, in the inventory of this play."
        for holder, moment in until.items()
    ]


def end_lease(holder: str) -> str:
    """The command that ends a lease."""
    return f"ansible-playbook selfhosted.immich.heal -e {shlex.quote(json.dumps({'immich_heal_lease': holder}, ensure_ascii=False))}"


def stays_paused(names: Sequence[str], why: str) -> List[str]:
    """That these queues stay paused, and why."""
    return [f"{join_names(names)} {'stays' if len(names) == 1 else 'stay'} paused ({why})"] * bool(names)


def join_names(names: Sequence[str]) -> str:
    """In a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)
