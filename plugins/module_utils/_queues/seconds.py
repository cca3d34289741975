# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which durations an option may have. Private to the collection."""

from __future__ import annotations

from .._client import errors

LONGEST = 366 * 86400


def check_seconds(option: str, seconds: float, *, or_zero: bool = False) -> None:
    """Raises `InvalidRequest` for a duration, in seconds, that no computer could wait for: not a number, negative, endless.

    It names the `option`. Zero is refused too, unless `or_zero`.
    """
    if not (seconds >= 0 if or_zero else seconds > 0) or not seconds <= LONGEST:
        least = "at least 0" if or_zero else "more than 0"
        raise errors.InvalidRequest("%s must be %s seconds and at most %d (a year), not %g." % (option, least, LONGEST, seconds))
