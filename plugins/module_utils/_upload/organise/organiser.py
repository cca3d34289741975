# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done with files once the server has them: out of the trash, into albums, tags, and away from the local disk.

In batches while files arrive, so that an interrupted run leaves little undone; the next run does the rest, since it looks at
files that the server had before as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Set

from ..._client import api
from ..._sources import base
from ..item_tally import ItemTally
from ..options import Options
from .albums import AlbumFiller
from .live import LivePhotos
from .removal import Removal
from .stored_file import Failed, Hidden, PostProcessor, StoredFile, noting, without_repeats
from .tags import Tagging

if TYPE_CHECKING:
    from .completion import Completion
    from .stacks import Stacking

NO_STACKS = {"created": 0, "completed": 0, "cover_changed": 0, "left_alone": 0}

_NOT_JOINED = "It is not joined with the other half of its live photo"
_WITHOUT_TAGS = "It does not have its tags"
_NOT_COMPLETED = "Its metadata was not completed"


class Organiser(PostProcessor):
    """Applies the changes; in check mode only computes them. Used by one thread. `kinds` are those of the extensions."""

    def __init__(self, client: api.Immich, options: Options, kinds: Mapping[str, str], tally: ItemTally, *, predicting: bool) -> None:
        self._client = client
        self._options = options
        self._tally = tally
        self._predicting = predicting
        self.live = LivePhotos(client, tally, wanted=options.visibility != "locked", predicting=predicting)
        self._hidden = Hidden(client, all_are_meant_to=options.visibility == "hidden")
        self._albums = AlbumFiller(client, tally, self._hidden, album=options.album, album_id=options.album_id, predicting=predicting)
        self._kinds = kinds
        self._tagging: Optional[Tagging] = self._new_tagging() if options.tags else None
        self._stacking: Optional[Stacking] = self._new_stacking() if options.stack else None
        self._completion: Optional[Completion] = self._new_completion() if options.existing_metadata == "complete" else None
        self._removal: Optional[Removal] = self._new_removal() if options.delete_local else None
        self._unsure: Set[bytes] = set()  # assets that may not have their tags yet
        self._postponed: List[StoredFile] = []  # files that are deleted once it is sure that they have their tags

    def look_up(self) -> None:
        """Finds out early about an album that does not exist or a name that is not clear, and about the tags."""
        self._albums.look_up()
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
            with noting(_NOT_JOINED, (still, video), failed):
                self.live.join(still, video)
        shown = self.live.without_videos(active)
        self._albums.fill(shown, failed)
        self._note_stacks(shown)
        if self._tagging is not None:
            with noting(_WITHOUT_TAGS, shown, failed):
                self._unsure |= self._tagging.process(shown)
        here = {id(one) for one in active}
        earlier = [one for pair in pairs for one in pair if id(one) not in here]
        if self._completion is not None:
            self._completion.note_new(active)
            for one in [*active, *earlier]:
                with noting(_NOT_COMPLETED, (one,), failed):
                    self._completion.complete(one)
        self._report([*batch, *earlier], failed)
        if self._removal is not None:
            complete = [one for one in (*active, *earlier) if not self.live.is_waiting(one)]
            safe = [one for one in complete if one.item.can_be_deleted and not one.keep]
            self._postponed += [one for one in safe if one.key in self._unsure]
            self._removal.delete([one for one in safe if one.key not in self._unsure])

    def finish(self, check_cancelled: Callable[[], None]) -> None:
        if self._stacking is not None:
            self._stacking.finish()
        check_cancelled()
        if self._tagging is not None:
            failed: Failed = {}
            unsure = self._tagging.unsure
            left = {one.key for one in unsure}
            with noting(_WITHOUT_TAGS, unsure, failed):
                left = self._tagging.finish()
            self._report(unsure, failed)
            if self._removal is not None:
                self._removal.delete([one for one in self._postponed if one.key not in left and not one.keep])
        check_cancelled()
        if self._completion is not None:
            self._completion.finish()

    def albums(self) -> List[Dict[str, Any]]:
        """The albums that were made or added to."""
        return self._albums.results()

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
        return Tagging(self._client, self._options, self._tally, self._hidden, predicting=self._predicting)

    def _new_completion(self) -> Completion:
        from .completion import Completion

        return Completion(self._client, self._options, self._kinds, self._tally, predicting=self._predicting)

    def _new_stacking(self) -> Stacking:
        from .stacks import Stacking

        return Stacking(self._client, self._options, self._kinds, self._tally, self._moved, predicting=self._predicting)

    def _new_removal(self) -> Removal:
        return Removal(self._client.assets, self._tally, predicting=self._predicting)

    def _note_stacks(self, files: Sequence[StoredFile]) -> None:
        if self._stacking is None and any(one.item.facts.stack is not None for one in files):
            self._stacking = self._new_stacking()
        if self._stacking is not None:
            self._stacking.note(files)

    def _moved(self) -> None:
        self.steps += 1

    def _report(self, files: Sequence[StoredFile], failed: Failed) -> None:
        for one in files:
            error = failed.get(id(one))
            if error is not None:
                one.keep = True
                self._tally.failed(one.item.path, error, item=one.item, asset_id=one.asset_id)

    def _restore(self, files: Sequence[StoredFile], failed: Failed) -> None:
        if not files or not self._options.restores_trashed:
            return
        with noting("It is still in the trash", files, failed):
            if not self._predicting:
                self._client.assets.restore([str(one.asset_id) for one in without_repeats(files)])
            self._tally.was_restored([one.item for one in files])


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
