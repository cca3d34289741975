# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carries out what was decided, one group after the other, so that each is whole whenever the run ends.

Every group is read again just before it is changed, and its keepers once more when the others are in the trash: the API has no lock, and
somebody may have trashed, locked or stacked the keeper meanwhile. Of two runs at once the later one sees what the other did.
"""

from __future__ import annotations

import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._client import api, errors, waits
from .._client.endpoints.assets import AssetCalls
from .._client.endpoints.duplicates import DuplicateCalls
from .._client.values import Asset
from .._deletions.confirm import confirm
from .._run.run import Run
from .._text import one_line
from . import model
from .decide import Policy, decide
from .model import DISMISS, STACK, Decision
from .read import Reader, is_shown, is_still_listed

PLANNED, DONE, UNCHANGED, CONFLICT, RESTORED, FAILED = "planned", "done", "unchanged", "conflict", "restored", "failed"

_BATCH = 200  # groups between two looks at the whole list, of which 5,000 groups take 0.4 seconds

# Two changes in a row make Immich write the same sidecar twice at once, and lose one of them when it reads that again (observed on 3.1.0).
SETTLE = 5.0  # seconds to wait for the first, at most
_LOOK_EVERY = 0.2  # seconds
_IN_SIDECAR = {"rating", "description", "latitude"}

_CHANGED = "Its members have changed since the list was read."
_OTHER_CHOICE = "What is known of its members has changed, so that another decision would be taken now."
_NOT_TRASHED = "The photos that were to go were not put into the trash"
_NOT_THERE = "Immich answered that one of the photos that were to go is not there"
_NOT_SEEN = "Whether the photo that stays is still there cannot be seen"
_KEEPER_GONE = "The photo that was to stay went meanwhile. The others were taken out of the trash again."


class GroupOutcome(NamedTuple):
    """What became of a decision: `status` is one of the words above, `reason` why it was not carried out."""

    decision: Decision
    status: str
    reason: Optional[str] = None
    error: Optional[errors.ImmichError] = None


class _Changed(Exception):
    """The group is not as it was read. Nothing of it has been trashed."""


class _Restored(Exception):
    """A keeper went while the others were put into the trash, and these were taken out again."""


class DuplicateWriter:
    """Changes groups. `handled` is of how many it is known what became of them."""

    def __init__(self, client: api.Immich, calls: DuplicateCalls, reader: Reader, policy: Policy, run: Run) -> None:
        self._client = client
        self._calls = calls
        self._reader = reader
        self._policy = policy
        self._run = run
        self.handled = 0
        self._merged: List[Decision] = []  # with changes that Immich could lose

    def carry_out(self, decisions: Sequence[Decision]) -> Iterator[GroupOutcome]:
        """What became of each. Raises what would stop all further calls, and between two groups where the run is to stop."""
        try:
            for start in range(0, len(decisions), _BATCH):
                self._run.check()
                listed = {group.id: group.identity for group in self._reader.groups()}
                for decision in decisions[start : start + _BATCH]:
                    self._run.check()
                    outcome = self._outcome(decision, listed)
                    self.handled += 1
                    yield outcome
                    if outcome.error is not None and outcome.error.fatal:
                        raise outcome.error
        except errors.LocalFailure:  # the run is to stop, and the server is well
            self._repair_merges()
            raise
        self._repair_merges()

    def _outcome(self, decision: Decision, listed: Dict[str, Tuple[str, ...]]) -> GroupOutcome:
        group = decision.group
        if group.id not in listed and decision.action == DISMISS:
            return GroupOutcome(decision, UNCHANGED)  # somebody else did it
        if listed.get(group.id) != group.identity:
            return GroupOutcome(decision, CONFLICT, _CHANGED)
        try:
            if decision.action == DISMISS:
                self._dismiss(group.id)
                return GroupOutcome(decision, DONE)
            return GroupOutcome(self._stack(decision) if decision.action == STACK else self._trash(decision), DONE)
        except _Changed as exc:
            return GroupOutcome(decision, CONFLICT, str(exc))
        except _Restored as exc:
            return GroupOutcome(decision, RESTORED, str(exc))
        except errors.ImmichError as exc:
            return GroupOutcome(decision, FAILED, exc.msg, exc)

    def _dismiss(self, group_id: str) -> None:
        try:
            self._calls.dismiss(group_id)
        except errors.NotFound:  # from Immich 3 on also where somebody else was quicker
            if any(group.id == group_id for group in self._reader.groups()):
                raise

    def _stack(self, decision: Decision) -> Decision:
        again = self._decide_again(decision)
        self._client.stacks.create(again.keepers)
        self._calls.clear(again.keepers)
        return again

    def _trash(self, decision: Decision) -> Decision:
        again = self._decide_again(decision)
        self._merge(again)
        if not self._all_in_view(again, again.keepers, _NOT_TRASHED):
            raise _Changed(_CHANGED)
        try:
            self._client.assets.trash(again.losers)
        except errors.NotFound as exc:
            if not any(self._is_in_trash(asset_id) for asset_id in again.losers):
                raise _Changed("One of the photos that were to go is locked or was deleted for good meanwhile.") from exc
            self._restore_without_keeper(again)
            confirm(_NOT_THERE, lambda: "%s are in the trash now" % ", ".join(filter(self._is_in_trash, again.losers)))
        except errors.ImmichError as exc:
            if exc.maybe_done:
                self._restore_without_keeper(again)
            raise
        self._restore_without_keeper(again)
        confirm(_NOT_TRASHED, lambda: self._still_in_view(again.losers))
        self._calls.clear((*again.keepers, *again.losers))  # last: without its mark, an interrupted group would not come back
        return again

    def _decide_again(self, decision: Decision) -> Decision:
        """The same decision by what is known now, so that nothing is merged that was read long ago. Raises `_Changed`."""
        members = self._reader.read_again(decision.group)
        if members is None:
            raise _Changed(_CHANGED)
        again = decide(decision.group._replace(members=tuple(members)), self._policy)
        if (again.action, again.keepers, again.losers) != (decision.action, decision.keepers, decision.losers):
            raise _Changed(_OTHER_CHOICE)
        return again

    def _merge(self, decision: Decision) -> None:
        """Gives the keeper what the others have, and sees that it arrived. Raises before anything is trashed."""
        keeper, merge = decision.keepers[0], decision.merge
        if not merge.differences:
            return
        if merge.fields:
            self._client.assets.describe(keeper, merge.fields)
        if merge.tag_ids and _IN_SIDECAR & merge.fields.keys():
            self._merged.append(decision)
            self._settle(keeper)
        for album_id in merge.album_ids:
            for added in self._client.albums.add(album_id, [keeper]):
                if not added.success and added.error != "duplicate":
                    raise errors.ServerFailure("The photo that stays could not be added to an album: %s." % added.error, path="/albums")
        if merge.tag_ids:
            self._client.tags.add(merge.tag_ids, [keeper])
        for source in merge.links_of:
            self._calls.copy_links(source, keeper)
        if merge.live_video:
            self._client.assets.join_live(keeper, merge.live_video)
        member = self._client.assets.get(keeper)
        if member is None or not is_still_listed(member, decision.group.id):
            raise _Changed(_CHANGED)
        missing = [*_missing_from(member, merge), *self._missing_places(decision)]
        if missing:
            raise errors.ServerFailure(
                "Immich took %s for the photo that stays with success, and does not have it afterwards. Nothing was trashed."
                % ", ".join(missing),
                path="/assets",
            )

    def _missing_places(self, decision: Decision) -> List[str]:
        """The same of albums and shared links, by what these say."""
        keeper, merge, group = decision.keepers[0], decision.merge, decision.group
        missing = []
        if merge.album_ids:
            owner = next(member.owner for member in group.members if member.id == keeper)
            if not {album.id for album in self._calls.albums_of(keeper, owner)} >= set(merge.album_ids):
                missing.append(model.ALBUMS)
        wanted = {link_id for source in merge.links_of for link_id in group.links.get(source, ())}
        if any(keeper not in shown for shown in self._calls.linked(sorted(wanted)).values()):
            missing.append(model.SHARED_LINKS)
        return missing

    def _settle(self, asset_id: str) -> None:
        """Waits until Immich has written a change to the sidecar and read that again, as far as it shows, for `SETTLE` seconds at most."""
        end = time.monotonic() + SETTLE
        first = self._client.assets.get(asset_id)
        while first is not None and time.monotonic() < end:
            waits.sleep(_LOOK_EVERY)
            member = self._client.assets.get(asset_id)
            if member is None or member.changed != first.changed:
                return

    def _repair_merges(self) -> None:
        """Sends again what Immich lost of what it had."""
        if self._merged:
            self._settle(self._merged[-1].keepers[0])
        for decision in self._merged:
            keeper = decision.keepers[0]
            member = self._client.assets.get(keeper)
            if member is None or not is_shown(member):
                continue
            missing = _missing_from(member, decision.merge)
            if model.TAGS in missing:
                self._client.tags.add(decision.merge.tag_ids, [keeper])
            if {model.RATING, model.DESCRIPTION} & set(missing):
                self._client.assets.describe(keeper, decision.merge.fields)

    def _all_in_view(self, decision: Decision, asset_ids: Sequence[str], what: str) -> bool:
        """Whether all of these members of a group are where their user sees them. `what` is not done where two answers do not agree."""
        owners = {member.id: member.owner for member in decision.group.members}
        return all(is_in_view(self._client.assets, asset_id, owners[asset_id], what) for asset_id in asset_ids)

    def _is_in_trash(self, asset_id: str) -> bool:
        member = self._client.assets.get(asset_id)
        return member is not None and member.trashed

    def _still_in_view(self, asset_ids: Sequence[str]) -> Optional[str]:
        """Which photos their user still sees, as a sentence; None for none of them."""
        shown = [asset_id for asset_id in asset_ids if is_shown(self._client.assets.get(asset_id))]
        return "Immich answered that they were, and still shows %s" % ", ".join(shown) if shown else None

    def _restore_without_keeper(self, decision: Decision) -> None:
        """Takes what went out of the trash again where a keeper went too. Raises `_Restored` then, and what keeps it from doing so."""
        try:
            if self._all_in_view(decision, decision.keepers, _NOT_SEEN):
                return
        except errors.ImmichError as exc:
            self._restore(decision)
            raise exc.during(_NOT_SEEN) from exc
        self._restore(decision)
        raise _Restored(_KEEPER_GONE)

    def _restore(self, decision: Decision) -> None:
        """Raises what is fatal where it does not come about: the next group could go the same way."""
        names = ", ".join(decision.losers)
        if not self._policy.options.restore_on_conflict:
            error: errors.ImmichError = errors.InvalidRequest(
                "The photo that was to stay went meanwhile, and the others are in the trash (%s). Restore them there." % names
            )
            error.fatal = True
            raise error
        lost = "The photo that was to stay went meanwhile, and %s could not be taken out of the trash" % names
        try:
            self._client.assets.restore(decision.losers)
            is_back = self._all_in_view(decision, decision.losers, lost)
        except errors.ImmichError as exc:
            error = exc.during(lost)
            error.fatal = True
            raise error from exc
        if not is_back:
            confirm(lost, lambda: "Immich answered that they were taken out, and they are not in view")


def _missing_from(member: Asset, merge: model.Merge) -> List[str]:
    """What of a merge the keeper itself does not have, by the names of the option."""
    has = {
        model.FAVORITE: member.metadata.favorite,
        model.RATING: member.metadata.rating,
        model.DESCRIPTION: member.metadata.description,
        model.VISIBILITY: member.metadata.visibility,
        model.LIVE_PHOTO: member.live_video,
    }
    missing = [name for name, value in has.items() if name in merge.differences and merge.differences[name]["after"] != value]
    return missing + ([model.TAGS] if not set(merge.tag_ids) <= member.tags.keys() else [])


def is_in_view(assets: AssetCalls, asset_id: str, owner: str, what: str) -> bool:
    """Whether a user still sees a photo, as its own address and a search for its checksum both say.

    Raises `Contradiction` where they do not agree, twice: somebody may change it between the two. `what` says what is not done then.
    """
    name = asset_id
    for _attempt in range(2):
        asset = assets.get(asset_id)
        if asset is None or (asset.id, asset.owner) != (asset_id, owner) or not is_shown(asset):
            return False
        if asset_id in assets.ids_where(sha1=asset.sha1, visibility=asset.metadata.visibility):
            return True
        name = one_line(asset.name)
    confirm(what, lambda: "a search for the checksum of %s does not find it" % name)
    return False
