# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What refers to assets: memories, comments and shared links."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Dict, List, Mapping, Sequence, Set

from ..._ids import checked_uuid
from .. import checked, errors, versions
from ..client import Calls


class AttachmentCalls(Calls):
    """Calls on what refers to assets. Scopes: `memory.read`, `memoryAsset.create`, `activity.read`, and on Immich 1.135 `sharedLink.update`
    in place of them."""

    def memories(self) -> Dict[str, Set[str]]:
        """`GET /memories`: the ids of the assets of each memory.

        From 3.0 on it leaves out assets that show a hidden person, so that `GET /memories/{id}` is asked too, and memories that have no
        others or whose files are all missing (observed on 3.1).
        """
        listed: Dict[str, Set[str]] = self._transport.call(
            "GET", "/memories", parse=lambda answer: {checked_uuid(memory["id"]): _asset_ids(memory) for memory in checked.array(answer)}
        )
        if self._client.supports(versions.LISTS_NO_HIDDEN_PEOPLE):
            for memory_id in listed:
                with suppress(errors.NotFound):  # deleted in this moment
                    listed[memory_id] = self.memory(memory_id)
        return listed

    def memory(self, memory_id: str) -> Set[str]:
        """`GET /memories/{id}`: the ids of its assets; `NotFound` for one that is gone."""
        return self._transport.call("GET", _memory(memory_id), parse=_asset_ids)

    def add_to_memory(self, memory_id: str, asset_ids: Sequence[str]) -> None:
        """`PUT /memories/{id}/assets`. What is in it already does no harm."""
        self._transport.change("PUT", _memory(memory_id) + "/assets", json={"ids": list(asset_ids)})

    def comments(self, album_id: str) -> Dict[str, int]:
        """`GET /activities?albumId=`: how many comments and likes each asset has in an album. Those of assets in the trash are left out."""
        counts: Dict[str, int] = {}
        for asset_id in self._transport.call("GET", "/activities", query={"albumId": album_id}, parse=_commented):
            counts[asset_id] = counts.get(asset_id, 0) + 1
        return counts

    def add_to_link(self, link_id: str, asset_ids: Sequence[str]) -> None:
        """`PUT /shared-links/{id}/assets`. What is in it already does no harm."""
        path = "/shared-links/" + checked.require_id(link_id, "a shared link's id")
        self._transport.change("PUT", path + "/assets", json={"assetIds": list(asset_ids)})


def _memory(memory_id: str) -> str:
    return "/memories/" + checked.require_id(memory_id, "a memory's id")


def _asset_ids(memory: Mapping[str, Any]) -> Set[str]:
    return {checked_uuid(asset["id"]) for asset in checked.array(memory["assets"])}


def _commented(answer: Any) -> List[str]:
    """The asset of each comment or like that is not on the album itself."""
    return [checked_uuid(activity["assetId"]) for activity in checked.array(answer) if activity.get("assetId") is not None]
