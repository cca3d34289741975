# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The CSV files of an export of iCloud Photos (privacy.apple.com), and which picture each row of `Photo Details` is about.

`Photo Details.csv` has a row for each picture: `imgName`, `fileChecksum`, `favorite`, `hidden`, `deleted`, `originalCreationDate` and more;
an album's CSV has one column, `Images`, `imgName` or `imageName` (simulot/immich-go adapters/folder/icloud.go; jaimetur/PhotoMigrator).
"""

from __future__ import annotations

import base64
import csv
import datetime
import hashlib
import io
import re
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from .. import _text, _times
from .._client import errors
from .._files import base, facts
from .._metadata import model
from . import files

_AMBIGUOUS = facts.Facts(rule="ambiguous")
_SALT = b"com.apple.XattrObjectSalt\0com.apple.DataObjectSalt\0"

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
    """What a row of `Photo Details` says. `taken` is in seconds since 1970; `minutes`: it is known to the minute only.

    `checksum` is Apple's (see `apple_checksum`), empty if the row has none.
    """

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
    rows = _rows_of(files.decode(content).replace("\0", ""))
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
    cells: List[str] = []
    for cell in row:
        if cells and _YEAR.match(cell) and _DAY.fullmatch(cells[-1].strip()):
            cells[-1] += "," + cell
        else:
            cells.append(cell)
    return cells


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
    return _times.to_seconds(moment), match.group(6) is None


class _Row(NamedTuple):
    """A row of `Photo Details`, and the path of its file."""

    details: Details
    sidecar: str


class Unusable(NamedTuple):
    """How often something could not be used, and the first example."""

    times: int = 0
    example: str = ""

    def add(self, example: str) -> Unusable:
        return Unusable(self.times + 1, self.example or example[:100])


class PhotoDetails:
    """The rows of all `Photo Details`, each of which speaks of a picture in its own folder, and which picture each is about.

    `by_name` has all pictures by their folded names. `deleted` has the ids of items, `undated` the dates that cannot be read, `alike` the
    paths of pictures that no row certainly belongs to.
    """

    def __init__(self, pictures: Iterable[base.Item]) -> None:
        self.by_name: Dict[str, List[base.Item]] = {}
        self.deleted: Set[int] = set()
        self.undated = self.alike = Unusable()
        self._here = files.group_by_name(pictures)
        self._rows: Dict[Tuple[files.PartFolder, str], List[_Row]] = {}
        self._rows_elsewhere: Dict[str, List[_Row]] = {}
        self._details: Dict[int, Details] = {}  # by the id of the item
        for (_place, key), of_name in self._here.items():
            self.by_name.setdefault(key, []).extend(of_name)

    def read(self, item: base.Item, table: Table, is_here: Callable[[str], bool]) -> bool:
        """Takes in the rows of a `Photo Details` file. False if none of the pictures that they name `is_here`."""
        place, used = files.folder_of(item), False
        for name, details, date in table.details():
            if is_here(name):
                used = True
                if date and details.taken is None:
                    self.undated = self.undated.add(date)
                key, row = _text.fold(name), _Row(details, item.path)
                if (place, key) in self._here:
                    self._rows.setdefault((place, key), []).append(row)
                else:
                    self._rows_elsewhere.setdefault(key, []).append(row)
        return used

    def of(self, item: base.Item) -> Optional[Details]:
        """What is said of a picture, after `match`."""
        return self._details.get(id(item))

    def match(self) -> None:
        """Each row to the file of its name in its folder, else to the only one of its name that nothing was said of."""
        for where, rows in self._rows.items():
            self._assign_rows(self._here[where], rows, "exact")
        for key, rows in self._rows_elsewhere.items():
            left = [item for item in self.by_name[key] if item.facts is facts.NO_FACTS]
            if left:
                self._assign_rows(left, rows, "name")

    def _assign_rows(self, namesakes: List[base.Item], rows: List[_Row], rule: str) -> None:
        """Which row is about which of the files of a name."""
        rows = list({row.details: row for row in reversed(rows)}.values())[::-1]
        same = len({row.details._replace(checksum="") for row in rows}) == 1
        if same and len(rows) >= len(namesakes):
            for item, row in zip(namesakes, rows):
                self._set_facts(item, row, rule)
            return
        by_checksum = {row.details.checksum: row for row in rows if row.details.checksum}
        settled: Set[int] = set()
        left: List[base.Item] = []
        for item in namesakes:
            row_or_none = by_checksum.get(_checksum_or_empty(item)) if by_checksum else None
            if row_or_none is None:
                left.append(item)
            else:
                settled.add(id(row_or_none))
                self._set_facts(item, row_or_none, "checksum")
        others = [row for row in rows if id(row) not in settled]
        if len(left) == len(others) == 1:
            self._set_facts(left[0], others[0], rule)
        elif others:
            for item in left:
                item.facts = _AMBIGUOUS
                self.alike = self.alike.add(item.path)

    def _set_facts(self, item: base.Item, row: _Row, rule: str) -> None:
        details = row.details
        self._details[id(item)] = details
        if details.deleted:
            self.deleted.add(id(item))
        visibility = "archive" if details.hidden else "timeline"
        taken = model.Taken.at(details.taken, to_the_minute=details.minutes)
        item.facts = facts.Facts(rule, row.sidecar, model.Metadata(taken, favorite=details.favorite, visibility=visibility))


def apple_checksum(item: base.Item) -> str:
    """What `fileChecksum` says of a file: the byte 1 and the SHA-1 of a salt and the file's bytes, in base64 without padding.

    Compared with real downloads by two projects in 2026 (the "icloudpd-verify" script, Frameleaf); the salt is also in rustpush's
    `prepare_put`. Raises `OSError` and `LocalFailure` as reading the item does.
    """
    digest = hashlib.sha1(_SALT)
    for block in item.blocks():
        digest.update(block)
    return base64.b64encode(b"\1" + digest.digest()).decode().rstrip("=")


def _checksum_or_empty(item: base.Item) -> str:
    try:
        return apple_checksum(item)
    except (OSError, errors.LocalFailure):  # the upload reports it
        return ""
