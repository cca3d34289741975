# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stacks: pictures of which the timeline shows one."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ... import _ids
from .. import checked, errors, values
from ..client import Calls
from .asset_json import asset_of

_SHOWN = {"visibility": "timeline", "withStacked": "true"}


class StackCalls(Calls):
    """Calls on stacks. Scopes: `stack.read`, `stack.create`, `stack.update` and `stack.delete`; `asset.read` for the timeline.

    No version tells the stacks of many assets at once: a search leaves them out, and `GET /stacks` gives all of them with all that is known
    of each asset, in one answer. The timeline tells them month by month, for the assets on top.
    """

    def months(self) -> List[str]:
        """`GET /timeline/buckets`: the months, such as `2024-01-01`, that the user has assets in the timeline of, by their local time."""
        return self._transport.call(
            "GET",
            "/timeline/buckets",
            query=_SHOWN,
            parse=lambda answer: [checked.text(month["timeBucket"]) for month in checked.array(answer)],
        )

    def shown(self, month: str) -> Dict[str, Optional[values.InStack]]:
        """`GET /timeline/bucket`: the ids of the assets that the timeline shows of a month, each with the stack that it is the cover of.

        Assets that are in a stack and not its cover are left out. An asset takes some 250 bytes of the answer.
        """
        return self._transport.call("GET", "/timeline/bucket", query={**_SHOWN, "timeBucket": month}, parse=_bucket)

    def get(self, stack_id: str) -> values.Stack:
        """`GET /stacks/{id}`, without what is in the trash, hidden or locked; `NotFound` for one that is gone."""
        return self._transport.call("GET", _path(stack_id), parse=_stack)

    def covered_by(self, asset_id: str) -> Optional[str]:
        """`GET /stacks?primaryAssetId=`: the id of the stack that an asset is on top of, in the trash too (observed with 3.1)."""
        query = {"primaryAssetId": checked.require_id(asset_id, "an asset's id")}
        return self._transport.call("GET", "/stacks", query=query, parse=_first_id)

    def assets_of(self, stack_id: str) -> List[values.Asset]:
        """`GET /stacks/{id}`, its assets with the cover first; raises and leaves out as `get`."""
        return self._transport.call("GET", _path(stack_id), parse=_cover_first)

    def create(self, asset_ids: Sequence[str]) -> values.Stack:
        """`POST /stacks`: a stack of these assets, two or more, the first on top.

        If one of them is on top of a stack, that stack goes and all of its assets come too; one that is in a stack without being on top is
        taken out of it (read in the server's source, 1.135 to 3.1). So a second call with the same ids makes the same stack. Raises
        `ServerFailure` where the answer lacks any of them.
        """
        stack = self._transport.call("POST", "/stacks", json={"assetIds": list(asset_ids)}, repeatable=True, parse=_stack)
        if not stack.members.keys() >= set(asset_ids):
            raise errors.ServerFailure("Immich answered that it made the stack, and left out some of its photos.", path="/stacks")
        return stack

    def set_cover(self, stack_id: str, asset_id: str) -> None:
        """`PUT /stacks/{id}`: puts another asset of the stack on top."""
        self._transport.change("PUT", _path(stack_id), json={"primaryAssetId": checked.require_id(asset_id, "an asset's id")})

    def delete(self, stack_id: str) -> None:
        """`DELETE /stacks/{id}`: takes it apart, its assets stay. One that is gone is all right: an attempt before may have done it."""
        try:
            self._transport.change("DELETE", _path(stack_id), repeatable=True)
        except errors.NotFound:  # of a key that may read it and not delete it Immich says the same
            if self._is_there(stack_id):
                raise

    def _is_there(self, stack_id: str) -> bool:
        try:
            self.get(stack_id)
        except errors.NotFound:
            return False
        return True


def _path(stack_id: str) -> str:
    return "/stacks/" + checked.require_id(stack_id, "a stack's id")


def _stack(answer: Mapping[str, Any]) -> values.Stack:
    members = {_ids.checked_uuid(asset["id"]): checked.text(asset["originalFileName"]) for asset in checked.array(answer["assets"])}
    return values.Stack(_ids.checked_uuid(answer["id"]), _ids.checked_uuid(answer["primaryAssetId"]), members)


def _first_id(answer: Any) -> Optional[str]:
    return next((_ids.checked_uuid(stack["id"]) for stack in checked.array(answer)), None)


def _cover_first(answer: Mapping[str, Any]) -> List[values.Asset]:
    cover = _ids.checked_uuid(answer["primaryAssetId"])
    return sorted((asset_of(asset) for asset in checked.array(answer["assets"])), key=lambda asset: asset.id != cover)


def _bucket(answer: Mapping[str, Any]) -> Dict[str, Optional[values.InStack]]:
    ids, stacks = checked.array(answer["id"]), checked.array(answer["stack"])
    if len(ids) != len(stacks):
        raise ValueError("the lists differ in length")
    return {_ids.checked_uuid(asset_id): None if stack is None else _in_stack(stack) for asset_id, stack in zip(ids, stacks)}


def _in_stack(answer: Any) -> values.InStack:
    stack_id, count = checked.texts(answer)
    return values.InStack(_ids.checked_uuid(stack_id), checked.integer(int(count)))
