# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The CSV files of an export of iCloud Photos (privacy.apple.com).

`Photo Details.csv` has a row for each picture: `imgName`, `fileChecksum`, `favorite`, `hidden`, `deleted`, `originalCreationDate` and more;
an album's CSV has one column, `Images`, `imgName` or `imageName` (simulot/immich-go adapters/folder/icloud.go; jaimetur/PhotoMigrator).
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ..._times import to_seconds
from . import files

_MOST_ROWS = 500_000
_ALBUM_COLUMNS = ("images", "imgname", "imagename")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# `Saturday June 4,2022 12:11 PM GMT`. Java, which writes it, puts U+202F before the PM since version 20.
_DATE = re.compile(
    r"(?:\w+,?\s+)?([a-z]{3})[a-z]*\s+(\d\d?),\s*(\d{4})\s+(\d\d?):(\d\d)(?::(\d\d))?(?:\s*([ap])m)?\s*(?:gmt|utc)", re.IGNORECASE
)
_DAY = re.compile(r"\w+\s+\w+\s+\d\d?", re.ASCII)
_YEAR = re.compile(r"\s*\d{4}\s+\d\d?:\d\d")


class Details(NamedTuple):
    """What a row of `Photo Details` says. `checksum` is Apple's (see `apple_checksum`); for `taken` and `minutes` see `Facts`."""

    taken: Optional[float]
    minutes: bool
    favorite: bool
    hidden: bool
    deleted: bool
    checksum: str


class Table(NamedTuple):
    """A CSV file: the names of its columns, in lower case, and its rows."""

    columns: List[str]
    rows: Iterator[List[str]]

    @property
    def is_details(self) -> bool:
        """Whether its rows describe pictures."""
        return "imgname" in self.columns and not {"originalcreationdate", "filechecksum"}.isdisjoint(self.columns)

    @property
    def is_album(self) -> bool:
        """Whether it lists the pictures of an album, or of a memory."""
        return len(self.columns) == 1 and self.columns[0] in _ALBUM_COLUMNS

    def details(self) -> Iterator[Tuple[str, Details, str]]:
        """Each picture's name, what is said of it, and its date as it is written."""
        at = {column: index for index, column in reversed(list(enumerate(self.columns)))}

        def cell(row: List[str], column: str) -> str:
            index = at.get(column, len(row))
            return row[index].strip() if index < len(row) else ""

        def flag(row: List[str], column: str) -> bool:
            return cell(row, column).lower() in ("yes", "true")

        for row in self.rows:
            if len(row) > len(self.columns):
                row = _with_whole_dates(row)
            date = cell(row, "originalcreationdate")
            taken, minutes = parse_date(date)
            flags = [flag(row, column) for column in ("favorite", "hidden", "deleted")]
            yield cell(row, "imgname"), Details(taken, minutes, flags[0], flags[1], flags[2], cell(row, "filechecksum")), date

    def names(self) -> Iterator[str]:
        """The names of an album's pictures. They are not quoted, so that a comma seems to begin another column."""
        for row in self.rows:
            yield ",".join(row).strip()


def table_of(content: bytes) -> Table:
    """Reads a CSV file. A row that cannot be parsed is left out, and so are those behind the first 500,000."""
    rows = _rows_of(files.decoded(content).replace("\0", ""))
    return Table([column.strip().lower() for column in next(rows, [])], rows)


def _rows_of(text: str) -> Iterator[List[str]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    for _number in range(_MOST_ROWS):
        try:
            row = next(rows, None)
        except csv.Error:  # a field of more than 128 KiB: a quotation mark that nothing closes
            continue
        if row is None:
            return
        if row:
            yield row


def _with_whole_dates(row: List[str]) -> List[str]:
    """A row whose dates are not quoted: the comma in them made two cells of each."""
    found: List[str] = []
    for cell in row:
        if found and _YEAR.match(cell) and _DAY.fullmatch(found[-1].strip()):
            found[-1] += "," + cell
        else:
            found.append(cell)
    return found


def parse_date(date: str) -> Tuple[Optional[float], bool]:
    """A date of Apple's in seconds since 1970, and whether it is known to the minute only; None for what is not one."""
    match = _DATE.fullmatch(date.replace("\u202f", " ").strip()) if len(date) < 100 else None
    month = match.group(1).lower() if match else ""
    if match is None or month not in _MONTHS:
        return None, False
    day, year, hour, minute = (int(match.group(number)) for number in (2, 3, 4, 5))
    half = (match.group(7) or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        moment = datetime.datetime(year, _MONTHS.index(month) + 1, day, hour, minute, int(match.group(6) or 0))
    except ValueError:  # the 31st of June
        return None, False
    return to_seconds(moment), match.group(6) is None
