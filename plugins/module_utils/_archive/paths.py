# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The paths of assets in an archive, by the option `layout`; and what is written of each.

In names of files and folders, what Windows, FAT and macOS do not take or do not tell apart is avoided everywhere, so that an archive can be
copied to any disk.
"""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import timedelta
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .. import _ids, _text, _times
from .._archive_format.record import FOLDER, ArchiveRecord
from .._client import errors, values
from .memberships import Memberships

FIELDS = ("year", "month", "day", "album", "owner", "type", "name")
LONGEST_NAME = 240
"""Bytes of a file's name: `.xmp` and a mark that tells it from others fit behind it."""

_LONGEST_FOLDER = 120
_MOST_FOLDERS = 16
_FIELD = re.compile(r"\{([^{}]*)\}")


class PathTemplate(NamedTuple):
    """A template, cut into its folders and the name of the file."""

    folders: Tuple[str, ...]
    name: str

    def fill(self, values: Mapping[str, str]) -> Tuple[Tuple[str, ...], str]:
        """The folders and the name of a file. `values` has a text for each of `FIELDS`, which may hold anything."""
        folders = [_filled(folder, values, _LONGEST_FOLDER) for folder in self.folders]
        name = _filled(self.name, values, LONGEST_NAME)
        if folders and _text.fold(folders[0]) == FOLDER:  # which is ours
            folders[0] += "_"
        elif not folders and _text.fold(name) == FOLDER:
            name += "_"
        return tuple(folders), name


def parse_path_template(text: str) -> PathTemplate:
    """Reads the option. Raises `InvalidRequest`."""
    parts = [part for part in text.strip().split("/") if part]
    for field in _FIELD.findall(text):
        if field not in FIELDS:
            raise _refused(text, "{%s} is unknown. There are %s" % (_text.one_line(field), ", ".join("{%s}" % name for name in FIELDS)))
    if "{" in _FIELD.sub("", text) or "}" in _FIELD.sub("", text):
        raise _refused(text, "a brace is not closed or not opened")
    if any(part.strip() in (".", "..") for part in parts):
        raise _refused(text, "it has . or .. for a folder")
    if any("{name}" in part for part in parts[:-1]):
        raise _refused(text, "{name} is the name of the file, so it can only stand in the last part")
    has_name = bool(parts) and "{name}" in parts[-1]
    if has_name and not parts[-1].endswith("{name}"):
        raise _refused(text, "{name} must stand at the end, since it ends in the extension")
    folders: List[str] = parts[:-1] if has_name else parts
    if len(folders) > _MOST_FOLDERS:
        raise _refused(text, "it has more than %d folders" % _MOST_FOLDERS)
    return PathTemplate(tuple(folders), parts[-1] if has_name else "{name}")


def _filled(part: str, values: Mapping[str, str], longest: int) -> str:
    return fit(_FIELD.sub(lambda match: values[match.group(1)], part), longest)


def _refused(text: str, why: str) -> errors.InvalidRequest:
    return errors.wrong_option("layout", "cannot be '%s': %s." % (_text.one_line(text), why))


_MARK = 8  # digits of a checksum, which tell a name from others
_UNDATED = {"year": "undated", "month": "00", "day": "00"}
_NO_ALBUM = "no album"


class AssetPaths:
    """Finds paths in an archive for assets that have none. `owner` is the name of the key's user."""

    def __init__(self, layout: PathTemplate, memberships: Memberships, owner: str) -> None:
        self._layout = layout
        self._memberships = memberships
        self._owner = owner
        self._stills: Dict[bytes, str] = {}  # by the keys of videos of live photos, the paths of their stills

    def note(self, asset: values.Asset, path: str) -> None:
        """Notes that the asset lies there, so that the video of a live photo will lie beside it."""
        if asset.live_video is not None:
            self._stills[_ids.pack_id(asset.live_video)] = path

    def candidates(self, asset: values.Asset) -> Iterator[str]:
        """The paths that it may have, of which it gets the first that is free; the same each time, so that it is found again."""
        still = self._stills.get(_ids.pack_id(asset.id))
        extension = os.path.splitext(asset.name)[1]
        if still is not None:
            path = os.path.splitext(still)[0]
            folder, _slash, stem = path.rpartition("/")
            folders, name = tuple(folder.split("/")) if folder else (), fit(stem + extension, LONGEST_NAME)
        else:
            folders, name = self._layout.fill(self._values(asset))
        yield "/".join((*folders, name))
        yield "/".join((*folders, with_mark(name, "~" + asset.sha1[:_MARK], LONGEST_NAME)))
        yield "/".join((*folders, with_mark(name, "~" + asset.id, LONGEST_NAME)))

    def record(self, asset: values.Asset, path: str, *, checksum: str, size: int) -> ArchiveRecord:
        """What the manifest says of an asset whose bytes have this SHA-1 (in hex) and size."""
        return ArchiveRecord(
            id=asset.id,
            path=path,
            checksum=checksum,
            size=size,
            name=asset.name,
            server_checksum=None if asset.sha1 == checksum else asset.sha1,
            modified=_iso_or_empty(asset.modified),
            live=asset.live_video,
            stack=self._memberships.stack_of(asset.id),
            metadata=asset.metadata._replace(
                tags=self._memberships.tags_of(asset.id),
                people=tuple(sorted(set(asset.metadata.people))),
                albums=tuple(sorted({album.name for album in self._memberships.albums_of(asset.id)})),
            ),
        )

    def _values(self, asset: values.Asset) -> Dict[str, str]:
        moment = _times.from_seconds(asset.local if asset.local is not None else asset.taken)
        date = _UNDATED
        if moment is not None:
            date = {"year": "%04d" % moment.year, "month": "%02d" % moment.month, "day": "%02d" % moment.day}
        albums = self._memberships.albums_of(asset.id)
        return {
            **date,
            "album": albums[0].name if albums else _NO_ALBUM,
            "owner": self._owner,
            "type": "videos" if asset.kind == "video" else "photos",
            "name": asset.name,
        }


def _iso_or_empty(seconds: Optional[float]) -> str:
    moment = _times.from_seconds(seconds)
    return "" if moment is None else _times.to_iso(moment, timedelta())


_LONGEST_EXTENSION = 16
_UNNAMED = "_"

# Windows: reserved characters. Controls and halves of surrogate pairs besides, and what a terminal would obey.
_UNFIT = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]')
# Windows: names of devices, with any extension too, and with superscript digits.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)


def fit(name: str, longest: int) -> str:
    """A single name, of a file or folder, made from any text; at most so many bytes of UTF-8. Its extension is kept.

    It does not begin with a dot, which would hide it, and does not end with a dot or a blank, which Windows would cut off.
    """
    name = unicodedata.normalize("NFC", _UNFIT.sub("_", name)).strip(" ").rstrip(". ")
    if name.startswith("."):
        name = "_" + name[1:]
    stem, extension = os.path.splitext(name)
    stem, extension = stem.rstrip(". "), extension.rstrip(". ")
    first = stem.partition(".")[0].rstrip(" ")
    if _DEVICE.fullmatch(first):
        stem = first + "_" + stem[len(first) :]
    if len(extension.encode()) > _LONGEST_EXTENSION:
        stem, extension = stem + extension, ""
    stem = _cut(stem, longest - len(extension.encode())).rstrip(". ")
    return (stem or _UNNAMED) + extension


def with_mark(name: str, mark: str, longest: int) -> str:
    """The name with a mark before its extension, by which it differs from others."""
    stem, extension = os.path.splitext(name)
    if len(extension.encode()) > _LONGEST_EXTENSION:
        stem, extension = name, ""
    return _cut(stem, longest - len((mark + extension).encode())).rstrip(". ") + mark + extension


def _cut(text: str, longest: int) -> str:
    return text.encode("utf-8", "replace")[: max(longest, 0)].decode("utf-8", "ignore")
