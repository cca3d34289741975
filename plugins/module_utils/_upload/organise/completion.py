# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fills in what Immich lacks of what an export says of files that it had before. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, Sequence, Set

from ..._client import api
from ..._sources import base, facts
from ..metadata.xmp import description_text, is_on_earth
from ..reporting.tally import Tally
from . import members

_DESCRIPTION, _POSITION, _RATING = "description", "position", "rating"


class Completion:
    """Does it, or with `predicting` only finds out what it would do. Used by one thread.

    Nothing is overwritten. A date is never missing: Immich takes the file's last change for one (1.135 to 3.1). What is set before Immich
    has read a file's metadata may be lost, so that such a file is left for a later run.
    """

    def __init__(self, client: api.Immich, tally: Tally, *, predicting: bool) -> None:
        self._client = client
        self._tally = tally
        self._predicting = predicting
        self._fresh: Set[bytes] = set()
        self._lacks: Dict[bytes, Set[str]] = {}  # assets that were looked at, and what they still lack
        self._unread: Set[bytes] = set()

    def note_new(self, placed: Sequence[members.Placed]) -> None:
        """Those of these files that this run brought went up with all that is known of them."""
        self._fresh.update(one.key for one in placed if one.fresh)

    def complete(self, one: members.Placed) -> None:
        """Completes the asset of one file, unless this run brought it. One that is left for a later run is not deleted."""
        if one.key in self._fresh or one.asset_id is None or _is_moving_half(one.item):
            return
        about = _known(one.item.facts)
        if not about:
            return
        if one.key not in self._lacks:
            self._look_at(one)
        if one.key in self._unread:
            one.keep = True
            return
        lacking = [name for name in about if name in self._lacks[one.key]]
        if not lacking:
            return
        if not self._predicting:
            self._client.assets.describe(one.asset_id, {field: value for name in lacking for field, value in about[name].items()})
        self._lacks[one.key].difference_update(lacking)
        self._tally.was_completed(one.item)

    def finish(self) -> None:
        """To be called when every file was handled."""
        left = len(self._unread - self._fresh)
        if left:
            self._tally.warn(
                "The metadata of %d files that were already on the server was not completed, because Immich has not read them yet or does "
                "not show them. Run the upload again later to complete it." % left
            )

    def _look_at(self, one: members.Placed) -> None:
        found = self._client.assets.look_at(str(one.asset_id))
        lacks: Set[str] = set()
        if found is None or not found.metadata_read:
            self._unread.add(one.key)
        else:
            has = {_DESCRIPTION: found.described, _POSITION: found.placed, _RATING: found.rated}
            lacks.update(name for name, there in has.items() if not there)
        self._lacks[one.key] = lacks


def _known(about: facts.Facts) -> Dict[str, Dict[str, Any]]:
    """What can be filled in, as `AssetCalls.describe` takes it."""
    if about is facts.NO_FACTS:
        return {}
    found: Dict[str, Dict[str, Any]] = {}
    text = description_text(about.description)
    if text:
        found[_DESCRIPTION] = {"description": text}
    if about.position is not None and is_on_earth(about.position):
        found[_POSITION] = {"latitude": about.position.latitude, "longitude": about.position.longitude}
    if about.rating is not None and 1 <= about.rating <= 5:
        found[_RATING] = {"rating": about.rating}
    return found


def _is_moving_half(item: base.Item) -> bool:
    """Whether it is the video of a live photo, which is hidden: whatever is known of it belongs to the still."""
    pair = item.live
    return pair is not None and pair.video is item and not pair.is_refused
