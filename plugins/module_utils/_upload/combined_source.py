# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that `src` names, folders, archives and exports, as one source.

What archives and exports need is loaded only if there are some: Python compiles it again on every run, and most uploads have neither.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Callable, Iterator, List, Mapping, Optional

from .. import _text
from .._client import errors
from .._exports import layouts
from .._exports.export import Export
from .._files import base
from .._files.folders import scan, src_paths

if TYPE_CHECKING:
    from .listed_files import ListedFiles

_BATCH = 256


class CombinedSource(base.Source):
    """Looks at what there is before the first item is yielded, so that an export is recognised, and read as a whole.

    The files of plain folders are yielded while the rest is still being looked for. `accept` is called with an export before its first
    item is yielded, and may raise. `media_types` maps the extensions that go up (lower case, with their dot) to `image` or `video`.
    """

    def __init__(
        self, options: layouts.SourceOptions, media_types: Mapping[str, str], listener: base.Listener, accept: Callable[[Export], None]
    ) -> None:
        self._options = options
        self._media_types = media_types
        self._accept = accept
        self._unread = base.UnreadFiles(listener, media_types)
        self._scan = scan.Scan(options, media_types.keys(), self._unread)
        self.export: Optional[Export] = None
        """There once an export was read; `parts` says in how many archives and folders it came, `files` how many files it has, and
        `left_out` counts those of them that are left out. `missing` says what of it is not there, as far as that is known."""
        self.parts = self.files = 0
        self.left_out = base.Counting(self._unread)
        self.missing = ""

    def batches(self) -> Iterator[base.Batch]:
        """The items, of an export after all of it was read. Raises `InvalidRequest` if `src` has several layouts."""
        archives = self._scan.src_paths.archives()
        members = self._listed.members(archives) if archives else []
        layout = self._layout(members)
        if layout is None:
            self.can_be_counted = not members
            yield from self._scan.batches()
            if members:
                yield from _in_batches(self._listed.plain(members))
        else:
            self.parts = len(archives) + len(self._scan.src_paths.folders())
            yield from _in_batches(self._read(layout, members))

    def finish(self) -> None:
        self._scan.finish()

    @cached_property
    def _listed(self) -> ListedFiles:
        from .listed_files import ListedFiles  # only here, see the top

        return ListedFiles(self._options, self._media_types, self._scan, self._unread)

    def _read(self, layout: layouts.Layout, members: List[base.Item]) -> List[base.Item]:
        read = self._listed.read(layout, members, self.left_out)
        self.export, self.files, self.missing = read.export, read.files, read.missing
        self._accept(read.export)
        self.total = len(read.items), sum(item.size for item in read.items)
        return read.items

    def _layout(self, members: List[base.Item]) -> Optional[layouts.Layout]:
        """None for plain folders and archives."""
        if self._options.layout != layouts.AUTO:
            return layouts.BY_NAME.get(self._options.layout)
        recognised = layouts.recognise(members)
        excluded = src_paths.Patterns(self._options.excluded)
        for folder in self._scan.src_paths.folders():
            recognised = {**layouts.probe_folder(folder, excluded.match_folder), **recognised}
        if not recognised and members and self._unread.messages:
            return self._listed.layout_of_parts()
        if len(recognised) > 1:
            raise errors.InvalidRequest(
                "O(src) has the exports of several programs (%s). Upload each with a task of its own, or name one of them with O(layout)."
                % ", ".join(
                    sorted("%s: %s" % (layouts.BY_NAME[layout].title, _text.printable(path)) for layout, path in recognised.items())
                ),
                options=("src", "layout"),
            )
        return next((layouts.BY_NAME[name] for name in recognised), None)


def _in_batches(items: List[base.Item]) -> Iterator[base.Batch]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
