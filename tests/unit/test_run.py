# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run that fails half-way says of what it had done."""

from __future__ import annotations

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._run.run import end_run
from support.collection import Run, errors


def fail_after(done: tuple[int, int, str], reason: str | None = None) -> errors.RunFailed:
    """The failure of a run that had done so much, and which a signal has stopped if there is a reason."""
    run = Run("work")
    run.reason = reason
    with pytest.raises(errors.RunFailed) as caught, run.keep_result(lambda: {"changed": True}, lambda: done):
        raise errors.ServerFailure("It broke.")
    return caught.value


def test_failed_run_keeps_result_and_counts() -> None:
    failure = fail_after((2, 5, "assets"))
    assert (failure.result, failure.kind) == ({"changed": True}, errors.ServerFailure.kind)
    assert failure.msg.endswith(": 2 of 5 assets.")


@pytest.mark.parametrize(
    ("total", "reason", "counted"), [(0, None, False), (0, "a signal", False), (1, None, False), (1, "a signal", True)]
)
def test_single_object_is_counted_only_when_stopped(total: int, reason: str | None, *, counted: bool) -> None:
    assert fail_after((0, total, "objects"), reason).msg.endswith(f": 0 of {total} objects.") is counted


def test_failed_run_inside_another_keeps_inner_result() -> None:
    run, inner = Run("work"), errors.RunFailed(errors.ServerFailure("It broke."), {"inner": True})
    with pytest.raises(errors.RunFailed) as caught, run.keep_result(lambda: {"outer": True}, lambda: (1, 2, "groups")):
        raise inner
    assert caught.value is inner


def test_end_of_run_names_first_failure() -> None:
    first = errors.ServerFailure("It broke.")
    assert end_run({"changed": True}, None, (0, 3, "stacks")) == {"changed": True}
    with pytest.raises(errors.RunFailed, match=r"^2 of 3 stacks failed.*It broke\.") as caught:
        end_run({"changed": True}, first, (2, 3, "stacks"))
    assert (caught.value.kind, caught.value.result) == (first.kind, {"changed": True})
