# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a summary says, held against the result that it is made of: whatever changed is said, and whatever is said is so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Result = Mapping[str, Any]

_DIGITS = r"(\d[\d,]*)"
_WOULD = r"(?:would be )?"


def _count(name: str) -> Callable[[Result], int]:
    return lambda result: int(result["counts"][name])


def _stacks(action: str) -> Callable[[Result], int]:
    return lambda result: int((result.get("stacks") or {}).get(action, 0))


def _people(done: str) -> Callable[[Result], int]:
    return lambda result: int((result.get("people") or {}).get(done, 0))


_UPLOAD: dict[str, tuple[str, Callable[[Result], int]]] = {
    "uploaded": (rf"{_DIGITS} {_WOULD}(?:uploaded|copied)\b", _count("uploaded")),
    "into the trash": (rf"{_DIGITS} of them into the trash", lambda result: int(result.get("moved_to_trash") or 0)),
    "already there": (rf"{_DIGITS} already there", _count("duplicates")),
    "in the trash": (rf"{_DIGITS} in the trash", _count("in_trash")),
    "restored": (rf"{_DIGITS} {_WOULD}restored from the trash", lambda result: int(result["counts"].get("restored", 0))),
    "skipped": (rf"{_DIGITS} skipped", _count("skipped")),
    "failed": (rf"{_DIGITS} failed", lambda result: int(result["counts"]["failed"])),
    "not there": (rf"{_DIGITS} paths? (?:is|are) not there", lambda result: int(result["counts"].get("missing_paths", 0))),
    "new albums": (rf"albums: {_DIGITS} {_WOULD}new", _count("albums_created")),
    "other albums": (rf"(?:albums: |new, ){_DIGITS} {_WOULD}added to", _count("albums_added_to")),
    "tags": (rf"tags: {_DIGITS} {_WOULD}given", _count("tags_given")),
    "completed": (rf"metadata of {_DIGITS} files? {_WOULD}completed", lambda result: int(result.get("metadata_completed") or 0)),
    "live photos": (rf"{_DIGITS} live photos? {_WOULD}joined", lambda result: int(result.get("live_photos") or 0)),
    "new stacks": (rf"stacks: {_DIGITS} {_WOULD}new", _stacks("created")),
    "other stacks": (rf"(?:stacks: |new, ){_DIGITS} {_WOULD}completed", _stacks("completed")),
    "new people": (rf"people: {_DIGITS} {_WOULD}new", _people("created")),
    "marked faces": (rf"faces: {_DIGITS} {_WOULD}marked", _people("faces_added")),
    "named faces": (rf"(?:faces: |marked, ){_DIGITS} {_WOULD}given a name", _people("faces_named")),
    "deleted": (rf"{_DIGITS} local files? {_WOULD}deleted", lambda result: int(result["counts"].get("deleted_local", 0))),
    "kept for stacks": (rf"{_DIGITS} local files? {_WOULD}kept, because their", lambda result: int(result.get("kept_for_stacks") or 0)),
    "kept for people": (rf"{_DIGITS} local files? {_WOULD}kept, because the p", lambda result: int(result.get("kept_for_people") or 0)),
}
_CHANGES = {"uploaded", "into the trash", "restored", "new albums", "other albums", "tags", "completed", "live photos"} | {
    "new stacks",
    "other stacks",
    "new people",
    "marked faces",
    "named faces",
    "deleted",
}


def check_numbers(said: str, result: Result, *, check_mode: bool = False) -> None:
    """Raises AssertionError unless the sentences of an upload or a copy and its result say the same, number for number."""
    found = {}
    for name, (pattern, _number) in _UPLOAD.items():
        match = re.search(pattern, said)
        found[name] = int(match[1].replace(",", "")) if match else 0
    assert found == {name: number(result) for name, (_pattern, number) in _UPLOAD.items()}, said
    has_changed = any(found[name] for name in _CHANGES) or _queues_changed(result)
    assert bool(result["changed"]) == has_changed, (said, result["changed"])
    assert ("Nothing new" in said) <= (not any(found[name] for name in _CHANGES)), said
    assert not re.search("would" if not check_mode else r"\d (?:uploaded|copied|given|joined|deleted|restored)\b", said), said


def _queues_changed(result: Result) -> bool:
    parts = [result.get(name) or {} for name in ("pause", "resume", "source_pause", "source_resume")]
    return any(part.get("changed") for part in parts)


_ARCHIVE = {
    "archived": rf"{_DIGITS} (?:would be )?copied",
    "updated": rf"{_DIGITS} (?:would be )?updated",
    "repaired": rf"{_DIGITS} (?:would be )?repaired",
    "removed": rf"{_DIGITS} (?:would be )?moved aside",
    "unchanged": rf"{_DIGITS} as before",
    "skipped": rf"{_DIGITS} skipped",
    "failed": rf"{_DIGITS} failed",
}
_WRITTEN = {
    "albums": rf"{_DIGITS} album files? (?:would be )?written",
    "removed_albums": rf"{_DIGITS} album files? (?:would be )?moved aside",
}


def check_archive(said: str, result: Result) -> None:
    """Asserts that the summary of an archive has the numbers of its result."""
    numbers = {name: re.search(pattern, said) for name, pattern in {**_ARCHIVE, **_WRITTEN}.items()}
    found = {name: int(match[1].replace(",", "")) if match else 0 for name, match in numbers.items()}
    counts = {**result["counts"], "archived": result["counts"]["archived"] + result["counts"]["already_in_place"]}
    assert found == {name: counts[name] for name in _ARCHIVE} | {name: len(result.get(name) or ()) for name in _WRITTEN}, said
    written = re.search(r", (\S+(?: and \S+)*) (?:would be )?written[,.]", said)
    assert (written[1].split(" and ") if written else []) == (result.get("archive_files") or [])
    changes = {"archived", "updated", "repaired", "removed", "albums", "removed_albums"}
    assert bool(result["changed"]) == (any(found[name] for name in changes) or written is not None), said
