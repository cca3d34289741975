# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a copy is asked to do, and what all its parts need: both servers, and what the target has of the source's assets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, NamedTuple, Optional, Sequence

from .. import _ids, _options
from .._client import api, values
from .._client.endpoints.assets import CHECK_BATCH
from .._metadata.faces import FACES, WITH_PEOPLE
from .._run.files_run import RunOptions
from .._selection.library import Library
from .._selection.selection import Selection
from .._upload.item_tally import ItemTally
from .server_source import skip_reason


@dataclass(frozen=True)
class CopyOptions(RunOptions):
    """The module's options, documented there."""

    selection: Selection = _options.group(Selection)
    create_albums: bool = True
    share_albums: bool = True
    tag_existing: bool = True
    create_stacks: bool = True
    people_as_tags: bool = False
    with_people: str = _options.option(FACES, choices=WITH_PEOPLE)
    return_assets: int = 0


class Counterpart(NamedTuple):
    """An asset and its id on the target. That is None for one that a run would bring (check mode)."""

    asset: values.Asset
    asset_id: Optional[str]

    @property
    def key(self) -> bytes:
        """Its id, or the beginning of its checksum while it has none (see `_ids.key_of`)."""
        return _ids.key_of(self.asset_id, bytes.fromhex(self.asset.sha1))

    @property
    def path(self) -> str:
        """What failures call it."""
        return "%s (%s)" % (self.asset.name, self.asset.id)


class CopyContext(NamedTuple):
    """What all parts of a copy need. With `predicting` (check mode) they only compute what they would do.

    `trash`: what is in the source's trash is copied as well, into that of the target. `note_activity` is called whenever something was
    done or looked at. `expected` has the checksums of what a run would bring in which nothing fails, as far as check mode found out.
    """

    source: Library
    target: api.Immich
    tally: ItemTally
    predicting: bool
    trash: bool
    note_activity: Callable[[], None]
    expected: _ids.CompactMap

    def counterparts(self, assets: Sequence[values.Asset]) -> List[Counterpart]:
        """Those of the assets that the target has, in its trash if and only if they are in that of the source, in the same order.

        With `predicting` those too that a run would bring: not all that the source has, where a part of it was selected.
        """
        self.note_activity()
        counterparts: List[Counterpart] = []
        candidates = [asset for asset in assets if skip_reason(asset) is None]
        for start in range(0, len(candidates), CHECK_BATCH):
            part = candidates[start : start + CHECK_BATCH]
            known = self.target.assets.check(list({asset.sha1: None for asset in part}))
            for asset in part:
                on_target = known.get(asset.sha1)
                if on_target is not None and on_target.trashed == asset.trashed:
                    counterparts.append(Counterpart(asset, on_target.asset_id))
                elif on_target is None and bytes.fromhex(asset.sha1) in self.expected:
                    counterparts.append(Counterpart(asset, None))
        return counterparts
