# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a report, a line at a time, and what its first and last line say of the run as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Mapping
from urllib.parse import quote, urlsplit

from ansible_collections.photoyard.immich.plugins.module_utils._ids import is_uuid

from .._wording import numbers

Line = Mapping[str, Any]


def read(source: str | Iterable[Line]) -> Iterator[Line | None]:
    """The report's lines from its text, from the path of its file, or as they are when they are parsed already.

    A file is never held in memory as a whole. None stands for a line that is not a JSON object, as an interrupted run may leave at the end.

    :raises OSError: the file cannot be read.
    """
    if not isinstance(source, str):
        yield from source
    elif not source.strip() or source.lstrip().startswith("{"):
        yield from _parsed(source.split("\n"))  # not splitlines: a file name may hold other line ends
    else:
        with open(source, encoding="utf-8", errors="surrogateescape") as stream:
            yield from _parsed(stream)


def _parsed(texts: Iterable[str]) -> Iterator[Line | None]:
    for text in texts:
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        yield line if isinstance(line, dict) else None


_ARCHIVE = "archive"
_VERBS = {"immich_" + verb: verb for verb in (*numbers.PARTICIPLES, _ARCHIVE)}


@dataclass(frozen=True)
class AlbumOrTag:
    """An album or a tag: how many files were added to it, and where it is on the server. `origin` is what an album is named by."""

    name: str
    added: int
    created: bool
    link: str | None
    origin: str | None


@dataclass(frozen=True)
class Pause:
    """What the run did to the background jobs of a server. The lists hold the queues' names."""

    paused: list[str] = field(default_factory=list)
    seconds: float | None = None
    resumed: list[str] = field(default_factory=list)
    left_paused: list[str] = field(default_factory=list)
    held_by_others: list[str] = field(default_factory=list)
    paused_again: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    msg: str | None = None


@dataclass(frozen=True)
class RunFacts:
    """The run. `verb` is what it did with the files. `is_over` is false where the last line is missing; then only the verb, the server and
    `started` are known."""

    verb: str
    server: str
    version: str
    started: float
    is_over: bool = False
    finished: float | None = None
    complete: bool = False
    msg: str | None = None
    found: int | None = None
    handled: int | None = None
    counts: Mapping[str, int] | None = None
    skip_reasons: Mapping[str, int] = field(default_factory=dict)
    bytes_moved: int | None = None
    """Sent to the server, or received from it."""
    seconds: float | None = None
    albums: list[AlbumOrTag] = field(default_factory=list)
    tags: list[AlbumOrTag] = field(default_factory=list)
    pause: Pause | None = None
    source_pause: Pause | None = None
    export: Mapping[str, Any] | None = None
    """As the module returns it, but without the files."""

    @property
    def receives(self) -> bool:
        """Whether the files came from the server, to an archive."""
        return self.verb == _ARCHIVE

    @property
    def link(self) -> str | None:
        """The server's web address, if it can be opened."""
        return self.server if page(self.server, "") else None


def parse_run(line: Line) -> RunFacts:
    """The facts in one of the two lines. Raises TypeError, ValueError or AttributeError where the line makes no sense."""
    module = str(line.get("module") or "immich_upload")
    if module not in _VERBS:
        raise ValueError(f"it is one of photoyard.immich.{module}")
    server = str(line.get("server") or "")
    values: dict[str, Any] = {
        "verb": _VERBS[module],
        "server": server,
        "version": str(line.get("version") or ""),
        "started": float(line.get("started") or 0),
    }
    if line.get("finished") is None:
        return RunFacts(**values)
    counts = line.get("counts")
    return RunFacts(
        **values,
        is_over=True,
        finished=float(line["finished"]),
        complete=bool(line.get("complete")),
        msg=_text(line.get("msg")),
        found=_number(line.get("found")),
        handled=_number(line.get("handled")),
        counts={str(name): int(number) for name, number in counts.items()} if counts else None,
        skip_reasons={str(name): int(number) for name, number in (line.get("skip_reasons") or {}).items()},
        bytes_moved=_number(line.get("bytes_received") if line.get("bytes_sent") is None else line.get("bytes_sent")),
        seconds=None if line.get("seconds") is None else float(line["seconds"]),
        albums=[]
        if _VERBS[module] == _ARCHIVE
        else [_group(album, link(server, "albums", album.get("id"))) for album in line.get("albums") or ()],
        tags=[_group(tag, page(server, "tags?path=" + quote(str(tag.get("name")), safe=""))) for tag in line.get("tags") or ()],
        pause=_pause(line.get("pause")),
        source_pause=_pause(line.get("source_pause")),
        export=_export(line.get("export")),
    )


def link(server: str, what: str, number: Any) -> str | None:
    """Where an object stands on the server's web pages, such as `albums` or `photos`; None where that cannot be said."""
    return page(server, f"{what}/{number}") if is_uuid(str(number)) else None


def page(server: str, path: str) -> str | None:
    """The address of a page on the server; None unless the server is at a web address: what opens is the server and nothing else."""
    try:
        is_web = urlsplit(server).scheme in ("http", "https")
    except ValueError:
        return None
    return f"{server}/{path}" if is_web else None


def _group(line: Mapping[str, Any], where: str | None) -> AlbumOrTag:
    return AlbumOrTag(str(line.get("name")), int(line.get("added") or 0), bool(line.get("created")), where, _text(line.get("origin")))


def _export(line: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not line:
        return None
    counts = ("parts", "files", "media", "live_photos", "albums", "unreadable", "unused")
    return {
        "layout": str(line.get("layout")),
        "title": str(line.get("title") or ""),
        **{name: int(line.get(name) or 0) for name in counts},
        **{name: {str(key): int(number) for key, number in (line.get(name) or {}).items()} for name in ("rules", "skip_reasons")},
    }


def _pause(line: Mapping[str, Any] | None) -> Pause | None:
    if not line:
        return None
    names = ("paused", "resumed", "left_paused", "held_by_others", "paused_again", "healed")
    seconds = line.get("seconds")
    return Pause(
        **{name: [str(queue) for queue in line.get(name) or ()] for name in names},
        seconds=None if seconds is None else float(seconds),
        msg=_text(line.get("msg")),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
