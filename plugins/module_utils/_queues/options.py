# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules ask of queues, as plain frozen values that have been checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional, Sequence, Tuple

from .._client import errors
from . import processes
from .control import check_seconds
from .leases.ledger import LedgerOptions, check_name, check_ttl
from .names import UPLOAD

TOGETHER, CHAIN = "together", "chain"
RESUME_ORDERS = (TOGETHER, CHAIN)

PAUSED, RUNNING = "paused", "running"


@dataclass(frozen=True)
class LeaseOptions:
    """Who needs a pause, for how many seconds without a renewal, and where that is written down.

    It ends before that when `owners` are given, and none of them lives any more. Raises `InvalidRequest` for a name or a time that no
    lease can have.
    """

    name: str
    ttl: float = 900.0
    ledger: LedgerOptions = field(default_factory=LedgerOptions)
    owners: Tuple[processes.Owner, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        check_ttl(self.ttl)


@dataclass(frozen=True)
class ResumeOptions:
    """In which order queues are resumed.

    With `CHAIN`, each gets `step_timeout` seconds to finish its jobs before the next; every `interval` seconds it is looked at.
    """

    order: str = TOGETHER
    step_timeout: float = 600.0
    interval: float = 2.0

    def __post_init__(self) -> None:
        check_seconds("resume_step_timeout", self.step_timeout, or_zero=True)


@dataclass(frozen=True)
class WaitOptions:
    """Whether, for how many seconds, and how often (in seconds) to look whether queues have finished."""

    wanted: bool = False
    timeout: float = 300.0
    interval: float = 2.0

    def __post_init__(self) -> None:
        check_seconds("wait_timeout", self.timeout, or_zero=True)
        check_seconds("wait_interval", self.interval)


@dataclass(frozen=True)
class JobsOptions:
    """What immich_jobs is asked for: one of `state`, `command` and `manual_job`, or none of them.

    With `RUNNING`, `known` are queues that the lease is known to hold, should the ledger have lost it.
    """

    queues: Sequence[str] = (UPLOAD,)
    state: Optional[str] = None
    command: Optional[str] = None
    manual_job: Optional[str] = None
    lease: Optional[LeaseOptions] = None
    ledger: LedgerOptions = field(default_factory=LedgerOptions)
    resume: ResumeOptions = field(default_factory=ResumeOptions)
    wait: WaitOptions = field(default_factory=WaitOptions)
    renew: bool = False
    known: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.lease is not None and not self.state:
            raise errors.InvalidRequest("lease requires state.")
        if self.renew and (self.lease is None or self.state != PAUSED):
            raise errors.InvalidRequest("renew requires state=paused and lease.")


@dataclass(frozen=True)
class PauseOptions:
    """A pause around other work: of which queues, under which lease, and how it begins and ends.

    Jobs that run get `wait` seconds to finish first. With `required`, a key that may not pause is a failure. `of_source`: of the server
    that something comes from, in addition to the pause of the other one. Messages and the result then say so.
    """

    queues: Sequence[str]
    lease: LeaseOptions
    wait: float = 60.0
    required: bool = False
    resume: ResumeOptions = field(default_factory=ResumeOptions)
    of_source: bool = False

    def __post_init__(self) -> None:
        check_seconds("pause_wait", self.wait, or_zero=True)


def ledger_options(params: Mapping[str, Any]) -> LedgerOptions:
    """Those of a module's options that say where leases are written down."""
    return LedgerOptions(params["ledger"], params["ledger_dir"])


def lease_options(params: Mapping[str, Any], name: str) -> LeaseOptions:
    """Those of a module's options that make a lease, under this name."""
    return LeaseOptions(name, params["lease_ttl"], ledger_options(params))


def jobs_options(params: Mapping[str, Any]) -> JobsOptions:
    """The options of immich_jobs."""
    return JobsOptions(
        queues=params["queues"],
        state=params["state"],
        command=params["command"],
        manual_job=params["manual_job"],
        lease=None if params["lease"] is None else lease_options(params, params["lease"]),
        ledger=ledger_options(params),
        resume=ResumeOptions(params["resume_order"], params["resume_step_timeout"], params["wait_interval"]),
        wait=WaitOptions(params["wait"], params["wait_timeout"], params["wait_interval"]),
        renew=params["renew"],
    )
