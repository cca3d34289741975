# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of an answer's JSON, checked: a function returns the value, or raises `TypeError` or `ValueError` where Immich would not send it.

Ids and names of queues are checked before they are put into a path, too: with a `/` in it, one would lead to another route.
"""

from __future__ import annotations

import re
from typing import Any, List

from .. import _ids, _text
from . import errors

_QUEUE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def text(value: Any) -> str:
    """A text, which can be encoded (see `valid_unicode`)."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return _text.valid_unicode(value)


def texts(value: Any) -> List[str]:
    """A list of texts."""
    return [text(item) for item in array(value)]


def array(value: Any) -> List[Any]:
    """A list of anything."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def integer(value: Any) -> int:
    """A whole number from 0 to 2⁶³ - 1."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise TypeError("not a whole number")
    return value


def boolean(value: Any) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def queue_name(value: Any) -> str:
    """The name of a queue, such as `smartSearch`."""
    if not isinstance(value, str) or not _QUEUE.fullmatch(value):
        raise ValueError("not a name")
    return value


def require_id(value: str, what: str) -> str:
    """An id that goes into a path. Raises `InvalidRequest`; `what` names it: `an album's id`."""
    try:
        return _ids.checked_uuid(value)
    except ValueError:
        raise errors.InvalidRequest("%s is not %s, which looks like 2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8." % (ascii(value), what)) from None


def require_queue_name(value: str) -> str:
    """The name of a queue that goes into a path. Raises `InvalidRequest`."""
    try:
        return queue_name(value)
    except ValueError:
        raise errors.InvalidRequest("%s is not the name of a queue, which looks like smartSearch." % ascii(value)) from None
