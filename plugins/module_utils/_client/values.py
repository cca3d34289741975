# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain values that the typed calls return."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple


class Version(NamedTuple):
    """A server's version, as `GET /server/version` gives it."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return "%d.%d.%d" % self


class User(NamedTuple):
    """The key's user. `quota_size` and `quota_used` are in bytes, None where there is no quota."""

    id: str
    name: str
    is_admin: bool
    quota_size: Optional[int]
    quota_used: Optional[int]


class Storage(NamedTuple):
    """The disk that holds the library, in bytes."""

    size: int
    used: int
    available: int


class Queue(NamedTuple):
    """A background queue. `waiting` counts the jobs held back by a pause too (Immich counts those apart, as `paused`)."""

    name: str
    paused: bool
    active: int
    waiting: int
    delayed: int
    failed: int

    @property
    def drained(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return not (self.active or self.waiting or self.delayed)


class Known(NamedTuple):
    """A file that the server already has, as the bulk check answers."""

    asset_id: str
    trashed: bool


class Stored(NamedTuple):
    """The answer to an upload. `created` is false when the server had the very bytes already.

    Where it was sent several times, `certain` says whether the asset is sure to be of this upload: an answer was lost, or another client
    brought the same bytes meanwhile.
    """

    asset_id: str
    created: bool
    certain: bool = True


class Organised(NamedTuple):
    """What Immich knows about one asset. Until it has read the file's metadata, `metadata_read` is false; when it does so, it gives
    the asset the tags that are in the sidecar and in the file, and takes others away. `tags` are those given to the asset itself.

    `described` and `rated` say whether it has a description and a rating, `placed` is its position in degrees, if it has one, and `moving`
    says whether it has the video of a live photo. `taken` and `modified` are in seconds since 1970, None where that is not known: when it
    was taken, as the user sees it at once after a change, and when its file was last changed. `local` is the local time as if it were in
    UTC, once Immich has read the change, and `zone` the name of the time zone, empty where there is none.
    """

    metadata_read: bool
    tags: List[str]
    described: bool
    placed: Optional[Tuple[float, float]]
    rated: bool
    moving: bool
    taken: Optional[float] = None
    local: Optional[float] = None
    modified: Optional[float] = None
    zone: str = ""
    favorite: bool = False
    visibility: str = ""


LEASE_MARK = "selfhosted.immich lease"
"""What the description of an album has in it that is a lease on paused queues: it is not one of the user's."""


class AlbumUser(NamedTuple):
    """Someone with whom an album is shared. `role` is `editor` or `viewer`."""

    id: str
    email: str
    role: str


class Album(NamedTuple):
    """An album that the key's user can see. `owned` says that it is surely the user's own; one that is shared may be another user's.

    `created` and `updated` are when it was made and last changed, by the server's clock (ISO 8601 in UTC). `order` is `asc` or `desc`, by
    when its photos were taken. `users` are those with whom it is shared, without its owner.
    """

    id: str
    name: str
    description: str
    asset_count: int
    owned: bool
    updated: str
    created: str
    order: Optional[str] = None
    users: Sequence[AlbumUser] = ()


class Added(NamedTuple):
    """What became of one id of a membership call. `error` is Immich's word for it (`duplicate`, `no_permission`, `not_found`)."""

    id: str
    success: bool
    error: Optional[str]


class Photo(NamedTuple):
    """A photo or video with what its file says. `taken` is in seconds since 1970 (UTC), to the millisecond; None where no one could say.

    `own_time`: the file itself says when that was, as far as one can know; otherwise it is the time of the file. `camera` is make and
    model, None where the file names neither. `still` is false for a video.
    """

    id: str
    owner: str
    name: str
    taken: Optional[float]
    own_time: bool
    camera: Optional[str]
    still: bool


class Asset(NamedTuple):
    """A photo or video with what the server's lists say of it.

    `sha1` is its checksum in lower-case hex: of the original, or where it is in an `external` library of something else. `kind` is `image`,
    `video` or another word. `size` is in bytes, None where it is not known. `taken` and `modified` are in seconds since 1970 (UTC), None
    for a year that Python does not know; `local` is what a clock showed when it was taken, as if that were UTC, so that `local - taken` is
    the offset from UTC. `zone` names the time zone, as `Europe/Rome` or `UTC+2`; None where there is only a local time. `changed` is when
    the server last changed anything of it, as it writes it.

    `visibility` is `timeline`, `archive`, `hidden` or `locked`. `rating` is 1 to 5. `latitude` and `longitude` are both there or none.
    `metadata_read`: Immich has read the file; before, its time is that of the upload. `live_video` is the id of the video of a live photo.
    `edited`: Immich shows it with changes (2.5 and later) that its original does not have. `missing`: its original is gone from an external
    library. `people` are the names of those in it, if they were asked for; `tags` those that were given to the asset itself, where it was
    asked for alone, else None, as is `stack_id`.
    """

    id: str
    owner: str
    sha1: str
    name: str
    kind: str
    size: Optional[int]
    taken: Optional[float]
    modified: Optional[float]
    local: Optional[float]
    zone: Optional[str]
    changed: str
    visibility: str
    favorite: bool
    trashed: bool
    external: bool
    missing: bool
    edited: bool
    description: str
    rating: Optional[int]
    latitude: Optional[float]
    longitude: Optional[float]
    metadata_read: bool
    live_video: Optional[str]
    people: Tuple[str, ...] = ()
    tags: Optional[Tuple[str, ...]] = None
    stack_id: Optional[str] = None


class InStack(NamedTuple):
    """The stack that an asset is the cover of, and how many of its assets are in the timeline."""

    stack_id: str
    size: int


class Stack(NamedTuple):
    """A stack. `members` has the names of all its assets by their ids, `cover` is the id of the one on top."""

    id: str
    cover: str
    members: Dict[str, str]
