# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows of the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.photoyard.immich.plugins.plugin_utils._policy.windows import DAYS, PolicyError, Window, parse_window

BERLIN = ZoneInfo("Europe/Berlin")


def window(start: Any, end: Any, **others: Any) -> Window:
    return parse_window({"from": start, "to": end, "timezone": "Europe/Berlin", **others})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def ends(one: Window, moment: datetime) -> str | None:
    end = one.ends(moment)
    return end.astimezone(one.zone).strftime("%a %H:%M%z") if end else None


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2025-06-02 08:59", None),
        ("2025-06-02 09:00", "Mon 17:30+0200"),
        ("2025-06-02 17:29", "Mon 17:30+0200"),
        ("2025-06-02 17:30", None),
    ],
)
def test_within_a_day_the_end_is_not_part(moment: str, end: str | None) -> None:
    assert ends(window("09:00", "17:30"), local(moment)) == end


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2025-06-06 21:59", None),
        ("2025-06-06 22:00", "Sat 06:00+0200"),
        ("2025-06-07 05:59", "Sat 06:00+0200"),
        ("2025-06-07 06:00", None),
        ("2025-06-07 23:00", None),
        ("2025-06-06 05:00", None),
    ],
)
def test_window_across_midnight_counts_day_of_start(moment: str, end: str | None) -> None:
    assert ends(window("22:00", "06:00", days=["fri"]), local(moment)) == end


def test_summer_time_begins_in_the_window() -> None:
    night = window("22:00", "06:00")
    assert ends(night, local("2025-03-29 22:00")) == "Sun 06:00+0200"
    end = night.ends(local("2025-03-29 22:00"))
    assert end
    assert end - local("2025-03-29 22:00").astimezone(UTC) == timedelta(hours=7)


def test_a_skipped_time_is_read_with_the_old_offset() -> None:
    assert ends(window("22:00", "02:30"), local("2025-03-30 01:59")) == "Sun 03:30+0200"
    assert ends(window("02:30", "04:00"), local("2025-03-30 03:20")) is None
    assert ends(window("02:30", "04:00"), local("2025-03-30 03:30")) == "Sun 04:00+0200"


def test_a_repeated_time_begins_first_and_ends_second() -> None:
    first, second = local("2025-10-26 02:15"), local("2025-10-26 02:15").replace(fold=1)
    assert ends(window("22:00", "02:30"), first) == "Sun 02:30+0100"
    assert ends(window("22:00", "02:30"), second) == "Sun 02:30+0100"
    assert ends(window("02:00", "04:00"), first) == "Sun 04:00+0100"


def test_equal_times_are_a_whole_day() -> None:
    assert ends(window("00:00", "00:00", days=["mon"]), local("2025-06-02 23:59")) == "Tue 00:00+0200"
    assert ends(window("00:00", "24:00", days=["mon"]), local("2025-06-03 00:00")) is None


def test_yaml_reads_unquoted_times_as_numbers() -> None:
    assert window(1350, 360)[:3] == ("22:30 to 06:00 Europe/Berlin", 1350, 360)
    assert window("1350", "06:00")[1:3] == (1350, 360)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"from": "25:00"}, 'from is a time such as "22:30"'),
        ({"to": "6"}, None),
        ({"to": "06:60"}, "to is a time"),
        ({"to": None}, "to is a time"),
        ({"from": "six"}, "from is a time"),
        ({"days": ["mon", "sometimes"]}, "not sometimes"),
        ({"timezone": "Europe/Bärlin"}, "Europe/Bärlin is not known"),
        ({"timezone": "../etc/passwd"}, "not known"),
    ],
)
def test_nonsense_is_explained(wrong: dict[str, Any], message: str | None) -> None:
    given_window = {"from": "22:00", "to": "06:00", **wrong}
    if message is None:
        assert parse_window(given_window).end == 6
        return
    with pytest.raises(PolicyError, match=message):
        parse_window(given_window)


@given(
    some.integers(0, 1439),
    some.integers(0, 1440),
    some.sets(some.sampled_from(DAYS), min_size=1),
    some.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    some.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)),
)
def test_an_end_always_lies_ahead_and_at_most_a_day_and_an_hour(start: int, end: int, days: set[str], zone: str, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    until = parse_window({"from": start, "to": end, "days": sorted(days), "timezone": zone}).ends(now)
    assert until is None or timedelta(0) < until - now <= timedelta(hours=25)
