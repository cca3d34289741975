# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which assets a selection finds, and which of them have a tag or are in an album."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, List, Mapping, Optional, Sequence

from .. import _ids, _text
from .._client import api, errors, values
from .._run.run import Run
from .._selection.selection import Selection, find_ids, plan_searches
from .options import TAGS, AssetSelection


def find_assets(client: api.Immich, selection: AssetSelection, run: Run) -> Iterator[values.Asset]:
    """The assets of the key's user that are selected, each once, page by page: most of a large library is often as it is to be, and is not
    kept. All have to be gone through before anything is changed: a change may move what the next page would have.

    Raises `NotFound` at once for a name that the server does not know, and `IncompleteList` while they are gone through.
    """
    filters = Selection.without_trash(selection)
    owner = client.server.me().id
    searches = [
        replace(search, created_after=selection.added_after, created_before=selection.added_before)
        for search in plan_searches(filters, find_ids(client, filters), selection.visibility)
    ]
    return _search(client, selection, searches, owner, run)


def _search(
    client: api.Immich, selection: AssetSelection, searches: Sequence[values.Search], owner: str, run: Run
) -> Iterator[values.Asset]:
    seen, tagged = _ids.CompactMap(_ids.ID_SIZE), _ids.CompactMap(_ids.ID_SIZE)
    knows_tagged = TAGS not in selection.lacks
    for search in searches:
        for page in client.assets.search(search, owners=(owner,)):
            run.check()
            selected = [asset for asset in page if selection.takes_asset(asset)]
            if selected and not knows_tagged:
                knows_tagged = True
                for tag_id in client.tags.all().values():
                    run.check()
                    tagged.update(map(_ids.pack_id, client.assets.ids_where(tag_id=tag_id)))
            for asset in selected:
                key = _ids.pack_id(asset.id)
                if key not in tagged and seen.add(key):
                    yield asset


def keys_where(client: api.Immich, **where: Any) -> _ids.CompactMap:
    """The keys (see `pack_id`) of the assets that are in an album or have a tag (see `AssetCalls.ids_where`)."""
    keys = _ids.CompactMap(_ids.ID_SIZE)
    keys.update(map(_ids.pack_id, client.assets.ids_where(**where)))
    return keys


class AssetsWithTag:
    """Which assets have a tag themselves. `known` are the ids of all tags by their values.

    A search for a tag finds what has one below it too (observed on 1.135 to 3.1): where there is one, each asset is asked for.
    """

    def __init__(self, client: api.Immich, tag: str, known: Mapping[str, str]) -> None:
        self._client = client
        self._tag = tag
        self._keys = keys_where(client, tag_id=known[tag]) if tag in known else _ids.CompactMap(_ids.ID_SIZE)
        self._has_tags_below = any(value.startswith(tag + "/") for value in known)

    def has(self, asset_id: str) -> bool:
        """Whether an asset has it."""
        if _ids.pack_id(asset_id) not in self._keys:
            return False
        if not self._has_tags_below:
            return True
        asset = self._client.assets.get(asset_id)
        return asset is not None and self._tag in asset.metadata.tags


def albums_named(mine: List[values.Album], name: str) -> List[values.Album]:
    """The albums of a name or id."""
    return [album for album in mine if album.id == name.lower()] or [album for album in mine if album.name == name]


def album_to_fill(mine: List[values.Album], name: str) -> Optional[values.Album]:
    """The album that assets are added to; None where there is none of that name yet. Raises `InvalidRequest` where there are several."""
    albums = albums_named(mine, name)
    if len(albums) > 1:
        raise errors.InvalidRequest(
            "There are %d albums named '%s' (%s). Say in O(set.add_to_albums) by its id which is meant, or give the others another name."
            % (len(albums), _text.one_line(name), ", ".join(sorted(album.id for album in albums))),
            path="/albums",
            options=("set.add_to_albums",),
        )
    return albums[0] if albums else None


def albums_to_empty(mine: List[values.Album], name: str) -> List[values.Album]:
    """The albums that assets are taken out of. Raises `NotFound` where there is none."""
    albums = albums_named(mine, name)
    if not albums:
        raise errors.NotFound(
            "The key's user has no album named '%s'. Check O(set.remove_from_albums), which takes names and ids." % _text.one_line(name),
            path="/albums",
            options=("set.remove_from_albums",),
        )
    return albums
