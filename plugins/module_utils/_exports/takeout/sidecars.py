# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the JSON files of an export say, each read once.

File names are not trusted: an object with `photoTakenTime` is the sidecar of a picture, one with a `title` (a string) and nothing of
a picture describes an album, anything else is neither.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

from ..._files import base
from ..._metadata import model
from ..._text import parse_json
from .. import files
from . import titles

MAX_BYTES = 1024 * 1024
"""Of a JSON file. Sidecars have 1 to 2 KB."""

_MAX_TITLE = 1024
_MAX_TEXT = 20_000
_MAX_PEOPLE, _MAX_NAME = 200, 200
_MAX_NOTES = 1000
_MAX_DIGITS = 20
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799  # the years 1 and 9999

# What only the JSON of a picture has: sidecars of 2017 have no photoTakenTime.
_OF_PICTURES = ("creationTime", "imageViews", "url", "tags")


class AlbumFile(NamedTuple):
    """The JSON of an album; `title` is empty for an untitled one."""

    item: base.Item
    title: str
    description: str


class TakeoutSidecar:
    """The JSON of a picture: what Google Photos knew of it. `taken` and `created` are in seconds since 1970, None if not known.

    `reading` is what its name says. `url` is the same in the copies of one picture in other folders; empty in some exports.
    """

    __slots__ = (
        "archived",
        "created",
        "description",
        "favorite",
        "item",
        "locked",
        "partner",
        "people",
        "position",
        "reading",
        "taken",
        "title",
        "trashed",
        "url",
    )

    def __init__(self, item: base.Item, title: str, reading: titles.Reading, data: Dict[str, Any]) -> None:
        self.item = item
        self.title = title
        self.reading = reading
        self.taken = _seconds(data.get("photoTakenTime"))
        self.created = _seconds(data.get("creationTime"))
        self.description = _text(data.get("description"))
        self.position = _position(data.get("geoData")) or _position(data.get("geoDataExif"))
        self.people = _people(data.get("people"))
        self.favorite = data.get("favorited") is True
        self.archived = data.get("archived") is True
        self.trashed = data.get("trashed") is True
        self.locked = data.get("inLockedFolder") is True
        origin = data.get("googlePhotosOrigin")
        self.partner = isinstance(origin, dict) and "fromPartnerSharing" in origin
        self.url = _text(data.get("url"), _MAX_TITLE)

    @property
    def name(self) -> str:
        """The name of the JSON file."""
        return self.item.file_name

    @property
    def identity(self) -> Tuple[Any, ...]:
        """Equal for the sidecars of one picture."""
        return (self.url,) if self.url else (self.title, self.taken, self.created)

    def contradicts(self, other: TakeoutSidecar) -> bool:
        """Whether it has another title, but for the extension, or another time: a still and its video share these."""
        stems = {titles.split(sidecar.title)[0] for sidecar in (self, other) if sidecar.title}
        moments = {sidecar.taken for sidecar in (self, other) if sidecar.taken is not None}
        return len(stems) > 1 or len(moments) > 1


class OtherJson(NamedTuple):
    """A JSON file that says nothing of a picture or an album. `reason` is a sentence."""

    item: base.Item
    reason: str


Content = Union[TakeoutSidecar, AlbumFile, OtherJson]


def read_json(item: base.Item, name: str) -> Content:
    """Sorts a JSON file by its content. Raises as `Item.read` does."""
    if item.size > MAX_BYTES:
        return OtherJson(item, "The JSON file is too large to belong to a picture or an album.")
    content = item.read(MAX_BYTES + 1)
    try:
        data = parse(content)
    except ValueError:
        return OtherJson(item, "The file is not valid JSON.")
    return _classify(item, name, data)


def parse(content: bytes) -> Any:
    """What a JSON file holds, in UTF-8. Raises ValueError, for one that is nested too deeply or has absurd numbers as well."""
    if len(content) > MAX_BYTES:
        raise ValueError("too large")
    return parse_json(content.decode("utf-8-sig"))


def is_sidecar(data: Any) -> bool:
    """Whether this is what Takeout says of a picture, in today's format or that of 2017."""
    if not isinstance(data, dict):
        return False
    if isinstance(data.get("photoTakenTime"), dict):
        return isinstance(data.get("title", ""), str)
    return isinstance(data.get("title"), str) and sum(key in data for key in _OF_PICTURES) > 1


def is_album(data: Any) -> bool:
    """Whether this is what Takeout says of an album (or, as far as one can tell, something else with a title)."""
    if not isinstance(data, dict) or "photoTakenTime" in data:
        return False
    return isinstance(data.get("albumData"), dict) or isinstance(data.get("title"), str)


def _classify(item: base.Item, name: str, data: Any) -> Content:
    if is_sidecar(data):
        title = data.get("title", "")[:_MAX_TITLE]
        reading = titles.read_name(name[: -len(".json")], title)
        if "photoTakenTime" in data or reading.form is not titles.Form.OTHER:
            return TakeoutSidecar(item, title, reading, data)
    elif is_album(data):
        album_data = data.get("albumData")
        album_data = album_data if isinstance(album_data, dict) else data
        return AlbumFile(item, _text(album_data.get("title"), _MAX_TITLE), _text(album_data.get("description")) or _notes(data))
    return OtherJson(item, "The JSON file belongs neither to a picture nor to an album.")


def _text(value: Any, longest: int = _MAX_TEXT) -> str:
    return files.text_in(value)[:longest].strip()


def _seconds(value: Any) -> Optional[float]:
    """From `{"timestamp": "1700000000"}`. 0 stands for a time that Google does not know."""
    value = value.get("timestamp") if isinstance(value, dict) else None
    if isinstance(value, str) and len(value) <= _MAX_DIGITS:
        try:
            value = int(value)
        except ValueError:
            return None
    if not isinstance(value, int) or isinstance(value, bool) or not value:
        return None
    return float(value) if _FIRST_SECOND <= value <= _LAST_SECOND else None


def _position(value: Any) -> Optional[model.Position]:
    """From `{"latitude": 1.5, "longitude": 2.5, "altitude": 3.0}`. Immich knows no altitude."""
    if not isinstance(value, dict):
        return None
    return files.position_of(value.get("latitude"), value.get("longitude"))


def _people(value: Any) -> Tuple[str, ...]:
    names = (_text(person.get("name"), _MAX_NAME) for person in files.objects_in(value, _MAX_PEOPLE))
    return tuple(dict.fromkeys(filter(None, names)))


def _notes(data: Dict[str, Any]) -> str:
    """The texts that the user wrote between the pictures of an album."""
    narratives = (enrichment.get("narrativeEnrichment") for enrichment in files.objects_in(data.get("enrichments"), _MAX_NOTES))
    texts = (_text(narrative.get("text")) for narrative in narratives if isinstance(narrative, dict))
    return "\n".join(filter(None, texts))[:_MAX_TEXT]
