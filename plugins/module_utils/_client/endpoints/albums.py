# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Albums and who is in them. Private to the collection."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ..transport import Transport
from ..values import Added, Album


class AlbumCalls:
    """Calls on albums. Scopes: `album.read`, `album.create`, `album.update`, `album.delete`, `albumAsset.create`.

    `is_new` tells whether the server is 3.0 or later, where albums come without their assets and can be asked for by owner.
    """

    def __init__(self, transport: Transport, *, user_id: Callable[[], str], is_new: Callable[[], bool]) -> None:
        self._transport = transport
        self._user_id = user_id
        self._is_new = is_new

    def all(self) -> List[Album]:
        """`GET /albums`: the user's own albums and those shared with the user. Names are not unique."""
        parse = self._tell_owned()
        albums: List[Album] = self._transport.call("GET", "/albums", parse=lambda found: [parse(one) for one in found])
        return albums

    def one(self, album_id: str) -> Album:
        """`GET /albums/{id}`; `NotFound` for an unknown one and for one that the user may not see."""
        return self._one(album_id, self._tell_owned())

    def create(self, name: str, description: str = "") -> Album:
        """`POST /albums`. Never repeated by itself: a second call would make a second album of that name."""
        body = {"albumName": name, "description": description}
        album: Album = self._transport.call("POST", "/albums", json=body, parse=_own)
        return album

    def mine(self, name: Optional[str] = None) -> List[Album]:
        """`GET /albums`, only those that the user owns (and have this name). Unlike `all` this needs no scope but `album.read`."""
        query = {"isOwned": "true"} if self._is_new() else {}  # up to 2.7 there are no others in the list
        albums: List[Album] = self._transport.call("GET", "/albums", query=query, parse=lambda found: [_own(one) for one in found])
        return [album for album in albums if name is None or album.name == name]

    def one_of_mine(self, album_id: str) -> Album:
        """`GET /albums/{id}` of an album that the user is known to own: needs no scope but `album.read`."""
        return self._one(album_id, _own)

    def update(self, album_id: str, name: Optional[str] = None, description: Optional[str] = None) -> Album:
        """Gives an album another name, description or both; `PATCH` works on every version from 1.135 on.

        Even when nothing changes, the album's `updated` becomes the server's present time (observed on 3.1).
        """
        body = {"albumName": name, "description": description}
        given = {key: value for key, value in body.items() if value is not None}
        album: Album = self._transport.call("PATCH", "/albums/" + album_id, json=given, repeatable=True, parse=_own)
        return album

    def delete(self, album_id: str) -> None:
        """`DELETE /albums/{id}`: removes the album, not its assets. `NotFound` when it is gone (an attempt before may have done it)."""
        self._transport.call("DELETE", "/albums/" + album_id, repeatable=True)

    def add(self, album_id: str, asset_ids: Sequence[str]) -> List[Added]:
        """`PUT /albums/{id}/assets`: what came of each id. One that is in the album already has the error `duplicate`."""
        added: List[Added] = self._transport.call(
            "PUT",
            "/albums/%s/assets" % album_id,
            json={"ids": list(asset_ids)},
            parse=lambda found: [Added(one["id"], bool(one["success"]), one.get("error")) for one in found],
        )
        return added

    def _one(self, album_id: str, parse: Callable[[Mapping[str, Any]], Album]) -> Album:
        query = {} if self._is_new() else {"withoutAssets": "true"}
        album: Album = self._transport.call("GET", "/albums/" + album_id, query=query, parse=parse)
        return album

    def _tell_owned(self) -> Callable[[Mapping[str, Any]], Album]:
        me = self._user_id()  # asked for here, since a call inside of another's parsing would be repeated with it
        return lambda found: _album(found, _owner(found) == me)


def _own(found: Mapping[str, Any]) -> Album:
    return _album(found, True)


def _album(found: Mapping[str, Any], owned: bool) -> Album:
    return Album(
        _text(found["id"]),
        _text(found["albumName"]),
        _text(found.get("description") or ""),
        int(found.get("assetCount") or 0),
        owned,
        str(found["updatedAt"]),
        str(found["createdAt"]),
    )


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError("not a text")
    return found


def _owner(found: Mapping[str, Any]) -> Optional[str]:
    # Up to 2.7 an album has `ownerId`; from 3.0 on the owner is one of `albumUsers`, with that role.
    if "ownerId" in found:
        return str(found["ownerId"])
    owners: List[Dict[str, Any]] = [user["user"] for user in found.get("albumUsers", []) if user.get("role") == "owner"]
    return str(owners[0]["id"]) if owners else None
