# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a picture was taken: which source of the date wins, how Immich gets it, and what is left out because of it.

In files of plain folders a date is looked for without a library, as hosts may have no exifread, and so that an upload of many is not
slower for it. What is not certain counts as a date: then all stays as the file has it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import chain
from typing import BinaryIO, Iterator, Mapping, NamedTuple, Optional, Union

from .. import _text, _times
from .._client import errors
from .._files import base, facts
from .._metadata import model
from .._naming.dates import DAY, NamedTime, date_in_name
from .item_tally import ItemTally
from .options import UploadOptions

EXIF, EXPORT, CORRECTED, NAME, FOLDER, MTIME = "exif", "export", "corrected", "name", "folder", "mtime"
SERVER = "server"

_UTC = timedelta(0)
_QUARTER, _MINUTE = 15 * 60, 60  # seconds

# Beside whole hours: minutes ahead of UTC. A date with another offset Immich does not read at all, not even as a local time
# (exiftool-vendored knows these; observed on 1.135 to 3.1).
_FRACTIONAL_OFFSETS = (-570, -510, -210, -150, 210, 270, 330, 345, 390, 510, 525, 570, 585, 630, 765, 825)
OFFSETS = frozenset(timedelta(minutes=minutes) for minutes in (*(60 * hours for hours in range(-11, 15)), *_FRACTIONAL_OFFSETS))
"""The differences to UTC that clocks somewhere on earth have."""

_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")
_HEAD = 64 * 1024  # bytes
# As EXIF and XMP write it. Cameras whose clock was not set write zeros.
_DATE = re.compile(rb"[12]\d{3}([:-])\d\d\1\d\d[ T]\d\d:\d\d")


class DateToSend(NamedTuple):
    """When a file was taken, as Immich gets it."""

    created_ns: int
    """For the form, in nanoseconds since 1970 (UTC)."""

    original: Optional[str]
    """For the sidecar, in ISO 8601; None where the sidecar need not say it."""

    trust: str
    """Where it comes from: `exif` (the file itself), `export`, `corrected` (the export, against the file itself), `name`, `folder`,
    `mtime`, `server` (another server, which knows it)."""

    @property
    def seconds(self) -> float:
        """Seconds since 1970 (UTC)."""
        return self.created_ns / 1_000_000_000


def date_to_send(
    item: base.Item, source: Union[bytes, BinaryIO], *, video: bool, date_from_name: bool, zone: Optional[tzinfo] = None
) -> DateToSend:
    """When an item was taken that has these bytes, or is open.

    One of whose time and place no export says anything is only looked into if its name has a date, or if there is a `zone` for times
    without an offset. `MissingLibrary` for a still of
    another one where exifread is not installed, `LocalFailure` if the file cannot be read. An open file is anywhere afterwards.
    """
    named = named_time(item) if date_from_name else None
    own = None
    item_facts = item.facts
    if item_facts.year is not None or item_facts.metadata.taken is not None or item_facts.metadata.position is not None or zone is not None:
        own = own_time(item, video=video)
    elif named is None or may_have_own_date(source, video=video):
        return DateToSend(item.mtime_ns, None, MTIME)
    return choose_date(item.facts, own, named, item.mtime_ns, zone)


def may_have_own_date(source: Union[bytes, BinaryIO], *, video: bool) -> bool:
    """Given a file's bytes, or an open file, which is anywhere afterwards. `LocalFailure` if it cannot be read.

    Of a video the movie box is looked for, at its end too, which takes three or four reads: a phone's video has its date there. Videos
    that are not MP4 or QuickTime count as dated.
    """
    from .._media import exif, movie, structure  # only here: most names have no date

    if video:
        container = movie.read_movie(source)
        return container is None or container.time is not None
    file = structure.BoundedReader(source)
    try:
        blocks = (block for block in exif.exif_blocks(file) if block is not file)
        return any(_DATE.search(block.read_at(0, _HEAD)) for block in chain([file], blocks))
    except structure.ReadLimitExceeded:
        return True


def named_time(item: base.Item) -> Optional[NamedTime]:
    """The time in an item's own name, else in those of its folders."""
    *folders, name = item.inner.split("/")
    return date_in_name(name, folders)


def own_time(item: base.Item, *, video: bool) -> Optional[model.LocalTime]:
    """The time that a file itself says. Raises as `Item.camera` and `Item.movie` do."""
    if not video:
        return item.camera().time
    own = item.movie()
    return own.time if own else None


def choose_date(
    item_facts: facts.Facts, own: Optional[model.LocalTime], named: Optional[NamedTime], mtime_ns: int, zone: Optional[tzinfo] = None
) -> DateToSend:
    """When a file was taken, by what its export, the file itself and its name say.

    The file itself is believed where the export says the same instant: then they are apart by what a time zone can be apart, or by less
    than a minute. Otherwise the export's user has corrected the time. A day from a name is not better than the file's own
    time of last change on that day. The year of a folder is a guess: its first of January.

    With a position a local time without a zone goes into the sidecar: Immich would take it for UTC, and move it to the zone of the place.
    With a `zone`, a local time of the file or of its name that has no offset is in that zone, unless the export knows the instant.
    """
    metadata = item_facts.metadata
    export = None if metadata.taken is None else _times.from_seconds(metadata.taken.seconds)
    if metadata.taken is not None and export is not None and _times.EARLIEST <= export <= _times.LATEST:
        if own is None:
            return _of_instant(export, _offset_at(metadata.position), EXPORT)
        ahead = zone_of(own.local, export, minutes=metadata.taken.basis == model.MINUTE)
        if ahead is None:
            return _of_instant(export, own.offset if own.offset in OFFSETS else _offset_at(metadata.position), CORRECTED)
        return _of_file(own, ahead, metadata)
    if own is not None:
        offset = _offset_in(zone, own.local) if own.offset is None else None
        if offset is not None:
            return DateToSend(_times.to_ns(own.local - offset), _times.to_iso(own.local, offset), EXIF)
        is_moved = own.offset is None and metadata.position is not None
        return DateToSend(_times.to_ns(own.local - (own.offset or _UTC)), _times.to_iso(own.local, None) if is_moved else None, EXIF)
    if named is not None and not (named.precision == DAY and _is_on(named.local, mtime_ns)):
        offset = named.offset if named.offset in OFFSETS else _offset_in(zone, named.local) if named.offset is None else None
        return DateToSend(
            _times.to_ns(named.local - (offset or _UTC)), _times.to_iso(named.local, offset), FOLDER if named.folder else NAME
        )
    if named is None and item_facts.year is not None and 1 <= item_facts.year <= 9999:
        first = max(datetime(item_facts.year, 1, 1), _times.EARLIEST)
        return DateToSend(_times.to_ns(first), _times.to_iso(first, None), FOLDER)
    return DateToSend(mtime_ns, None, MTIME)


def _offset_in(zone: Optional[tzinfo], local: datetime) -> Optional[timedelta]:
    """What a clock in a zone is ahead of UTC when it shows a time; None where Immich would not read that, or the zone has none."""
    offset = None if zone is None else local.replace(tzinfo=zone).utcoffset()
    return offset if offset in OFFSETS else None


def parse_zone(name: Optional[str]) -> Optional[tzinfo]:
    """A time zone by its name, such as `Europe/Rome`, or by its offset, such as `+02:00`. Raises `InvalidRequest`."""
    if name is None:
        return None
    match = _OFFSET.fullmatch(name)
    if match is not None:
        ahead = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)))
        return timezone(-ahead if match.group(1) == "-" else ahead)
    try:
        import zoneinfo  # Python 3.9 and later

        return zoneinfo.ZoneInfo(name)
    except ImportError:
        reason = "names of zones need Python 3.9 or later on the managed host"
    except (ValueError, LookupError, OSError):  # LookupError: also where the host has no time zone database
        reason = "this host does not know it"
    raise errors.InvalidRequest(
        "O(time_zone) cannot be '%s': %s. Give a name such as Europe/Rome, or an offset such as +02:00." % (_text.one_line(name), reason),
        options=("time_zone",),
    )


def _of_file(own: model.LocalTime, zone: timedelta, metadata: model.Metadata) -> DateToSend:
    """EXIF that has no zone Immich takes for UTC, and moves it to the zone of a position in the sidecar (2.7 and later).

    With the zone that follows from the export it gets the local time and the instant right. Where that zone is UTC the export may only
    have taken the local time for UTC as well: with a position Immich finds the zone by itself (observed on 1.135 to 3.1).
    """
    created = _times.to_ns(own.local - (zone if own.offset is None else own.offset))
    if own.offset is not None or (zone == _UTC and metadata.position is None):
        return DateToSend(created, None, EXIF)
    return DateToSend(created, _times.to_iso(own.local, zone if zone else None), EXIF)


def _of_instant(moment: datetime, offset: timedelta, trust: str) -> DateToSend:
    return DateToSend(_times.to_ns(moment), _times.to_iso(moment + offset, offset), trust)


def _offset_at(position: Optional[model.Position]) -> timedelta:
    """How far the sun is ahead of UTC at a place, in whole hours.

    Immich 2.7 and 3.1 find the zone of the place, and of the time take the moment only. 1.135 shows the local time as it is written, which
    then is wrong by an hour or two, and seldom of another day.
    """
    if position is None or not abs(position.longitude) <= 180:
        return _UTC
    return timedelta(hours=max(-11, min(12, round(position.longitude / 15))))


def zone_of(local: datetime, moment: datetime, *, minutes: bool) -> Optional[timedelta]:
    """How far the clock that showed the local time must have been ahead at that moment (in UTC); None if no clock is that far."""
    seconds = (local.replace(microsecond=0) - moment.replace(microsecond=0)).total_seconds()
    nearest = round(seconds / _QUARTER) * _QUARTER
    apart = abs(seconds - nearest)
    if apart >= _MINUTE or (apart > 1 and nearest != 0 and not minutes):  # fractions are rounded by some and cut by others
        return None
    offset = timedelta(seconds=nearest)
    return offset if offset in OFFSETS else None


def _is_on(day: datetime, mtime_ns: int) -> bool:
    """Whether a time is on a day, wherever on earth that day was."""
    apart = _times.EPOCH + timedelta(microseconds=min(max(mtime_ns // 1000, 0), 10**17)) - day
    return timedelta(hours=-14) <= apart < timedelta(hours=24 + 12)


def time_of_picture(item: base.Item, own: Optional[model.LocalTime]) -> Optional[float]:
    """When a picture was taken, in seconds since 1970, by its `own` time or its export; None where neither tells it."""
    if own is None and item.facts.metadata.taken is None:
        return None
    return choose_date(item.facts, own, None, item.mtime_ns).seconds


class TakenBetween(base.Source):
    """What another source yields, without what was taken before `taken_after` or after `taken_before`. Files are looked into."""

    def __init__(self, source: base.Source, options: UploadOptions, media_types: Mapping[str, str], tally: ItemTally) -> None:
        self._source = source
        self._options = options
        self._media_types = media_types
        self._tally = tally
        self._zone = parse_zone(options.time_zone)

    def batches(self) -> Iterator[base.Batch]:
        for batch in self._source.batches():
            wanted = [item for item in batch if self._is_wanted(item)]
            if wanted:
                yield wanted

    def finish(self) -> None:
        self._source.finish()

    def _is_wanted(self, item: base.Item) -> bool:
        try:
            taken = self._taken(item)
        except errors.LocalFailure as exc:
            if exc.fatal:
                raise
            self._tally.unreadable(item.path, exc, size=item.size)
            return False
        after, before = self._options.taken_after, self._options.taken_before
        if (after is None or taken >= after) and (before is None or taken <= before):
            return True
        option = "taken_after" if after is not None and taken < after else "taken_before"
        self._tally.skipped(item.path, "date", "It was taken %s, which %s leaves out." % (_date_of(taken), option))
        return False

    def _taken(self, item: base.Item) -> float:
        """In seconds since 1970. A live photo is taken when its still was, so that it is not torn."""
        pair = item.live
        if pair is not None and pair.video is item and pair.still is not None and pair.is_live_photo:
            item = pair.still
        taken = item.facts.metadata.taken
        if taken is not None:
            return taken.seconds
        own = own_time(item, video=self._media_types.get(item.extension) == "video")
        named = named_time(item) if self._options.date_from_name else None
        return choose_date(item.facts, own, named, item.mtime_ns, self._zone).seconds


def _date_of(taken: float) -> str:
    try:
        return "on %s" % datetime.fromtimestamp(taken, timezone.utc).date()
    except (ValueError, OverflowError, OSError):  # an export can say anything
        return "at an invalid date"
