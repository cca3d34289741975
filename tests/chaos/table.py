# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table: a row an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaos.verdict import Verdict

Setting = str
"""An ansible-core and a connection, such as "2.21 ssh"."""

_AGAIN = "queues running again after … s"


def lines(events: Mapping[str, str], settings: Sequence[Setting], verdicts: Mapping[tuple[str, Setting], Verdict]) -> list[str]:
    """The table as text. `events` are the rows' names and words."""
    head = ["event", "controller's exit code", *settings, "admin's pause kept", "ledger clean"]
    rows = [head]
    for name, event in events.items():
        found = {setting: verdicts[name, setting] for setting in settings if (name, setting) in verdicts}
        if found:
            rows.append(
                [
                    event,
                    " or ".join(dict.fromkeys(verdict.exit for verdict in found.values())),
                    *(_seconds(found.get(setting)) for setting in settings),
                    _all([verdict.admins_pause_kept for verdict in found.values()]),
                    _all([verdict.ledger_clean for verdict in found.values()]),
                ]
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    above = " " * (widths[0] + widths[1] + 4) + _AGAIN
    return [above, *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)]


def line(event: str, setting: Setting, verdict: Verdict) -> str:
    """The line of the table for a verdict, and its problems."""
    if verdict.holds:
        return f"holds   {setting:10} {event}: exit code {verdict.exit}, queues running again after {_seconds(verdict)} s"
    return "\n        ".join([f"FAILED  {setting:10} {event}: exit code {verdict.exit}", *verdict.problems])


def _seconds(verdict: Verdict | None) -> str:
    if verdict is None:
        return "–"
    return "never" if verdict.seconds is None else f"{verdict.seconds:.1f}"


def _all(values: Sequence[bool]) -> str:
    return "yes" if all(values) else "NO"
