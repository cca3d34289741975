# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures in a row, in several threads at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._run.consecutive_failures import ConsecutiveFailures
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, errors

from ..conftest import Uploads, picture

CHECK = "/assets/bulk-upload-check"
THREADS = 5  # of which the third is the first to doubt


@pytest.fixture
def client(server: Emulator) -> Iterator[Immich]:
    """A client of the server."""
    found = Immich(Connection(server.url, ApiKey(server.api_key), retries=0))
    with closing(found):
        yield found


@pytest.fixture
def fail(client: Immich) -> Callable[[], list[bool]]:
    """Lets one file fail in each of several threads at once: in which of them the run stops."""
    failures = ConsecutiveFailures(client, 1, "upload")

    def one(_number: int) -> bool:
        try:
            failures.add(errors.ServerFailure("It failed."))
        except errors.ServerFailure:
            return True
        return False

    def several() -> list[bool]:
        with ThreadPoolExecutor(THREADS) as threads:
            return list(threads.map(one, range(THREADS)))

    return several


def asked(server: Emulator) -> int:
    """How often the server was asked how it is."""
    return sum(one["path"] == CHECK for one in server.requests())


def test_healthy_server_is_probed_by_single_thread(server: Emulator, fail: Callable[[], list[bool]]) -> None:
    server.fault(path=CHECK, delay=0.5, times=None)
    assert fail() == [False] * THREADS
    assert asked(server) == 1


def test_lost_server_is_probed_once(server: Emulator, fail: Callable[[], list[bool]]) -> None:
    server.fault(path=CHECK, delay=0.5, status=500, times=None)
    assert True in fail()
    assert asked(server) == 1


def test_recorded_failure_keeps_message(uploads: Uploads, tmp_path: Path) -> None:
    """What ends the run is said in other words than what became of a file."""
    for number in range(3):
        picture(tmp_path / "src" / f"{number}.jpg")
    uploads.client_options["retries"] = 0
    uploads.server.fault(path="^/assets$", status=500, times=None)
    uploads.server.fault(path=CHECK, status=500, times=None, after=1)
    error = uploads.failing(tmp_path / "src", concurrency=1)
    assert "3 files in a row failed" in error.msg
    assert str(error).startswith("3 files in a row failed")
    assert ["in a row" in one["msg"] for one in error.result["failures"]] == [False] * 3


def test_error_during_step_keeps_kind_and_details() -> None:
    kinds = [errors.MissingLibrary("exifread", "Traceback"), errors.Timeout("It took too long.", status=504, details={"a": 1})]
    for error in kinds:
        before = error.msg
        other = error.during("Step")
        assert other.msg == str(other) == f"Step: {before}"
        assert (type(other), other.failure()) == (type(error), error.failure())
        assert error.msg == before
