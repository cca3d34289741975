# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain values that the typed calls return."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Sequence

from .._metadata.model import Metadata


class Version(NamedTuple):
    """A server's version, as `GET /server/version` gives it."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return "%d.%d.%d" % self


class NewestVersion(NamedTuple):
    """The newest version of Immich that the server knows of, and when it looked (ISO 8601, UTC)."""

    version: str
    checked_at: str


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


class Located(NamedTuple):
    """A photo or video with the place of its original, as the server sees it. `sha1` as for `Asset`."""

    id: str
    owner: str
    sha1: str
    name: str
    path: str
    external: bool


class Asset(NamedTuple):
    """A photo or video with what the server says of it."""

    id: str
    owner: str

    sha1: str
    """Its checksum in lower-case hex: of the original, or where it is in an `external` library of something else."""

    name: str

    kind: str
    """`image`, `video` or another word."""

    size: Optional[int]
    """In bytes, None where it is not known."""

    taken: Optional[float]
    """In seconds since 1970 (UTC), as of `modified`; None for a year that Python does not know."""

    shown: Optional[float]
    """The same as a user sees it, who may have changed it just now; `taken` follows once Immich has written it down."""

    local: Optional[float]
    """What a clock showed when it was taken, as if that were UTC, so that `local - taken` is the offset from UTC."""

    modified: Optional[float]
    """When the file was last changed."""

    changed: str
    """When the server last changed anything of it, as it writes that."""

    trashed: bool
    external: bool

    missing: bool
    """Its original is gone from an external library."""

    edited: bool
    """Immich shows it with changes (2.5 and later) that its original does not have."""

    metadata_read: bool
    """Immich has read the file. Before, its time is that of the upload, and it loses tags that it is given."""

    live_video: Optional[str]
    """The id of the video of a live photo."""

    metadata: Metadata
    """With the names of people if they were asked for, and with tags, those given to the asset itself, if it was asked for alone."""

    stack_id: Optional[str] = None
    """The same: None in a list."""


class InStack(NamedTuple):
    """The stack that an asset is the cover of, and how many of its assets are in the timeline."""

    stack_id: str
    size: int


class Stack(NamedTuple):
    """A stack. `members` has the names of all its assets by their ids, `cover` is the id of the one on top."""

    id: str
    cover: str
    members: Dict[str, str]
