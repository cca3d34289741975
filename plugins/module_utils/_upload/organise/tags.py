# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get.

The tags of a new file go up with it, in its sidecar. Other files are tagged through Immich's API, but not before Immich has read their
metadata: it would then lose either these tags, or those of the sidecar and of the file (observed on 1.135 to 3.1).
"""

from __future__ import annotations

import time
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ... import _ids, _writers
from ..._client import api, values
from ..item_tally import ItemTally
from ..options import Options
from . import stored
from .live import HiddenAssets

Values = Tuple[str, ...]
"""Some of the tags."""


class Tagging:
    """Gives files their tags, in check mode only counts them.

    A new file is sure to have its tags if the server took it together with them, another one if the server says so once it has read its
    metadata.
    """

    def __init__(self, client: api.Immich, options: Options, tally: ItemTally, hidden: HiddenAssets, *, predicting: bool) -> None:
        self._client = client
        self._options = options
        self._tally = tally
        self._hidden = hidden
        self._predicting = predicting
        self._tags = _writers.TagWriter(client, predicting=predicting)
        self._assets: Dict[str, _writers.AssetSet] = {}
        # Assets whose tags went up with them: until they are read, the server does not show those.
        self._sent = _ids.CompactMap(_ids.ID_SIZE)
        self._unread: Dict[bytes, stored.StoredFile] = {}

    def look_up(self) -> None:
        """Asks which tags exist. To be called before the first file is sent."""
        self._tags.look_up()

    def results(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return self._tags.results()

    @property
    def unsure(self) -> List[stored.StoredFile]:
        """The files that `finish` will look at again, an asset once."""
        return list(self._unread.values())

    def process(self, files: Sequence[stored.StoredFile]) -> Set[bytes]:
        """Gives some files their tags, unless they have them. Returns the keys of those that do not have them for sure."""
        sent: Dict[Values, List[stored.StoredFile]] = {}
        for one in files:
            if one.fresh and one.item.tags_sent:
                sent.setdefault(tuple(self._options.tags_of(one.item, new=True)), []).append(one)
        for tags, group in sent.items():
            self._tags.create(tags)
            self._tags.count(tags, len(group))
            self._sent.update(one.key for one in group)
        others = stored.without_repeats(one for one in files if one.key not in self._sent)
        lacking = [one for group in self._by_missing(others).values() for one in group]
        unread = self._give_where_read(self._hidden.exclude_from(lacking))
        self._unread.update((one.key, one) for one in others if one.key in unread)
        return unread

    def finish(self) -> Set[bytes]:
        """To be called when every file was handled: tags what could not be tagged before. Returns the keys of those still unsure."""
        left = self._give_where_read([one for one in self._unread.values() if one.key not in self._sent])
        if left:
            self._tally.warn(
                "%d files that were already on the server were not tagged, because Immich has not read their metadata yet or does not show "
                "them. Run the upload again later to tag them. New files get their tags as soon as Immich has read their metadata."
                % len(left)
            )
        return left

    def _by_missing(self, files: Sequence[stored.StoredFile]) -> Dict[Values, List[stored.StoredFile]]:
        """The files by the tags that they lack, as the lists of those who have them say."""
        groups: Dict[Values, List[stored.StoredFile]] = {}
        for one in files:
            tags = self._options.tags_of(one.item, new=one.fresh)
            missing = tuple(value for value in tags if not self._with(value).has(one.key, is_new=one.fresh))
            if missing:
                groups.setdefault(missing, []).append(one)
        return groups

    def _with(self, value: str) -> _writers.AssetSet:
        """The assets that have a tag."""
        if value not in self._assets:
            self._assets[value] = self._tags.assets_with(value)
        return self._assets[value]

    def _give_where_read(self, files: Iterable[stored.StoredFile]) -> Set[bytes]:
        """Tags the files whose metadata Immich has read; returns the keys of those that do not have their tags for sure."""
        unsure: Set[bytes] = set()
        groups: Dict[Values, List[stored.StoredFile]] = {}
        changing = self._look_at(files, groups, unsure, again=False)
        if changing:
            time.sleep(_writers.TAGS_FOLLOW)
            self._look_at(changing, groups, unsure, again=True)
        for missing, group in groups.items():
            self._give(missing, group)
            if self._options.removes_local and not self._predicting:
                unsure.update(one.key for one in group if _missing(self._read(one), missing) != ())
        return unsure

    def _look_at(
        self, files: Iterable[stored.StoredFile], groups: Dict[Values, List[stored.StoredFile]], unsure: Set[bytes], *, again: bool
    ) -> List[stored.StoredFile]:
        """Sorts files into `groups` by what they lack, or into `unsure`. Returns those to look at `again`, as Immich is still at them."""
        changing: List[stored.StoredFile] = []
        for one in files:
            found = self._read(one)
            missing = _missing(found, self._options.tags_of(one.item, new=one.fresh))
            if found is None or missing is None:
                unsure.add(one.key)
            elif missing and not again and self._client.assets.was_changed_just_now(found):
                changing.append(one)
            elif missing:
                groups.setdefault(missing, []).append(one)
        return changing

    def _read(self, one: stored.StoredFile) -> Optional[values.Asset]:
        return None if one.asset_id is None else self._client.assets.get(one.asset_id)  # no id: a run would bring an equal file just now

    def _give(self, tags: Values, files: Sequence[stored.StoredFile]) -> None:
        for start in range(0, len(files), _writers.TAG_BATCH):
            part = files[start : start + _writers.TAG_BATCH]
            self._tags.give(tags, part)
            self._tags.count(tags, len(part))
            for value in tags:
                self._with(value).add(one.key for one in part)


def _missing(found: Optional[values.Asset], tags: Sequence[str]) -> Optional[Values]:
    """Which of these tags an asset lacks; None where that is not settled, because Immich has not read its metadata."""
    if found is None or not found.metadata_read:
        return None
    return tuple(value for value in tags if not any(tag == value or tag.startswith(value + "/") for tag in found.metadata.tags))
