# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stacks the photos of one run that belong together, by their names, by the times that are in them, and by what an export says."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Callable, Collection, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ... import _ids, _text
from ..._client import api, errors
from ..._exports import files
from ..._files import base, facts
from ..._metadata import model
from ..._naming import stack_kinds, stacks
from ..._stacks import planning
from ..checksum_cache import ChecksumCache
from ..dates import time_of_picture
from ..item_tally import ItemTally
from ..options import UploadOptions
from .stored import StoredFile

EXPORT = "export"
"""The kind of a stack that an export knows, besides the kinds that are found by names and times."""

_NOT_STORED = ""  # the key of pictures that are not on the server


class Stacking:
    """Makes stacks once all files are there; in check mode only counts them. Used by one thread.

    Stacks that an export knows are made in any case, others if the options say so. It remembers each file that may be in one, in about
    half a kilobyte.
    """

    def __init__(
        self,
        client: api.Immich,
        options: UploadOptions,
        media_types: Mapping[str, str],
        tally: ItemTally,
        note_activity: Callable[[], None],
        *,
        predicting: bool,
    ) -> None:
        self._client = client
        self._media_types = media_types
        self._options = options
        self._tally = tally
        self._predicting = predicting
        self._cache = ChecksumCache(options.checksum_cache if options.stack else None, read_only=predicting)
        self._camera_facts = CameraFactsReader(self._cache)
        self._writer = planning.StackWriter(client, tally.warn, note_activity, predicting=predicting)
        self._items: Dict[str, List[base.Item]] = {}
        self._new: Set[str] = set()
        self._copies: Set[str] = set()  # in check mode, of files that would be new
        self._restored: Set[str] = set()  # that check mode only counts as such
        self._not_stacked: Set[str] = set()  # whose stacks could not be made or changed

    def note(self, files: Sequence[StoredFile]) -> List[StoredFile]:
        """Notes files that are on the server. Returns those that may be in a stack: till `finish`, they are to be looked into."""
        if self._options.visibility != "timeline":  # Immich shows stacks nowhere else
            return []
        wanted = files if self._options.stack else [file for file in files if file.item.facts.stack is not None]
        noted = [file for file in wanted if file.item.facts.metadata.visibility == "timeline" or not file.fresh]
        for file in noted:
            key = file.asset_id or file.key.hex()
            self._items.setdefault(key, []).append(file.item)
            if file.fresh:
                self._new.add(key)
            elif file.asset_id is None:
                self._copies.add(key)
            elif file.trashed and self._predicting:
                self._restored.add(key)
        return noted

    def finish(self, failed: Sequence[base.Item], unread_paths: Sequence[str]) -> Set[bytes]:
        """To be called when every file was noted. Failures are reported to the tally; raises what would stop the whole run.

        Returns the keys of the assets whose stacks a later run has to make or complete: those that could not be made, and those that lack
        a file that cannot be read, is among the `failed`, which did not get to the server, or could not even be looked at.
        """
        for key in self._copies - self._new:  # of what would go to the archive or be hidden
            del self._items[key]
        # Files arrive in any order, and what is said of equal ones may differ.
        in_order = [(key, sorted(equal, key=lambda item: item.path)) for key, equal in self._items.items()]
        self._items = dict(sorted(in_order, key=lambda pair: pair[1][0].path))
        named = self._pictures_by_folder()
        if stack_kinds.BURST in self._options.stack:
            wanted = {picture.key for picture in named if picture.still}
        else:
            wanted = {picture.key for group in stacks.find_groups(named, self._options.stack) for picture in group.members}
        # What has a place in a stack by its name is looked into, as names alone make none: their times and cameras decide.
        self._camera_facts.learn(self._items[str(key)][0] for key in wanted)
        unread = {key for key in wanted if self._camera_facts.of(self._items[str(key)][0]) is None}
        pictures = [self._with_time(picture) if picture.key in wanted else picture for picture in named if picture.key not in unread]
        groups = self._export_groups()
        stacked = {picture.key for group in groups for picture in group.members}
        others = stacks.find_groups(
            (picture for picture in pictures if picture.key not in stacked), self._options.stack, self._options.stack_cover
        )
        groups += _disjoint(others)
        if groups:
            covers = (EXPORT, *self._options.stack_cover)
            self._writer.write(groups, self._fail, reset_covers=covers, new=self._new, restored=self._restored)
        unfinished = {*_keys_with(groups, self._not_stacked), *self._keys_beside(failed, unread_paths, named, unread)}
        return {_ids.pack_id(str(key)) for key in unfinished}

    def close(self) -> None:
        """Closes the checksum cache. No thread may use this any more."""
        self._cache.close()

    def result(self) -> Dict[str, int]:
        """How many stacks were made, completed, given another cover, and left alone."""
        return self._writer.result()

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return self._writer.lines

    def _fail(self, change: planning.StackChange, error: errors.ImmichError) -> None:
        self._not_stacked.update(change.asset_ids)
        error = error.during("It is not stacked with %s" % ", ".join(change.after[1:]))
        asset_id = change.asset_ids[0]
        item = self._items[asset_id][0] if asset_id in self._items else None
        self._tally.failed(item.path if item else change.after[0], error, item=item, asset_id=asset_id, counted=True)

    def _keys_beside(
        self, failed: Sequence[base.Item], unread_paths: Sequence[str], named: Sequence[stacks.Picture], unread: Set[object]
    ) -> Set[object]:
        """The keys of the assets that may be in one stack with a file that failed or could not be read, by their names or by an export."""
        if not failed and not unread and not unread_paths:
            return set()
        absent = [item for item in failed if item.facts.metadata.visibility == "timeline"]
        missing = [self._picture(_NOT_STORED, item) for item in absent]
        missing += (self._named_picture(_NOT_STORED, *path.rpartition("/")[::2]) for path in unread_paths)
        groups = stacks.find_groups([*named, *missing], self._options.stack)
        together = {item.facts.stack.key for item in absent if item.facts.stack is not None}
        in_export = {
            key
            for key, equal in self._items.items()
            if any(item.facts.stack is not None and item.facts.stack.key in together for item in equal)
        }
        return (_keys_with(groups, {*unread, _NOT_STORED}) | in_export) - {_NOT_STORED}

    def _export_groups(self) -> List[stacks.PictureGroup]:
        """The stacks that an export knows."""
        by_stack: Dict[str, Dict[str, stacks.Picture]] = {}
        for key, equal in self._items.items():
            item = next((item for item in equal if item.facts.stack is not None), equal[0])
            place = item.facts.stack
            if place is not None:
                together = by_stack.setdefault(place.key, {})
                taken = item.facts.metadata.taken
                picture = stacks.Picture(key, None, item.name, None if taken is None else taken.seconds)
                together[key] = picture
                if place.cover:
                    by_stack[place.key] = {key: picture, **together}
        return [stacks.PictureGroup(EXPORT, tuple(together.values())) for together in by_stack.values() if len(together) > 1]

    def _pictures_by_folder(self) -> List[stacks.Picture]:
        """Each asset once for each folder that its files lie in: what it belongs to may lie in some of these only."""
        if not self._options.stack:
            return []
        pictures: Dict[Tuple[str, Optional[str]], stacks.Picture] = {}
        items = [(item, key) for key, equal in self._items.items() for item in equal]
        for item, key in sorted(items, key=lambda pair: pair[0].path):
            picture = self._picture(key, item)
            pictures.setdefault((key, picture.folder), picture)
        return list(pictures.values())

    def _picture(self, key: str, item: base.Item) -> stacks.Picture:
        folder = item.path.rpartition("/")[0] if item.facts is facts.NO_FACTS else "/".join(files.shared_folder(item))
        return self._named_picture(key, folder, item.file_name)._replace(edited_of=item.facts.edited_of)

    def _named_picture(self, key: str, folder: Optional[str], name: str) -> stacks.Picture:
        is_still = self._media_types.get(_text.extension_of(name)) != "video"
        return stacks.Picture(key, folder, name, still=is_still)

    def _with_time(self, picture: stacks.Picture) -> stacks.Picture:
        """With its time and its camera."""
        item = self._items[str(picture.key)][0]
        camera_facts = self._camera_facts.of(item) or CameraFacts()
        taken = time_of_picture(item, camera_facts.time)
        return picture._replace(taken=taken, camera=camera_facts.camera, own_time=camera_facts.time is not None)


def _keys_with(groups: Iterable[stacks.PictureGroup], some: Collection[object]) -> Set[object]:
    """The keys of the pictures of those groups that have one of some keys."""
    members = ({picture.key for picture in group.members} for group in groups)
    return {key for keys in members if not keys.isdisjoint(some) for key in keys}


def _disjoint(groups: Iterator[stacks.PictureGroup]) -> Iterator[stacks.PictureGroup]:
    """Each asset in one group, the largest: the copies of a picture in several folders are one asset."""
    taken: Set[object] = set()
    for group in sorted(groups, key=lambda group: -len(group.members)):
        keys = {picture.key for picture in group.members}
        if len(keys) > 1 and taken.isdisjoint(keys):
            taken |= keys
            yield group


class CameraFacts(NamedTuple):
    """What a picture says: the camera's `time`, and its make and model in `camera`. None of what it does not say."""

    time: Optional[model.LocalTime] = None
    camera: Optional[str] = None


class CameraFactsReader:
    """Knows the pictures of one run by their checksums. Used by one thread. What the cache does not have, each run looks into again."""

    def __init__(self, cache: ChecksumCache) -> None:
        self._cache = cache
        self._known: Dict[bytes, Optional[CameraFacts]] = {}

    def learn(self, items: Iterable[base.Item]) -> None:
        """Looks into those that are not known."""
        unknown = {item.sha1: item for item in items if item.sha1 not in self._known}
        for sha1, local, minutes, camera in self._cache.camera_rows(list(unknown)):
            with suppress(TypeError, ValueError, OverflowError):  # a damaged row
                self._known[sha1] = CameraFacts(_time(local, minutes), None if camera is None else str(camera))
                del unknown[sha1]
        learned: List[Tuple[bytes, CameraFacts]] = []
        for sha1, item in unknown.items():
            seen = _look(item)
            self._known[sha1] = seen
            if seen is not None:
                learned.append((sha1, seen))
        self._cache.store_camera_rows([(sha1, *_as_columns(camera_facts)) for sha1, camera_facts in learned])

    def of(self, item: base.Item) -> Optional[CameraFacts]:
        """What is known of a picture that was learned; None of one that cannot be read."""
        return self._known.get(item.sha1)


def _look(item: base.Item) -> Optional[CameraFacts]:
    try:
        camera = item.camera()
    except errors.MissingLibrary:
        raise
    except errors.LocalFailure:
        return None
    return CameraFacts(camera.time, camera.name)


def _time(local: object, minutes: object) -> Optional[model.LocalTime]:
    if local is None:
        return None
    offset = None if minutes is None else timedelta(minutes=int(str(minutes)))
    return model.LocalTime(datetime.fromisoformat(str(local)), offset)


def _as_columns(camera_facts: CameraFacts) -> Tuple[Optional[str], Optional[int], Optional[str]]:
    if camera_facts.time is None:
        return None, None, camera_facts.camera
    offset = camera_facts.time.offset
    return camera_facts.time.local.isoformat(), None if offset is None else offset // timedelta(minutes=1), camera_facts.camera
