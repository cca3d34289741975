# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Leaves out one half of each pair of files of one shot, such as the JPEG file beside a RAW file."""

from __future__ import annotations

import os
from typing import Dict, Iterator, List, Mapping, Optional, Set

from .. import _option_names
from .._client import errors
from .._files import base
from .._naming import stack_kinds, stacks
from .._text import extension_of
from . import dates
from .item_tally import ItemTally


class OneOfPair(base.Source):
    """What another source yields, without those halves of pairs that `wanted` does not name: kind of pair → format that goes up.

    A pair is what would be stacked as one: by names, times and cameras, in one folder. Only files whose names could be those of a pair
    are looked into. A file that is half of a live photo is never left out.
    """

    def __init__(self, source: base.Source, wanted: Mapping[str, str], tally: ItemTally) -> None:
        self._source = source
        self._wanted = wanted
        self._tally = tally
        self._formats = {other for kind in wanted for other in stack_kinds.COVERS[kind]}

    def batches(self) -> Iterator[base.Batch]:
        folder: Optional[str] = None
        held: base.Batch = []
        listed: base.Batch = []  # in which the files of a folder need not follow each other: of an export or an archive
        for batch in self._source.batches():
            for item in batch:
                if self._source.total is not None or not item.can_be_removed:
                    listed.append(item)
                    continue
                parent = os.path.dirname(item.path)
                if parent != folder:
                    yield from self._without_others(held)
                    held = []
                folder = parent
                held.append(item)
        yield from self._without_others(held)
        yield from self._without_others(listed)

    def finish(self) -> None:
        self._source.finish()

    def _without_others(self, items: base.Batch) -> Iterator[base.Batch]:
        """Of the files of one or more folders, those that go up."""
        by_folder: Dict[str, base.Batch] = {}
        for item in items:
            by_folder.setdefault(os.path.dirname(item.path), []).append(item)
        pictures = [
            picture
            for folder, together in by_folder.items()
            for picture in (self._picture(folder, item) for item in self._candidates(together))
            if picture is not None
        ]
        by_key: Dict[object, base.Item] = {id(item): item for item in items}
        left_out: Set[int] = set()
        for group in stacks.find_groups(pictures, tuple(self._wanted)):
            extensions = stacks.FORMATS[self._wanted[group.kind]]
            instead, *_others = [picture.name for picture in group.members if extension_of(picture.name) in extensions]
            for picture in group.members:
                item = by_key[picture.key]
                if extension_of(picture.name) not in extensions and item.live is None:
                    self._tally.skipped(
                        item.path,
                        group.kind,
                        _option_names.name_options("Its other half %s goes up instead, as O(only_of_pair) says.", "only_of_pair") % instead,
                    )
                    left_out.add(id(item))
        kept_items = [item for item in items if id(item) not in left_out]
        if kept_items:
            yield kept_items

    def _candidates(self, items: base.Batch) -> Iterator[base.Item]:
        """The files whose names begin alike, up to their first dot, and which have several of the formats."""
        by_stem: Dict[str, List[base.Item]] = {}
        for item in items:
            if self._format_of(item) is not None:
                by_stem.setdefault(item.file_name.partition(".")[0].casefold(), []).append(item)
        for alike in by_stem.values():
            if len({self._format_of(item) for item in alike}) > 1:
                yield from alike

    def _format_of(self, item: base.Item) -> Optional[str]:
        extension = item.extension
        return next((kind for kind in sorted(self._formats) if extension in stacks.FORMATS[kind]), None)

    def _picture(self, folder: str, item: base.Item) -> Optional[stacks.Picture]:
        """None for one that cannot be read: it is not half of a pair, and fails by itself."""
        try:
            camera = item.camera()
        except errors.LocalFailure as exc:
            if exc.fatal or isinstance(exc, errors.MissingLibrary):
                raise
            return None
        taken = dates.time_of_picture(item, camera.time)
        return stacks.Picture(id(item), folder, item.file_name, taken, camera.name, edited_of=item.facts.edited_of)
