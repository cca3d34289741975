# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until something is looked at or tried again: in one place, so that tests can shorten it.

What has to last that long is not here: until the next second of a server's clock, what keeps to a bandwidth, and a guard's time.
"""

from __future__ import annotations

import time


def sleep(seconds: float) -> None:
    """Waits that long."""
    time.sleep(seconds)
