# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live photos of the source on the target."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from .. import _ids
from .._client import errors, values
from .._client.endpoints.assets import CHECK_BATCH
from .counterparts import Counterpart, Members, Work


class LivePhotos:
    """Joins stills with their videos, or with `predicting` only finds out which. Both went up apart, the video hidden from the start.

    `videos` has the checksums of the source's videos by their ids.
    """

    def __init__(self, work: Work, videos: _ids.CompactMap) -> None:
        self._work = work
        self._videos = videos
        self.joined = 0

    def copy(self) -> None:
        """Does it. A still that has another video keeps that."""
        there: Optional[Members] = None
        alone = 0
        for page in self._work.source.live_stills():
            if there is None:  # the target is asked when it matters for the first time
                there = self._work.members(live=True)
            alone += self._join(there.lacking(self._work.counterparts(page)))
        if alone:
            self._work.tally.warn("%d live photos are on the target without their videos, which could not be copied." % alone)

    def _join(self, stills: Sequence[Counterpart]) -> int:
        """Returns how many have no video on the target."""
        alone = 0
        known = self._known([self._sha1(one) for one in stills])
        for still in stills:
            sha1 = self._sha1(still)
            video = known.get(sha1)
            if video is None and bytes.fromhex(sha1) not in self._work.expected:
                alone += 1
                continue
            try:
                if not self._work.predicting and video is not None:
                    self._work.target.assets.join_live(still.id, video.asset_id)
            except errors.ImmichError as exc:
                if exc.fatal:
                    raise
                error = exc.with_msg("It is not joined with its video: %s" % exc.msg)
                self._work.tally.failed("%s (%s)" % (still.asset.name, still.asset.id), error)
                continue
            self.joined += 1
            self._work.moved()
        return alone

    def _sha1(self, still: Counterpart) -> str:
        """Of its video; empty if the source did not give that."""
        video = still.asset.live_video
        return "" if video is None else (self._videos.get(_ids.pack_id(video)) or b"").hex()

    def _known(self, sha1s: Sequence[str]) -> Dict[str, values.Known]:
        found: Dict[str, values.Known] = {}
        distinct: List[str] = [one for one in dict.fromkeys(sha1s) if one]
        for start in range(0, len(distinct), CHECK_BATCH):
            found.update(self._work.target.assets.check(distinct[start : start + CHECK_BATCH]))
        return {sha1: one for sha1, one in found.items() if not one.trashed}
