# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The large library that `make scale` measures on, and what it says of numbers that grow faster than the library."""

from __future__ import annotations

from collections import Counter

import pytest

from scale.__main__ import main
from scale.library import COVER, STACKED, STEP, STILL, VIDEO, photos
from scale.server import Traffic
from scale.table import rst, too_fast
from scale.verbs import Measured


def measured(size: int, requests: int, received: int, peak: int) -> Measured:
    return Measured("copy", size, 1.0, 1.0, peak, {"POST /search/metadata": Traffic(requests, 1, received)})


def test_library_has_a_fifth_in_one_moment() -> None:
    size = 10 * STEP
    library = list(photos(size))
    roles = Counter(photo.role for photo in library)
    assert (roles[COVER], roles[STACKED], roles[STILL], roles[VIDEO]) == (size // 100,) * 4
    (_moment, most), (_other, next_most) = Counter(photo.taken for photo in library).most_common(2)
    assert size // 5 <= most <= size // 4
    assert next_most == 2
    assert len({photo.content for photo in library}) == len({photo.path for photo in library}) == size
    assert [library[photo.number - 1].name for photo in library if photo.role == STACKED] == [
        photo.name.replace("DNG", "JPG") for photo in library if photo.role == STACKED
    ]


def test_library_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="501"):
        next(photos(501))
    with pytest.raises(SystemExit):
        main(["--sizes", "501"])


def test_faster_growth_than_library_is_named() -> None:
    few = measured(10_000, 100, 1_000, 50_000_000)
    assert too_fast([few, measured(100_000, 1_100, 11_000, 550_000_000)]) == []
    (problem,) = too_fast([measured(100_000, 1_101, 11_000, 550_000_000), few])
    assert problem.startswith("copy: requests grow ×11.0 from 10,000 photos")
    assert len(too_fast([few, measured(100_000, 1_101, 11_001, 550_000_001)])) == 3


def test_table_has_growth_of_larger_library() -> None:
    rows = [
        line.strip(" *-") for line in rst([measured(10_000, 100, 1_000_000, 50_000_000), measured(100_000, 900, 9_000_000, 59_000_000)])
    ]
    assert rows[rows.index("100,000") - 1 : rows.index("100,000") + 7] == [
        *("Copy", "100,000", "900", "9.0", "59", "1.0", "×9.0, ×9.0, ×1.2", "100"),
    ]
    assert rows[-1] == "900 × ``POST /search/metadata``"
