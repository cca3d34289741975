# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page: a verdict, the numbers, what failed, and the pictures."""

from __future__ import annotations

import posixpath
from datetime import datetime
from typing import Iterator

from .. import _words as words
from . import charts
from .figures import MOST_FAILURES, Figures, Outcome, size_class_limits
from .markup import text
from .style import CSS

_NAMES = {
    "created": ("new", "New"),
    "uploaded": ("new", "New"),
    "duplicate": ("there", "Already there"),
    "trashed": ("trashed", "In the trash"),
    "skipped": ("skipped", "Skipped"),
    "failed": ("failed", "Failed"),
}
_ORDER = list(_NAMES)
_MOST_FOLDERS = 8
_SHORTEST_PICTURED = 3.0
"""Seconds that a run must last for a picture over time to say anything."""


def render(figures: Figures, title: str) -> str:
    """A whole HTML document that needs nothing from outside."""
    body = "\n".join(part for part in _parts(figures, title) if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _parts(figures: Figures, title: str) -> Iterator[str]:
    yield _header(figures, title)
    yield _tiles(figures)
    yield _failures(figures)
    yield _outcomes(figures)
    yield _throughput(figures)
    yield _pair(_sizes(figures), _folders(figures))
    yield _slowest(figures)
    yield _footer(figures)


def _header(figures: Figures, title: str) -> str:
    when = ""
    if figures.began is not None and figures.finished is not None:
        began, finished = (datetime.fromtimestamp(moment).astimezone() for moment in (figures.began, figures.finished))
        until = finished.strftime("%H:%M:%S" if began.date() == finished.date() else "%H:%M:%S on %-d %B")
        span = f"{began.strftime('%A, %-d %B %Y, %H:%M:%S')} to {until} (UTC{finished.isoformat()[-6:]})"
        when = f'<p class="quiet">{text(span)}</p>'
    return f"<header><h1>{text(title)}</h1>{when}{_verdict(figures)}</header>"


def _verdict(figures: Figures) -> str:
    if not figures.files:
        return '<p class="verdict">The run found no file to look at.</p>'
    new, rest = figures.new, figures.files - figures.new.files - (figures.failed - figures.incomplete)
    said = []
    if new.files:
        said.append(f"{words.count(new.files, 'new file')} ({words.size(new.bytes)}) went in")
    if rest:
        said.append(f"{words.count(rest)} needed nothing" if new.files else f"nothing new: {words.count(rest, 'file')} needed nothing")
    if figures.failed:
        said.append(f'<a href="#failures">{words.count(figures.failed)} failed</a>')
    sentence = ", ".join(said)
    return f'<p class="verdict {"bad" if figures.failed else "good"}">{sentence[0].upper()}{sentence[1:]}.</p>'


def _tiles(figures: Figures) -> str:
    tiles = [("", "Files", words.count(figures.files), words.size(sum(one.bytes for one in figures.outcomes.values())))]
    for action, outcome in _sorted_outcomes(figures):
        name, label = _name(action)
        tiles.append((name, label, words.count(outcome.files), "" if name == "failed" else words.size(outcome.bytes)))
    if figures.seconds:
        rate = words.speed(figures.new.bytes / figures.seconds) if figures.new.bytes else f"{figures.files / figures.seconds:,.0f} files/s"
        tiles.append(("", "Took", words.duration(figures.seconds), f"{rate} on average"))
    inside = "".join(
        f'<div class="{name}"><dt>{text(label)}</dt><dd>{text(value)}<small>{text(small)}</small></dd></div>'
        for name, label, value, small in tiles
    )
    return f'<dl class="tiles">{inside}</dl>'


def _failures(figures: Figures) -> str:
    if not figures.failed:
        return ""
    kinds = ", ".join(f"{words.count(number)} {text(kind)}" for kind, number in figures.failure_kinds.most_common())
    rows = "".join(
        f'<tr><td class="path">{_path(one.path)}</td><td><span class="kind">{text(one.kind)}</span> {text(one.msg)}</td></tr>'
        for one in figures.failures
    )
    more = figures.failed - len(figures.failures)
    note = f"<p>The first {words.count(MOST_FAILURES)} of them; the report has {words.count(more)} more.</p>" if more else ""
    return (
        f'<section class="alarm" id="failures"><h2>{words.count(figures.failed, "file")} failed</h2><p>By kind: {kinds}.</p>{note}'
        f'<div class="scroll"><table><thead><tr><th>File</th><th>Why</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _outcomes(figures: Figures) -> str:
    if not figures.outcomes:
        return ""
    parts, key = [], []
    for action, outcome in _sorted_outcomes(figures):
        name, label = _name(action)
        share = outcome.files / sum(one.files for one in figures.outcomes.values())
        said = f"{label}: {words.count(outcome.files)} ({_percent(share)})"
        parts.append((name, said, float(outcome.files)))
        key.append(f'<li class="{name}">{text(said)}</li>')
    return f'<section><h2>What became of the files</h2>{charts.shares(parts)}<ul class="key">{"".join(key)}</ul></section>'


def _throughput(figures: Figures) -> str:
    steps, width = figures.timeline.steps, figures.timeline.width
    if figures.seconds < _SHORTEST_PICTURED:
        return ""
    each = f"each bar stands for {words.duration(width)}"
    files = charts.over_time(
        [(at, step.files / width) for at, step in steps], width, "Files settled per second over time", _files_per_second
    )
    pictures = f"<h2>Files settled over time</h2><p>New, already there, skipped and failed together; {each}.</p>{files}"
    if figures.new.bytes:
        sent = charts.over_time([(at, step.bytes / width) for at, step in steps], width, "Bytes sent per second over time", words.speed)
        note = f"<p>Bytes of new files; each file counts evenly over the time it took; {each}.</p>"
        pictures = f"<h2>Throughput over time</h2>{note}{sent}{pictures}"
    return f"<section>{pictures}</section>"


def _sizes(figures: Figures) -> str:
    """Of the new files; when there are none, of all."""
    only_new = figures.new.files > 0
    found = {number: files[True] if only_new else files.total() for number, files in figures.sizes.items()}
    found = {number: files for number, files in found.items() if files}
    if not found:
        return ""
    classes = range(min(found), max(found) + 1)
    name = "new" if only_new else "there"
    values = [(_size_label(number), found.get(number, 0)) for number in classes]
    limits = [size_class_limits(number)[0] for number in classes] + [size_class_limits(classes[-1])[1]]
    below = [words.size(limit).replace(".0", "") if limit else "0" if position == 0 else "" for position, limit in enumerate(limits)]
    plot = charts.columns(values, below, name, "Files by size", lambda value: words.count(round(value)))
    return f"<section><h2>Sizes of the {'new ' if only_new else ''}files</h2><p>Number of files in each class of size.</p>{plot}</section>"


def _folders(figures: Figures) -> str:
    if not figures.folders:
        return ""
    top = figures.folders.most_common(_MOST_FOLDERS)
    most = top[0][1]
    rows = "".join(
        f'<tr><td class="path">{_path(folder)}</td><td class="bar">{charts.small_bar(number / most)}</td>'
        f'<td class="number">{words.count(number)}</td></tr>'
        for folder, number in top
    )
    rest = len(figures.folders) - len(top)
    note = f"<p>The {len(top)} folders with most new files; {words.count(rest, 'more folder')} had some.</p>" if rest else ""
    return (
        f'<section><h2>Where the new files lie</h2>{note}<div class="scroll"><table><thead><tr><th>Folder</th><th class="bar"></th>'
        f'<th class="number">New files</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _slowest(figures: Figures) -> str:
    timed = [one for one in figures.slowest if one.seconds > 0]
    if not timed:
        return ""
    longest = timed[0].seconds
    rows = "".join(
        f'<tr><td class="path">{_path(one.path)}</td><td class="bar">{charts.small_bar(one.seconds / longest)}</td>'
        f'<td class="number">{_short_duration(one.seconds)}</td><td class="number">{words.size(one.size)}</td>'
        f'<td class="number">{words.speed(one.size / one.seconds)}</td></tr>'
        for one in timed
    )
    return (
        "<section><h2>Slowest transfers</h2><p>Seconds from the first byte to the server's answer.</p>"
        '<div class="scroll"><table><thead><tr><th>File</th><th class="bar"></th><th class="number">Time</th><th class="number">Size</th>'
        f'<th class="number">Speed</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _footer(figures: Figures) -> str:
    notes = ["Made from the report of selfhosted.immich.immich_upload."]
    if figures.unreadable:
        notes.append(f"{words.count(figures.unreadable, 'line')} of it could not be read: the run was probably cut off.")
    if figures.incomplete:
        notes.append(f"{words.count(figures.incomplete, 'file')} stored, but not put where it belongs, with two lines each.")
    if figures.files and figures.began is None:
        notes.append("It tells no times, so there is no picture over time.")
    return f"<footer>{text(' '.join(notes))}</footer>"


def _pair(*sections: str) -> str:
    there = [section for section in sections if section]
    return f'<div class="pair">{"".join(there)}</div>' if there else ""


def _sorted_outcomes(figures: Figures) -> list[tuple[str, Outcome]]:
    return sorted(figures.outcomes.items(), key=lambda item: (_ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER), item[0]))


def _name(action: str) -> tuple[str, str]:
    """CSS class and words for a report's action; one that is not known goes by its own name."""
    return _NAMES.get(action, ("there", action.replace("_", " ").capitalize()))


def _path(path: str) -> str:
    """A path whose last part stands out, and which may wrap after each part."""
    folder, name = posixpath.split(path)
    parts = "/<wbr>".join(text(part) for part in folder.rstrip("/").split("/"))
    return f"<span>{parts}/<wbr></span>{text(name)}" if folder else text(name)


def _short_duration(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 0.9995 else words.duration(seconds)


def _size_label(number: int) -> str:
    low, high = size_class_limits(number)
    if low is None:
        return f"below {words.size(high or 0)}"
    return f"{words.size(low)} to {words.size(high)}" if high else f"{words.size(low)} and more"


def _files_per_second(value: float) -> str:
    return f"{value:,.0f}/s" if value >= 10 or value == round(value) else f"{value:.1f}/s"


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "below 0.1%"
    return f"{100 * share:.1f}%" if share < 0.1 or 0.9 < share < 1 else f"{100 * share:.0f}%"
