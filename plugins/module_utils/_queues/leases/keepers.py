# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which processes keep a lease alive, as its record names them, so that a lease whose keepers are all dead need not run out.

Private to the collection.
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from .. import machine, processes

_MOST = 50
_LONGEST = 200  # characters
_LARGEST = 2**63


class Keeper(NamedTuple):
    """A process that keeps a lease alive; `started` as in `processes.Process`."""

    place: machine.Place
    pid: int
    started: int

    @property
    def is_gone(self) -> bool:
        """Whether it has certainly ended, as seen from here. One of another machine, or of another container, cannot be seen."""
        place = machine.here()
        if place.boot and place.boot == self.place.boot:
            return bool(place.namespace) and place.namespace == self.place.namespace and processes.is_gone(self.pid, self.started)
        return bool(place.machine) and place.machine == self.place.machine and bool(place.boot) and bool(self.place.boot)


def keepers_here(pids: Sequence[int]) -> Tuple[Keeper, ...]:
    """These processes of this machine; none of them where one cannot be seen, for a lease is not to be judged by the others alone."""
    place, found = machine.here(), [processes.look(pid) for pid in pids]
    if not place.boot or not place.namespace:
        return ()
    known = [Keeper(place, pid, process.started) for pid, process in zip(pids, found) if process is not None]
    return tuple(known) if len(known) == len(pids) else ()


def are_gone(keepers: Sequence[Keeper]) -> bool:
    """Whether there were keepers, and none is left. A lease without any is for tasks to come, and runs out by itself."""
    return bool(keepers) and all(keeper.is_gone for keeper in keepers)


def to_json(keepers: Sequence[Keeper]) -> List[Any]:
    """For a record."""
    return [{**keeper.place._asdict(), "pid": keeper.pid, "started": keeper.started} for keeper in keepers[:_MOST]]


def from_json(found: Any) -> Tuple[Keeper, ...]:
    """What `to_json` wrote. Anything else is none, even if only in part: the lease is then judged by its time, as ever."""
    if not isinstance(found, list) or len(found) > _MOST:
        return ()
    keepers = [_keeper(one) for one in found]
    return tuple(keeper for keeper in keepers if keeper is not None) if None not in keepers else ()


def _keeper(found: Any) -> Optional[Keeper]:
    if not isinstance(found, dict):
        return None
    texts = [found.get(name) for name in machine.Place._fields]
    numbers = [found.get("pid"), found.get("started")]
    if not all(isinstance(text, str) and len(text) <= _LONGEST for text in texts):
        return None
    if not all(isinstance(number, int) and not isinstance(number, bool) and 0 < number < _LARGEST for number in numbers):
        return None
    return Keeper(machine.Place(*texts), *numbers)  # type: ignore[arg-type]  # they were looked at
