# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One field of an answer, checked: its value, or a `TypeError` or `ValueError` where Immich would not send such a thing. Private to the
collection.

What ends up in a path, an id or the name of a queue, is checked on its way out as well: with a `/` in it, it would lead to another
route.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, List, Optional

from .. import errors

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_QUEUE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def text(value: Any) -> str:
    """A text. Half of a surrogate pair, which JSON can hold and nothing else can, becomes U+FFFD."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def texts(value: Any) -> List[str]:
    """A list of texts."""
    return [text(one) for one in listed(value)]


def listed(value: Any) -> List[Any]:
    """A list."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def whole(value: Any) -> int:
    """A whole number from 0 to 2⁶³ - 1."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise TypeError("not a whole number")
    return value


def truth(value: Any) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def moment(date: str) -> Optional[float]:
    """A time of Immich's in seconds since 1970; None for a year that Python does not know."""
    try:
        found = datetime.datetime.fromisoformat(date[:-1] + "+00:00" if date.endswith("Z") else date)
        return (found - _EPOCH).total_seconds()
    except (ValueError, TypeError):
        return None


def uuid(value: Any) -> str:
    """The id of an object, in lower case, as Immich writes it (RFC 9562, section 4: upper case means the same)."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("not an id")
    return value.lower()


def queue_name(value: Any) -> str:
    """The name of a queue, such as `smartSearch`."""
    if not isinstance(value, str) or not _QUEUE.fullmatch(value):
        raise ValueError("not a name")
    return value


def id_for_path(value: str, what: str) -> str:
    """An id that goes into a path. Raises `InvalidRequest`; `what` names it: `an album's id`."""
    try:
        return uuid(value)
    except ValueError:
        raise errors.InvalidRequest("%s is not %s, which looks like 2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8." % (ascii(value), what)) from None


def queue_for_path(value: str) -> str:
    """The name of a queue that goes into a path. Raises `InvalidRequest`."""
    try:
        return queue_name(value)
    except ValueError:
        raise errors.InvalidRequest("%s is not the name of a queue, which looks like smartSearch." % ascii(value)) from None
