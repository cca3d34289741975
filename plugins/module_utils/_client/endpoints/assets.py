# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Assets: which of them the server has, and how they get there."""

from __future__ import annotations

import secrets
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..._ids import checked_uuid
from ..._times import seconds_of_iso
from .. import errors, values
from ..body import FormBody
from ..transport import Transport
from . import fields

# The server fails beyond 65,532 entries and answers 5,000 in some 35 ms (observed on 1.135 to 3.1).
CHECK_BATCH = 5000

# The most that `POST /search/metadata` gives at once.
_PAGE = 1000

IN_TRASH = {"withDeleted": True, "trashedAfter": "1970-01-01T00:00:00.000Z"}
"""What is added to a search for what is in the trash: put there after a time before anything was."""


class AssetCalls:
    """Calls on assets. Scopes: `asset.upload` for checks and uploads, `asset.read` to search, `asset.delete` for the trash."""

    def __init__(
        self,
        transport: Transport,
        *,
        searches_all: Callable[[], bool],
        wants_device_ids: Callable[[], bool],
        moves_times: Callable[[], bool],
    ) -> None:
        """`moves_times`: a position that an asset is given moves a local time without an offset to the zone of the place."""
        self._transport = transport
        self._searches_all = searches_all
        self.wants_device_ids = wants_device_ids
        self.moves_times = moves_times

    def check(self, sha1s: Sequence[str]) -> Dict[str, values.Known]:
        """Which of these files (lower-case hex SHA-1, at most `CHECK_BATCH`) the key's user has already; others are left out.

        `POST /assets/bulk-upload-check`: a read, in spite of its method. An empty list would make the server fail.
        """
        if not sha1s:
            return {}
        question = secrets.token_hex(4)  # the answer to another question is none to this one, even if it was about the same files
        entries = [{"id": question + sha1, "checksum": sha1} for sha1 in sha1s]
        known = self._transport.call("POST", "/assets/bulk-upload-check", json={"assets": entries}, reads=True, parse=_known)
        return {entry[len(question) :]: one for entry, one in known.items() if entry.startswith(question)}

    def upload(self, sha1: str, new_body: Callable[[int], FormBody]) -> values.Stored:
        """`POST /assets`. `new_body` makes the form for an attempt (see `upload_fields`), numbered from 0.

        A retry carries the checksum, so that bytes whose answer was lost are recognised without being sent whole again; a
        first attempt does not, because the look-up costs the server more than it saves (observed: 165 → 195 files/s).
        """
        return self._transport.upload(new_body, {"x-immich-checksum": sha1}, _stored)

    def ids_where(
        self,
        *,
        album_id: Optional[str] = None,
        tag_id: Optional[str] = None,
        visibility: Optional[str] = None,
        live: bool = False,
        trashed: bool = False,
    ) -> Iterator[str]:
        """The ids of the user's assets in an album, with a tag, of a visibility or with a moving half, in pages of 1,000.

        A read, though it is a `POST /search/metadata`. With `trashed` those in the trash, else none of those. Assets in the locked folder
        are never found. Up to 2.7 a search sees the timeline only unless it is told what else.
        A tag is found with its children: an asset tagged `Trip/Rome` is found under `Trip`.
        """
        query: Dict[str, Any] = {"size": _PAGE}
        if album_id is not None:
            query["albumIds"] = [album_id]
        if tag_id is not None:
            query["tagIds"] = [tag_id]
        if visibility is not None:
            query["visibility"] = visibility
        if live:
            query["isMotion"] = True
        if trashed:
            query.update(IN_TRASH)
        yield from self._search(query, lambda asset: checked_uuid(asset["id"]))

    def _search(self, query: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], Any]) -> Iterator[Any]:
        """What `parse` makes of each asset that `POST /search/metadata` finds, in all visibilities but `locked` if none is asked for."""
        if "visibility" in query or self._searches_all():
            queries = [query]
        else:
            queries = [{**query, "visibility": one} for one in ("timeline", "archive", "hidden")]
        for one in queries:
            page: Optional[int] = 1
            while page is not None:
                body = {**one, "page": page}
                found, page = self._transport.call("POST", "/search/metadata", json=body, reads=True, parse=_page_after(page, parse))
                yield from found

    def join_live(self, still_id: str, video_id: str) -> None:
        """`PUT /assets/{id}` (asset.update): makes a still and its video a live photo, which hides the video."""
        self._transport.change("PUT", "/assets/" + still_id, json={"livePhotoVideoId": video_id}, repeatable=True)

    def describe(self, asset_id: str, about: Mapping[str, Any]) -> None:
        """`PUT /assets/{id}` (asset.update) with some of `description`, `latitude` and `longitude` (both or none), `rating` (1 to 5),
        `dateTimeOriginal` (ISO 8601 with an offset, which counts for nothing but the moment where there is a position), `isFavorite` and
        `visibility`.

        Immich shows them at once and writes them to the sidecar later. What is set before it has read the file's metadata may be lost.
        """
        self._transport.change("PUT", "/assets/" + asset_id, json=dict(about), repeatable=True)

    def look_at(self, asset_id: str) -> Optional[values.Organised]:
        """`GET /assets/{id}` (asset.read); None for one that the key does not reach: deleted for good, or in the locked folder."""
        try:
            return self._transport.call("GET", "/assets/" + asset_id, parse=_organised)
        except (errors.NotFound, errors.InvalidRequest):  # "Not found or no asset.read access" is a 400
            return None

    def trash(self, asset_ids: Sequence[str]) -> None:
        """`DELETE /assets` (asset.delete): puts assets into the trash. Doing it twice does no harm."""
        self._transport.change("DELETE", "/assets", json={"ids": list(asset_ids), "force": False}, repeatable=True)

    def restore(self, asset_ids: Sequence[str]) -> None:
        """`POST /trash/restore/assets` (asset.delete): takes assets out of the trash. Restoring twice does no harm."""
        self._transport.change("POST", "/trash/restore/assets", json={"ids": list(asset_ids)}, repeatable=True)


def _known(found: Mapping[str, Any]) -> Dict[str, values.Known]:
    return {
        fields.text(result["id"]): values.Known(checked_uuid(result["assetId"]), fields.truth(result.get("isTrashed", False)))
        for result in fields.listed(found["results"])
        if result["action"] == "reject" and result.get("assetId")
    }


def _stored(found: Mapping[str, Any]) -> values.Stored:
    return values.Stored(checked_uuid(found["id"]), fields.text(found["status"]) != "duplicate")


def _organised(found: Mapping[str, Any]) -> values.Organised:
    exif = found.get("exifInfo") or {}
    return values.Organised(
        # Of what the job writes that reads the metadata, this date is always there (observed on 1.135 to 3.1).
        metadata_read=exif.get("modifyDate") is not None,
        tags=[fields.text(tag["value"]) for tag in fields.listed(found.get("tags") or [])],
        described=bool(exif.get("description")),
        placed=_position(exif.get("latitude"), exif.get("longitude")),
        rated=bool(exif.get("rating")),  # 1.135 may have 0 for none
        moving=found.get("livePhotoVideoId") is not None,
        taken=_moment(exif.get("dateTimeOriginal")),
        local=_moment(found.get("localDateTime")),
        modified=_moment(found.get("fileModifiedAt")),
        zone=fields.text(exif.get("timeZone") or ""),
        favorite=found.get("isFavorite") is True,
        visibility=fields.text(found.get("visibility") or ""),
    )


def _position(latitude: Any, longitude: Any) -> Optional[Tuple[float, float]]:
    return None if latitude is None or longitude is None else (float(latitude), float(longitude))


def _moment(date: Any) -> Optional[float]:
    return None if date is None else seconds_of_iso(fields.text(date))


def _page_after(page: int, parse_one: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Tuple[List[Any], Optional[int]]]:
    """The assets of a page and the number of the next; there is none after an empty page, and none that goes back."""

    def parse(found: Mapping[str, Any]) -> Tuple[List[Any], Optional[int]]:
        assets = found["assets"]
        ids = [parse_one(asset) for asset in fields.listed(assets["items"])]
        following = assets["nextPage"]  # a number as a text
        if following is None or not ids:
            return ids, None
        number = fields.whole(int(fields.text(following)))
        if number <= page:
            raise ValueError("the next page comes before this one")
        return ids, number

    return parse


def upload_fields(*, device_asset_id: Optional[str], created: str, modified: str, favorite: bool, visibility: str) -> Dict[str, str]:
    """The form's fields as every version from 1.135 to 3.1 takes them. Dates are ISO 8601 with `Z` or an offset.

    `deviceAssetId` and `deviceId` are required up to 2.7 and ignored from 3.0 on (then `device_asset_id` may be None, which spares
    the server a look at both). What equals the server's default is left out. No `filename` (it would break the type check of a
    sidecar) and no `duration` (its type changed in 3.0).
    """
    form = {"fileCreatedAt": created, "fileModifiedAt": modified}
    if device_asset_id is not None:
        form.update(deviceAssetId=device_asset_id, deviceId="selfhosted.immich")
    if favorite:
        form["isFavorite"] = "true"
    if visibility != "timeline":
        form["visibility"] = visibility
    return form
