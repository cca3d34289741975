# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates in names: those of phones and programs that people use, and what only looks like one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._naming.dates import date_in_name
from support.collection import NamedTime

NOW = datetime(2026, 3, 1, 12)
UTC = timedelta(0)


def at(text: str, precision: str = "second", offset: timedelta | None = None) -> NamedTime:
    return NamedTime(datetime.fromisoformat(text), precision, offset)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_20200517_143311.jpg", at("2020-05-17T14:33:11")),
        ("VID_20200517_143311.mp4", at("2020-05-17T14:33:11")),
        ("20200517_143311.jpg", at("2020-05-17T14:33:11")),
        ("20200517_143311_001.jpg", at("2020-05-17T14:33:11")),
        ("20200517_143311(0).jpg", at("2020-05-17T14:33:11")),
        ("20200517143311.jpg", at("2020-05-17T14:33:11")),
        ("IMG20250208154709_BURST000_COVER.jpg", at("2025-02-08T15:47:09")),
        ("00001IMG_00001_BURST20180629143311123_COVER.jpg", at("2018-06-29T14:33:11.123", "millisecond")),
        ("PXL_20210102_030405678.jpg", at("2021-01-02T03:04:05.678", "millisecond", UTC)),
        ("PXL_20210102_030405678.RAW-01.MP.COVER.jpg", at("2021-01-02T03:04:05.678", "millisecond", UTC)),
        ("IMG-20200517-WA0001.jpg", at("2020-05-17", "day")),
        ("VID-20200517-WA0001.mp4", at("2020-05-17", "day")),
        ("WhatsApp Image 2020-05-17 at 14.33.11.jpeg", at("2020-05-17T14:33:11")),
        ("signal-2020-05-17-143311.jpg", at("2020-05-17T14:33:11")),
        ("signal-2020-05-17-14-33-11-123.jpg", at("2020-05-17T14:33:11.123", "millisecond")),
        ("Screenshot_2020-05-17-14-33-11-123_com.app.jpg", at("2020-05-17T14:33:11.123", "millisecond")),
        ("Screenshot_20200517-143311.png", at("2020-05-17T14:33:11")),
        ("Screenshot_20200517_143311_Chrome.png", at("2020-05-17T14:33:11")),
        ("Screenshot 2024-03-05 143311.png", at("2024-03-05T14:33:11")),
        ("Screenshot 2025-03-03 at 6.01.26\u202fPM.png", at("2025-03-03T18:01:26")),
        ("Screenshot 2025-03-03 at 12.01.26 AM (2).png", at("2025-03-03T00:01:26")),
        ("Bildschirmfoto 2025-03-03 um 18.01.26.png", at("2025-03-03T18:01:26")),
        ("Capture d’écran 2025-03-03 à 08.01.26.png", at("2025-03-03T08:01:26")),
        ("Skärmavbild 2025-03-03 kl. 08.01.26.png", at("2025-03-03T08:01:26")),
        ("photo_2020-05-17_14-33-11.jpg", at("2020-05-17T14:33:11")),
        ("2020-05-17 14:33.jpg", at("2020-05-17T14:33", "minute")),
        ("Bebop_2_2016-08-12T143311+0200_ABC.jpg", at("2016-08-12T14:33:11", "second", timedelta(hours=2))),
        ("Bebop_2_2016-08-12T143311-0330_ABC.jpg", at("2016-08-12T14:33:11", "second", -timedelta(hours=3, minutes=30))),
        ("2016-08-12T143311+9900.jpg", at("2016-08-12T14:33:11")),
        ("1489345200000.jpg", at("2017-03-12T19:00:00", "millisecond", UTC)),
        ("mmexport1489345200123.jpg", at("2017-03-12T19:00:00.123", "millisecond", UTC)),
        ("IMG_20200517_1234.jpg", at("2020-05-17", "day")),  # a number, perhaps
        ("20200517_997788.jpg", at("2020-05-17", "day")),
        ("2025-03-03 at 13.01.26 PM.png", at("2025-03-03", "day")),
        ("2020-02-30 2020-03-01.jpg", at("2020-03-01", "day")),
        ("12345678_20200517.jpg", at("2020-05-17", "day")),
        ("20260302_110000.jpg", at("2026-03-02T11:00:00")),  # tomorrow is not later than clocks are wrong
    ],
)
def test_a_date_in_a_name_is_found(name: str, expected: NamedTime) -> None:
    assert date_in_name(name, now=NOW) == expected


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234.jpg",
        "20201301.jpg",
        "20200230.jpg",
        "19791231_120000.jpg",
        "21000101.jpg",
        "20260303.jpg",
        "120200517.jpg",
        "202005171.jpg",
        "2020051714331.jpg",
        "2020-05_17.jpg",
        "10155123456789012_n.jpg",
        "received_1234567890123456.jpeg",
        "148934520000.jpg",
        "14893452000001.jpg",
        "1999999999999.jpg",  # in the year 2033
        "+491701234567.jpg",
        "2048x1536.jpg",
        "\u0662\u0660\u0662\u0660\u0660\u0665\u0661\u0667.jpg",  # other digits
        "\udcff\ud800\n\0",
        "",
    ],
)
def test_other_digits_in_a_name_are_not_a_date(name: str) -> None:
    assert date_in_name(name, now=NOW) is None


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["2020", "05", "17"], "2020-05-17"),
        (["photos", "2020", "05", "17", "raw"], "2020-05-17"),
        (["2019-01-01 New Year", "2020-05-17"], "2020-05-17"),
        (["2019-01-01 New Year", "more"], "2019-01-01"),
        (["2020", "02", "30"], None),
        (["2020", "05"], None),
        (["Photos from 2020"], None),
        (["05", "2020", "17"], None),
    ],
)
def test_a_day_in_the_names_of_folders(folders: list[str], expected: str | None) -> None:
    found = date_in_name("IMG_1.jpg", folders, now=NOW)
    assert found == (None if expected is None else at(expected, "day")._replace(folder=True))


def test_the_name_comes_before_its_folders() -> None:
    assert date_in_name("20200517_143311.jpg", ["2019-01-01"], now=NOW) == at("2020-05-17T14:33:11")


MOMENTS = st.datetimes(datetime(1980, 1, 1), NOW).map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000))


@given(MOMENTS, st.sampled_from(["IMG_%Y%m%d_%H%M%S", "%Y-%m-%d %H.%M.%S", "x%Y.%m.%d-%H-%M-%S", "%Y%m%d%H%M%S", "a %Y-%m-%dT%H%M%S z"]))
def test_date_in_name_reads_written_forms(moment: datetime, form: str) -> None:
    found = date_in_name(moment.strftime(form) + ".jpg", now=NOW)
    assert found is not None
    assert (found.local, found.precision) == (moment.replace(microsecond=0), "second")


@given(st.text(alphabet="0123456789-_. :TAPM+at\u202f", max_size=60))
def test_date_in_any_name_is_none_or_plausible(name: str) -> None:
    found = date_in_name(name, [name, name], now=NOW)
    assert found is None or datetime(1980, 1, 1) <= found.local <= NOW + timedelta(days=1)


def test_a_malicious_name_is_read_as_any_other() -> None:
    day = at("2020-05-17", "day")
    names = {"2020-05-17" * 100_000: None, "2020 05 17 aaa " * 100_000: day, "1" * 1_000_000: None, "2020-05-17 - " * 100_000: day}
    # A search that goes back and forth would not end.
    assert {name: date_in_name(name, [name] * 1000, now=NOW) for name in names} == names
