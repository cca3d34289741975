# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A photo share of a Synology NAS, as Synology Photos keeps it, and what was copied from one.

It has no files about photos that can be read: albums, tags and people are in the database of Synology Photos (simulot/immich-go#1330 asks
its API for them). Folders become albums with `album_from`. Beside the photos, the NAS keeps what it made of them: in `@eaDir`, which lies
in each folder, a folder for each photo with `SYNOPHOTO_THUMB_*` and `SYNOPHOTO_FILM_*` (immich-app/immich#30690, simulot/immich-go#319).
"""

from __future__ import annotations

import re
from typing import List, Sequence

from .. import _text
from .._files import base
from . import reader

_SYSTEM_FOLDERS = frozenset(["@eadir", "@tmp", "#snapshot"])
_SYSTEM_FILE = re.compile(r"syno(?:file_thumb|photo_thumb|photo_film)_.*|synoindex_[a-z_]+|.*@syno(?:eastream|resource)", re.DOTALL)
_RECYCLE_BIN = "#recycle"

_SYSTEM = "The Synology NAS made it: it is a thumbnail, an index, a temporary file or a snapshot."


def is_thumbnail(path: str) -> bool:
    """Whether a path leads to a thumbnail or an index that the NAS made of a photo."""
    *folders, name = path.lower().split("/")
    return "@eadir" in folders and _SYSTEM_FILE.fullmatch(name) is not None


class SynologyReader(reader.ExportReader):
    """Reads a share. What the NAS made is left out, and the recycle bin is the trash."""

    def classify(self, items: Sequence[base.Item]) -> None:
        for item in items:
            *folders, name = item.inner.lower().split("/")
            if not _SYSTEM_FOLDERS.isdisjoint(folders) or _SYSTEM_FILE.fullmatch(name):
                self.listener.skipped(item.path, "made by the NAS", _SYSTEM)
            elif _text.extension_of(name) in self.media_types:
                self.media.append(item)
            else:
                self.skip_type(item)

    def flags_of(self, item: base.Item) -> reader.Flags:
        folders: List[str] = item.inner.lower().split("/")[:-1]
        return reader.Flags(trashed=_RECYCLE_BIN in folders)
