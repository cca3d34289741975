# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a copy is asked to do: the module's options as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from .._sources.server.selection import Selection


@dataclass(frozen=True)
class CopyOptions:
    """The module's options, documented there. `bandwidth_limit` is in bytes a second."""

    selection: Selection = field(default_factory=Selection)
    copies_albums: bool = True
    shares_albums: bool = True
    copies_tags: bool = True
    copies_stacks: bool = True
    people_as_tags: bool = False
    concurrency: int = 4
    bandwidth_limit: Optional[float] = None
    max_failures: int = 0
    report: Optional[str] = None
    return_assets: int = 0
