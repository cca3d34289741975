# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a call is tried again, and after how long."""

from __future__ import annotations

import random
import re
import time
from typing import Optional

from .._times import seconds_of_http_date

# A server that answered before is worth waiting for: with the default of four retries this spans some 40 s, the time that a
# restart of Immich takes on a small machine. One that never answered is more likely a wrong url: say so within seconds.
_KNOWN_SERVER_BASE, _KNOWN_SERVER_FACTOR = 0.5, 4.0
_NEW_SERVER_BASE, _NEW_SERVER_FACTOR = 0.25, 2.0
_LONGEST = 30.0
_LONGEST_RETRY_AFTER = 120.0
_GROWS = 10  # retries after which the pauses grow no further

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def delay_before(retry: int, *, known_server: bool, retry_after: Optional[str] = None) -> float:
    """Seconds to wait before retry number `retry` (from 0), with jitter so that several clients do not come back at once.

    `retry_after` is the header of that name (RFC 9110, section 10.2.3: seconds or a date); it is honoured up to two minutes.
    """
    asked = _seconds_of(retry_after)
    if asked is not None:
        return min(asked, _LONGEST_RETRY_AFTER)
    base, factor = (_KNOWN_SERVER_BASE, _KNOWN_SERVER_FACTOR) if known_server else (_NEW_SERVER_BASE, _NEW_SERVER_FACTOR)
    return min(base * factor ** min(retry, _GROWS), _LONGEST) * random.uniform(0.75, 1.25)


def _seconds_of(retry_after: Optional[str]) -> Optional[float]:
    if retry_after and _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    moment = seconds_of_http_date(retry_after)
    return None if moment is None else max(0.0, moment - time.time())
