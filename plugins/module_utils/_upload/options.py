# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an upload is asked to do: the module's options as plain values."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence, Tuple

from .. import _options, _zip_imports
from .._client import errors
from .._metadata import model
from .._run import throttle
from .._sources.exports import layouts
from .._sources.exports.export import ExportOptions
from .._sources.naming import stack_kinds

ALBUM_FROM = ("auto", "none", "folder", "path", "export")
KINDS = ("image", "video")

# Folders and files that NAS systems, operating systems and photo programs leave among the photos, left out with `default_excludes`.
DEFAULT_EXCLUDE = [
    "@eaDir/",
    "@__thumb/",
    "SYNOFILE_THUMB_*.*",
    "Lightroom Catalog/",
    "thumbnails/",
    ".DS_Store",
    "._*",
    ".Spotlight-V100/",
    ".photostructure/",
    "Recently Deleted/",
    "#recycle/",
    "@Recycle/",
    "@Recently-Snapshot/",
    "SYNOPHOTO_THUMB_*",
    ".picasaoriginals/",
]


def cache_path(value: object) -> Optional[str]:
    """Where the option `checksum_cache` wants it: its default place for true, None for false (in YAML's words), else a path."""
    text = str(value)
    if text.lower() in ("false", "no", "off", "n", "f", "0"):
        return None
    if text.lower() not in ("true", "yes", "on", "y", "t", "1"):
        return os.path.expanduser(os.path.expandvars(text))
    return os.path.join(_zip_imports.cache_folder(), "checksums.sqlite")


def normalise_tags(tags: Sequence[str]) -> List[str]:
    """Tags as Immich keeps them: `/` between levels, none at the ends, each once. Raises `InvalidRequest` for one that cannot be one."""
    found = ["/".join(part for part in value.split("/") if part) for value in tags]
    if not all(found):
        raise errors.InvalidRequest("One of the tags is empty.")
    if not all(map(model.is_text, found)):
        raise errors.InvalidRequest("One of the tags has a line break, or another character that no tag can have.")
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class TransferOptions(throttle.RunOptions):
    """What the threads that check and send files go by. `checksum_cache` is a path or None for none."""

    tags: List[str] = _options.option([])
    people_as_tags: bool = False
    date_from_name: bool = True
    favorite: bool = False
    visibility: str = _options.option("timeline", choices=("timeline", "archive", "hidden", "locked"))
    delete_local: bool = False
    checksum_cache: Optional[str] = _options.option(None, type="raw", spec_default=True, convert=cache_path)
    verify: bool = False


@dataclass(frozen=True)
class Options(TransferOptions):
    """The module's options, documented there.

    `taken_after` and `taken_before` are in seconds since 1970 (UTC).
    """

    src: List[str] = _options.option([], type="path", required=True)
    recursive: bool = True
    follow: bool = False
    hidden: bool = False
    ignore_missing: bool = False
    include: List[str] = _options.option([])
    exclude: List[str] = _options.option([])
    default_excludes: bool = True
    kinds: Tuple[str, ...] = _options.option(KINDS, name="types", choices=KINDS)
    sidecars: bool = True
    album: Optional[str] = None
    album_id: Optional[str] = None
    album_from: str = _options.option("auto", choices=ALBUM_FROM)
    album_joiner: str = " / "
    layout: str = _options.option("auto", choices=layouts.CHOICES)
    export: ExportOptions = _options.group(ExportOptions)
    existing_metadata: str = _options.option("leave", choices=("leave", "complete"))
    taken_after: Optional[float] = _options.option(None, type="str")
    taken_before: Optional[float] = _options.option(None, type="str")
    live_photos: bool = True
    stack: Tuple[str, ...] = _options.option((), choices=stack_kinds.KINDS)
    stack_cover: Mapping[str, str] = _options.option({}, type="dict", options=stack_kinds.COVER_OPTIONS, convert=stack_kinds.given_covers)
    server_trash: str = _options.option("leave", choices=("leave", "restore"))
    return_assets: int = 0

    @property
    def excluded(self) -> List[str]:
        """All patterns of what is left out."""
        return [*self.exclude, *DEFAULT_EXCLUDE] if self.default_excludes else self.exclude

    @property
    def restores_trashed(self) -> bool:
        """Whether files that are in the server's trash are restored."""
        return self.server_trash == "restore"

    @property
    def has_albums(self) -> bool:
        """Whether files go into albums that no export names."""
        return bool(self.album or self.album_id) or self.album_from in ("folder", "path")

    @property
    def takes_export_albums(self) -> bool:
        """Whether files go into the albums that an export names. What lies in the locked folder has no albums."""
        return not self.has_albums and (self.album_from == "export" or (self.album_from == "auto" and self.visibility != "locked"))

    @property
    def organises(self) -> bool:
        """Whether something is to be done with each file once the server has it."""
        completes = self.existing_metadata == "complete"
        return self.has_albums or bool(self.tags or self.stack) or completes or self.restores_trashed or self.delete_local
