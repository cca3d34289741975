# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an upload is asked to do: the module's options as plain values. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Optional, Tuple

ALBUM_FROM = ("none", "folder", "path")
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
]


@dataclass(frozen=True)
class Options:
    """The module's options, documented there. `bandwidth_limit` is in bytes a second, `checksum_cache` a path or None for none."""

    src: List[str]
    recursive: bool = True
    follow: bool = False
    hidden: bool = False
    include: List[str] = field(default_factory=list)
    exclude: List[str] = field(default_factory=list)
    default_excludes: bool = True
    kinds: Tuple[str, ...] = KINDS
    sidecars: bool = True
    album: Optional[str] = None
    album_id: Optional[str] = None
    album_from: str = "none"
    album_joiner: str = " / "
    tags: List[str] = field(default_factory=list)
    favorite: bool = False
    visibility: str = "timeline"
    restore_trashed: bool = False
    delete_local: bool = False
    checksum_cache: Optional[str] = None
    verify: bool = False
    concurrency: int = 4
    bandwidth_limit: Optional[float] = None
    max_failures: int = 0
    report: Optional[str] = None
    return_assets: int = 0

    @property
    def excluded(self) -> List[str]:
        """All patterns of what is left out."""
        return [*self.exclude, *DEFAULT_EXCLUDE] if self.default_excludes else self.exclude

    @property
    def organises(self) -> bool:
        """Whether something is to be done with files once the server has them."""
        has_album = bool(self.album or self.album_id) or self.album_from != "none"
        return has_album or bool(self.tags) or self.restore_trashed or self.delete_local
