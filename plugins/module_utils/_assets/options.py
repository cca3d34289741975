# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of the module immich_asset: which assets are selected, and what each of them is to have."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Dict, Mapping, Match, NamedTuple, Optional, Tuple

from .. import _options, _text, _times
from .._client import errors, values
from .._metadata.model import Position
from .._metadata.value_types import send_description, send_position
from .._selection.selection import Filters

PRESENT, TRASHED = STATES = ("present", "trashed")
API, SIDECAR = WAYS = ("api", "sidecar")

DESCRIPTION, POSITION, RATING, TAGS = LACKS = ("description", "position", "rating", "tags")
"""What an asset can lack."""

_FOLDER = "{folder}"  # in the name of an album
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_DURATION = re.compile(r"([+-]?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_DAY = len("2024-07-31")
_LONGEST_SHIFT = 36500 * 86400.0  # seconds
_MOST_AHEAD = datetime.timedelta(hours=14)  # that a clock on earth can be ahead of UTC, or behind it
_UNKNOWN_ZONE = "O(set.time_zone) must be an offset such as +02:00 or the name of a time zone such as Europe/Rome, not '%s'."
_NO_ZONES = (
    "The time zone '%s' is not known on this host, which has Python before 3.9 or no database of time zones (Debian: tzdata). Set "
    "O(set.time_zone) to an offset such as +02:00."
)


def _folders(option: str, given: Tuple[str, ...]) -> Tuple[str, ...]:
    """Folders without a slash at their ends. Raises `InvalidRequest` for one that is not absolute."""
    for folder in given:
        if not folder.startswith("/"):
            raise errors.wrong_option(option, "must be absolute paths as Immich sees them, not '%s'." % _text.one_line(folder))
    return tuple(folder.rstrip("/") or "/" for folder in given)


@dataclass(frozen=True)
class AssetSelection(Filters):
    """Which assets are selected. `names` are patterns of file names, `folders` paths as the server sees them, of which one is enough.
    Times are ISO 8601 in UTC. `lacks` are words of `LACKS`, all of which must be missing."""

    names: Tuple[str, ...] = ()
    folders: Tuple[str, ...] = _options.option((), convert=lambda given: _folders("select.folders", given))
    added_after: Optional[str] = None
    added_before: Optional[str] = None
    lacks: Tuple[str, ...] = _options.option((), choices=LACKS)

    def takes_asset(self, asset: values.Asset) -> bool:
        """Whether what a search found is selected, by what a search cannot be asked for; but for tags that it lacks."""
        has = {DESCRIPTION: asset.metadata.description, POSITION: asset.metadata.position, RATING: asset.metadata.rating}
        name = _text.fold(asset.name)
        return (
            self.takes(asset)
            and not any(has.get(lack) for lack in self.lacks)
            and (not self.names or any(fnmatchcase(name, _text.fold(pattern)) for pattern in self.names))
            and (not self.folders or any(asset.path.startswith(folder.rstrip("/") + "/") for folder in self.folders))
        )


_SELECTION = {name: spec for name, spec in _options.argument_spec(AssetSelection).items() if name != "partners"}
_MOMENTS = (("taken_after", False), ("taken_before", True), ("added_after", False), ("added_before", True))


def selection_of(given: Mapping[str, Any]) -> AssetSelection:
    """The selection. Raises `InvalidRequest` for one without a condition, and for a condition without a value: Immich takes either for
    everything (observed on 1.135 to 3.1), and a variable that is empty by mistake would change the whole library. And for albums together
    with what is in none: Immich takes the albums (observed on 1.135 and 2.7)."""
    conditions = {name: value for name, value in given.items() if value is not None and (name, value) != ("not_in_album", False)}
    for name, value in conditions.items():
        if value in ([], "") or (isinstance(value, list) and not all(value)):
            raise errors.wrong_option("select." + name, "is empty, which would select everything. Give it a value, or leave it out.")
    if not conditions:
        raise errors.wrong_option("select", "has no condition, so everything would be selected. Name at least one.")
    conditions.update((name, _options.normalise_moment("select." + name, given.get(name), end_of_day=end)) for name, end in _MOMENTS)
    defaults = {name: spec.get("default") for name, spec in _SELECTION.items()}
    selection = _options.from_params(AssetSelection, {"partners": False, **defaults, **conditions})
    selection.check("select.")
    return selection


@dataclass(frozen=True)
class FolderAlbums:
    """Albums that are named after the folders in which the originals lie. `below` are paths as the server sees them."""

    below: Tuple[str, ...] = _options.option(convert=lambda given: _folders("set.folder_albums.below", given))
    levels: Optional[int] = None
    joiner: str = " / "
    name: str = "{folder}"

    def __post_init__(self) -> None:
        if not self.below:
            raise errors.wrong_option("set.folder_albums.below", "is empty. Name the folder below which albums are made.")
        if self.levels == 0:
            raise errors.wrong_option("set.folder_albums.levels", "must not be 0: 1 is the first folder, -1 the one in which a file lies.")
        if _FOLDER not in self.name:
            raise errors.wrong_option("set.folder_albums.name", "must have %s in it, or all photos would be in one album." % _FOLDER)

    def album_of(self, path: str) -> Optional[str]:
        """The name of the album of an original; None for one that lies in no folder below those."""
        top = max((folder for folder in self.below if path.startswith(folder.rstrip("/") + "/")), key=len, default=None)
        if top is None:
            return None
        folders = path[len(top.rstrip("/")) + 1 :].split("/")[:-1]
        if self.levels is not None:
            folders = folders[: self.levels] if self.levels > 0 else folders[self.levels :]
        return _text.name_to_send(self.name.replace(_FOLDER, self.joiner.join(folders))) if folders else None


class Moment(NamedTuple):
    """A moment in `seconds` since 1970 (UTC), and how many minutes the clock was ahead of UTC."""

    seconds: float
    ahead: int


class Shift(NamedTuple):
    """By how many `seconds` times are moved, and the path of the file in which it is kept of which assets they were."""

    seconds: float
    record: str


_SHIFT = {"by": {"type": "str", "required": True}, "record": {"type": "path", "required": True}}
_PLACE = {"latitude": {"type": "float", "required": True}, "longitude": {"type": "float", "required": True}}
_EXCLUDING = (("date", "shift"), ("shift", "time_zone"), ("position", "time_zone"))


def _description(given: Optional[str]) -> Optional[str]:
    """As Immich can keep it."""
    if given is None:
        return None
    sent = send_description(given)
    if given.strip() and not sent:
        raise errors.InvalidRequest(
            "Immich cannot keep the description '%s'. Change O(set.description)." % _text.one_line(given), options=("set.description",)
        )
    return sent


def _position(given: Optional[Mapping[str, float]]) -> Optional[Position]:
    if given is None:
        return None
    position = send_position(Position(given["latitude"], given["longitude"]))
    if position is None:
        raise errors.wrong_option("set.position", "is not on earth: a latitude is from -90 to 90, a longitude from -180 to 180.")
    return position


def _shift(given: Optional[Mapping[str, str]]) -> Optional[Shift]:
    if given is None:
        return None
    by, record = given["by"], given["record"]
    match = _DURATION.fullmatch(by.strip())
    if match is None or not any(match.groups()[1:]):
        raise errors.wrong_option("set.shift.by", "must be a duration such as -1h or +1d2h30m, not '%s'." % _text.one_line(by))
    if not record.startswith("/"):
        raise errors.wrong_option("set.shift.record", "must be an absolute path, not '%s'." % _text.printable(record))
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    total = ((days * 24 + hours) * 60 + minutes) * 60.0 + seconds
    if not 0 < total <= _LONGEST_SHIFT:
        raise errors.wrong_option("set.shift.by", "must be from 1s to 36500d, forwards or back, not '%s'." % _text.one_line(by))
    return Shift(-total if match.group(1) == "-" else total, record)


def _zone(given: Optional[str]) -> Optional[datetime.tzinfo]:
    """The time zone of an offset or a name."""
    if given is None:
        return None
    match = _OFFSET.fullmatch(given)
    if match is not None or given in ("Z", "UTC"):
        ahead = datetime.timedelta(minutes=0 if match is None else _minutes(match))
        if abs(ahead) > _MOST_AHEAD:
            raise errors.InvalidRequest(_UNKNOWN_ZONE % _text.one_line(given), options=("set.time_zone",))
        return datetime.timezone(ahead)
    try:
        import zoneinfo  # from Python 3.9 on
    except ImportError:
        raise errors.InvalidRequest(_NO_ZONES % _text.one_line(given), options=("set.time_zone",)) from None
    try:
        return zoneinfo.ZoneInfo(given)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        problem = _UNKNOWN_ZONE if zoneinfo.available_timezones() else _NO_ZONES
        raise errors.InvalidRequest(problem % _text.one_line(given), options=("set.time_zone",)) from None


def _folder_albums(given: Optional[Mapping[str, Any]]) -> Optional[FolderAlbums]:
    return None if given is None else _options.from_params(FolderAlbums, given)


@dataclass(frozen=True)
class SetOptions:
    """The option `set`: what each selected asset is to have; None stands for what is left as it is. A `rating` of 0 is none.

    Raises `InvalidRequest` for what no asset can have.
    """

    description: Optional[str] = _options.option(None, convert=_description)
    rating: Optional[int] = _options.option(None, choices=(0, 1, 2, 3, 4, 5))
    favorite: Optional[bool] = None
    visibility: Optional[str] = _options.option(None, choices=("timeline", "archive"))
    date: Optional[str] = None
    time_zone: Optional[datetime.tzinfo] = _options.option(None, type="str", convert=_zone)
    shift: Optional[Shift] = _options.option(None, type="dict", options=_SHIFT, convert=_shift)
    position: Optional[Position] = _options.option(None, type="dict", options=_PLACE, convert=_position)
    add_tags: Tuple[str, ...] = ()
    remove_tags: Tuple[str, ...] = ()
    add_to_albums: Tuple[str, ...] = ()
    remove_from_albums: Tuple[str, ...] = ()
    folder_albums: Optional[FolderAlbums] = _options.option(
        None, type="dict", options=_options.argument_spec(FolderAlbums), convert=_folder_albums
    )

    def __post_init__(self) -> None:
        for add, remove in (("add_tags", "remove_tags"), ("add_to_albums", "remove_from_albums")):
            for name in (add, remove):
                if not all(value.strip() for value in getattr(self, name)):
                    raise errors.wrong_option("set." + name, "has an empty name. Correct it, or leave it out.")
            both = sorted(set(getattr(self, add)) & set(getattr(self, remove)))
            if both:
                raise errors.InvalidRequest(
                    "'%s' stands in O(set.%s) and in O(set.%s). Leave out one." % (_text.one_line(both[0]), add, remove),
                    options=("set." + add, "set." + remove),
                )
        self.moment  # noqa: B018  # a date that is none is refused before all else

    @cached_property
    def moment(self) -> Optional[Moment]:
        """When it was taken."""
        return None if self.date is None else _moment(self.date, self.time_zone)

    @property
    def zone(self) -> Optional[datetime.tzinfo]:
        """Where it was taken, if only the time zone is to be changed."""
        return self.time_zone if self.date is None else None

    @property
    def has_values(self) -> bool:
        """Whether assets themselves are changed, and not only which tags and albums they have."""
        values = (self.description, self.rating, self.favorite, self.visibility, self.position, self.date, self.zone, self.shift)
        return any(value is not None for value in values)


def ahead_of_utc(zone: datetime.tzinfo, seconds: float) -> int:
    """How many minutes a time zone is ahead of UTC at a moment, in seconds since 1970."""
    return _minutes_of((_times.AWARE_EPOCH + datetime.timedelta(seconds=seconds)).astimezone(zone))


def _moment(text: str, zone: Optional[datetime.tzinfo]) -> Moment:
    """A date, which without an offset is in `zone` and without that in UTC. Raises `InvalidRequest`."""
    moment = _options.parse_moment("set.date", text, end_of_day=False)
    if moment is None:
        raise errors.wrong_option("set.date", "is empty. Give it a date, or leave it out.")
    match = _OFFSET.search(text[_DAY:])
    if match is not None:
        moment = moment.astimezone(datetime.timezone(datetime.timedelta(minutes=_minutes(match))))
    elif zone is not None and not text.endswith(("Z", "z")):
        moment = moment.replace(tzinfo=zone)
    if not _times.EARLIEST <= moment.replace(tzinfo=None) <= _times.LATEST:
        raise errors.wrong_option("set.date", "must be from the year 100 to 9999, not '%s'." % _text.one_line(text))
    return Moment(moment.timestamp(), _minutes_of(moment))


def _minutes(match: Match[str]) -> int:
    return (int(match.group(2)) * 60 + int(match.group(3))) * (-1 if match.group(1) == "-" else 1)


def _minutes_of(moment: datetime.datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


@dataclass(frozen=True)
class AssetOptions:
    """The module's options of the same names, documented there."""

    select: Mapping[str, Any] = _options.option(
        type="dict",
        options={name: {key: value for key, value in spec.items() if key != "default"} for name, spec in _SELECTION.items()},
        mutually_exclusive=(("albums", "not_in_album"),),
    )
    set: Optional[Mapping[str, Any]] = _options.option(
        None, type="dict", options=_options.argument_spec(SetOptions), mutually_exclusive=_EXCLUDING
    )
    state: str = _options.option(PRESENT, choices=STATES)
    via: str = _options.option(API, choices=WAYS)
    paths: Optional[Mapping[str, Any]] = _options.option(None, type="dict")
    max_changes: Optional[int] = None
    wait_timeout: int = 300

    def mapped_paths(self) -> Dict[str, str]:
        """Folders as Immich sees them, each with the same folder on this host, without slashes at their ends; none where no sidecars are
        written here. Raises `InvalidRequest`."""
        if (self.via == SIDECAR) != bool(self.paths):
            raise errors.InvalidRequest(
                "O(via) sidecar needs O(paths), and O(paths) is for nothing else: folders of libraries as Immich sees them, each with the "
                "same folder on this host.",
                options=("via", "paths"),
            )
        paths = self.paths or {}
        wrong = [path for path in (*paths, *paths.values()) if not isinstance(path, str) or not path.startswith("/")]
        if wrong:
            raise errors.wrong_option("paths", "must be absolute paths, not '%s'. Give it in full." % _text.printable(str(wrong[0])))
        return {seen.rstrip("/"): here.rstrip("/") or "/" for seen, here in paths.items()}

    def wanted(self) -> SetOptions:
        """What each asset is to have. Raises `InvalidRequest`."""
        if self.state == TRASHED and self.set is not None:
            raise errors.InvalidRequest("O(set) cannot be given with state trashed. Leave it out.", options=("set", "state"))
        for name, least in (("max_changes", 0), ("wait_timeout", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise errors.wrong_option(name, "must be at least %s, not %s." % (least, value))
        if self.set is None:
            return SetOptions()
        if not any(value not in (None, []) for value in self.set.values()):
            raise errors.wrong_option("set", "says nothing. Name what the assets are to have.")
        return _options.from_params(SetOptions, self.set)
