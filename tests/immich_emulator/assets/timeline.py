# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline: the user's assets month by month, of a stack only the one on top."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import ok
from immich_emulator.http.errors import ApiError
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import check
from immich_emulator.uploads.upload_fields import VISIBILITIES, VISIBILITY

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

MONTH = "substr(a.local_date, 1, 7) || '-01'"
ON_TOP = "a.id NOT IN (SELECT a.id FROM assets a JOIN stacks s ON s.id = a.stack WHERE s.primary_asset != a.id)"


@routes.on("GET", "/timeline/buckets", "asset.read")
def buckets(immich: Immich, request: Request) -> Response:
    """The months that have assets, newest first."""
    where, values = condition(immich, request)
    sql = f"SELECT {MONTH} AS month, count(*) AS count FROM assets a WHERE {where} GROUP BY month ORDER BY month DESC"
    return ok([{"timeBucket": row["month"], "count": row["count"]} for row in immich.store.all(sql, *values)])


@routes.on("GET", "/timeline/bucket", "asset.read")
def bucket(immich: Immich, request: Request) -> Response:
    """One month's assets, newest first: a list for each thing that is known of them."""
    where, values = condition(immich, request)
    month = request.query_params.get("timeBucket", "")
    rows = immich.store.all(f"SELECT * FROM assets a WHERE {where} AND {MONTH} = ? ORDER BY a.file_created DESC", *values, month)
    with_stacks = request.query_params.get("withStacked") == "true"
    views = [bucket_view(immich, row, stacks=with_stacks) for row in rows]
    names = bucket_view(immich, None, stacks=with_stacks)
    return ok({name: [view[name] for view in views] for name in names})


def condition(immich: Immich, request: Request) -> tuple[str, list[Any]]:
    """The SQL condition for the assets that a request asks for, with the values of its `?`. Raises ApiError for the locked folder."""
    query = request.query_params
    check(immich.version, dict(query), VISIBILITY)
    if query.get("visibility") == "locked":
        raise ApiError(401, "Elevated permission is required")
    shown = [query["visibility"]] if "visibility" in query else [one for one in VISIBILITIES if one in ("archive", "timeline")]
    where = f"a.owner = ? AND a.deleted IS NULL AND a.visibility IN ({', '.join('?' * len(shown))})"
    return (f"{where} AND {ON_TOP}" if query.get("withStacked") == "true" else where), [request.user.id, *shown]


def bucket_view(immich: Immich, row: sqlite3.Row | None, *, stacks: bool) -> dict[str, Any]:
    """The fields that a month lists of an asset. Called without an asset, it is used for the names of the fields alone."""
    asset: dict[str, Any] = dict(row) if row is not None else {}
    created = asset.get("file_created", "1970-01-01T00:00:00.000Z")
    offset = datetime.fromisoformat(asset.get("local_date", created)) - datetime.fromisoformat(created)
    view = {
        "city": None,
        "country": None,
        "duration": None if immich.version.is_new else asset.get("duration"),
        "id": asset.get("id"),
        "visibility": asset.get("visibility"),
        "isFavorite": bool(asset.get("favorite")),
        "isImage": asset.get("type") == "IMAGE",
        "isTrashed": False,
        "livePhotoVideoId": asset.get("live_video"),
        "fileCreatedAt": as_in_sql(created),
        "localOffsetHours": offset.total_seconds() / 3600,
        "ownerId": asset.get("owner"),
        "projectionType": None,
        "ratio": round((asset.get("width") or 1) / (asset.get("height") or 1), 3),
        "status": "active",
        "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI" if asset.get("thumbnail") else None,
    }
    if immich.version.is_new:
        view["createdAt"] = as_in_sql(asset.get("uploaded", created))
    if stacks:
        view["stack"] = stack_in_short(immich, asset.get("stack"))
    return view


def stack_in_short(immich: Immich, stack: str | None) -> list[str] | None:
    """The stack's id and how many of its assets are in the timeline, both as text."""
    sql = "SELECT count(*) FROM assets WHERE stack = ? AND deleted IS NULL AND visibility = 'timeline'"
    count = immich.store.value(sql, stack) if stack else 0
    return [str(stack), str(count)] if count else None


def as_in_sql(moment: str) -> str:
    """`2021-03-04T05:06:07.100Z` → `2021-03-04T05:06:07.1`, as the database writes moments without a zone."""
    return moment.removesuffix("Z").rstrip("0").rstrip(".") if "." in moment else moment.removesuffix("Z")
