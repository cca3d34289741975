# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The albums of an export, and the years of its folders. Private to the collection."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

from ... import facts
from . import sidecars, titles
from .catalogue import Folder
from .words import YEARS

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])|(?<![0-9])2100(?![0-9])")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: #[0-9]{1,4})?\Z")
_UNSHOWN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")
_MAX_NAME = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class About(NamedTuple):
    """What a folder is: its `album`, or None; the `year` that it stands for, or None."""

    album: Optional[facts.ExportAlbum]
    year: Optional[int]


def sort_folders(folders: Sequence[Folder], *, keep_untitled: bool) -> List[About]:
    """What each folder is, in their order. Of two albums with one title the second is called "Title (2)"."""
    files = [_album_file(folder) for folder in folders]
    names = [_name(folder, file) if file is not None and (file.title or keep_untitled) else "" for folder, file in zip(folders, files)]
    given = set(names)
    used: Set[str] = set()
    last: Dict[str, int] = {}
    found: List[About] = []
    for folder, file, name in zip(folders, files, names):
        if file is None or not name:
            found.append(About(None, None if file is not None else _year(folder.name)))
            continue
        title = name
        while name in used or (name != title and name in given):
            last[title] = last.get(title, 1) + 1
            name = "%s (%d)" % (title, last[title])
        used.add(name)
        found.append(About(facts.ExportAlbum(name, file.description, file.item.path), None))
    return found


def _album_file(folder: Folder) -> Optional[sidecars.AlbumFile]:
    """The JSON of its album; None if no user made the album: for the folder of a year, or of a day as there were until 2020."""
    if not folder.albums:
        return None
    file = next((one for one in folder.albums if one.title), folder.albums[0])
    return None if _is_year(folder, file) or _is_day(folder, file) else file


def _is_year(folder: Folder, file: sidecars.AlbumFile) -> bool:
    """Whether it is titled as the folders of years are, and most of its pictures were taken in that year."""
    year = _year(file.title)
    if year is None or titles.fold(_YEAR.sub("#", file.title)) not in YEARS:
        return False
    return _most_taken_in(folder, str(year))


def _is_day(folder: Folder, file: sidecars.AlbumFile) -> bool:
    """Whether it is named after a day, has no title but that day, and most of its pictures were taken then."""
    day = _DAY.match(folder.name)
    if day is None or (file.title and not _DAY.match(file.title)):
        return False
    return _most_taken_in(folder, day.group(1))


def _most_taken_in(folder: Folder, period: str) -> bool:
    """Whether most pictures whose time is known were taken in a period (`2019`, `2019-07-31`), in any time zone."""
    taken = [sidecar.taken for sidecar in folder.sidecars if sidecar.taken is not None]
    inside = sum(any(_local(seconds, hours).startswith(period) for hours in (-12, 0, 14)) for seconds in taken)
    return inside * 2 >= len(taken)


def _local(seconds: float, hours: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds, hours=hours)).isoformat()
    except OverflowError:
        return ""


def _year(name: str) -> Optional[int]:
    """The year in the name of a folder, if there is exactly one. The words around it depend on the language."""
    years = Counter(_YEAR.findall(name))
    return int(next(iter(years))) if sum(years.values()) == 1 else None


def _name(folder: Folder, file: sidecars.AlbumFile) -> str:
    """Of the album: the JSON's title, for the folder's name is cut and lacks some characters."""
    name = file.title or folder.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _UNSHOWN.sub(" ", name).strip()[:_MAX_NAME].rstrip() or "Untitled"
