# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a keeper takes over from the photos that go, and what is lost with them. Pure: it only looks at what was read."""

from __future__ import annotations

from typing import Any, Collection, Dict, List, Optional, Sequence, Set, Tuple

from .._client.endpoints.duplicates import EDITOR, OWNER, InAlbum
from .._client.values import Asset
from . import model
from .model import DuplicateGroup, Merge

_LONGEST_DESCRIPTION = 100_000  # characters


class _Merging:
    """A merge as it comes about."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self.fields: Dict[str, Any] = {}
        self.differences: Dict[str, Dict[str, Any]] = {}
        self.lost: List[str] = []

    def take(self, name: str, before: Any, after: Any, lost: str, **fields: Any) -> bool:
        """The keeper gets something, or it is lost if it is not to be merged."""
        if name not in self._wanted:
            self.lost.append(lost)
            return False
        self.fields.update(fields)
        self.differences[name] = {"before": before, "after": after}
        return True


def plan_merge(group: DuplicateGroup, keeper_id: str, loser_ids: Sequence[str], wanted: Collection[str], *, copies_links: bool) -> Merge:
    """What the keeper takes over. `copies_links`: whether the server can give it the links of the others."""
    of = {member.id: member for member in group.members}
    keeper, losers = of[keeper_id], [of[asset_id] for asset_id in loser_ids]
    if not losers:
        return model.NOTHING
    merging = _Merging(wanted)
    album_ids = _albums(group, keeper, losers, merging)
    tag_ids = _tags(keeper, losers, merging)
    _favorite(keeper, losers, merging)
    _rating(keeper, losers, merging)
    _description(keeper, losers, merging)
    _location(keeper, losers, merging)
    _visibility(keeper, losers, merging)
    links_of = _links(group, keeper, losers, merging, copies_links)
    live_video = _live_photo(keeper, losers, merging)
    _people(keeper, losers, merging)
    return Merge(album_ids, tag_ids, merging.fields, links_of, live_video, merging.differences, tuple(merging.lost))


def _albums(group: DuplicateGroup, keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> Tuple[str, ...]:
    keepers_albums = group.albums.get(keeper.id, ())
    known = {album.id for album in keepers_albums}
    others: Dict[str, InAlbum] = {}
    for loser in losers:
        others.update((album.id, album) for album in group.albums.get(loser.id, ()) if album.id not in known)
    losers_albums = sorted(others.values(), key=lambda album: (album.name, album.id))
    for album in losers_albums:
        if album.role not in (OWNER, EDITOR):
            merging.lost.append("the place in the album %s, to which the key's user may not add" % album.name)
    open_to_me = [album for album in losers_albums if album.role in (OWNER, EDITOR)]
    before = sorted(album.name for album in keepers_albums)
    after = sorted([*before, *(album.name for album in open_to_me)])
    lost = "albums: %s" % ", ".join(album.name for album in open_to_me)
    if open_to_me and merging.take(model.ALBUMS, before, after, lost):
        return tuple(album.id for album in open_to_me)
    return ()


def _tags(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> Tuple[str, ...]:
    new = {tag_id: value for loser in losers for tag_id, value in loser.tags.items() if tag_id not in keeper.tags}
    before = sorted(keeper.tags.values())
    after = sorted([*before, *new.values()])
    if new and merging.take(model.TAGS, before, after, "tags: %s" % ", ".join(sorted(new.values()))):
        return tuple(sorted(new))
    return ()


def _favorite(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> None:
    if not keeper.metadata.favorite and any(loser.metadata.favorite for loser in losers):
        merging.take(model.FAVORITE, False, True, "favourite", isFavorite=True)


def _rating(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> None:
    """The highest. That a photo was rejected (-1) is not said of another one."""
    best = max(loser.metadata.rating or 0 for loser in losers)
    if best > max(keeper.metadata.rating or 0, 0):
        merging.take(model.RATING, keeper.metadata.rating, best, "the rating %d" % best, rating=best)


def _description(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> None:
    """The keeper's text as it is, and below it each paragraph that is not in it."""
    text = keeper.metadata.description
    for loser in losers:
        for paragraph in _paragraphs(loser.metadata.description):
            if paragraph not in "\n".join(text.splitlines()):  # whatever ends its lines, as in paragraphs
                text = "%s\n\n%s" % (text.rstrip(), paragraph) if text.strip() else paragraph
    if text != keeper.metadata.description and len(text) <= _LONGEST_DESCRIPTION:
        merging.take(model.DESCRIPTION, keeper.metadata.description, text, "a description", description=text)
    elif text != keeper.metadata.description:
        merging.lost.append("a description, since both together are too long")


def _paragraphs(text: str) -> List[str]:
    paragraphs: List[List[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    return ["\n".join(lines).strip() for lines in paragraphs if lines]


def _location(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> None:
    positions = {loser.metadata.position for loser in losers if loser.metadata.position is not None}
    if keeper.metadata.position is not None or not positions:
        return
    if len(positions) > 1:
        merging.lost.append("the location, of which there are several")
        return
    latitude, longitude = position = positions.pop()
    merging.take(model.LOCATION, None, list(position), "the location", latitude=latitude, longitude=longitude)


def _visibility(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> None:
    """Of an archived photo and a copy in the timeline, the one that stays is in the timeline."""
    if keeper.metadata.visibility == "archive" and any(loser.metadata.visibility == "timeline" for loser in losers):
        lost = "the place in the timeline, since the photo that stays is archived"
        merging.take(model.VISIBILITY, "archive", "timeline", lost, visibility="timeline")


def _links(group: DuplicateGroup, keeper: Asset, losers: Sequence[Asset], merging: _Merging, copies_links: bool) -> Tuple[str, ...]:
    keepers_links = group.links.get(keeper.id, set())
    new: Set[str] = set()
    sources = []
    for loser in losers:
        others = group.links.get(loser.id, set()) - keepers_links - new
        if others:
            new |= others
            sources.append(loser.id)
    if not sources:
        return ()
    lost = "%d %s" % (len(new), "shared link" if len(new) == 1 else "shared links")
    if not copies_links:
        merging.lost.append(lost + ", which Immich cannot move before 2.2")
        return ()
    return tuple(sources) if merging.take(model.SHARED_LINKS, len(keepers_links), len(keepers_links | new), lost) else ()


def _live_photo(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> Optional[str]:
    """The video of the first that has one, for a still without: one that has its own would leave that orphaned."""
    videos = [loser.live_video for loser in losers if loser.live_video not in (None, keeper.live_video)]
    first = videos.pop(0) if videos and keeper.live_video is None and keeper.kind == "image" else None
    merging.lost += ["the video of a live photo"] * len(videos)
    if first is not None and merging.take(model.LIVE_PHOTO, None, first, "the video of a live photo"):
        return first
    return None


def _people(keeper: Asset, losers: Sequence[Asset], merging: _Merging) -> None:
    names = {person_id: name for loser in losers for person_id, name in loser.people.items() if person_id not in keeper.people}
    if names:
        merging.lost.append("faces of %s" % ", ".join(sorted(name or "somebody without a name" for name in names.values())))
