# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of groups of duplicates: the module's options, a group as it was read, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._client.endpoints.duplicates import InAlbum
from .._client.values import Asset
from .._options import option

TRASH, STACK, DISMISS, NONE = ACTIONS = ("trash", "stack", "dismiss", "none")
SKIP = "skip"
DECISIONS = (TRASH, STACK, DISMISS, SKIP)

ALBUMS, FAVORITE, TAGS, RATING, DESCRIPTION, SHARED_LINKS, LIVE_PHOTO, LOCATION, VISIBILITY = MERGES = (
    "albums",
    "favorite",
    "tags",
    "rating",
    "description",
    "shared_links",
    "live_photo",
    "location",
    "visibility",
)
"""What a keeper can take over."""

KEEP_BOTH = "keep_both"
REVIEWED = "reviewed"
"""The rule of a decision that somebody gave."""

REQUIRE: Dict[str, Dict[str, Any]] = {
    "same_type": {"type": "bool", "default": False},
    "same_format": {"type": "bool", "default": False},
    "same_name_stem": {"type": "bool", "default": False},
    "same_pixels": {"type": "bool", "default": False},
    "max_time_difference": {"type": "float"},
    "max_members": {"type": "int"},
    "formats": {"type": "list", "elements": "str"},
}


@dataclass(frozen=True)
class DuplicateOptions:
    """The module's options of the same names, documented there."""

    action: str = option(NONE, choices=ACTIONS)
    keep: Sequence[str] = option(("suggested",), type="raw")  # a rule is a text, or a dictionary of one
    require: Mapping[str, Any] = option({}, type="dict", options=REQUIRE, convert=lambda given: given or {})
    protect: Sequence[str] = option(("external",), type="raw")  # as above
    on_protected: str = option(SKIP, choices=(SKIP, KEEP_BOTH))
    merge: Sequence[str] = option(MERGES[:7], choices=MERGES)
    groups: Optional[Sequence[str]] = option(None, type="dict")
    only_albums: Optional[Sequence[str]] = None
    limit: Optional[int] = None
    max_trash: Optional[int] = None
    allow_no_trash: bool = False
    restore_on_conflict: bool = True
    report: Optional[str] = option(None, type="path")
    thumbnails: Optional[str] = option(None, type="path")


class DuplicateGroup(NamedTuple):
    """A group as it was read. `albums` says in which albums each member is, `links` has the ids of its links of single photos."""

    id: str
    members: Tuple[Asset, ...]
    albums: Mapping[str, Sequence[InAlbum]]
    links: Mapping[str, Set[str]]

    @property
    def identity(self) -> Tuple[str, ...]:
        """What the group is recognised by: ids of groups change, those of their members do not."""
        return identity_of(member.id for member in self.members)


def identity_of(asset_ids: Any) -> Tuple[str, ...]:
    """The ids of a group's members, each once and in order."""
    return tuple(sorted(set(asset_ids)))


class Merge(NamedTuple):
    """What a keeper takes over. `album_ids` and `tag_ids` are what it is put into, `fields` what it is changed to by the names of
    `PUT /assets/{id}`, `links_of` those whose shared links it gets. `differences` has before and after of each by the names of `MERGES`.
    `lost` is what is not taken over, a sentence each.
    """

    album_ids: Tuple[str, ...]
    tag_ids: Tuple[str, ...]
    fields: Mapping[str, Any]
    links_of: Tuple[str, ...]
    live_video: Optional[str]
    differences: Mapping[str, Mapping[str, Any]]
    lost: Tuple[str, ...]


NOTHING = Merge((), (), {}, (), None, {}, ())


class Decision(NamedTuple):
    """What is done with a group. `keepers` are the ids that stay, first the one that takes over what the others have; `losers` go to the
    trash. `rule` is what decided which stays, `reason` why the group is skipped.
    """

    group: DuplicateGroup
    action: str
    keepers: Tuple[str, ...]
    losers: Tuple[str, ...]
    rule: Optional[str]
    reason: Optional[str]
    merge: Merge


class ReviewedDecision(NamedTuple):
    """A decision that somebody gave about the group of just these members. Without an `action` it is that of the module's option."""

    keep: Tuple[str, ...]
    action: Optional[str]
