# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the conformance scenario at each version, for all tests that judge its answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from contract.conformance.record_files import VERSIONS
from contract.conformance.recorder import Record, Recorder
from contract.conformance.scenario import run
from immich_emulator.testing import Emulator
from support.run_cache import RunCache

#: The record of 1.135.3 looks at a metadata job that still runs: a slow machine must not come too late for that.
JOB_SECONDS = {"1.135.3": 0.15}


def record(version: str) -> Record:
    """The scenario's answers of a fresh embedded server."""
    with Emulator(version=version, job_seconds=JOB_SECONDS.get(version, 0.02)) as server:
        recorder = Recorder(server.url, server.admin_api_key, server.api_key, poll_seconds=0.05, settle_seconds=0)
        run(recorder)
        recorder.session.close()
    return Record(recorder.exchanges, recorder.answers)


@pytest.fixture(scope="session")
def recorded(run_cache: RunCache) -> Callable[[str], Record]:
    """The scenario's answers, by the version of the server."""
    return lambda version: run_cache.get(f"conformance-{version}", partial(record, version))


@pytest.fixture(params=VERSIONS)
def conformance(request: pytest.FixtureRequest, recorded: Callable[[str], Record]) -> tuple[str, Record]:
    """A version, and the scenario's answers at it."""
    return request.param, recorded(request.param)
