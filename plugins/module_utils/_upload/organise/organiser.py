# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done with files once the server has them: out of the trash, into albums, tags, and away from the local disk.

In batches while files arrive, so that an interrupted run leaves little undone; the next run does the rest, since it looks at
files that the server had before as well.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Set

from ... import _ids
from ..._client import api
from ..._files import base
from ..._metadata.faces import FACES
from ..._run.tally import added_lines
from .. import item_tally
from ..options import UploadOptions
from . import stored

if TYPE_CHECKING:
    from ..._people.write import FaceWriter
    from . import albums, completion, live, removal, stacks, tags

_NO_PEOPLE = {"created": 0, "faces_added": 0, "faces_named": 0}
_NO_STACKS = {"created": 0, "completed": 0, "cover_changed": 0, "left_alone": 0}

_NOT_JOINED = "It is not joined with the other half of its live photo"
_WITHOUT_TAGS = "It does not have its tags"
_NOT_COMPLETED = "Its metadata was not completed"
_LOCKED_IN_TRASH = "Some files stay in the trash: they were in Immich's locked folder, and what was in it can only be restored in Immich."

Files = Sequence[stored.StoredFile]


class Organiser(stored.PostProcessor):
    """Applies the changes; in check mode only computes them. Used by one thread. `media_types` are those of the extensions.

    What a run does not need is not loaded: each module that is loaded is compiled again on every run.
    """

    def __init__(
        self,
        client: api.Immich,
        options: UploadOptions,
        media_types: Mapping[str, str],
        tally: item_tally.ItemTally,
        resume_previews: Callable[[Callable[[], None]], None] = lambda _check_cancelled: None,
        *,
        predicting: bool,
    ) -> None:
        """For `resume_previews` see `FaceWriter`."""
        self._client = client
        self._options = options
        self._media_types = media_types
        self._tally = tally
        self._predicting = predicting
        self._lock = threading.Lock()
        self._live: Optional[live.LivePhotos] = None
        self._hidden: Optional[live.HiddenAssets] = None
        self._albums: Optional[albums.AlbumFiller] = None
        self._tagging: Optional[tags.Tagging] = None
        self._stacking: Optional[stacks.Stacking] = None
        self._completion: Optional[completion.Completion] = None
        self._removal: Optional[removal.Removal] = None
        self._resume_previews = resume_previews
        self._faces: Optional[FaceWriter] = None
        self._shown: Dict[bytes, stored.StoredFile] = {}  # photos of which it is known who is in them, and where
        # Assets that get their stacks, tags or people at the end of the run, and their files, which are taken away after that: a later run
        # does what this one does not come to, and needs them for it.
        self._unfinished = _ids.CompactMap(_ids.ID_SIZE)
        self._postponed: List[stored.StoredFile] = []
        self._kept = {"kept_for_stacks": 0, "kept_for_people": 0}

    def look_up(self) -> None:
        """Finds out early about an album that does not exist or a name that is not clear, and about the tags."""
        options = self._options
        if options.has_albums:
            self._album_filler().look_up()
        if options.has_tags:
            from . import tags

            self._tagging = tags.Tagging(self._client, options, self._tally, self._hidden_assets(), predicting=self._predicting)
            self._tagging.look_up()
        if options.stack:
            self._stacking = self._new_stacking()
        if options.existing_metadata == "complete":
            from . import completion

            self._completion = completion.Completion(self._client, options, self._media_types, self._tally, predicting=self._predicting)
        if options.removes_local:
            from . import removal

            self._removal = removal.Removal(
                self._client.assets, self._tally, self._note_activity, move_to=options.move_to, predicting=self._predicting
            )

    def is_hidden_video(self, item: base.Item) -> bool:
        return item.live is not None and self._live_photos().is_sent_hidden(item)

    def needs_work(self, file: stored.StoredFile) -> bool:
        item_facts = file.item.facts
        shows_people = self._options.takes_people and item_facts.metadata.faces is not None
        return self._options.organises or file.item.live is not None or shows_people or bool(item_facts.albums or item_facts.stack)

    def process(self, batch: Files) -> None:
        self.steps += 1
        failed: stored.Failed = {}
        restored = {id(file) for file in self._restore([file for file in batch if file.trashed], failed)}
        active = [file for file in batch if not file.trashed or id(file) in restored]
        earlier = self._join_live_photos(active, failed)
        shown = self._live.without_videos(active) if self._live is not None else active
        if self._options.has_albums or any(file.item.albums for file in shown):
            self._album_filler().fill(shown, failed)
        self._unfinished.update(file.key for file in self._note_stacks(shown))
        if self._options.takes_people:
            showing = {file.key: file for file in shown if file.item.facts.metadata.faces is not None}
            self._shown.update(showing)
            self._unfinished.update(showing)
        if self._tagging is not None:
            with stored.noting(_WITHOUT_TAGS, shown, failed):
                self._unfinished.update(self._tagging.process(shown))
        if self._completion is not None:
            self._completion.note_new(active)
            for file in [*active, *earlier]:
                with stored.noting(_NOT_COMPLETED, (file,), failed):
                    self._completion.complete(file)
        self._report([*batch, *earlier], failed)
        self._remove([*active, *earlier])

    def finish(self, check_cancelled: Callable[[], None]) -> None:
        unstacked = self._stacking.finish(self._tally.failed_items, self._tally.unread_paths) if self._stacking is not None else set()
        check_cancelled()
        untagged = self._finish_tagging()
        check_cancelled()
        if self._completion is not None:
            self._completion.finish()
        unmarked: Set[bytes] = set()
        if self._shown:
            check_cancelled()
            unmarked = self._finish_faces(check_cancelled)
        if self._removal is not None:
            check_cancelled()
            left = [file for file in self._postponed if file.key not in untagged and not file.keep]
            left.sort(key=lambda file: file.item.path)  # what lies in one folder comes together
            for name, keys in (("kept_for_stacks", unstacked), ("kept_for_people", unmarked)):
                self._kept[name] = sum(file.key in keys for file in left)
                left = [file for file in left if file.key not in keys]
            self._removal.remove(left, check_cancelled)

    def close(self) -> None:
        """Gives back what is open, also after a run that failed."""
        if self._stacking is not None:
            self._stacking.close()

    def result(self) -> Dict[str, Any]:
        """The parts of the module's result that are about it."""
        return {
            "albums": self._albums.results() if self._albums is not None else [],
            "tags": self._tagging.results() if self._tagging is not None else [],
            "tags_to_be_read": self._tagging.to_be_read if self._tagging is not None else 0,
            "live_photos": self._live.joined if self._live is not None else 0,
            "stacks": self._stacking.result() if self._stacking is not None else dict(_NO_STACKS),
            "people": self._faces.result() if self._faces is not None else dict(_NO_PEOPLE),
            **self._kept,
        }

    def lines(self) -> List[str]:
        """What changes, a line each."""
        result = self.result()
        return [
            *added_lines("album", result["albums"]),
            *added_lines("tag", result["tags"]),
            *(self._stacking.lines() if self._stacking is not None else ()),
            *(self._faces.lines() if self._faces is not None else ()),
        ]

    def _live_photos(self) -> live.LivePhotos:
        """From any thread."""
        with self._lock:
            if self._live is None:
                from . import live

                wanted, all_are_hidden = self._options.visibility != "locked", self._options.visibility == "hidden"
                self._live = live.LivePhotos(
                    self._client, self._tally, wanted=wanted, all_are_hidden=all_are_hidden, predicting=self._predicting
                )
            return self._live

    def _hidden_assets(self) -> live.HiddenAssets:
        if self._hidden is None:
            from . import live

            all_are_meant_to, trash = self._options.visibility == "hidden", self._options.restores_trashed
            self._hidden = live.HiddenAssets(self._client, self._tally, all_are_meant_to=all_are_meant_to, trash=trash)
        return self._hidden

    def _album_filler(self) -> albums.AlbumFiller:
        if self._albums is None:
            from . import albums

            names, ids = self._options.album_names, self._options.album_ids
            finder = albums.AlbumFinder(self._client, ids=ids, predicting=self._predicting, trash=self._options.restores_trashed)
            self._albums = albums.AlbumFiller(finder, self._tally, self._hidden_assets(), keys=[*names, *ids], predicting=self._predicting)
        return self._albums

    def _new_stacking(self) -> stacks.Stacking:
        from . import stacks

        return stacks.Stacking(
            self._client, self._options, self._media_types, self._tally, self._note_activity, predicting=self._predicting
        )

    def _join_live_photos(self, files: Files, failed: stored.Failed) -> List[stored.StoredFile]:
        """Joins the pairs that are whole now; returns the halves that came in an earlier batch."""
        if all(file.item.live is None for file in files):
            return []
        pairs = self._live_photos().pairs_of(files)
        for still, video in pairs:
            with stored.noting(_NOT_JOINED, (still, video), failed):
                self._live_photos().join(still, video)
        current_ids = {id(file) for file in files}
        return [file for pair in pairs for file in pair if id(file) not in current_ids]

    def _note_stacks(self, files: Files) -> Files:
        """The files that may be in a stack."""
        if self._stacking is None and any(file.item.facts.stack is not None for file in files):
            self._stacking = self._new_stacking()
        return self._stacking.note(files) if self._stacking is not None else ()

    def _finish_tagging(self) -> Set[bytes]:
        """The assets of which it is not sure that they have their tags."""
        if self._tagging is None:
            return set()
        failed: stored.Failed = {}
        unsure = self._tagging.unsure
        left = {file.key for file in unsure}
        with stored.noting(_WITHOUT_TAGS, unsure, failed):
            left = self._tagging.finish()
        self._report(unsure, failed)
        return left

    def _finish_faces(self, check_cancelled: Callable[[], None]) -> Set[bytes]:
        """The assets that may not show all of their people."""
        from ..._people.write import FaceWriter

        self._faces = FaceWriter(
            self._client,
            self._tally.warn,
            self._tally.failed,
            self._note_activity,
            self._resume_previews,
            adds=self._options.with_people == FACES,
            predicting=self._predicting,
        )
        for file in self._shown.values():
            check_cancelled()
            faces = file.item.facts.metadata.faces
            self._faces.note(file.item.path, file.asset_id, faces.faces if faces is not None else ())
        self._faces.write(check_cancelled)
        return {key for key, file in self._shown.items() if file.item.path in self._faces.incomplete}

    def _remove(self, files: Files) -> None:
        """Deletes or moves the local files, if that is asked for, or postpones it until it is sure that nothing is left to do with them."""
        if self._removal is None:
            return
        complete = [file for file in files if self._live is None or not self._live.is_waiting(file)]
        safe = [file for file in complete if file.item.can_be_removed and not file.keep]
        self._postponed += [file for file in safe if file.key in self._unfinished]
        self._removal.remove([file for file in safe if file.key not in self._unfinished])

    def _note_activity(self) -> None:
        self.steps += 1

    def _report(self, files: Files, failed: stored.Failed) -> None:
        for file in files:
            error = failed.get(id(file))
            if error is not None:
                file.keep = True
                self._tally.failed(file.item.path, error, item=file.item, asset_id=file.asset_id, counted=True)

    def _restore(self, files: List[stored.StoredFile], failed: stored.Failed) -> List[stored.StoredFile]:
        """Takes files out of the trash if that is asked for; returns those that were taken out. One that is locked would fail all."""
        if not files or not self._options.restores_trashed:
            return []
        restored: List[stored.StoredFile] = []
        with stored.noting("It is still in the trash", files, failed):
            within = self._hidden_assets().locked.exclude_from(files, _LOCKED_IN_TRASH)
            if within and not self._predicting:
                self._client.assets.restore([str(file.asset_id) for file in stored.without_repeats(within)])
            self._tally.was_restored([file.item for file in within])
            restored += within
        return restored


ALBUM_SCOPES = {
    "album.read": "find albums",
    "album.create": "make albums",
    "albumAsset.create": "add to albums",
    "asset.read": "see what is in them already",
}
"""The scopes for albums that are known by their names."""


def has_changes(result: Mapping[str, Any]) -> bool:
    """Whether a result of the organiser's says that anything was done, or would be."""
    stacked = any(count for action, count in result["stacks"].items() if action != "left_alone")
    return bool(result["albums"] or result["tags"] or result["live_photos"] or stacked or any(result["people"].values()))


def scopes(options: UploadOptions) -> Dict[str, str]:
    """The scopes that a run needs, each with what it is for. An export's albums come to light later."""
    wanted = {"asset.upload": "check and upload files"}
    if options.stack:
        from ..._stacks import planning  # only here, as above

        wanted.update(planning.COVER_SCOPES if options.stack_cover else planning.SCOPES)
    if options.has_albums:
        wanted.update(ALBUM_SCOPES)
        if not options.album and not options.makes_albums:
            wanted["album.read"] = "find the album"
            del wanted["album.create"]
    if options.has_tags:
        wanted.update({"tag.read": "find tags", "tag.create": "make tags", "tag.asset": "tag files"})
        wanted.setdefault("asset.read", "see what has them already")
    if options.existing_metadata == "complete":
        wanted.update({"asset.update": "complete metadata"})
        wanted.setdefault("asset.read", "see what is there already")
    if options.restores_trashed:
        wanted["asset.delete"] = "take files out of the trash"
    return wanted
