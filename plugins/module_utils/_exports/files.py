# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What readers of exports ask of files: their content, bounded and decoded, and positions in it; their names, and where they lie."""

from __future__ import annotations

import codecs
import functools
import os
import unicodedata
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from .. import _text
from .._client import errors
from .._files import base
from .._metadata import model

LARGEST = 16 * 1024 * 1024
"""Bytes of a CSV or INI file. Those about 100,000 pictures are smaller."""

LARGEST_JSON = 4 * 1024 * 1024
"""Bytes of a JSON file, which takes up to a hundred times as much memory while it is read."""

# The stills that phones take together with a video, best first.
_LIVE = {".heic": 0, ".heif": 1, ".jpg": 2, ".jpeg": 3}

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_content(item: base.Item, limit: int = LARGEST) -> bytes:
    """All bytes of a file of at most `limit`. Raises `LocalFailure` for a larger one, and if it cannot be read."""
    if item.size > limit:
        raise _too_large(limit)
    try:
        content = item.read(limit + 1)
    except OSError as exc:
        raise errors.unreadable(exc) from exc
    if len(content) > limit:
        raise _too_large(limit)
    return content


def read_json(item: base.Item) -> Any:
    """The value in a JSON file. Raises `LocalFailure` for what is not JSON, and as `read_content` does."""
    try:
        return _text.parse_json(read_content(item, LARGEST_JSON))
    except ValueError as exc:
        raise errors.LocalFailure("The file is not JSON: %s." % exc) from None


def text_in(value: Any) -> str:
    """A text of JSON; empty for any other value."""
    return value if isinstance(value, str) else ""


def objects_in(value: Any, most: int) -> List[Dict[str, Any]]:
    """The objects of a list of JSON, of which so many entries are looked at; none for any other value."""
    return [entry for entry in value[:most] if isinstance(entry, dict)] if isinstance(value, list) else []


def decode(content: bytes, code_page: str = "cp1252") -> str:
    """The text: in UTF-8 or UTF-16, with or without a byte order mark, else in the code page of Windows that is named."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if b"\0" in content[:2]:  # the first character is ASCII in each of these files
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(code_page, "replace")


def position_of(latitude: Any, longitude: Any) -> Optional[model.Position]:
    """The position of these degrees; None for what are not numbers or not degrees, and for 0/0, by which programs mean no position."""
    for number, most in ((latitude, 90), (longitude, 180)):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) <= most:  # nor is NaN
            return None
    return model.Position(float(latitude), float(longitude)) if latitude or longitude else None


def _too_large(limit: int) -> errors.LocalFailure:
    return errors.LocalFailure("The file is larger than %d MiB, which no file of its kind is." % (limit // (1024 * 1024)))


class PartFolder(NamedTuple):
    """A folder in one part of an export. `part` is what the paths of its files begin with, `folder` ends in a slash or is empty."""

    part: str
    folder: str

    @property
    def title(self) -> str:
        """The folder's own name."""
        return self.folder[:-1].rpartition("/")[2]

    @property
    def parent(self) -> PartFolder:
        """The folder around it."""
        return PartFolder(self.part, self.folder[: self.folder[:-1].rfind("/") + 1])


def folder_of(item: base.Item) -> PartFolder:
    """The folder that a file lies in."""
    inner, path = item.inner, item.path
    part = path[: len(path) - len(inner)] if path.endswith(inner) else ""
    return _place(part, item.below)


@functools.lru_cache(maxsize=1024)  # the files of a folder share one
def _place(part: str, folder: str) -> PartFolder:
    return PartFolder(part, folder)


def folder_parts(item: base.Item) -> Tuple[str, ...]:
    """The names of the folders that lead to a file: inside the part of the export if there are two, else with those around it."""
    inner = item.inner.split("/")[:-1]
    if len(inner) < 2 and item.path.endswith("/" + item.inner):  # not the member of an archive
        inner = item.path.split("/")[:-1]
    return tuple(unicodedata.normalize("NFC", part) for part in inner if part)


def shared_folder(item: base.Item) -> Tuple[str, ...]:
    """The last two names: what files of one folder have in common, whichever parts they are in and wherever these were unpacked.

    A Takeout has no two folders with the same.
    """
    return folder_parts(item)[-2:]


def stem_of(item: base.Item) -> str:
    """The file's name without its extension, to compare with others."""
    return _text.fold(os.path.splitext(item.file_name)[0])


def group_by_name(items: Iterable[base.Item]) -> Dict[Tuple[PartFolder, str], List[base.Item]]:
    """The files by folder and folded name: several of one only where names differ in case, or an archive has one twice."""
    groups: Dict[Tuple[PartFolder, str], List[base.Item]] = {}
    for item in items:
        groups.setdefault((folder_of(item), _text.fold(item.file_name)), []).append(item)
    return groups


def inherit_live(items: Iterable[base.Item], media_types: Mapping[str, str]) -> List[Tuple[base.Item, base.Item]]:
    """Gives videos without facts those of the still of the same name in their folder (rule `live`). Returns them, each with its still.

    `media_types` as in `ExportReader`.
    """
    stills: Dict[Tuple[PartFolder, str], base.Item] = {}
    videos = []
    for item in items:
        extension, rule = item.extension, item.facts.rule
        if extension in _LIVE and rule not in ("none", "ambiguous"):
            key = folder_of(item), stem_of(item)
            if key not in stills or _LIVE[extension] < _LIVE[stills[key].extension]:
                stills[key] = item
        elif media_types.get(extension) == "video" and rule == "none":
            videos.append(item)
    pairs = [(video, stills[key]) for video, key in ((video, (folder_of(video), stem_of(video))) for video in videos) if key in stills]
    for video, still in pairs:
        video.facts = still.facts._replace(rule="live")
    return pairs
