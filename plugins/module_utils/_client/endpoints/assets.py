# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Assets: which of them the server has, how they get there, what it says of them, and their originals."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Collection,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
    TypeVar,
)

from ... import _ids, _times
from .. import body, checked, errors, values, versions
from ..client import Calls
from . import asset_json

if TYPE_CHECKING:
    from .. import asset_lists

# The server fails beyond 65,532 entries and answers 5,000 in some 35 ms (observed on 1.135 to 3.1).
CHECK_BATCH = 5000

_PAGE = 1000  # the most that a search or a list of people gives at once
_SMALL_PAGE = 50  # assets: a page of fewer takes as long
_JUST_NOW = 2.0  # seconds: the server's clock is known to one
_LATELY = 86400.0  # seconds

S = TypeVar("S")


T = TypeVar("T", bound="asset_lists.ListedAsset")


class AssetCalls(Calls):
    """Calls on assets.

    Scopes: `asset.upload` for checks and uploads, `asset.read` to search and to get, `asset.download` for originals, `asset.update`,
    `asset.delete` for the trash, `person.read` for people.
    """

    def wants_device_ids(self) -> bool:
        """Whether an upload must have a `device_asset_id`."""
        return not self._client.supports(versions.NO_DEVICE_IDS)

    def moves_times(self) -> bool:
        """Whether a position that an asset is given moves a local time without an offset to the zone of the place."""
        return self._client.supports(versions.MOVES_TIMES)

    def loses_rejections(self) -> bool:
        """Whether a rating of -1 is lost when the metadata is read."""
        return self._client.supports(versions.REJECTIONS_LOST)

    def check(self, sha1s: Sequence[str]) -> Dict[str, values.KnownAsset]:
        """Which of these files (lower-case hex SHA-1, at most `CHECK_BATCH`) the key's user has already; others are left out.

        `POST /assets/bulk-upload-check`: a read, in spite of its method. An empty list would make the server fail.
        """
        if not sha1s:
            return {}
        # An answer to another question does not count, even if that was about the same files: a local file may be deleted because of it.
        question = secrets.token_hex(4)
        entries = [{"id": question + sha1, "checksum": sha1} for sha1 in sha1s]
        known = self._transport.call("POST", "/assets/bulk-upload-check", json={"assets": entries}, reads=True, parse=_known)
        return {entry[len(question) :]: asset for entry, asset in known.items() if entry.startswith(question)}

    def upload(self, sha1: str, new_body: Callable[[int], body.FormBody]) -> values.UploadAnswer:
        """`POST /assets`. `new_body` makes the form for an attempt (see `upload_fields`), numbered from 0.

        A retry carries the checksum, so that bytes whose answer was lost are recognised without being sent whole again; a
        first attempt does not, because the look-up costs the server more than it saves (observed: 165 → 195 files/s).
        """
        return self._transport.upload(new_body, {"x-immich-checksum": sha1}, _stored)

    def search(self, wanted: values.Search, *, owners: Collection[str], people: bool = False) -> Iterator[List[values.Asset]]:
        """What some users have of this kind, all of it, each once, in pages of up to 1,000 (`POST /search/metadata`, a read).

        The newest come first, as a rule. With `people` each has the names of those in it. Raises `IncompleteList`.
        """
        shown = {"withExif": True, "withPeople": True} if people else {"withExif": True}
        return self._pages(wanted, asset_json.asset_of, owners, shown)

    def count(self, wanted: values.Search) -> int:
        """How many assets a search finds (`POST /search/metadata`)."""
        return sum(self._lists().count(search) for search in self._one_by_one(wanted))

    def has_any(self, wanted: values.Search) -> bool:
        """Whether a search finds any asset (`POST /search/metadata`)."""
        return any(self._lists().has_any(search) for search in self._one_by_one(wanted))

    def changed_since(self, moment: str) -> Iterator[values.Asset]:
        """What the server has changed since a moment (ISO 8601 in UTC). What it changes meanwhile may be missing."""
        for page in self._pages(values.Search(None, changed_after=moment), asset_json.asset_of, (), {"withExif": True}, counted=False):
            yield from page

    def ids_where(
        self,
        *,
        album_id: Optional[str] = None,
        tag_id: Optional[str] = None,
        visibility: Optional[str] = None,
        live: bool = False,
        trashed: bool = False,
        sha1: Optional[str] = None,
    ) -> Iterator[str]:
        """The ids of what the key's user sees in an album, with a tag, of a visibility, with the video of a live photo or with a checksum
        (see `Search`)."""
        from .. import asset_lists  # only here: most uploads list nothing

        tag_ids = () if tag_id is None else (tag_id,)
        wanted = values.Search(visibility, album_id, tag_ids, live=True if live else None, trashed=trashed, sha1=sha1)
        for page in self._pages(wanted, asset_lists.asset_id_of, (), {}):
            yield from (asset.id for asset in page)

    def unread_ids(self, most_pages: int) -> Set[str]:
        """The ids of assets that came or were changed within a day and whose metadata the server has yet to read.

        Of the first ones, as many as so many pages of 1,000 have. One whose metadata is read meanwhile may be missing, since that changes
        its time.
        """
        since = _times.ns_to_iso_utc(round((self._transport.server_time - _LATELY) * 1e9))
        unread: Set[str] = set()
        pages = self._pages(values.Search(None, changed_after=since), asset_json.asset_of, (), {"withExif": True}, counted=False)
        left = most_pages * _PAGE
        for page in pages:
            unread.update(asset.id for asset in page if not asset.metadata_read)
            left -= max(len(page), _SMALL_PAGE)
            if left <= 0:
                break
        return unread

    def random(self, size: int) -> List[values.Asset]:
        """`POST /search/random` (a read): up to that many photos and videos of the timeline of the key's user, at most 1,000."""
        if size <= 0:
            return []
        query = {"size": min(size, _PAGE), **self._conditions(values.Search())}
        return self._transport.call("POST", "/search/random", json=query, reads=True, parse=_assets)

    def get(self, asset_id: str) -> Optional[values.Asset]:
        """`GET /assets/{id}`: an asset with its tags, people and stack; None for one that is out of the key's reach.

        It was deleted for good then, or is in the locked folder. Up to 3.1 its stack is named only where another one in the timeline is
        in it.
        """
        try:
            return self._transport.call("GET", _path(asset_id), parse=asset_json.asset_of)
        except errors.NotFound:
            return None

    def was_changed_just_now(self, asset: values.Asset) -> bool:
        """Whether the server changed it within the last seconds, by its own clock.

        It may then have read its metadata, and not have given it the tags that are in there. When it does that, it drops the tags that
        the asset has got in between (read from the sources of 1.135.3, 2.7.5 and 3.1.0).
        """
        changed = _times.seconds_of_iso(asset.changed)
        return changed is not None and self._transport.server_time - changed < _JUST_NOW

    def original(self, asset_id: str) -> body.Download:
        """`GET /assets/{id}/original`: the original as a stream, without the changes with which Immich shows it.

        Nothing is checked: a checksum is the reader's matter. Opening it is tried again as every read is; what breaks later raises an
        `ImmichError` that is `transient`.
        """
        return self._transport.download(_path(asset_id) + "/original")

    def receive_original(self, asset_id: str, take: Callable[[body.Download], S]) -> S:
        """The same original: what `take` makes of its stream, which it closes. Opening and reading it are tried again together."""
        return self._transport.receive(_path(asset_id) + "/original", take)

    def thumbnail(self, asset_id: str) -> body.Download:
        """`GET /assets/{id}/thumbnail` (scope asset.view): the small picture, in WebP or JPEG. `NotFound` where none was made."""
        return self._transport.download(_path(asset_id) + "/thumbnail")

    def people(self) -> Dict[str, List[str]]:
        """`GET /people`: the ids of the people who have a name, by their names, which are not unique; hidden ones too."""
        names: Dict[str, str] = {}  # by their ids, "" of those without
        more, page = True, 0
        while more:
            page += 1
            query = {"page": page, "size": _PAGE, "withHidden": "true"}
            names_of_page, more = self._transport.call("GET", "/people", query=query, parse=_people)
            more = more and not names.keys() >= names_of_page.keys()  # a page without anything new: a server that never comes to its end
            names.update(names_of_page)
        ids: Dict[str, List[str]] = {}
        for person_id, name in names.items():
            if name:
                ids.setdefault(name, []).append(person_id)
        return ids

    def join_live(self, still_id: str, video_id: str) -> None:
        """`PUT /assets/{id}` (asset.update; PATCH from 3.1 on): makes a still and its video a live photo, which hides the video."""
        self._transport.change("PUT", _path(still_id), json={"livePhotoVideoId": _checked(video_id)}, repeatable=True)

    def describe(self, asset_id: str, changes: Mapping[str, Any]) -> str:
        """`PUT /assets/{id}` (asset.update) with some of `description`, `latitude` and `longitude` (both or none), `rating` (-1, 1 to 5),
        `dateTimeOriginal` (ISO 8601 with an offset, which counts for nothing but the moment where there is a position), `isFavorite` and
        `visibility`.

        Immich shows them at once and writes them to the sidecar later. What is set before it has read the file's metadata may be lost.
        Returns when it was last changed, as the server writes that: this moves again once what goes to the sidecar was written there and
        read back (observed on 1.135 to 3.1).
        """
        return self._transport.call(
            "PUT", _path(asset_id), json=dict(changes), repeatable=True, parse=lambda answer: checked.text(answer["updatedAt"])
        )

    def trash(self, asset_ids: Sequence[str]) -> None:
        """`DELETE /assets` (asset.delete): puts assets into the trash. Doing it twice does no harm."""
        self._transport.change("DELETE", "/assets", json={"ids": list(asset_ids), "force": False}, repeatable=True)

    def delete_for_good(self, asset_ids: Sequence[str]) -> None:
        """`DELETE /assets` with `force` (asset.delete): has a background job delete assets, and their files: from
        `versions.MISSING_FILES_STAY` on not those of assets that are taken for missing."""
        self._transport.change("DELETE", "/assets", json={"ids": list(asset_ids), "force": True}, repeatable=True)

    def restore(self, asset_ids: Sequence[str]) -> None:
        """`POST /trash/restore/assets` (asset.delete): takes assets out of the trash. Restoring twice does no harm."""
        self._transport.change("POST", "/trash/restore/assets", json={"ids": list(asset_ids)}, repeatable=True)

    def _conditions(self, wanted: values.Search) -> Dict[str, Any]:
        """What is looked for as the server's version takes it."""
        return {"filter": wanted.filter()} if self._client.supports(versions.SEARCH_FILTERS) else wanted.query()

    def _pages(
        self,
        wanted: values.Search,
        parse: Callable[[Mapping[str, Any]], T],
        owners: Collection[str],
        shown: Mapping[str, bool],
        *,
        counted: bool = True,
    ) -> Iterator[List[T]]:
        """What `parse` makes of those assets that a search finds, newest first; of all owners if `owners` is empty. `shown` is asked for
        besides. See `AssetLists.pages`."""
        lists = self._lists()
        for search in self._one_by_one(wanted):
            for page in lists.pages(search, parse, shown, counted=counted):
                # Albums hold photos of others, and a partner's are in the user's timeline.
                yield [asset for asset in page if not owners or asset.owner in owners]

    def _lists(self) -> asset_lists.AssetLists:
        from .. import asset_lists  # only here: most uploads list nothing

        return asset_lists.AssetLists(self._transport, self._conditions)

    def _one_by_one(self, wanted: values.Search) -> List[values.Search]:
        """The searches that together find what is wanted: up to 2.7, one without a visibility finds the timeline only."""
        if wanted.visibility or self._client.supports(versions.SEARCHES_ALL):
            return [wanted]
        return [replace(wanted, visibility=visibility) for visibility in ("timeline", "archive", "hidden")]


def _assets(answer: Any) -> List[values.Asset]:
    return [asset_json.asset_of(asset) for asset in checked.array(answer)]


def _people(answer: Mapping[str, Any]) -> Tuple[Dict[str, str], bool]:
    names = {_ids.checked_uuid(person["id"]): checked.text(person["name"] or "") for person in checked.array(answer["people"])}
    return names, answer.get("hasNextPage") is True


def _path(asset_id: str) -> str:
    return "/assets/" + _checked(asset_id)


def _checked(asset_id: str) -> str:
    return checked.require_id(asset_id, "an asset's id")


def _known(answer: Mapping[str, Any]) -> Dict[str, values.KnownAsset]:
    return {
        checked.text(result["id"]): values.KnownAsset(_ids.checked_uuid(result["assetId"]), checked.boolean(result.get("isTrashed", False)))
        for result in checked.array(answer["results"])
        if result["action"] == "reject" and result.get("assetId")
    }


def _stored(answer: Mapping[str, Any]) -> values.UploadAnswer:
    return values.UploadAnswer(_ids.checked_uuid(answer["id"]), checked.text(answer["status"]) != "duplicate")


def upload_fields(*, device_asset_id: Optional[str], created: str, modified: str, favorite: bool, visibility: str) -> Dict[str, str]:
    """The form's fields as every version from 1.135 to 3.1 takes them. Dates are ISO 8601 with `Z` or an offset.

    `deviceAssetId` and `deviceId` are required up to 2.7 and ignored from 3.0 on (then `device_asset_id` may be None, which spares
    the server a look at both). What equals the server's default is left out. No `filename` (it would break the type check of a
    sidecar) and no `duration` (its type changed in 3.0).
    """
    form = {"fileCreatedAt": created, "fileModifiedAt": modified}
    if device_asset_id is not None:
        form.update(deviceAssetId=device_asset_id, deviceId="photoyard.immich")
    if favorite:
        form["isFavorite"] = "true"
    if visibility != "timeline":
        form["visibility"] = visibility
    return form
