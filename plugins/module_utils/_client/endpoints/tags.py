# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ..._ids import checked_uuid
from .. import checked
from ..client import Calls


class TagCalls(Calls):
    """Calls on tags. Scopes: `tag.read`, `tag.create`, `tag.asset`, which also takes them away."""

    def all(self) -> Dict[str, str]:
        """`GET /tags`: the ids of the user's tags by their value, such as `Trip/Rome` (case matters)."""
        return self._transport.call("GET", "/tags", parse=_ids)

    def ensure(self, values: Sequence[str]) -> Dict[str, str]:
        """`PUT /tags`: the ids of these tags, which are made with their parents where they are missing."""

        def ids_of_all(answer: List[Mapping[str, Any]]) -> Dict[str, str]:
            ids = _ids(answer)
            return {value: ids[value] for value in values}

        return self._transport.call("PUT", "/tags", json={"tags": list(values)}, parse=ids_of_all)

    def add(self, tag_ids: Sequence[str], asset_ids: Sequence[str]) -> int:
        """`PUT /tags/assets`: gives each tag to each asset; the number of links that are new."""
        body = {"tagIds": list(tag_ids), "assetIds": list(asset_ids)}
        return self._transport.call("PUT", "/tags/assets", json=body, parse=lambda answer: checked.integer(answer["count"]))

    def remove(self, tag_id: str, asset_ids: Sequence[str]) -> None:
        """`DELETE /tags/{id}/assets`: takes a tag away from assets. One that does not have it does no harm."""
        path = "/tags/%s/assets" % checked.require_id(tag_id, "a tag's id")
        self._transport.change("DELETE", path, json={"ids": list(asset_ids)}, repeatable=True)


def _ids(answer: List[Mapping[str, Any]]) -> Dict[str, str]:
    return {checked.text(tag["value"]): checked_uuid(tag["id"]) for tag in checked.array(answer)}
