# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of a photo or video, whoever says it: a server, an export, an archive."""

from __future__ import annotations

import datetime
import re
from typing import List, NamedTuple, Optional, Tuple

from .. import _text
from .faces import PictureFaces

INSTANT, MINUTE, READ = "instant", "minute", "read"
"""What a time rests on (`Taken.basis`): an instant without a zone, one that is known to the minute only, and what a server says,
which has read the file."""

# What a line of XML 1.0 cannot hold.
_NOT_IN_LINE = "[\x00-\x1f\ud800-\udfff\ufffe\uffff]"
_BLANKS = re.compile(r"\s+")

VISIBILITIES = ("timeline", "archive", "hidden", "locked")
REJECTED = -1
"""The rating of what is to be thrown away."""


class LocalTime(NamedTuple):
    """A time as a clock on the wall showed it, and how far that clock was ahead of UTC; None where that is not known."""

    local: datetime.datetime
    offset: Optional[datetime.timedelta]


class Position(NamedTuple):
    """A place on earth, in degrees: north and east are positive."""

    latitude: float
    longitude: float


class Camera(NamedTuple):
    """What a photo was taken with; empty where that is not known."""

    make: str = ""
    model: str = ""
    lens: str = ""

    @property
    def name(self) -> Optional[str]:
        """Make and model; None where neither is known."""
        return " ".join(part.strip() for part in (self.make, self.model) if part) or None


class Taken(NamedTuple):
    """When a photo was taken."""

    seconds: float
    """Since 1970 (UTC), negative before."""

    local: Optional[str] = None
    """The time as a sidecar says it, in ISO 8601, with the offset where one is known; None where the file says it better."""

    offset: Optional[str] = None
    """How far `local` is ahead of UTC, as `+02:00`, where that is to hold whatever zone the position is in."""

    basis: str = INSTANT

    @classmethod
    def at(cls, seconds: Optional[float], *, to_the_minute: bool = False) -> Optional[Taken]:
        """An instant, or None for None."""
        return None if seconds is None else cls(seconds, basis=MINUTE if to_the_minute else INSTANT)

    @property
    def created_ns(self) -> int:
        """In nanoseconds since 1970, as exactly as Immich tells times: to the millisecond."""
        return round(self.seconds * 1000) * 1_000_000


class Metadata(NamedTuple):
    """All that is said of a photo. What is not said has the value that stands here. `FIELDS` has a row for each field."""

    taken: Optional[Taken] = None

    zone: Optional[str] = None
    """The name of the time zone, as `Europe/Rome` or `UTC+2`."""

    favorite: bool = False

    visibility: str = "timeline"
    """One of `VISIBILITIES`."""

    description: str = ""

    rating: Optional[int] = None
    """1 to 5, or -1 for a picture that was rejected, as in XMP."""

    position: Optional[Position] = None

    camera: Optional[Camera] = None

    tags: Tuple[str, ...] = ()
    """With `/` between levels: `Trip/Rome`."""

    people: Tuple[str, ...] = ()
    """The names of those who are in the picture."""

    albums: Tuple[str, ...] = ()
    """The names of its albums, where nothing else says which these are."""

    faces: Optional[PictureFaces] = None
    """Where these are in the picture."""

    @property
    def is_read(self) -> bool:
        """Whether it comes from a server, which has looked into the file: neither its time nor its keywords are looked for there again."""
        return self.taken is not None and self.taken.basis == READ


NOTHING = Metadata()
"""Of a photo that nobody says anything about: the same object for all of them."""


class UnreadableXmp(Exception):
    """A document that is not XMP, or that is not to be trusted. Its text says why, in the middle of a sentence."""


class Keywords(NamedTuple):
    """The keywords of a file or document by the property that has them, as tags with `/` between levels.

    `tags` are digiKam's `TagsList`, `hierarchical` Lightroom's `hierarchicalSubject`, `plain` those that know no levels.
    """

    tags: List[str]
    hierarchical: List[str]
    plain: List[str]


NO_KEYWORDS = Keywords([], [], [])


def text_for_xml(text: str) -> str:
    """A text as a tag, or a name, can be in a document."""
    return _text.fit_for_xml(_BLANKS.sub(" ", text).strip())


def is_text(tag: str) -> bool:
    """Whether a tag can stand in a document: without control characters and half surrogate pairs."""
    return re.search(_NOT_IN_LINE, tag) is None
