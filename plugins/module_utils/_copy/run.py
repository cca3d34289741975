# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole copy from one server to another: what the module calls."""

from __future__ import annotations

from typing import Any, Dict, List

from .._client import api, errors
from .._run.report import COPY
from .._run.run import Hooks, Run, run_job
from .._sources.server.library import Library
from .._sources.server.source import ServerSource
from .._stacks.plan import SCOPES
from .._upload.item_tally import ItemTally
from .._upload.options import TransferOptions
from .._upload.pipeline import Pipeline, PipelineJob
from .context import CopyOptions
from .organiser import CopyOrganiser

Result = Dict[str, Any]


def copy(source: api.Immich, target: api.Immich, options: CopyOptions, hooks: Hooks, *, check_mode: bool) -> Result:
    """Copies what `options` say; returns the module's result. Raises as `run_job`. `source` may be a client that only reads."""
    return run_job(_Copy(source, target, options), hooks, check_mode=check_mode)


class _Copy(PipelineJob):
    verb = COPY

    def __init__(self, source: api.Immich, target: api.Immich, options: CopyOptions) -> None:
        self.client = target
        self.options: CopyOptions = options
        self.tally: ItemTally = ItemTally(self.verb, return_assets=options.return_assets)
        self._source = source
        self._library = Library(source, options.selection)

    def check(self) -> None:
        pass

    def connect(self) -> None:
        source, target, options = self._source, self.client, self.options
        source.version  # noqa: B018  # a server that is not supported is reported before all else
        target.version  # noqa: B018  # as above
        source.require(_source_scopes(options))
        target.require(_target_scopes(options))
        if options.selection.trashed and not target.server.features().get("trash", True):
            raise errors.InvalidRequest(
                "The trash of the target is switched off, so that it would delete for good what is put there. Switch it on in Immich's "
                "administration, under Settings → Trash Settings, or leave out source_trash."
            )
        if source.connection.root == target.connection.root and self._library.owner == target.server.me().id:
            raise errors.InvalidRequest("The source and the target are the same account. Check source_url and source_api_key.")
        self._library.ids  # noqa: B018  # a name that is not known is reported before all else, too

    def prepare(self, run: Run) -> None:
        options = self.options
        self._items = ServerSource(self._library, self.tally)
        self._organiser = CopyOrganiser(self._items, self._library, self.client, options, self.tally, predicting=run.check_mode)
        self._organiser.look_up()
        transfer = TransferOptions(
            concurrency=options.concurrency, bandwidth_limit=options.bandwidth_limit, people_as_tags=options.people_as_tags
        )
        self._pipeline = Pipeline(run, self.client, transfer, self._items, frozenset(), None, self.tally, self._organiser)

    def result(self) -> Result:
        organised = self._organiser.result()
        result = self.tally.result(organised["albums"], organised["tags"])
        for never in ("restored", "deleted_local", "missing_paths"):
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


def _source_scopes(options: CopyOptions) -> Dict[str, str]:
    wanted = {**options.selection.scopes(), "asset.download": "download originals"}
    if options.create_albums:
        wanted["album.read"] = "read the albums"
    if options.tag_existing:
        wanted["tag.read"] = "read the tags"
    if options.people_as_tags:
        wanted["person.read"] = "read the names of people"
    if options.create_stacks:
        wanted["stack.read"] = "read the stacks"
    return wanted


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
    return wanted
