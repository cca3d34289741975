# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One upload from beginning to end: what the module calls."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any, Dict, List, Mapping, Optional

from .. import _own_files, _text
from .._client import api, errors
from .._exports import layouts
from .._exports.export import Export
from .._files import base
from .._files.folders import scan
from .._metadata.faces import FACES
from .._run import report
from .._run.files_run import FilesRun, Hooks, run_files
from . import combined_source, item_tally, pipeline
from .checksum_cache import refuse_foreign
from .options import UploadOptions, normalise_tags
from .organise.organiser import ALBUM_SCOPES, Organiser, has_changes, scopes

Result = Dict[str, Any]

UPLOAD = report.Verb("upload", "uploaded")

_MOST_UNUSED = 100  # so many metadata files of an export that belong to no picture are listed


def upload(client: api.Immich, options: UploadOptions, hooks: Hooks, *, check_mode: bool) -> Result:
    """Uploads what `options` say; returns the module's result. Raises as `run_files`."""
    normalised = replace(options, tags=normalise_tags(options.tags), new_tags=normalise_tags(options.new_tags))
    return run_files(_UploadJob(client, normalised), hooks, check_mode=check_mode)


class _UploadJob(pipeline.PipelineJob):
    verb = UPLOAD

    def __init__(self, client: api.Immich, options: UploadOptions) -> None:
        self.client = client
        self.options: UploadOptions = options
        self.tally: item_tally.ItemTally = item_tally.ItemTally(
            self.verb, return_assets=options.return_assets, keeps_failed=options.removes_local
        )
        self._user: Optional[Dict[str, str]] = None
        self._opened = ExitStack()
        self._media_types: Mapping[str, str] = {}  # image or video, by the extensions that the server takes (lower case, with their dot)

    def check(self) -> None:
        options = self.options
        if not all(options.src):
            raise errors.InvalidRequest(
                "A path in O(src) is empty, which would mean the current folder. Correct O(src), or the variable that it takes the path "
                "from.",
                options=("src",),
            )
        _own_files.require_paths(options.require)
        organises = options.has_albums or options.has_tags or options.album_from == "export"
        if options.visibility == "locked" and organises:
            raise errors.InvalidRequest(
                "Files in the locked folder cannot have albums or tags. Leave out O(album) and O(tags), or set another O(visibility).",
                options=("album", "tags", "visibility"),
            )
        if options.taken_after is not None and options.taken_before is not None and options.taken_after > options.taken_before:
            raise errors.InvalidRequest(
                "No file can be taken in between: O(taken_before) is earlier than O(taken_after).", options=("taken_before", "taken_after")
            )
        if options.move_to is not None:
            _check_move_to(options.move_to, options.after_upload)
        if options.only_of_pair and options.removes_local:
            raise errors.InvalidRequest(
                "O(only_of_pair) goes with O(after_upload): keep only. Once one half of a pair is gone, the next run would upload the "
                "other half.",
                options=("only_of_pair", "after_upload"),
            )
        if options.time_zone or options.only_of_pair:
            from .._media import exif  # only here: most runs look into few files
            from . import dates

            dates.parse_zone(options.time_zone)
            exif.require_exifread()
        if options.checksum_cache:
            refuse_foreign(options.checksum_cache)

    def connect(self) -> None:
        self.client.version  # noqa: B018  # a server that is not supported is reported before all else
        self.client.require(scopes(self.options))
        media_types = self.client.server.media_types()
        self._user = self._read_user()
        self._media_types = {extension: kind for kind in ("image", "video") for extension in media_types[kind]}

    def prepare(self, run: FilesRun) -> None:
        self._organiser = Organiser(
            self.client, self.options, self._media_types, self.tally, run.hooks.resume_previews, predicting=run.check_mode
        )
        self._opened.callback(self._organiser.close)
        self._organiser.look_up()
        wanted = {extension: kind for extension, kind in self._media_types.items() if kind in self.options.types}
        self._source = combined_source.CombinedSource(self.options, wanted, self.tally, self._accept)
        self._pipeline = pipeline.Pipeline(
            run,
            self.client,
            self.options,
            self._limited_source(),
            frozenset(extension for extension, kind in self._media_types.items() if kind == "video"),
            item_tally.CountAhead(partial(scan.Scan, self.options, wanted.keys())),
            self.tally,
            self._organiser,
        )

    def close(self) -> None:
        self._opened.close()

    def result(self) -> Result:
        if self._source.export is not None:
            self.tally.unused(self._source.export.unused)
        organised = self._organiser.result()
        result = self.tally.result(organised["albums"], organised["tags"])
        changed = self.tally.changed or has_changes(organised)
        return {**result, "changed": changed, "user": self._user, **organised, "export": _export_result(self._source)}

    def lines(self) -> List[str]:
        return [*self.tally.lines(), *self._organiser.lines()]

    def _read_user(self) -> Optional[Dict[str, str]]:
        """Whose photos they will be; None where the key may not ask that."""
        if not self.client.has_scope("user.read"):
            return None
        try:
            user = self.client.server.me()
        except errors.PermissionDenied:  # before 1.139, the scopes of a key are not known
            return None
        return {"name": _text.one_line(user.name), "email": _text.one_line(user.email)}

    def _limited_source(self) -> base.Source:
        """What of the source goes up, if not all that there is is asked for."""
        source: base.Source = self._source
        if self.options.only_of_pair:
            from . import pairs  # only here: most runs take all there is

            source = pairs.OneOfPair(source, self.options.only_of_pair, self.tally)
        if self.options.taken_after is not None or self.options.taken_before is not None:
            from . import dates  # as above

            source = dates.TakenBetween(source, self.options, self._media_types, self.tally)
        return source

    def _accept(self, export: Export) -> None:
        """Raises if the key may not do what the export asks for."""
        self.tally.is_export = True
        if any(item.facts.albums for item in export.items):
            self.client.require(ALBUM_SCOPES)
        if any(item.facts.stack for item in export.items):
            from .._stacks.planning import COVER_SCOPES  # only here: few exports have stacks

            self.client.require(COVER_SCOPES)
        if self.options.takes_people and any(item.facts.metadata.faces for item in export.items):
            from .._people.write import scopes_to_write  # only here: few exports say where people are

            self.client.require(scopes_to_write(adds=self.options.with_people == FACES))


def _check_move_to(move_to: str, after_upload: str) -> None:
    if after_upload != "move":
        raise errors.InvalidRequest(
            "O(move_to) goes with O(after_upload): move only, and O(after_upload) is %s. Set O(after_upload), or leave out O(move_to)."
            % after_upload,
            options=("move_to", "after_upload"),
        )
    if not os.path.isabs(move_to):
        raise errors.InvalidRequest("O(move_to) must be an absolute path.", options=("move_to",))
    if os.path.exists(move_to) and not os.path.isdir(move_to):
        raise errors.InvalidRequest("%s, which O(move_to) names, is not a folder." % _text.printable(move_to), options=("move_to",))
    _own_files.require_parent(move_to, option="move_to")


def _export_result(source: combined_source.CombinedSource) -> Optional[Dict[str, Any]]:
    """The module's `export`; None if there was none.

    `files` is the sum of `media`, the rule `metadata`, `skip_reasons` and `unreadable`.
    """
    export = source.export
    if export is None:
        return None
    return {
        "layout": export.layout,
        "title": layouts.BY_NAME[export.layout].title,
        "parts": source.parts,
        "files": source.files,
        "media": len(export.items),
        "live_photos": len({id(item.live) for item in export.items if item.live is not None and not item.live.is_refused}),
        "albums": len(export.albums),
        "rules": dict(sorted(export.counts.items())),
        "skip_reasons": dict(sorted(source.left_out.skip_reasons.items())),
        "unreadable": source.left_out.unreadable_files,
        "missing": _text.printable(source.missing),
        "unused": len(export.unused),
        "unused_files": [
            {"path": _text.printable(path), "reason": _text.printable(reason)} for path, reason in export.unused[:_MOST_UNUSED]
        ],
    }
