# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of all readers of exports: the order in which they read, and what they share."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from typing import Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, TypeVar

from .. import _option_names, _text
from .._client import errors
from .._files import base, facts
from . import export

T = TypeVar("T")

_UNTITLED = "Untitled"
_PARTNER = object()  # the key of the album for what partners shared
_NOT_IN_ALBUMS = "It is in none of the albums that O(export_albums) names."

# By flag: the option that leaves such items out, and why one is left out.
_REASONS = {
    "trashed": ("export_trash", "It was in the trash. With 'export_trash: upload' it is uploaded."),
    "locked": ("export_locked", "It was in the locked folder. With 'export_locked: upload' it is uploaded."),
    "partner": ("export_partner", "A partner shared it, and 'export_partner' is 'skip'."),
    "archived": ("export_archived", "It was archived or hidden, and 'export_archived' is 'skip'."),
    "unmatched": ("export_unmatched", "Nothing in the export certainly describes it, and 'export_unmatched' is 'skip'."),
}


class Flags(NamedTuple):
    """Why an item may be left out, in the order in which the reasons count."""

    trashed: bool = False
    locked: bool = False
    partner: bool = False
    archived: bool = False
    unmatched: bool = False


class ExportReader(ABC):
    """Reads one export, all parts together. A reader of a layout fills in the steps of `read`; it is used once.

    `media_types` maps the extensions that the server takes (lower case, with their dot) to `image` or `video`. What is neither in `media`
    nor read for what it says is reported to the listener as skipped or unreadable, so that each file is counted exactly once.
    """

    def __init__(self, layout: str, media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener) -> None:
        self.layout = layout
        self.media_types = media_types
        self.options = options
        self.listener = listener
        self.albums = ExportAlbums(options.untitled_albums)
        self.media: List[base.Item] = []
        """The photos and videos, whether they go up or not."""
        self.metadata = 0
        """How many files were read for what they say of others."""
        self.unused: List[Tuple[str, str]] = []
        self.pairs: List[Tuple[base.Item, base.Item]] = []
        """Stills and their videos, where their names need not say it."""
        self.originals: Dict[int, base.Item] = {}
        """By the ids of videos and edited copies: the items that they belong to, and without which they do not go up."""

    def read(self, items: Sequence[base.Item]) -> export.Export:
        """Reads the export.

        :param items: all files of all parts, in an order that is the same each time.
        """
        self.classify(items)
        self.read_metadata()
        self.match()
        self.describe()
        if self.options.partner_album:
            self._add_partner_album(self.options.partner_album)
        selected = [item for item in self.media if self._selects(item)]
        self.report(selected)
        return export.Export(self.layout, selected, export.albums_of(selected), self.metadata, self.unused, self.pairs)

    @abstractmethod
    def classify(self, items: Sequence[base.Item]) -> None:
        """Sorts the files: into `media`, those that say something of others, and those that are skipped."""

    def read_metadata(self) -> None:  # noqa: B027  # not every layout has metadata files
        """Reads the files that say something of others."""

    def match(self) -> None:  # noqa: B027  # most readers match while they read or describe
        """Finds out which metadata belongs to which item."""

    def describe(self) -> None:  # noqa: B027  # as above
        """Sets the facts and the names of the items."""

    def report(self, items: Sequence[base.Item]) -> None:  # noqa: B027  # not every reader has something to report
        """Warns of what was found, and reports the metadata that belongs to none of the items that are kept."""

    def flags_of(self, item: base.Item) -> Flags:
        """Why an item that was described may be left out."""
        return Flags(archived=item.facts.metadata.visibility == "archive", unmatched=item.facts.rule == "none")

    def reason_to_skip(self, item: base.Item) -> Optional[Tuple[str, str]]:
        """What an item is counted as that is left out, and a sentence why; None for one that goes up."""
        flags = self._all_flags(item)
        if any(flags):  # most have none
            for flag, is_set in zip(Flags._fields, flags):
                option, reason = _REASONS[flag]
                if is_set and getattr(self.options, option) == export.SKIP:
                    return flag, reason
        return None

    def read_or_report(self, item: base.Item, read: Callable[[base.Item], T]) -> Optional[T]:
        """What a function makes of a metadata file; None for one that cannot be read, which is reported."""
        try:
            return read(item)
        except errors.ImmichError as exc:
            error = exc
        except OSError as exc:
            error = errors.unreadable(exc)
        self.listener.unreadable(item.path, error, size=item.size)
        return None

    def skip_type(self, item: base.Item) -> None:
        """Reports a file that is neither a photo or video nor says anything about one."""
        base.skip_type(self.listener, item.path, item.inner)

    def skip_unused(self, path: str, reason: str) -> None:
        """Reports a metadata file that belongs to no item, and is not counted among the metadata."""
        self.unused.append((path, reason))
        self.listener.skipped(path, "sidecar", reason)

    def _add_partner_album(self, name: str) -> None:
        for item in self.media:
            if self._all_flags(item).partner:
                album = self.albums.get(_PARTNER, name, "", "partner_album")
                if album is not None:
                    item.facts = item.facts._replace(albums=(*item.facts.albums, album))

    def _titles(self, item: base.Item) -> Set[str]:
        """The names of its albums, and of those of what it belongs to."""
        original = self.originals.get(id(item))
        titles = {album.name for album in item.facts.albums}
        return titles if original is None else titles | self._titles(original)

    def _all_flags(self, item: base.Item) -> Flags:
        flags = self.flags_of(item)
        original = self.originals.get(id(item))
        return flags if original is None else Flags(*map(operator.or_, flags, self._all_flags(original)))

    def _selects(self, item: base.Item) -> bool:
        reason = self.reason_to_skip(item)
        if reason is None and self.options.export_albums and self._titles(item).isdisjoint(self.options.export_albums):
            reason = ("album", _option_names.name_options(_NOT_IN_ALBUMS, "export_albums"))
        if reason is not None:
            self.listener.skipped(item.path, *reason)
        return reason is None


class ExportAlbums:
    """Names the albums of an export, each differently. `untitled` is the option `untitled_albums`."""

    def __init__(self, untitled: str) -> None:
        self._untitled = untitled
        self._known: Dict[object, Optional[facts.ExportAlbum]] = {}
        self._reserved: Dict[str, None] = {}
        self._numbers: Dict[str, int] = {}  # of each name the number that it was last given with

    def get(self, key: object, title: str, description: str, origin: str, order: Optional[str] = None) -> Optional[facts.ExportAlbum]:
        """The album that the export knows by `key`, as it was first described; None for one without a title that is left out.

        Of two albums with one title the second is called "Title (2)".
        """
        if key not in self._known:
            self._known[key] = self._new(_text.name_to_send(title), _text.text_to_send(description), origin, order)
        return self._known[key]

    def reserve(self, titles: Iterable[str]) -> None:
        """Notes the titles of all albums, so that no album is numbered to the title of another."""
        self._reserved.update(dict.fromkeys(map(_text.name_to_send, titles)))

    def add_namesakes(self, named: Sequence[Tuple[object, facts.ExportAlbum]]) -> None:
        """Notes, for `get`, albums that the export knows apart though they have one name, each with its key: they keep the name."""
        namesakes = facts.Namesakes()
        for key, album in named:
            name = _text.name_to_send(album.name)
            if name or self._untitled == export.CREATE:
                number, description = len(namesakes.albums) + 1, _text.text_to_send(album.description)
                export_album = facts.ExportAlbum(name or _UNTITLED, description, album.origin, album.order, number, namesakes)
                namesakes.albums.append(export_album)
                self._numbers.setdefault(export_album.name, 1)
                self._known[key] = export_album

    def _new(self, title: str, description: str, origin: str, order: Optional[str]) -> Optional[facts.ExportAlbum]:
        if not title and self._untitled != export.CREATE:
            return None
        title = name = title or _UNTITLED
        while name in self._numbers or (name != title and name in self._reserved):
            self._numbers[title] = self._numbers.get(title, 1) + 1
            name = "%s (%d)" % (title, self._numbers[title])
        self._numbers[name] = 1
        return facts.ExportAlbum(name, description, origin, order)
