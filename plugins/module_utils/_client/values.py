# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain values that the typed calls return, and what is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

from .._metadata.faces import StoredPicture
from .._metadata.model import Metadata

# What is added to a search for what is in the trash: put there after a time before anything was.
_IN_TRASH = {"withDeleted": True, "trashedAfter": "1970-01-01T00:00:00.000Z"}


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
    email: str


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


class KnownAsset(NamedTuple):
    """A file that the server already has, as the bulk check answers."""

    asset_id: str
    trashed: bool


class UploadAnswer(NamedTuple):
    """The answer to an upload. `created` is false when the server had the very bytes already.

    Where it was sent several times, `certain` says whether the asset is sure to be of this upload: an answer was lost, or another client
    brought the same bytes meanwhile.
    """

    asset_id: str
    created: bool
    certain: bool = True


LEASE_MARK = "photoyard.immich lease"
"""What the description of an album has in it that is a lease on paused queues: it is not one of the user's."""


class AlbumUser(NamedTuple):
    """Someone with whom an album is shared. `role` is `editor` or `viewer`."""

    id: str
    email: str
    role: str


class Album(NamedTuple):
    """An album that the key's user can see. `owned` says that it is surely the user's own; one that is shared may be another user's.

    `created` and `updated` are when it was made and last changed, by the server's clock (ISO 8601 in UTC). `order` is `asc` or `desc`, by
    when its photos were taken. `users` are those with whom it is shared, without its owner. `cover` is the id of the asset that stands for
    it, None while none does.
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
    cover: Optional[str] = None


class AddAnswer(NamedTuple):
    """What became of one id of a membership call. `error` is Immich's word for it (`duplicate`, `no_permission`, `not_found`)."""

    id: str
    success: bool
    error: Optional[str]


class Asset(NamedTuple):
    """A photo or video with what the server says of it."""

    id: str
    owner: str

    sha1: str
    """Its checksum in lower-case hex: of the original, or where it is in an `external` library of something else."""

    name: str

    path: str
    """Where the server sees its original."""

    kind: str
    """`image`, `video` or another word."""

    size: Optional[int]
    """In bytes, None where it is not known."""

    width: int
    """In pixels, as `height`; 0 where it is not known."""

    height: int

    taken: Optional[float]
    """In seconds since 1970 (UTC), as of `modified`; None for a year that Python does not know."""

    shown: Optional[float]
    """The same as a user sees it, who may have changed it just now; `taken` follows once Immich has written it down."""

    local: Optional[float]
    """What a clock showed when it was taken, as if that were UTC, so that `local - taken` is the offset from UTC."""

    own_time: bool
    """The file itself says when it was taken, as far as one can know; otherwise `taken` is the time of the file."""

    modified: Optional[float]
    """When the file was last changed."""

    changed: str
    """When the server last changed anything of it, as it writes that."""

    trashed: bool

    library_id: Optional[str]
    """The external library that it is in."""

    missing: bool
    """Its original is gone from an external library."""

    edited: bool
    """Immich shows it with changes (2.5 and later) that its original does not have."""

    metadata_read: bool
    """Immich has read the file. Before, its time is that of the upload, and it loses tags that it is given."""

    has_thumbnail: bool

    exif_fields: int
    """How many fields of its EXIF Immich knows."""

    live_video: Optional[str]
    """The id of the video of a live photo."""

    duplicate_id: Optional[str]
    """The group of duplicates that it is in."""

    metadata: Metadata
    """With the names of people if they were asked for, and with tags, those given to the asset itself, if it was asked for alone."""

    tags: Dict[str, str]
    """The same tags by their ids."""

    people: Dict[str, str]
    """The names of all people by their ids, "" for one without."""

    stack_id: Optional[str]
    """As the tags: None in a list."""

    picture: Optional[StoredPicture] = None
    """The size of a picture that the server has read."""

    @property
    def external(self) -> bool:
        """Whether its original is in an external library."""
        return self.library_id is not None


class InStack(NamedTuple):
    """The stack that an asset is the cover of, and how many of its assets are in the timeline."""

    stack_id: str
    size: int


class Stack(NamedTuple):
    """A stack. `members` has the names of all its assets by their ids, `cover` is the id of the one on top."""

    id: str
    cover: str
    members: Dict[str, str]


@dataclass(frozen=True)
class Search:
    """Which assets are looked for; all conditions must hold. Times are ISO 8601 in UTC, both included.

    Without a `visibility` all are found but those in the locked folder, which never are. An asset with a tag below one of `tag_ids` is
    found too (`Trip/Rome` under `Trip`). `kind` is `image` or `video`. `trashed`: those in the trash only, else none of these. `live`:
    those that have the video of a live photo, or have none. `not_in_album`: those that are in nobody's album. `sha1` is in hex. `exif` has
    what must be equal to what was read in the file, by Immich's names (`make`, `model`, `city`, `state`, `country`). `created` is when the
    server got it, `changed` when it last changed anything of it. `library_id`: those in this external library. `offline`: those whose files
    Immich does not find, which all are in the trash for it, or only others. `trashed_before`: those in the trash since then, or longer.
    """

    visibility: Optional[str] = "timeline"
    album_id: Optional[str] = None
    tag_ids: Tuple[str, ...] = ()
    person_id: Optional[str] = None
    favorite: Optional[bool] = None
    kind: Optional[str] = None
    taken_after: Optional[str] = None
    taken_before: Optional[str] = None
    created_after: Optional[str] = None
    created_before: Optional[str] = None
    changed_after: Optional[str] = None
    changed_before: Optional[str] = None
    trashed: bool = False
    live: Optional[bool] = None
    not_in_album: bool = False
    sha1: Optional[str] = None
    exif: Tuple[Tuple[str, str], ...] = ()
    library_id: Optional[str] = None
    offline: Optional[bool] = None
    trashed_before: Optional[str] = None

    def query(self) -> Dict[str, Any]:
        """As the searches take it up to 3.1, and deprecated after that."""
        query = self._conditions()
        for name, after, before in self._times():
            query.update({name + "After": after} if after else {})
            query.update({name + "Before": before} if before else {})
        query.update(_IN_TRASH if self.trashed else {})
        query.update({"isNotInAlbum": True} if self.not_in_album else {})
        query.update({"trashedBefore": self.trashed_before} if self.trashed_before else {})
        return query

    def filter(self) -> Dict[str, Any]:
        """As `filter`, which the searches have from 3.2 on. There, what is in the trash is left out only if that is said (immich#31511)."""
        in_trash = {"lte": self.trashed_before} if self.trashed_before else {"ne" if self.trashed or self.offline else "eq": None}
        wanted: Dict[str, Any] = {"trashedAt": in_trash}
        wanted.update((name, {"all" if isinstance(value, list) else "eq": value}) for name, value in self._conditions().items())
        for name, after, before in self._times():
            window = {**({"gte": after} if after else {}), **({"lte": before} if before else {})}
            wanted.update({name + "At": window} if window else {})
        wanted.update({"hasAlbums": {"eq": False}} if self.not_in_album else {})
        return wanted

    def _conditions(self) -> Dict[str, Any]:
        """What an asset must have, by Immich's names: a value, or all of a list."""
        conditions: Dict[str, Any] = {
            "visibility": self.visibility or None,
            "albumIds": [self.album_id] if self.album_id else None,
            "tagIds": list(self.tag_ids) or None,
            "personIds": [self.person_id] if self.person_id else None,
            "isFavorite": self.favorite,
            "type": self.kind.upper() if self.kind else None,
            "isMotion": self.live,
            "checksum": self.sha1 or None,
            "libraryId": self.library_id or None,
            "isOffline": self.offline,  # with true, those in the trash are meant too
            **dict(self.exif),
        }
        return {name: value for name, value in conditions.items() if value is not None}

    def _times(self) -> Iterator[Tuple[str, Optional[str], Optional[str]]]:
        """How Immich calls each of the times, and its ends."""
        yield "taken", self.taken_after, self.taken_before
        yield "created", self.created_after, self.created_before
        yield "updated", self.changed_after, self.changed_before
