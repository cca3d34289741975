# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an archive is asked to do: the module's options as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from .._options import option
from .._run.throttle import RunOptions

DEFAULT_LAYOUT = "{year}/{year}-{month}"


@dataclass(frozen=True)
class Options(RunOptions):
    """The module's options, documented there."""

    dest: str = option("", type="path", required=True)
    layout: str = DEFAULT_LAYOUT
    verify: bool = False
    prune: bool = False
    prune_limit: int = 10
