# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get.

The tags of a new file go up with it, in its sidecar. Other files are tagged through Immich's API, but not before Immich has read their
metadata: it would then lose either these tags, or those of the sidecar and of the file (observed on 1.135 to 3.1).
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ... import _ids, _writers
from ..._client import api
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
        # With tags of folders: those that each asset is to have, since equal files may lie in several, and those that went up with it.
        self._of_folders: Dict[bytes, Values] = {}
        self._sent_tags: Dict[bytes, Values] = {}
        self._refused: Dict[bytes, stored.StoredFile] = {}  # new files whose sidecar could not take the tags
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
        return [*self._refused.values(), *self._unread.values()]

    def process(self, files: Sequence[stored.StoredFile]) -> Set[bytes]:
        """Gives some files their tags, unless they have them. Returns the keys of those that do not have them for sure."""
        sent: Dict[Values, List[stored.StoredFile]] = {}
        for one in files:
            if one.fresh and one.item.tags_sent:
                sent.setdefault(tuple(self._options.tags_of(one.item, new=True)), []).append(one)
        self._note_folders(files, sent)
        for tags, group in sent.items():
            self._tags.create(tags)
            self._tags.count(tags, len(group))
            self._sent.update(one.key for one in group)
        refused = {one.key: one for one in files if one.fresh and one.item.tags_sent is False}
        for tags, group in self._by_missing(list(refused.values())).items():
            self._give(tags, group)
        self._refused.update(refused)
        others = stored.without_repeats(one for one in files if not self._is_settled(one) and one.key not in self._refused)
        lacking = [one for group in self._by_missing(others).values() for one in group]
        unread = self._give_where_read(self._hidden.exclude_from(lacking))
        self._unread.update((one.key, one) for one in others if one.key in unread)
        return unread | (self._refused.keys() & {one.key for one in files})

    def finish(self) -> Set[bytes]:
        """To be called when every file was handled: tags what could not be tagged before. Returns the keys of those still unsure."""
        if not self._predicting:
            self._give_where_read(self._refused.values(), again=True)
        left = self._give_where_read([one for one in self._unread.values() if not self._is_settled(one)])
        if left:
            self._tally.warn(
                "%d files that were already on the server were not tagged, because Immich has not read their metadata yet or does not show "
                "them. Run the upload again later to tag them. New files get their tags as soon as Immich has read their metadata."
                % len(left)
            )
        return left | self._refused.keys()

    def _by_missing(self, files: Sequence[stored.StoredFile]) -> Dict[Values, List[stored.StoredFile]]:
        """The files by the tags that they lack, as the lists of those who have them say."""
        groups: Dict[Values, List[stored.StoredFile]] = {}
        for one in files:
            missing = tuple(value for value in self._wanted(one) if not self._with(value).has(one.key, is_new=one.fresh))
            if missing:
                groups.setdefault(missing, []).append(one)
        return groups

    def _wanted(self, one: stored.StoredFile) -> Values:
        """The tags that a file is to have."""
        return tuple(dict.fromkeys([*self._options.tags_of(one.item, new=one.fresh), *self._of_folders.get(one.key, ())]))

    def _note_folders(self, files: Sequence[stored.StoredFile], sent: Mapping[Values, Sequence[stored.StoredFile]]) -> None:
        if self._options.tags_from == "none":
            return
        for one in files:
            known = self._of_folders.get(one.key, ())
            self._of_folders[one.key] = (*known, *(tag for tag in self._options.tags_of(one.item, new=False) if tag not in known))
        for tags, group in sent.items():
            self._sent_tags.update((one.key, tags) for one in group)

    def _is_settled(self, one: stored.StoredFile) -> bool:
        """Whether all its tags went up with it, or with an equal file."""
        return one.key in self._sent and (not self._sent_tags or set(self._wanted(one)) <= set(self._sent_tags.get(one.key, ())))

    def _with(self, value: str) -> _writers.AssetSet:
        """The assets that have a tag."""
        if value not in self._assets:
            self._assets[value] = self._tags.assets_with(value)
        return self._assets[value]

    def _give_where_read(self, files: Iterable[stored.StoredFile], *, again: bool = False) -> Set[bytes]:
        """Tags the files whose metadata Immich has read; returns the keys of those that do not have their tags for sure.

        Those that are tagged `again` do not count as tagged a second time.
        """
        unsure: Set[bytes] = set()
        groups: Dict[Values, List[stored.StoredFile]] = {}
        for one in files:
            missing = self._missing(one, self._wanted(one))
            if missing is None:
                unsure.add(one.key)
            elif missing:
                groups.setdefault(missing, []).append(one)
        for missing, group in groups.items():
            self._give(missing, group, counted=not again)
            if self._options.removes_local and not self._predicting:
                unsure.update(one.key for one in group if self._missing(one, missing) != ())
        return unsure

    def _missing(self, one: stored.StoredFile, tags: Values) -> Optional[Values]:
        """Which of these tags an asset lacks; None where that is not settled, because Immich has not read its metadata."""
        found = None if one.asset_id is None else self._client.assets.get(one.asset_id)  # no id: a run would bring an equal file just now
        if found is None or not found.metadata_read:
            return None
        return tuple(value for value in tags if not any(tag == value or tag.startswith(value + "/") for tag in found.metadata.tags))

    def _give(self, tags: Values, files: Sequence[stored.StoredFile], *, counted: bool = True) -> None:
        for start in range(0, len(files), _writers.TAG_BATCH):
            part = files[start : start + _writers.TAG_BATCH]
            self._tags.give(tags, part)
            if counted:
                self._tags.count(tags, len(part))
            for value in tags:
                self._with(value).add(one.key for one in part)
