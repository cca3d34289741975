# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which queues are or stay paused, by whom and until when: clauses and sentences for a person."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime, timezone
from typing import Any, List, Mapping, Sequence

from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.lease_name import parse_lease_name

Result = Mapping[str, Any]

_MOST_NAMED = 3  # queues
_SHELL_TAKES = re.compile(r"[\w@%+:,./-]+", re.ASCII)
_YAML_TAKES = re.compile(r"[^\W\d_](?:[\w.()/@+-]| (?=[\w(]))*")


def still_paused(pause: Result, resume: Result, on: str = "") -> List[str]:
    """Which queues could not be resumed, and who goes on trying. `on` says on which server, if there are several."""
    ours = [name for name in pause.get("paused") or [] if name not in (resume.get("resumed") or [])]
    names = [queue["name"] for queue in resume.get("queues") or [] if queue["paused"] and queue["name"] in ours] or ours
    if not names:
        return []
    verb = "is" if len(names) == 1 else "are"
    them = "it" if len(names) == 1 else "them"
    return [f"{name_queues(names)} {verb} still paused{on}. You can resume {them} in Immich's administration, under Job Queues."]


def held_by_others(shared: Mapping[str, Sequence[str]]) -> List[str]:
    """Which queues stay paused because of which other leases, from `held_by_others`."""
    by_holder: dict[str, List[str]] = {}
    for name, holders in shared.items():
        by_holder.setdefault(join_names([describe_holder(holder) for holder in holders]), []).append(name)
    return [part for holder, names in by_holder.items() for part in stays_paused(names, f"held by {holder}")]


def kept_from_here(holders: Sequence[str], names: Sequence[str], jobs: str, verb: str) -> List[str]:
    """That runs of this host, which live, keep queues paused. `jobs` are what many queues are called, `verb` what this run is called."""
    if not holders:
        return []
    what = jobs[:1].lower() + jobs[1:] if len(names) > _MOST_NAMED else name_queues(names)
    keep, end = ("keeps", "it ends") if len(holders) == 1 else ("keep", "they end")
    who = join_names([_run_on_this_host(holder, verb) for holder in holders])
    return [f"{who[:1].upper()}{who[1:]} {keep} {_the(what)} paused until {end}."]


def _run_on_this_host(holder: str, verb: str) -> str:
    name = parse_lease_name(holder)
    if name is None:
        return f"the lease {holder}, held on this host,"
    return f"{'another' if name.work == verb else _article(name.work)} {name.work} on this host (since {clock(name.began)})"


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"


def _the(what: str) -> str:
    return f"the {what}" if what.startswith("background jobs") else what


def describe_holder(holder: str) -> str:
    """Who holds a lease, from its name: "an upload on nas since 02:30", or the name itself where users have given it."""
    name = parse_lease_name(holder)
    if name is None:
        return holder
    return f"{_article(name.work)} {name.work} on {name.host} since {clock(name.began)}"


def describe_lease(lease: Result, *, how_to_end: bool) -> List[str]:
    """What an element of `leases` of immich_jobs_info holds, until when, and how to end it if its work may have died."""
    holder, described = lease["holder"], describe_holder(lease["holder"])
    who = holder if described == holder else f"{holder} ({described})"
    held = f"{who} holds {name_queues(lease['queues']) or 'nothing'} until {clock(lease['expires_at'])}, renewed {lease['age']} s ago."
    ends = how_to_end and not lease.get("runs_here")
    return [held, *[f"If that has died, end it with {end_lease(holder)}"] * ends]


def how_other_pauses_end(until: Mapping[str, str]) -> List[str]:
    """What ends the pauses of other leases, from `held_until`, if the runs that hold them have died."""
    return [
        f"If {describe_holder(holder)} has died, its pause ends by itself at {clock(moment)}, or at once with this command, in the "
        f"inventory of this play: {end_lease(holder)}"
        for holder, moment in until.items()
    ]


def end_lease(holder: str) -> str:
    """The command that ends a lease, as a shell takes it.

    Without double quotes and backslashes if that is possible: Ansible prints a text as JSON, which escapes them.
    """
    if _SHELL_TAKES.fullmatch(holder):
        variable = f"immich_heal_lease={holder}"
    elif _YAML_TAKES.fullmatch(holder):
        variable = "'{immich_heal_lease: %s}'" % holder
    else:
        variable = shlex.quote(json.dumps({"immich_heal_lease": holder}, ensure_ascii=False))
    return f"ansible-playbook photoyard.immich.heal -e {variable}"


def clock(moment: str) -> str:
    """A moment of ISO 8601, or of a lease's name, by the controller's clock: "02:30", on another day "2026-01-31 02:30"."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%SZ"):
        try:
            local = datetime.strptime(moment, form).replace(tzinfo=timezone.utc).astimezone()
        except (ValueError, OverflowError):
            continue
        return local.strftime("%H:%M" if local.date() == datetime.now().astimezone().date() else "%Y-%m-%d %H:%M")
    return moment


def stays_paused(names: Sequence[str], why: str) -> List[str]:
    """That these queues stay paused, and why."""
    return [f"{name_queues(names)} {'stays' if len(names) == 1 else 'stay'} paused ({why})"] * bool(names)


def name_queues(names: Sequence[str]) -> str:
    """Queues in a sentence: up to three by their names, more of them as "9 queues"."""
    return f"{len(names)} queues" if len(names) > _MOST_NAMED else join_names(names)


def join_names(names: Sequence[str]) -> str:
    """In a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)
