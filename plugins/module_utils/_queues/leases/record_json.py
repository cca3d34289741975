# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record as JSON. Reading trusts nothing: anybody may have written what a file or an album's description holds now.

Private to the collection.
"""

from __future__ import annotations

import math
import os
import platform
from typing import Any, Collection, Dict, List, Mapping, Optional, Sequence, Union

from ..._client import errors
from ..._text import one_line, parse_json
from ..seconds import LONGEST
from . import keepers as kept
from .record import LONGEST_NAME, Record, is_printable

VERSION = 1
LONGEST_TEXT = 1024 * 1024
"""No text beyond this is parsed, in bytes of a file or characters of a description: thousands of leases take less."""

_NAME = LONGEST_NAME + 56  # the intents of a lease have longer names than the lease
_QUEUES = 1000
_AGE = 200 * LONGEST  # seconds: a clock that was never set is fifty years off


class Damaged(ValueError):
    """What was read is not what a ledger of ours writes."""


class OtherVersion(Damaged):
    """It was written by another version of the collection: `newer`, or not."""

    def __init__(self, version: int) -> None:
        super().__init__("it is of version %d, and this is version %d" % (version, VERSION))
        self.newer = version > VERSION


def parse(text: Union[str, bytes]) -> Dict[str, Any]:
    """The JSON object in `text`, whatever that is. Raises `Damaged`, and nothing else."""
    if len(text) > LONGEST_TEXT:
        raise Damaged("it is larger than %d KiB" % (LONGEST_TEXT // 1024))
    try:
        found = parse_json(text)
    except ValueError as exc:
        raise Damaged("it is damaged") from exc
    return as_object(found)


def as_object(found: Any) -> Dict[str, Any]:
    """`found`, which must be a JSON object. Raises `Damaged`."""
    if not isinstance(found, dict):
        raise Damaged("it is damaged")
    return found


def check_version(found: Mapping[str, Any]) -> None:
    """Raises `OtherVersion` unless `found` is of this version, `Damaged` when it is of none."""
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise Damaged("it is damaged")
    if version != VERSION:
        raise OtherVersion(version)


def to_json(
    lease: str,
    queues: Sequence[str],
    released: Collection[str],
    ttl: float,
    *,
    intent: bool,
    host: Optional[str] = None,
    keepers: Sequence[kept.Keeper] = (),
) -> Dict[str, Any]:
    """The part of a record that both kinds of ledger write. Raises `InvalidRequest` for what could not be read back."""
    found = {
        "lease": lease,
        "queues": list(queues),
        "released": sorted(released),
        "ttl": ttl,
        "intent": intent,
        "host": this_host() if host is None else host,
        "pid": os.getpid(),
        "keepers": kept.to_json(keepers),
    }
    try:
        from_json(found, "", 0.0)
    except Damaged as exc:
        raise errors.InvalidRequest(
            "The lease %r on %s cannot be recorded: its %s is not valid." % (lease, ", ".join(queues), exc)
        ) from exc
    return found


def from_json(found: Any, id: str, age: float) -> Record:
    """The record that a ledger reads. Raises `Damaged`."""
    found = as_object(found)
    queues, released = _names(found.get("queues")), _names(found.get("released"))
    ttl, lease, host, intent = found.get("ttl"), found.get("lease"), found.get("host"), found.get("intent")
    if not set(released) <= set(queues):
        raise Damaged("released")
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not 0 < ttl <= LONGEST or not -_AGE <= age <= _AGE:
        raise Damaged("ttl, age")
    if not _is_name(lease) or not _is_name(host) or not isinstance(intent, bool):
        raise Damaged("lease, host, intent")
    keepers = kept.from_json(found.get("keepers"))
    return Record(id, str(lease), tuple(queues), frozenset(released), float(ttl), age, str(host), intent, keepers, kept.are_gone(keepers))


def number(found: Any) -> float:
    """`found` as a finite number. Raises `Damaged`."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise Damaged("a number")
    return float(found)


def this_host() -> str:
    """This host's name as a record can hold it."""
    return one_line(platform.node()[:LONGEST_NAME], instead="?").strip() or "unknown"


def _names(found: Any) -> List[str]:
    if not isinstance(found, list) or len(found) > _QUEUES or not all(map(_is_name, found)) or len(set(found)) < len(found):
        raise Damaged("queues")
    return found


def _is_name(found: Any) -> bool:
    return isinstance(found, str) and is_printable(found, _NAME)
