# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Groups of duplicates, and what of a photo matters where one of several stays."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..._ids import checked_uuid
from ..._times import seconds_of_iso
from .. import checked, errors, versions
from ..transport import Transport

OWNER, EDITOR = "owner", "editor"
_CLEAR = {"duplicateId": None}
_ONLY_LINKS = {"albums": False, "sidecar": False, "stack": False, "favorite": False, "sharedLinks": True}


class InAlbum(NamedTuple):
    """An album that a photo is in. `role` is the user's own: `owner`, `editor` or `viewer`."""

    id: str
    name: str
    role: str


class Member(NamedTuple):
    """A photo or video of a group.

    `size` is in bytes, `taken` in seconds since 1970 (UTC), `local` the same by the clock of the place; None where it is not known.
    `fields` counts what Immich knows from its EXIF. `tags` and `people` are names by their ids. `tags`, `people` and `stack_id` are whole
    only in `DuplicateCalls.member`. `changed` is when the server last changed anything of it, as it writes that.
    """

    id: str
    owner: str
    name: str
    path: str
    kind: str
    library_id: Optional[str]
    group_id: Optional[str]
    size: Optional[int]
    width: int
    height: int
    taken: Optional[float]
    local: Optional[float]
    fields: int
    favorite: bool
    rating: Optional[int]
    description: str
    position: Optional[Tuple[float, float]]
    live_video: Optional[str]
    visibility: str
    trashed: bool
    edited: bool
    tags: Mapping[str, str]
    people: Mapping[str, str]
    stack_id: Optional[str]
    changed: str


class DuplicateCalls:
    """Calls on duplicates. Scopes: `duplicate.read`, `duplicate.delete`, `asset.read`, `asset.update`, `album.read`, `sharedLink.read`,
    `asset.copy`, `asset.view`. Immich 1.135 asks for none of `duplicate.*` and `asset.*`.

    `POST /duplicates/resolve` is not used: it is missing on 1.135, merges by other rules on 2.7 than on 3.1, trashes all that is left where
    a keeper went meanwhile, and deletes for good where the trash is off (all observed).
    """

    def __init__(self, transport: Transport, *, supports: versions.Supports) -> None:
        self._transport = transport
        self._supports = supports

    def groups(self) -> Dict[str, List[Member]]:
        """`GET /duplicates`: the members of each group, by its id, in no defined order; not those that are trashed, locked or stacked.

        The server clears the mark of a photo that is alone in its group, which changes nothing that a user sees.
        """
        return self._transport.call("GET", "/duplicates", parse=_groups)

    def member(self, asset_id: str) -> Optional[Member]:
        """`GET /assets/{id}`; None for one that is out of the key's reach: deleted for good, or locked."""
        try:
            return self._transport.call("GET", _path(asset_id), parse=_member)
        except errors.NotFound:
            return None

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
            "GET", "/albums", query={"assetId": asset_id}, parse=lambda found: [_album(one, me) for one in checked.array(found)]
        )

    def links(self) -> Dict[str, Set[str]]:
        """The ids of the links of single photos that each asset is in.

        `GET /shared-links` has one asset of each link (any one on 1.135), or none; `GET /shared-links/{id}` has all but those in the trash.
        """
        found: Dict[str, Set[str]] = {}
        for link_id, asset_ids in self.linked(self._transport.call("GET", "/shared-links", parse=_links_of_photos)).items():
            for asset_id in asset_ids:
                found.setdefault(asset_id, set()).add(link_id)
        return found

    def linked(self, link_ids: Iterable[str]) -> Dict[str, Set[str]]:
        """`GET /shared-links/{id}`: what each of these links shows, by its id; nothing of one that is gone."""
        found: Dict[str, Set[str]] = {}
        for link_id in link_ids:
            with suppress(errors.NotFound):  # deleted meanwhile
                found[link_id] = set(self._transport.call("GET", "/shared-links/" + link_id, parse=_linked))
        return found

    def copies_links(self) -> bool:
        """Whether the version can give one asset the links of another."""
        return self._supports(versions.ASSETS_COPIED)

    def copy_links(self, source_id: str, target_id: str) -> None:
        """`PUT /assets/copy`: adds the target to the links of single photos that the source is in. Twice does no harm."""
        body = {"sourceId": source_id, "targetId": target_id, **_ONLY_LINKS}
        self._transport.change("PUT", "/assets/copy", json=body, repeatable=True)


def _path(asset_id: str) -> str:
    return "/assets/" + checked.require_id(asset_id, "an asset's id")


def _groups(found: Any) -> Dict[str, List[Member]]:
    groups: Dict[str, List[Member]] = {}
    for group in checked.array(found):
        members = {member.id: member for member in map(_member, checked.array(group["assets"]))}  # each once
        groups[checked_uuid(group["duplicateId"])] = list(members.values())
    return groups


def _member(found: Mapping[str, Any]) -> Member:
    exif = found.get("exifInfo") or {}
    size, rating, video = exif.get("fileSizeInByte"), exif.get("rating"), found.get("livePhotoVideoId")
    return Member(
        id=checked_uuid(found["id"]),
        owner=checked_uuid(found["ownerId"]),
        name=checked.text(found["originalFileName"]),
        path=checked.text(found["originalPath"]),
        kind=checked.text(found["type"]).lower(),
        library_id=_id_or_none(found.get("libraryId")),
        group_id=_id_or_none(found.get("duplicateId")),
        size=None if size is None else checked.integer(size),
        width=_pixels(exif.get("exifImageWidth")),
        height=_pixels(exif.get("exifImageHeight")),
        taken=seconds_of_iso(checked.text(found["fileCreatedAt"])),
        local=seconds_of_iso(checked.text(found["localDateTime"])),
        fields=sum(1 for value in exif.values() if value),
        favorite=checked.boolean(found["isFavorite"]),
        rating=_rating(rating),
        description=checked.text(exif.get("description") or ""),
        position=_position(exif.get("latitude"), exif.get("longitude")),
        live_video=_id_or_none(video),
        visibility=checked.text(found["visibility"]),
        trashed=checked.boolean(found["isTrashed"]),
        edited=found.get("isEdited") is True,
        tags={checked_uuid(one["id"]): checked.text(one["value"]) for one in checked.array(found.get("tags") or [])},
        people={checked_uuid(one["id"]): checked.text(one["name"] or "") for one in checked.array(found.get("people") or [])},
        stack_id=None if found.get("stack") is None else checked_uuid(found["stack"]["id"]),
        changed=checked.text(found["updatedAt"]),
    )


def _id_or_none(value: Any) -> Optional[str]:
    return None if value is None else checked_uuid(value)


def _pixels(value: Any) -> int:
    return 0 if value is None else checked.integer(int(value))


def _rating(value: Any) -> Optional[int]:
    return None if value is None else -1 if value == -1 else checked.integer(value)


def _position(latitude: Any, longitude: Any) -> Optional[Tuple[float, float]]:
    return None if latitude is None or longitude is None else (float(latitude), float(longitude))


def _album(found: Mapping[str, Any], me: str) -> InAlbum:
    roles = {checked_uuid(one["user"]["id"]): checked.text(one["role"]) for one in checked.array(found["albumUsers"])}
    if found.get("ownerId") is not None:  # up to 2.7; from 3.0 on the owner is one of `albumUsers`
        roles[checked_uuid(found["ownerId"])] = OWNER
    return InAlbum(checked_uuid(found["id"]), checked.text(found["albumName"]), roles.get(me, "viewer"))


def _links_of_photos(found: Any) -> List[str]:
    return [checked_uuid(link["id"]) for link in checked.array(found) if link["type"] == "INDIVIDUAL"]


def _linked(found: Mapping[str, Any]) -> List[str]:
    return [checked_uuid(asset["id"]) for asset in checked.array(found["assets"])]
