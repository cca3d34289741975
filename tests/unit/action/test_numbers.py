# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers as people read them."""

from __future__ import annotations

import pytest

from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import numbers as message


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (18302, "18,302 files"), (1234567, "1,234,567 files")]
)
def test_a_count_agrees_with_its_noun(number: int, said: str) -> None:
    assert message.count(number, "file") == said


def test_a_count_may_have_an_odd_plural_or_none() -> None:
    assert message.count(2, "entry", "entries") == "2 entries"
    assert message.count(1000) == "1,000"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (204_000, "204 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (9_800_000_000, "9.8 GB"),
        (3_000_000_000_000, "3.0 TB"),
        (5_000_000_000_000_000_000, "5000 PB"),
    ],
)
def test_sizes_have_three_digits_at_most(size: int, said: str) -> None:
    assert message.size(size) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (3_100_000_000, 9_800_000_000, "3.1 of 9.8 GB"),
        (0, 9_800_000_000, "0 of 9.8 GB"),
        (500_000, 2_000_000_000, "0.0 of 2.0 GB"),
        (12, 12, "12 of 12 B"),
        (999_600, 999_600, "1.0 of 1.0 MB"),
    ],
)
def test_part_has_the_unit_of_the_whole(part: int, whole: int, said: str) -> None:
    assert message.part_of_size(part, whole) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.44, "0.4 s"),
        (5, "5 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (724, "12 min 4 s"),
        (3599.7, "1 h"),
        (7800, "2 h 10 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, said: str) -> None:
    assert message.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "5 s"), (8.7, "10 s"), (33, "35 s"), (54, "55 s"), (58, "1 min"), (250, "4 min"), (3580, "1 h"), (7700, "2 h 10 min")],
)
def test_estimates_are_round(seconds: float, said: str) -> None:
    assert message.rough_duration(seconds) == said
