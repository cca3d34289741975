# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user's library on a server, read page by page, as far as a selection means it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Sequence, Set, TypeVar

from .. import _ids
from .._client import api, body, errors, values, versions
from .._client.values import Search
from .selection import HIDDEN, SHOWN, VISIBILITIES, Ids, Selection, find_ids, plan_searches

Pages = Iterator[List[values.Asset]]
T = TypeVar("T")


class Library:
    """The part of a library that a selection names. Nothing is kept of what was read, whatever its size, except for ids in `assets`.

    The order of each list is the same each time as long as nothing changes. Assets of others in shared albums are never among them, those
    of partners only where the selection means them. All methods raise `ImmichError`; generators do so while they are gone through.
    """

    def __init__(self, client: api.Immich, selection: Selection) -> None:
        self._client = client
        self._selection = selection

    @cached_property
    def owner(self) -> str:
        """The id of the key's user."""
        return self._client.server.me().id

    @cached_property
    def owners(self) -> FrozenSet[str]:
        """The ids of those whose assets are meant: of the key's user, and of the partners whom the user sees in the timeline."""
        partners = self._client.server.partner_ids() if self._selection.partners else ()
        return frozenset((self.owner, *partners))

    @cached_property
    def ids(self) -> Ids:
        """What the selection's names stand for; `NotFound` for one that is not known."""
        return find_ids(self._client, self._selection)

    def assets(self, *, people: bool = False) -> Pages:
        """The assets, in pages of up to 1,000; with `people` each has the names of those in it.

        The videos of live photos are among them: of a whole library with what is hidden, else behind the page of their stills, each asked
        for alone. No page is empty. Where more than one album, tag or person is meant, or part of what is hidden, each asset comes once,
        for which the ids of those that came are kept.
        """
        selection = self._selection
        whole = selection.is_everything
        overlap = not whole and (HIDDEN in selection.visibility or any(len(ids) > 1 for ids in self.ids))
        seen = _ids.CompactMap(_ids.ID_SIZE)
        for search in plan_searches(selection, self.ids, VISIBILITIES if whole else selection.visibility):
            for page in self._client.assets.search(search, owners=self.owners, people=people):
                selected = [asset for asset in page if self._takes(asset)]
                if not whole:
                    selected += self._live_videos(selected)
                if overlap:
                    selected = [asset for asset in selected if seen.add(_ids.pack_id(asset.id))]
                if selected:
                    yield selected

    def albums(self) -> List[values.Album]:
        """The albums: those that the selection names, else all of the user's own; the oldest first. Those that are leases are left out."""
        albums = list(self.ids.albums) if self._selection.albums else self._client.albums.mine()
        users_own = [album for album in albums if values.LEASE_MARK not in album.description]
        return sorted(users_own, key=lambda album: (album.created, album.id))

    def members(self, album_id: str) -> Pages:
        """Those of the assets that are in an album."""
        return self._search(album_id=album_id)

    def tags(self) -> Dict[str, str]:
        """The ids of the tags by their value, such as `Trip/Rome`."""
        return self._client.tags.all()

    def tagged(self, tag_id: str) -> Pages:
        """Those of the assets that have a tag, or one below it. What is in the trash is left out."""
        return self._search(trash=False, tag_id=tag_id)

    def live_stills(self) -> Pages:
        """Those of the assets that are the stills of live photos."""
        return self._search(live=True)

    def stacks(self) -> Iterator[List[values.Asset]]:
        """The assets of each stack whose cover is in the timeline, the cover first: Immich shows stacks nowhere else.

        They are those of the whole library, whatever the selection is, without what is in the trash, hidden or locked.
        """
        for month in self._client.stacks.months():
            for stack in self._client.stacks.shown(month).values():
                if stack is None:
                    continue
                try:
                    members = self._client.stacks.assets_of(stack.stack_id)
                except errors.NotFound:  # taken apart in this moment
                    continue
                yield [asset for asset in members if asset.owner in self.owners]

    def asset(self, asset_id: str) -> Optional[values.Asset]:
        """An asset with its tags and people; None for one that is gone or in the locked folder by now."""
        return self._client.assets.get(asset_id)

    def open(self, asset_id: str) -> body.Download:
        """The original as a stream. The caller checks its SHA-1, and opens it again if it breaks."""
        return self._client.assets.original(asset_id)

    def receive(self, asset_id: str, take: Callable[[body.Download], T]) -> T:
        """What `take` makes of the original's stream, which it closes. If it breaks, or cannot be opened, `take` is called again."""
        return self._client.assets.receive_original(asset_id, take)

    @property
    def _visibilities_in_groups(self) -> Sequence[Optional[str]]:
        """The visibilities to search albums and tags for, None for all at once: there are thousands of these, and two lists of each would
        take twice as many requests. Immich takes what is hidden out of both."""
        shown = [visibility for visibility in self._selection.visibility if visibility != HIDDEN]
        return [None] if len(shown) == len(SHOWN) and self._client.supports(versions.SEARCHES_ALL) else shown

    def people(self) -> Dict[str, List[str]]:
        """The ids of the people by their names."""
        return self._client.assets.people()

    def assets_showing(self, person_id: str) -> Pages:
        """Those of the assets that show a person. What is in the trash is left out."""
        return self._search(trash=False, person_id=person_id)

    def videos_in_trash(self) -> Set[str]:
        """The ids of the videos whose live photos are all in the trash: Immich hides videos, and does not put them there with their photos.

        Empty where the selection takes in the trash, or nothing that is hidden.
        """
        if self._selection.trashed or not (self._selection.is_everything or HIDDEN in self._selection.visibility):
            return set()
        videos = set(self._videos(trashed=True))
        if videos:
            videos.difference_update(self._videos(trashed=False))
        return videos

    def _videos(self, *, trashed: bool) -> Iterator[str]:
        for visibility in SHOWN:
            for page in self._client.assets.search(Search(visibility=visibility, trashed=trashed, live=True), owners=self.owners):
                yield from (still.live_video for still in page if still.live_video is not None)

    def _search(self, *, trash: Optional[bool] = None, **inside: Any) -> Pages:
        selection = self._selection if trash is None else replace(self._selection, trashed=trash)
        for search in plan_searches(selection, self.ids, self._visibilities_in_groups, **inside):
            for page in self._client.assets.search(search, owners=self.owners):
                selected = [asset for asset in page if asset.metadata.visibility != HIDDEN and self._takes(asset)]
                if selected:
                    yield selected

    def _live_videos(self, stills: List[values.Asset]) -> List[values.Asset]:
        videos = [self.asset(still.live_video) for still in stills if still.live_video is not None]
        return [video for video in videos if video is not None and video.owner in self.owners]

    def _takes(self, asset: values.Asset) -> bool:
        """Whether an asset that a search found is selected. A partner shares what is in the timeline, and the videos of live photos."""
        if asset.owner != self.owner and asset.metadata.visibility not in ("timeline", HIDDEN):
            return False
        return self._selection.takes(asset)
