# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the conformance scenario at each version, for all tests that judge its answers."""

from __future__ import annotations

from functools import cache

import pytest

from contract.conformance.record_files import VERSIONS
from contract.conformance.recorder import Recorder
from contract.conformance.scenario import run
from immich_emulator.testing import Emulator

#: The record of 1.135.3 looks at a metadata job that still runs: a slow machine must not come too late for that.
JOB_SECONDS = {"1.135.3": 0.15}


@cache
def recorded(version: str) -> Recorder:
    """The scenario's answers of a fresh embedded server."""
    with Emulator(version=version, job_seconds=JOB_SECONDS.get(version, 0.02)) as server:
        recorder = Recorder(server.url, server.admin_api_key, server.api_key, poll_seconds=0.05, settle_seconds=0)
        run(recorder)
        recorder.session.close()
    return recorder


@pytest.fixture(params=VERSIONS)
def conformance(request: pytest.FixtureRequest) -> tuple[str, Recorder]:
    """A version, and the scenario's answers at it."""
    return request.param, recorded(request.param)
