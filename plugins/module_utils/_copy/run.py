# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole copy from one server to another."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, Optional, Tuple

from .._client import api, errors
from .._run.cancellation import Signals
from .._run.report import COPY, Report, RunLines, refuse_report
from .._run.tally import Tally
from .._sources.server.library import Library
from .._sources.server.source import ServerSource
from .._stacks.plan import SCOPES
from .._upload.options import Options
from .._upload.pipeline import Pipeline
from .._upload.run import go_through, lines_of, raise_what_went_wrong
from .context import CopyOptions
from .organiser import CopyOrganiser

Result = Dict[str, Any]


def copy(
    source: api.Immich,
    target: api.Immich,
    options: CopyOptions,
    *,
    check_mode: bool,
    signals: Signals,
    heartbeat: Callable[[], None],
    before_sending: Callable[[Callable[[], None]], None],
    lines: RunLines,
    progress_path: Optional[str] = None,
) -> Result:
    """Copies what `options` say; returns the module's result. All else is as for `upload`. `source` may be a client that only reads."""
    if options.concurrency < 1:
        raise errors.InvalidRequest("concurrency must be at least 1.")
    if options.bandwidth_limit is not None and options.bandwidth_limit < 1:
        raise errors.InvalidRequest("bandwidth_limit must be at least 1 byte per second.")
    if options.report:
        refuse_report(options.report)
    library = Library(source, options.selection)
    report, tally = signals.wait_for(partial(_begin, source, target, library, options, check_mode, lines))
    items = ServerSource(library, tally)
    organiser = CopyOrganiser(items, library, target, options, tally, predicting=check_mode)
    signals.wait_for(organiser.look_up)
    pipeline = Pipeline(
        target,
        Options(src=[], concurrency=options.concurrency, bandwidth_limit=options.bandwidth_limit, people_as_tags=options.people_as_tags),
        items,
        frozenset(),
        None,
        tally,
        organiser,
        predicting=check_mode,
        before_sending=before_sending,
    )
    go_through(pipeline, signals, heartbeat, progress_path)
    lines.interrupted = pipeline.cancellation.error is not None
    organised = organiser.result()
    result = tally.result(organised["albums"], organised["tags"])
    for never in ("restored", "deleted_local", "missing_paths"):
        del result["counts"][never]
    result.update(
        changed=bool(tally.uploaded or organiser.changed),
        not_copied=dict(sorted(items.not_copied.items())),
        warnings=tally.warnings,
        **organised,
    )
    raise_what_went_wrong(tally, pipeline.cancellation.error, options.max_failures, report, result, check_mode=check_mode)
    result["diff"] = {"before": "", "after": "".join(line + "\n" for line in [*lines_of(tally, [], []), *organiser.lines()])}
    return result


def _begin(
    source: api.Immich, target: api.Immich, library: Library, options: CopyOptions, check_mode: bool, lines: RunLines
) -> Tuple[Optional[Report], Tally]:
    """The first contact with both. Raises what would make the whole run fail; returns what the run is written down with."""
    source.version  # noqa: B018  # a server that is not supported is reported before all else
    target.version  # noqa: B018
    source.require(_source_scopes(options))
    target.require(_target_scopes(options))
    if options.selection.trashed and not target.server.features().get("trash", True):
        raise errors.InvalidRequest(
            "The trash of the target is switched off, so that it would delete for good what is put there. Switch it on in Immich's "
            "administration, under Settings → Trash Settings, or leave out source_trash."
        )
    if source.connection.root == target.connection.root and library.owner == target.server.me().id:
        raise errors.InvalidRequest("The source and the target are the same account. Check source_url and source_api_key.")
    library.ids  # noqa: B018  # a name that is not known, likewise
    report = Report(options.report) if options.report and not check_mode else None
    tally = Tally(report=report, return_assets=options.return_assets, verb=COPY)
    if report is not None:
        lines.begin(report, tally, tally.verb, server=target.connection.root, version=str(target.version))
    return report, tally


def _source_scopes(options: CopyOptions) -> Dict[str, str]:
    wanted = {**options.selection.scopes(), "asset.download": "download originals"}
    if options.copy_albums:
        wanted["album.read"] = "read the albums"
    if options.copy_tags:
        wanted["tag.read"] = "read the tags"
    if options.people_as_tags:
        wanted["person.read"] = "read the names of people"
    if options.copy_stacks:
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
    if options.copy_albums:
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
    if options.copy_tags or options.people_as_tags:
        wanted.update({"tag.read": "find tags", "tag.create": "make tags", "tag.asset": "tag files"})
    if options.copy_stacks:
        wanted = {**SCOPES, **wanted}
    return wanted
