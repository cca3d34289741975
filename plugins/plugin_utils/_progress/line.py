# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines about progress that a person reads, and the speed in them."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, replace
from typing import Deque

from .._wording import numbers
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
        f"{numbers.count(snapshot.files_done)} of {numbers.count(snapshot.files_seen, 'file')}" + ("" if snapshot.scan_done else " so far"),
        numbers.part_of_size(snapshot.bytes_done, snapshot.bytes_seen),
        "" if pace.idle >= _IDLE else _speed(pace),
        _outcomes(snapshot),
        _outlook(snapshot, pace),
    ]
    return " · ".join(part for part in parts if part)


def closing(snapshot: Snapshot, check_mode: bool) -> str:
    """What became of it, once the module has ended.

    "18,302 files in 12 min 4 s · 412 new, 17,889 already there, 1 failed · 1.2 GB sent, 24 MB/s"
    """
    finished = snapshot.scan_done and snapshot.files_done == snapshot.files_seen
    files = numbers.count(snapshot.files_seen, "file")
    parts = [
        (files if finished else f"{numbers.count(snapshot.files_done)} of {files}{'' if snapshot.scan_done else ' so far'}")
        + f" in {numbers.duration(snapshot.seconds)}",
        _outcomes(snapshot, check_mode),
    ]
    moved = "received" if snapshot.receives else "sent"
    if snapshot.bytes_sent:
        average = numbers.speed(snapshot.bytes_sent / max(snapshot.seconds, 0.001))
        parts.append(f"{numbers.size(snapshot.bytes_sent)} {moved}, {average}")
    if not finished:
        parts.append("stopped early")
    if check_mode:
        parts.append(f"check mode: nothing was {moved}")
    return " · ".join(parts)


def _outcomes(snapshot: Snapshot, check_mode: bool = False) -> str:
    parts = [f"{numbers.count(snapshot.uploaded)} new"]
    some = {"changed": snapshot.updated, "repaired": snapshot.repaired, "moved aside": snapshot.removed}
    parts += [f"{numbers.count(number)} {label}" for label, number in some.items() if number]
    parts.append(f"{numbers.count(snapshot.duplicates)} already there")
    if snapshot.skipped:
        parts.append(f"{numbers.count(snapshot.skipped)} skipped")
    parts.append(f"{numbers.count(snapshot.failed)} failed")
    if snapshot.missing_paths:
        parts.append(numbers.not_there(snapshot.missing_paths))
    for number, done in ((snapshot.deleted_local, "deleted"), (snapshot.moved_local, "moved")):
        if number:
            parts.append(f"{numbers.count(number, 'local file')} {'would be ' if check_mode else ''}{done}")
    return ", ".join(parts)


def _speed(pace: Pace) -> str:
    """Of what goes on: sending, else reading for checksums, else asking the server."""
    if pace.rate("bytes_sent") > 0:
        return numbers.speed(pace.rate("bytes_sent"))
    if pace.rate("bytes_hashed") > 0:
        return f"reading {numbers.speed(pace.rate('bytes_hashed'))}"
    if pace.rate("files_done") >= 1:
        return f"{numbers.count(round(pace.rate('files_done')), 'file')}/s"
    return ""


def _outlook(snapshot: Snapshot, pace: Pace) -> str:
    if snapshot.phase == "pause":
        return "pausing background jobs first"
    if pace.idle >= _IDLE:
        return f"nothing has moved for {numbers.duration(pace.idle)}"
    if not snapshot.scan_done:
        return "still looking for files"
    if snapshot.phase == "organise":
        return "filling albums, tags and stacks"
    left = pace.time_left
    return "" if left is None else f"about {numbers.rough_duration(left)} left"


WINDOW = 30.0
"""Seconds that the present speed is taken over."""
ENOUGH = 8.0
"""Seconds of work that an estimate of the time left needs."""


class Pace:
    """Remembers the snapshots of the last half minute."""

    def __init__(self) -> None:
        self._recent: Deque[Snapshot] = deque()
        self._furthest: tuple[int, ...] = ()
        self._changed_at = 0.0
        self._now = 0.0

    def add(self, snapshot: Snapshot, now: float) -> None:
        """Takes in a snapshot that was read at `now`, in seconds of the controller's monotonic clock."""
        self._now = now
        work = _work(snapshot)
        is_first_of_phase = not self._recent or snapshot.phase != self._recent[-1].phase
        if is_first_of_phase or any(count > most for count, most in zip(work, self._furthest)):
            self._changed_at = now
        self._furthest = tuple(map(max, work, self._furthest or work))
        if self._recent and snapshot.seconds <= self._recent[-1].seconds:
            return
        self._recent.append(snapshot)
        while len(self._recent) > 2 and self._recent[1].seconds <= snapshot.seconds - WINDOW:
            self._recent.popleft()

    def rate(self, name: str) -> float:
        """How much of the snapshot's count `name` came in each second, lately."""
        first, last = self._recent[0], self._recent[-1]
        span = last.seconds - first.seconds
        if span <= 0:  # a single snapshot: since the start
            return float(getattr(last, name)) / last.seconds if last.seconds > 0 else 0.0
        return float(getattr(last, name) - getattr(first, name)) / span

    @property
    def idle(self) -> float:
        """Seconds since anything was last seen to move."""
        return self._now - self._changed_at

    @property
    def time_left(self) -> float | None:
        """Seconds until every file is done, at the present speed; None when that is not known yet.

        Small files cost by their number, large ones by their size: the slower of the two decides.
        """
        last = self._recent[-1]
        if not last.scan_done or last.seconds < ENOUGH:
            return None
        left = [(last.files_seen - last.files_done, self.rate("files_done")), (last.bytes_seen - last.bytes_done, self.rate("bytes_done"))]
        if any(rest > 0 and rate <= 0 for rest, rate in left):
            return None
        return max(rest / rate if rest > 0 else 0.0 for rest, rate in left)


def _work(snapshot: Snapshot) -> tuple[int, ...]:
    """The counts that grow as the work does.

    Not what was sent: while the server stands still, each attempt sends the same first bytes of a file again, as much as the connection
    takes. What is received is not counted otherwise until its file is done.
    """
    sent = snapshot.bytes_sent if snapshot.receives else 0
    return astuple(replace(snapshot, phase="", seconds=0.0, bytes_sent=sent))[1:]
