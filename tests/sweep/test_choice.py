# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which numbers of a case are tried."""

from __future__ import annotations

import datetime
import itertools

import pytest

from sweep.choice import noted, numbers, seed


def test_each_number_is_tried_once_within_width_days() -> None:
    days = [datetime.date(2026, 11, 30) + datetime.timedelta(days=day) for day in range(7)]
    tried = [number for day in days for number in numbers("case", width=7, known=20, environment={"SWEEP_SEED": day.isoformat()})]
    assert sorted(tried) == list(range(1, 21))


def test_width_of_one_tries_numbers_without_end() -> None:
    tried = numbers("case", width=7, known=2, environment={"SWEEP_WIDTH": "1"})
    assert list(itertools.islice(tried, 4)) == [1, 2, 3, 4]


def test_named_number_is_tried_alone() -> None:
    assert list(numbers("case", width=7, known=2, environment={"SWEEP_AT": "17", "SWEEP_WIDTH": "1"})) == [17]
    assert seed({"SWEEP_SEED": "2026-11-30"}) == datetime.date(2026, 11, 30)


def test_failure_has_the_note() -> None:
    with pytest.raises(KeyError) as caught, noted("the note"):
        raise KeyError
    assert caught.value.__notes__ == ["the note"]
