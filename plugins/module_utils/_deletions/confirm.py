# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Confirms a deletion just before it is sent, by answers that do not depend on those that led to it. The first contradiction ends the run.

Answers can be wrong: from a cache that goes by the path and not by the key, from a list that was cut, from a server that changed. Each
deletion of the collection rests on two calls that would have to be wrong in the same way.
"""

from __future__ import annotations

from typing import Callable, Optional

from .._client import errors, values
from .._client.endpoints.assets import AssetCalls
from .._text import one_line

Look = Callable[[], Optional[str]]
"""Asks the server once more: what speaks against a deletion, as a sentence without its full stop; None for nothing."""

_IN_VIEW = ("timeline", "archive")


def confirm(what: str, *looks: Look) -> None:
    """Raises `Contradiction`, which is fatal, for the first look that does not confirm a deletion. `what` says what is not done then."""
    for look in looks:
        against = look()
        if against is not None:
            raise errors.Contradiction(
                "%s: %s. That contradicts what Immich said before, so the run ends here. A proxy in front of Immich may serve answers "
                "that it has kept, or somebody changed it meanwhile. Run it again. If this comes back, switch off the proxy's cache."
                % (what, against)
            )


def not_stored(known: Optional[values.Known], asset_id: Optional[str]) -> Optional[str]:
    """What speaks against it that a file is on the server as `asset_id`, by what a check said of its checksum just now."""
    if known is None:
        return "Immich does not have it now"
    return None if known.asset_id == asset_id else "Immich has it under another id now"


def is_in_view(assets: AssetCalls, asset_id: str, owner: str, what: str) -> bool:
    """Whether a user still sees a photo, as its own address and a search for its checksum both say.

    Raises `Contradiction` where they do not agree, twice: somebody may change it between the two. `what` says what is not done then.
    """
    name = asset_id
    for _attempt in range(2):
        asset = assets.get(asset_id)
        if asset is None or (asset.id, asset.owner) != (asset_id, owner):
            return False
        if asset.trashed or asset.metadata.visibility not in _IN_VIEW:
            return False
        if asset_id in assets.ids_with_checksum(asset.sha1, asset.metadata.visibility):
            return True
        name = one_line(asset.name)
    confirm(what, lambda: "a search for the checksum of %s does not find it" % name)
    return False
