# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module immich_duplicates does: reads, decides, and carries out or only says."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from .._client import api, errors
from .._client.endpoints.duplicates import DuplicateCalls
from .._own_files import require_parent
from .._run.report import Report
from .._run.run import Run
from . import model
from .decide import Policy, decide, policy_of, refuse_early
from .model import DISMISS, NONE, SKIP, STACK, TRASH, Decision, DuplicateOptions
from .read import Reader
from .results import DuplicateResults
from .reviewed import actions_of, is_report, parse_reviewed, refuse_review
from .rules import rule_names
from .write import PLANNED, DuplicateWriter, GroupOutcome

Result = Dict[str, Any]

_READ_AGAIN = "Its members have changed while they were read."
_DETECTION_OFF = (
    "Immich does not look for duplicates (its duplicate detection, or all of its machine learning, is switched off). Groups that it found "
    "before are still there."
)
_NO_TRASH = (
    "The trash is switched off on the server, so what goes is deleted for good with the next nightly job. Switch it on, or set "
    "O(allow_no_trash) to true."
)


def handle_duplicates(client: api.Immich, options: DuplicateOptions, run: Run, *, check_mode: bool) -> Result:
    """Handles the groups of the key's user, or with `check_mode` only finds out how. Raises at the end if some failed."""
    reviewed = None if options.groups is None else parse_reviewed(options.groups, options.action)
    policy_of(options)  # rules that do not exist are refused before anything else
    _check(options, check_mode=check_mode)
    features = client.server.features()
    actions = actions_of(options.action, reviewed)
    if TRASH in actions and features.get("trash") is False and not options.allow_no_trash:
        raise errors.InvalidRequest(_NO_TRASH, options=("allow_no_trash",))
    calls = DuplicateCalls(client)
    client.require(required_scopes(options, actions, copies_links=calls.copies_links()))
    reader = Reader(client, calls, options)
    inside = reader.inside_albums()
    policy = policy_of(options, reviewed=reviewed, inside=inside, copies_links=calls.copies_links())
    report = Report(options.report, is_report) if options.report and not check_mode else None
    results = DuplicateResults(
        client,
        report,
        planned=check_mode or options.action == NONE,
        pictures=client.assets.thumbnail if options.thumbnails and not check_mode else None,
        folder=options.thumbnails,
    )
    results.detection_enabled = features.get("duplicateDetection", False)
    if not results.detection_enabled:
        results.warnings.append(_DETECTION_OFF)
    writer = DuplicateWriter(client, calls, reader, policy, run)
    try:
        with run.keep_result(results.result):
            decisions = _decide_all(reader, policy, results, run)
            _refuse_too_many(decisions, options.max_trash)
            for decision in decisions:
                if decision.action == SKIP:
                    results.add(GroupOutcome(decision, SKIP, decision.reason))
            todo = [decision for decision in decisions if decision.action != SKIP]
            if check_mode or options.action == NONE:
                for decision in todo:
                    run.check()
                    results.add(GroupOutcome(decision, PLANNED), only_said=options.action == NONE)
                todo = []
        with run.keep_result(results.result, lambda: (writer.handled, len(todo), "groups")):
            for outcome in writer.carry_out(todo):
                results.add(outcome)
    finally:
        results.close()
    return results.end()


def _check(options: DuplicateOptions, *, check_mode: bool) -> None:
    for name, value, least in (("limit", options.limit, 1), ("max_trash", options.max_trash, 0)):
        if value is not None and value < least:
            raise errors.wrong_option(name, "must be at least %d, not %d." % (least, value))
    if options.thumbnails:
        require_parent(options.thumbnails, option="thumbnails")
    if options.report:
        try:
            refuse_review(options.report)
        except errors.MissingPath:
            if not check_mode:  # else nothing is written, and a task before this one may make the folder
                raise


def required_scopes(options: DuplicateOptions, actions: Sequence[str], *, copies_links: bool) -> Dict[str, str]:
    """The scopes that a run needs which may do `actions`, each with what it is for."""
    scopes = {"duplicate.read": "list the duplicates", "asset.read": "read what is known of each photo"}
    if options.action in (TRASH, NONE) or TRASH in actions or options.groups is not None:
        scopes["album.read"] = "see which albums the photos are in"
        scopes["sharedLink.read"] = "see which photos are shared by links"
    elif "in_album" in rule_names([*options.keep, *options.protect]) or options.only_albums is not None:
        scopes["album.read"] = "see which albums the photos are in"
    if options.thumbnails:
        scopes["asset.view"] = "fetch thumbnails"
    if TRASH in actions:
        scopes.update({"asset.update": "change the photo that stays", "asset.delete": "put photos into the trash"})
        extra = {
            model.ALBUMS: ("albumAsset.create", "add the photo that stays to albums"),
            model.TAGS: ("tag.asset", "tag the photo that stays"),
        }
        if copies_links:
            extra[model.SHARED_LINKS] = ("asset.copy", "keep shared links")
        scopes.update(dict(extra[name] for name in options.merge if name in extra))
    if STACK in actions:
        scopes.update({"asset.update": "take the photos out of their group", "stack.create": "stack the photos"})
    if DISMISS in actions or (TRASH in actions and options.on_protected == model.KEEP_BOTH):
        scopes["duplicate.delete"] = "dismiss groups"
    return scopes


def _decide_all(reader: Reader, policy: Policy, results: DuplicateResults, run: Run) -> List[Decision]:
    """What is done with each group, up to `limit` of those with which something is done."""
    options, decisions, decided = policy.options, [], 0
    groups = reader.groups()
    results.groups_found, results.photos = len(groups), sum(len(group.members) for group in groups)
    for group in groups:
        run.check()
        if refuse_early(group, policy) is None:
            if options.limit is not None and decided >= options.limit:
                results.left_for_later += 1
                continue
            detailed = reader.details(group) if reader.needs_details() else group
            if detailed is None:
                ids = tuple(member.id for member in group.members)
                decisions.append(Decision(group, SKIP, ids, (), None, _READ_AGAIN, model.NOTHING))
                continue
            group = detailed
        decision = decide(group, policy)
        decided += decision.action != SKIP
        decisions.append(decision)
    return decisions


def _refuse_too_many(decisions: Sequence[Decision], most: Optional[int]) -> None:
    count = sum(len(decision.losers) for decision in decisions)
    if most is not None and count > most:
        raise errors.InvalidRequest(
            "%d photos would go to the trash, and O(max_trash) is %d. Nothing was changed. Look at what would happen with O(action) none, "
            "then raise O(max_trash), or set O(limit)." % (count, most),
            details={"trashed": count, "max_trash": most},
            options=("max_trash", "limit", "action"),
        )
