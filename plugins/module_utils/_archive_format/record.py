# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an archive of ours says of each photo and album: the lines of its manifest, and the files of its albums.

The archive is plain files, so that it can be read without Immich and without this collection:

    2024/2024-07/IMG_1.HEIC              a photo, byte for byte
    2024/2024-07/IMG_1.HEIC.xmp          what is known of it, in standard fields
    2024/2024-07/IMG_1.MOV               the video of a live photo, beside its still
    immich-archive/about.json            what this folder is
    immich-archive/assets.jsonl          the manifest: a line of JSON for each photo and video
    immich-archive/albums/Rome.json      an album: its name, its description, its photos
    immich-archive/people.json           the people in the photos: their names and birthdays
    immich-archive/removed/2026-11-26/…  what was moved aside
    immich-archive/partial/…             what is being written
    immich-archive/lock                  an empty file, locked while a run writes
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Pattern, Tuple, Union

from .. import _ids, _text
from .._metadata import fields, model, value_types
from .._metadata.faces import Person

FOLDER = "immich-archive"
ABOUT, MANIFEST, ALBUMS, REMOVED, PARTIAL, LOCK = "about.json", "assets.jsonl", "albums", "removed", "partial", "lock"
PEOPLE = "people.json"

SIDECAR = ".xmp"
"""What the name of a photo's sidecar has behind that of the photo."""

SOFTWARE = "photoyard.immich"
FORMAT = 1
"""The number of this format: it grows when a reader of an older one would misread it."""

LARGEST_ALBUM = 64 * 1024 * 1024
"""Bytes of the file of an album: a line for each photo in it. Also of that of the people."""

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of a line of the manifest that is read."""

LONGEST_WRITTEN = 1024 * 1024
"""Bytes of a line that is written: a sidecar that says the same stays below `LARGEST_SIDECAR`."""

_BLOCK = 256 * 1024
_LONGEST_PATH = 4096
_NOT_IN_PATH = re.compile("[\x00-\x1f\ud800-\udfff]")  # JSON can hold half of a surrogate pair, and no file is called by one
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)


class ArchiveRecord(NamedTuple):
    """A photo or video. `path` is where it lies, relative to the archive, with `/` between folders. `checksum` is its SHA-1 in hex.

    `server_checksum` is the checksum that the server gives where that is another: of the path, in an external library. `modified` is when
    its file last changed, in ISO 8601, empty where that is not known. `live` is the id of the video of a live photo, `stack` that of the
    asset on top of its stack, which may be itself. The names of albums in `metadata` are for people: the albums' files say more.
    """

    id: str
    path: str
    checksum: str
    size: int
    name: str
    server_checksum: Optional[str] = None
    modified: str = ""
    live: Optional[str] = None
    stack: Optional[str] = None
    metadata: model.Metadata = model.NOTHING

    @property
    def line(self) -> bytes:
        """Its line in the manifest, with its end. The same for the same record; what is not said is left out."""
        entry = {name: value for name, value in self._asdict().items() if name in _READ and value != _DEFAULTS.get(name)}
        entry.update(fields.to_line(self.metadata))
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


_DEFAULTS: Mapping[str, Any] = ArchiveRecord._field_defaults


class RemovedRecord(NamedTuple):
    """What the manifest says of a photo or video that was moved aside: it is no longer in the archive."""

    id: str

    @property
    def line(self) -> bytes:
        """Its line in the manifest, with its end."""
        return json.dumps({"id": self.id, "gone": True}, separators=(",", ":")).encode() + b"\n"


class AlbumRecord(NamedTuple):
    """An album. `order` is `asc` or `desc`, by the time of its photos; `shared_with` has the e-mail address and the role of each user.

    `created` is when it was made, in ISO 8601 (UTC): by that, albums of one name are told apart.
    """

    id: str
    name: str
    description: str = ""
    order: str = "desc"
    shared_with: Tuple[Tuple[str, str], ...] = ()
    created: str = ""


def parse_line(line: bytes, unread: Optional[List[str]] = None) -> Union[ArchiveRecord, RemovedRecord]:
    """The `ArchiveRecord` or `RemovedRecord` of a line of the manifest. Raises `ValueError` for any other line.

    `unread` gets the names of fields of a photo that have no value of theirs: these are left out, and the rest is kept. Without which
    file it is about, a line says nothing.
    """
    if len(line) > LONGEST_LINE:
        raise ValueError("it is too long")
    document = _object(_text.parse_json(line))
    if document.get("gone") is True:
        return RemovedRecord(_ids.checked_uuid(document.get("id")))
    odd: List[str] = [] if unread is None else unread
    wanted: Dict[str, Any] = {name: read(document.get(name)) for name, read in _READ.items() if name not in _DEFAULTS}
    for name, read in _READ.items():
        if name in _DEFAULTS and name in document:
            try:
                wanted[name] = read(document[name])
            except ValueError:
                odd.append(name)
    return ArchiveRecord(**wanted, metadata=fields.from_line(document, odd))


def parse_album(content: bytes) -> Tuple[AlbumRecord, Tuple[str, ...]]:
    """The album of a file that is about one, and the paths of its photos. Raises `ValueError` for any other content."""
    document = _object(_text.parse_json(content))
    shared = document.get("shared_with", [])
    if not isinstance(shared, list):
        raise ValueError("shared_with is not a list")
    users = [_object(user) for user in shared[: value_types.MOST_TEXTS]]
    files = document.get("files", [])
    if not isinstance(files, list):
        raise ValueError("files is not a list")
    album = AlbumRecord(
        _ids.checked_uuid(document.get("id")),
        _as_text(document.get("name")),
        _as_text(document.get("description", "")),
        "asc" if document.get("order") == "asc" else "desc",
        tuple((_as_text(user.get("email")), _as_text(user.get("role"))) for user in users),
        _as_text(document.get("created", "")),
    )
    return album, tuple(_as_text(path) for path in files)


def is_about(value: Any) -> bool:
    """Whether a JSON value is what `about.json` says."""
    return isinstance(value, dict) and value.get("software") == SOFTWARE and isinstance(value.get("immich_archive"), int)


def is_asset_path(path: str) -> bool:
    """Whether a photo may lie at a path: below the archive, and not in our own folder."""
    parts = path.split("/")
    if len(path) > _LONGEST_PATH or _NOT_IN_PATH.search(path):
        return False
    return all(part not in ("", ".", "..") for part in parts) and _text.fold(parts[0]) != FOLDER


def _object(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    return value


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value.encode("utf-8", "replace").decode("utf-8")


def _matching(pattern: Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("not as it should be")
    return value


def _asset_path(value: Any) -> str:
    if not isinstance(value, str) or not is_asset_path(value):
        raise ValueError("not a path in an archive")
    return value


def _size(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError("not a size")
    return value


_READ: Dict[str, Callable[[Any], Any]] = {
    "id": _ids.checked_uuid,
    "path": _asset_path,
    "checksum": lambda value: _matching(_SHA1, value),
    "size": _size,
    "name": _as_text,
    "server_checksum": lambda value: _matching(_SHA1, value),
    "modified": lambda value: _matching(_MOMENT, value),
    "live": _ids.checked_uuid,
    "stack": _ids.checked_uuid,
}


def album_file(album: AlbumRecord, paths: List[str]) -> bytes:
    """The content of an album's file: `paths` are its photos, in its order."""
    document = {
        "id": album.id,
        "name": album.name,
        "description": album.description,
        "order": album.order,
        "created": album.created,
        "shared_with": [{"email": email, "role": role} for email, role in album.shared_with],
        "files": paths,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def people_file(people: Mapping[str, Person]) -> bytes:
    """The content of the file of the people, by their ids: the same each time for the same ones."""
    entries = [person._asdict() for _id, person in sorted(people.items())]
    return json.dumps({"people": entries}, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def parse_people(content: bytes) -> Dict[str, Person]:
    """The people of that file by their ids. Raises `ValueError` for any other content; somebody who cannot be read is left out."""
    entries = _object(_text.parse_json(content)).get("people")
    if not isinstance(entries, list):
        raise ValueError("people is not a list")
    people: Dict[str, Person] = {}
    for entry in entries:
        with suppress(TypeError, ValueError):
            fields_of_person = _object(entry)
            person = Person(_ids.checked_uuid(fields_of_person.get("id")), _as_text(fields_of_person.get("name")))
            people[person.id] = person._replace(
                birth_date=_matching(_DATE, fields_of_person["birth_date"]) if fields_of_person.get("birth_date") else None,
                hidden=fields_of_person.get("hidden") is True,
                favorite=fields_of_person.get("favorite") is True,
                color=_matching(_COLOR, fields_of_person["color"]) if fields_of_person.get("color") else None,
            )
    return people


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a manifest with their ends. One that is longer than `LONGEST_LINE` comes in pieces, the last line may have no end."""
    rest = b""
    while True:
        block = stream.read(_BLOCK)
        if not block:
            break
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line + b"\n"
        if len(rest) > LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest
