# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that Immich hides. Private to the collection."""

from __future__ import annotations

from typing import List, Optional, Set

from ..._client import api
from . import members


class Hidden:
    """Knows them; the server is asked when it matters for the first time. `all_are_meant_to` be hidden: then none is left out."""

    def __init__(self, client: api.Immich, *, all_are_meant_to: bool) -> None:
        self._client = client
        self._all_are_meant_to = all_are_meant_to
        self._keys: Optional[Set[bytes]] = None

    def left_out(self, placed: List[members.Placed]) -> List[members.Placed]:
        """Leaves out what Immich hides: the video of a live photo, which it takes out of all albums when it finds the photo."""
        if self._all_are_meant_to or all(one.fresh or one.asset_id is None for one in placed):
            return placed
        if self._keys is None:
            self._keys = {members.key_of(asset_id) for asset_id in self._client.assets.ids_where(visibility="hidden")}
        return [one for one in placed if one.fresh or one.key not in self._keys]
