# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the target has of the source's assets, by their checksums."""

from __future__ import annotations

from itertools import chain
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Sequence

from .. import _ids
from .._client import api, values
from .._client.endpoints.assets import CHECK_BATCH
from .._run.tally import Tally
from .._sources.server.library import Library
from .._sources.server.source import why_not


class Counterpart(NamedTuple):
    """An asset and the `id` that it has on the target. `new`: a run would bring it, and for now its checksum stands for that id."""

    asset: values.Asset
    id: str
    new: bool

    @property
    def key(self) -> bytes:
        """What tells assets of the target apart, in as many bytes as an id has."""
        return bytes.fromhex(self.id)[: _ids.ID_SIZE] if self.new else _ids.pack_id(self.id)


class Work(NamedTuple):
    """What the parts of a copy work with. With `predicting` (check mode) they only find out what they would do.

    `trash`: what is in the source's trash is copied as well, into that of the target. `moved` is called whenever something was done or
    looked at. `expected` has the checksums of what a run would bring in which nothing fails, as far as check mode found out.
    """

    source: Library
    target: api.Immich
    tally: Tally
    predicting: bool
    trash: bool
    moved: Callable[[], None]
    expected: _ids.CompactMap

    def counterparts(self, assets: Sequence[values.Asset]) -> List[Counterpart]:
        """Those of the assets that the target has, in its trash if and only if they are in that of the source, in the same order.

        With `predicting` those too that a run would bring: not all that the source has, where a part of it was selected.
        """
        self.moved()
        found: List[Counterpart] = []
        candidates = [asset for asset in assets if why_not(asset) is None]
        for start in range(0, len(candidates), CHECK_BATCH):
            part = candidates[start : start + CHECK_BATCH]
            known = self.target.assets.check(list({asset.sha1: None for asset in part}))
            for asset in part:
                there = known.get(asset.sha1)
                if there is not None and there.trashed == asset.trashed:
                    found.append(Counterpart(asset, there.asset_id, new=False))
                elif there is None and bytes.fromhex(asset.sha1) in self.expected:
                    found.append(Counterpart(asset, asset.sha1, new=True))
        return found

    def members(self, **where: Any) -> Members:
        """What there is on the target in an album and so on (see `AssetCalls.ids_where`)."""
        ids = self.target.assets.ids_where
        return Members(chain(ids(**where), ids(**where, trashed=True) if self.trash else ()))


class Members:
    """What is in an album of the target, or has one of its tags."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._keys = _ids.CompactMap(_ids.ID_SIZE)
        self._keys.update(map(_ids.pack_id, ids))

    def lacking(self, counterparts: Iterable[Counterpart]) -> List[Counterpart]:
        """Those that are not among them, each once. From now on they are."""
        missing: Dict[bytes, Counterpart] = {one.key: one for one in counterparts if one.key not in self._keys}
        self._keys.update(missing)
        return list(missing.values())
