# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How others' files are opened, and what tells that one is still what it was."""

from __future__ import annotations

import os
from typing import Tuple

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
"""A pipe is not waited for, and a terminal does not become the one that controls us."""


def identity_of(status: os.stat_result) -> Tuple[int, int, int]:
    """What changes when a file is written to or replaced."""
    return status.st_size, status.st_mtime_ns, status.st_ino
