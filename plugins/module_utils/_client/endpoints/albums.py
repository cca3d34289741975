# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Albums and who is in them."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence

from ... import _ids, _times
from .. import checked, values, versions
from ..client import Calls


class AlbumCalls(Calls):
    """Calls on albums. Scopes: `album.read`, `album.create`, `album.update`, `album.delete`, `albumAsset.create`,
    `albumAsset.delete`."""

    def mine(self, name: Optional[str] = None) -> List[values.Album]:
        """`GET /albums`, those that the user owns (and have this name). Names are not unique."""
        query = {"isOwned": "true"} if self._client.supports(versions.ALBUMS_BY_OWNER) else {}  # up to 2.7 there are no others in the list
        albums = self._transport.call("GET", "/albums", query=query, parse=_albums)
        return [album for album in albums if name is None or album.name == name]

    def get(self, album_id: str) -> values.Album:
        """`GET /albums/{id}`; `NotFound` for an unknown one and for one that the user may not see."""
        query = {} if self._client.supports(versions.ALBUMS_BY_OWNER) else {"withoutAssets": "true"}
        return self._transport.call("GET", _path(album_id), query=query, parse=_album)

    def age(self, album: values.Album) -> float:
        """How many seconds ago an album was made, by the server's clock; infinite where that is not known."""
        created = _times.seconds_of_iso(album.created)
        return float("inf") if created is None else self._transport.server_time - created

    def create(self, name: str, description: str = "") -> values.Album:
        """`POST /albums`. Never repeated by itself: a second call would make a second album of that name."""
        body = {"albumName": name, "description": description}
        return self._transport.call("POST", "/albums", json=body, parse=_album)

    def update(self, album_id: str, name: Optional[str] = None, description: Optional[str] = None) -> values.Album:
        """Gives an album another name, description or both; `PATCH` works on every version from 1.135 on.

        Even when nothing changes, the album's `updated` becomes the server's present time (observed on 3.1).
        """
        return self._patch(album_id, {"albumName": name, "description": description})

    def sort(self, album_id: str, order: str) -> values.Album:
        """Shows an album's photos the oldest first (`asc`) or the newest (`desc`)."""
        return self._patch(album_id, {"order": order})

    def set_cover(self, album_id: str, asset_id: str) -> None:
        """Has an asset of an album stand for it."""
        self._patch(album_id, {"albumThumbnailAssetId": checked.require_id(asset_id, "an asset's id")})

    def share(self, album_id: str, users: Sequence[values.AlbumUser]) -> None:
        """`PUT /albums/{id}/users` (albumUser.create): shares an album with these users, in their roles."""
        body = {"albumUsers": [{"userId": user.id, "role": user.role} for user in users]}
        self._transport.change("PUT", _path(album_id) + "/users", json=body)

    def delete(self, album_id: str) -> None:
        """`DELETE /albums/{id}`: removes the album, not its assets. `NotFound` when it is gone (an attempt before may have done it)."""
        self._transport.change("DELETE", _path(album_id), repeatable=True)

    def add(self, album_id: str, asset_ids: Sequence[str]) -> List[values.AddAnswer]:
        """`PUT /albums/{id}/assets`: what came of each id. One that is in the album already has the error `duplicate`."""
        return self._transport.call(
            "PUT",
            _path(album_id) + "/assets",
            json={"ids": list(asset_ids)},
            parse=lambda answers: [_added(answer) for answer in checked.array(answers)],
        )

    def remove(self, album_id: str, asset_ids: Sequence[str]) -> None:
        """`DELETE /albums/{id}/assets` (albumAsset.delete): takes assets out of an album. One that is not in it does no harm."""
        self._transport.change("DELETE", _path(album_id) + "/assets", json={"ids": list(asset_ids)}, repeatable=True)

    def _patch(self, album_id: str, changes: Mapping[str, Optional[str]]) -> values.Album:
        given = {key: value for key, value in changes.items() if value is not None}
        return self._transport.call("PATCH", _path(album_id), json=given, repeatable=True, parse=_album)


def _path(album_id: str) -> str:
    return "/albums/" + checked.require_id(album_id, "an album's id")


def _added(answer: Mapping[str, Any]) -> values.AddAnswer:
    error = answer.get("error")
    return values.AddAnswer(
        _ids.checked_uuid(answer["id"]), checked.boolean(answer["success"]), None if error is None else checked.text(error)
    )


def _albums(answer: Any) -> List[values.Album]:
    """Leaves out what belongs to others, should a server not have looked at the owner as it was asked to.

    An album that is shared with nobody is the user's own, and so tells who the user is.
    """
    albums = [(_owner(album), _album(album)) for album in checked.array(answer)]
    me = {owner for owner, album in albums if album.owned}
    return [album._replace(owned=owner in me) for owner, album in albums if not me or owner in me]


def _album(answer: Mapping[str, Any]) -> values.Album:
    return values.Album(
        _ids.checked_uuid(answer["id"]),
        checked.text(answer["albumName"]),
        checked.text(answer.get("description") or ""),
        checked.integer(answer.get("assetCount") or 0),
        # From 3.0 on the owner is one of `albumUsers`; before, they are those with whom it is shared.
        all(user["role"] == "owner" for user in checked.array(answer["albumUsers"])),
        checked.text(answer["updatedAt"]),
        checked.text(answer["createdAt"]),
        None if answer.get("order") is None else checked.text(answer["order"]),
        [_user(user) for user in checked.array(answer["albumUsers"]) if user["role"] != "owner"],
        None if answer.get("albumThumbnailAssetId") is None else _ids.checked_uuid(answer["albumThumbnailAssetId"]),
    )


def _user(answer: Mapping[str, Any]) -> values.AlbumUser:
    return values.AlbumUser(
        _ids.checked_uuid(answer["user"]["id"]), checked.text(answer["user"].get("email") or ""), checked.text(answer["role"])
    )


def _owner(answer: Mapping[str, Any]) -> str:
    if "ownerId" in answer:  # up to 2.7
        return _ids.checked_uuid(answer["ownerId"])
    (owner,) = [user["user"] for user in checked.array(answer["albumUsers"]) if user["role"] == "owner"]
    return _ids.checked_uuid(owner["id"])
