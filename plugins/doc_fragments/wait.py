# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options for how long to wait for queues."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_queues.options.WaitOptions`, but for `wait`, which means something else in each module."""

    DOCUMENTATION = r"""
options:
  wait_timeout:
    description: The maximum number of seconds to wait.
    type: float
    default: 300
  wait_interval:
    description: How many seconds to wait between two polls, more than 0.
    type: float
    default: 2
"""
