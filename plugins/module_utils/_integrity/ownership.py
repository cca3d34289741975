# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose a file is that the report calls untracked. Such an entry may be older than the asset that has the file by now, and no check of
Immich's takes it away again: deleting it would delete an original.

An administrator's key does not see the assets of others, so each user who could have the file is asked with a key of the user's own. Where
anything is not known, the file stays.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, List, NamedTuple, Optional, Sequence

from .._client import api, connection
from .._client.endpoints.integrity import Account, Entry, IntegrityCalls, OwnerCalls
from .._text import fold

LIBRARY, UPLOAD, THUMBS, ENCODED_VIDEO = "library", "upload", "thumbs", "encoded-video"
FOLDERS = (ENCODED_VIDEO, LIBRARY, THUMBS, UPLOAD)
_DERIVED = (THUMBS, ENCODED_VIDEO)

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# As Immich names what it stores: by the user's id, and below it two folders of two characters.
_OF_A_USER = re.compile(r".*/(%s|%s|%s)/(%s)/[0-9a-f]{2}/[0-9a-f]{2}/[^/]+" % (UPLOAD, THUMBS, ENCODED_VIDEO, _UUID))
# The storage template decides what is below this folder. The last one of that name counts: of a shorter path, more assets are found.
_IN_LIBRARY = re.compile(r".*/(%s)/[^/]+/.+" % LIBRARY)
_OBJECT = re.compile(_UUID)

# A database compares these as they are: a name with other characters may be stored in another form than the disk has it in. Not `\`,
# which has a meaning of its own there.
_PLAIN = re.compile(r"[ -\[\]-~]+")
_SHORTEST_PART = 8  # characters: shorter ones find too much


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


class Owners:
    """Finds out whether any user has a file. `keys` are those of users besides the client's own."""

    def __init__(self, client: api.Immich, keys: Sequence[str]) -> None:
        calls = IntegrityCalls(client.transport)
        self._accounts: Dict[str, Account] = {account.id: account for account in calls.accounts()}
        self._import_paths: List[str] = [path.rstrip("/") + "/" for path in calls.import_paths()]
        self._owners: Dict[str, OwnerCalls] = {client.server.me().id: OwnerCalls(client.transport, supports=client.supports)}
        self._clients: List[api.Immich] = []
        self._reasons: Dict[str, str] = {}
        for number, key in enumerate(keys, 1):
            owner = client.with_key(connection.ApiKey(key, "key %d of owner_api_keys" % number))
            self._clients.append(owner)
            self._owners[owner.server.me().id] = OwnerCalls(owner.transport, supports=owner.supports)
        for account in self._accounts.values():
            reason = self._unknown(account, calls)
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
        # What a user had who is gone for good is nobody's: then there is nobody to ask.
        candidates = [one for one in self._accounts if stored.owner in (None, one)]
        for user_id in candidates:
            reason = self._reasons.get(user_id) or _reason_of(self._owners[user_id], stored)
            if reason:
                return reason
        return None

    def _unknown(self, account: Account, calls: IntegrityCalls) -> Optional[str]:
        """Why it cannot be known which files a user has."""
        if not account.active:
            return "It may belong to %s, who was deleted but not for good." % account.email
        if account.id not in self._owners:
            return "It may belong to %s, whose API key is not among owner_api_keys." % account.email
        if calls.count_locked(account.id):
            return "It may belong to %s, who has a locked folder, into which no API key sees." % account.email
        return None


def _reason_of(owner: OwnerCalls, stored: StoredPath) -> Optional[str]:
    """Why a file must stay, by the answers of one user's key."""
    part = max(_PLAIN.findall(stored.path), key=len, default="")
    if len(part) < _SHORTEST_PART:
        return "Its name cannot be searched for."
    found = owner.originals(part)
    if found is None:
        return "Too many photos have a similar path to look through."
    # Only the part from the folder on: a media location that was moved leaves other paths in the database.
    if any(fold(path).endswith(fold(stored.path)) for path in found):
        return "It is the original of a photo or video."
    if stored.folder in _DERIVED:
        match = _OBJECT.match(posixpath.basename(stored.path))
        if match is None:
            return "It is not named by the id of a photo, video or person."
        if owner.has_object(match.group()):
            return "Its photo, video or person is still there."
    return None
