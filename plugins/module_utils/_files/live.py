# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live photos: a still and the short video that was taken with it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Callable, Collection, Dict, Iterable, Optional, Tuple

from .._client import errors
from .._metadata import model
from .._naming import kinds
from . import base

_LONGEST = 10.0  # seconds; Apple's are three
_LARGEST = 16 * 1024 * 1024  # bytes; Apple's have some three million
_APART = 3  # seconds between the times that both say
_QUARTER = 15 * 60
_FURTHEST = timedelta(hours=14)  # that a clock on the wall is away from UTC
_FILES_APART = 86_400_000_000_000  # nanoseconds between the times of two files that say nothing of themselves


class LivePair:
    """Two files that may be a live photo by their names, or are `known` to be one. Safe to use from all threads."""

    def __init__(self, *, known: bool = False) -> None:
        self.still: Optional[base.Item] = None
        self.video: Optional[base.Item] = None
        self._lock = threading.Lock()
        self._is_one: Optional[bool] = True if known else None
        self.missing_library: Optional[str] = None
        """The library without which `is_live_photo` cannot say yes, once it has turned out to be missing."""

    def add(self, item: base.Item) -> None:
        """Takes one of the two, which its name tells apart."""
        if kinds.is_live_video(item.inner):
            self.video = item
        else:
            self.still = item
        if self.still is not None and self.video is not None:
            self.still.live = self.video.live = self

    def join(self, still: base.Item, video: base.Item) -> None:
        """Takes both, whatever their names are."""
        self.still, self.video = still, video
        still.live = video.live = self

    @property
    def is_live_photo(self) -> bool:
        """Whether they were taken together. Both files are looked into once, since names alone do not say so: cameras count from 1 again.

        The identifier that Apple's devices write into both decides if it is there. Else they are one unless the video is long, or their
        times differ (by other than whole quarters of an hour, where one has no zone). A file that cannot be read is not half of a live
        photo, unless the export has one metadata file for both.
        """
        with self._lock:
            if self._is_one is None:
                try:
                    self._is_one = self._compare()
                except errors.MissingLibrary as exc:
                    self._is_one, self.missing_library = False, exc.name
                except errors.LocalFailure:
                    self._is_one = self.video is not None and self.video.facts.rule == "live"
            return self._is_one

    @property
    def is_refused(self) -> bool:
        """Whether they were looked into, and were not taken together."""
        return self._is_one is False

    def _compare(self) -> bool:
        from .._media import exif
        from .._media.movie import Movie  # only here: most folders have no two files that could be a pair

        still, video = self.still, self.video
        if still is None or video is None:
            return False
        exif.require_exifread()  # before a file is opened for nothing
        moving = video.movie()
        if moving is None and video.size > _LARGEST:  # in an archive, what it says of itself may lie behind what can be read
            return False
        moving = moving or Movie()
        camera = still.camera()
        if camera.content_identifier and moving.content_identifier:
            return camera.content_identifier == moving.content_identifier
        if moving.seconds is not None and moving.seconds >= _LONGEST:
            return False
        if camera.time and moving.time:
            return _is_same(camera.time, moving.time)
        return abs(still.mtime_ns - video.mtime_ns) <= _FILES_APART


def _is_same(one: model.LocalTime, other: model.LocalTime) -> bool:
    if one.offset is not None and other.offset is not None:
        return abs((one.local - one.offset) - (other.local - other.offset)).total_seconds() <= _APART
    apart = abs(one.local - other.local)
    rest = round(apart.total_seconds()) % _QUARTER
    return apart <= _FURTHEST and min(rest, _QUARTER - rest) <= _APART


def pair_names(names: Collection[str]) -> Dict[str, LivePair]:
    """The pairs among the files of one folder by the names of both halves, for which `LivePair.add` is to be called."""
    pairs: Dict[str, LivePair] = {}
    for still, video in kinds.pair_live_photos(names).items():
        pairs[still] = pairs[video] = LivePair()
    return pairs


def pair_items(items: Iterable[base.Item], *places: Callable[[base.Item], object]) -> None:
    """Pairs the items of archives, or of an export: halves that lie in one place.

    What remains is paired by the next kind of place: an export is cut anywhere, so that its halves may lie in two parts.
    """
    for place_of in places:
        _pair_in_places([item for item in items if item.live is None], place_of)


def pair_explicit(pairs: Iterable[Tuple[base.Item, base.Item]]) -> None:
    """Pairs stills with the videos that an export has beside them, as far as they have no other half yet."""
    for still, video in pairs:
        if still.live is None and video.live is None:
            LivePair().join(still, video)


def _pair_in_places(items: Iterable[base.Item], place_of: Callable[[base.Item], object]) -> None:
    places: Dict[object, Dict[str, base.Item]] = {}
    for item in items:
        places.setdefault(place_of(item), {})[item.file_name] = item
    for files in places.values():
        for still, video in kinds.pair_live_photos(files).items():
            pair = LivePair()
            pair.add(files[still])
            pair.add(files[video])
