# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module returns and writes into its report, as it comes about."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import Any, Callable, Dict, List, Optional

from .. import _own_files
from .._client import api, errors
from .._client.body import Download
from .._client.values import Asset
from .._run.report import Report
from .._run.run import end_run
from .._text import one_line
from .._times import from_seconds, to_iso_utc
from .model import DISMISS, SKIP, STACK, TRASH, Decision, DuplicateGroup
from .rules import format_of
from .write import CONFLICT, DONE, FAILED, PLANNED, RESTORED, UNCHANGED, GroupOutcome

Result = Dict[str, Any]

# What is listed in the result and the diff; the report has all.
_MOST_LISTED = 100  # groups, and as many members of each
_MOST_LINES = 1000
_MOST_WARNINGS = 10
_LARGEST_PICTURE = 500_000  # bytes
_COUNT_OF = {TRASH: "resolved", STACK: "stacked", DISMISS: "dismissed"}


class DuplicateResults:
    """Counts, lists and writes down. `pictures` opens the thumbnail of an asset, which goes into `folder`.

    With `planned` nothing is done, and the sentences say what would be.
    """

    def __init__(
        self,
        client: api.Immich,
        report: Optional[Report],
        *,
        planned: bool,
        pictures: Optional[Callable[[str], Download]] = None,
        folder: Optional[str] = None,
    ) -> None:
        self.groups_found: Optional[int] = None  # groups; None until Immich's list was read
        self.photos = self.left_for_later = 0
        self.detection_enabled = True
        self.warnings: List[str] = []
        self._planned = planned
        self._report = report
        self._pictures = pictures
        self._folder = folder or ""
        self._counts = dict.fromkeys(
            ("resolved", "stacked", "dismissed", "skipped", "conflicts", "restored", "failed", "kept", "trashed"), 0
        )
        self._bytes = 0
        self._changed = False
        self._groups: List[Result] = []
        self._before: List[str] = []
        self._after: List[str] = []
        self._failures: List[errors.ImmichError] = []
        self._about = {"kind": "run", "module": "immich_duplicates", "server": client.connection.root, "version": str(client.version)}
        if report is not None:
            report.line(**self._about)
        if pictures is not None:
            with _own_files.failing("The folder %s for thumbnails cannot be made" % self._folder), suppress(FileExistsError):
                os.mkdir(self._folder, 0o700)

    def add(self, outcome: GroupOutcome, *, only_said: bool = False) -> None:
        """What became of a group; with `only_said` nothing was to be done, not even in a run that is predicted."""
        decision, status = outcome.decision, outcome.status
        if status in (PLANNED, DONE):
            self._count_done(decision)
            self._changed = self._changed or not only_said
            self._add_to_diff(decision)
        else:
            names = {SKIP: "skipped", UNCHANGED: "skipped", CONFLICT: "conflicts", RESTORED: "restored", FAILED: "failed"}
            self._counts[names[status]] += 1
        if status == RESTORED:
            self._changed = True
        if status in (CONFLICT, RESTORED) and len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append("%s was left alone: %s" % (_label(decision.group), outcome.reason))
        if outcome.error is not None:
            self._failures.append(outcome.error)
        described = _describe(outcome)
        if self._report is not None:
            self._report.line(kind="group", **described)
        if self._pictures is not None:
            for member in decision.group.members:
                self._fetch_picture(self._pictures, member.id)
        if len(self._groups) < _MOST_LISTED:
            self._groups.append({**described, "members": described["members"][:_MOST_LISTED]})

    def result(self) -> Result:
        """As the module's documentation says."""
        return {
            "changed": self._changed,
            "sentences": self._sentences(),
            "counts": {"found": self.groups_found or 0, "photos": self.photos, **self._counts, "left_for_later": self.left_for_later},
            "bytes_freed": self._bytes,
            "detection_enabled": self.detection_enabled,
            "groups": self._groups,
            "warnings": self.warnings,
            "diff": {"before": "".join(self._before), "after": "".join(self._after)},
        }

    def end(self) -> Result:
        """The result. Raises `RunFailed` if groups failed, or the report is not whole."""
        problem = self._report.problem if self._report is not None else None
        first = self._failures[0] if self._failures else problem
        return end_run(self.result(), first, (len(self._failures), self.groups_found or 0, "groups"))

    def close(self) -> None:
        """Ends the report."""
        if self._report is not None:
            self._report.seal(**self._about)
            self._report.close()

    def _sentences(self) -> List[str]:
        """The counts for a person, without zeroes."""
        if self.groups_found == 0:
            return ["Immich lists no duplicates."]
        counts, would = self._counts, "would be " if self._planned else ""
        groups = (
            (counts["stacked"], would + "stacked"),
            (counts["dismissed"], would + "dismissed"),
            (counts["skipped"], would + "left alone"),
            (counts["conflicts"], "changed meanwhile"),
            (counts["restored"], "restored"),
            (counts["failed"], "failed"),
            (self.left_for_later, "left for the next run"),
        )
        trash = "%s of %s %s to the trash, from %s." % (
            format(counts["trashed"], ","),
            _number_of(self.photos, "photo"),
            "would go" if self._planned else "went",
            _number_of(counts["resolved"], "group"),
        )
        others = ", ".join("%s %s" % (_number_of(number, "group"), outcome) for number, outcome in groups if number)
        return [*[trash] * bool(counts["resolved"]), *[others + "."] * bool(others)] or ["Nothing was changed."]

    def _count_done(self, decision: Decision) -> None:
        self._counts[_COUNT_OF[decision.action]] += 1
        if decision.action == TRASH:
            self._counts["kept"] += len(decision.keepers)
            self._counts["trashed"] += len(decision.losers)
        self._bytes += sum(member.size or 0 for member in decision.group.members if member.id in decision.losers)

    def _add_to_diff(self, decision: Decision) -> None:
        if len(self._before) >= _MOST_LINES:
            return
        names = {member.id: one_line(member.name) for member in decision.group.members}
        keepers = ", ".join(names[asset_id] for asset_id in decision.keepers)
        after = {
            TRASH: "%s (%s)%s" % (keepers, decision.rule, "".join("; %s" % name for name in decision.merge.differences)),
            STACK: "stack: %s" % keepers,
            DISMISS: "no duplicates: %s" % keepers,
        }
        self._before.append("%s\n" % ", ".join(names.values()))
        self._after.append("%s\n" % after[decision.action])

    def _fetch_picture(self, open_picture: Callable[[str], Download], asset_id: str) -> None:
        """Writes the thumbnail to `<id>.webp`, unless it is there already. One that Immich has not made is left out."""
        path = os.path.join(self._folder, asset_id + ".webp")
        if os.path.lexists(path):
            return
        try:
            with closing(open_picture(asset_id)) as stream:
                content = stream.read(_LARGEST_PICTURE + 1)
        except errors.NotFound:
            return
        if len(content) > _LARGEST_PICTURE:
            raise errors.ServerFailure("A thumbnail has more than %d bytes." % _LARGEST_PICTURE)
        with _own_files.failing("The thumbnail %s cannot be written" % path):
            _own_files.write_whole(path, content, durable=False)


def _describe(outcome: GroupOutcome) -> Result:
    """A group as the result and the report have it, and as the option `groups` takes it."""
    decision = outcome.decision
    is_skipped = decision.action == SKIP
    return {
        "group_id": decision.group.id,
        "decision": decision.action,
        "status": outcome.status,
        "rule": decision.rule,
        "keep": [] if is_skipped else list(decision.keepers),
        "trashed": list(decision.losers) if outcome.status in (PLANNED, DONE) else [],
        "merged": {name: dict(difference) for name, difference in decision.merge.differences.items()},
        "lost": [one_line(lost) for lost in decision.merge.lost],
        "skipped_reason": None if outcome.reason is None else one_line(outcome.reason),
        "members": [_describe_member(decision.group, member) for member in decision.group.members],
    }


def _describe_member(group: DuplicateGroup, member: Asset) -> Result:
    taken = from_seconds(member.taken)
    return {
        "id": member.id,
        "name": one_line(member.name),
        "path": one_line(member.path),
        "format": format_of(member),
        "size": member.size,
        "width": member.width,
        "height": member.height,
        "taken": None if taken is None else to_iso_utc(taken),
        "external": member.library_id is not None,
        "favorite": member.metadata.favorite,
        "rating": member.metadata.rating,
        "visibility": member.metadata.visibility,
        "live_photo": member.live_video is not None,
        "albums": [one_line(album.name) for album in group.albums.get(member.id, ())],
        "tags": sorted(one_line(value) for value in member.tags.values()),
        "people": sorted(one_line(name) for name in member.people.values()),
    }


def _number_of(number: int, noun: str) -> str:
    return "%s %s%s" % (format(number, ","), noun, "" if number == 1 else "s")


def _label(group: DuplicateGroup) -> str:
    return "The group of %s" % ", ".join(one_line(member.name) for member in group.members[:3])
