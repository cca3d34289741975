# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /search/metadata`: assets by what is known of them, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.assets import search_filter
from immich_emulator.assets.asset_view import asset_view
from immich_emulator.groups.people import people_in
from immich_emulator.http.answers import ok
from immich_emulator.http.errors import ApiError, no_access
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import Field, check
from immich_emulator.uploads.checksums import from_text
from immich_emulator.uploads.upload_fields import VISIBILITY

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

FIELDS = (
    Field("size", "number", ("maximum",), required=False, maximum=1000),
    VISIBILITY,
)
#: field of the request → condition on an asset, with the field's value for its `?`.
CONDITIONS = {
    "id": "a.id = ?",
    "libraryId": "a.library = ?",
    "isOffline": "a.offline = ?",
    "checksum": "a.checksum = ?",
    "originalFileName": "a.name LIKE ? ESCAPE '\\'",
    "originalPath": "a.shown_path LIKE ? ESCAPE '\\'",
    "isFavorite": "a.favorite = ?",
    "type": "a.type = ?",
    "visibility": "a.visibility = ?",
    "deviceAssetId": "a.device_asset_id = ?",
    "deviceId": "a.device_id = ?",
    "takenAfter": "a.file_created >= ?",
    "takenBefore": "a.file_created <= ?",
    "createdAfter": "a.uploaded >= ?",
    "createdBefore": "a.uploaded <= ?",
    "updatedAfter": "a.updated >= ?",
    "updatedBefore": "a.updated <= ?",
    "trashedAfter": "a.deleted >= ?",
    "trashedBefore": "a.deleted <= ?",
}
#: The same for what was read in the file: as a whole, in its very case (observed on 3.1).
EXIF_CONDITIONS = {name: f"json_extract(a.exif, '$.{name}') = ?" for name in ("make", "model", "city", "state", "country")}
#: Whose assets a search finds: also those of partners whom one sees in the timeline, whatever their visibility (observed on 3.1).
OWNERS = "(a.owner = ? OR a.owner IN (SELECT sharer FROM partners WHERE receiver = ? AND in_timeline))"
#: The same for fields that hold a list: one condition for each entry, and all must hold. A tag is found with those below it.
LIST_CONDITIONS = search_filter.IDS


@routes.on("POST", "/search/metadata", "asset.read")
def search(immich: Immich, request: Request) -> Response:
    """One page; `nextPage` is the next one's number as text, or null on the last. See `search_filter` for the newer way."""
    wanted = check(immich.version, request.state.json if isinstance(request.state.json, dict) else {}, *FIELDS)
    size = int(wanted.get("size") or 250)
    is_new = search_filter.is_new_way(immich.version, wanted)
    where, values = filtered(immich, request, wanted.get("filter") or {}) if is_new else flat(immich, request, wanted)
    if is_new:
        offset = search_filter.offset_of(wanted.get("cursor"))
        order = "ASC" if wanted.get("orderBy", {}).get("direction") == "asc" else "DESC"
    else:
        offset = (int(wanted.get("page") or 1) - 1) * size
        order = "ASC" if wanted.get("order") == "asc" else "DESC"
    if wanted.get("withExif"):
        where.append("a.exif IS NOT NULL")
    rank = f"a.id {order}" if immich.version.is_new else any_order(immich, offset)
    sql = f"SELECT a.* FROM assets a WHERE {' AND '.join(where)} ORDER BY a.file_created {order}, {rank}"
    rows = immich.store.all(f"{sql} LIMIT {size + 1} OFFSET {offset}", *values)
    items = [asset_view(immich, row, exif=bool(wanted.get("withExif"))) for row in rows[:size]]
    if wanted.get("withPeople"):
        items = [{**item, "people": people_in(immich, item["id"], request.user.id)} for item in items]
    more = len(rows) > size
    assets: dict[str, Any] = {"total": len(items), "count": len(items), "items": items, "facets": []}
    assets["nextPage"] = str(offset // size + 2) if more and not is_new else None
    if immich.version.at_least(*search_filter.SINCE):
        assets["nextCursor"] = search_filter.cursor_of(offset + size) if more and is_new else None
    return ok({"albums": {"total": 0, "count": 0, "items": [], "facets": []}, "assets": assets})


def any_order(immich: Immich, offset: int) -> str:
    """The order of assets taken at the same moment. Up to 2.7 Immich sorts by time alone, so it differs by page and after each write.

    PostgreSQL keeps so many rows as the page and those before it have, in a heap, and reads the table as its rows lie in it. Observed on
    1.135.3 and 2.7.5: of 2,500 photos of one moment a list had 2,499 on a quiet server, and 1,527 while jobs wrote to them.
    """
    salt = 7919 * offset + 104729 * immich.store.db.total_changes
    return f"(a.seq * 2654435761 + {salt}) * 40503 % 65537"


def flat(immich: Immich, request: Request, wanted: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """The SQL of a search by single fields (up to 3.1), with the values of its `?`."""
    version = immich.version
    if wanted.get("visibility") == "locked":
        raise ApiError(401, "Elevated permission is required")
    where: list[str] = []
    values: list[Any] = []
    if version.is_new and wanted.get("albumIds"):
        check_albums(immich, request, wanted["albumIds"])  # then the photos of all who are in the album are found
    else:
        where, values = [OWNERS], [request.user.id, request.user.id]
    for name, condition in (CONDITIONS | EXIF_CONDITIONS).items():
        if wanted.get(name) is not None:
            where.append(condition)
            values.append(as_sql(name, wanted[name]))
    for name, condition in LIST_CONDITIONS.items():
        for entry in wanted.get(name) or ():
            where.append(condition)
            values.append(entry)
    if not wanted.get("visibility"):
        where.append("a.visibility != 'locked'" if version.is_new else "a.visibility = 'timeline'")
    if not any(wanted.get(name) for name in ("withDeleted", "trashedAfter", "trashedBefore", "isOffline")):
        where.append("a.deleted IS NULL")
    if wanted.get("isMotion") is not None:
        where.append(f"a.live_video IS {'NOT ' if wanted['isMotion'] else ''}NULL")
    if wanted.get("isNotInAlbum") and not wanted.get("albumIds"):  # with albums, Immich ignores it (seen on 1.135.3)
        where.append("a.id NOT IN (SELECT asset FROM album_assets)")
    return where, values


def filtered(immich: Immich, request: Request, filters: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """The SQL of a search by `filter`, a tree of conditions (3.2 and later), with the values of its `?`."""
    found = list(search_filter.conditions(filters))
    albums = filters.get("albumIds", {})
    check_albums(immich, request, [album for ids in albums.values() for album in ids])
    if not albums.get("any") and not albums.get("all"):
        found.append((OWNERS, [request.user.id, request.user.id]))
    return [sql for sql, _values in found], [value for _sql, values in found for value in values]


@routes.on("POST", "/search/random", "asset.read")
def random(immich: Immich, request: Request) -> Response:
    """Some of the user's assets, in any order: of a visibility, or else of the timeline and the archive."""
    wanted = check(immich.version, request.state.json if isinstance(request.state.json, dict) else {}, *FIELDS)
    if search_filter.is_new_way(immich.version, wanted):
        where, values = filtered(immich, request, wanted["filter"])
    else:
        shown, values = ("a.visibility = ?", [wanted["visibility"]]) if wanted.get("visibility") else ("a.visibility != 'hidden'", [])
        where, values = ["a.owner = ?", "a.deleted IS NULL", shown], [request.user.id, *values]
    sql = f"SELECT a.* FROM assets a WHERE {' AND '.join(where)} ORDER BY random() LIMIT ?"
    rows = immich.store.all(sql, *values, int(wanted.get("size") or 250))
    return ok([asset_view(immich, row, exif=bool(wanted.get("withExif"))) for row in rows])


def check_albums(immich: Immich, request: Request, album_ids: list[str]) -> None:
    """Raises ApiError 400 for an album that is neither the user's nor shared with the user."""
    sql = "SELECT id FROM albums WHERE id = ? AND (owner = ? OR id IN (SELECT album FROM album_users WHERE user = ?))"
    if not all(immich.store.one(sql, album_id, request.user.id, request.user.id) for album_id in album_ids):
        raise no_access("album.read")


def as_sql(name: str, value: Any) -> Any:
    """A condition's value as the database wants it."""
    if name == "checksum":
        return from_text(value)
    if name in ("originalFileName", "originalPath"):
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"%{escaped}%"
    return value
