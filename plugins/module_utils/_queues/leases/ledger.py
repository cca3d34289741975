# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where leases are written down: the interface that the two kinds of ledger share, and a record as JSON.

Reading trusts nothing: anybody may have written what a file or an album's description holds now.
"""

from __future__ import annotations

import math
import os
import platform
from dataclasses import dataclass
from typing import Any, Collection, ContextManager, Dict, List, Mapping, Optional, Protocol, Sequence, Union

from ... import _options, _text
from ..._client import errors
from .. import processes
from ..control import LONGEST, check_seconds
from .record import LeaseRecord

FILE, SERVER = "file", "server"
AUTO = "auto"
LEDGERS = (AUTO, FILE, SERVER)
"""What the option `ledger` may be; what `AUTO` means is in ledgers.py."""


@dataclass(frozen=True)
class LedgerOptions:
    """Where leases are written down: the options `ledger` and `ledger_dir`."""

    kind: str = _options.option(AUTO, name="ledger", choices=LEDGERS)
    directory: Optional[str] = _options.option(None, name="ledger_dir", type="path")


class Ledger(Protocol):
    """A place for records. Every method may raise an `ImmichError`.

    What makes a lease safe without a compare-and-swap: a record's queues are named when it is added, and from then on only
    become fewer; a process that pauses a queue has added a record that names it before; one that resumes it removes the record after.
    """

    kind: str
    warnings: List[str]

    directory: str
    """The folder in which processes of this host share what is not in the ledger."""

    serialised: bool
    """Whether those who take a turn come one after the other; else anything may happen in between."""

    any_key_renews: bool
    """Whether a lease can be renewed with any key, one that may not control queues included; else only with its owner's."""

    costs_requests: bool
    """Whether a look at it takes a request to the server."""

    def turn(self, *, adding: bool = False) -> ContextManager[None]:
        """Held while queues are looked at and changed, so that those who share it come one after the other, if it can.

        `adding` says that a record may be added.
        """

    def records(self) -> List[LeaseRecord]:
        """All records."""

    def fresh(self, record: LeaseRecord) -> Optional[LeaseRecord]:
        """The record as it is now, `None` when it is gone."""

    def add(
        self, lease: str, queues: Sequence[str], ttl: float, *, intent: bool = False, owners: Sequence[processes.Owner] = ()
    ) -> LeaseRecord:
        """Writes a new record, in addition to others of the same lease."""

    def renew(self, record: LeaseRecord, ttl: float) -> bool:
        """Lets the record live for `ttl` seconds from now; false when it is gone."""

    def keep(self, record: LeaseRecord, owners: Sequence[processes.Owner]) -> bool:
        """Writes other processes that keep the lease alive; false when the record is gone."""

    def change(self, record: LeaseRecord, queues: Sequence[str], released: Collection[str]) -> bool:
        """Writes fewer queues, or more of them as being released; false when the record is gone."""

    def remove(self, record: LeaseRecord) -> None:
        """Removes the record, if it is still there."""

    def now(self) -> float:
        """The ledger's own clock, in seconds since the epoch."""


LONGEST_NAME = 200  # characters


def is_printable(name: str, longest: int) -> bool:
    """Whether a name has something to read in it, no control characters, and at most `longest` characters."""
    return bool(name.strip()) and name.isprintable() and len(name) <= longest


def check_name(lease: str) -> None:
    """Raises `InvalidRequest` when a person or a file could not hold this name of a lease."""
    if not is_printable(lease, LONGEST_NAME):
        raise errors.InvalidRequest("O(lease) must be a name of 1 to %d printable characters." % LONGEST_NAME, options=("lease",))


def check_ttl(ttl: float) -> None:
    """Raises `InvalidRequest` for a time, in seconds, that no lease should last, or that could not be written down."""
    check_seconds("lease_ttl", ttl)


RECORD_VERSION = 1
LONGEST_TEXT = 1024 * 1024
"""No text beyond this is parsed, in bytes of a file or characters of a description: thousands of leases take less."""

_LONGEST_INTENT = LONGEST_NAME + 56  # the intents of a lease have longer names than the lease
_MOST_QUEUES = 1000
_LARGEST_AGE = 200 * LONGEST  # seconds: a clock that was never set is fifty years off


class DamagedRecord(ValueError):
    """What was read is not what a ledger of ours writes."""


class OtherVersion(DamagedRecord):
    """It was written by another version of the collection: `newer`, or not."""

    def __init__(self, version: int) -> None:
        super().__init__("it is of version %d, and this is version %d" % (version, RECORD_VERSION))
        self.newer = version > RECORD_VERSION


def parse_object(text: Union[str, bytes], part: Optional[str] = None) -> Dict[str, Any]:
    """The JSON object in `text`, which may be anything, or its `part` with that name.

    Raises `DamagedRecord`, and `OtherVersion` if another version of the collection wrote it.
    """
    if len(text) > LONGEST_TEXT:
        raise DamagedRecord("it is larger than %d KiB" % (LONGEST_TEXT // 1024))
    try:
        whole = _text.parse_json(text)
    except ValueError as exc:
        raise DamagedRecord("it is damaged") from exc
    parsed = as_object(whole)
    if part is not None:
        parsed = as_object(parsed.get(part))
    _check_version(parsed)
    return parsed


def as_object(value: Any) -> Dict[str, Any]:
    """`found`, which must be a JSON object. Raises `DamagedRecord`."""
    if not isinstance(value, dict):
        raise DamagedRecord("it is damaged")
    return value


def _check_version(entry: Mapping[str, Any]) -> None:
    """Raises `OtherVersion` unless `found` is of this version, `DamagedRecord` when it is of none."""
    version = entry.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise DamagedRecord("it is damaged")
    if version != RECORD_VERSION:
        raise OtherVersion(version)


def record_to_json(
    lease: str,
    queues: Sequence[str],
    released: Collection[str],
    ttl: float,
    *,
    intent: bool,
    host: Optional[str] = None,
    owners: Sequence[processes.Owner] = (),
) -> Dict[str, Any]:
    """The part of a record that both kinds of ledger write. Raises `InvalidRequest` for what could not be read back."""
    record = {
        "lease": lease,
        "queues": list(queues),
        "released": sorted(released),
        "ttl": ttl,
        "intent": intent,
        "host": this_host() if host is None else host,
        "pid": os.getpid(),
        "owners": processes.owners_to_json(owners),
    }
    try:
        record_from_json(record, "", 0.0)
    except DamagedRecord as exc:
        raise errors.InvalidRequest(
            "The lease %r on %s cannot be recorded: its %s is not valid." % (lease, ", ".join(queues), exc)
        ) from exc
    return record


def record_from_json(value: Any, id: str, age: float) -> LeaseRecord:
    """The record that a ledger reads. Raises `DamagedRecord`."""
    value = as_object(value)
    queues, released = _names(value.get("queues")), _names(value.get("released"))
    ttl, lease, host, intent = value.get("ttl"), value.get("lease"), value.get("host"), value.get("intent")
    if not set(released) <= set(queues):
        raise DamagedRecord("released")
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not 0 < ttl <= LONGEST or not -_LARGEST_AGE <= age <= _LARGEST_AGE:
        raise DamagedRecord("ttl, age")
    if not _is_name(lease) or not _is_name(host) or not isinstance(intent, bool):
        raise DamagedRecord("lease, host, intent")
    owners = processes.owners_from_json(value.get("owners"))
    return LeaseRecord(
        id, str(lease), tuple(queues), frozenset(released), float(ttl), age, str(host), intent, owners, processes.have_all_ended(owners)
    )


def as_number(value: Any) -> float:
    """`found` as a finite number. Raises `DamagedRecord`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise DamagedRecord("a number")
    return float(value)


def this_host() -> str:
    """This host's name as a record can hold it."""
    return _text.one_line(platform.node()[:LONGEST_NAME], instead="?").strip() or "unknown"


def _names(value: Any) -> List[str]:
    if not isinstance(value, list) or len(value) > _MOST_QUEUES or not all(map(_is_name, value)) or len(set(value)) < len(value):
        raise DamagedRecord("queues")
    return value


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and is_printable(value, _LONGEST_INTENT)
