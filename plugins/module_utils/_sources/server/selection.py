# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which part of a library is meant, by names as a person knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..._client import api, errors, values
from ..._client.endpoints.assets import Search
from ..._options import option
from ..._text import one_line

HIDDEN = "hidden"
SHOWN = ("timeline", "archive")
VISIBILITIES = (*SHOWN, HIDDEN)
"""Where an API key finds assets: what lies in the locked folder no key reaches."""
KINDS = ("image", "video")

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _in_order(known: Sequence[str]) -> Callable[[Sequence[str]], Tuple[str, ...]]:
    """Makes of a list each of its values once, in the order of `known`."""
    return lambda given: tuple(one for one in known if one in given)


@dataclass(frozen=True)
class Selection:
    """Of several albums, tags or people one is enough; besides that all conditions must hold.

    `albums` are names or ids, of the user's own albums; `tags` as `Trip/Rome`, where those below count too; `people` names.
    `taken_after` and `taken_before` are ISO 8601 in UTC with `Z`. `min_rating` is 1 to 5. `trashed`: what is in the trash as well. The
    videos of live photos, which are hidden, belong to their stills.
    """

    albums: Tuple[str, ...] = ()
    tags: Tuple[str, ...] = ()
    people: Tuple[str, ...] = ()
    favorite: Optional[bool] = None
    visibility: Tuple[str, ...] = option(SHOWN, choices=VISIBILITIES, convert=_in_order(VISIBILITIES))
    kinds: Tuple[str, ...] = option(KINDS, name="types", choices=KINDS, convert=_in_order(KINDS))
    taken_after: Optional[str] = None
    taken_before: Optional[str] = None
    min_rating: Optional[int] = option(None, choices=(1, 2, 3, 4, 5))
    trashed: bool = option(
        False, name="source_trash", type="str", choices=("skip", "copy"), spec_default="skip", convert=lambda given: given == "copy"
    )

    @property
    def is_everything(self) -> bool:
        """Whether all is meant, apart from the trash."""
        return self == Selection(trashed=self.trashed)

    def takes(self, asset: values.Asset) -> bool:
        """Whether an asset that a list gave is meant: what lists cannot be asked about."""
        return self.min_rating is None or (asset.metadata.rating or 0) >= self.min_rating

    def scopes(self) -> Dict[str, str]:
        """The scopes that finding the assets needs, each with what it is for."""
        wanted = {"user.read": "tell the user's assets from those of others", "asset.read": "find assets"}
        wanted.update({"album.read": "find the albums"} if self.albums else {})
        wanted.update({"tag.read": "find the tags"} if self.tags else {})
        wanted.update({"person.read": "find the people"} if self.people else {})
        return wanted


class Ids(NamedTuple):
    """What the names of a selection stand for on a server; empty where none were given."""

    albums: Tuple[values.Album, ...]
    tags: Tuple[str, ...]
    people: Tuple[str, ...]


def look_up(client: api.Immich, selection: Selection) -> Ids:
    """Raises `NotFound` for a name that the server does not know, with the option to correct."""
    return Ids(
        tuple(_albums(client, selection.albums)),
        tuple(_tags(client, selection.tags)),
        tuple(_people(client, selection.people)),
    )


def wanted(
    selection: Selection,
    ids: Ids,
    visibilities: Sequence[str],
    *,
    album_id: Optional[str] = None,
    tag_id: Optional[str] = None,
    person_id: Optional[str] = None,
    live: Optional[bool] = None,
) -> Iterator[Search]:
    """What to look for, one list after the other; of those in one album or with one tag, or of one person if that is given."""
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
                "The key's user has no album named '%s'. Check albums, which takes names and ids." % one_line(name), path="/albums"
            )
        yield from found


def _tags(client: api.Immich, names: Sequence[str]) -> Iterator[str]:
    known = client.tags.all() if names else {}
    for name in dict.fromkeys(names):
        if name not in known:
            raise errors.NotFound("The key's user has no tag '%s'. Check tags; case matters." % one_line(name), path="/tags")
        yield known[name]


def _people(client: api.Immich, names: Sequence[str]) -> Iterator[str]:
    known = client.assets.people() if names else {}
    for name in dict.fromkeys(names):
        if name not in known:
            raise errors.NotFound(
                "Nobody is named '%s' in the user's library. Check people; case matters." % one_line(name), path="/people"
            )
        yield from known[name]
