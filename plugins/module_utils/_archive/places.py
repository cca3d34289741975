# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an asset goes, and what is written of it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Dict, Iterator, Optional

from .._archive_format.record import Record
from .._client import values
from .._ids import pack_id
from .._times import from_seconds, to_iso
from .filenames import LONGEST_NAME, Layout, with_mark
from .memberships import Memberships
from .tree import join

_MARK = 8  # digits of a checksum, by which a name is told from others
_UNDATED = {"year": "undated", "month": "00", "day": "00"}
_NO_ALBUM = "no album"


class Places:
    """Finds places in an archive for assets that have none. `owner` is the name of the key's user."""

    def __init__(self, layout: Layout, memberships: Memberships, owner: str) -> None:
        self._layout = layout
        self._memberships = memberships
        self._owner = owner
        self._stills: Dict[bytes, str] = {}  # by the keys of videos of live photos, the paths of their stills

    def note(self, asset: values.Asset, path: str) -> None:
        """The asset lies there; so the video of a live photo will lie beside it."""
        if asset.live_video is not None:
            self._stills[pack_id(asset.live_video)] = path

    def candidates(self, asset: values.Asset) -> Iterator[str]:
        """Where it may go: the first place that is free. They are the same each time, so that what lies there is found again."""
        still = self._stills.get(pack_id(asset.id))
        extension = os.path.splitext(asset.name)[1]
        if still is not None:
            path = os.path.splitext(still)[0]
            folder, _slash, stem = path.rpartition("/")
            folders, name = tuple(folder.split("/")) if folder else (), self._layout.fit_name(stem + extension)
        else:
            folders, name = self._layout.place(self._values(asset))
        yield join(folders, name)
        yield join(folders, with_mark(name, "~" + asset.sha1[:_MARK], LONGEST_NAME))
        yield join(folders, with_mark(name, "~" + asset.id, LONGEST_NAME))

    def record(self, asset: values.Asset, path: str, *, checksum: str, size: int) -> Record:
        """What the manifest says of an asset whose bytes have this SHA-1 (in hex) and size."""
        return Record(
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
                albums=tuple(sorted({one.name for one in self._memberships.albums_of(asset.id)})),
            ),
        )

    def _values(self, asset: values.Asset) -> Dict[str, str]:
        moment = from_seconds(asset.local if asset.local is not None else asset.taken)
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
    moment = from_seconds(seconds)
    return "" if moment is None else to_iso(moment, timedelta())
