# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gives each new asset what there is of the old one, and reads it back. What is there already is not given again, so that a run which died
is finished by the next one.

`PUT /assets/copy` is asked for shared links alone: with `sidecar` it deletes the sidecar that was moved along with a file, and a second
call with `stack` dissolves the stack (observed on 2.7 and 3.1).

With an old still, Immich deletes its video unless another still has it, and the file too if that is there. It joins any still and any video
of one content identifier, so that after the scan of a phone's live photos an old still has the new video, and a new still the old one
(observed on 3.1, read in the source of 1.135 and 2.7).
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _writers
from .._assets import plan
from .._assets.write import AssetWriter
from .._client import api, errors, values
from .._client.endpoints.attachments import AttachmentCalls
from .._client.endpoints.duplicates import DuplicateCalls
from .._client.endpoints.people import FoundFace, PersonCalls
from .._metadata.faces import Size
from .attached import NOTHING, Attachments
from .pairs import Pair

_LACKS = "Immich took %s for it with success, and does not have it afterwards. Run this again."
_GONE = "The asset at its new place is not there any more. Run this again."
_REFUSED = "Immich does not take it into an album: %s."
_HELD = "Another of its stack, or the other half of this live photo, could not be moved. Run this again."
_LATE = "Immich has not written its values down within %d seconds. Run this again later, or raise O(wait_timeout)."

Give = Callable[[str, Sequence[Pair]], None]
"""Adds the new assets of these pairs to the group of this id."""


class OldAssets(NamedTuple):
    """Ids of the assets below the old folder: `listed` are all that are still there, `unread` those of them whose file at its new place
    Immich has yet to read, and `removed` those that a run before this one has moved, and removed."""

    listed: Set[str]
    unread: Set[str]
    removed: Set[str]


class Carrier:
    """Carries over what the old assets of `pairs` have. `attached` is what there is of them. `failed` says of which it could not be."""

    def __init__(
        self,
        client: api.Immich,
        pairs: Sequence[Pair],
        attached: Mapping[str, Attachments],
        old: OldAssets,
        timeout: float,
        check_stop: Callable[[], None],
    ) -> None:
        """`old` are all old assets, those without a pair too. `timeout`: seconds that Immich has to write changes down."""
        self._client = client
        self._calls = AttachmentCalls(client)
        self._people = PersonCalls(client)
        self._details = DuplicateCalls(client)
        self._pairs = pairs
        self._attached = attached
        self._old = old
        self._timeout = timeout
        self._check_stop = check_stop
        self._successors = {pair.old.id: pair.new.id for pair in pairs}
        self.failed: Dict[str, errors.ImmichError] = {}

    def carry_out(self) -> None:
        """Raises what would stop all further calls, and what `check_stop` does."""
        self._give_values()
        self._join_live_photos()  # before the albums: Immich takes the video of a live photo out of them
        self._join("albums", lambda attached: attached.albums, self._in_album, self._add_to_album)
        self._join("the cover of an album", lambda attached: attached.covers, self._cover_of, self._set_cover)
        self._join("shared links", lambda attached: attached.links, self._in_link, self._add_to_link)
        self._join("memories", lambda attached: attached.memories, self._calls.memory, self._add_to_memory)
        self._stack()
        self._name_faces()
        self._mark_duplicates()
        self._trash()
        self._hold_back()

    def has(self, pair: Pair) -> Attachments:
        """What there is of the old asset of a pair."""
        return self._attached.get(pair.old.id, NOTHING)

    def _left(self) -> List[Pair]:
        """The pairs of which nothing failed."""
        self._check_stop()
        return [pair for pair in self._pairs if pair.old.id not in self.failed]

    def _fail(self, pairs: Iterable[Pair], exc: errors.ImmichError) -> None:
        """Raises what would stop all further calls."""
        self.failed.update((pair.old.id, exc) for pair in pairs)
        if exc.fatal:
            raise exc

    def _lacks(self, pairs: Iterable[Pair], what: str) -> None:
        self.failed.update((pair.old.id, errors.ServerFailure(_LACKS % what, path="/assets/" + pair.new.id)) for pair in pairs)

    def _give_values(self) -> None:
        """Description, rating, date, position, favourite, archive and tags."""
        by_new = {pair.new.id: pair for pair in self._left()}
        changes = []
        for pair in by_new.values():
            self._check_stop()
            new = self._client.assets.get(pair.new.id)
            if new is None:
                self.failed[pair.old.id] = errors.NotFound(_GONE, path="/assets/" + pair.new.id)
                continue
            tags = tuple(tag for tag in self.has(pair).tags if tag not in new.metadata.tags)
            change = plan.AssetChange(new, plan.differing(new, values_of(pair.old)), tags)
            if not change.is_nothing:
                changes.append(change)
        writer = AssetWriter(self._client, [], self._timeout, self._check_stop)
        try:
            writer.carry_out(changes)
        finally:
            late = errors.Timeout(_LATE % self._timeout, path="/assets", options=("wait_timeout",))
            self.failed.update((by_new[asset_id].old.id, late) for asset_id in writer.late)
            self.failed.update((by_new[asset_id].old.id, exc) for asset_id, exc in writer.failed.items())

    def _join_live_photos(self) -> None:
        """Joins stills with their videos, so that each new still has what the old one had, and no old still has a video that stays, other
        than that."""
        for pair in self._left():
            video = self._video_of(pair)
            if video is None:
                continue
            try:
                if pair.new.live_video != video:
                    self._client.assets.join_live(pair.new.id, video)
                    new = self._client.assets.get(pair.new.id)
                    if new is None or new.live_video != video:
                        self._lacks([pair], "the video of a live photo")
                if pair.old.live_video not in (None, video) and pair.old.live_video not in self._successors:
                    self._client.assets.join_live(pair.old.id, video)
            except errors.ImmichError as exc:
                self._fail([pair], exc)
        self._join_stills_elsewhere()

    def _video_of(self, pair: Pair) -> Optional[str]:
        """The video that a new still is to have: that which has come in the place of the old still's, or the same."""
        for video in filter(None, (self.has(pair).video, pair.old.live_video)):
            if video in self._successors:
                return self._successors[video]
            # Gone: one that a run before this one has moved. It had given the new still its successor before that.
            if video == pair.new.live_video or self._client.assets.get(video) is not None:
                return video
        return None

    def _join_stills_elsewhere(self) -> None:
        """Gives those that have not moved, such as uploaded ones, the new videos for the old ones that they have."""
        moved = {video for pair in self._pairs for video in (self.has(pair).video, pair.old.live_video)}
        pairs = {pair.old.id: pair for pair in self._left() if pair.old.kind == "video" and pair.old.id not in moved}
        hidden = [pair for pair in pairs.values() if pair.old.metadata.visibility == "hidden"]
        for page in self._client.assets.search(values.Search(None, live=True), owners=(hidden[0].old.owner,)) if hidden else ():
            for still in page:
                self._check_stop()
                pair = pairs.get(still.live_video or "")
                if pair is None:
                    continue
                try:
                    self._client.assets.join_live(still.id, pair.new.id)
                except errors.ImmichError as exc:
                    self._fail([pair], exc)

    def _join(
        self, what: str, groups_of: Callable[[Attachments], Tuple[str, ...]], members_of: Callable[[str], Set[str]], give: Give
    ) -> None:
        """Adds to each group what it lacks. One that is gone by now has nothing to carry over."""
        groups: Dict[str, List[Pair]] = {}
        for pair in self._left():
            for group_id in groups_of(self.has(pair)):
                groups.setdefault(group_id, []).append(pair)
        for group_id, pairs in groups.items():
            self._check_stop()
            try:
                members = members_of(group_id)
            except errors.NotFound:
                continue
            except errors.ImmichError as exc:
                self._fail(pairs, exc)
                continue
            missing = [pair for pair in pairs if pair.new.id not in members]
            if not missing:
                continue
            try:
                give(group_id, missing)
                members = members_of(group_id)
            except errors.ImmichError as exc:
                self._fail(missing, exc)
                continue
            self._lacks((pair for pair in missing if pair.new.id not in members), what)

    def _in_album(self, album_id: str) -> Set[str]:
        self._client.albums.get(album_id)  # a search for what is in one that is gone finds nothing
        return set(_writers.ids_where(self._client, trash=True, album_id=album_id))

    def _add_to_album(self, album_id: str, pairs: Sequence[Pair]) -> None:
        for start in range(0, len(pairs), _writers.ALBUM_BATCH):
            for answer in self._client.albums.add(album_id, [pair.new.id for pair in pairs[start : start + _writers.ALBUM_BATCH]]):
                if not answer.success and answer.error != "duplicate":
                    raise errors.InvalidRequest(_REFUSED % answer.error, path="/albums/" + album_id)

    def _cover_of(self, album_id: str) -> Set[str]:
        cover = self._client.albums.get(album_id).cover
        return set() if cover is None else {cover}

    def _set_cover(self, album_id: str, pairs: Sequence[Pair]) -> None:
        self._client.albums.set_cover(album_id, pairs[0].new.id)

    def _in_link(self, link_id: str) -> Set[str]:
        assets_by_link = self._details.linked([link_id])
        if link_id not in assets_by_link:
            raise errors.NotFound(_GONE, path="/shared-links")
        return assets_by_link[link_id]

    def _add_to_link(self, link_id: str, pairs: Sequence[Pair]) -> None:
        if not self._details.copies_links():
            self._calls.add_to_link(link_id, [pair.new.id for pair in pairs])
            return
        for pair in pairs:
            self._details.copy_links(pair.old.id, pair.new.id)

    def _add_to_memory(self, memory_id: str, pairs: Sequence[Pair]) -> None:
        self._calls.add_to_memory(memory_id, [pair.new.id for pair in pairs])

    def _stack(self) -> None:
        by_old = {pair.old.id: pair for pair in self._left()}
        for members in dict.fromkeys(self.has(pair).stack for pair in by_old.values()):
            self._check_stop()
            if not self._old.removed.isdisjoint(members):
                continue  # nothing is removed before its stack is made, and of those that were removed no successor is known any more
            pairs = [by_old[asset_id] for asset_id in members if asset_id in by_old]
            ids = [by_old[asset_id].new.id if asset_id in by_old else asset_id for asset_id in members if self._stays(asset_id, by_old)]
            if len(ids) < 2 or self._is_stack(ids):
                continue
            try:
                self._client.stacks.create(ids)
                if not self._is_stack(ids):
                    self._lacks(pairs, "the stack")
            except errors.ImmichError as exc:
                self._fail(pairs, exc)

    def _stays(self, asset_id: str, by_old: Mapping[str, Pair]) -> bool:
        """Whether a member of a stack is in it afterwards: those that have moved, and those that lie elsewhere."""
        if asset_id in by_old or asset_id in self._old.listed:
            return asset_id in by_old
        asset = self._client.assets.get(asset_id)
        return asset is not None and not asset.trashed

    def _is_stack(self, asset_ids: Sequence[str]) -> bool:
        """Whether these are in one stack, the first on top."""
        stack_id = self._client.stacks.covered_by(asset_ids[0])
        try:
            return stack_id is not None and self._client.stacks.get(stack_id).members.keys() >= set(asset_ids)
        except errors.NotFound:
            return False

    def _name_faces(self) -> None:
        for pair in self._left():
            if not self.has(pair).people:
                continue
            self._check_stop()
            try:
                wanted = [face for face in self._people.faces(pair.old.id) if face.person is not None]
                missing, new_faces = self._missing_faces(pair.new.id, wanted)
                preview = self._people.preview_size(pair.new.id) if missing else None
                for face in missing:
                    self._name_face(pair.new.id, face, wanted, new_faces, preview or face.shown)
                if missing and self._missing_faces(pair.new.id, wanted)[0]:
                    self._lacks([pair], "a face")
            except errors.ImmichError as exc:
                self._fail([pair], exc)

    def _missing_faces(self, asset_id: str, wanted: Sequence[FoundFace]) -> Tuple[List[FoundFace], List[FoundFace]]:
        """Those of the wanted faces that an asset does not have with their people, and all that it has."""
        new_faces = self._people.faces(asset_id)
        return [face for face in wanted if not any(_is_same(face, other) for other in new_faces)], new_faces

    def _name_face(
        self, asset_id: str, face: FoundFace, wanted: Sequence[FoundFace], new_faces: Sequence[FoundFace], preview: Size
    ) -> None:
        """Names the face that Immich has found on that spot; marks one where it has found none, in a picture of the size of `preview`."""
        for other in new_faces:
            if face.box.is_at(other.box, other.shown) and not any(_is_same(wanted_face, other) for wanted_face in wanted):
                self._people.assign(other.id, _person_of(face))
                return
        self._people.add_face(asset_id, _person_of(face), face.box, preview)

    def _mark_duplicates(self) -> None:
        groups: Dict[str, List[Pair]] = {}
        for pair in self._left():
            group_id = self.has(pair).duplicate
            if group_id is not None and self._group_of(pair) is None:
                groups.setdefault(group_id, []).append(pair)
        for group_id, pairs in groups.items():
            self._check_stop()
            try:
                self._details.mark([pair.new.id for pair in pairs], group_id)
                self._lacks((pair for pair in pairs if self._group_of(pair) is None), "the mark of a duplicate")
            except errors.ImmichError as exc:
                self._fail(pairs, exc)

    def _group_of(self, pair: Pair) -> Optional[str]:
        member = self._client.assets.get(pair.new.id)
        return None if member is None else member.duplicate_id

    def _trash(self) -> None:
        pairs = [pair for pair in self._left() if self.has(pair).trashed and not pair.new.trashed]
        for start in range(0, len(pairs), _writers.ALBUM_BATCH):
            part = pairs[start : start + _writers.ALBUM_BATCH]
            try:
                self._client.assets.trash([pair.new.id for pair in part])
                self._lacks((pair for pair in part if not self._is_in_trash(pair)), "the trash")
            except errors.ImmichError as exc:
                self._fail(part, exc)

    def _is_in_trash(self, pair: Pair) -> bool:
        new = self._client.assets.get(pair.new.id)
        return new is not None and new.trashed

    def _hold_back(self) -> None:
        """Keeps what belongs together with an asset that stays, so that the next run still knows the successors of both."""
        companions: Dict[str, Set[str]] = {}
        for pair in self._pairs:
            videos = filter(None, (self.has(pair).video, pair.old.live_video))
            together = {pair.old.id, *self.has(pair).stack, *videos}
            for asset_id in together:
                companions.setdefault(asset_id, set()).update(together)
        staying = {*self.failed, *self._old.unread}
        held = [pair for pair in self._left() if not staying.isdisjoint(companions[pair.old.id])]
        while held:
            self.failed.update((pair.old.id, errors.ServerFailure(_HELD, path="/assets/" + pair.new.id)) for pair in held)
            staying.update(pair.old.id for pair in held)
            held = [pair for pair in self._left() if not staying.isdisjoint(companions[pair.old.id])]


def values_of(old: values.Asset) -> Dict[str, Any]:
    """What of its own values an asset hands on, by the names of `_assets.plan`: those that it has, since the other may have more."""
    has = old.metadata
    wanted = {
        "description": has.description or None,
        "rating": has.rating,
        "favorite": has.favorite or None,
        "visibility": has.visibility if has.visibility in ("archive", "hidden") else None,
        "position": has.position,
        plan.TAKEN: plan.moment_of(old),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _person_of(face: FoundFace) -> str:
    return "" if face.person is None else face.person.id


def _is_same(face: FoundFace, other: FoundFace) -> bool:
    return _person_of(face) == _person_of(other) and face.box.is_at(other.box, other.shown)
