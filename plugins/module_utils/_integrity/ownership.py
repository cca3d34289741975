# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose a file is that the report calls untracked. Such an entry may be older than the asset that has the file by now, and no check of
Immich's takes it away again: deleting it would delete an original.

An administrator's key does not see the assets of others, so each user who could have the file is asked with a key of the user's own. Where
anything is not known, the file stays. That a search finds nothing counts only if it finds an original that the same user has for certain.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, List, NamedTuple, Optional, Sequence

from .. import _option_names
from .._client import api, connection, errors
from .._client.endpoints.integrity import PLAIN_PATH, Account, Entry, IntegrityCalls, OwnerCalls
from .._deletions.confirm import Look, confirm
from .._ids import UUID
from .._text import fold, printable

LIBRARY, UPLOAD, THUMBS, ENCODED_VIDEO = "library", "upload", "thumbs", "encoded-video"
FOLDERS = (ENCODED_VIDEO, LIBRARY, THUMBS, UPLOAD)
_DERIVED = (THUMBS, ENCODED_VIDEO)

# As Immich names what it stores: by the user's id, and below it two folders of two characters.
_OF_A_USER = re.compile(r".*/(%s|%s|%s)/(%s)/[0-9a-f]{2}/[0-9a-f]{2}/[^/]+" % (UPLOAD, THUMBS, ENCODED_VIDEO, UUID))
# The storage template decides what is below this folder. The last one of that name counts: of a shorter path, more assets are found.
_IN_LIBRARY = re.compile(r".*/(%s)/[^/]+/.+" % LIBRARY)
_OBJECT = re.compile(UUID)

_SHORTEST_PART = 8  # characters: shorter ones find too much

NOTHING_DELETED = "Nothing was deleted"


class StoredPath(NamedTuple):
    """Where a file lies: one of `FOLDERS`, the id of the user to whom the folder below belongs, and the path from the folder on.

    `owner` is None below `library`, where folders have names that users can swap.
    """

    folder: str
    owner: Optional[str]
    path: str


def parse_path(path: str) -> Optional[StoredPath]:
    """Where a file lies; None outside of the folders in which Immich stores files, or with another name than Immich gives."""
    match = _OF_A_USER.fullmatch(path)
    if match:
        return StoredPath(match.group(1), match.group(2), path[match.start(1) :])
    match = _IN_LIBRARY.fullmatch(path)
    return StoredPath(LIBRARY, None, path[match.start(1) :]) if match else None


class _Owner:
    """One user, asked with a key of the user's own. `known` is an original that the user has for certain; None without any in view."""

    def __init__(self, user_id: str, calls: OwnerCalls) -> None:
        self.user_id = user_id
        self.calls = calls
        self.known = calls.known_original()

    def not_answering(self) -> Optional[str]:
        """What speaks against it that answers to this key are about this user, and that a search finds what there is."""
        known = self.known
        if known is None:
            return None
        again = self.calls.assets.get(known.id)
        if again is None or (again.id, again.owner, again.path) != (known.id, known.owner, known.path):
            return "the photo %s is not what it was" % known.id
        if known.owner != self.user_id:
            return "a photo in the timeline of the user %s belongs to %s" % (self.user_id, known.owner)
        paths = self.calls.originals(known.path)
        if paths is None or known.path not in paths:
            return "a search for %s, which is the original of a photo, does not find it" % known.path
        return None


class Owners:
    """Finds out whether any user has a file. `keys` are those of users besides the client's own.

    Raises `InvalidRequest` for two keys of one user, and `Contradiction` where two lists of the users do not agree, one of them lacks a
    user whose key is given, or a search does not find what a user has.
    """

    def __init__(self, client: api.Immich, keys: Sequence[str]) -> None:
        self._calls = calls = IntegrityCalls(client)
        self._accounts: Dict[str, Account] = {account.id: account for account in calls.accounts()}
        self._import_paths: List[str] = [path.rstrip("/") + "/" for path in calls.import_paths()]
        self._owners: Dict[str, _Owner] = {}
        self._clients: List[api.Immich] = []
        self._reasons: Dict[str, str] = {}
        self._add(client)
        for number, key in enumerate(keys, 1):
            owner = client.with_key(connection.ApiKey(key, "key %d of owner_api_keys" % number))
            self._clients.append(owner)
            self._add(owner)
        confirm(NOTHING_DELETED, self._other_users, *(owner.not_answering for owner in self._owners.values()))
        for account in self._accounts.values():
            reason = self._unknown(account)
            if reason:
                self._reasons[account.id] = reason

    def close(self) -> None:
        """Closes the connections of the owners' keys."""
        for client in self._clients:
            client.close()

    def reason_to_keep(self, entry: Entry) -> Optional[str]:
        """Why the file of an entry must stay; None where it is proven that nobody has it."""
        stored = parse_path(entry.path)
        if stored is None:
            return "It is not in one of Immich's folders under a name that Immich gives."
        if any(entry.path.startswith(path) for path in self._import_paths):
            return "It is in an import path of an external library."
        for user_id in self._candidates(stored):
            reason = self._reasons.get(user_id) or _reason_of(self._owners[user_id].calls, stored)
            if reason:
                return reason
        return None

    def confirm(self, entry: Entry) -> None:
        """Raises `Contradiction` where what `reason_to_keep` has found cannot be relied on, by answers of other calls."""
        stored = parse_path(entry.path)
        looks: List[Look] = [self._other_users]
        if stored is not None:
            looks += [self._owners[user_id].not_answering for user_id in self._candidates(stored) if user_id in self._owners]
            if stored.owner is not None and stored.owner not in self._accounts:
                looks.append(lambda: self._not_gone(str(stored.owner)))
        confirm("The file %s was not deleted" % printable(entry.path), *looks)

    def _add(self, client: api.Immich) -> None:
        user_id = client.server.me().id
        if user_id in self._owners:
            raise errors.InvalidRequest(
                "Nothing was deleted: %s and another key of this task belong to one user. Leave one of them out. If they belong to two "
                "users, a proxy in front of Immich gives one user the answers of another." % client.connection.key.name,
                path="/users/me",
            )
        self._owners[user_id] = _Owner(user_id, OwnerCalls(client))

    def _candidates(self, stored: StoredPath) -> List[str]:
        """The ids of the users who could have a file. What a user had who is gone for good is nobody's: then there is nobody to ask."""
        return [user_id for user_id in self._accounts if stored.owner in (None, user_id)]

    def _other_users(self) -> Optional[str]:
        """What speaks against it that the list has all users."""
        listed = {account.id for account in self._accounts.values() if account.active}
        missing = sorted(self._owners.keys() - listed)
        if missing:
            return "the user %s, whose API key is given, is not among the active users" % missing[0]
        if self._calls.active_users() != listed:
            return "two lists of the users do not name the same ones"
        return None

    def _not_gone(self, user_id: str) -> Optional[str]:
        return "the user %s, who is not in the list, is there" % user_id if self._calls.has_account(user_id) else None

    def _unknown(self, account: Account) -> Optional[str]:
        """Why it cannot be known which files a user has."""
        if not account.active:
            return "It may belong to %s, who was deleted but not for good." % account.email
        owner = self._owners.get(account.id)
        if owner is None:
            return (
                _option_names.name_options("It may belong to %s, whose API key is not among O(owner_api_keys).", "owner_api_keys")
                % account.email
            )
        if self._calls.count_locked(account.id):
            return "It may belong to %s, who has a locked folder, into which no API key sees." % account.email
        if owner.known is None and self._calls.has_assets(account.id):
            return "It may belong to %s, none of whose photos in view could be used to try the search." % account.email
        return None


def _reason_of(owner: OwnerCalls, stored: StoredPath) -> Optional[str]:
    """Why a file must stay, by the answers of one user's key."""
    part = max(PLAIN_PATH.findall(stored.path), key=len, default="")
    if len(part) < _SHORTEST_PART:
        return "Its name cannot be searched for."
    paths = owner.originals(part)
    if paths is None:
        return "Too many photos have a similar path to look through."
    # Only the part from the folder on: a media location that was moved leaves other paths in the database.
    if any(fold(path).endswith(fold(stored.path)) for path in paths):
        return "It is the original of a photo or video."
    if stored.folder in _DERIVED:
        match = _OBJECT.match(posixpath.basename(stored.path))
        if match is None:
            return "It is not named by the id of a photo, video or person."
        if owner.has_object(match.group()):
            return "Its photo, video or person is still there."
    return None
