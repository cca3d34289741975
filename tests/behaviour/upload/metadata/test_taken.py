# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a picture was taken: who of those that know of it is believed, and what goes up. What Immich makes of that was observed."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ansible_collections.photoyard.immich.plugins.module_utils._upload.dates import (
    OFFSETS,
    DateToSend,
    choose_date,
    date_to_send,
    may_have_own_date,
    parse_zone,
)
from support.collection import NO_FACTS, Facts, LocalTime, Movie, NamedTime, Position, errors
from support.photos.items import BrokenItem, MemoryItem
from support.photos.jpegs import jpeg, sidecar_of, with_xmp
from support.photos.said import facts_saying, seconds_of

ROME = Position(41.9, 12.5)
MTIME = 1_700_000_000_250_000_000
LOCAL = datetime(2015, 6, 7, 12, 11, 12)
EXPORT = datetime(2015, 6, 7, 10, 11, 12, tzinfo=UTC).timestamp()


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp() * 1000) * 1_000_000


@pytest.mark.parametrize(
    ("facts", "own", "expected"),
    [
        # the file itself, where the export says the same instant
        (facts_saying(taken=EXPORT), LocalTime(LOCAL, hours(2)), ("2015-06-07T10:11:12", None, "exif")),
        (facts_saying(taken=EXPORT, position=ROME), LocalTime(LOCAL, hours(2)), ("2015-06-07T10:11:12", None, "exif")),
        (facts_saying(taken=EXPORT), LocalTime(LOCAL, None), ("2015-06-07T10:11:12", "2015-06-07T12:11:12+02:00", "exif")),
        (facts_saying(taken=EXPORT, position=ROME), LocalTime(LOCAL, None), ("2015-06-07T10:11:12", "2015-06-07T12:11:12+02:00", "exif")),
        (
            facts_saying(taken=EXPORT),
            LocalTime(LOCAL.replace(microsecond=250_000), None),
            ("2015-06-07T10:11:12.250", "2015-06-07T12:11:12.250+02:00", "exif"),
        ),
        (facts_saying(taken=EXPORT + 7200), LocalTime(LOCAL, None), ("2015-06-07T12:11:12", None, "exif")),
        (facts_saying(taken=EXPORT + 7200, position=ROME), LocalTime(LOCAL, None), ("2015-06-07T12:11:12", "2015-06-07T12:11:12", "exif")),
        (facts_saying(taken=EXPORT + 7200 + 59), LocalTime(LOCAL, None), ("2015-06-07T12:11:12", None, "exif")),
        (facts_saying(taken=EXPORT + 1), LocalTime(LOCAL, None), ("2015-06-07T10:11:12", "2015-06-07T12:11:12+02:00", "exif")),
        (
            facts_saying(taken=EXPORT - 12, minutes=True),
            LocalTime(LOCAL, None),
            ("2015-06-07T10:11:12", "2015-06-07T12:11:12+02:00", "exif"),
        ),
        (facts_saying(taken=EXPORT - 3.75 * 3600), LocalTime(LOCAL, None), ("2015-06-07T06:26:12", "2015-06-07T12:11:12+05:45", "exif")),
        (facts_saying(taken=EXPORT + 4.5 * 3600), LocalTime(LOCAL, None), ("2015-06-07T14:41:12", "2015-06-07T12:11:12-02:30", "exif")),
        (facts_saying(taken=EXPORT), LocalTime(LOCAL, hours(9)), ("2015-06-07T03:11:12", None, "exif")),
        (Facts(), LocalTime(LOCAL, hours(2)), ("2015-06-07T10:11:12", None, "exif")),
        (Facts(), LocalTime(LOCAL, None), ("2015-06-07T12:11:12", None, "exif")),
        # a place alone would move the time
        (facts_saying(position=ROME), LocalTime(LOCAL, None), ("2015-06-07T12:11:12", "2015-06-07T12:11:12", "exif")),
        (facts_saying(position=ROME), LocalTime(LOCAL, hours(2)), ("2015-06-07T10:11:12", None, "exif")),
        (facts_saying(position=ROME, year=2015), LocalTime(LOCAL, None), ("2015-06-07T12:11:12", "2015-06-07T12:11:12", "exif")),
        # the export, whose user has corrected it
        (facts_saying(taken=EXPORT + 86_400 * 3), LocalTime(LOCAL, None), ("2015-06-10T10:11:12", "2015-06-10T10:11:12Z", "corrected")),
        (facts_saying(taken=EXPORT + 100), LocalTime(LOCAL, None), ("2015-06-07T10:12:52", "2015-06-07T10:12:52Z", "corrected")),
        (facts_saying(taken=EXPORT + 100), LocalTime(LOCAL, hours(2)), ("2015-06-07T10:12:52", "2015-06-07T12:12:52+02:00", "corrected")),
        (facts_saying(taken=EXPORT + 100), LocalTime(LOCAL, hours(0.2)), ("2015-06-07T10:12:52", "2015-06-07T10:12:52Z", "corrected")),
        (facts_saying(taken=EXPORT - 12), LocalTime(LOCAL, None), ("2015-06-07T10:11:00", "2015-06-07T10:11:00Z", "corrected")),
        # no clock is that far ahead or behind, and Immich would not read such a date at all
        (facts_saying(taken=EXPORT + 14 * 3600), LocalTime(LOCAL, None), ("2015-06-08T00:11:12", "2015-06-08T00:11:12Z", "corrected")),
        (facts_saying(taken=EXPORT - 1.25 * 3600), LocalTime(LOCAL, None), ("2015-06-07T08:56:12", "2015-06-07T08:56:12Z", "corrected")),
        # nothing but the export
        (facts_saying(taken=EXPORT), None, ("2015-06-07T10:11:12", "2015-06-07T10:11:12Z", "export")),
        (facts_saying(taken=-1_000_000_000), None, ("1938-04-24T22:13:20", "1938-04-24T22:13:20Z", "export")),
        (facts_saying(taken=EXPORT + 0.5), None, ("2015-06-07T10:11:12.500", "2015-06-07T10:11:12.500Z", "export")),
        # not a date
        (facts_saying(taken=1e300), None, ("2023-11-14T22:13:20.250", None, "mtime")),
        (facts_saying(taken=float("nan")), None, ("2023-11-14T22:13:20.250", None, "mtime")),
        (facts_saying(taken=-6e10), None, ("2023-11-14T22:13:20.250", None, "mtime")),
    ],
)
def test_the_file_and_its_export(facts: Facts, own: LocalTime | None, expected: tuple[str, str | None, str]) -> None:
    named = NamedTime(datetime(2001, 1, 1), "day") if own or seconds_of(facts) == EXPORT else None
    assert choose_date(facts, own, named, MTIME) == DateToSend(ns(expected[0]), *expected[1:])


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (NamedTime(LOCAL, "second"), ("2015-06-07T12:11:12", "2015-06-07T12:11:12", "name")),
        (NamedTime(LOCAL, "second", timedelta(0)), ("2015-06-07T12:11:12", "2015-06-07T12:11:12Z", "name")),
        (NamedTime(LOCAL, "second", hours(-3.5)), ("2015-06-07T15:41:12", "2015-06-07T12:11:12-03:30", "name")),
        (NamedTime(LOCAL, "second", hours(3.25)), ("2015-06-07T12:11:12", "2015-06-07T12:11:12", "name")),
        (NamedTime(datetime(2015, 6, 7), "day"), ("2015-06-07T00:00:00", "2015-06-07T00:00:00", "name")),
        (NamedTime(datetime(2015, 6, 7), "day", folder=True), ("2015-06-07T00:00:00", "2015-06-07T00:00:00", "folder")),
        # the file was written on that day, which says more
        (NamedTime(datetime(2023, 11, 14), "day"), ("2023-11-14T22:13:20.250", None, "mtime")),
        (NamedTime(datetime(2023, 11, 15), "day"), ("2023-11-14T22:13:20.250", None, "mtime")),
        (NamedTime(datetime(2023, 11, 16), "day"), ("2023-11-16T00:00:00", "2023-11-16T00:00:00", "name")),
        (None, ("2004-01-01T00:00:00", "2004-01-01T00:00:00", "folder")),
    ],
)
def test_a_name_comes_before_the_folders_year(named: NamedTime | None, expected: tuple[str, str | None, str]) -> None:
    assert choose_date(facts_saying(year=2004), None, named, MTIME) == DateToSend(ns(expected[0]), *expected[1:])


def test_times_without_offset_are_in_the_given_zone() -> None:
    rome = parse_zone("Europe/Rome")
    for own, sent in (
        (LocalTime(LOCAL, None), ("2015-06-07T10:11:12", "2015-06-07T12:11:12+02:00", "exif")),
        (LocalTime(LOCAL.replace(month=1), None), ("2015-01-07T11:11:12", "2015-01-07T12:11:12+01:00", "exif")),
        (LocalTime(LOCAL, hours(5)), ("2015-06-07T07:11:12", None, "exif")),
    ):
        assert choose_date(Facts(), own, None, MTIME, rome) == DateToSend(ns(sent[0]), *sent[1:])
    named = NamedTime(LOCAL, "second")
    assert choose_date(Facts(), None, named, MTIME, parse_zone("-03:30")).original == "2015-06-07T12:11:12-03:30"
    assert choose_date(facts_saying(taken=EXPORT), LocalTime(LOCAL, None), None, MTIME, parse_zone("+05:00")).original is not None
    for wrong in ("Europe/Room", "../../etc/passwd", "+2:00", ""):
        with pytest.raises(errors.InvalidRequest, match="time_zone cannot be"):
            parse_zone(wrong)


def test_date_without_facts_is_mtime_or_name() -> None:
    assert choose_date(Facts(), None, None, MTIME) == DateToSend(MTIME, None, "mtime")
    assert choose_date(facts_saying(year=0), None, None, MTIME) == DateToSend(MTIME, None, "mtime")
    assert choose_date(Facts(), None, NamedTime(datetime(2015, 6, 7), "day"), -(10**30)).trust == "name"


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))


def instant_of(sent: str) -> datetime:
    return datetime.fromisoformat(sent).astimezone(UTC).replace(tzinfo=None)


@given(MOMENTS, st.sampled_from(sorted(OFFSETS)), st.booleans(), st.one_of(st.none(), st.just(ROME)))
def test_local_time_and_instant_are_kept_at_any_place(
    moment: datetime, offset: timedelta, has_zone: bool, position: Position | None
) -> None:
    moment = moment.replace(microsecond=0)
    own = LocalTime(moment + offset, offset if has_zone else None)
    facts = facts_saying(taken=moment.replace(tzinfo=UTC).timestamp(), position=position)
    found = choose_date(facts, own, None, MTIME)
    assert found.trust == "exif"
    assert found.created_ns == round((moment - datetime(1970, 1, 1)).total_seconds()) * 10**9
    assert found.original is None or datetime.fromisoformat(found.original).replace(tzinfo=None) == own.local
    assert found.original is None or offset == timedelta(0) or instant_of(found.original) == moment


@given(MOMENTS, MOMENTS, st.one_of(st.none(), st.sampled_from(sorted(OFFSETS))), st.booleans())
def test_date_to_send_is_of_file_or_export(local: datetime, export: datetime, offset: timedelta | None, minutes: bool) -> None:
    facts = facts_saying(taken=export.replace(tzinfo=UTC).timestamp(), minutes=minutes)
    found = choose_date(facts, LocalTime(local, offset), None, MTIME)
    if found.trust == "corrected":
        assert found.original is not None
        assert abs(instant_of(found.original) - export) < timedelta(milliseconds=1)
    else:
        assert found.trust == "exif"
        assert abs(local - export) < hours(14) + timedelta(minutes=1)
    assert found.original is None or datetime.fromisoformat(found.original).utcoffset() in {None, *OFFSETS}


def picture(kind: str, date: str | None = None) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    if date:
        exif[0x8769] = {0x9003: date}
    Image.new("RGB", (16, 16)).save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def movie(created: int) -> bytes:
    header = b"\0\0\0\x6cmvhd" + b"\0" * 4 + created.to_bytes(4, "big") + b"\0" * 92
    return b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\x10\0\x08mdat" + b"\0" * 0x100000 + b"\0\0\0\x74moov" + header


@pytest.mark.parametrize(
    ("content", "video", "expected"),
    [
        (jpeg(1), False, True),
        (picture("JPEG", "2015:06:07 12:11:12"), False, True),
        (picture("PNG", "2015:06:07 12:11:12"), False, True),
        (picture("WEBP", "2015:06:07 12:11:12"), False, True),
        (picture("TIFF", "2015:06:07 12:11:12"), False, True),
        (with_xmp(picture("JPEG"), b'<x exif:DateTimeOriginal="2015-06-07T12:11:12"/>'), False, True),
        (picture("JPEG"), False, False),
        (picture("JPEG", "0000:00:00 00:00:00"), False, False),
        (with_xmp(picture("JPEG"), sidecar_of(tags=["a"])), False, False),
        (picture("PNG"), False, False),
        (b"GIF89a" + b"\0" * 100, False, False),
        (b"", False, False),
        (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000, False, False),
        (movie(3_600_000_000), True, True),
        (movie(0), True, False),
        (b"RIFF\0\0\0\0AVI " + b"\0" * 100, True, True),  # who knows
    ],
)
def test_whether_a_file_has_a_date_of_its_own(content: bytes, video: bool, expected: bool) -> None:
    assert may_have_own_date(content, video=video) == expected
    assert may_have_own_date(io.BytesIO(content), video=video) == expected


class Untouchable(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError("it was looked into")


def taken(facts: Facts, source: bytes | io.BytesIO, name: str, *, video: bool = False, date_from_name: bool = True) -> DateToSend:
    item = MemoryItem(name, source if isinstance(source, bytes) else b"", mtime_ns=MTIME)
    item.facts = facts
    return date_to_send(item, source, video=video, date_from_name=date_from_name)


def test_plain_file_without_a_date_in_its_name_is_not_opened() -> None:
    assert taken(NO_FACTS, Untouchable(b"x"), "IMG_0001.jpg") == DateToSend(MTIME, None, "mtime")
    assert taken(NO_FACTS, Untouchable(b"x"), "20150607_121112.jpg", date_from_name=False) == DateToSend(MTIME, None, "mtime")


def test_date_to_send_falls_back_to_name() -> None:
    by_name = DateToSend(ns("2015-06-07T12:11:12"), "2015-06-07T12:11:12", "name")
    assert taken(NO_FACTS, picture("JPEG"), "20150607_121112.jpg") == by_name
    assert taken(NO_FACTS, movie(0), "20150607_121112.mp4", video=True) == by_name
    assert taken(NO_FACTS, picture("JPEG", "2016:01:01 00:00:00"), "20150607_121112.jpg") == DateToSend(MTIME, None, "mtime")
    assert taken(NO_FACTS, movie(3_600_000_000), "20150607_121112.mp4", video=True) == DateToSend(MTIME, None, "mtime")


def test_a_file_of_an_export_is_looked_into() -> None:
    facts = facts_saying(rule="exact", taken=EXPORT)
    expected = DateToSend(ns("2015-06-07T10:11:12"), "2015-06-07T12:11:12+02:00", "exif")
    assert taken(facts, picture("JPEG", "2015:06:07 12:11:12"), "a.jpg") == expected
    assert taken(facts, picture("JPEG"), "a.jpg").trust == "export"
    assert taken(facts, movie(0), "a.mp4", video=True).trust == "export"
    assert taken(facts, b"RIFF", "a.avi", video=True).trust == "export"
    assert taken(Facts(), picture("JPEG"), "20150607_121112.jpg").trust == "name"


def test_date_to_send_of_unreadable_file_raises() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    for source in (NO_FACTS, facts_saying(rule="exact")):
        with pytest.raises(errors.LocalFailure):
            taken(source, Failing(), "20150607_121112.jpg")


def test_date_to_send_of_unreadable_member_raises() -> None:
    item = BrokenItem("a.jpg", b"", mtime_ns=MTIME)
    item.facts = facts_saying(rule="exact", taken=EXPORT)
    with pytest.raises(errors.LocalFailure):
        date_to_send(item, b"", video=False, date_from_name=True)


def test_item_may_know_more_than_its_beginning_says() -> None:
    """As a large video in an archive, whose movie box lies at its end."""

    class Remembering(MemoryItem):
        def movie(self) -> Movie:
            return Movie(time=LocalTime(datetime(2015, 6, 7, 12, 11, 12), timedelta(hours=2)))

    item = Remembering("a.mov", b"", mtime_ns=MTIME)
    item.facts = facts_saying(rule="exact", taken=EXPORT)
    assert date_to_send(item, b"", video=True, date_from_name=True) == DateToSend(ns("2015-06-07T10:11:12"), None, "exif")
