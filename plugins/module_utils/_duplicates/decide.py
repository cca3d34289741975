# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which photo of a group stays and what becomes of the others. Pure: check mode and the run ask the same, of what each has read."""

from __future__ import annotations

from typing import Collection, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .. import _option_names
from .._client.values import Asset
from . import model
from .merge import plan_merge
from .model import DISMISS, NONE, SKIP, STACK, TRASH, Decision, DuplicateGroup, DuplicateOptions, ReviewedDecision
from .rules import KeepRule, Protection, parse_protections, parse_rules, protected_by, unmet_requirement

_TIE = "lowest_id"


class Policy(NamedTuple):
    """The options as they decide. `inside` are the assets in the albums of `only_albums`, None without that option; `reviewed` the
    decisions that somebody gave, by the group's members, None without such, and `reviewed_ids` all members of these groups.
    """

    options: DuplicateOptions
    rules: Sequence[KeepRule]
    protections: Sequence[Protection]
    reviewed: Optional[Mapping[Tuple[str, ...], ReviewedDecision]]
    reviewed_ids: FrozenSet[str]
    inside: Optional[Collection[str]]
    copies_links: bool


def policy_of(
    options: DuplicateOptions,
    *,
    reviewed: Optional[Mapping[Tuple[str, ...], ReviewedDecision]] = None,
    inside: Optional[Collection[str]] = None,
    copies_links: bool = True,
) -> Policy:
    """Raises `InvalidRequest` for rules that do not exist."""
    protections = parse_protections(options.protect)
    reviewed_ids = frozenset(asset_id for members in reviewed or () for asset_id in members)
    return Policy(options, parse_rules(options.keep, protections), protections, reviewed, reviewed_ids, inside, copies_links)


def refuse_early(group: DuplicateGroup, policy: Policy) -> Optional[str]:
    """Why a group is left alone, as far as the list of all groups says. What else is known of it need not be read then."""
    if len(group.members) < 2:
        return "It has fewer than two members."
    if policy.inside is not None and not all(member.id in policy.inside for member in group.members):
        return _option_names.name_options("Not all of its members are in the albums of O(only_albums).", "only_albums")
    if policy.reviewed is not None:
        if group.identity in policy.reviewed:
            return None
        changed = any(member.id in policy.reviewed_ids for member in group.members)
        return "Its members have changed since it was reviewed." if changed else "It is not among the reviewed groups."
    return unmet_requirement(group, policy.options.require)


def decide(group: DuplicateGroup, policy: Policy) -> Decision:
    """What is done with a group."""
    reason = refuse_early(group, policy)
    if reason:
        return _skipped(group, None, reason)
    given = policy.reviewed[group.identity] if policy.reviewed is not None else None
    chosen = TRASH if policy.options.action == NONE else policy.options.action
    action = (given.action if given else None) or chosen
    if action == SKIP:
        return _skipped(group, model.REVIEWED, "The review says so.")
    if given and given.keep:
        keepers, rule = [*given.keep], model.REVIEWED
    else:
        keeper, rule = choose(group, policy.rules)
        keepers = [keeper.id]
    if action == DISMISS:
        ids = tuple(member.id for member in group.members)
        return Decision(group, DISMISS, ids, (), rule if given else None, None, model.NOTHING)
    if action == STACK:
        ids = (*keepers, *(member.id for member in group.members if member.id not in keepers))
        return Decision(group, STACK, ids, (), rule, None, model.NOTHING)
    return _trash(group, policy, keepers, rule)


def choose(group: DuplicateGroup, rules: Sequence[KeepRule]) -> Tuple[Asset, str]:
    """The photo that stays, and the rule that left only this one: each narrows what those before have left."""
    left: List[Asset] = list(group.members)
    for rule in rules:
        narrowed = rule.narrow(group, left)
        if narrowed and len(narrowed) < len(left):
            left = list(narrowed)
            if len(left) == 1:
                return left[0], rule.name
    return min(left, key=lambda member: member.id), _TIE


def _trash(group: DuplicateGroup, policy: Policy, keepers: List[str], rule: str) -> Decision:
    protected = [
        (member, names)
        for member in group.members
        for names in [protected_by(group, member, policy.protections)]
        if names and member.id not in keepers
    ]
    if protected and policy.options.on_protected == SKIP:
        member, names = protected[0]
        return _skipped(group, rule, "%s would go and is protected (%s)." % (member.name, ", ".join(names)))
    keepers += [member.id for member, _names in protected]
    losers = tuple(member.id for member in group.members if member.id not in keepers)
    if not losers:
        return Decision(group, DISMISS, tuple(keepers), (), rule, None, model.NOTHING)
    merge = plan_merge(group, keepers[0], losers, policy.options.merge, copies_links=policy.copies_links)
    return Decision(group, TRASH, tuple(keepers), losers, rule, None, merge)


def _skipped(group: DuplicateGroup, rule: Optional[str], reason: str) -> Decision:
    return Decision(group, SKIP, tuple(member.id for member in group.members), (), rule, reason, model.NOTHING)
