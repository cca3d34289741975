# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The albums of an export while it is read: each has a name of its own. Private to the collection."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ..._text import name_to_send, text_to_send
from .. import base, facts
from .export import CREATE

_UNTITLED = "Untitled"


class Albums:
    """Finds and names albums. `untitled` is the option `untitled_albums`."""

    def __init__(self, untitled: str) -> None:
        self._untitled = untitled
        self._known: Dict[object, Optional[facts.ExportAlbum]] = {}
        self._numbers: Dict[str, int] = {}  # of each name the number that it was last given with

    def get(self, key: object, title: str, description: str, origin: str, order: Optional[str] = None) -> Optional[facts.ExportAlbum]:
        """The album that the export knows by `key`, as it was first described; None for one without a title that is left out."""
        if key not in self._known:
            self._known[key] = self._new(name_to_send(title), text_to_send(description), origin, order)
        return self._known[key]

    def add_namesakes(self, named: Sequence[Tuple[object, facts.ExportAlbum]]) -> None:
        """Notes, for `get`, albums that the export knows apart though they have one name, each with its key: they keep the name."""
        namesakes = facts.Namesakes()
        for key, album in named:
            name = name_to_send(album.name)
            if name or self._untitled == CREATE:
                number, description = len(namesakes.albums) + 1, text_to_send(album.description)
                one = facts.ExportAlbum(name or _UNTITLED, description, album.origin, album.order, number, namesakes)
                namesakes.albums.append(one)
                self._numbers.setdefault(one.name, 1)
                self._known[key] = one

    def _new(self, title: str, description: str, origin: str, order: Optional[str]) -> Optional[facts.ExportAlbum]:
        if not title and self._untitled != CREATE:
            return None
        title = name = title or _UNTITLED
        while name in self._numbers:
            self._numbers[title] += 1
            name = "%s (%d)" % (title, self._numbers[title])
        self._numbers[name] = 1
        return facts.ExportAlbum(name, description, origin, order)


def albums_of(items: Iterable[base.Item]) -> List[facts.ExportAlbum]:
    """The albums that have pictures, in the order in which they come up."""
    return list(dict.fromkeys(album for item in items for album in item.facts.albums))
