# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole copy from one server to another, which is what the module calls, and what it does once the files are on the target."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, Sequence

from .. import _ids
from .._client import api, errors
from .._deletions.confirm import confirm
from .._files import base, facts
from .._metadata.faces import FACES, NONE
from .._people.read import FaceReader, scopes_to_read
from .._people.write import Check, FaceWriter, scopes_to_write
from .._run import report
from .._run.files_run import FilesRun, Hooks, run_files
from .._selection.library import Library
from .._stacks.planning import SCOPES
from .._upload import pipeline
from .._upload.item_tally import ItemTally
from .._upload.options import TransferOptions
from .._upload.organise import stored
from . import groups
from .context import CopyContext, CopyOptions
from .people import copy_people
from .server_source import ServerItem, ServerSource
from .tags import TagCopier

Result = Dict[str, Any]

COPY = report.Verb("copy", "copied")


def copy(source: api.Immich, target: api.Immich, options: CopyOptions, hooks: Hooks, *, check_mode: bool) -> Result:
    """Copies what `options` say; returns the module's result. Raises as `run_files`. `source` may be a client that only reads."""
    return run_files(_CopyJob(source, target, options), hooks, check_mode=check_mode)


class _CopyJob(pipeline.PipelineJob):
    verb = COPY

    def __init__(self, source: api.Immich, target: api.Immich, options: CopyOptions) -> None:
        self.client = target
        self.options: CopyOptions = options
        self.tally: ItemTally = ItemTally(self.verb, return_assets=options.return_assets)
        self._source = source
        self._library = Library(source, options.selection)

    def check(self) -> None:
        self.options.selection.check()

    def connect(self) -> None:
        source, target, options = self._source, self.client, self.options
        source.version  # noqa: B018  # a server that is not supported is reported before all else
        target.version  # noqa: B018  # as above
        source.require(_source_scopes(source, options))
        target.require(_target_scopes(options))
        if options.selection.trashed and not target.server.features().get("trash", True):
            raise errors.InvalidRequest(
                "The trash of the target is switched off, so that it would delete for good what is put there. Switch it on in Immich's "
                "administration, under Settings → Trash Settings, or leave out O(source_trash).",
                options=("source_trash",),
            )
        if source.connection.root == target.connection.root and self._library.owner == target.server.me().id:
            raise errors.InvalidRequest(
                "The source and the target are the same account. Check O(source_url) and O(source_api_key).",
                options=("source_url", "source_api_key"),
            )
        self._library.ids  # noqa: B018  # a name that is not known is reported before all else, too

    def prepare(self, run: FilesRun) -> None:
        options = self.options
        self._items = ServerSource(self._library, self.tally, people=options.with_people != NONE)
        faces = FaceReader(self._source)
        self._organiser = CopyOrganiser(
            self._items, self._library, faces, self.client, options, self.tally, run.hooks.resume_previews, predicting=run.check_mode
        )
        self._organiser.look_up()
        transfer = TransferOptions(
            concurrency=options.concurrency, bandwidth_limit=options.bandwidth_limit, people_as_tags=options.people_as_tags
        )
        self._pipeline = pipeline.Pipeline(run, self.client, transfer, self._items, frozenset(), None, self.tally, self._organiser)

    def result(self) -> Result:
        organised = self._organiser.result()
        result = self.tally.result(organised["albums"], organised["tags"])
        for never in ("restored", "deleted_local", "moved_local", "missing_paths"):
            del result["counts"][never]
        del result["metadata_completed"]
        result.update(
            changed=bool(self.tally.changed or self._organiser.changed),
            not_copied=dict(sorted(self._items.not_copied.items())),
            **organised,
        )
        return result

    def lines(self) -> List[str]:
        return [*self.tally.lines(), *self._organiser.lines()]


def _source_scopes(source: api.Immich, options: CopyOptions) -> Dict[str, str]:
    wanted = {**options.selection.scopes(), "asset.download": "download originals"}
    if options.create_albums:
        wanted["album.read"] = "read the albums"
    if options.tag_existing:
        wanted["tag.read"] = "read the tags"
    if options.people_as_tags:
        wanted["person.read"] = "read the names of people"
    if options.create_stacks:
        wanted["stack.read"] = "read the stacks"
    return wanted if options.with_people == NONE else {**scopes_to_read(source), **wanted}


def _target_scopes(options: CopyOptions) -> Dict[str, str]:
    wanted = {
        "user.read": "tell whose account it is",
        "asset.upload": "check and upload files",
        "asset.read": "see what is there already",
        "asset.update": "join live photos",
    }
    if options.selection.trashed:
        wanted["asset.delete"] = "put into the trash what is in that of the source"
    if options.create_albums:
        wanted.update(
            {
                "album.read": "find albums",
                "album.create": "make albums",
                "album.update": "describe and sort albums",
                "albumAsset.create": "add to albums",
            }
        )
        if options.share_albums:
            wanted["albumUser.create"] = "share albums"
    if options.tag_existing or options.people_as_tags:
        wanted.update({"tag.read": "find tags", "tag.create": "make tags", "tag.asset": "tag files"})
    if options.create_stacks:
        wanted = {**SCOPES, **wanted}
    return wanted if options.with_people == NONE else {**scopes_to_write(adds=options.with_people == FACES), **wanted}


class CopyOrganiser(stored.PostProcessor):
    """Goes through the source's albums, tags, live photos, stacks and people once all files are there, and completes what the target lacks.

    It looks at what is on the target, not at what this run brought: so a run after one that was killed does the rest. With `predicting`
    (check mode) nothing is done.
    """

    def __init__(
        self,
        source: ServerSource,
        library: Library,
        faces: FaceReader,
        target: api.Immich,
        options: CopyOptions,
        tally: ItemTally,
        resume_previews: Callable[[Check], None],
        *,
        predicting: bool,
    ) -> None:
        """For `resume_previews` see `FaceWriter`."""
        self._options = options
        self._tally = tally
        self._into_trash = self._stays_in_trash = self._outside = 0
        self._target = target
        self._expected = _ids.CompactMap(_ids.SHA1_SIZE)
        self._predicting = predicting
        context = CopyContext(library, target, tally, predicting, options.selection.trashed, self._note_activity, self._expected)
        self._albums = groups.AlbumCopier(context, shares=options.share_albums)
        self._tags = TagCopier(context, tags=options.tag_existing, people=options.people_as_tags)
        self._live = groups.LivePhotoCopier(context, source.videos)
        self._stacks = groups.StackCopier(context)
        adds = options.with_people == FACES
        self._faces = FaceWriter(target, tally.warn, tally.failed, self._note_activity, resume_previews, adds=adds, predicting=predicting)
        self._copy_people = partial(copy_people, context, source, faces, self._faces)

    def look_up(self) -> None:
        """To be called before the first file is sent."""
        self._tags.look_up()

    def is_hidden_video(self, item: base.Item) -> bool:
        """Never: what is to be hidden is hidden on the source, as the videos of live photos are, and keeps that."""
        return False

    def on_uploaded(self, file: stored.StoredFile) -> None:
        """What is in the trash of the source goes into that of the target before anybody sees it in the timeline."""
        if not (file.fresh and file.certain and self._is_in_trash(file)):
            return
        try:
            self._put_into_trash(file)
        except errors.ImmichError as exc:
            error = exc.during("It is on the target, but not in its trash")
            self._tally.failed(file.item.path, error, item=file.item, asset_id=file.asset_id, counted=True)
            if exc.fatal:
                raise
        else:
            file.trashed = True

    def needs_work(self, file: stored.StoredFile) -> bool:
        return file.trashed or self._is_in_trash(file) or file.fresh

    def process(self, batch: Sequence[stored.StoredFile]) -> None:
        self.steps += 1
        for file in batch:
            wanted = self._is_in_trash(file)
            self._into_trash += wanted and file.fresh and (file.trashed or file.asset_id is None)
            self._stays_in_trash += file.trashed and not wanted
            self._outside += wanted and not file.trashed and file.asset_id is not None
            if file.fresh and self._predicting:
                self._expected.add(file.item.sha1)
            elif file.fresh:
                self._tags.note_brought(file)
            file.item.facts = facts.NO_FACTS  # the last thousands of items are remembered by their ids

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
        if self._options.with_people != NONE:
            self._do(check_cancelled, "people", partial(self._copy_people, check_cancelled))

    @property
    def changed(self) -> bool:
        """Whether anything was done, or would be."""
        stacks = self._stacks.result()
        organised = self._albums.results or self._tags.results() or self._live.joined or stacks["created"] or stacks["completed"]
        return bool(organised or self._faces.changed)

    def result(self) -> Dict[str, Any]:
        """The parts of the module's result that are about it."""
        return {
            "albums": self._albums.results,
            "tags": self._tags.results(),
            "tags_to_be_read": self._tags.to_be_read,
            "live_photos": self._live.joined,
            "stacks": self._stacks.result(),
            "people": self._faces.result(),
            "moved_to_trash": self._into_trash,
        }

    def lines(self) -> List[str]:
        """What changes, a line each."""
        into_trash = ["trash: %d added" % self._into_trash] * bool(self._into_trash)
        return [*into_trash, *self._albums.lines(), *self._tags.lines(), *self._stacks.lines(), *self._faces.lines()]

    def _do(self, check_cancelled: Callable[[], None], what: str, copy: Callable[[], None]) -> None:
        """A failure that would not stop the others is reported to the tally."""
        check_cancelled()
        try:
            copy()
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            self._tally.failed(what, exc.during("Not all of them were copied"))

    def _put_into_trash(self, file: stored.StoredFile) -> None:
        """Raises `Contradiction` where the server does not confirm that the id is this file's: it could be that of any other photo."""
        sha1, asset_id = file.item.sha1.hex(), str(file.asset_id)
        on_target = self._target.assets.check([sha1]).get(sha1)
        confirm("%s was copied, but not put into the trash of the target" % file.item.path, partial(stored.not_stored, on_target, asset_id))
        if on_target is not None and not on_target.trashed:
            self._target.assets.trash([asset_id])

    def _is_in_trash(self, file: stored.StoredFile) -> bool:
        """Whether a file is to be in the trash of the target, as it is in that of the source."""
        return self._options.selection.trashed and isinstance(file.item, ServerItem) and file.item.trashed

    def _note_activity(self) -> None:
        self.steps += 1
