# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the conformance scenario at each version, for all tests that judge its answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from contract.conformance.record_files import VERSIONS
from contract.conformance.recorder import Record, Recorder
from contract.conformance.scenario import run
from immich_emulator.testing import Emulator
from support.run_cache import RunCache

#: The record of 1.135.3 looks at a metadata job that still runs: a slow machine must not come too late for that.
JOB_SECONDS = {"1.135.3": 0.15}


class TimelyRecorder(Recorder):
    """Has jobs wait between two steps: those that tags begin lose some of them on 1.135.3, and a slow machine would come too late."""

    server: Emulator

    def call(self, step: str, method: str, path: str, who: str = "user", **content: Any) -> Any:
        """See `Recorder.call`."""
        if step == "tag assets":
            self.server.set_job_seconds(600)
        body = super().call(step, method, path, who, **content)
        if step == "tag them again":
            self.server.set_job_seconds(seconds_of_a_job(self.server.version))
        return body


def seconds_of_a_job(version: str) -> float:
    """How long a job takes on the embedded server of a version."""
    return JOB_SECONDS.get(version, 0.02)


def record(version: str) -> Record:
    """The scenario's answers of a fresh embedded server."""
    with Emulator(version=version, job_seconds=seconds_of_a_job(version)) as server:
        recorder = TimelyRecorder(server.url, server.admin_api_key, server.api_key, poll_seconds=0.05, settle_seconds=0)
        recorder.server = server
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
