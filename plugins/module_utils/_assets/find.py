# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which assets a selection finds, and which of them have a tag or are in an album."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Dict, List, Mapping, Optional, Set

from .. import _text
from .._client import api, errors, values
from .._run.run import Run
from .._sources.server.selection import Filters, Selection, find_ids, plan_searches
from .options import TAGS, AssetSelection


def find_assets(client: api.Immich, selection: AssetSelection, run: Run) -> Dict[str, values.Asset]:
    """The assets of the key's user that are selected, by their ids. All are known before anything is changed: a change may move what the
    next page would have. Raises `NotFound` for a name that the server does not know, and `IncompleteList`."""
    filters = Selection(**{field.name: getattr(selection, field.name) for field in fields(Filters)})
    owner = client.server.me().id
    assets: Dict[str, values.Asset] = {}
    for search in plan_searches(filters, find_ids(client, filters), selection.visibility):
        search = replace(search, created_after=selection.added_after, created_before=selection.added_before)
        for page in client.assets.search(search, owners=(owner,)):
            run.check()
            assets.update((asset.id, asset) for asset in page if selection.takes_asset(asset))
    if TAGS in selection.lacks and assets:
        for tag_id in client.tags.all().values():
            run.check()
            for asset_id in client.assets.ids_where(tag_id=tag_id):
                assets.pop(asset_id, None)
    return assets


def having_tag(client: api.Immich, tag: str, known: Mapping[str, str], assets: Mapping[str, values.Asset]) -> Set[str]:
    """The ids of those of `assets` that have a tag themselves. `known` are the ids of all tags by their values.

    A search for a tag finds what has one below it too (observed on 1.135 to 3.1): where there is one, each asset is asked for.
    """
    if tag not in known:
        return set()
    tagged = {asset_id for asset_id in client.assets.ids_where(tag_id=known[tag]) if asset_id in assets}
    if any(value.startswith(tag + "/") for value in known):
        tagged = {asset_id for asset_id in tagged if _has_itself(client, asset_id, tag)}
    return tagged


def _has_itself(client: api.Immich, asset_id: str, tag: str) -> bool:
    asset = client.assets.get(asset_id)
    return asset is not None and tag in asset.metadata.tags


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
