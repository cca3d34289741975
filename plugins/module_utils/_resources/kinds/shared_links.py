# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shared links to albums of the key's user.

Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote

from ..._client import versions
from .. import normalise
from ..model import PRESENT, Context, Field, Kind, Planned, Route
from .albums import ALBUMS


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
        Field("expires_at", normalise=normalise.moment, decode=normalise.moment, default=None),
        Field("allow_upload", type="bool", ours=False),  # Immich itself would allow it
        Field("allow_download", type="bool", default=True),
        Field("show_metadata", type="bool", default=True),
    )
    aliases: Mapping[str, str] = {"album_id": "album"}
    path, one = "/shared-links", "/shared-links/{id}"
    scope_to_read = "sharedLink.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/shared-links", {"type": "ALBUM"}, scope="sharedLink.create"),
        "update": Route("PATCH", "/shared-links/{id}", scope="sharedLink.update"),
        "delete": Route("DELETE", "/shared-links/{id}", scope="sharedLink.delete"),
    }

    def is_one(self, raw: Mapping[str, Any]) -> bool:
        """Whether it is a link to an album."""
        return bool(raw.get("type") == "ALBUM")

    def finish(self, context: Context, planned: Planned, object_id: Optional[str]) -> Dict[str, Any]:
        """Where people find a link; of one without a slug the address is a secret."""
        slug = planned.wanted.get("slug")
        if planned.wanted["state"] != PRESENT or not slug:
            return {}
        root = context.client.connection.root
        return {"link_url": "%s/s/%s" % (root[: -len("/api")] if root.endswith("/api") else root, quote(slug))}


SHARED_LINKS = SharedLinks()
