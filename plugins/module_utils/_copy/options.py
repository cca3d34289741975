# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a copy is asked to do: the module's options as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .._options import group, option
from .._sources.server.selection import Selection


@dataclass(frozen=True)
class CopyOptions:
    """The module's options, documented there. `bandwidth_limit` is in bytes a second."""

    selection: Selection = group(Selection)
    copy_albums: bool = True
    share_albums: bool = True
    copy_tags: bool = True
    copy_stacks: bool = True
    people_as_tags: bool = False
    concurrency: int = 4
    bandwidth_limit: Optional[float] = option(None, type="str")
    max_failures: int = 0
    report: Optional[str] = option(None, type="path")
    return_assets: int = 0
