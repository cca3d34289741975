# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One upload from beginning to end: what the module calls. Private to the collection."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from .._client import api, errors
from .._run.cancellation import Signals
from .._run.failures import too_many
from .._run.progress import progress_file
from .._run.report import Report, RunLines, refuse_report
from .._run.tally import Tally
from .._sources import base
from .._sources.combined import CombinedSource, SourceOptions
from .._sources.exports.export import Export
from .._sources.folders.options import FolderOptions
from .._sources.folders.scan import Scan
from .._text import printable
from .count_ahead import CountAhead
from .export_result import export_result
from .options import Options
from .organise.organiser import ALBUM_SCOPES, Organiser, scopes
from .organise.tags import normalise_tags
from .pipeline import Pipeline
from .read.between import TakenBetween
from .read.cachefile import refuse_foreign

Result = Dict[str, Any]


def upload(
    client: api.Immich,
    options: Options,
    *,
    check_mode: bool,
    signals: Signals,
    heartbeat: Callable[[], None],
    before_sending: Callable[[Callable[[], None]], None],
    lines: RunLines,
    progress_path: Optional[str] = None,
) -> Result:
    """Uploads what `options` say; returns the module's result.

    `signals` must have been entered. `heartbeat` is called several times a second while work goes on, and not while nothing moves.
    `before_sending` is called once, when the first new file is about to be sent (or, in check mode, was found), with a function that
    raises once the run stops; no file is sent before it has returned, and none when it raises. `lines` gets the report, and closes
    it. Raises an `ImmichError` with the result so far as its attribute `result` when more files fail than `max_failures` allow, or
    when something stops the run.
    """
    options = replace(options, tags=normalise_tags(options.tags))
    _refuse_nonsense(options)
    if options.report:
        refuse_report(options.report)
    if options.checksum_cache:
        refuse_foreign(options.checksum_cache)
    kinds, report, tally, organiser = signals.wait_for(partial(_begin, client, options, check_mode, lines))
    asked = _source_options(options, kinds)
    whole = CombinedSource(asked, tally, partial(_accept, client, tally))
    source: base.Source = whole
    if options.taken_after is not None or options.taken_before is not None:
        source = TakenBetween(whole, options, kinds, tally)
    pipeline = Pipeline(
        client,
        options,
        source,
        frozenset(extension for extension, kind in kinds.items() if kind == "video"),
        CountAhead(partial(Scan, asked.folders)),
        tally,
        organiser,
        predicting=check_mode,
        before_sending=before_sending,
    )
    go_through(pipeline, signals, heartbeat, progress_path)
    lines.interrupted = pipeline.cancellation.error is not None
    return _conclude(tally, organiser, whole, pipeline.cancellation.error, options, report, check_mode=check_mode)


def go_through(pipeline: Pipeline, signals: Signals, heartbeat: Callable[[], None], progress_path: Optional[str]) -> None:
    """Runs a pipeline to its end, or to the first reason to stop (see its `cancellation`); the rest is as for `upload`."""
    progress = progress_file(progress_path, pipeline.look)

    def tick() -> None:
        if signals.requested():
            pipeline.cancellation.cancel(signals.error())
        if pipeline.has_moved():
            heartbeat()
        if progress is not None:
            progress.write()

    try:
        pipeline.run(tick, lambda: signals.requested() is not None)
    finally:
        if progress is not None:
            progress.write(now=True)


def _begin(
    client: api.Immich, options: Options, check_mode: bool, lines: RunLines
) -> Tuple[Dict[str, str], Optional[Report], Tally, Organiser]:
    """The first contact. Raises what would make the whole run fail: a server that is not supported is reported before all else.

    Returns what kind of media each extension is, and what the run is written down and organised with.
    """
    client.version  # noqa: B018  # a server that is not supported is reported before all else
    client.require(scopes(options))
    media_types = client.server.media_types()
    report = Report(options.report) if options.report and not check_mode else None
    tally = Tally(report=report, return_assets=options.return_assets)
    if report is not None:
        lines.begin(report, tally, tally.verb, server=client.connection.root, version=str(client.version))
    kinds = {extension: kind for kind in ("image", "video") for extension in media_types[kind]}
    organiser = Organiser(client, options, kinds, tally, predicting=check_mode)
    organiser.look_up()
    return kinds, report, tally, organiser


def _source_options(options: Options, kinds: Mapping[str, str]) -> SourceOptions:
    """`kinds` maps the extensions that the server takes (lower case, with their dot) to `image` or `video`."""
    wanted = {extension: kind for extension, kind in kinds.items() if kind in options.kinds}
    folders = FolderOptions(
        src=options.src,
        extensions=frozenset(wanted),
        recursive=options.recursive,
        follow=options.follow,
        ignore_missing=options.ignore_missing,
        hidden=options.hidden,
        include=options.include,
        excluded=options.excluded,
        sidecars=options.sidecars,
        live_photos=options.live_photos,
        album_from=options.album_from if options.has_albums and not options.album and not options.album_id else "none",
        album_joiner=options.album_joiner,
    )
    return SourceOptions(folders, wanted, options.layout, options.export, takes_albums=options.takes_export_albums)


def _accept(client: api.Immich, tally: Tally, export: Export) -> None:
    tally.is_export = True
    if any(item.facts.albums for item in export.items):
        client.require(ALBUM_SCOPES)
    if any(item.facts.stack for item in export.items):
        from .._stacks.plan import COVER_SCOPES  # only here: few exports have stacks

        client.require(COVER_SCOPES)


def _conclude(
    tally: Tally,
    organiser: Organiser,
    source: CombinedSource,
    stopped_by: Optional[errors.ImmichError],
    options: Options,
    report: Optional[Report],
    *,
    check_mode: bool,
) -> Result:
    albums, tags, stacks = organiser.albums(), organiser.tags(), organiser.stacks()
    result = tally.result(albums, tags)
    result.update(
        changed=bool(
            (tally.uploaded or tally.restored or tally.deleted or tally.completed)
            or (albums or tags or organiser.live.joined or any(stacks[action] for action in stacks if action != "left_alone"))
        ),
        albums=albums,
        tags=tags,
        live_photos=organiser.live.joined,
        stacks=stacks,
        metadata_completed=tally.completed,
        export=export_result(source),
        warnings=tally.warnings,
    )
    if source.export is not None:
        tally.unused(source.export.unused)
    raise_what_went_wrong(tally, stopped_by, options.max_failures, report, result, check_mode=check_mode)
    result["diff"] = {
        "before": "",
        "after": "".join(line + "\n" for line in [*lines_of(tally, albums, tags), *organiser.lines_of_stacks()]),
    }
    return result


def raise_what_went_wrong(
    tally: Tally,
    stopped_by: Optional[errors.ImmichError],
    max_failures: int,
    report: Optional[Report],
    result: Result,
    *,
    check_mode: bool,
) -> None:
    """Raises with the result what the task fails with, if it does."""
    error = stopped_by or too_many(tally, max_failures, tally.missing_paths) or (report.problem if report else None)
    if error is None:
        return
    if stopped_by is not None and tally.files_seen:
        words = "new files were found" if check_mode else "files were %s" % tally.verb.participle
        error.msg += " Before that, %d %s, and %d were already there." % (tally.uploaded, words, tally.duplicates)
    error.msg, error.result = printable(error.msg), result
    raise error


def lines_of(tally: Tally, albums: List[Dict[str, Any]], tags: List[Dict[str, Any]]) -> List[str]:
    """What changes, a line each, for the diff."""
    lines = ["%s %s" % (what, path) for what, paths in tally.paths.items() for path in sorted(paths)]
    for what, changed in (("album", albums), ("tag", tags)):
        lines += ["%s %s: %d added%s" % (what, printable(one["name"]), one["added"], " (new)" if one["created"] else "") for one in changed]
    return lines


def _refuse_nonsense(options: Options) -> None:
    organises = options.has_albums or options.tags or options.album_from == "export"
    if options.visibility == "locked" and organises:
        raise errors.InvalidRequest(
            "Files in the locked folder cannot have albums or tags. Leave out album and tags, or set another visibility."
        )
    if options.taken_after is not None and options.taken_before is not None and options.taken_after > options.taken_before:
        raise errors.InvalidRequest("No file can be taken in between: taken_before is earlier than taken_after.")
    if options.concurrency < 1:
        raise errors.InvalidRequest("concurrency must be at least 1.")
    if options.bandwidth_limit is not None and options.bandwidth_limit < 1:
        raise errors.InvalidRequest("bandwidth_limit must be at least 1 byte per second.")
