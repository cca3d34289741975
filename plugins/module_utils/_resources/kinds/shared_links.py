# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shared links to albums of the key's user.

Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote

from ..._client import versions
from .. import normalise
from ..model import PRESENT, Context, Field, Kind, PlannedObject, Route
from .albums import ALBUMS

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d)", re.IGNORECASE)


def moment(value: Any) -> Optional[str]:
    """`2026-01-31T12:00:00+01:00` as `2026-01-31T11:00:00.000Z`. A day begins at midnight UTC; `never` is None."""
    if value is None or str(value).strip().lower() == "never":
        return None
    given = str(value).strip()
    match = _MOMENT.fullmatch(given + "T00:00:00Z" if _DAY.fullmatch(given) else given)
    if not match:
        raise ValueError("must be a day or a moment with its offset, such as 2026-01-31T12:00:00Z, or never, not '%s'" % given)
    offset = "+0000" if match[5].upper() == "Z" else match[5].replace(":", "")
    text_of_it = "%sT%s%s%s" % (match[1], match[2], match[3] or ":00", offset)
    try:
        at = datetime.datetime.strptime(text_of_it, "%Y-%m-%dT%H:%M:%S%z").astimezone(datetime.timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError("'%s' is not a moment" % given) from None
    return "%s.%sZ" % (at.isoformat()[:19], (match[4] or "").ljust(3, "0"))


class SharedLinks(Kind):
    """What the API has below `/shared-links`, but for links to single photos."""

    name, singular, plural = "shared_links", "shared link", "shared links"
    order = 60
    keys = (("slug",), ("album", "description"))
    optional = ("description",)
    fields = (
        Field("slug", normalise=normalise.text, decode=normalise.text_or_null, since=versions.SLUGS, always=True, default=None),
        Field(
            "album",
            api="albumId",
            source="album",
            required=True,
            normalise=normalise.text,
            decode=lambda album: album["id"],
            refers_to=ALBUMS,
            on_update=False,
        ),
        Field("description", normalise=normalise.text_or_null, decode=normalise.text_or_null, default=None),
        Field("password", normalise=normalise.text_or_null, decode=normalise.text_or_null, secret=True, default=None),
        Field("expires_at", normalise=moment, decode=moment, default=None),
        Field("allow_upload", type="bool", ours=False),  # Immich itself would allow it
        Field("allow_download", type="bool", default=True),
        Field("show_metadata", type="bool", default=True),
    )
    aliases: Mapping[str, str] = {"album_id": "album"}
    path, object_path = "/shared-links", "/shared-links/{id}"
    scope_to_read = "sharedLink.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/shared-links", {"type": "ALBUM"}, scope="sharedLink.create"),
        "update": Route("PATCH", "/shared-links/{id}", scope="sharedLink.update"),
        "delete": Route("DELETE", "/shared-links/{id}", scope="sharedLink.delete"),
    }

    def is_one(self, raw: Mapping[str, Any]) -> bool:
        """Whether it is a link to an album."""
        return bool(raw.get("type") == "ALBUM")

    def finish(self, context: Context, planned: PlannedObject, object_id: Optional[str]) -> Dict[str, Any]:
        """Where people find a link; of one without a slug the address is a secret."""
        slug = planned.wanted.get("slug")
        if planned.wanted["state"] != PRESENT or not slug:
            return {}
        root = context.client.connection.root
        return {"link_url": "%s/s/%s" % (root[: -len("/api")] if root.endswith("/api") else root, quote(slug))}


SHARED_LINKS = SharedLinks()
