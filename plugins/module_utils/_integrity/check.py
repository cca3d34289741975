# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the files of a server, compares the counts with what is allowed, and deletes untracked files that are proven to be nobody's."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from posixpath import basename
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .. import _option_names
from .._client import api, errors
from .._client.endpoints.integrity import KINDS, QUEUE, UNTRACKED, Entry, IntegrityCalls
from .._deletions.confirm import confirm
from .._options import option
from .._queues import control
from .._run.run import Run
from .._text import printable
from .ownership import FOLDERS, NOTHING_DELETED, Owners, parse_path
from .report import require_report

Result = Dict[str, Any]

MOST_LISTED = 100
_MOST_DELETED = 1000
_EXAMINED_FOR_EACH = 10  # entries that are looked at for each that may be deleted, so that a huge report does not take a day

_WORDS = {"untracked": "untracked", "missing": "missing", "checksum": "changed"}
_OWNER_SCOPES = {
    "adminUser.read": "list the users",
    "library.read": "list the external libraries",
    "user.read": "tell whose key it is",
    "asset.read": "find the asset of a file",
    "person.read": "find the person of a thumbnail",
}


@dataclass(frozen=True)
class IntegrityOptions:
    """What the module immich_integrity is asked for. `min_age`, `wait_timeout` and `wait_interval` are in seconds."""

    checks: Sequence[str] = option(["untracked", "missing"], choices=KINDS)
    max: Optional[Mapping[str, Optional[int]]] = option(None, type="dict", options={kind: {"type": "int"} for kind in KINDS})
    delete_untracked: Sequence[str] = option([], choices=FOLDERS)
    delete_limit: int = 100
    min_age: float = 86400.0
    owner_api_keys: Sequence[str] = field(default=(), repr=False)
    wait_timeout: float = 3600.0
    wait_interval: float = 2.0

    def validate(self) -> None:
        """Raises `InvalidRequest` for what makes no sense."""
        control.check_seconds("wait_timeout", self.wait_timeout, or_zero=True)
        control.check_seconds("wait_interval", self.wait_interval)
        control.check_seconds("min_age", self.min_age, or_zero=True)
        for kind, most in (self.max or {}).items():
            if most is not None and most < 0:
                raise errors.wrong_option("max." + kind, "must be at least 0, not %d." % most)
        if not 0 <= self.delete_limit <= _MOST_DELETED:
            raise errors.wrong_option("delete_limit", "must be from 0 to %d, not %d." % (_MOST_DELETED, self.delete_limit))
        if self.delete_untracked and UNTRACKED not in self.checks:
            raise errors.InvalidRequest(
                "O(delete_untracked) needs a new check. Add untracked to O(checks).", options=("delete_untracked", "checks")
            )


@dataclass
class _Deletions:
    """The entries whose files are nobody's, and the others with the reason why their files stay."""

    delete: List[Entry] = field(default_factory=list)
    keep: Dict[str, str] = field(default_factory=dict)
    unknown: int = 0


def check_integrity(client: api.Immich, options: IntegrityOptions, check_mode: bool, run: Run) -> Result:
    """The result of immich_integrity. In check mode no check is started: what would be deleted is judged by the report as it is.

    Raises `RunFailed` with the result where a count is above its `max`, or more is to be deleted than `delete_limit`.
    """
    options.validate()
    calls = require_report(client)
    _require_scopes(client, options)
    before = {entry.id for entry in calls.entries(UNTRACKED)} if options.delete_untracked else set()
    started = client.server_time
    if not check_mode:
        _run_checks(client, calls, options, run)
    result: Result = {"changed": False, "checked": list(options.checks), "counts": calls.counts()}
    if options.delete_untracked:
        with closing(Owners(client, options.owner_api_keys)) as owners:
            untracked = [entry for entry in calls.entries(UNTRACKED) if entry.id in before]
            plan = _plan(calls, owners, untracked, options, started, run)
            deleted: List[Entry] = []
            with run.keep_result(lambda: {**result, **_describe(plan, deleted)}):
                _refuse_too_many(plan, options)
            with run.keep_result(lambda: {**result, **_describe(plan, deleted)}, lambda: (len(deleted), len(plan.delete), "files")):
                _delete(calls, owners, plan, deleted, run, check_mode=check_mode)
        result.update(_describe(plan, deleted))
        counts = result["counts"] if check_mode else calls.counts()
        deleted_count = len(deleted) if check_mode else 0
        result["counts"] = {**counts, UNTRACKED: counts[UNTRACKED] - deleted_count}
    _compare(result, options.max or {})
    return result


def _require_scopes(client: api.Immich, options: IntegrityOptions) -> None:
    scopes: Dict[str, str] = {}
    if options.checks:
        scopes.update({"job.create": "start a check", client.queues.scope_to_read(): "wait for it"})
    if options.delete_untracked:
        scopes.update(_OWNER_SCOPES)
    client.require(scopes)


def _run_checks(client: api.Immich, calls: IntegrityCalls, options: IntegrityOptions, run: Run) -> None:
    """Starts the checks and waits until they have ended. Raises `Timeout`, or `InvalidRequest` where they could never end."""
    if not options.checks:
        return
    if any(queue.paused for queue in client.queues.all() if queue.name == QUEUE):
        raise errors.InvalidRequest("The queue %s is paused, so that no check would run. Resume it, or check later." % QUEUE)
    for kind in options.checks:
        calls.start_check(kind)
    try:
        control.wait_until_drained(client, [QUEUE], options.wait_timeout, options.wait_interval, run.check)
    except errors.LocalFailure as exc:  # the run was stopped
        raise errors.RunFailed(
            exc, {"changed": False, "checked": list(options.checks)}, exc.msg + " Immich goes on with the checks that were started."
        ) from exc


def _plan(
    calls: IntegrityCalls, owners: Owners, entries: Sequence[Entry], options: IntegrityOptions, started: float, run: Run
) -> _Deletions:
    """Which files may be deleted. `started` is when the check began, which every entry must be older than."""
    plan = _Deletions()
    wanted = [entry for entry in entries if _folder_of(entry) in options.delete_untracked]
    examined = wanted[: _EXAMINED_FOR_EACH * (options.delete_limit + 1)]
    plan.unknown = len(wanted) - len(examined)
    for entry in examined:
        run.check()
        reason = _too_young(entry, options.min_age, started) or owners.reason_to_keep(entry)
        if reason:
            plan.keep[entry.path] = reason
        elif _is_there(calls, entry, NOTHING_DELETED):
            plan.delete.append(entry)
    if plan.delete:
        confirm(NOTHING_DELETED, lambda: _other_paths(calls, plan.delete))
    return plan


def _is_there(calls: IntegrityCalls, entry: Entry, what: str) -> bool:
    """Whether an entry and its file are there. Raises `Contradiction` where its id leads to a file of another name than the report says."""
    name = calls.file_name(entry.id)
    if name not in (None, basename(entry.path)):
        shown = printable(entry.path)
        confirm(what, lambda: "the report has %s, but its entry %s leads to the file '%s'" % (shown, entry.id, printable(name or "")))
    return name is not None


def _other_paths(calls: IntegrityCalls, entries: Sequence[Entry]) -> Optional[str]:
    """What speaks against it that ids lead to the paths which the report has. A wrong id would delete another file than was looked at."""
    wanted = {entry.id: entry.path for entry in entries}
    differing = sorted(wanted.items() ^ calls.paths_in_csv(UNTRACKED, wanted))
    if not differing:
        return None
    return "the report and its form as CSV do not have one path for the entry %s" % differing[0][0]


def _folder_of(entry: Entry) -> Optional[str]:
    stored = parse_path(entry.path)
    return stored.folder if stored else None


def _too_young(entry: Entry, min_age: float, started: float) -> Optional[str]:
    if entry.created is None:
        return "It is not known since when it is untracked."
    if entry.created > started - min_age:
        return _option_names.name_options("It has been untracked for less than O(min_age) (%g s).", "min_age") % min_age
    return None


def _refuse_too_many(plan: _Deletions, options: IntegrityOptions) -> None:
    if len(plan.delete) > options.delete_limit:
        raise errors.CheckFailed(
            "Nothing was deleted: %d untracked files are nobody's, which is more than O(delete_limit) (%d). If Immich's folder was moved "
            "or a backup restored, they may be photos that Immich has lost sight of. If they may go, raise O(delete_limit) for one run."
            % (len(plan.delete), options.delete_limit),
            options=("delete_limit",),
        )


def _delete(calls: IntegrityCalls, owners: Owners, plan: _Deletions, deleted: List[Entry], run: Run, *, check_mode: bool) -> None:
    """Deletes what the plan says, each after another look. `deleted` gets what was deleted, or in check mode would be."""
    for entry in plan.delete:
        run.check()
        reason = None if check_mode else owners.reason_to_keep(entry)  # an upload may have got its asset meanwhile
        if reason:
            plan.keep[entry.path] = reason
            continue
        if not check_mode:
            owners.confirm(entry)
            if not _is_there(calls, entry, "The file %s was not deleted" % printable(entry.path)):
                plan.keep[entry.path] = "It is not there any more."
                continue
            calls.delete(entry.id)
        deleted.append(entry)


def _describe(plan: _Deletions, deleted: Sequence[Entry]) -> Result:
    """What was deleted and kept, as the module returns it."""
    paths = sorted(printable(entry.path) for entry in deleted)
    kept = [{"path": printable(path), "reason": reason} for path, reason in sorted(plan.keep.items())]
    return {
        "changed": bool(paths),
        "deleted": paths[:MOST_LISTED],
        "deleted_count": len(paths),
        "kept": kept[:MOST_LISTED],
        "kept_count": len(kept) + plan.unknown,
        "diff": {"before": {"untracked": paths}, "after": {"untracked": []}},
    }


def _compare(result: Result, most: Mapping[str, Optional[int]]) -> None:
    """Raises `RunFailed` where there is more of a kind than `most` allows."""
    counts = result["counts"]
    above = {kind: counts[kind] for kind, limit in most.items() if limit is not None and counts[kind] > limit}
    if above:
        clauses = ["%d %s (O(max.%s) is %d)" % (count, _WORDS[kind], kind, most[kind] or 0) for kind, count in above.items()]
        cause = errors.CheckFailed(
            "Files are not as Immich's database has them: %s. Administration → Maintenance shows which." % ", ".join(clauses),
            details={"above": above},
            options=["max." + kind for kind in above],
        )
        raise errors.RunFailed(cause, result)
