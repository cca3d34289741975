# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Groups of duplicates, and which albums and shared links a photo of one is in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set

from ..._ids import checked_uuid
from .. import checked, errors, values, versions
from ..client import Calls
from .asset_json import asset_of

OWNER, EDITOR = "owner", "editor"
_CLEAR = {"duplicateId": None}
_ONLY_LINKS = {"albums": False, "sidecar": False, "stack": False, "favorite": False, "sharedLinks": True}


class InAlbum(NamedTuple):
    """An album that a photo is in. `role` is the user's own: `owner`, `editor` or `viewer`."""

    id: str
    name: str
    role: str
    cover: Optional[str] = None


class DuplicateCalls(Calls):
    """Calls on duplicates. Scopes: `duplicate.read`, `duplicate.delete`, `asset.read`, `asset.update`, `album.read`, `sharedLink.read`,
    `asset.copy`, `asset.view`. Immich 1.135 asks for none of `duplicate.*` and `asset.*`.

    `POST /duplicates/resolve` is not used: it is missing on 1.135, merges by other rules on 2.7 than on 3.1, trashes all that is left where
    a keeper went meanwhile, and deletes for good where the trash is off (all observed).
    """

    def groups(self) -> Dict[str, List[values.Asset]]:
        """`GET /duplicates`: the members of each group, by its id, in no defined order; not those that are trashed, locked or stacked.

        The server clears the mark of a photo that is alone in its group, which changes nothing that a user sees.
        """
        return self._transport.call("GET", "/duplicates", parse=_groups)

    def dismiss(self, group_id: str) -> None:
        """`DELETE /duplicates/{id}`: the members are not duplicates.

        For a group that is gone Immich 1 and 2 answer as for another, Immich 3 with `NotFound`.
        """
        self._transport.change("DELETE", "/duplicates/" + checked.require_id(group_id, "a group's id"), repeatable=True)

    def clear(self, asset_ids: Sequence[str]) -> None:
        """`PUT /assets`: takes them out of their groups, also those in the trash."""
        self._transport.change("PUT", "/assets", json={"ids": list(asset_ids), **_CLEAR}, repeatable=True)

    def mark(self, asset_ids: Sequence[str], group_id: str) -> None:
        """`PUT /assets`: puts them into a group."""
        self._transport.change("PUT", "/assets", json={"ids": list(asset_ids), "duplicateId": group_id}, repeatable=True)

    def albums_of(self, asset_id: str, me: str) -> List[InAlbum]:
        """`GET /albums?assetId=`: the albums of an asset that the user `me` can see."""
        return self._transport.call(
            "GET", "/albums", query={"assetId": asset_id}, parse=lambda answer: [_album(album, me) for album in checked.array(answer)]
        )

    def links(self) -> Dict[str, Set[str]]:
        """The ids of the links of single photos that each asset is in.

        `GET /shared-links` has one asset of each link (any one on 1.135), or none; `GET /shared-links/{id}` has all but those in the trash.
        """
        links_by_asset: Dict[str, Set[str]] = {}
        for link_id, asset_ids in self.linked(self._transport.call("GET", "/shared-links", parse=_links_of_photos)).items():
            for asset_id in asset_ids:
                links_by_asset.setdefault(asset_id, set()).add(link_id)
        return links_by_asset

    def linked(self, link_ids: Iterable[str]) -> Dict[str, Set[str]]:
        """`GET /shared-links/{id}`: what each of these links shows, by its id; nothing of one that is gone."""
        assets_by_link: Dict[str, Set[str]] = {}
        for link_id in link_ids:
            with suppress(errors.NotFound):  # deleted meanwhile
                assets_by_link[link_id] = set(self._transport.call("GET", "/shared-links/" + link_id, parse=_linked))
        return assets_by_link

    def copies_links(self) -> bool:
        """Whether the version can give one asset the links of another."""
        return self._client.supports(versions.ASSETS_COPIED)

    def copy_links(self, source_id: str, target_id: str) -> None:
        """`PUT /assets/copy`: adds the target to the links of single photos that the source is in. Twice does no harm."""
        body = {"sourceId": source_id, "targetId": target_id, **_ONLY_LINKS}
        self._transport.change("PUT", "/assets/copy", json=body, repeatable=True)


def _groups(answer: Any) -> Dict[str, List[values.Asset]]:
    groups: Dict[str, List[values.Asset]] = {}
    for group in checked.array(answer):
        members = {member.id: member for member in map(asset_of, checked.array(group["assets"]))}  # each once
        groups[checked_uuid(group["duplicateId"])] = list(members.values())
    return groups


def _album(answer: Mapping[str, Any], me: str) -> InAlbum:
    roles = {checked_uuid(user["user"]["id"]): checked.text(user["role"]) for user in checked.array(answer["albumUsers"])}
    if answer.get("ownerId") is not None:  # up to 2.7; from 3.0 on the owner is one of `albumUsers`
        roles[checked_uuid(answer["ownerId"])] = OWNER
    cover = answer.get("albumThumbnailAssetId")
    cover_id = None if cover is None else checked_uuid(cover)
    return InAlbum(checked_uuid(answer["id"]), checked.text(answer["albumName"]), roles.get(me, "viewer"), cover_id)


def _links_of_photos(answer: Any) -> List[str]:
    return [checked_uuid(link["id"]) for link in checked.array(answer) if link["type"] == "INDIVIDUAL"]


def _linked(answer: Mapping[str, Any]) -> List[str]:
    return [checked_uuid(asset["id"]) for asset in checked.array(answer["assets"])]
