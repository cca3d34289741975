# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain values that the typed calls return. Private to the collection."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional


class Version(NamedTuple):
    """A server's version, as `GET /server/version` gives it."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return "%d.%d.%d" % self


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
    """The answer to an upload. `created` is false when the server had the very bytes already."""

    asset_id: str
    created: bool


class Organised(NamedTuple):
    """What Immich knows about one asset. Until it has read the file's metadata, `metadata_read` is false; when it does so, it gives
    the asset the tags that are in the sidecar and in the file, and takes others away. `tags` are those given to the asset itself.

    `described`, `placed` and `rated` say whether it has a description, a position and a rating, `moving` whether it has the video of a
    live photo.
    """

    metadata_read: bool
    tags: List[str]
    described: bool
    placed: bool
    rated: bool
    moving: bool


class Album(NamedTuple):
    """An album that the key's user can see. `owned` says that it is surely the user's own; one that is shared may be another user's.

    `created` and `updated` are when it was made and last changed, by the server's clock (ISO 8601 in UTC).
    """

    id: str
    name: str
    description: str
    asset_count: int
    owned: bool
    updated: str
    created: str


class Added(NamedTuple):
    """What became of one id of a membership call. `error` is Immich's word for it (`duplicate`, `no_permission`, `not_found`)."""

    id: str
    success: bool
    error: Optional[str]


class Photo(NamedTuple):
    """A photo or video with what its file says. `taken` is in seconds since 1970 (UTC), to the millisecond; None where no one could say.

    `camera` is make and model, None where the file names neither. `still` is false for a video.
    """

    id: str
    owner: str
    name: str
    taken: Optional[float]
    camera: Optional[str]
    still: bool


class InStack(NamedTuple):
    """The stack that an asset is the cover of, and how many of its assets are in the timeline."""

    stack_id: str
    size: int


class Stack(NamedTuple):
    """A stack. `members` has the names of all its assets by their ids, `cover` is the id of the one on top."""

    id: str
    cover: str
    members: Dict[str, str]
