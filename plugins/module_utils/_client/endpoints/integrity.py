# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The integrity report (3.0 and later): how many files are untracked, missing or changed, and which; and what proves whose a file is.

The report is marked alpha in Immich's OpenAPI document. What is said here of its answers was observed on 3.1.0.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any, Container, Dict, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple
from urllib.parse import unquote

from ..._ids import checked_uuid
from .. import body, checked, errors, values, versions
from ..client import Calls, Client
from .assets import AssetCalls

UNTRACKED, MISSING, CHECKSUM = "untracked", "missing", "checksum"
_TYPES = {UNTRACKED: "untracked_file", MISSING: "missing_file", CHECKSUM: "checksum_mismatch"}
KINDS = tuple(_TYPES)
_JOBS = {UNTRACKED: "integrity-untracked-files", MISSING: "integrity-missing-files", CHECKSUM: "integrity-checksum-mismatch"}

SCOPE = "maintenance"
QUEUE = "integrityCheck"

_MOST_ENTRIES = 1_000_000
_MOST_MATCHES = 1000  # the most that a search gives at once
_LONGEST_LINE = 64 * 1024  # characters of the report as CSV
_CSV_COLUMNS = ["id", "type", "assetId", "fileAssetId", "path"]
_FILE_NAME = re.compile(r"inline; filename\*=UTF-8''([^;\s]{1,4096})")
_MOST_TRIED = 20  # assets that are asked for until one has a path to search for

# A database compares these as they are: a name with other characters may be stored in another form than the disk has it in. Not `\`,
# which has a meaning of its own there.
PLAIN_PATH = re.compile(r"[ -\[\]-~]+")


class Entry(NamedTuple):
    """A line of the report.

    `created` is when it was first made, in seconds since 1970, by the server's clock; a later check that finds the same file keeps it.
    `asset_id` is the asset whose original is missing or has changed; None for another file of an asset, and for nobody's.
    """

    id: str
    kind: str
    path: str
    created: Optional[float]
    asset_id: Optional[str]


class Account(NamedTuple):
    """A user of the server. `active` is false for one who is deleted or about to be, whose files are still there."""

    id: str
    email: str
    active: bool


class IntegrityCalls(Calls):
    """Calls on the integrity report, with an administrator's key that has `SCOPE`; `job.create` for checks."""

    def counts(self) -> Dict[str, int]:
        """`GET /admin/integrity/summary`: how many entries of each of `KINDS` the report has."""
        return self._transport.call(
            "GET",
            "/admin/integrity/summary",
            parse=lambda answer: {kind: checked.integer(answer[name]) for kind, name in _TYPES.items()},
        )

    def entries(self, kind: str, *, most: int = _MOST_ENTRIES) -> List[Entry]:
        """`GET /admin/integrity/report`: the newest entries of a kind, page by page; it ends at `most` and at a page without anything new.

        A page has 500 entries. 3.1.0 answers 400 to every `limit`, so none is sent.
        """
        entries: Dict[str, Entry] = {}
        query = {"type": _TYPES[kind]}
        while True:
            page, cursor = self._transport.call("GET", "/admin/integrity/report", query=query, parse=lambda answer: _page(kind, answer))
            new = {entry.id: entry for entry in page if entry.id not in entries}
            entries.update(new)
            if not new or cursor is None or len(entries) >= most:
                return list(entries.values())[:most]
            query = {"type": _TYPES[kind], "cursor": cursor}

    def paths_in_csv(self, kind: str, wanted: Container[str]) -> Set[Tuple[str, str]]:
        """`GET /admin/integrity/report/{type}/csv`: id and path of the entries whose ids are `wanted`, by another query than `entries`.

        Immich writes it line by line, as integrity.service.ts (3.1.0) says: the path in quotes, `null` for no id.
        """
        path = "/admin/integrity/report/%s/csv" % _TYPES[kind]

        def take(stream: body.Download) -> Set[Tuple[str, str]]:
            try:
                with stream:
                    return _paths_of_csv(stream, wanted)
            except (ValueError, csv.Error) as exc:
                raise errors.ProxyAnswer(
                    "The answer to GET %s is not the report as CSV. Check whether there is a proxy in front of Immich." % path, path=path
                ) from exc

        return self._transport.receive(path, take)

    def file_name(self, entry_id: str) -> Optional[str]:
        """`GET /admin/integrity/report/{id}/file`: the name, without folders, of the file that an entry leads to, as `Content-Disposition`
        has it; "" where the answer does not say it, None where the entry or its file is not there. The file is not read."""
        try:
            return self._transport.receive(_path(entry_id) + "/file", _name_of)
        except errors.NotFound:
            return None

    def start_check(self, kind: str) -> None:
        """`POST /jobs`: puts the check into the queue `integrityCheck`. It does not say when it has finished, nor whether it succeeded."""
        self._transport.change("POST", "/jobs", json={"name": _JOBS[kind]})

    def delete(self, entry_id: str) -> None:
        """`DELETE /admin/integrity/report/{id}`: deletes the entry **and its file**, whether or not an asset has it by now (observed).

        An entry of a missing or changed original puts its asset into the trash. A second call is 500.
        """
        self._transport.change("DELETE", _path(entry_id), repeatable=False)

    def accounts(self) -> List[Account]:
        """`GET /admin/users` (adminUser.read): all users, those too who are deleted and not gone yet."""
        return self._transport.call("GET", "/admin/users", query={"withDeleted": "true"}, parse=_accounts)

    def has_account(self, user_id: str) -> bool:
        """`GET /admin/users/{id}` (adminUser.read): whether there is a user of this id, deleted or not."""
        path = "/admin/users/" + checked.require_id(user_id, "a user's id")
        try:
            self._transport.call("GET", path, parse=lambda answer: checked_uuid(answer["id"]))
        except (errors.NotFound, errors.InvalidRequest):  # 400 "User not found"
            return False
        return True

    def active_users(self) -> Set[str]:
        """`GET /users` (user.read): the ids of the users who are not deleted, by another route than `accounts`."""
        return self._transport.call("GET", "/users", parse=lambda answer: {checked_uuid(user["id"]) for user in checked.array(answer)})

    def count_locked(self, user_id: str) -> int:
        """`GET /admin/users/{id}/statistics` (adminUser.read): how many assets a user has in the locked folder, into which no key sees."""
        return self._count(user_id, visibility="locked")

    def has_assets(self, user_id: str) -> bool:
        """The same call: whether a user has any asset, in the trash or outside of it."""
        return self._count(user_id) > 0 or self._count(user_id, isTrashed="true") > 0

    def _count(self, user_id: str, **query: str) -> int:
        path = "/admin/users/%s/statistics" % checked.require_id(user_id, "a user's id")
        return self._transport.call("GET", path, query=query, parse=lambda answer: checked.integer(answer["total"]))

    def import_paths(self) -> List[str]:
        """`GET /libraries` (library.read): the folders of all external libraries."""
        return self._transport.call("GET", "/libraries", parse=_import_paths)


class OwnerCalls(Calls):
    """What a user's own key (asset.read, person.read) tells of files: an administrator's does not see the assets of others."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.assets = AssetCalls(client)

    def originals(self, part: str) -> Optional[List[str]]:
        """`POST /search/metadata`: the paths of all originals that have `part` in them, in whatever case, those in the trash too, but none
        in the locked folder. None where there are more than 1,000."""
        if self._client.supports(versions.SEARCH_FILTERS):
            query: Dict[str, Any] = {"filter": {"originalPath": {"like": part}}, "size": _MOST_MATCHES}
        else:
            query = {"originalPath": part, "withDeleted": True, "size": _MOST_MATCHES}
        return self._transport.call("POST", "/search/metadata", json=query, reads=True, parse=_paths)

    def known_original(self) -> Optional[values.Asset]:
        """`GET /timeline/buckets` and `/timeline/bucket`, then `GET /assets/{id}`: one original that the user is known to have without any
        search, whose path a search can take as it is; None where none of the first few is."""
        months = self._transport.call("GET", "/timeline/buckets", parse=_months)
        for month in months[:1]:
            ids = self._transport.call("GET", "/timeline/bucket", query={"timeBucket": month}, parse=_ids_of_month)
            for asset_id in ids[:_MOST_TRIED]:
                known = self.assets.get(asset_id)
                if known is not None and PLAIN_PATH.fullmatch(known.path):
                    return known
        return None

    def has_object(self, object_id: str) -> bool:
        """Whether an asset or a person has this id: thumbnails and encoded videos are named by it."""
        if self.assets.get(object_id) is not None:
            return True
        try:
            self._transport.call(
                "GET", "/people/" + checked.require_id(object_id, "an id"), parse=lambda answer: checked_uuid(answer["id"])
            )
        except errors.NotFound:
            return False
        return True


def _path(entry_id: str) -> str:
    return "/admin/integrity/report/" + checked.require_id(entry_id, "an entry's id")


def _page(kind: str, answer: Mapping[str, Any]) -> Tuple[List[Entry], Optional[str]]:
    cursor = answer.get("nextCursor")
    return [_entry(kind, entry) for entry in checked.array(answer["items"])], None if cursor is None else checked_uuid(cursor)


def _entry(kind: str, answer: Mapping[str, Any]) -> Entry:
    entry_id = checked_uuid(answer["id"])
    asset_id = answer.get("assetId")
    return Entry(entry_id, kind, checked.text(answer["path"]), created_at(entry_id), None if asset_id is None else checked_uuid(asset_id))


def created_at(entry_id: str) -> Optional[float]:
    """When an id of version 7 was made, in seconds since 1970 (RFC 9562, section 5.7); None for one of another version."""
    return int(entry_id[:8] + entry_id[9:13], 16) / 1000 if entry_id[14] == "7" else None


def _name_of(stream: body.Download) -> str:
    stream.close()
    match = _FILE_NAME.fullmatch(stream.disposition or "")
    return unquote(match.group(1)) if match else ""


def _paths_of_csv(stream: body.Download, wanted: Container[str]) -> Set[Tuple[str, str]]:
    """Raises `ValueError` or `csv.Error` for what is not the report."""
    rows = csv.reader(_lines(io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8", newline="")), strict=True)
    if next(rows, None) != _CSV_COLUMNS:
        raise ValueError("other columns")
    paths = set()
    for entry_id, _kind, _asset_id, _file_id, path in rows:
        if checked_uuid(entry_id) in wanted:
            paths.add((checked_uuid(entry_id), path))
    return paths


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a CSV file. Raises `ValueError` where one is too long, or there are too many."""
    for _number in range(_MOST_ENTRIES):
        line = text.readline(_LONGEST_LINE)
        if not line:
            return
        if len(line) == _LONGEST_LINE:
            break
        yield line
    raise ValueError("too much")


def _accounts(answer: Any) -> List[Account]:
    return [
        Account(checked_uuid(user["id"]), checked.text(user["email"]), user["status"] == "active" and user["deletedAt"] is None)
        for user in checked.array(answer)
    ]


def _months(answer: Any) -> List[str]:
    """The months that have assets, those with the fewest first: the list of a month has all of its assets."""
    months = {checked.text(month["timeBucket"]): checked.integer(month["count"]) for month in checked.array(answer)}
    return sorted((month for month, count in months.items() if count), key=lambda month: months[month])


def _ids_of_month(answer: Mapping[str, Any]) -> List[str]:
    return [checked_uuid(asset_id) for asset_id in checked.array(answer["id"])]


def _import_paths(answer: Any) -> List[str]:
    return [path for library in checked.array(answer) for path in checked.texts(library["importPaths"])]


def _paths(answer: Mapping[str, Any]) -> Optional[List[str]]:
    assets = answer["assets"]
    paths = [checked.text(asset["originalPath"]) for asset in checked.array(assets["items"])]
    return None if assets.get("nextCursor") or assets["nextPage"] is not None else paths
