# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What happened when, in a bounded number of equal time steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict

MOST_STEPS = 160
SHORTEST_STEP = 0.5


@dataclass
class Step:
    """What fell into one time step."""

    bytes: float = 0.0
    files: int = 0


class Timeline:
    """Steps get twice as long whenever there are too many, so that any report fits."""

    def __init__(self) -> None:
        self.width = SHORTEST_STEP
        """Seconds a step."""
        self._steps: Dict[int, Step] = {}

    def add(self, began: float, finished: float, sent: int) -> None:
        """A file that was settled at `finished` (unix time); its `sent` bytes went out evenly since `began`."""
        while math.floor(finished / self.width) - math.floor(began / self.width) >= MOST_STEPS:
            self._coarsen()
        first, last = math.floor(began / self.width), math.floor(finished / self.width)
        self._step(last).files += 1
        span = finished - began
        for index in range(first, last + 1) if sent else ():
            overlap = min(finished, (index + 1) * self.width) - max(began, index * self.width)
            self._step(index).bytes += sent * overlap / span if span > 0 else sent
        while max(self._steps) - min(self._steps) >= MOST_STEPS:
            self._coarsen()

    @property
    def steps(self) -> list[tuple[float, Step]]:
        """Every step from the first to the last with the time at which it begins; those without any work too."""
        if not self._steps:
            return []
        return [(index * self.width, self._steps.get(index, Step())) for index in range(min(self._steps), max(self._steps) + 1)]

    def _step(self, index: int) -> Step:
        return self._steps.setdefault(index, Step())

    def _coarsen(self) -> None:
        finer, self._steps = self._steps, {}
        self.width *= 2
        for index, step in finer.items():
            wide = self._step(index // 2)
            wide.bytes += step.bytes
            wide.files += step.files
