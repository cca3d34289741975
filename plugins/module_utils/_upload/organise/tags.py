# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ..._client import api, errors
from ..metadata import keywords
from . import members


class Tag:
    """A tag of this run. `id` is None while it has yet to be made."""

    def __init__(self, client: api.Immich, value: str, tag_id: Optional[str], *, predicting: bool) -> None:
        self._client = client
        self.value = value
        self.id = tag_id
        self.created = tag_id is None
        self.added = 0
        self.members = members.Members(self._read, empty=tag_id is None, predicting=predicting)

    def _read(self) -> Iterator[str]:
        return self._client.assets.ids_where(tag_id=self.id)

    def is_among(self, values: Sequence[str]) -> bool:
        """Whether one of an asset's tags is this one, or below it."""
        return any(value == self.value or value.startswith(self.value + "/") for value in values)

    @property
    def made(self) -> bool:
        """Whether this run made it, even if the server then refused every file."""
        return self.created and self.id is not None

    def result(self) -> Dict[str, Any]:
        """What the module returns about it."""
        return {"name": self.value, "id": self.id, "created": self.created, "added": self.added}


class Tags:
    """The tags that the option names, all of which every file gets."""

    def __init__(self, client: api.Immich, values: Sequence[str], *, predicting: bool) -> None:
        self._client = client
        self._predicting = predicting
        self._values = values
        self.all: List[Tag] = []

    def look_up(self) -> None:
        """Asks the server which of them exist."""
        found = self._client.tags.all() if self._values else {}
        self.all = [Tag(self._client, value, found.get(value), predicting=self._predicting) for value in self._values]

    def used(self) -> List[Tag]:
        """Those that this run made or gave to files, or would."""
        return [tag for tag in self.all if tag.added or tag.made]

    def lacking(self, placed: Sequence[members.Placed]) -> Dict[Tuple[int, ...], List[members.Placed]]:
        """The files by which of the tags they lack (as positions in `all`)."""
        groups: Dict[Tuple[int, ...], List[members.Placed]] = {}
        for one in placed:
            missing = tuple(number for number, tag in enumerate(self.all) if tag.members.lacks(one))
            if missing:
                groups.setdefault(missing, []).append(one)
        return groups

    def make(self) -> None:
        """Makes those that are missing, with their parents."""
        missing = [tag.value for tag in self.all if tag.id is None]
        if missing:
            made = self._client.tags.ensure(missing)
            for tag in self.all:
                tag.id = tag.id or made[tag.value]


def normal(values: Sequence[str]) -> List[str]:
    """Tags as Immich keeps them: `/` between levels, none at the ends, each once. Raises `InvalidRequest` for one that cannot be one."""
    found = ["/".join(part for part in value.split("/") if part) for value in values]
    if not all(found):
        raise errors.InvalidRequest("One of the tags is empty.")
    if not all(map(keywords.is_text, found)):
        raise errors.InvalidRequest("One of the tags has a line break, or another character that no tag can have.")
    return list(dict.fromkeys(found))
