# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules ask of queues, as plain frozen values that have been checked. `_options` makes them of a module's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Collection, Optional, Sequence, Tuple

from .. import _options
from .._client import errors
from . import processes
from .control import check_seconds
from .leases.ledger import LedgerOptions, check_name, check_ttl
from .names import UPLOAD

TOGETHER, CHAIN = "together", "chain"
RESUME_ORDERS = (TOGETHER, CHAIN)

PAUSED, RUNNING, HEALED = "paused", "running", "healed"

COMMANDS = ("start_missing", "start_all", "empty", "clear_failed")


@dataclass(frozen=True)
class LeaseOptions:
    """Who needs a pause, for how many seconds without a renewal, and where that is written down.

    It ends before that when `owners` are given, and none of them lives any more. Raises `InvalidRequest` for a name or a time that no
    lease can have.
    """

    name: str = _options.option(name="lease", required=False)
    ttl: float = _options.option(900.0, name="lease_ttl")
    ledger: LedgerOptions = _options.group(LedgerOptions)
    owners: Tuple[processes.Owner, ...] = _options.internal(())

    def __post_init__(self) -> None:
        check_name(self.name)
        check_ttl(self.ttl)


@dataclass(frozen=True)
class ResumeOptions:
    """In which order queues are resumed. With `CHAIN`, each gets `step_timeout` seconds to finish its jobs before the next."""

    order: str = _options.option(TOGETHER, name="resume_order", choices=RESUME_ORDERS)
    step_timeout: float = _options.option(600.0, name="resume_step_timeout")

    def __post_init__(self) -> None:
        check_seconds("resume_step_timeout", self.step_timeout, or_zero=True)


@dataclass(frozen=True)
class WaitOptions:
    """Whether, for how many seconds, and how often (in seconds) to look whether queues have finished."""

    wanted: bool = _options.option(False, name="wait")
    timeout: float = _options.option(300.0, name="wait_timeout")
    interval: float = _options.option(2.0, name="wait_interval")

    def __post_init__(self) -> None:
        check_seconds("wait_timeout", self.timeout, or_zero=True)
        check_seconds("wait_interval", self.interval)


@dataclass(frozen=True)
class JobsOptions:
    """What immich_jobs is asked for. With `HEALED`, only the queues of leases that have expired are resumed.

    With `RUNNING`, `known` are queues that the lease is known to hold, should the ledger have lost it. `released` is called with a lease
    and queues that it has released, before its record goes. `queues_option` is what messages call `queues`, which another module has under
    another name.
    """

    state: str = _options.option(choices=(PAUSED, RUNNING, HEALED))
    queues: Sequence[str] = (UPLOAD,)
    lease: Optional[LeaseOptions] = _options.group(LeaseOptions, only_with="lease")
    ledger: LedgerOptions = _options.group(LedgerOptions)
    resume: ResumeOptions = _options.group(ResumeOptions)
    wait: WaitOptions = _options.group(WaitOptions)
    renew: bool = False
    known: Sequence[str] = _options.internal(())
    queues_option: str = _options.internal("queues")
    released: Callable[[str, Collection[str]], None] = _options.internal(lambda _lease, _queues: None)

    def __post_init__(self) -> None:
        if self.lease is not None and self.state == HEALED:
            raise errors.InvalidRequest("O(lease) requires state=paused or state=running.", options=("lease", "state"))
        if self.renew and self.state != PAUSED:
            raise errors.InvalidRequest("O(renew) requires state=paused.", options=("renew", "state"))


@dataclass(frozen=True)
class JobRunOptions:
    """What immich_job_run is asked for: a `command` to `queues`, or a `manual_job`."""

    queues: Sequence[str] = (UPLOAD,)
    command: Optional[str] = _options.option(None, choices=COMMANDS)
    manual_job: Optional[str] = None
    allow_lost_faces: bool = False
    wait: WaitOptions = _options.group(WaitOptions)


@dataclass(frozen=True)
class PauseOptions:
    """A pause around other work: of which queues, under which lease, and how it begins and ends.

    Jobs that run get `wait` seconds to finish first. With `required`, a key that may not pause is a failure. `of_source`: of the server
    that something comes from, in addition to the pause of the other one. Messages and the result then say so.
    """

    queues: Sequence[str] = _options.option([], name="pause_queues")
    lease: LeaseOptions = _options.group(LeaseOptions)
    wait: float = _options.option(60.0, name="pause_wait")
    required: bool = _options.option(False, name="pause_required")
    resume: ResumeOptions = _options.group(ResumeOptions)
    of_source: bool = _options.internal(False)

    def __post_init__(self) -> None:
        check_seconds("pause_wait", self.wait, or_zero=True)
