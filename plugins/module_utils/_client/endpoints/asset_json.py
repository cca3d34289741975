# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Assets as Immich's JSON has them, read into values."""

from __future__ import annotations

import base64
from typing import Any, Mapping, Optional

from ... import _ids, _times
from ..._metadata.faces import StoredPicture
from .. import checked, values

_EXPOSURE = ("exposureTime", "fNumber", "iso")
_ORIENTATIONS = tuple("12345678")
_SAME = 0.0015  # seconds: times that are given to the millisecond
_WRITTEN = 60.0  # seconds that it takes to write a file, at most


def has_own_time(answer: Mapping[str, Any]) -> bool:
    """Whether a file itself says when it was taken, by what a list with `exifInfo` has of it.

    To a file that says nothing Immich gives the earliest time of the file and the form, even as `dateTimeOriginal`, and does not say so
    (read in the server's source and observed, 1.135 to 3.1; on 1.135 some are a millisecond early). Such a time is the same as that of the
    last change, or, once the user has moved it, whole minutes away; in an external library it is when the file was made there. Only a time
    that the file says moves the local time, or is in UTC without a position. A file that says how the picture was exposed does not come
    from a scanner.
    """
    exif = answer.get("exifInfo") or {}
    taken, local, modified = (
        _times.seconds_of_iso(checked.text(answer[name])) for name in ("fileCreatedAt", "localDateTime", "fileModifiedAt")
    )
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
    return answer.get("libraryId") is None and apart > _WRITTEN and not moved


def is_read(answer: Mapping[str, Any]) -> bool:
    """Whether the server has read the metadata of an asset, by what a list with `exifInfo` has of it.

    Of what the job writes that reads it, this date is always there (observed on 1.135 to 3.1).
    """
    return (answer.get("exifInfo") or {}).get("modifyDate") is not None


def asset_of(answer: Mapping[str, Any]) -> values.Asset:
    """An asset as lists, stacks and `GET /assets/{id}` have it."""
    from ..._metadata.fields import from_answer  # only here: an upload of a folder asks for no asset

    exif = answer.get("exifInfo") or {}
    size, shown = exif.get("fileSizeInByte"), exif.get("dateTimeOriginal")
    sha1 = base64.b64decode(checked.text(answer["checksum"]), validate=True)
    if len(sha1) != _ids.SHA1_SIZE:
        raise ValueError("not a SHA-1")
    return values.Asset(
        id=_ids.checked_uuid(answer["id"]),
        owner=_ids.checked_uuid(answer["ownerId"]),
        sha1=sha1.hex(),
        name=checked.text(answer["originalFileName"]),
        path=checked.text(answer["originalPath"]),
        kind=checked.text(answer["type"]).lower(),
        size=None if size is None else checked.integer(size),
        width=_pixels(exif.get("exifImageWidth")),
        height=_pixels(exif.get("exifImageHeight")),
        taken=_times.seconds_of_iso(checked.text(answer["fileCreatedAt"])),
        shown=None if shown is None else _times.seconds_of_iso(checked.text(shown)),
        local=_times.seconds_of_iso(checked.text(answer["localDateTime"])),
        own_time=has_own_time(answer),
        modified=_times.seconds_of_iso(checked.text(answer["fileModifiedAt"])),
        changed=checked.text(answer["updatedAt"]),
        trashed=checked.boolean(answer["isTrashed"]),
        library_id=_id_or_none(answer.get("libraryId")),
        missing=answer.get("isOffline") is True,
        edited=answer.get("isEdited") is True,
        metadata_read=is_read(answer),
        has_thumbnail=answer.get("thumbhash") is not None,  # written with the thumbnail
        exif_fields=sum(1 for value in exif.values() if value),
        live_video=_id_or_none(answer.get("livePhotoVideoId")),
        duplicate_id=_id_or_none(answer.get("duplicateId")),
        metadata=from_answer(answer),
        tags={_ids.checked_uuid(tag["id"]): checked.text(tag["value"]) for tag in checked.array(answer.get("tags") or [])},
        people={
            _ids.checked_uuid(person["id"]): checked.text(person["name"] or "") for person in checked.array(answer.get("people") or [])
        },
        stack_id=None if answer.get("stack") is None else _ids.checked_uuid(answer["stack"]["id"]),
        picture=_picture_of(exif),
    )


def _id_or_none(value: Any) -> Optional[str]:
    return None if value is None else _ids.checked_uuid(value)


def _pixels(value: Any) -> int:
    return 0 if value is None else checked.integer(int(value))


def _picture_of(exif: Mapping[str, Any]) -> Optional[StoredPicture]:
    width, height, orientation = (exif.get(name, 0) for name in ("exifImageWidth", "exifImageHeight", "orientation"))
    if not all(isinstance(side, int) and not isinstance(side, bool) and 0 < side < 2**31 for side in (width, height)):
        return None
    return StoredPicture(width, height, int(orientation) if str(orientation) in _ORIENTATIONS else 1)
