# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a guard has to tell. Private to the collection."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Optional


@dataclass
class Watch:
    """What a guard did: queues it paused again and resumed, how often it looked, how often in vain, and why it ended."""

    reason: str = ""
    reasserted: List[str] = field(default_factory=list)
    resumed: List[str] = field(default_factory=list)
    looks: int = 0
    failed_looks: int = 0
    last_problem: Optional[str] = None

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def result(self) -> Dict[str, Any]:
        """The module's result."""
        return {"changed": bool(self.reasserted or self.resumed), **asdict(self), "seconds": int(self.elapsed)}
