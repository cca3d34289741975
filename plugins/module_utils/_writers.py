# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an upload and a copy change albums, tags and live photos with. In check mode all is counted, and nothing is written.

Which asset belongs where is for those to say who use this: an upload goes by the names of albums, a copy by their age too.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Generic, Iterable, Iterator, List, Optional, Protocol, Sequence, Set, Tuple, TypeVar

from . import _ids
from ._client import api, errors, values, waits

ALBUM_BATCH = 1000
"""Assets in one call."""

# The same for tags. Immich rewrites the metadata of each asset that gets a tag, one after the other (observed: some 5 ms each on an idle
# machine, 170 ms on one with no time to spare), so that many at once would look like a server that hangs.
TAG_BATCH = 50

_TAGS_FOLLOW = 1.0  # seconds after which an asset is looked at again that was changed just now: its own tags are written last
_GETS_OF_A_PAGE = 20  # a page of a search costs about as much as so many calls for an asset each

_MAY_LACK_TAGS = (
    "%d files that were there before may lack tags: Immich is changing them just now, or does not show them. Run the %s again later to "
    "tag them."
)
_REFUSED = "Some files are not in the album '%s': Immich answered %s, as it does for what lies in the locked folder."


class StoredAsset(Protocol):
    """An asset of the server, or one that a run would bring: that has no id yet, or something else in its place."""

    @property
    def key(self) -> bytes:
        """What tells it from others, in as many bytes as an id has."""

    @property
    def asset_id(self) -> Optional[str]:
        """Its id."""


Asset = TypeVar("Asset", bound=StoredAsset)


class AssetSet:
    """Which assets are in an album, have a tag and so on, in little memory. The server is asked when it matters for the first time.

    `read` gives their ids. What is added is remembered from then on; with `remember` before that too, as in check mode, where the server
    will not know it.
    """

    def __init__(self, read: Callable[[], Iterable[str]], *, remember: bool) -> None:
        self._read = read
        self._remember = remember
        self._found: Optional[_ids.CompactMap] = None
        self._added = _ids.CompactMap(_ids.ID_SIZE)

    def has(self, key: bytes, *, is_new: bool = False) -> bool:
        """Whether an asset is in it. One that `is_new` can only be in it if it was added here."""
        if key in self._added:
            return True
        if is_new:
            return False
        if self._found is None:
            self._found = _ids.CompactMap(_ids.ID_SIZE)
            self._found.update(map(_ids.pack_id, self._read()))
        return key in self._found

    def add(self, keys: Iterable[bytes]) -> None:
        """Notes what was added."""
        if self._remember or self._found is not None:
            self._added.update(keys)

    def missing(self, assets: Iterable[Asset]) -> List[Asset]:
        """Those that are not in it, each once."""
        return list({asset.key: asset for asset in assets if not self.has(asset.key)}.values())


class AlbumWriter:
    """An album that assets are put into. `id` is None while it has yet to be made; `assets` are those that are in it.

    With `trash` they include those in the trash.
    """

    def __init__(self, client: api.Immich, name: str, album: Optional[values.Album], *, predicting: bool, trash: bool = False) -> None:
        self._client = client
        self._predicting = predicting
        self._trash = trash
        self.name = name
        self.id = album.id if album else None
        self.created = album is None
        self.added = 0
        # Not by the count of its assets: that leaves out what is hidden or in the trash.
        self.assets = AssetSet((lambda: ()) if album is None else self._read, remember=predicting)

    @property
    def made(self) -> bool:
        """Whether this run made it, even if the server then refused every file."""
        return self.created and self.id is not None

    def create(self, description: str, known: Set[str]) -> values.Album:
        """Makes the album. `known` are the ids of all albums that there were before; its own is added to them."""
        albums = self._client.albums
        try:
            album = albums.create(self.name, description)
        except errors.ImmichError as exc:
            if not (exc.transient and exc.maybe_done):
                raise
            # The answer was lost, perhaps not the request: avoid creating a duplicate album.
            just_made = [album for album in albums.mine(self.name) if album.id not in known]
            album = just_made[0] if just_made else albums.create(self.name, description)
        known.add(album.id)
        self.id = album.id
        return album

    def add(self, assets: Sequence[StoredAsset]) -> Dict[bytes, str]:
        """Puts at most `ALBUM_BATCH` assets into the album. Returns those that Immich refused, by their keys, and its word for why."""
        refused: Dict[bytes, str] = {}
        if self._predicting:
            self.added += len(assets)
        else:
            for answer in self._client.albums.add(str(self.id), [str(asset.asset_id) for asset in assets]):
                self.added += answer.success
                if not answer.success and answer.error != "duplicate":
                    refused[_ids.pack_id(answer.id)] = str(answer.error)
        self.assets.add(asset.key for asset in assets)
        return refused

    def refusal(self, word: str) -> str:
        """The warning about files that were refused with this word."""
        return _REFUSED % (self.name, word)

    def result(self) -> Dict[str, Any]:
        """What both modules return about it."""
        return {"name": self.name, "id": self.id, "created": self.created, "added": self.added}

    def _read(self) -> Iterable[str]:
        return ids_where(self._client, trash=self._trash, album_id=self.id)


class TagWriter:
    """Tags by their values, such as `Trip/Rome`: made when they are first given, and to how many files they were given."""

    def __init__(self, client: api.Immich, *, predicting: bool) -> None:
        self._client = client
        self._predicting = predicting
        self._ids: Dict[str, str] = {}
        self._added: Dict[str, int] = {}
        self._created: Set[str] = set()

    def look_up(self) -> None:
        """Asks which tags exist: before the first file is sent, since Immich makes those that it finds in sidecars."""
        self._ids = self._client.tags.all()

    def assets_with(self, value: str) -> AssetSet:
        """The assets that have a tag, or one below it, without those in the trash."""
        tag_id = self._ids.get(value)
        return AssetSet(lambda: ids_where(self._client, tag_id=tag_id) if tag_id else (), remember=self._predicting)

    def create(self, tags: Sequence[str]) -> None:
        """Makes those of the tags that are missing, with their parents."""
        missing = [value for value in tags if value not in self._ids]
        if missing and not self._predicting:
            made = self._client.tags.ensure(missing)
            self.count(missing, 0)
            self._ids.update(made)

    def give(self, tags: Sequence[str], assets: Sequence[StoredAsset]) -> None:
        """Gives each of the tags to at most `TAG_BATCH` assets."""
        self.create(tags)
        if not self._predicting:
            self._client.tags.add([self._ids[value] for value in tags], [str(asset.asset_id) for asset in assets])

    def take(self, tags: Sequence[str], asset_ids: Sequence[str]) -> None:
        """Takes each of the tags away from assets. One that is not there has nothing to take away."""
        for value in tags:
            if value in self._ids:
                self._client.tags.remove(self._ids[value], asset_ids)

    def count(self, tags: Iterable[str], files: int) -> None:
        """So many files were given these tags, by this or in their sidecars."""
        for value in tags:
            if value not in self._ids:
                self._created.add(value)
            self._added[value] = self._added.get(value, 0) + files

    def results(self) -> List[Dict[str, Any]]:
        """The tags that were made or given, as both modules return them."""
        return [
            {"name": value, "id": self._ids.get(value), "created": value in self._created, "added": added}
            for value, added in sorted(self._added.items())
        ]


class UntaggedAssets(Generic[Asset]):
    """Assets that lack tags, as lists say: which can be tagged now, and which are to be looked at again at the end of the run.

    Immich replaces the tags that an asset has got before it has read its metadata, and while it does so, by those in there (observed on
    1.135 to 3.1). So an asset is tagged only when it has been read and was not changed just now. `missing_tags` says what an asset of the
    server lacks. `on_failure` gets an error of one asset, and may raise it; without it, it is raised.
    """

    def __init__(
        self,
        client: api.Immich,
        missing_tags: Callable[[Asset, values.Asset], Sequence[str]],
        on_failure: Optional[Callable[[Asset, errors.ImmichError], None]] = None,
    ) -> None:
        self._client = client
        self._missing_tags = missing_tags
        self._on_failure = on_failure
        self._waiting: Dict[bytes, Asset] = {}
        self._unread: Set[str] = set()  # ids of assets that the server had yet to read when it was asked
        # Of those that Immich seemed to be at work on: when it had changed them, as it says, and since when that is known.
        self._changed: Dict[bytes, Tuple[str, float]] = {}

    @property
    def waiting(self) -> List[Asset]:
        """The assets to look at again."""
        return list(self._waiting.values())

    def is_waiting(self, key: bytes) -> bool:
        """Whether this asset is one of them."""
        return key in self._waiting

    def postpone(self, assets: Iterable[Asset]) -> None:
        """Adds to the assets to look at again."""
        self._waiting.update((asset.key, asset) for asset in assets)

    def forget(self, keys: _ids.CompactMap) -> None:
        """Removes those of these keys: they have their tags."""
        self._waiting = {key: asset for key, asset in self._waiting.items() if key not in keys}

    def find_taggable(self, assets: Sequence[Asset]) -> Dict[Tuple[str, ...], List[Asset]]:
        """Those that can be tagged now, by the tags that they lack. One without an id would be there after a run only."""
        ready: Dict[Tuple[str, ...], List[Asset]] = {}
        pages = sum(asset.asset_id not in self._unread for asset in assets) // _GETS_OF_A_PAGE
        if pages:
            self._unread |= self._client.assets.unread_ids(pages)
        for asset in assets:
            self._waiting[asset.key] = asset
            if asset.asset_id is None or asset.asset_id in self._unread:
                continue
            try:
                missing = self._missing(asset)
            except errors.ImmichError as exc:
                del self._waiting[asset.key]
                if self._on_failure is None:
                    raise
                self._on_failure(asset, exc)
                continue
            if missing is not None:
                del self._waiting[asset.key]
            if missing:
                ready.setdefault(tuple(missing), []).append(asset)
        return ready

    def look_again(self) -> Dict[Tuple[str, ...], List[Asset]]:
        """The same for those that were to be looked at again. What cannot be tagged now either still waits."""
        self._unread.clear()
        ready = self.find_taggable(self.waiting)
        changing = [asset for asset in self.waiting if asset.key in self._changed]
        if changing:
            waits.sleep(_TAGS_FOLLOW)
            for asset in changing:  # what is still as it was then is not at work
                self._changed[asset.key] = self._changed[asset.key][0], float("-inf")
            for tags, assets in self.find_taggable(changing).items():
                ready.setdefault(tags, []).extend(assets)
        return ready

    def warnings(self, verb: str) -> List[str]:
        """What is to be said at the end of a run, which is called `verb`, of those that still wait; not of those `to_be_read`."""
        number = len(self._waiting) - self.to_be_read
        return [_MAY_LACK_TAGS % (number, verb)] * bool(number)

    @property
    def to_be_read(self) -> int:
        """How many of those that wait have metadata that Immich has yet to read. Their tags may come with it: the server does not tell."""
        return sum(asset.asset_id in self._unread for asset in self._waiting.values())

    def _missing(self, asset: Asset) -> Optional[Sequence[str]]:
        """The tags that an asset lacks; None while that is not certain."""
        current = self._client.assets.get(str(asset.asset_id))
        if current is None:
            return None
        if not current.metadata_read:
            self._unread.add(current.id)
            return None
        missing = self._missing_tags(asset, current)
        if not missing or not self._client.assets.was_changed_just_now(current):
            return missing
        changed, since = self._changed.get(asset.key, ("", 0.0))
        if changed != current.changed:
            self._changed[asset.key] = current.changed, time.monotonic()
            return None
        # One that is as it was some time ago is not at work, whatever the clocks say.
        return missing if time.monotonic() - since >= _TAGS_FOLLOW else None


class LiveJoiner:
    """Joins stills with their videos, which went up apart. `stills` are those that have a video."""

    def __init__(self, client: api.Immich, *, predicting: bool, trash: bool = False) -> None:
        self._client = client
        self._predicting = predicting
        self.joined = 0
        self.stills = AssetSet(lambda: ids_where(client, trash=trash, live=True), remember=True)

    def join(self, still: StoredAsset, video_id: Optional[str]) -> None:
        """Joins a still that has no video with one."""
        if not self._predicting:
            self._client.assets.join_live(str(still.asset_id), str(video_id))
        self.stills.add([still.key])
        self.joined += 1


def ids_where(client: api.Immich, *, trash: bool = False, **where: Any) -> Iterator[str]:
    """The ids of the assets that are somewhere (see `AssetCalls.ids_where`), with `trash` those in the trash as well."""
    yield from client.assets.ids_where(**where)
    if trash:
        yield from client.assets.ids_where(**where, trashed=True)
