# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sweep of requests: number N is refused, cut, answered with nonsense, or carried out although the answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.run_cache import RunCache
from sweep.choice import Case, noted
from sweep.promises import Reference, assert_promises, run_in_trouble
from sweep.worlds import WORLDS, opened

WIDTH = 24
"""Of so many requests, `make check` lets one fail."""

FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "json": {"message": "Internal server error"}},
    "401": {"status": 401, "json": {"message": "Invalid API key"}},
    "403": {"status": 403, "json": {"message": "Forbidden"}},
    "nothing": {"cut": "connection"},
    "half": {"cut": "half"},
    "nonsense": {"status": 200, "json": {"nonsense": [None]}},
    "lost": {"cut": "response"},
}
"""What becomes of the request. What is `lost` is the answer: the client sends again what may be repeated."""

RETRIES = {"lost": 1}

SIDES = [(verb, side) for verb, world in WORLDS.items() for side in world.sides]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("verb", "side"), SIDES)
def test_verb_survives_failing_request(
    case: Case, run_cache: RunCache, tmp_path: Path, reference: Callable[[str], Reference], verb: str, side: str, fault: str
) -> None:
    known = reference(verb)
    for number in case.numbers(width=WIDTH, known=known.requests[side]):
        with noted(case.again(number)), opened(verb, tmp_path / "world", run_cache) as world:
            server = world.servers[side]
            server.fault(after=number - 1, **FAULTS[fault])
            error = run_in_trouble(world, retries=RETRIES.get(fault, 0))
            server.clear_faults()
            struck = server.struck_requests()
            if not struck:
                assert error is None
                return
            case.tried(number)
            with noted(f"{fault} for {struck[0]} of the {side}. The run: {error!r}"):
                assert_promises(world, known, error, cause=struck[0])
