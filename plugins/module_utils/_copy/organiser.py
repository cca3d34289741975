# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a copy does once the files are on the target."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence

from .. import _ids
from .._client import api, errors
from .._sources import base, facts
from .._sources.server.library import Library
from .._sources.server.source import ServerItem, ServerSource
from .._upload.item_tally import ItemTally
from .._upload.organise.stored_file import PostProcessor, StoredFile, contradiction
from .albums import AlbumCopier
from .context import CopyContext, CopyOptions
from .groups import LivePhotoCopier, StackCopier
from .tags import TagCopier


class CopyOrganiser(PostProcessor):
    """Goes through the source's albums, tags, live photos and stacks once all files are there, and completes what the target lacks.

    It looks at what is on the target, not at what this run brought: so a run after one that was killed does the rest. With `predicting`
    (check mode) nothing is done.
    """

    def __init__(
        self, source: ServerSource, library: Library, target: api.Immich, options: CopyOptions, tally: ItemTally, *, predicting: bool
    ) -> None:
        self._options = options
        self._tally = tally
        self._into_trash = self._stays_in_trash = self._outside = 0
        self._target = target
        self._expected = _ids.CompactMap(_ids.SHA1_SIZE)
        self._predicting = predicting
        context = CopyContext(library, target, tally, predicting, options.selection.trashed, self._moved, self._expected)
        self._albums = AlbumCopier(context, shares=options.share_albums)
        self._tags = TagCopier(context, tags=options.tag_existing, people=options.people_as_tags)
        self._live = LivePhotoCopier(context, source.videos)
        self._stacks = StackCopier(context)

    def look_up(self) -> None:
        """To be called before the first file is sent."""
        self._tags.look_up()

    def is_hidden_video(self, item: base.Item) -> bool:
        """The videos of live photos are hidden on the source as well."""
        return False

    def on_uploaded(self, file: StoredFile) -> None:
        """What is in the trash of the source goes into that of the target before anybody sees it in the timeline."""
        if not (file.fresh and file.certain and self._is_in_trash(file)):
            return
        try:
            error = self._put_into_trash(file)
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            error = exc.with_msg("It is on the target, but not in its trash: %s" % exc.msg)
        if error is None:
            file.trashed = True
        else:
            self._tally.failed(file.item.path, error, item=file.item, asset_id=file.asset_id)

    def needs_work(self, file: StoredFile) -> bool:
        return file.trashed or self._is_in_trash(file) or file.fresh

    def process(self, batch: Sequence[StoredFile]) -> None:
        self.steps += 1
        for one in batch:
            wanted = self._is_in_trash(one)
            self._into_trash += wanted and one.fresh and (one.trashed or one.asset_id is None)
            self._stays_in_trash += one.trashed and not wanted
            self._outside += wanted and not one.trashed and one.asset_id is not None
            if one.fresh and self._predicting:
                self._expected.add(one.item.sha1)
            elif one.fresh:
                self._tags.note_brought(one)
            one.item.facts = facts.NO_FACTS  # the last thousands of items are remembered by their ids

    def finish(self, check_cancelled: Callable[[], None]) -> None:
        if self._stays_in_trash:
            self._tally.warn(
                "%d files are in the trash of the target, and stay there. If you want them, restore them in Immich and run the copy again."
                % self._stays_in_trash
            )
        if self._outside:
            self._tally.warn(
                "%d files are in the trash of the source, and the target has them outside its trash, where they stay." % self._outside
            )
        self._do(check_cancelled, "live photos", self._live.copy)  # before the albums: Immich takes the video of a live photo out of them
        if self._options.create_albums:
            self._do(check_cancelled, "albums", partial(self._albums.copy, with_empty=self._options.selection.is_everything))
        if self._options.tag_existing or self._options.people_as_tags:
            self._do(check_cancelled, "tags", self._tags.copy)
        if self._options.create_stacks:
            self._do(check_cancelled, "stacks", self._stacks.copy)

    @property
    def changed(self) -> bool:
        """Whether anything was done, or would be."""
        stacks = self._stacks.result()
        return bool(self._albums.results or self._tags.results() or self._live.joined or stacks["created"] or stacks["completed"])

    def result(self) -> Dict[str, Any]:
        """The parts of the module's result that are about it."""
        return {
            "albums": self._albums.results,
            "tags": self._tags.results(),
            "live_photos": self._live.joined,
            "stacks": self._stacks.result(),
            "moved_to_trash": self._into_trash,
        }

    def lines(self) -> List[str]:
        """What changes, a line each."""
        into_trash = ["trash: %d added" % self._into_trash] * bool(self._into_trash)
        return [*into_trash, *self._albums.lines(), *self._tags.lines(), *self._stacks.lines()]

    def _do(self, check_cancelled: Callable[[], None], what: str, copy: Callable[[], None]) -> None:
        """A failure that would not stop the others is reported to the tally."""
        check_cancelled()
        try:
            copy()
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            self._tally.failed(what, exc.with_msg("Not all of them were copied: %s" % exc.msg))

    def _put_into_trash(self, file: StoredFile) -> Optional[errors.ImmichError]:
        """Returns what is wrong where the server does not confirm that the id is this file's: it could be that of any other photo."""
        sha1, asset_id = file.item.sha1.hex(), str(file.asset_id)
        found = self._target.assets.check([sha1]).get(sha1)
        now = contradiction(found, asset_id)
        if now is not None:
            return errors.ImmichError(
                "It was copied, but not put into the trash of the target: Immich %s now. A proxy in front of it may be serving cached "
                "responses, or the asset was deleted meanwhile. Look for it on the target, and put it into the trash there." % now
            )
        if found is not None and not found.trashed:
            self._target.assets.trash([asset_id])
        return None

    def _is_in_trash(self, file: StoredFile) -> bool:
        """Whether a file is to be in the trash of the target, as it is in that of the source."""
        return self._options.selection.trashed and isinstance(file.item, ServerItem) and file.item.trashed

    def _moved(self) -> None:
        self.steps += 1
