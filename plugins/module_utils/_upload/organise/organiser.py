# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done with files once the server has them: out of the trash, into albums, tags, and away from the local disk.

In batches while files arrive, so that an interrupted run leaves little undone; the next run does the rest, since it looks at
files that the server had before as well.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ..._client import api, errors
from ..._ids import pack_id
from ..._run.tally import Tally
from ..._sources import base, facts
from ..options import Options
from .albums import Albums, Target
from .live import LivePhotos
from .stored_file import Hidden, PostProcessor, StoredFile, without_repeats

if TYPE_CHECKING:
    from .completion import Completion
    from .removal import Removal
    from .stacks import Stacking
    from .tags import Tagging

# Assets in one call.
_AT_ONCE = 1000

NO_STACKS = {"created": 0, "completed": 0, "cover_changed": 0, "left_alone": 0}

_NOT_JOINED = "It is not joined with the other half of its live photo: "
_NOT_IN_ALBUM = "It is not in its album '%s': "
_WITHOUT_TAGS = "It does not have its tags: "
_NOT_COMPLETED = "Its metadata was not completed: "

# What went wrong with a file, by the identity of its `StoredFile`.
Failed = Dict[int, errors.ImmichError]


class Organiser(PostProcessor):
    """Does it, or with `predicting` only finds out what it would do. Used by one thread. `kinds` are those of the extensions."""

    def __init__(self, client: api.Immich, options: Options, kinds: Mapping[str, str], tally: Tally, *, predicting: bool) -> None:
        self._client = client
        self._options = options
        self._tally = tally
        self._predicting = predicting
        key = options.album_id or options.album
        self._album = (facts.ExportAlbum(key, "", ""),) if key else ()  # of every file
        self._albums = Albums(client, album_id=options.album_id, predicting=predicting)
        self.live = LivePhotos(client, tally, wanted=options.visibility != "locked", predicting=predicting)
        self._hidden = Hidden(client, all_are_meant_to=options.visibility == "hidden")
        self._kinds = kinds
        self._tagging: Optional[Tagging] = self._new_tagging() if options.tags else None
        self._stacking: Optional[Stacking] = self._new_stacking() if options.stack else None
        self._completion: Optional[Completion] = self._new_completion() if options.existing_metadata == "complete" else None
        self._removal: Optional[Removal] = self._new_removal() if options.delete_local else None
        self._unsure: Set[bytes] = set()  # assets that may not have their tags yet
        self._postponed: List[StoredFile] = []  # files that are deleted once it is sure that they have their tags

    def look_up(self) -> None:
        """Finds out early about an album that does not exist or a name that is not clear, and about the tags."""
        for album in self._album:
            self._albums.target(album.name)
        if self._tagging is not None:
            self._tagging.look_up()

    def is_hidden_video(self, item: base.Item) -> bool:
        return self.live.is_hidden_video(item)

    def needs_work(self, file: StoredFile) -> bool:
        about = file.item.facts
        return self._options.organises or file.item.live is not None or bool(about.albums or about.stack)

    def process(self, batch: Sequence[StoredFile]) -> None:
        self.steps += 1
        failed: Failed = {}
        self._restore([one for one in batch if one.trashed], failed)
        active = [one for one in batch if (not one.trashed or self._options.restores_trashed) and id(one) not in failed]
        pairs = self.live.pairs_of(active)
        for still, video in pairs:
            with _noting(_NOT_JOINED, (still, video), failed):
                self.live.join(still, video)
        shown = self.live.without_videos(active)
        self._fill_albums(shown, failed)
        self._note_stacks(shown)
        if self._tagging is not None:
            with _noting(_WITHOUT_TAGS, shown, failed):
                self._unsure |= self._tagging.process(shown)
        here = {id(one) for one in active}
        earlier = [one for pair in pairs for one in pair if id(one) not in here]
        if self._completion is not None:
            self._completion.note_new(active)
            for one in [*active, *earlier]:
                with _noting(_NOT_COMPLETED, (one,), failed):
                    self._completion.complete(one)
        self._tell([*batch, *earlier], failed)
        if self._removal is not None:
            complete = [one for one in (*active, *earlier) if not self.live.is_waiting(one)]
            safe = [one for one in complete if one.item.can_be_deleted and not one.keep]
            self._postponed += [one for one in safe if one.key in self._unsure]
            self._removal.delete([one for one in safe if one.key not in self._unsure])

    def finish(self) -> None:
        if self._stacking is not None:
            self._stacking.finish()
        if self._tagging is not None:
            failed: Failed = {}
            unsure = self._tagging.unsure
            left = {one.key for one in unsure}
            with _noting(_WITHOUT_TAGS, unsure, failed):
                left = self._tagging.finish()
            self._tell(unsure, failed)
            if self._removal is not None:
                self._removal.delete([one for one in self._postponed if one.key not in left and not one.keep])
        if self._completion is not None:
            self._completion.finish()

    def albums(self) -> List[Dict[str, Any]]:
        """The albums that were made or added to."""
        return [target.result() for target in list(self._albums.targets.values()) if target.added or target.made]

    def tags(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return self._tagging.results() if self._tagging is not None else []

    def stacks(self) -> Dict[str, int]:
        """How many stacks were made, completed, given another cover, and left alone."""
        return self._stacking.result() if self._stacking is not None else dict(NO_STACKS)

    def lines_of_stacks(self) -> List[str]:
        """The stacks that change, a line each."""
        return self._stacking.lines() if self._stacking is not None else []

    # Most uploads do without these, and each module that is loaded is compiled again on every run.
    def _new_tagging(self) -> Tagging:
        from .tags import Tagging

        return Tagging(self._client, self._options, self._tally, self._hidden, predicting=self._predicting)

    def _new_completion(self) -> Completion:
        from .completion import Completion

        return Completion(self._client, self._options, self._kinds, self._tally, predicting=self._predicting)

    def _new_stacking(self) -> Stacking:
        from .stacks import Stacking

        return Stacking(self._client, self._options, self._kinds, self._tally, predicting=self._predicting)

    def _new_removal(self) -> Removal:
        from .removal import Removal

        return Removal(self._client.assets, self._tally, predicting=self._predicting)

    def _note_stacks(self, files: Sequence[StoredFile]) -> None:
        if self._stacking is None and any(one.item.facts.stack is not None for one in files):
            self._stacking = self._new_stacking()
        if self._stacking is not None:
            self._stacking.note(files)

    def _tell(self, files: Sequence[StoredFile], failed: Failed) -> None:
        for one in files:
            error = failed.get(id(one))
            if error is not None:
                one.keep = True
                self._tally.failed(one.item.path, error, item=one.item, asset_id=one.asset_id)

    def _restore(self, files: Sequence[StoredFile], failed: Failed) -> None:
        if not files or not self._options.restores_trashed:
            return
        with _noting("It is still in the trash: ", files, failed):
            if not self._predicting:
                self._client.assets.restore([str(one.asset_id) for one in without_repeats(files)])
            self._tally.was_restored([one.item for one in files])

    def _fill_albums(self, active: Sequence[StoredFile], failed: Failed) -> None:
        by_album: Dict[str, List[StoredFile]] = {}
        wanted: Dict[str, facts.ExportAlbum] = {}
        for one in active:
            for album in self._albums_of(one.item):
                by_album.setdefault(album.key, []).append(one)
                wanted.setdefault(album.key, album)
        lacking: Dict[str, List[StoredFile]] = {}
        made: Dict[str, Target] = {}
        for key, files in by_album.items():
            with _noting(_NOT_IN_ALBUM % wanted[key].name, files, failed):
                part = self._lacking(self._albums.target(key, wanted[key]), files)
                if part and not self._predicting:
                    made.update(self._make(key))
                lacking[key] = part
        agreed = not made
        names = "', '".join(target.name for target in made.values())
        with _noting(_NOT_IN_ALBUM % names, [one for key in made for one in by_album.get(key, ())], failed):
            self._albums.merge_concurrent_creations(list(made.values()))
            agreed = True
        for key in [key for key in lacking if agreed or key not in made]:
            with _noting(_NOT_IN_ALBUM % wanted[key].name, by_album[key], failed):
                self._add(self._albums.target(key), lacking[key], by_album[key], failed)

    def _albums_of(self, item: base.Item) -> Tuple[facts.ExportAlbum, ...]:
        return self._album or item.albums

    def _make(self, key: str) -> Dict[str, Target]:
        """The album if it had to be made, with those that had to be made before it."""
        target = self._albums.target(key)
        if target.id is not None:
            return {}
        made: Dict[str, Target] = {}
        for album in target.wanted.before:
            earlier = self._albums.target(album.key, album)
            if earlier.id is None:
                earlier.make()
                made[album.key] = earlier
        target.make()
        return {**made, key: target}

    def _lacking(self, target: Target, files: Sequence[StoredFile]) -> List[StoredFile]:
        return self._hidden.left_out([one for one in without_repeats(files) if target.members.lacks(one)])

    def _add(self, target: Target, lacking: Sequence[StoredFile], files: Sequence[StoredFile], failed: Failed) -> None:
        for start in range(0, len(lacking), _AT_ONCE):
            part = lacking[start : start + _AT_ONCE]
            if self._predicting:
                target.added += len(part)
            else:
                self._send_to(target, part, files, failed)
            target.members.add(part)

    def _send_to(self, target: Target, part: Sequence[StoredFile], files: Sequence[StoredFile], failed: Failed) -> None:
        answers = self._albums.add(target, [str(one.asset_id) for one in part])
        target.added += sum(answer.success for answer in answers)
        refused = {pack_id(answer.id): answer.error for answer in answers if not answer.success and answer.error != "duplicate"}
        if not refused:
            return
        for one in files:
            word = refused.get(one.key)
            if word is None:
                continue
            if one.fresh:
                failed[id(one)] = errors.InvalidRequest("It is not in its album '%s': Immich answered %s." % (target.name, word))
            else:
                one.keep = True
                self._tally.warn(
                    "Some files that were there before are not in album '%s': Immich answered %s, as it does for what "
                    "lies in the locked folder." % (target.name, word)
                )


@contextmanager
def _noting(what: str, files: Sequence[StoredFile], failed: Failed) -> Iterator[None]:
    """A failure that is only about these files is noted for each of them; one that would stop the whole run goes on."""
    try:
        yield
    except errors.ImmichError as exc:
        if exc.fatal:
            raise
        error = exc.with_msg(what + exc.msg)
        failed.update((id(one), error) for one in files)


ALBUM_SCOPES = {
    "album.read": "find albums",
    "album.create": "make albums",
    "albumAsset.create": "add to albums",
    "asset.read": "see what is in them already",
}
"""The scopes for albums that are known by their names."""


def scopes(options: Options) -> Dict[str, str]:
    """The scopes that a run needs, each with what it is for. An export's albums come to light later."""
    wanted = {"asset.upload": "check and upload files"}
    if options.stack:
        from ..._stacks.plan import COVER_SCOPES, SCOPES  # only here, as Stacking

        wanted.update(COVER_SCOPES if options.stack_cover else SCOPES)
    if options.album_id:
        wanted.update(ALBUM_SCOPES, **{"album.read": "find the album"})
        del wanted["album.create"]
    elif options.has_albums:
        wanted.update(ALBUM_SCOPES)
    if options.tags:
        wanted.update({"tag.read": "find tags", "tag.create": "make tags", "tag.asset": "tag files"})
        wanted.setdefault("asset.read", "see what has them already")
    if options.existing_metadata == "complete":
        wanted.update({"asset.update": "complete metadata"})
        wanted.setdefault("asset.read", "see what is there already")
    if options.restores_trashed:
        wanted["asset.delete"] = "take files out of the trash"
    return wanted
