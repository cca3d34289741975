# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The helpers at the bottom: text and JSON of others, moments, and locks. (Ids have a file of their own.)"""

from __future__ import annotations

import fcntl
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils import _own_files, _text, _times

UTC, TWO_HOURS = timedelta(0), timedelta(hours=2)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain.jpg", "plain.jpg"),
        ("Été \U0001f468\u200d\U0001f469.jpg", "Été \U0001f468\u200d\U0001f469.jpg"),
        ("a\x1b[31m\n", "a\\x1b[31m\\x0a"),
        ("\x9b\u202eb", "\\u009b\\u202eb"),
        ("\udce9.jpg", "\\xe9.jpg"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_a_terminal_shows_controls_and_keeps_the_rest(raw: str, shown: str) -> None:
    assert _text.printable(raw) == shown


@given(st.text())
def test_printable_is_single_encodable_line(raw: str) -> None:
    shown = _text.printable(raw)
    assert len(shown.splitlines()) <= 1
    shown.encode()


@pytest.mark.parametrize(
    ("said", "line"),
    [("a\nb", "a b"), ("x" * 501, "x" * 500 + "…"), ("x" * 500, "x" * 500), (5, ""), (None, ""), (["a"], "")],
)
def test_one_line_bounds_answers_of_servers(said: Any, line: str) -> None:
    assert _text.one_line(said) == line


def test_one_line_replaces_unprintable_characters() -> None:
    assert _text.one_line("a\x00b", instead="?") == "a?b"


def test_name_to_send_has_no_control_characters() -> None:
    assert _text.name_to_send("\t Rome\r\n\x00 2024 \ud83d") == "Rome  2024"
    assert _text.name_to_send("Familie \U0001f468\u200d\U0001f469") == "Familie \U0001f468\u200d\U0001f469"
    assert _text.name_to_send("x" * 2000, 255) == "x" * 255


def test_a_description_keeps_its_lines_and_tabs() -> None:
    assert _text.text_to_send(" a\r\n\tb\x0bc\x85\n") == "a\n\tb c"


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_fit_for_xml_marks_invalid_characters(bad: str) -> None:
    assert _text.fit_for_xml(f"a{bad}b\t\r\n\x7f\U0001f600") == "a\ufffdb\t\r\n\x7f\U0001f600"


@pytest.mark.parametrize(("one", "other"), [("IMG_1.JPG", "img_1.jpg"), ("e\u0301", "É"), ("STRASSE", "straße"), ("\u0345", "\u03b9")])
def test_fold_ignores_case_and_forms_of_accents(one: str, other: str) -> None:
    assert _text.fold(one) == _text.fold(other)


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    assert _text.fold(_text.fold(name)) == _text.fold(name)


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 301, "NaN", "-Infinity", "{", "", b"\xff"])
def test_parse_json_refuses_extreme_values(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        _text.parse_json(text)


def test_a_number_of_300_digits_is_read() -> None:
    assert _text.parse_json("1" * 300) == int("1" * 300)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01.500Z", 1.5),
        ("1970-01-01T02:00:00+02:00", 0.0),
        ("1970-01-01T00:00:01", None),
        ("+10000-01-01T00:00:00.000Z", None),
        ("", None),
        ("x", None),
    ],
)
def test_a_moment_of_immichs_needs_an_offset(text: str, seconds: float | None) -> None:
    assert _times.seconds_of_iso(text) == seconds


@given(st.datetimes(min_value=_times.EARLIEST, max_value=_times.LATEST))
def test_moment_round_trip_through_formats(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert _times.from_seconds(_times.to_seconds(moment)) == moment
    assert _times.parse_iso(_times.to_iso_utc(moment)).replace(tzinfo=None) == moment
    assert _times.ns_to_iso_utc(_times.to_ns(moment)) == _times.to_iso_utc(moment)


@pytest.mark.parametrize("seconds", [None, float("nan"), float("inf"), 1e20, -1e20])
def test_from_seconds_of_impossible_moment_is_none(seconds: float | None) -> None:
    assert _times.from_seconds(seconds) is None


@pytest.mark.parametrize(
    ("local", "offset", "written"),
    [
        (datetime(2024, 7, 31, 18), None, "2024-07-31T18:00:00"),
        (datetime(2024, 7, 31, 18, 0, 0, 5000), UTC, "2024-07-31T18:00:00.005Z"),
        (datetime(2024, 7, 31, 18), TWO_HOURS, "2024-07-31T18:00:00+02:00"),
        (datetime(2024, 7, 31, 18), -timedelta(hours=3, minutes=30), "2024-07-31T18:00:00-03:30"),
    ],
)
def test_a_local_time_is_written_with_its_offset(local: datetime, offset: timedelta | None, written: str) -> None:
    assert _times.to_iso(local, offset) == written


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 2026 00:00:00 GMT", "é", "Sun, 29 Nov 99999999999 00:00:00 GMT"])
def test_nonsense_in_a_date_header_is_no_time(date: str | None) -> None:
    assert _times.seconds_of_http_date(date) is None


def test_a_date_header_is_a_time() -> None:
    assert _times.seconds_of_http_date("Thu, 01 Jan 1970 00:01:00 GMT") == 60.0


@pytest.mark.parametrize("character", ["\u009b", "\u202e", "\u2066", "\x7f", "\x1b", "\u2028", "\ufeff", "\ud83d"])
def test_json_for_people_shows_no_control_character(character: str) -> None:
    shown = _text.printable_json({"name": f"a{character}é"})
    assert character not in shown
    assert "é" in shown
    assert json.loads(shown) == {"name": f"a{character}é"}


def test_a_lock_of_another_is_refused_or_given_up(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("wb") as ours, path.open("wb") as theirs:
        assert _own_files.lock_file(ours.fileno())
        with pytest.raises(BlockingIOError):
            _own_files.lock_file(theirs.fileno())
        answers = iter([False, True])
        assert not _own_files.lock_file(theirs.fileno(), 60.0, give_up=lambda: next(answers))
        assert next(answers, None) is None
        fcntl.flock(ours, fcntl.LOCK_UN)
        assert _own_files.lock_file(theirs.fileno())
