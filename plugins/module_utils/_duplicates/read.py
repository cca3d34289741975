# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the groups, and what is decided by."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Set

from .._client import api, errors
from .._client.endpoints.duplicates import DuplicateCalls, InAlbum
from .._client.values import Asset
from .._text import one_line
from .model import DISMISS, STACK, DuplicateGroup, DuplicateOptions
from .rules import rule_names

_SEEN = ("timeline", "archive")
_DETAILED_RULES = {"in_album", "has_people", "people", "protected"}


def is_shown(member: Optional[Asset]) -> bool:
    """Whether a user still finds it: not in the trash, locked, hidden or gone."""
    return member is not None and not member.trashed and member.metadata.visibility in _SEEN


def is_still_listed(member: Optional[Asset], group_id: str) -> bool:
    """Whether it would be shown in its group as before."""
    return member is not None and is_shown(member) and member.stack_id is None and member.duplicate_id == group_id


class Reader:
    """Reads what a policy decides by."""

    def __init__(self, client: api.Immich, calls: DuplicateCalls, options: DuplicateOptions) -> None:
        self._calls = calls
        self._client = client
        self._options = options
        self._links: Optional[Dict[str, Set[str]]] = None

    def groups(self) -> List[DuplicateGroup]:
        """All groups by what the list says of them, in an order that stays: the server's is not defined."""
        members_by_group = self._calls.groups()
        groups = [DuplicateGroup(group_id, tuple(members), {}, {}) for group_id, members in members_by_group.items()]
        return sorted(groups, key=lambda group: group.identity)

    def needs_details(self) -> bool:
        """Whether more than the list says is needed to decide, or to say what is merged."""
        if self._options.action not in (DISMISS, STACK) or self._options.groups is not None:
            return True
        return bool(rule_names([*self._options.keep, *self._options.protect]) & _DETAILED_RULES)

    def details(self, group: DuplicateGroup) -> Optional[DuplicateGroup]:
        """The group with all that is known of its members; None where one is no longer listed in it."""
        members = self.read_again(group)
        if members is None:
            return None
        if self._links is None:
            self._links = self._calls.links()
        albums: Dict[str, Sequence[InAlbum]] = {member.id: self._calls.albums_of(member.id, member.owner) for member in members}
        return DuplicateGroup(
            group.id, tuple(members), albums, {member.id: self._links[member.id] for member in members if member.id in self._links}
        )

    def read_again(self, group: DuplicateGroup) -> Optional[List[Asset]]:
        """The members as they are now; None where one is no longer listed in the group."""
        members: List[Asset] = []
        for known in group.members:
            member = self._client.assets.get(known.id)
            if member is None or not is_still_listed(member, group.id):
                return None
            members.append(member)
        return members

    def inside_albums(self) -> Optional[Set[str]]:
        """The ids of what is in the albums of `only_albums`; None without that option. Raises `NotFound` for an album that is not there."""
        names = self._options.only_albums
        if names is None:
            return None
        albums = self._client.albums.mine()
        missing = sorted(set(names) - {album.name for album in albums})
        if missing:
            raise errors.NotFound(
                "The key's user has no album named '%s'. Check O(only_albums)." % one_line(missing[0]),
                path="/albums",
                options=("only_albums",),
            )
        wanted = [album.id for album in albums if album.name in names]
        return {asset_id for album_id in wanted for asset_id in self._client.assets.ids_where(album_id=album_id)}
