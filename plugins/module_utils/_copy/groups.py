# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The photos of the source that belong together, on the target: live photos and stacks."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Set

from .. import _ids
from .._client import errors, values
from .._client.endpoints.assets import CHECK_BATCH
from .._sources.naming.stacks import Group, Picture
from .._stacks.plan import COMPLETED, CREATED, Change, StackWriter
from .._writers import LiveJoiner
from .context import CopyContext, Counterpart

_STACKS_AT_ONCE = 500


class LivePhotoCopier:
    """Joins stills with their videos; in check mode only counts them. Both went up apart, the video hidden from the start.

    `videos` has the checksums of the source's videos by their ids.
    """

    def __init__(self, context: CopyContext, videos: _ids.CompactMap) -> None:
        self._context = context
        self._videos = videos
        self._joiner = LiveJoiner(context.target, predicting=context.predicting, trash=context.trash)

    @property
    def joined(self) -> int:
        """How many were joined."""
        return self._joiner.joined

    def copy(self) -> None:
        """Copies all live photos. A still that has another video keeps that."""
        alone = 0
        for page in self._context.source.live_stills():
            alone += self._join(self._joiner.stills.missing(self._context.counterparts(page)))
        if alone:
            self._context.tally.warn("%d live photos are on the target without their videos, which could not be copied." % alone)

    def _join(self, stills: Sequence[Counterpart]) -> int:
        """Returns how many have no video on the target."""
        alone = 0
        known = self._known([self._sha1(one) for one in stills])
        for still in stills:
            sha1 = self._sha1(still)
            video = known.get(sha1)
            if video is None and bytes.fromhex(sha1) not in self._context.expected:
                alone += 1
                continue
            try:
                self._joiner.join(still, video.asset_id if video else None)
            except errors.ImmichError as exc:
                if exc.fatal:
                    raise
                self._context.tally.failed(still.path, exc.with_msg("It is not joined with its video: %s" % exc.msg))
                continue
            self._context.moved()
        return alone

    def _sha1(self, still: Counterpart) -> str:
        """Of its video; empty if the source did not give that."""
        video = still.asset.live_video
        return "" if video is None else (self._videos.get(_ids.pack_id(video)) or b"").hex()

    def _known(self, sha1s: Sequence[str]) -> Dict[str, values.Known]:
        found: Dict[str, values.Known] = {}
        distinct: List[str] = [one for one in dict.fromkeys(sha1s) if one]
        for start in range(0, len(distinct), CHECK_BATCH):
            found.update(self._context.target.assets.check(distinct[start : start + CHECK_BATCH]))
        return {sha1: one for sha1, one in found.items() if not one.trashed}


class StackCopier:
    """Makes the source's stacks with their covers, and completes them. A stack that the target has keeps its cover."""

    def __init__(self, context: CopyContext) -> None:
        self._context = context
        self._writer = StackWriter(context.target, context.tally.warn, context.moved, predicting=context.predicting)

    def copy(self) -> None:
        """Copies all stacks."""
        stacks: List[List[values.Asset]] = []
        for stack in self._context.source.stacks():
            stacks.append(stack)
            if len(stacks) == _STACKS_AT_ONCE:
                self._copy(stacks)
                stacks = []
        if stacks:
            self._copy(stacks)

    def result(self) -> Dict[str, int]:
        """How many were made, completed, and left alone; none gets another cover."""
        counts = self._writer.result()
        return {what: counts[what] for what in (CREATED, COMPLETED, "left_alone")}

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return self._writer.lines

    def _copy(self, stacks: List[List[values.Asset]]) -> None:
        there = self._context.counterparts([asset for stack in stacks for asset in stack])
        ids = {one.asset.id: one.asset_id or one.asset.sha1 for one in there}
        new: Set[str] = {one.asset.sha1 for one in there if one.asset_id is None and one.asset.metadata.visibility == "timeline"}
        self._writer.write(list(_groups(stacks, ids)), self._fail, new=new)

    def _fail(self, change: Change, error: errors.ImmichError) -> None:
        self._context.tally.failed(", ".join(change.after), error.with_msg("The stack is not on the target: %s" % error.msg))


def _groups(stacks: List[List[values.Asset]], ids: Dict[str, str]) -> Iterator[Group]:
    """Those of which the target has two assets at least, by their ids there."""
    for stack in stacks:
        pictures = [Picture(ids[one.id], None, one.name, one.taken, None, one.kind == "image") for one in stack if one.id in ids]
        members = {picture.key: picture for picture in pictures}
        if len(members) > 1:
            yield Group("", tuple(members.values()))
