# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page: what the template shows, as text and shapes. The template and its style are in the folder templates."""

from __future__ import annotations

import posixpath
from datetime import datetime
from typing import Any, NamedTuple, Sequence

from .._wording import export, numbers, skipped
from . import charts, lines
from .figures import (
    COMPLETED,
    DELETED,
    FAILED,
    MOST_LISTED,
    MOVED,
    NEW,
    REMOVED,
    REPAIRED,
    RESTORED,
    SKIPPED,
    THERE,
    UPDATED,
    Figures,
    File,
    size_class_limits,
)
from .lines import RunFacts
from .visible import environment

UNKNOWN = "–"
_NAMES = {
    "created": ("new", "New"),
    "uploaded": ("new", "New"),
    "duplicate": ("there", "Already there"),
    "archived": ("new", "New"),
    "repaired": ("new", "Repaired"),
    "updated": ("there", "Changed"),
    "already_in_place": ("there", "Found in the folder"),
    "unchanged": ("there", "As before"),
    "removed": ("skipped", "Moved aside"),
    "in_trash": ("trashed", "Already there, in the trash"),
    "skipped": ("skipped", "Skipped"),
    "failed": ("failed", "Failed"),
}
_ORDER = list(_NAMES)
_MOST_FOLDERS = 8
_MOST_GROUPS = 200
_MOST_KINDS = 3
_SHORTEST_PICTURED = 3.0
"""Seconds that a run must last for a picture over time to say anything."""


class Tile(NamedTuple):
    """A large number: its CSS class, its label, and what stands small below it."""

    name: str
    label: str
    value: str
    small: str


class Verdict(NamedTuple):
    """How the run ended: `mark` is a CSS class (`good`, `bad` or `unsure`), `state` a word or two, `sentence` the numbers, and
    `missing` what is not on the server and what to do about that."""

    mark: str
    state: str
    sentence: str
    missing: list[str]


class ShownExport(NamedTuple):
    """What the page says of an export. `files` are all of its files by kind, `albums` those that something names."""

    heading: str
    content: str
    rules: list[export.PlacingRule]
    media: int
    files: list[tuple[str, int]]
    total: int
    unused: int
    unused_label: str
    doubtful: int
    doubtful_label: str
    albums: list[lines.AlbumOrTag]


def render(figures: Figures, title: str | None) -> str:
    """A whole HTML document that needs nothing from outside. Without a title it says what the run did."""
    templates = environment()
    templates.filters.update(count=numbers.count, size=_size, short=_short_duration, duration=numbers.duration, speed=_speed)
    return templates.get_template("page.html.j2").render(
        title=title or f"Immich {_verb(figures)}",
        figures=figures,
        run=figures.run,
        span=_span(figures),
        verdict=_verdict(figures),
        tiles=_tiles(figures),
        export=_export_of(figures),
        outcomes=_outcomes(figures),
        shares=charts.shares([(name, label, float(files)) for name, label, files in _outcomes(figures)]),
        plots=_plots(figures),
        sizes=_sizes(figures),
        folders=figures.folders.most_common(_MOST_FOLDERS),
        more_folders=max(0, len(figures.folders) - _MOST_FOLDERS),
        slowest=[file for file in figures.slowest if file.seconds > 0],
        failed=figures.count(FAILED),
        skipped=figures.count(SKIPPED),
        new=figures.count(*NEW),
        most=MOST_LISTED,
        most_groups=_MOST_GROUPS,
        has_sizes=any(file.size is not None for file in figures.failures),
        parts=_parts,
        link=_link(figures.run),
        notes=_notes(figures),
    )


def _counts(figures: Figures) -> dict[str, int]:
    """The module's numbers. Its last line has them; otherwise they come from the lines of the files, which is the same."""
    counted = {
        "uploaded": figures.count(*NEW),
        "duplicates": figures.count(*THERE),
        "skipped": figures.count(SKIPPED),
        "failed": figures.count(FAILED),
        "restored": figures.afterwards[RESTORED],
        "deleted_local": figures.afterwards[DELETED],
        "moved_local": figures.afterwards[MOVED],
        "missing_paths": 0,
    }
    return {**counted, **(figures.run.counts if figures.run and figures.run.counts else {})}


def _count_found(figures: Figures) -> int:
    return figures.run.found if figures.run and figures.run.found is not None else figures.files


def _span(figures: Figures) -> str:
    """From when to when it ran; empty where that is not known."""
    run = figures.run
    first = run.started if run else figures.began
    last = run.finished if run and run.finished else figures.finished
    if not first:
        return ""
    began = datetime.fromtimestamp(first).astimezone()
    text = f"{began.strftime('%A, %-d %B %Y, %H:%M:%S')}"
    if last:
        finished = datetime.fromtimestamp(last).astimezone()
        text += f" to {finished.strftime('%H:%M:%S' if began.date() == finished.date() else '%H:%M:%S on %-d %B')}"
    return f"{text} (UTC{began.isoformat()[-6:]})"


def _verdict(figures: Figures) -> Verdict:
    counts, run = _counts(figures), figures.run
    absent = counts["failed"] - figures.incomplete
    missing = []
    if run is not None and not run.is_over:
        mark, state = "unsure", "Cut off"
        missing.append(f"The report has no closing line: the run was killed, or it is not over yet. {_again(run)}")
    elif run is not None and not run.complete:
        mark, state = "bad", "Interrupted"
        missing.append(run.msg or "The run did not finish.")
        left = (run.found or 0) - (run.handled or 0)
        if left > 0:
            of = numbers.count(run.found or 0, "file")
            missing.append(f"{numbers.count(left)} of the {of} found until then {'is' if left == 1 else 'are'} not done.")
        missing.append(f"There may be more that were not found until then. {_again(run)}")
    elif counts["failed"] or counts["missing_paths"]:
        mark, state = "bad", "Finished with failures"
    elif run is not None and run.msg:
        mark, state = "bad", "Finished with a problem"
        missing.append(run.msg)
    else:
        mark, state = "good", "Complete" if run is not None else "No failures"
    if absent > 0:
        where = "in the archive" if run is not None and run.receives else "on the server"
        missing.append(f"{numbers.count(absent, 'file')} failed and {'is' if absent == 1 else 'are'} missing {where}.")
    if figures.incomplete:
        missing.append(
            f"{numbers.count(figures.incomplete, 'file')} {'is' if figures.incomplete == 1 else 'are'} on the server, "
            "but not in the album or without the tags."
        )
    if counts["missing_paths"]:
        missing.append(numbers.not_there(counts["missing_paths"]).capitalize() + ".")
    return Verdict(mark, state, _sentence(figures, counts), missing)


def _again(run: RunFacts) -> str:
    done = "in the archive are not copied" if run.receives else "on the server are not sent"
    return f"Run it again: files that are already {done} again."


def _sentence(figures: Figures, counts: dict[str, int]) -> str:
    if not _count_found(figures):
        return "The run found no files."
    size = figures.bytes(*NEW)
    if figures.run and figures.run.bytes_moved is not None and not figures.run.receives:  # to an archive come those that are repaired too
        size = figures.run.bytes_moved
    new = f"{numbers.count(counts['uploaded'])} new" + (f" ({numbers.size(size)})" if counts["uploaded"] and size is not None else "")
    parts = [new if counts["uploaded"] else "Nothing new", f"{numbers.count(counts['duplicates'])} already there"]
    some = {"changed": UPDATED, "repaired": REPAIRED, "moved aside": REMOVED}
    parts += [f"{numbers.count(figures.count(action))} {label}" for label, action in some.items() if figures.count(action)]
    parts += [f"{numbers.count(counts['skipped'])} skipped"] * bool(counts["skipped"])
    parts += [f"{numbers.count(counts['failed'])} failed"]
    parts += [numbers.not_there(counts["missing_paths"])] * bool(counts["missing_paths"])
    parts += [f"{numbers.count(counts['restored'])} restored from the trash"] * bool(counts["restored"])
    completed = figures.afterwards[COMPLETED]
    parts += [f"metadata of {numbers.count(completed, 'file')} completed"] * bool(completed)
    parts += [
        f"{numbers.count(counts[label], 'local file')} {done}" for label, done in ((DELETED, "deleted"), (MOVED, "moved")) if counts[label]
    ]
    return ", ".join(parts) + "."


def _tiles(figures: Figures) -> list[Tile]:
    counts, run, trashed = _counts(figures), figures.run, figures.count("in_trash")
    sent = run.bytes_moved if run and run.bytes_moved is not None else figures.bytes(*NEW)
    tiles = [
        Tile("", "Files found", numbers.count(_count_found(figures)), ""),
        Tile("new", "New", numbers.count(counts["uploaded"]), f"{_size(sent)} {_moved(figures)}" if counts["uploaded"] else ""),
        Tile(
            "there",
            "Already there",
            numbers.count(counts["duplicates"]),
            f"{numbers.count(trashed)} in the trash" if trashed else _size(figures.bytes(*THERE)) if counts["duplicates"] else "",
        ),
    ]
    if counts["skipped"]:
        tiles.append(Tile("skipped", "Skipped", numbers.count(counts["skipped"]), _types(run)))
    kinds = ", ".join(kind for kind, dummy in figures.failure_kinds.most_common(_MOST_KINDS))
    tiles.append(Tile("failed" if counts["failed"] else "", "Failed", numbers.count(counts["failed"]), kinds))
    if figures.seconds:
        rate = _speed(sent, figures.seconds) if counts["uploaded"] and sent else f"{_count_found(figures) / figures.seconds:,.0f} files/s"
        tiles.append(Tile("", "Took", numbers.duration(figures.seconds), rate))
    return tiles


def _types(run: RunFacts | None) -> str:
    return (skipped.list_kinds(run.skip_reasons, 2) if run else "") or UNKNOWN


def _export_of(figures: Figures) -> ShownExport | None:
    run_export = figures.run.export if figures.run else None
    if figures.run is None or run_export is None:
        return None
    metadata = run_export["rules"].get("metadata", 0)
    files = [
        (numbers.count(run_export["media"], "photo or video", "photos and videos"), run_export["media"]),
        (f"{export.sidecars(run_export, metadata)} that {'was' if metadata == 1 else 'were'} read", metadata),
        *((f"{numbers.count(number)} {label}", number) for label, number in skipped.kinds(run_export["skip_reasons"])),
        (f"{numbers.count(run_export['unreadable'])} unreadable", run_export["unreadable"]),
    ]
    without = export.without(run_export)
    doubtful = sum(run_export["rules"].get(rule, 0) for rule in ("none", "ambiguous")) if without else 0
    return ShownExport(
        heading=export.heading(run_export),
        content=export.content(run_export),
        rules=export.rules(run_export),
        media=run_export["media"],
        files=[count for count in files if count[1]],
        total=run_export["files"],
        unused=run_export["unused"],
        unused_label=f"{export.sidecars(run_export, run_export['unused'])} without a picture",
        doubtful=doubtful,
        doubtful_label=numbers.count(doubtful, "picture whose metadata was not found", "pictures whose metadata was not found"),
        albums=[album for album in figures.run.albums if album.origin],
    )


def _outcomes(figures: Figures) -> list[tuple[str, str, int]]:
    """CSS class, label and number for each of the report's actions."""
    total = sum(outcome.files for outcome in figures.outcomes.values())
    rows = []
    for action, outcome in sorted(figures.outcomes.items(), key=lambda item: (_rank(item[0]), item[0])):
        name, label = _NAMES.get(action, ("there", action.replace("_", " ").capitalize()))
        rows.append((name, f"{label}: {numbers.count(outcome.files)} ({_percent(outcome.files / total)})", outcome.files))
    return rows


def _rank(action: str) -> int:
    return _ORDER.index(action) if action in _ORDER else len(_ORDER)


def _plots(figures: Figures) -> list[tuple[str, str, charts.Plot]]:
    """Heading, explanation and picture."""
    steps, width = figures.timeline.steps, figures.timeline.width
    if not steps or figures.finished is None or figures.began is None or figures.finished - figures.began < _SHORTEST_PICTURED:
        return []
    each = f"Each bar stands for {numbers.duration(width)}."
    plots = []
    if figures.bytes(*NEW):
        rates = [(at, step.bytes / width) for at, step in steps]
        plot = charts.over_time(rates, width, f"Bytes {_moved(figures)} per second over time", numbers.speed)
        plots.append(("Throughput", f"Bytes of new files, spread evenly over the time that each file took. {each}", plot))
    rates = [(at, step.files / width) for at, step in steps]
    plot = charts.over_time(rates, width, "Files per second over time", _files_per_second)
    plots.append(("Files per second", f"New, already there, skipped and failed together. {each}", plot))
    return plots


def _sizes(figures: Figures) -> tuple[str, charts.Plot] | None:
    """Heading and picture: the sizes of the new files; when there are none, of all."""
    only_new = figures.count(*NEW) > 0
    files_by_class = {number: files[True] if only_new else sum(files.values()) for number, files in figures.sizes.items()}
    files_by_class = {number: files for number, files in files_by_class.items() if files}
    if not files_by_class:
        return None
    classes = range(min(files_by_class), max(files_by_class) + 1)
    limits = [size_class_limits(number)[0] for number in classes] + [size_class_limits(classes[-1])[1]]
    below = [numbers.size(limit).replace(".0", "") if limit else "0" if position == 0 else "" for position, limit in enumerate(limits)]
    values = [(_size_label(number), files_by_class.get(number, 0)) for number in classes]
    plot = charts.columns(values, below, "new" if only_new else "there", "Files by size", lambda value: numbers.count(round(value)))
    return f"Sizes of the {'new ' if only_new else ''}files", plot


def _notes(figures: Figures) -> list[str]:
    notes = [f"Made from the report of photoyard.immich.immich_{_verb(figures)}."]
    if figures.unreadable:
        notes.append(f"{numbers.count(figures.unreadable, 'line')} of it could not be read.")
    if figures.run is None and figures.files:
        notes.append("It does not say whether the run finished.")
    if figures.files and figures.began is None:
        notes.append("It has no times, so there is no picture over time.")
    return notes


def _verb(figures: Figures) -> str:
    return figures.run.verb if figures.run else "upload"


def _moved(figures: Figures) -> str:
    return "received" if figures.run is not None and figures.run.receives else "sent"


def _link(run: RunFacts | None) -> Any:
    """A function from a file to its page on the server, or None."""

    def link(file: File) -> str | None:
        return lines.link(run.server, "photos", file.asset_id) if run and file.asset_id else None

    return link


def _parts(path: str) -> tuple[Sequence[str], str]:
    """A path's folders and its name."""
    folder, name = posixpath.split(path)
    return (folder.rstrip("/").split("/") if folder else (), name)


def _size(number: int | None) -> str:
    return UNKNOWN if number is None else numbers.size(number)


def _speed(number: int | None, seconds: float) -> str:
    return UNKNOWN if number is None or seconds <= 0 else numbers.speed(number / seconds)


def _short_duration(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 0.9995 else numbers.duration(seconds)


def _size_label(number: int) -> str:
    low, high = size_class_limits(number)
    if low is None:
        return f"below {numbers.size(high or 0)}"
    return f"{numbers.size(low)} to {numbers.size(high)}" if high else f"{numbers.size(low)} and more"


def _files_per_second(value: float) -> str:
    return f"{value:,.0f}/s" if value >= 10 or value == round(value) else f"{value:.1f}/s"


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "below 0.1%"
    return f"{100 * share:.1f}%" if share < 0.1 or 0.9 < share < 1 else f"{100 * share:.0f}%"
