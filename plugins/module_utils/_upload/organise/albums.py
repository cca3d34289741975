# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The albums that files go into: found by their names, made where they are missing, and filled."""

from __future__ import annotations

import time
from typing import Any, Collection, Dict, List, Optional, Sequence, Set

from ... import _text, _writers
from ..._client import api, errors, values, waits
from ..._files import facts
from ..item_tally import ItemTally
from . import stored
from .live import HiddenAssets

# Seconds after which an empty album counts as one that somebody wants. A younger one may have been made by a run at the same moment as
# another of its name, and be about to be removed again (see `AlbumFinder.merge_concurrent_creations`).
_SETTLED_AFTER = 60.0
_LOOK_AGAIN_AFTER = 0.5  # seconds

_OF_NO_EXPORT = facts.ExportAlbum("", "", "")
_NOT_IN_ALBUM = "It is not in its album '%s'"
_LOCKED = "Some files are not in the album '%s', because they are in Immich's locked folder, and what is in it cannot be in albums."


class WantedAlbum(_writers.AlbumWriter):
    """An album that this run adds to, `wanted` as this: if it has to be made, it gets that description and order."""

    wanted = _OF_NO_EXPORT

    def result(self) -> Dict[str, Any]:
        """What the module returns about it."""
        return {**super().result(), "origin": _text.printable(self.wanted.origin) or None}


class AlbumFinder:
    """Finds albums by name among those of the key's user, or by those of their `ids` that are given. Asks for the list once.

    With `trash` what is in an album includes what lies in the trash.
    """

    def __init__(self, client: api.Immich, *, ids: Collection[str] = (), predicting: bool, trash: bool) -> None:
        self._client = client
        self._predicting = predicting
        self._trash = trash
        self._ids = ids
        self._by_name: Optional[Dict[str, List[values.Album]]] = None
        self._known: Set[str] = set()
        self.wanted_albums: Dict[str, WantedAlbum] = {}

    def find(self, key: str, wanted: facts.ExportAlbum = _OF_NO_EXPORT) -> WantedAlbum:
        """The album of this name (or id), `wanted` as it is first asked for: if it has to be made, it gets that description.

        Raises `InvalidRequest` for a name that several albums have, `NotFound` for an unknown id.
        """
        if key not in self.wanted_albums:
            for earlier in wanted.before:
                self.find(earlier.key, earlier)
            self.wanted_albums[key] = self._by_id(key) if key in self._ids else self._named(wanted.name or key, wanted)
        return self.wanted_albums[key]

    def create(self, key: str) -> Dict[str, WantedAlbum]:
        """The album if it had to be made, with those that had to be made before it.

        Before anything is put into them, `merge_concurrent_creations` is called.
        """
        album = self.find(key)
        if album.id is not None:
            return {}
        created = {older.key: self.find(older.key, older) for older in album.wanted.before}
        created = {**{earlier: writer for earlier, writer in created.items() if writer.id is None}, key: album}
        for writer in created.values():
            self._create(writer)
        return created

    def merge_concurrent_creations(self, created: Sequence[WantedAlbum]) -> None:
        """Removes albums that this run has just made, where another run made one of the same name at the same moment. Both agree on which
        one stays: the one that has files by now, else the older one.

        One look for all of them, since the list grows with the albums. Without the scope `album.delete` each run keeps its own.
        """
        if not created or not self._client.has_scope("album.delete"):
            return
        by_name = self._own_albums()
        for album in created:
            if album.wanted.number:  # of albums of one name none takes the place of another
                continue
            named = by_name.get(album.name, [])
            kept = min(named, key=lambda album: (album.asset_count == 0, album.created, album.id), default=None)
            is_empty = any(namesake.id == album.id and not namesake.asset_count for namesake in named)
            if kept is not None and kept.id != album.id and is_empty and not self._client.albums.get(str(album.id)).asset_count:
                self._client.albums.delete(str(album.id))
                album.id, album.created = kept.id, False

    def add(self, album: WantedAlbum, files: Sequence[stored.StoredFile]) -> Dict[bytes, str]:
        """Puts files into an album that has been made; see `AlbumWriter.add`. Where the run that made it gave it up, into the other one."""
        try:
            return album.add(files)
        except errors.NotFound:
            if not self._switch_if_removed(album):
                raise
        return album.add(files)

    def _create(self, album: WantedAlbum) -> None:
        made = album.create(album.wanted.description, self._known)
        order = album.wanted.order
        if order is not None and order != made.order and self._client.has_scope("album.update"):
            self._client.albums.sort(made.id, order)

    def _by_id(self, album_id: str) -> WantedAlbum:
        try:
            album = self._client.albums.get(album_id)  # or of another user who shares it, which makes no difference here
        except errors.NotFound as exc:
            raise errors.NotFound(
                "The key's user has no access to an album with the id %s. Check O(album_id)." % album_id,
                status=exc.status,
                path=exc.path,
                options=("album_id",),
            ) from exc
        return self._writer(album.name, album)

    def _writer(self, name: str, album: Optional[values.Album]) -> WantedAlbum:
        return WantedAlbum(self._client, name, album, predicting=self._predicting, trash=self._trash)

    def _named(self, name: str, wanted: facts.ExportAlbum) -> WantedAlbum:
        if wanted.number:
            oldest_first = sorted(self._of_name(name), key=lambda album: (album.created, album.id))
            matching = oldest_first[wanted.number - 1 : wanted.number]
        else:
            matching = self._settled(name)
        if len(matching) > 1:
            ids = sorted(album.id for album in matching)
            or_say = "" if wanted.origin else ", or say which is meant with O(album_id)"  # an export or folders have several albums
            raise errors.InvalidRequest(
                "There are %d albums named '%s': rename or merge them in Immich%s (%s)."
                % (len(matching), _text.printable(name), or_say, ", ".join(ids)),
                path="/albums",
                details={"album": name, "ids": ids},
                options=() if wanted.origin else ("album", "album_id"),
            )
        writer = self._writer(name, matching[0] if matching else None)
        writer.wanted = wanted
        return writer

    def _of_name(self, name: str) -> List[values.Album]:
        if self._by_name is None:
            self._by_name = self._own_albums()
        return self._by_name.get(name, [])

    def _switch_if_removed(self, album: WantedAlbum) -> bool:
        """Whether another run has removed the album that it had made in favour of another one. Then that one is taken."""
        if album.created or album.id in self._ids:
            return False
        self._by_name = None
        remaining = self._settled(album.name)
        if len(remaining) != 1 or remaining[0].id == album.id:
            return False
        album.id = remaining[0].id
        return True

    def _settled(self, name: str) -> List[values.Album]:
        """The albums of a name. Waits for runs that have just made several of them, until they have agreed on one."""
        end = time.monotonic() + _SETTLED_AFTER
        while True:
            named = self._of_name(name)
            lasting = [album for album in named if album.asset_count or self._client.albums.age(album) > _SETTLED_AFTER]
            if len(named) < 2 or len(lasting) > 1 or time.monotonic() > end:
                return named
            waits.sleep(_LOOK_AGAIN_AFTER)
            self._by_name = None

    def _own_albums(self) -> Dict[str, List[values.Album]]:
        by_name: Dict[str, List[values.Album]] = {}
        for album in self._client.albums.mine():
            by_name.setdefault(album.name, []).append(album)
            self._known.add(album.id)
        return by_name


class AlbumFiller:
    """Puts files into their albums, or in check mode counts them. Into those of these `keys`, names and ids, all go."""

    def __init__(self, finder: AlbumFinder, tally: ItemTally, hidden: HiddenAssets, *, keys: Sequence[str], predicting: bool) -> None:
        self._tally = tally
        self._hidden = hidden
        self._predicting = predicting
        self._for_all = [facts.ExportAlbum(key, "", "") for key in keys]
        self._albums = finder

    def look_up(self) -> None:
        """Finds out early about an album that does not exist, or a name that several have."""
        for album in self._for_all:
            self._albums.find(album.name)

    def fill(self, files: Sequence[stored.StoredFile], failed: stored.Failed) -> None:
        """Puts files into those of their albums that they are not in."""
        by_album: Dict[str, List[stored.StoredFile]] = {}
        wanted: Dict[str, facts.ExportAlbum] = {}
        for file in files:
            for album in {album.key: album for album in (*file.item.albums, *self._for_all)}.values():
                by_album.setdefault(album.key, []).append(file)
                wanted.setdefault(album.key, album)
        missing: Dict[str, List[stored.StoredFile]] = {}
        created: Dict[str, WantedAlbum] = {}
        for key, members in by_album.items():
            with stored.noting(_NOT_IN_ALBUM % wanted[key].name, members, failed):
                part = self._missing(self._albums.find(key, wanted[key]), members)
                if part and not self._predicting:
                    created.update(self._albums.create(key))
                missing[key] = part
        merged = not created
        names = "', '".join(album.name for album in created.values())
        with stored.noting(_NOT_IN_ALBUM % names, [file for key in created for file in by_album.get(key, ())], failed):
            self._albums.merge_concurrent_creations(list(created.values()))
            merged = True
        for key in [key for key in missing if merged or key not in created]:
            with stored.noting(_NOT_IN_ALBUM % wanted[key].name, by_album[key], failed):
                self._add(self._albums.find(key), missing[key], by_album[key], failed)

    def results(self) -> List[Dict[str, Any]]:
        """The albums that were made or added to, by their names: the order in which files arrive is not the same in each run."""
        changed = [album for album in self._albums.wanted_albums.values() if album.added or album.made]
        return [album.result() for album in sorted(changed, key=lambda album: (album.name, album.wanted.number))]

    def _missing(self, album: WantedAlbum, files: Sequence[stored.StoredFile]) -> List[stored.StoredFile]:
        missing = self._hidden.exclude_from([file for file in files if not album.assets.has(file.key, is_new=file.fresh)])
        return stored.without_repeats(self._hidden.locked.exclude_from(missing, _LOCKED % album.name))

    def _add(
        self, album: WantedAlbum, missing: Sequence[stored.StoredFile], files: Sequence[stored.StoredFile], failed: stored.Failed
    ) -> None:
        for start in range(0, len(missing), _writers.ALBUM_BATCH):
            refused = self._albums.add(album, missing[start : start + _writers.ALBUM_BATCH])
            for file in files if refused else ():
                word = refused.get(file.key)
                if word is None:
                    continue
                if file.fresh:
                    failed[id(file)] = errors.InvalidRequest("It is not in its album '%s': Immich answered %s." % (album.name, word))
                else:
                    file.keep = True
                    self._tally.warn(album.refusal(word))
