# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cost of an export grows with the number of its files and no faster, whatever lies in one folder. Counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from support.photos.takeouts import Takeout

LONG = "m" * 46


def plain(export: Takeout, number: int) -> None:
    export.add(f"IMG_{number}.jpg")
    export.json(f"IMG_{number}.jpg.supplemental-metadata.json", f"IMG_{number}.jpg")


def of_one_title(export: Takeout, number: int) -> None:
    export.add(f"image({number}).png")
    export.json(f"image.png.supplemental-metadata({number}).json", "image.png", url=str(number))


def without_extension(export: Takeout, number: int) -> None:
    export.add(f"day({number}).jpg")
    export.json(f"day.supplemental-metadata({number}).json", "day", url=str(number))


def of_one_cut_name(export: Takeout, number: int) -> None:
    ending = f"({number})" if number else ""
    export.add(f"{LONG}x{ending}.jpg")
    export.json(f"{LONG}{ending}.json", f"{LONG}x{number}.jpg")


def cut_to_one_json(export: Takeout, number: int) -> None:
    ending = f"({number})" if number else ""
    export.add(f"{LONG[:30]}{chr(0x4E00 + number)}{LONG[:16]}.jpg")
    export.json(f"{LONG}{ending}.json", f"{LONG}{chr(0x4E00 + number)}.jpg")


def with_company(export: Takeout, number: int) -> None:
    plain(export, number)
    export.add(f"IMG_{number}-edited.jpg")
    export.add(f"IMG_{number}.mp4")
    export.add(f"alone-{number}-bearbeitet.jpg")


def with_cut_copies(export: Takeout, number: int) -> None:
    stem = f"{number:05}" + LONG[:40]
    export.add(f"{stem}.jpg")
    export.add(f"{stem}-e.jpg")
    export.json(f"{stem}..json", f"{stem}.jpg")


def all_in_doubt(export: Takeout, number: int) -> None:
    export.add(f"X({number}).jpg")
    export.json(f"X.jpg({number}).json", "X.jpg", url=f"a{number}")
    export.json(f"X({number}).jpg.json", f"X({number}).jpg", url=f"b{number}")


def albums_of_one_title(export: Takeout, number: int) -> None:
    folder = f"Takeout/Google Photos/Trip({number})"
    export.album("Trip", folder=folder)
    export.add(f"{number}.jpg", folder=folder)


def copies(export: Takeout, number: int) -> None:
    for folder in ("Photos from 2020", f"Album {number % 20}"):
        export.add(f"{number}.jpg", folder=f"Takeout/Google Photos/{folder}")
        export.json(f"{number}.jpg.json", f"{number}.jpg", folder=f"Takeout/Google Photos/{folder}")


def of_one_path(export: Takeout, number: int) -> None:
    """Adds a file with the same path and size as all others and with other bytes, as a ZIP archive can have it."""
    export.add("IMG_1.jpg", b"%08d" % number)


def calls_for(fill: Callable[[Takeout, int], None], count: int) -> int:
    """How many functions are called to read an export of so many pictures."""
    export = Takeout()
    for number in range(count):
        fill(export, number)
    calls = 0

    def count_calls(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count_calls)
    try:
        export.read()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "fill",
    [
        plain,
        of_one_title,
        without_extension,
        of_one_cut_name,
        cut_to_one_json,
        with_company,
        with_cut_copies,
        all_in_doubt,
        albums_of_one_title,
        copies,
        of_one_path,
    ],
    ids=lambda fill: fill.__name__,
)
def test_eight_times_the_files_take_eight_times_the_calls(fill: Callable[[Takeout, int], None]) -> None:
    assert calls_for(fill, 800) < 8.5 * calls_for(fill, 100)


def test_the_calls_for_a_picture_are_few() -> None:
    """Those of JSON, the memory item and this test's own check are among them."""
    assert calls_for(plain, 400) < 400 * 500
