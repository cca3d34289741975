# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sweep of local calls: number N of those about files fails, on a full disk, on one that breaks down, or for want of permission."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.collection import ImmichError
from support.disks import ADVICE
from support.run_cache import RunCache
from sweep.choice import Case, noted
from sweep.local_calls import ERRORS, Call, Failing, watched
from sweep.promises import Reference, assert_promises, run_in_trouble
from sweep.worlds import LOCAL_WORLDS, WORLDS, World, opened

WIDTH = 60
"""Of so many calls, `make check` lets one fail."""

VERBS = [verb for verb in (*WORLDS, *LOCAL_WORLDS) if verb not in ("stacks", "jobs_on_server")]
"""Those that write files of this host, or read them."""


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("verb", VERBS)
def test_verb_survives_failing_local_call(
    case: Case, run_cache: RunCache, tmp_path: Path, reference: Callable[[str], Reference], verb: str, error: str
) -> None:
    known = reference(verb)
    assert known.calls[error]
    for number in case.numbers(width=WIDTH, known=known.calls[error]):
        with noted(case.again(number)), opened(verb, tmp_path / "world", run_cache) as world:
            failing = Failing(error, number)
            with watched(world.host, failing):
                failure = run_in_trouble(world)
            if failing.failed is None:
                assert failure is None
                return
            case.tried(number)
            with noted(f"{error} for {failing.failed}. The run: {failure!r}"):
                if failure is not None:
                    assert_names_file(world, failing.failed, failure)
                    assert_says_what_to_do(error, failure)
                assert_promises(world, known, failure)


def assert_names_file(world: World, call: Call, failure: ImmichError) -> None:
    """The failure names the file, or what it is beside or in, below the folder of the world."""
    top = world.host / Path(call.path).relative_to(world.host).parts[0] if Path(call.path) != world.host else world.host
    assert str(top if top.is_dir() else world.host) in said(failure)


def assert_says_what_to_do(error: str, failure: ImmichError) -> None:
    """The failure has the advice for this error of a disk."""
    assert any(words in said(failure) for words in ADVICE[error])


def said(failure: ImmichError) -> str:
    """All that a failure tells, with the failures of single files in its result."""
    return f"{failure.msg} {failure.failure()} {failure.result}"
