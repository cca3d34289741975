# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Photos and videos with what their files say of them. Private to the collection."""

from __future__ import annotations

import datetime
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ..transport import Transport
from ..values import Photo
from .fields import listed, text, uuid

_PAGE = 1000  # the most that a search gives at once
_STEP = 0.001  # seconds: how exactly a search tells and takes times
_MOST_BARREN = 3  # pages in a row without anything new: a server that never comes to its end
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class PhotoCalls:
    """Calls that look for photos and videos. Scope: `asset.read`."""

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
    ) -> Iterator[List[Photo]]:
        """What a user has in the timeline, newest first, in pages of 1,000 (`POST /search/metadata`, a read).

        `after` and `before` are moments (ISO 8601, UTC) that limit when it was taken, both included. What is in the trash, the archive or
        the locked folder is not found, nor are the videos of live photos. A tag is found with its children.

        A page begins where the one before ended in time, not by its number: up to 2.7 assets of the same time come in any order, so that
        some could be in two pages and others in none (it is still so where more than 1,000 are of one time).
        """
        query: Dict[str, Any] = {"size": _PAGE, "visibility": "timeline", "withExif": True, "order": "desc"}
        query.update({"albumIds": [album_id]} if album_id else {})
        query.update({"tagIds": [tag_id]} if tag_id else {})
        query.update({"takenAfter": after} if after else {})
        query.update({"takenBefore": before} if before else {})
        seen: Dict[str, Optional[float]] = {}  # those that may come again, and when they were taken
        page, end, barren = 1, float("inf"), 0
        while True:
            found, more = self._transport.call("POST", "/search/metadata", json={**query, "page": page}, reads=True, parse=_page)
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
                query["takenBefore"] = _iso(end)
                seen = {asset_id: taken for asset_id, taken in seen.items() if taken is None or taken <= end + _STEP}


def _page(found: Mapping[str, Any]) -> Tuple[List[Photo], bool]:
    assets = found["assets"]
    return [_photo(one) for one in listed(assets["items"])], assets["nextPage"] is not None


def _photo(found: Mapping[str, Any]) -> Photo:
    exif = found.get("exifInfo") or {}
    camera = " ".join(text(exif[name]).strip() for name in ("make", "model") if exif.get(name))
    taken = _moment(text(found["fileCreatedAt"]))
    return Photo(
        uuid(found["id"]), uuid(found["ownerId"]), text(found["originalFileName"]), taken, camera or None, found["type"] == "IMAGE"
    )


def _moment(date: str) -> Optional[float]:
    """A time of Immich's in seconds since 1970; None for a year that Python does not know."""
    try:
        moment = datetime.datetime.fromisoformat(date[:-1] + "+00:00" if date.endswith("Z") else date)
        return (moment - _EPOCH).total_seconds()
    except (ValueError, TypeError):
        return None


def _iso(seconds: float) -> str:
    moment = _EPOCH + datetime.timedelta(milliseconds=round(seconds * 1000))
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
