# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes assets, waits until Immich has written that down, and sees that it is still there afterwards.

Immich writes what it is told of a photo to a sidecar, and reads that back: two jobs, during which another change of the same photo may be
lost (observed on 1.135 to 3.1: up to 5 of 12). So each asset gets all its values in one call, and its tags once the jobs are done. An asset
says that they are done by the time when it was last changed, which moves then. Where Immich cannot write the sidecar, as in a library that
is mounted read-only, it answers with success all the same, and the old values are back a second later.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _ids, _text, _times, _writers
from .._client import api, errors, values, versions, waits
from .._run.consecutive_failures import ConsecutiveFailures
from . import plan
from .find import album_to_fill, albums_to_empty
from .options import SetOptions
from .sidecars import LibrarySidecars

_ROUNDS = 3  # times that an asset is given what it has lost again
_LOOK_EVERY = 0.5  # seconds
_FEW = 20  # assets that are asked for one by one: a list costs about as much
_BATCH = 500  # assets in one call that takes them out of an album

_LATE = (
    "Immich has not written its other changes down within %d seconds, so it got no tags. Run this again later, or raise O(wait_timeout)."
)
_GONE = "It is not there any more: somebody deleted it for good, or moved it to the locked folder."
_REFUSED = "Immich did not add it to the album '%s': %s."
_LOST = "Immich took %s with success, and does not have it any more. Something else may change it at the same time. Run this again."
_READ_ONLY = (
    "Immich took %s with success, and does not have it any more. It lies in an external library: Immich keeps this in a file beside the "
    "original, and may not be allowed to write there. Mount the library so that Immich can write to it, or run this where the files lie, "
    "with O(via) sidecar and O(paths)."
)
_NOT_READ = (
    "%s went into its sidecar, and Immich has something else after it was told. It reads another sidecar, may not read this one, or the "
    "photo itself says so. Check O(paths) and the permissions of the file."
)


class _Member(NamedTuple):
    """An asset as an album's writer takes it."""

    key: bytes
    asset_id: str


class AssetWriter:
    """Carries out changes. `done` has the ids of assets of which something was changed, `failed` what went wrong with others."""

    def __init__(
        self,
        client: api.Immich,
        mine: List[values.Album],
        timeout: float,
        check_stop: Callable[[], None],
        sidecars: Optional[LibrarySidecars] = None,
        wanted: Optional[SetOptions] = None,
    ) -> None:
        """`mine` are the user's albums. `timeout` is how many seconds Immich has to write changes down.
        `check_stop` raises where the run is to stop. `sidecars` are written first, if there are any; then `wanted` is what all assets are
        to have."""
        self._client = client
        self._wanted = wanted
        self._mine = mine
        self._timeout = timeout
        self._check_stop = check_stop
        self._sidecars = sidecars
        self._albums: Dict[str, _writers.AlbumWriter] = {}
        self._known_albums = {album.id for album in mine}
        self._tags = _writers.TagWriter(client, predicting=False)
        self._failures = ConsecutiveFailures(client, 1, "changes")
        self._zero_rating = not client.supports(versions.NO_ZERO_RATING)
        self._since = _times.ns_to_iso_utc(round((client.server_time - 5.0) * 1e9))
        self._stamps: Dict[str, str] = {}  # when those were last changed whose jobs are not done, as the server writes it
        self.done: Set[str] = set()
        self.failed: Dict[str, errors.ImmichError] = {}
        self.late: Set[str] = set()

    def carry_out(self, changes: Sequence[plan.AssetChange]) -> None:
        """Raises what would stop all further calls, and where the run is to stop."""
        if any(change.add_tags or change.remove_tags for change in changes):
            self._tags.look_up()
        todo = list(changes)
        unread: Set[str] = set()
        for _round in range(_ROUNDS):
            self._write(todo, unread)
            before = {change.asset.id: change.in_sidecar for change in todo}
            todo = [left for left in map(self._left_of, self._not_failed(todo)) if not left.is_nothing]
            if not todo:
                return
            unread = {left.asset.id for left in todo if left.in_sidecar == before[left.asset.id]}
        for left in todo:
            lost = ", ".join([*left.differences, *["tags"] * bool(left.add_tags or left.remove_tags)])
            msg = _LOST
            options: Tuple[str, ...] = ()
            if left.asset.external:
                msg, options = (_READ_ONLY, ("via", "paths")) if self._sidecars is None else (_NOT_READ, ("paths",))
            self.failed[left.asset.id] = errors.ServerFailure(msg % lost, path="/assets/" + left.asset.id, options=options)

    def _write(self, changes: Sequence[plan.AssetChange], unread: Set[str]) -> None:
        """`unread` are the ids of those assets of whose sidecar Immich has read nothing."""
        for change in changes:
            self._check_stop()
            if self._write_sidecar(change, unread=change.asset.id in unread) and change.differences:
                self._put(change)
        self._fill_albums(self._not_failed(changes))
        self._empty_albums(self._not_failed(changes))
        tagged = [change for change in self._not_failed(changes) if change.add_tags or change.remove_tags]
        if tagged:
            self._settle(change.asset.id for change in tagged)
            for change in tagged:
                if change.asset.id in self.late:
                    self.failed[change.asset.id] = errors.Timeout(
                        _LATE % self._timeout, path="/assets/" + change.asset.id, options=("wait_timeout",)
                    )
            self._tag(self._not_failed(tagged))
        self._settle(list(self._stamps))

    def _write_sidecar(self, change: plan.AssetChange, *, unread: bool) -> bool:
        """Writes the sidecar if that is done here; whether Immich can be told of the change."""
        if self._sidecars is None or not self._sidecars.is_for(change):
            return True
        asset_id = change.asset.id
        tags: Tuple[str, ...] = ()
        try:
            if change.add_tags or change.remove_tags:
                asset = self._client.assets.get(asset_id)
                if asset is None:
                    raise errors.NotFound(_GONE, path="/assets/" + asset_id)
                tags = asset.metadata.tags
            self._sidecars.write(change, tags, unread=unread)
        except errors.ImmichError as exc:
            self._fail([change], exc)
            return False
        return True

    def _put(self, change: plan.AssetChange) -> None:
        asset_id = change.asset.id
        try:
            changed = self._client.assets.describe(asset_id, plan.body_of(change.differences, zero_rating=self._zero_rating))
        except errors.ImmichError as exc:
            self._fail([change], exc)
            return
        self._failures.reset()
        self.done.add(asset_id)
        if change.edits:
            self._stamps[asset_id] = changed

    def _fill_albums(self, changes: Sequence[plan.AssetChange]) -> None:
        members: Dict[str, List[plan.AssetChange]] = {}
        for change in changes:
            for name in change.add_to_albums:
                members.setdefault(name, []).append(change)
        for name, of_album in members.items():
            if name not in self._albums:
                self._albums[name] = _writers.AlbumWriter(self._client, name, album_to_fill(self._mine, name), predicting=False)
            self._fill(self._albums[name], of_album)

    def _fill(self, writer: _writers.AlbumWriter, changes: Sequence[plan.AssetChange]) -> None:
        if writer.id is None:
            writer.create("", self._known_albums)
        for start in range(0, len(changes), _writers.ALBUM_BATCH):
            self._check_stop()
            part = changes[start : start + _writers.ALBUM_BATCH]
            refused = writer.add([_Member(_ids.pack_id(change.asset.id), change.asset.id) for change in part])
            for change in part:
                word = refused.get(_ids.pack_id(change.asset.id))
                if word is None:
                    self.done.add(change.asset.id)
                else:
                    self.failed[change.asset.id] = errors.InvalidRequest(_REFUSED % (_text.one_line(writer.name), word), path="/albums")

    def _empty_albums(self, changes: Sequence[plan.AssetChange]) -> None:
        for name in dict.fromkeys(name for change in changes for name in change.remove_from_albums):
            ids = [change.asset.id for change in changes if name in change.remove_from_albums]
            for album in albums_to_empty(self._mine, name):
                for start in range(0, len(ids), _BATCH):
                    self._check_stop()
                    self._client.albums.remove(album.id, ids[start : start + _BATCH])
            self.done.update(ids)

    def _tag(self, changes: Sequence[plan.AssetChange]) -> None:
        for tags in dict.fromkeys(change.add_tags for change in changes if change.add_tags):
            self._tag_part(tags, [change for change in changes if change.add_tags == tags], remove=False)
        for tags in dict.fromkeys(change.remove_tags for change in changes if change.remove_tags):
            self._tag_part(tags, [change for change in changes if change.remove_tags == tags], remove=True)

    def _tag_part(self, tags: Tuple[str, ...], changes: Sequence[plan.AssetChange], *, remove: bool) -> None:
        for start in range(0, len(changes), _writers.TAG_BATCH):
            self._check_stop()
            part: List[plan.AssetChange] = []
            for change in changes[start : start + _writers.TAG_BATCH]:
                asset = self._client.assets.get(change.asset.id) or change.asset
                if any((tag in asset.metadata.tags) == remove for tag in tags):
                    part.append(change._replace(asset=asset))
                else:  # read from the sidecar
                    self.done.add(asset.id)
            if not part:
                continue
            stamps = {change.asset.id: change.asset.changed for change in part}
            try:
                if remove:
                    self._tags.take(tags, list(stamps))
                else:
                    self._tags.give(tags, [_Member(_ids.pack_id(asset_id), asset_id) for asset_id in stamps])
            except errors.ImmichError as exc:
                self._fail(part, exc)
                continue
            self._failures.reset()
            self.done.update(stamps)
            self._stamps.update(stamps)

    def _fail(self, changes: Iterable[plan.AssetChange], exc: errors.ImmichError) -> None:
        """Raises what would stop all further calls."""
        self.failed.update((change.asset.id, exc) for change in changes)
        if exc.fatal:
            raise exc
        self._failures.add(exc)

    def _not_failed(self, changes: Iterable[plan.AssetChange]) -> List[plan.AssetChange]:
        return [change for change in changes if change.asset.id not in self.failed]

    def _settle(self, asset_ids: Iterable[str]) -> None:
        """Waits until Immich has written down what these were given. Those that are `late` then are not waited for again."""
        wanted = {asset_id: self._stamps.pop(asset_id) for asset_id in list(asset_ids) if asset_id in self._stamps}
        end = time.monotonic() + self._timeout
        while wanted:
            self._check_stop()
            for asset in self._look_at(wanted):
                if asset.id in wanted and asset.changed != wanted[asset.id] and not self._client.assets.was_changed_just_now(asset):
                    del wanted[asset.id]
            if wanted and time.monotonic() >= end:
                self.late.update(wanted)
                return
            if wanted:
                waits.sleep(_LOOK_EVERY)

    def _look_at(self, wanted: Dict[str, str]) -> Iterable[values.Asset]:
        """These assets, and perhaps others."""
        if len(wanted) <= _FEW:
            return [asset for asset in map(self._client.assets.get, list(wanted)) if asset is not None]
        return self._client.assets.changed_since(self._since)

    def _left_of(self, change: plan.AssetChange) -> plan.AssetChange:
        """What an asset does not have of a change."""
        asset = self._client.assets.get(change.asset.id)
        if asset is None:
            self.failed[change.asset.id] = errors.NotFound(_GONE, path="/assets/" + change.asset.id)
            return plan.AssetChange(change.asset, {})
        values_to_have = {name: after for name, (_before, after) in change.differences.items()}
        add_tags, remove_tags = change.add_tags, change.remove_tags
        if self._wanted is not None and self._sidecars is not None and self._sidecars.is_for(change):
            # Immich has now read all that the sidecar says, perhaps for the first time.
            all_values = plan.differences(asset, self._wanted, None)
            values_to_have = {**{name: after for name, (_before, after) in all_values.items()}, **values_to_have}
            add_tags, remove_tags = self._wanted.add_tags, self._wanted.remove_tags
        return plan.AssetChange(
            asset,
            plan.differing(asset, values_to_have),
            tuple(tag for tag in add_tags if tag not in asset.metadata.tags),
            tuple(tag for tag in remove_tags if tag in asset.metadata.tags),
        )
