# SPDX-FileCopyrightText: Copyright 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+
# (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The event filter `only_changes`.

ansible-rulebook runs this file alone, and anew for each source, so that each has its own memory.
"""

from __future__ import annotations

import copy
from typing import Any

DOCUMENTATION = r"""
---
short_description: Let an event pass only when a value in it has changed
description:
  - A source that polls sends the same over and over. With this filter, a rule sees an event only
    when one of the named values differs from the last event that had it. The first event that has
    one of them passes.
  - An event that has none of the named values does not pass. A value that is missing for a while,
    for example because a server is down, has not changed.
version_added: 1.0.0
options:
  keys:
    description:
      - The values to compare, as paths with dots.
      - Without it, the whole event is compared, apart from C(meta).
    type: list
    elements: str
"""

EXAMPLES = r"""
- photoyard.immich.immich_server:
    url: https://photos.example.com
  filters:
    - photoyard.immich.only_changes:
        keys: [immich_server.status]
"""

Event = dict[str, Any]

_MISSING = object()
_LAST: dict[str, object] = {}


def main(event: Event, keys: object = None) -> Event | list[Event]:
    """Return the event, or an empty list, so no event at all, when nothing has changed.

    Raises `ValueError` for wrong keys.
    """
    if keys is None:
        without_meta = {key: value for key, value in event.items() if key != "meta"}
        seen: dict[str, object] = {"": without_meta}
    elif isinstance(keys, list) and keys and all(isinstance(key, str) for key in keys):
        seen = {key: _value(event, key) for key in keys}
    else:
        message = "only_changes: keys must be a list of names such as immich_server.status."
        raise ValueError(message)
    changed = {
        key: copy.deepcopy(value)
        for key, value in seen.items()
        if value is not _MISSING and value != _LAST.get(key, _MISSING)
    }
    _LAST.update(changed)
    return event if changed else []


def _value(event: Event, key: str) -> object:
    value: object = event
    for name in key.split("."):
        if not isinstance(value, dict) or name not in value:
            return _MISSING
        value = value[name]
    return value
