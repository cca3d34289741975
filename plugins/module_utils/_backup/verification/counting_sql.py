# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The question that a restored database is asked: how much is in it, counted as Immich counts for `GET /server/statistics`.

Tables by their names of 1.136 and later; 1.135 calls them otherwise (read in the source of 1.135.3, 2.7.5 and 3.1.0, whose `getUserStats`
is the query for each user here).
"""

from __future__ import annotations

from typing import Any, Dict, Sequence

from ... import _ids
from ..._client import errors
from ..._text import one_line, parse_json
from .compare import NUMBERS
from .dump_sql import DumpContents

_OLD_NAMES = {
    "asset": "assets",
    "asset_exif": "exif",
    "user": "users",
    "album": "albums",
    "tag": "tags",
    "library": "libraries",
    "stack": "asset_stack",
}

# What is counted, by table. Rows with a `deletedAt` are in a trash, and are left out where the table has one.
_COUNTED = {
    "users": "user",
    "albums": "album",
    "tags": "tag",
    "libraries": "library",
    "people": "person",
    "stacks": "stack",
    "memories": "memory",
    "shared_links": "shared_link",
}

_PER_USER = """
SELECT json_object_agg(id::text, json_build_object('photos', photos, 'videos', videos, 'usage', usage)) FROM (
  SELECT u.id,
    count(*) FILTER (WHERE a.type = 'IMAGE' AND a.visibility != 'hidden') AS photos,
    count(*) FILTER (WHERE a.type = 'VIDEO' AND a.visibility != 'hidden') AS videos,
    coalesce(sum(e."fileSizeInByte") FILTER (WHERE a."libraryId" IS NULL), 0)::bigint AS usage
  FROM public."{user}" u
  LEFT JOIN public."{asset}" a ON a."ownerId" = u.id AND a."deletedAt" IS NULL
  LEFT JOIN public."{asset_exif}" e ON e."assetId" = a.id
  GROUP BY u.id) AS per_user"""

_SAMPLE = """
SELECT json_object_agg(id::text, json_build_object('checksum', encode(checksum, 'hex'), 'path', "originalPath"::text))
  FROM public."{asset}" WHERE id IN ({ids})"""


def counting_sql(seen: DumpContents, mark: str, sample: Sequence[str]) -> str:
    """One query, whose answer is a line of JSON behind the mark. Raises `LocalFailure` for a dump of something else than Immich.

    :param sample: ids of assets that are looked up.
    """
    names = {table: table if table in seen.tables else _OLD_NAMES.get(table, table) for table in (*_OLD_NAMES, *_COUNTED.values())}
    missing = [names[table] for table in ("user", "asset", "asset_exif", "album") if names[table] not in seen.tables]
    if missing:
        raise errors.LocalFailure("The dump is not one of Immich: it has no table %s." % missing[0])
    parts: Dict[str, str] = {"assets": 'SELECT count(*) FROM public."%s"' % names["asset"], "by_user": _PER_USER.format(**names)}
    for name, table in _COUNTED.items():
        if names[table] in seen.tables:
            condition = ' WHERE "deletedAt" IS NULL' if "deletedAt" in seen.columns.get(names[table], ()) else ""
            parts[name] = 'SELECT count(*) FROM public."%s"%s' % (names[table], condition)
    if "version_history" in seen.tables:
        parts["immich_version"] = 'SELECT left(version::text, 50) FROM public.version_history ORDER BY "createdAt" DESC LIMIT 1'
    ids = [_ids.checked_uuid(asset_id) for asset_id in sample]
    parts["sample"] = _SAMPLE.format(ids=", ".join("'%s'" % asset_id for asset_id in ids), **names) if ids else "SELECT NULL"
    answer = ", ".join("'%s', (%s)" % (name, query.strip()) for name, query in parts.items())
    return "SELECT '%s' || replace(json_build_object(%s)::text, chr(10), ' ');" % (mark, answer)


def read_answer(text: str) -> Dict[str, Any]:
    """What the query has counted, by the names above. Raises `LocalFailure` for what it does not answer on Immich's own tables."""
    try:
        document = parse_json(text)
        counts = {name: int(document[name]) for name in ("assets", *_COUNTED) if document.get(name) is not None}
        users = {str(user): {name: int(counts[name]) for name in NUMBERS} for user, counts in (document["by_user"] or {}).items()}
        sample = {str(asset): {name: str(row[name]) for name in ("checksum", "path")} for asset, row in (document["sample"] or {}).items()}
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as exc:
        raise errors.LocalFailure("The dump is not one of Immich: its tables cannot be counted (%s)." % one_line(str(exc), 100)) from exc
    version = {"immich_version": one_line(document["immich_version"])} if "immich_version" in document else {}
    return {**counts, "by_user": users, **version, "sample": sample}
