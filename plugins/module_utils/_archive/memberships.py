# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which albums, tags and stack each asset has: read before the assets, since their list does not say it."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _ids
from .._archive_format import record
from .._client import values
from .._selection.library import Library


class AlbumMembers(NamedTuple):
    """An album with its members: `members` are the keys of assets (see `pack_id`), in the order in which Immich shows them."""

    album: record.AlbumRecord
    members: Sequence[bytes]


class Memberships:
    """Read when this is made: two or more calls for each album and tag, one for each stack and each month. Some 150 bytes for each asset
    that is in albums, and as many for one that has tags."""

    def __init__(self, library: Library) -> None:
        self.albums: List[AlbumMembers] = []
        self._tags: List[str] = []
        self._of_albums: Dict[bytes, Tuple[int, ...]] = {}
        self._of_tags: Dict[bytes, Tuple[int, ...]] = {}
        self._stacks: Dict[bytes, str] = {}
        self._read_albums(library)
        self._read_tags(library)
        for stacked in library.stacks():
            if len(stacked) > 1:
                self._stacks.update((_ids.pack_id(asset.id), stacked[0].id) for asset in stacked)

    def albums_of(self, asset_id: str) -> List[record.AlbumRecord]:
        """The albums of an asset, the oldest first."""
        return [self.albums[number].album for number in self._of_albums.get(_ids.pack_id(asset_id), ())]

    def has_albums(self, asset_id: str) -> bool:
        """Whether an asset is in an album."""
        return _ids.pack_id(asset_id) in self._of_albums

    def tags_of(self, asset_id: str) -> Tuple[str, ...]:
        """The tags of an asset, such as `Trip/Rome`, sorted. Of a tag and one below it only the lower one is known."""
        return tuple(sorted(self._tags[number] for number in self._of_tags.get(_ids.pack_id(asset_id), ())))

    def stack_of(self, asset_id: str) -> Optional[str]:
        """The id of the asset on top of its stack; None for one that is in no stack."""
        return self._stacks.get(_ids.pack_id(asset_id))

    def _read_albums(self, library: Library) -> None:
        for album in library.albums():
            dated_keys = [(asset.taken or 0.0, _ids.pack_id(asset.id)) for page in library.members(album.id) for asset in page]
            dated_keys.sort(reverse=album.order != "asc")
            alone, keys = (len(self.albums),), list(dict.fromkeys(key for _taken, key in dated_keys))
            for key in keys:
                _add(self._of_albums, key, alone)
            self.albums.append(AlbumMembers(_record(album), keys))

    def _read_tags(self, library: Library) -> None:
        # The lower ones first: an asset is found under those above as well.
        by_depth = sorted(library.tags().items(), key=lambda entry: (-entry[0].count("/"), entry[0]))
        below: Set[Tuple[bytes, str]] = set()
        for value, tag_id in by_depth:
            alone = (len(self._tags),)
            self._tags.append(value)
            above = value.rpartition("/")[0]
            for page in library.tagged(tag_id):
                for asset in page:
                    key = _ids.pack_id(asset.id)
                    if (key, value) not in below:
                        _add(self._of_tags, key, alone)
                    if above:
                        below.add((key, above))


def _add(known: Dict[bytes, Tuple[int, ...]], key: bytes, alone: Tuple[int]) -> None:
    """Adds the number in `alone`, which those that have no other one share: most are in one album, or have one tag."""
    before = known.get(key)
    known[key] = alone if before is None else before + alone


def _record(album: values.Album) -> record.AlbumRecord:
    users = tuple((user.email, user.role) for user in album.users)
    return record.AlbumRecord(album.id, album.name, album.description, album.order or "desc", users, album.created)
