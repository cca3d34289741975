# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an upload or a copy went, in a few sentences for a person.

What went wrong is said by the task that failed, so it is not said here again: only what to do about it.
"""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Sequence, Tuple

from . import export, numbers, skipped
from .queues import (
    clock,
    describe_holder,
    held_by_others,
    how_other_pauses_end,
    join_names,
    kept_from_here,
    name_queues,
    stays_paused,
    still_paused,
)

Result = Mapping[str, Any]

_NOT_AGAIN = "Files that are already on the server are not sent again."
_FAILS_EACH_TIME = "To leave out a file that fails each time, name it in immich_upload_exclude, or raise immich_upload_max_failures."
_STACKED = (("created", "new"), ("completed", "completed"), ("cover_changed", "given another cover"))
_MADE = (("created", "new"),)
_FACES = (("faces_added", "marked"), ("faces_named", "given a name"))
_KEPT = {
    "kept_for_stacks": "their stacks could not be made or completed",
    "kept_for_people": "the people in them could not be marked",
}


class _Side(NamedTuple):
    """One of the servers of a run: its jobs, where they are, and the variable that says whether they are paused, in numbers."""

    jobs: str
    on: str
    variable: str


_SOURCE = _Side("Background jobs of the source", " on the source", "immich_copy_pause_source_jobs")


def summary(
    uploaded: Result, pause: Result, resume: Result, src: Sequence[str], verb: str, check_mode: bool, leases_of_play: Sequence[str] = ()
) -> List[str]:
    """The sentences from the registered results, as the modules return them; one that never ran or was skipped is empty.

    `verb` is what the run did with the files, one of `PARTICIPLES`, and `leases_of_play` are those of the play's hosts, which resume
    what they hold when they have finished.
    """
    uploaded, pause, resume = (_ran(task) for task in (uploaded, pause, resume))
    pause, resume = pause or _part(uploaded, "pause"), resume or _part(uploaded, "resume")
    return [
        *_numbers(uploaded, src, verb, check_mode),
        *_owner(uploaded),
        *_tags_to_be_read(uploaded),
        *_kept(uploaded, check_mode),
        *_edits_not_copied(uploaded),
        *_export(uploaded),
        *_queues(uploaded, pause, resume, _Side("Background jobs", "", f"immich_{verb}_pause_jobs"), verb, check_mode, leases_of_play),
        *_queues(uploaded, _part(uploaded, "source_pause"), _part(uploaded, "source_resume"), _SOURCE, verb, check_mode),
        *_what_now(uploaded, pause, verb),
    ]


def skipped_for(other: Mapping[str, Any]) -> List[str]:
    """Of an upload that was left out because another run is uploading, from the lease of that run."""
    running = f"Nothing was uploaded, because {describe_holder(other['holder'])} goes on; its pause was renewed {other['age']} s ago."
    return [running] if other.get("runs_here") else [running, f"If it has died, its pause ends at {clock(other['expires_at'])}."]


def _ran(result: Result) -> Result:
    return {} if not result or result.get("skipped") else result


def _part(uploaded: Result, name: str) -> Result:
    return uploaded.get(name) or {}


def _numbers(uploaded: Result, src: Sequence[str], verb: str, check_mode: bool) -> List[str]:
    """What was sent; nothing where the module never came that far."""
    if "counts" not in uploaded:
        return []
    new, duplicates, left_out, failed = (uploaded["counts"][name] for name in ("uploaded", "duplicates", "skipped", "failed"))
    missing = uploaded["counts"].get("missing_paths") or 0
    size = f" ({numbers.size(uploaded['bytes_sent'])})" if uploaded.get("bytes_sent") else ""
    parts, done = [], _done(uploaded, check_mode)
    if new:
        parts.append(f"{numbers.count(new)} {_would(check_mode)}{numbers.PARTICIPLES[verb]}{size}")
        trashed = uploaded.get("moved_to_trash") or 0
        parts += [f"{numbers.count(trashed)} of them into the trash"] * bool(trashed)
    elif not failed and not missing and not uploaded.get("failed"):
        nothing = "No new file" if done or uploaded["counts"].get("restored") else "Nothing new"
        parts.append(nothing if duplicates or left_out else "No photo or video was found" + (f" in {join_names(src)}" if src else ""))
    parts += [f"{numbers.count(duplicates)} already there{_in_trash(uploaded['counts'], check_mode)}"] * bool(duplicates)
    parts += [f"{numbers.count(left_out)} skipped{_reasons(uploaded.get('skip_reasons') or {})}"] * bool(left_out)
    parts += [f"{numbers.count(failed)} failed"] * bool(failed)
    parts += [numbers.not_there(missing) + _which(uploaded, missing)] * bool(missing)
    parts += done
    return [", ".join(parts) + "."] * bool(parts)


def _owner(uploaded: Result) -> List[str]:
    """Whose photos the new ones are, as a key with the scope for it says."""
    user = _part(uploaded, "user")
    new = (uploaded.get("counts") or {}).get("uploaded")
    return [f"New photos belong to {user['name']} ({user['email']})."] if user and new else []


def _tags_to_be_read(uploaded: Result) -> List[str]:
    """Of which files nobody knows yet whether they have their tags."""
    number = uploaded.get("tags_to_be_read") or 0
    return [
        f"Immich has yet to read the metadata of {numbers.count(number, 'file')} that it had before: tags that went up with a file come "
        "then, and the next run gives those that lack."
    ] * bool(number)


def _kept(uploaded: Result, check_mode: bool) -> List[str]:
    """Which local files are still there although the server has them."""
    return [
        f"{numbers.count(uploaded[name], 'local file')} {_would(check_mode)}kept, because {why} yet: the next run tries again."
        for name, why in _KEPT.items()
        if uploaded.get(name)
    ]


def _which(uploaded: Result, missing: int) -> str:
    """The paths that are missing, which come first among the failures."""
    paths = [failure["path"] for failure in (uploaded.get("failures") or [])[:missing]]
    return f" ({numbers.some_of(paths, missing)})" if paths else ""


def _done(uploaded: Result, check_mode: bool) -> List[str]:
    """What else was done with files, whether or not they are new."""
    counts = uploaded["counts"]
    parts = [*_albums(counts, check_mode), *_tags(counts, check_mode), *_joined(uploaded, check_mode)]
    for done in ("deleted", "moved"):
        files = counts.get(f"{done}_local") or 0
        parts += [f"{numbers.count(files, 'local file')} {_would(check_mode)}{done}"] * bool(files)
    return parts


def _would(check_mode: bool) -> str:
    return "would be " if check_mode else ""


def _in_trash(counts: Mapping[str, int], check_mode: bool) -> str:
    """Which of the files that were there are in the server's trash, or were."""
    restored, left = counts.get("restored") or 0, counts.get("in_trash") or 0
    parts = [f"{numbers.count(restored)} {_would(check_mode)}restored from the trash"] * bool(restored)
    parts += [f"{numbers.count(left)} in the trash"] * bool(left)
    return f" ({', '.join(parts)})" if parts else ""


def _export(uploaded: Result) -> List[str]:
    """Which export it was, and what waits for the rest of it."""
    details = uploaded.get("export")
    return [export.sentence(details) + ".", *export.waiting(details, "immich_upload_export_unmatched")] if details else []


def _edits_not_copied(uploaded: Result) -> List[str]:
    """What copied files have on the server that they come from and cannot have on the other."""
    edits = (uploaded.get("not_copied") or {}).get("edits") or 0
    return [f"Of {numbers.count(edits, 'file')} the edits stay behind: the originals are copied."] * bool(edits)


def _reasons(counts: Mapping[str, int]) -> str:
    """What was skipped, the most frequent first."""
    named = skipped.list_kinds(counts)
    return f" ({named})" if named else ""


def _albums(counts: Mapping[str, int], check_mode: bool) -> List[str]:
    new, filled = counts.get("albums_created") or 0, counts.get("albums_added_to") or 0
    parts = [f"{numbers.count(new)} {_would(check_mode)}new"] * bool(new)
    parts += [f"{numbers.count(filled)} {_would(check_mode)}added to"] * bool(filled)
    return ["albums: " + ", ".join(parts)] if parts else []


def _tags(counts: Mapping[str, int], check_mode: bool) -> List[str]:
    given = counts.get("tags_given") or 0
    return [f"tags: {numbers.count(given)} {_would(check_mode)}given"] * bool(given)


def _joined(uploaded: Result, check_mode: bool) -> List[str]:
    """What else the files got that the server has."""
    completed, live = uploaded.get("metadata_completed"), uploaded.get("live_photos")
    stacks, people = (uploaded.get(name) or {} for name in ("stacks", "people"))
    parts = [f"metadata of {numbers.count(completed, 'file')} {_would(check_mode)}completed"] if completed else []
    parts += [f"{numbers.count(live, 'live photo')} {_would(check_mode)}joined"] if live else []
    for noun, named, counted in (("stacks", stacks, _STACKED), ("people", people, _MADE), ("faces", people, _FACES)):
        counts = [f"{numbers.count(named[action])} {_would(check_mode)}{verb}" for action, verb in counted if named.get(action)]
        parts += [f"{noun}: {', '.join(counts)}"] * bool(counts)
    return parts


def _queues(
    uploaded: Result, pause: Result, resume: Result, side: _Side, verb: str, check_mode: bool, leases_of_play: Sequence[str] = ()
) -> List[str]:
    """What became of the queues of a server."""
    parts = []
    healed = list(dict.fromkeys([*(pause.get("healed") or []), *(resume.get("healed") or [])]))
    if healed:
        parts.append(f"{'Would resume' if check_mode else 'Resumed'} what an earlier run left paused{side.on}: {name_queues(healed)}.")
    again = pause.get("paused_again") or []
    if again:
        parts.append(f"Immich restarted{side.on} during the {verb}: {name_queues(again)} {_was(again)} paused again.")
    if not (pause or resume) or pause.get("failed"):
        return parts
    if pause.get("failure"):
        return parts + [_kept_running(pause, side)] * bool((uploaded.get("counts") or {}).get("uploaded"))
    if resume.get("failed") or resume.get("unreachable"):
        return parts + still_paused(pause, resume, side.on)
    phrases = []
    shared = {} if check_mode else resume.get("held_by_others") or {}
    if check_mode and pause.get("paused"):
        phrases.append(f"{side.jobs} would be paused during the {verb}")
    elif not check_mode and {*(pause.get("paused") or []), *(resume.get("resumed") or [])} - set(shared):
        phrases.append(f"{side.jobs} run again")
    clauses, sentences = _shared(shared, resume, side, verb, leases_of_play, alone=not phrases)
    phrases += clauses + stays_paused(resume.get("left_paused") or pause.get("left_paused") or [], "not ours")
    return parts + ["; ".join(phrases) + "."] * bool(phrases) + sentences


def _shared(
    shared: Mapping[str, Sequence[str]], resume: Result, side: _Side, verb: str, leases_of_play: Sequence[str], *, alone: bool
) -> Tuple[List[str], List[str]]:
    """What is said of queues that other leases hold: clauses, and sentences of their own. `alone`: nothing was resumed."""
    others = {name: [holder for holder in holders if holder not in leases_of_play] for name, holders in shared.items()}
    with_play = [name for name, holders in others.items() if not holders]
    from_here = [name for name, holders in others.items() if holders and set(holders) <= set(resume.get("held_here") or [])]
    clauses: List[str] = []
    if with_play:
        why = "until the other hosts of this play have finished"
        all_of_them = alone and len(with_play) == len(shared)
        clauses += [f"{side.jobs} stay paused {why}"] if all_of_them else stays_paused(with_play, why)
    clauses += held_by_others({name: holders for name, holders in shared.items() if name not in with_play and name not in from_here})
    holders_here = list(dict.fromkeys(holder for name in from_here for holder in others[name]))
    elsewhere = {holder for name, holders in others.items() if name not in from_here for holder in holders}
    until = {holder: moment for holder, moment in (resume.get("held_until") or {}).items() if holder in elsewhere}
    return clauses, [*kept_from_here(holders_here, from_here, side.jobs, verb), *how_other_pauses_end(until)]


def _was(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _kept_running(pause: Result, side: _Side) -> str:
    """Why there was no pause, in short: the warning says it all."""
    refused = "was refused" if pause["failure"].get("kind") == "auth" else "may not pause them"
    return f"{side.jobs} kept running, because the administrator's key {refused}. To accept this, set {side.variable}: false."


def _what_now(uploaded: Result, pause: Result, verb: str) -> List[str]:
    if uploaded.get("unreachable"):
        return [f"The host went away during the {verb}.", _sentence(uploaded.get("msg")), *_run_again(verb)]
    if pause.get("failed") and not uploaded:
        return [f"Nothing was {numbers.PARTICIPLES[verb]}."]
    if not uploaded.get("failed"):
        return []
    if "counts" in uploaded:
        return _run_again(verb) + [_FAILS_EACH_TIME] * (verb == "upload" and _only_files_failed(uploaded))
    if uploaded.get("failure"):
        return [f"Nothing was {numbers.PARTICIPLES[verb]}" + ("." if pause else " and no queue was touched.")]
    return [f"The {verb} ended without saying how far it got.", *_run_again(verb)]


def _only_files_failed(uploaded: Result) -> bool:
    """Whether the rest of the run went well, and it is the files themselves that failed: they do so in each run."""
    failures = uploaded.get("failures") or []
    return bool(failures) and all(failure.get("kind") == "local" for failure in failures) and not uploaded["counts"].get("missing_paths")


def _run_again(verb: str) -> List[str]:
    return [f"Run the {verb} again once the cause is fixed.", _NOT_AGAIN]


def _sentence(msg: Any) -> str:
    text = str(msg or "no reason given").strip()
    return text if text.endswith((".", "!", "?", ")")) else text + "."
