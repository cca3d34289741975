# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A user's library on a server, read page by page, and which part of it is meant, by names as a person knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple, TypeVar

from ... import _ids, _options, _text
from ..._client import api, body, errors, values
from ..._client.endpoints.assets import Search

HIDDEN = "hidden"
SHOWN = ("timeline", "archive")
VISIBILITIES = (*SHOWN, HIDDEN)
"""Where an API key finds assets: what lies in the locked folder no key reaches."""
KINDS = ("image", "video")

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Pages = Iterator[List[values.Asset]]
T = TypeVar("T")


def _in_order(known: Sequence[str]) -> Callable[[Sequence[str]], Tuple[str, ...]]:
    """A converter that gives each value of a list once, in the order of `known`."""
    return lambda given: tuple(one for one in known if one in given)


@dataclass(frozen=True)
class Selection:
    """Which assets are meant: those for which all conditions hold, where one of several albums, tags or people is enough.

    `albums` are names or ids, of the user's own albums; `tags` as `Trip/Rome`, where those below count too; `people` names.
    `taken_after` and `taken_before` are ISO 8601 in UTC with `Z`. `min_rating` is 1 to 5. `trashed`: what is in the trash as well. The
    videos of live photos, which are hidden, belong to their stills.
    """

    albums: Tuple[str, ...] = ()
    tags: Tuple[str, ...] = ()
    people: Tuple[str, ...] = ()
    favorite: Optional[bool] = None
    visibility: Tuple[str, ...] = _options.option(SHOWN, choices=VISIBILITIES, convert=_in_order(VISIBILITIES))
    kinds: Tuple[str, ...] = _options.option(KINDS, name="types", choices=KINDS, convert=_in_order(KINDS))
    taken_after: Optional[str] = None
    taken_before: Optional[str] = None
    min_rating: Optional[int] = _options.option(None, choices=(1, 2, 3, 4, 5))
    trashed: bool = _options.option(
        False, name="source_trash", type="str", choices=("skip", "copy"), spec_default="skip", convert=lambda given: given == "copy"
    )

    @property
    def is_everything(self) -> bool:
        """Whether all is meant, apart from the trash."""
        return self == Selection(trashed=self.trashed)

    def takes(self, asset: values.Asset) -> bool:
        """Whether an asset that a search found is selected: a search cannot ask for a least rating."""
        return self.min_rating is None or (asset.metadata.rating or 0) >= self.min_rating

    def scopes(self) -> Dict[str, str]:
        """The scopes that finding the assets needs, each with what it is for."""
        wanted = {"user.read": "tell the user's assets from those of others", "asset.read": "find assets"}
        wanted.update({"album.read": "find the albums"} if self.albums else {})
        wanted.update({"tag.read": "find the tags"} if self.tags else {})
        wanted.update({"person.read": "find the people"} if self.people else {})
        return wanted


class Ids(NamedTuple):
    """The ids on a server that the names of a selection stand for; empty where none were given."""

    albums: Tuple[values.Album, ...]
    tags: Tuple[str, ...]
    people: Tuple[str, ...]


def find_ids(client: api.Immich, selection: Selection) -> Ids:
    """Raises `NotFound` for a name that the server does not know, with the option to correct."""
    return Ids(
        tuple(_albums(client, selection.albums)),
        tuple(_tags(client, selection.tags)),
        tuple(_people(client, selection.people)),
    )


def plan_searches(
    selection: Selection,
    ids: Ids,
    visibilities: Sequence[str],
    *,
    album_id: Optional[str] = None,
    tag_id: Optional[str] = None,
    person_id: Optional[str] = None,
    live: Optional[bool] = None,
) -> Iterator[Search]:
    """The searches that together find the selection, or what of it is in one album, has one tag or shows one person."""
    albums: Sequence[Optional[str]] = [album_id] if album_id else [one.id for one in ids.albums] or [None]
    tags: Sequence[Optional[str]] = ids.tags or [None]
    people: Sequence[Optional[str]] = [person_id] if person_id else ids.people or [None]
    kinds: Sequence[Optional[str]] = [None] if set(selection.kinds) >= set(KINDS) else selection.kinds
    trash = (False, True) if selection.trashed else (False,)
    for album, tag, person, kind, visibility, trashed in product(albums, tags, people, kinds, visibilities, trash):
        yield Search(
            visibility=visibility,
            album_id=album,
            tag_ids=tuple(dict.fromkeys(one for one in (tag_id, tag) if one)),
            person_id=person,
            favorite=selection.favorite,
            kind=kind,
            taken_after=selection.taken_after,
            taken_before=selection.taken_before,
            trashed=trashed,
            live=live,
        )


def _albums(client: api.Immich, names: Sequence[str]) -> Iterator[values.Album]:
    """All albums of a name: they are not unique."""
    if not names:
        return
    mine = client.albums.mine()
    by_name: Dict[str, List[values.Album]] = {}
    for album in mine:
        by_name.setdefault(album.name, []).append(album)
    by_id = {album.id: album for album in mine}
    for name in dict.fromkeys(names):
        found = [by_id[name]] if _ID.fullmatch(name) and name in by_id else by_name.get(name)
        if not found:
            raise errors.NotFound(
                "The key's user has no album named '%s'. Check albums, which takes names and ids." % _text.one_line(name), path="/albums"
            )
        yield from found


def _tags(client: api.Immich, names: Sequence[str]) -> Iterator[str]:
    known = client.tags.all() if names else {}
    for name in dict.fromkeys(names):
        if name not in known:
            raise errors.NotFound("The key's user has no tag '%s'. Check tags; case matters." % _text.one_line(name), path="/tags")
        yield known[name]


def _people(client: api.Immich, names: Sequence[str]) -> Iterator[str]:
    known = client.assets.people() if names else {}
    for name in dict.fromkeys(names):
        if name not in known:
            raise errors.NotFound(
                "Nobody is named '%s' in the user's library. Check people; case matters." % _text.one_line(name), path="/people"
            )
        yield from known[name]


class Library:
    """The part of a library that a selection names. Nothing is kept of what was read, whatever its size, except for ids in `assets`.

    The order of each list is the same each time as long as nothing changes. Assets of others, in shared albums or of a partner, are
    never among them. All methods raise `ImmichError`; generators do so while they are gone through.
    """

    def __init__(self, client: api.Immich, selection: Selection) -> None:
        self._client = client
        self._selection = selection

    @cached_property
    def owner(self) -> str:
        """The id of the key's user."""
        return self._client.server.me().id

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
        for one in plan_searches(selection, self.ids, VISIBILITIES if whole else selection.visibility):
            for page in self._client.assets.search(one, owner=self.owner, people=people):
                found = [asset for asset in page if selection.takes(asset)]
                if not whole:
                    found += self._live_videos(found)
                if overlap:
                    found = [asset for asset in found if seen.add(_ids.pack_id(asset.id))]
                if found:
                    yield found

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
                    found = self._client.stacks.assets_of(stack.stack_id)
                except errors.NotFound:  # taken apart in this moment
                    continue
                yield [asset for asset in found if asset.owner == self.owner]

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
    def _visibilities_in_groups(self) -> List[str]:
        """The visibilities to search albums and tags for: Immich takes what is hidden out of both."""
        return [one for one in self._selection.visibility if one != HIDDEN]

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
        found = set(self._videos(trashed=True))
        if found:
            found.difference_update(self._videos(trashed=False))
        return found

    def _videos(self, *, trashed: bool) -> Iterator[str]:
        for visibility in SHOWN:
            for page in self._client.assets.search(Search(visibility=visibility, trashed=trashed, live=True), owner=self.owner):
                yield from (still.live_video for still in page if still.live_video is not None)

    def _search(self, *, trash: Optional[bool] = None, **inside: Any) -> Pages:
        selection = self._selection if trash is None else replace(self._selection, trashed=trash)
        for one in plan_searches(selection, self.ids, self._visibilities_in_groups, **inside):
            for page in self._client.assets.search(one, owner=self.owner):
                found = [asset for asset in page if self._selection.takes(asset)]
                if found:
                    yield found

    def _live_videos(self, stills: List[values.Asset]) -> List[values.Asset]:
        videos = [self.asset(still.live_video) for still in stills if still.live_video is not None]
        return [video for video in videos if video is not None and video.owner == self.owner]
