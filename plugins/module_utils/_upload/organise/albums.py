# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The albums that files go into."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, List, Optional, Sequence

from ..._client import api, errors, values
from ..._sources import facts
from ..._text import printable
from .stored_file import Members

# Seconds after which an album that is still empty is one that somebody wants: a run that gives its own up for another run's (see
# `Albums.merge_concurrent_creations`) does so once it has made all albums of some files.
_SETTLED_AFTER = 60.0
_LOOK_AGAIN_AFTER = 0.5

_PLAIN = facts.ExportAlbum("", "", "")  # one that no export and no folder names


class Target:
    """An album that this run adds to, `wanted` as this. `id` is None while it has yet to be made; then it gets description and order."""

    def __init__(
        self, client: api.Immich, name: str, album: Optional[values.Album], *, predicting: bool, wanted: facts.ExportAlbum = _PLAIN
    ) -> None:
        self._client = client
        self.wanted = wanted
        self.name = name
        self.id = album.id if album else None
        self.created = album is None
        self.added = 0
        self.members = Members(self._read, empty=album is None or album.asset_count == 0, predicting=predicting)

    def _read(self) -> Iterator[str]:
        return self._client.assets.ids_where(album_id=self.id)

    def make(self) -> None:
        """Makes the album. Before anything is put into one that was made, `Albums.merge_concurrent_creations` is called."""
        try:
            album = self._client.albums.create(self.name, self.wanted.description)
        except errors.ImmichError as exc:
            if not (exc.transient and exc.maybe_done):
                raise
            # The answer was lost, perhaps not the request: a second album of that name would be a nuisance for years.
            found = self._client.albums.mine(self.name)
            album = found[0] if found else self._client.albums.create(self.name, self.wanted.description)
        self.id = album.id
        order = self.wanted.order
        if order is not None and order != album.order and self._client.may("album.update"):
            self._client.albums.sort(album.id, order)

    @property
    def made(self) -> bool:
        """Whether this run made it, even if the server then refused every file."""
        return self.created and self.id is not None

    def result(self) -> Dict[str, Any]:
        """What the module returns about it."""
        origin = printable(self.wanted.origin) or None
        return {"name": self.name, "id": self.id, "created": self.created, "added": self.added, "origin": origin}


class Albums:
    """Finds albums by name among those of the key's user, or the one that `album_id` names. Asks the server once."""

    def __init__(self, client: api.Immich, *, album_id: Optional[str], predicting: bool) -> None:
        self._client = client
        self._predicting = predicting
        self._album_id = album_id
        self._by_name: Optional[Dict[str, List[values.Album]]] = None
        self.targets: Dict[str, Target] = {}

    def target(self, key: str, wanted: facts.ExportAlbum = _PLAIN) -> Target:
        """The album of this name (or id), `wanted` as it is first asked for: if it has to be made, it gets that description.

        Raises `InvalidRequest` for a name that several albums have, `NotFound` for an unknown id.
        """
        if key not in self.targets:
            for earlier in wanted.before:
                self.target(earlier.key, earlier)
            self.targets[key] = self._by_id(key) if self._album_id else self._named(wanted.name or key, wanted)
        return self.targets[key]

    def _by_id(self, album_id: str) -> Target:
        try:
            album = self._client.albums.one(album_id)  # or of another user who shares it, which makes no difference here
        except (errors.NotFound, errors.InvalidRequest) as exc:
            raise errors.NotFound(
                "The key's user has no access to an album with the id %s. Check album_id." % album_id, status=exc.status, path=exc.path
            ) from exc
        return Target(self._client, album.name, album, predicting=self._predicting)

    def _named(self, name: str, wanted: facts.ExportAlbum) -> Target:
        found = self._oldest_first(name)[wanted.number - 1 : wanted.number] if wanted.number else self._settled(name)
        if len(found) > 1:
            ids = sorted(album.id for album in found)
            or_say = "" if wanted.origin else ", or say which is meant with album_id"  # an export or folders have several albums
            raise errors.InvalidRequest(
                "There are %d albums named '%s': rename or merge them in Immich%s (%s)."
                % (len(found), printable(name), or_say, ", ".join(ids)),
                path="/albums",
                details={"album": name, "ids": ids},
            )
        album = found[0] if found else None
        return Target(self._client, name, album, predicting=self._predicting, wanted=wanted)

    def _oldest_first(self, name: str) -> List[values.Album]:
        if self._by_name is None:
            self._by_name = self._mine()
        return sorted(self._by_name.get(name, ()), key=lambda album: (album.created, album.id))

    def merge_concurrent_creations(self, made: Sequence[Target]) -> None:
        """Another run may have made albums of these names in the same moment: both then agree on one, and this run removes its own if that
        is the other one. It is the one that has files by now, else the older one.

        One look for all of them, since the list grows with the albums. Without the scope `album.delete` each run keeps its own.
        """
        if not made or not self._client.may("album.delete"):
            return
        by_name = self._mine()
        for target in made:
            if target.wanted.number:  # of albums of one name none takes the place of another
                continue
            named = by_name.get(target.name, [])
            kept = min(named, key=lambda album: (album.asset_count == 0, album.created, album.id), default=None)
            empty = any(album.id == target.id and not album.asset_count for album in named)
            if kept is not None and kept.id != target.id and empty:
                self._client.albums.delete(str(target.id))
                target.id, target.created = kept.id, False

    def add(self, target: Target, asset_ids: Sequence[str]) -> List[values.Added]:
        """Puts assets into an album that has been made; what came of each. Where the run that made it gave it up, into the other one."""
        try:
            return self._client.albums.add(str(target.id), asset_ids)
        except (errors.NotFound, errors.InvalidRequest):  # "Album not found" is a 400
            if not self._was_given_up(target):
                raise
        return self._client.albums.add(str(target.id), asset_ids)

    def _was_given_up(self, target: Target) -> bool:
        """Whether another run has removed the album that it had made, since there is another one: then that is taken."""
        if target.created or self._album_id:
            return False
        self._by_name = None
        found = self._settled(target.name)
        if len(found) != 1 or found[0].id == target.id:
            return False
        target.id = found[0].id
        return True

    def _settled(self, name: str) -> List[values.Album]:
        """The albums of a name, once the runs that have just made several of them have agreed on one."""
        end = time.monotonic() + _SETTLED_AFTER
        while True:
            if self._by_name is None:
                self._by_name = self._mine()
            found = self._by_name.get(name, [])
            lasting = [one for one in found if one.asset_count or self._client.albums.age(one) > _SETTLED_AFTER]
            if len(found) < 2 or len(lasting) > 1 or time.monotonic() > end:
                return found
            time.sleep(_LOOK_AGAIN_AFTER)
            self._by_name = None

    def _mine(self) -> Dict[str, List[values.Album]]:
        by_name: Dict[str, List[values.Album]] = {}
        for album in self._client.albums.mine():
            by_name.setdefault(album.name, []).append(album)
        return by_name
