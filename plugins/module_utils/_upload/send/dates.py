# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file's time as the upload form wants it. Private to the collection."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EARLIEST, _LATEST = datetime(100, 1, 2, tzinfo=timezone.utc), datetime(9999, 12, 30, tzinfo=timezone.utc)


def iso_time(mtime_ns: int) -> str:
    """ISO 8601 in UTC, with milliseconds and `Z`.

    Immich stores no offset with it, and 3.0.0 takes none but `Z` (its OpenAPI document; 3.1 takes `±hh:mm` too). What is beyond the
    years 100 to 9999 is moved to the nearest end: Immich reads a year below 100 as one of the 20th or 21st century (observed on 1.135
    to 3.1), and has no notation for one with five digits.
    """
    try:
        moment = _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        moment = _LATEST if mtime_ns > 0 else _EARLIEST
    moment = min(max(moment, _EARLIEST), _LATEST)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
