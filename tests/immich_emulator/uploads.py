# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /assets`: an upload, written to disk as it arrives."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from immich_emulator.errors import ApiError, Invalid, bad_request
from immich_emulator.filenames import file_name, parse_disposition
from immich_emulator.http import MISSING, Answer, Request, ok
from immich_emulator.jobs import queue_upload
from immich_emulator.multipart import MalformedError, MultipartParser
from immich_emulator.routing import Routes
from immich_emulator.storage import Store, iso, new_id, now
from immich_emulator.validation import Field, bad_format, check, new_check, old_check, wrong_type

if TYPE_CHECKING:
    from immich_emulator.immich import Immich
    from immich_emulator.versions import Version

routes = Routes()

BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;]+))', re.IGNORECASE)
VISIBILITIES = ("archive", "timeline", "hidden", "locked")
DEVICE_FIELDS = tuple(Field(name, "string", ("string", "not empty")) for name in ("deviceAssetId", "deviceId"))
DATE_FIELDS = tuple(Field(name, "datetime", ("date", "not empty")) for name in ("fileCreatedAt", "fileModifiedAt"))
OTHER_FIELDS = (
    Field("visibility", "enum", ("enum",), required=False, values=VISIBILITIES),
    Field("livePhotoVideoId", "uuid", ("uuid",), required=False),
)
#: ISO 8601 as ≥3.0 wants it: with `Z` or an offset.
DATETIME = re.compile(
    r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-"
    r"(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):"
    r"[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))$"
)


@dataclass
class StoredFile:
    """One file of the form, as far as it has come."""

    name: str
    path: Path | None
    handle: IO[bytes] | None
    size: int = 0
    sha1: Any = field(default_factory=hashlib.sha1)


class UploadForm:
    """Gets the parts of the form: keeps fields, writes files to temporary ones, refuses what Immich refuses."""

    def __init__(self, immich: Immich) -> None:
        self.immich = immich
        self.fields: dict[str, str] = {}
        self.files: dict[str, StoredFile] = {}
        self.current: StoredFile | None = None
        self.name = ""
        self.text: bytearray | None = None

    def begin(self, disposition: bytes) -> None:
        """A part begins. Raises ApiError for a file that is not wanted."""
        self.current, self.text, self.name = None, None, ""
        params = parse_disposition(disposition)
        if params is None or "name" not in params:
            return
        self.name, name = params["name"], file_name(params)
        if name is None:
            self.text = bytearray()
            return
        if self.name not in ("assetData", "sidecarData") or self.name in self.files:
            raise bad_request(f"Unexpected field - {self.name}")
        self.check_type(name)
        self.current = self.files[self.name] = self.open_file(name)

    def check_type(self, name: str) -> None:
        """Raises ApiError for a file type that Immich does not take. A `filename` field counts instead since 2.x."""
        version = self.immich.version
        if not version.is_old:
            name = self.fields.get("filename") or name
        extension = os.path.splitext(name)[1].lower()
        if not (extension == ".xmp" if self.name == "sidecarData" else extension in version.extensions):
            raise bad_request(f"Unsupported file type {name}")

    def open_file(self, name: str) -> StoredFile:
        """A temporary file, or only a count and a hash where bodies are discarded."""
        if self.immich.options.discard_bodies and self.name == "assetData":
            return StoredFile(name, None, None)
        path = self.immich.store.partial / new_id()
        return StoredFile(name, path, open(path, "wb", buffering=0))

    def data(self, chunk: bytes) -> None:
        """Bytes of the part."""
        if self.current is not None:
            self.current.size += len(chunk)
            self.current.sha1.update(chunk)
            if self.current.handle is not None:
                self.current.handle.write(chunk)
        elif self.text is not None:
            self.text += chunk

    def end(self) -> None:
        """The part is whole. Raises ApiError for an empty file where the version refuses it."""
        if self.current is not None:
            if self.current.handle is not None:
                self.current.handle.close()
            if self.current.size == 0 and self.immich.version.at_least(3, 1):
                raise bad_request("File is empty")
        elif self.text is not None:
            self.fields[self.name] = self.text.decode("utf-8", "replace")

    def discard(self) -> None:
        """Removes what was written."""
        for stored in self.files.values():
            if stored.handle is not None:
                stored.handle.close()
            if stored.path is not None:
                stored.path.unlink(missing_ok=True)

    def summary(self) -> dict[str, Any]:
        """The form for the request log."""
        files = {
            name: {"filename": stored.name, "bytes": stored.size, "sha1": stored.sha1.hexdigest()} for name, stored in self.files.items()
        }
        return {**self.fields, **files}


@routes.on("POST", "/assets", "asset.upload")
async def upload(immich: Immich, request: Request) -> Answer:
    """Takes one asset. A checksum header that is known answers without the body; it is never compared with the body."""
    if (claimed := request.headers.get("x-immich-checksum")) and (known := find(immich, request, from_text(claimed))):
        return duplicate(known)
    form = UploadForm(immich)
    try:
        await receive(request, form)
        return create(immich, request, form)
    finally:
        form.discard()
        request.form = form.summary()


async def receive(request: Request, form: UploadForm) -> None:
    """Reads the body into the form. Raises ApiError for one that is not whole, Disconnected when the client leaves."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        given = request.json if isinstance(request.json, dict) else {}
        form.fields.update({name: str(value) for name, value in given.items()})
        return
    boundary = BOUNDARY.search(kind)
    if boundary is None:
        raise bad_request("Multipart: Boundary not found")
    parser = MultipartParser((boundary[1] or boundary[2]).encode("latin-1"), form)
    try:
        async for chunk in request.chunks():
            parser.feed(chunk)
    except MalformedError as error:
        raise bad_request(str(error)) from error
    if not parser.done:
        raise bad_request("Unexpected end of form")


def create(immich: Immich, request: Request, form: UploadForm) -> Answer:
    """Makes the asset of a whole form, in Immich's order of checks."""
    fields, version, store = form.fields, immich.version, immich.store
    check_fields(version, fields)
    stored = form.files.get("assetData")
    if stored is None:
        raise bad_request("File is required")
    owner = store.one("SELECT quota, usage FROM users WHERE id = ?", request.user.id)
    assert owner is not None
    if owner["quota"] is not None and owner["quota"] < owner["usage"] + stored.size:
        raise bad_request("Quota has been exceeded!")
    live_video = fields.get("livePhotoVideoId")
    if live_video:
        check_live_video(store, request.user.id, live_video)
    checksum = stored.sha1.hexdigest()
    asset_id, file_id, owner_id, moment = new_id(), new_id(), request.user.id, now()
    name = fields.get("filename") or stored.name
    extension = os.path.splitext(stored.name)[1].lower()
    sidecar = form.files.get("sidecarData")
    created = to_utc(fields["fileCreatedAt"])
    place = f"{file_id[:2]}/{file_id[2:4]}/{file_id}{extension}"
    path = store.uploads / f"{file_id}{extension}"
    try:
        store.insert(
            "assets",
            id=asset_id,
            owner=owner_id,
            checksum=checksum,
            name=name,
            type=version.extensions[os.path.splitext(name)[1].lower()] if has_type(version, name) else "OTHER",
            size=stored.size,
            path=None if stored.path is None else str(path),
            shown_path=f"/data/upload/{owner_id}/{place}",
            file_created=created,
            file_modified=to_utc(fields["fileModifiedAt"]),
            local_date=created,
            uploaded=moment,
            updated=moment,
            favorite=fields.get("isFavorite") == "true",
            visibility=fields.get("visibility") or "timeline",
            duration=fields.get("duration"),
            device_asset_id=fields.get("deviceAssetId", ""),
            device_id=fields.get("deviceId", ""),
            live_video=live_video or None,
            sidecar=str(path) + ".xmp" if sidecar else None,
            sidecar_sha1=sidecar.sha1.hexdigest() if sidecar else None,
        )
    except sqlite3.IntegrityError:
        known = find(immich, request, checksum)
        assert known is not None
        return duplicate(known)
    if stored.path is not None:
        stored.path.rename(path)
    if sidecar is not None and sidecar.path is not None:
        sidecar.path.rename(str(path) + ".xmp")
    store.run("UPDATE users SET usage = usage + ? WHERE id = ?", stored.size, owner_id)
    if live_video:
        store.update("assets", live_video, visibility="hidden")
    queue_upload(immich, asset_id)
    return ok({"id": asset_id, "status": "created"}, 201)


def check_fields(version: Version, fields: dict[str, str]) -> None:
    """Raises ApiError for the first thing that is wrong with the form's fields."""
    given: dict[str, Any] = dict(fields)
    if version.is_new:
        issues = [issue for date in DATE_FIELDS for issue in date_issues(date, given.get(date.name, MISSING))]
        if given.get("isFavorite", "true") not in ("true", "false"):
            issue = {"code": "invalid_value", "expected": "stringbool", "values": ["true", "false"]}
            message = 'Invalid option: expected one of "true"|"false"'
            issues.append({**issue, "path": ["isFavorite"], "message": message})
        issues += new_check(OTHER_FIELDS[0], given.get("visibility", MISSING))
        if "duration" in given and not is_number(given["duration"]):
            message = "Invalid input: expected number, received NaN"
            issue = {"expected": "number", "code": "invalid_type", "received": "NaN"}
            issues.append({**issue, "path": ["duration"], "message": message})
        issues += new_check(OTHER_FIELDS[1], given.get("livePhotoVideoId", MISSING))
        if issues:
            raise Invalid([], issues)
        return
    for date in DATE_FIELDS:
        if date.name in given and not is_old_date(given[date.name]):
            raise bad_request(f"{date.name} must be a date string")
    if "isFavorite" in given:
        given["isFavorite"] = {"true": True, "false": False}.get(given["isFavorite"], given["isFavorite"])
    favorite = Field("isFavorite", "boolean", ("boolean",), required=False)
    check(version, given, *DEVICE_FIELDS, *DATE_FIELDS, favorite, *OTHER_FIELDS)


def date_issues(date: Field, value: Any) -> list[dict[str, Any]]:
    """zod's issues for a date."""
    if value is MISSING:
        issue = wrong_type("ISO 8601 datetime string", [date.name], value)
        return [{**issue, "expected": "string"}]
    if DATETIME.match(value):
        return []
    message = "Invalid input: expected ISO 8601 datetime string, received string"
    return [bad_format("datetime", f"/{DATETIME.pattern}/", [date.name], message)]


def is_old_date(text: str) -> bool:
    """What ≤2.7 takes for a date: ISO 8601, with or without an offset."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "-" in text


def is_number(text: str) -> bool:
    """Whether JavaScript would read a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def to_utc(text: str) -> str:
    """A date of the form, as it is stored; without an offset it is the server's own time, UTC."""
    moment = datetime.fromisoformat(text)
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def has_type(version: Version, name: str) -> bool:
    """Whether the name's extension is one of a picture or a film."""
    return os.path.splitext(name)[1].lower() in version.extensions


def check_live_video(store: Store, owner: str, video_id: str) -> None:
    """Raises ApiError unless a live photo's video is a video of the same user."""
    video = store.one("SELECT owner, type FROM assets WHERE id = ?", video_id)
    if video is None:
        raise bad_request("Live photo video not found")
    if video["type"] != "VIDEO":
        raise bad_request("Live photo video must be a video")
    if video["owner"] != owner:
        raise bad_request("Live photo video does not belong to the user")


def find(immich: Immich, request: Request, checksum: str) -> str | None:
    """The id of the user's asset with this checksum (hex); assets in the trash count."""
    found: str | None = immich.store.value("SELECT id FROM assets WHERE owner = ? AND checksum = ?", request.user.id, checksum)
    return found


def duplicate(asset_id: str) -> Answer:
    """The answer for bytes that are there."""
    return ok({"status": "duplicate", "id": asset_id})


def from_text(checksum: str) -> str:
    """A checksum given as hex (40 characters) or base64 (28), as hex; nonsense becomes something nobody has."""
    if len(checksum) != 28:
        return checksum.lower()
    try:
        return base64.b64decode(checksum).hex()
    except (binascii.Error, ValueError):
        return checksum


BULK_LIMIT = 65_532


@routes.on("POST", "/assets/bulk-upload-check", "asset.upload")
def bulk_check(immich: Immich, request: Request) -> Answer:
    """Which of the given checksums the user has; an empty list and one beyond the database's limit are 500."""
    version = immich.version
    entries = check(version, request.json, Field("assets", "object[]", ("array",)))["assets"]
    id_field = Field("id", "string", ("not empty", "string"))
    checksum_field = Field("checksum", "string", ("not empty", "string"))
    sentences, issues = [], []
    for number, entry in enumerate(entries):
        for wanted in (id_field, checksum_field):
            value = entry.get(wanted.name, MISSING) if isinstance(entry, dict) else MISSING
            if isinstance(value, str) and value:
                continue
            if version.is_new:
                issues += new_check(wanted, value, ["assets", number, wanted.name])
            else:
                sentences += old_check(wanted, value, f"assets.{number}.{wanted.name}")
    if sentences or issues:
        raise Invalid(sentences, issues)
    if not 0 < len(entries) <= BULK_LIMIT:
        raise ApiError(500, "Failed to check bulk upload")
    return ok({"results": results(immich, request.user.id, entries)})


def results(immich: Immich, owner: str, entries: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The check's answer, entry by entry."""
    answer = []
    look_up = immich.store.db.execute
    sql = "SELECT id, deleted IS NOT NULL FROM assets WHERE owner = ? AND checksum = ?"
    for entry in entries:
        row = look_up(sql, (owner, from_text(entry["checksum"]))).fetchone()
        if row is None:
            answer.append({"id": entry["id"], "action": "accept"})
        else:
            found = {"reason": "duplicate", "assetId": row[0], "isTrashed": bool(row[1])}
            answer.append({"id": entry["id"], "action": "reject", **found})
    return answer
