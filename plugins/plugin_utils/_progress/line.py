# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines that a person reads."""

from __future__ import annotations

from .. import _words as words
from .pace import Pace
from .snapshot import Snapshot

_IDLE = 20.0
"""Seconds without any movement before the line says so."""


def progress(snapshot: Snapshot, pace: Pace) -> str:
    """How far the upload is.

    "6,120 of 18,302 files · 3.1 of 9.8 GB · 24 MB/s · 204 new, 5,916 already there, 0 failed · about 4 min left"
    """
    if not snapshot.files_seen and not snapshot.scan_done:
        return "looking for files"
    parts = [
        f"{words.count(snapshot.files_done)} of {words.count(snapshot.files_seen, 'file')}" + ("" if snapshot.scan_done else " so far"),
        words.part_of_size(snapshot.bytes_done, snapshot.bytes_seen),
        _speed(pace),
        _outcomes(snapshot),
        _outlook(snapshot, pace),
    ]
    return " · ".join(part for part in parts if part)


def closing(snapshot: Snapshot, check_mode: bool) -> str:
    """What became of it, once the module has ended.

    "18,302 files in 12 min 4 s · 412 new, 17,889 already there, 1 failed · 1.2 GB sent, 24 MB/s"
    """
    finished = snapshot.scan_done and snapshot.files_done == snapshot.files_seen
    files = words.count(snapshot.files_seen, "file")
    parts = [
        (files if finished else f"{words.count(snapshot.files_done)} of {files}{'' if snapshot.scan_done else ' so far'}")
        + f" in {words.duration(snapshot.seconds)}",
        _outcomes(snapshot, check_mode),
    ]
    moved = "received" if snapshot.receives else "sent"
    if snapshot.bytes_sent:
        average = words.speed(snapshot.bytes_sent / max(snapshot.seconds, 0.001))
        parts.append(f"{words.size(snapshot.bytes_sent)} {moved}, {average}")
    if not finished:
        parts.append("stopped early")
    if check_mode:
        parts.append(f"check mode: nothing was {moved}")
    return " · ".join(parts)


def _outcomes(snapshot: Snapshot, check_mode: bool = False) -> str:
    said = [f"{words.count(snapshot.uploaded)} new"]
    some = {"changed": snapshot.updated, "repaired": snapshot.repaired, "moved aside": snapshot.removed}
    said += [f"{words.count(number)} {what}" for what, number in some.items() if number]
    said.append(f"{words.count(snapshot.duplicates)} already there")
    if snapshot.skipped:
        said.append(f"{words.count(snapshot.skipped)} skipped")
    said.append(f"{words.count(snapshot.failed)} failed")
    if snapshot.missing_paths:
        said.append(words.not_there(snapshot.missing_paths))
    if snapshot.deleted_local:
        said.append(f"{words.count(snapshot.deleted_local, 'local file')} {'would be ' if check_mode else ''}deleted")
    return ", ".join(said)


def _speed(pace: Pace) -> str:
    """Of what goes on: sending, else reading for checksums, else asking the server."""
    if pace.rate("bytes_sent") > 0:
        return words.speed(pace.rate("bytes_sent"))
    if pace.rate("bytes_hashed") > 0:
        return f"reading {words.speed(pace.rate('bytes_hashed'))}"
    if pace.rate("files_done") >= 1:
        return f"{words.count(round(pace.rate('files_done')), 'file')}/s"
    return ""


def _outlook(snapshot: Snapshot, pace: Pace) -> str:
    if snapshot.phase == "pause":
        return "pausing background jobs first"
    if pace.idle >= _IDLE:
        return f"nothing has moved for {words.duration(pace.idle)}"
    if not snapshot.scan_done:
        return "still looking for files"
    if snapshot.phase == "organise":
        return "filling albums and tags"
    left = pace.time_left
    return "" if left is None else f"about {words.rough_duration(left)} left"
