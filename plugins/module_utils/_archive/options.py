# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an archive is asked to do: the module's options as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .._options import option

DEFAULT_LAYOUT = "{year}/{year}-{month}"


@dataclass(frozen=True)
class Options:
    """The module's options, documented there. `bandwidth_limit` is in bytes a second."""

    dest: str = option(type="path")
    layout: str = DEFAULT_LAYOUT
    verify: bool = False
    prune: bool = False
    prune_limit: int = 10
    concurrency: int = 4
    bandwidth_limit: Optional[float] = option(None, type="str")
    max_failures: int = 0
    report: Optional[str] = option(None, type="path")
