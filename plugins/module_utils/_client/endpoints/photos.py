# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Photos and videos with what is known of them: lists page by page, one alone, its original."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple, TypeVar

from ..._ids import checked_uuid
from ..._times import ns_to_iso_utc, seconds_of_iso
from .. import errors, values
from ..download import Download
from ..transport import Transport
from . import fields
from .assets import IN_TRASH

_PAGE = 1000  # the most that a search gives at once
_STEP = 0.001  # seconds: how exactly a search tells and takes times
_MOST_BARREN = 3  # pages in a row without anything new: a server that never comes to its end
_SHA1 = 20  # bytes
_BEST = 5  # stars
_EXPOSURE = ("exposureTime", "fNumber", "iso")
_SAME = 0.0015  # seconds: times that are given to the millisecond
_WRITTEN = 60.0  # seconds that it takes to write a file, at most

S = TypeVar("S")
T = TypeVar("T", values.Photo, values.Asset)


@dataclass(frozen=True)
class Wanted:
    """Which assets are looked for; all conditions must hold. Times are ISO 8601 in UTC, both included.

    An asset with a tag below `tag_id` is found too. `kind` is `image` or `video`. `trashed`: those in the trash only.
    """

    visibility: str = "timeline"
    album_id: Optional[str] = None
    tag_ids: Tuple[str, ...] = ()
    person_id: Optional[str] = None
    favorite: Optional[bool] = None
    kind: Optional[str] = None
    taken_after: Optional[str] = None
    taken_before: Optional[str] = None
    trashed: bool = False
    live: Optional[bool] = None

    def query(self) -> Dict[str, Any]:
        """As `POST /search/metadata` takes it."""
        query: Dict[str, Any] = {"visibility": self.visibility}
        query.update({"albumIds": [self.album_id]} if self.album_id else {})
        query.update({"tagIds": list(self.tag_ids)} if self.tag_ids else {})
        query.update({"personIds": [self.person_id]} if self.person_id else {})
        query.update({"isFavorite": self.favorite} if self.favorite is not None else {})
        query.update({"type": self.kind.upper()} if self.kind else {})
        query.update({"takenAfter": self.taken_after} if self.taken_after else {})
        query.update({"takenBefore": self.taken_before} if self.taken_before else {})
        query.update(IN_TRASH if self.trashed else {})
        query.update({"isMotion": self.live} if self.live is not None else {})
        return query


class PhotoCalls:
    """Calls that look for photos and videos. Scope: `asset.read`; for `original` `asset.download`, for `people` `person.read`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def in_timeline(
        self,
        *,
        owner: str,
        album_id: Optional[str] = None,
        tag_id: Optional[str] = None,
        after: Optional[str] = None,
        before: Optional[str] = None,
    ) -> Iterator[List[values.Photo]]:
        """What a user has in the timeline with what its files say, in pages as of `assets`. What is hidden is not found."""
        wanted = Wanted(album_id=album_id, tag_ids=(tag_id,) if tag_id else (), taken_after=after, taken_before=before)
        return self._pages(wanted.query(), _photo, owner)

    def assets(self, wanted: Wanted, *, owner: str, people: bool = False) -> Iterator[List[values.Asset]]:
        """What a user has of this kind, newest first, in pages of up to 1,000 (`POST /search/metadata`, a read).

        Assets in the locked folder are never found. With `people` each has the names of those in it.
        """
        return self._pages({**wanted.query(), **({"withPeople": True} if people else {})}, asset_of, owner)

    def one(self, asset_id: str) -> values.Asset:
        """`GET /assets/{id}`: one asset with its tags and people. `NotFound` for one out of reach, as in the locked folder."""
        try:
            return self._transport.call("GET", _path(asset_id), parse=asset_of)
        except errors.InvalidRequest as exc:  # "Not found or no asset.read access" is a 400
            raise errors.NotFound(exc.msg, status=exc.status, method=exc.method, path=exc.path) from exc

    def original(self, asset_id: str) -> Download:
        """`GET /assets/{id}/original`: the original as a stream, without the changes with which Immich shows it.

        Nothing is checked: a checksum is the reader's matter. Opening it is tried again as every read is; what breaks later raises an
        `ImmichError` that is `transient`.
        """
        return self._transport.download(_path(asset_id) + "/original")

    def receive_original(self, asset_id: str, take: Callable[[Download], S]) -> S:
        """The same original: what `take` makes of its stream, which it closes. Opening and reading it are tried again together."""
        return self._transport.receive(_path(asset_id) + "/original", take)

    def people(self) -> Dict[str, List[str]]:
        """`GET /people`: the ids of the people who have a name, by their names, which are not unique; hidden ones too."""
        names: Dict[str, str] = {}  # by their ids, "" of those without
        more, page = True, 0
        while more:
            page += 1
            query = {"page": page, "size": _PAGE, "withHidden": "true"}
            found, more = self._transport.call("GET", "/people", query=query, parse=_people)
            more = more and not names.keys() >= found.keys()  # a page without anything new: a server that never comes to its end
            names.update(found)
        ids: Dict[str, List[str]] = {}
        for person_id, name in names.items():
            if name:
                ids.setdefault(name, []).append(person_id)
        return ids

    def _pages(self, query: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], T], owner: str) -> Iterator[List[T]]:
        """What `parse` makes of those assets of a user that a search finds, newest first.

        A page begins where the one before ended in time, not by its number: up to 2.7 assets of the same time come in any order, so that
        some could be in two pages and others in none (it is still so where more than 1,000 are of one time).
        """
        asked: Dict[str, Any] = {**query, "size": _PAGE, "withExif": True, "order": "desc"}
        seen: Dict[str, Optional[float]] = {}  # those that may come again, and when they were taken
        page, end, barren = 1, float("inf"), 0
        while True:
            page_of: Callable[[Mapping[str, Any]], Tuple[List[T], bool]] = partial(_page, parse)
            found, more = self._transport.call("POST", "/search/metadata", json={**asked, "page": page}, reads=True, parse=page_of)
            new = [one for one in found if one.id not in seen]
            yield [one for one in new if one.owner == owner]  # albums hold photos of others, and a partner's are in the user's timeline
            barren = 0 if new else barren + 1
            if not more or barren == _MOST_BARREN:
                return
            seen.update((one.id, one.taken) for one in found)
            oldest = found[-1].taken if found else None
            if oldest is None or oldest + _STEP >= end:
                page += 1
            else:
                page, end = 1, oldest + _STEP
                asked["takenBefore"] = ns_to_iso_utc(round(end * 1000) * 1_000_000)
                seen = {asset_id: taken for asset_id, taken in seen.items() if taken is None or taken <= end + _STEP}


def _page(parse: Callable[[Mapping[str, Any]], T], found: Mapping[str, Any]) -> Tuple[List[T], bool]:
    assets = found["assets"]
    return [parse(one) for one in fields.listed(assets["items"])], assets["nextPage"] is not None


def _people(found: Mapping[str, Any]) -> Tuple[Dict[str, str], bool]:
    names = {checked_uuid(one["id"]): fields.text(one["name"] or "") for one in fields.listed(found["people"])}
    return names, found.get("hasNextPage") is True


def _path(asset_id: str) -> str:
    return "/assets/" + fields.id_for_path(asset_id, "an asset's id")


def _photo(found: Mapping[str, Any]) -> values.Photo:
    exif = found.get("exifInfo") or {}
    camera = " ".join(fields.text(exif[name]).strip() for name in ("make", "model") if exif.get(name))
    return values.Photo(
        checked_uuid(found["id"]),
        checked_uuid(found["ownerId"]),
        fields.text(found["originalFileName"]),
        seconds_of_iso(fields.text(found["fileCreatedAt"])),
        has_own_time(found),
        camera or None,
        found["type"] == "IMAGE",
    )


def has_own_time(found: Mapping[str, Any]) -> bool:
    """Whether a file itself says when it was taken, by what a list with `exifInfo` has of it.

    To a file that says nothing Immich gives the earliest time of the file and the form, even as `dateTimeOriginal`, and does not say so
    (read in the server's source and observed, 1.135 to 3.1; on 1.135 some are a millisecond early). Such a time is the same as that of the
    last change, or, once the user has moved it, whole minutes away; in an external library it is when the file was made there. Only a time
    that the file says moves the local time, or is in UTC without a position. Who says how a picture was exposed is no scanner.
    """
    exif = found.get("exifInfo") or {}
    taken, local, modified = (seconds_of_iso(fields.text(found[name])) for name in ("fileCreatedAt", "localDateTime", "fileModifiedAt"))
    if taken is None:
        return False
    zoned = (local is not None and abs(local - taken) > _SAME) or (exif.get("timeZone") == "UTC" and exif.get("latitude") is None)
    exposed = any(exif.get(name) for name in _EXPOSURE)
    if modified is None:
        return zoned or exposed
    apart = abs(taken - modified)
    moved = abs(apart - 60 * round(apart / 60)) <= _SAME
    if exposed:
        return zoned or apart > _SAME
    if zoned:
        return apart <= _SAME or not moved
    return found.get("libraryId") is None and apart > _WRITTEN and not moved


def asset_of(found: Mapping[str, Any]) -> values.Asset:
    """An asset as lists, stacks and `GET /assets/{id}` have it."""
    exif = found.get("exifInfo") or {}
    size, rating, video, zone = exif.get("fileSizeInByte"), exif.get("rating"), found.get("livePhotoVideoId"), exif.get("timeZone")
    latitude, longitude = _degrees(exif.get("latitude")), _degrees(exif.get("longitude"))
    is_placed = latitude is not None and longitude is not None
    sha1 = base64.b64decode(fields.text(found["checksum"]), validate=True)
    if len(sha1) != _SHA1:
        raise ValueError("not a SHA-1")
    return values.Asset(
        id=checked_uuid(found["id"]),
        owner=checked_uuid(found["ownerId"]),
        sha1=sha1.hex(),
        name=fields.text(found["originalFileName"]),
        kind=fields.text(found["type"]).lower(),
        size=None if size is None else fields.whole(size),
        taken=seconds_of_iso(fields.text(found["fileCreatedAt"])),
        modified=seconds_of_iso(fields.text(found["fileModifiedAt"])),
        local=seconds_of_iso(fields.text(found["localDateTime"])),
        zone=fields.text(zone) if zone else None,
        changed=fields.text(found["updatedAt"]),
        visibility=fields.text(found["visibility"]),
        favorite=fields.truth(found["isFavorite"]),
        trashed=fields.truth(found["isTrashed"]),
        external=found.get("libraryId") is not None,
        missing=found.get("isOffline") is True,
        edited=found.get("isEdited") is True,
        description=fields.text(exif.get("description") or ""),
        # None was 0 on 1.135, and -1 is what some programs write for a picture that was rejected.
        rating=rating if isinstance(rating, int) and not isinstance(rating, bool) and 1 <= rating <= _BEST else None,
        latitude=latitude if is_placed else None,
        longitude=longitude if is_placed else None,
        metadata_read=exif.get("modifyDate") is not None,
        live_video=None if video is None else checked_uuid(video),
        people=tuple(fields.text(one["name"]) for one in fields.listed(found.get("people") or []) if one["name"]),
        tags=None if found.get("tags") is None else tuple(fields.text(one["value"]) for one in fields.listed(found["tags"])),
    )


def _degrees(value: Any) -> Optional[float]:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
