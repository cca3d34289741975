# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get.

The tags of a new file go up with it, in its sidecar. Other files are tagged through Immich's API, but not before Immich has read their
metadata: it would then lose either these tags, or those of the sidecar and of the file (observed on 1.135 to 3.1).
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Set, Tuple

from ... import _ids, _writers
from ..._client import api, values
from ..item_tally import ItemTally
from ..options import UploadOptions
from . import stored
from .live import HiddenAssets

Values = Tuple[str, ...]
"""Some of the tags."""


class Tagging:
    """Gives files their tags, in check mode only counts them.

    A new file is sure to have its tags if the server took it together with them, another one if the server says so once it has read its
    metadata.
    """

    def __init__(self, client: api.Immich, options: UploadOptions, tally: ItemTally, hidden: HiddenAssets, *, predicting: bool) -> None:
        self._client = client
        self._options = options
        self._tally = tally
        self._hidden = hidden
        self._predicting = predicting
        self._tags = _writers.TagWriter(client, predicting=predicting)
        self._assets: Dict[str, _writers.AssetSet] = {}
        # Assets whose tags went up with them: until they are read, the server does not show those.
        self._sent = _ids.CompactMap(_ids.ID_SIZE)
        self._untagged = _writers.UntaggedAssets(client, self._missing_tags)

    def look_up(self) -> None:
        """Asks which tags exist. To be called before the first file is sent."""
        self._tags.look_up()

    def results(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return self._tags.results()

    @property
    def to_be_read(self) -> int:
        """How many files have their tags once Immich has read their metadata, or lack them then."""
        return self._untagged.to_be_read

    @property
    def unsure(self) -> List[stored.StoredFile]:
        """The files that `finish` will look at again, an asset once."""
        return self._untagged.waiting

    def process(self, files: Sequence[stored.StoredFile]) -> Set[bytes]:
        """Gives some files their tags, unless they have them. Returns the keys of those that do not have them for sure."""
        sent: Dict[Values, List[stored.StoredFile]] = {}
        for file in files:
            if file.fresh and file.item.tags_sent:
                sent.setdefault(tuple(self._options.tags_of(file.item, new=True)), []).append(file)
        for tags, group in sent.items():
            self._tags.create(tags)
            self._tags.count(tags, len(group))
            self._sent.update(file.key for file in group)
        others = stored.without_repeats(file for file in files if file.key not in self._sent)
        lacking = [file for group in self._by_missing(others).values() for file in group]
        self._give_all(self._untagged.find_taggable(self._hidden.exclude_from(lacking)))
        return {file.key for file in others if self._untagged.is_waiting(file.key)}

    def finish(self) -> Set[bytes]:
        """To be called when every file was handled: tags what could not be tagged before. Returns the keys of those still unsure."""
        self._untagged.forget(self._sent)
        self._give_all(self._untagged.look_again())
        for warning in self._untagged.warnings("upload"):
            self._tally.warn(warning)
        return {file.key for file in self._untagged.waiting}

    def _by_missing(self, files: Sequence[stored.StoredFile]) -> Dict[Values, List[stored.StoredFile]]:
        """The files by the tags that they lack, as the lists of those who have them say."""
        groups: Dict[Values, List[stored.StoredFile]] = {}
        for file in files:
            tags = self._options.tags_of(file.item, new=file.fresh)
            missing = tuple(value for value in tags if not self._with(value).has(file.key, is_new=file.fresh))
            if missing:
                groups.setdefault(missing, []).append(file)
        return groups

    def _with(self, value: str) -> _writers.AssetSet:
        """The assets that have a tag."""
        if value not in self._assets:
            self._assets[value] = self._tags.assets_with(value)
        return self._assets[value]

    def _missing_tags(self, file: stored.StoredFile, asset: values.Asset) -> Values:
        """Which of its tags a file lacks. One below a tag counts for it."""
        given = asset.metadata.tags
        tags = self._options.tags_of(file.item, new=file.fresh)
        return tuple(value for value in tags if not any(tag == value or tag.startswith(value + "/") for tag in given))

    def _give_all(self, groups: Mapping[Values, Sequence[stored.StoredFile]]) -> None:
        for missing, group in groups.items():
            self._give(missing, group)
            if self._options.removes_local and not self._predicting:
                self._untagged.postpone(file for file in group if not self._has_tags(file))

    def _has_tags(self, file: stored.StoredFile) -> bool:
        asset = self._client.assets.get(str(file.asset_id))
        return asset is not None and asset.metadata_read and not self._missing_tags(file, asset)

    def _give(self, tags: Values, files: Sequence[stored.StoredFile]) -> None:
        for start in range(0, len(files), _writers.TAG_BATCH):
            part = files[start : start + _writers.TAG_BATCH]
            self._tags.give(tags, part)
            self._tags.count(tags, len(part))
            for value in tags:
                self._with(value).add(file.key for file in part)
