# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tags that files get.

The tags of a new file go up with it, in its sidecar. Other files are tagged through Immich's API, but not before Immich has read their
metadata: it would then lose either these tags, or those of the sidecar and of the file (observed on 1.135 to 3.1).
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from ..._client import api, errors
from ..._metadata import keywords
from ..._run.tally import Tally
from ..options import Options
from .stored_file import Hidden, Members, StoredFile, without_repeats


class Tag:
    """A tag of this run. `id` is None while it has yet to be made."""

    def __init__(self, client: api.Immich, value: str, tag_id: Optional[str], *, predicting: bool) -> None:
        self._client = client
        self.value = value
        self.id = tag_id
        self.created = tag_id is None
        self.added = 0
        self.members = Members(self._read, empty=tag_id is None, predicting=predicting)

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

    def lacking(self, files: Sequence[StoredFile]) -> Dict[Tuple[int, ...], List[StoredFile]]:
        """The files by which of the tags they lack (as positions in `all`)."""
        groups: Dict[Tuple[int, ...], List[StoredFile]] = {}
        for one in files:
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


def normalise_tags(values: Sequence[str]) -> List[str]:
    """Tags as Immich keeps them: `/` between levels, none at the ends, each once. Raises `InvalidRequest` for one that cannot be one."""
    found = ["/".join(part for part in value.split("/") if part) for value in values]
    if not all(found):
        raise errors.InvalidRequest("One of the tags is empty.")
    if not all(map(keywords.is_text, found)):
        raise errors.InvalidRequest("One of the tags has a line break, or another character that no tag can have.")
    return list(dict.fromkeys(found))


# Assets in one call. Immich rewrites the metadata of each asset that gets a tag, one after the other (observed: some 5 ms each on
# an idle machine, 170 ms on one with no time to spare), so that many at once would look like a server that hangs.
_AT_ONCE = 50

# Which tags, as positions in `Tags.all`.
Numbers = Tuple[int, ...]


class Tagging:
    """Does it, or with `predicting` only finds out what it would do.

    Sure to have its tags is a new file that the server took together with them, and another one of which the server says so once it
    has read its metadata.
    """

    def __init__(self, client: api.Immich, options: Options, tally: Tally, hidden: Hidden, *, predicting: bool) -> None:
        self._client = client
        self._options = options
        self._tally = tally
        self._hidden = hidden
        self._predicting = predicting
        self._tags = Tags(client, options.tags, predicting=predicting)
        self._sent: Set[bytes] = set()  # assets whose tags went up with them: until they are read, the server does not show those
        self._refused: Dict[bytes, StoredFile] = {}  # new files whose sidecar could not take the tags
        self._unread: Dict[bytes, StoredFile] = {}

    def look_up(self) -> None:
        """Asks which tags exist: before the first file goes up, since Immich makes those that it finds in sidecars."""
        self._tags.look_up()

    def results(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return [tag.result() for tag in self._tags.used()]

    @property
    def unsure(self) -> List[StoredFile]:
        """The files that `finish` will look at again, an asset once."""
        return [*self._refused.values(), *self._unread.values()]

    def process(self, files: Sequence[StoredFile]) -> Set[bytes]:
        """Gives some files their tags, unless they have them. Returns the keys of those that do not have them for sure."""
        sent = [one for one in files if one.fresh and one.item.tags_sent]
        if sent:
            self._make()
            for tag in self._tags.all:
                tag.added += len(sent)
            self._sent.update(one.key for one in sent)
        refused = {one.key: one for one in files if one.fresh and one.item.tags_sent is False}
        for numbers, group in self._tags.lacking(list(refused.values())).items():
            self._add(group, numbers)
        self._refused.update(refused)
        others = without_repeats(one for one in files if one.key not in self._sent and one.key not in self._refused)
        unread: Set[bytes] = set()
        for numbers, group in self._tags.lacking(others).items():
            unread |= self._add_where_read(self._hidden.left_out(group), numbers)
        self._unread.update((one.key, one) for one in others if one.key in unread)
        return unread | (self._refused.keys() & {one.key for one in files})

    def finish(self) -> Set[bytes]:
        """To be called when every file was handled: tags what could not be tagged before. Returns the keys of those still unsure."""
        everything = tuple(range(len(self._tags.all)))
        if not self._predicting:
            self._add_where_read(self._refused.values(), everything, again=True)
        left = self._add_where_read([one for one in self._unread.values() if one.key not in self._sent], everything)
        if left:
            self._tally.warn(
                "%d files that were already on the server were not tagged, because Immich has not read their metadata yet or does not show "
                "them. Run the upload again later to tag them. New files get their tags as soon as Immich has read their metadata."
                % len(left)
            )
        return left | self._refused.keys()

    def _add_where_read(self, files: Iterable[StoredFile], numbers: Numbers, *, again: bool = False) -> Set[bytes]:
        """Tags the files whose metadata Immich has read; returns the keys of those that do not have their tags for sure.

        Those that are tagged `again` do not count as added a second time.
        """
        unsure: Set[bytes] = set()
        groups: Dict[Numbers, List[StoredFile]] = {}
        for one in files:
            missing = self._missing(one, numbers)
            if missing is None:
                unsure.add(one.key)
            elif missing:
                groups.setdefault(missing, []).append(one)
        for missing, group in groups.items():
            self._add(group, missing, counted=not again)
            if self._options.delete_local and not self._predicting:
                unsure.update(one.key for one in group if self._missing(one, missing) != ())
        return unsure

    def _missing(self, one: StoredFile, numbers: Numbers) -> Optional[Numbers]:
        """Which of these tags an asset lacks; None where that is not settled, because Immich has not read its metadata."""
        found = self._client.assets.look_at(str(one.asset_id))
        if found is None or not found.metadata_read:
            return None
        return tuple(number for number in numbers if not self._tags.all[number].is_among(found.tags))

    def _add(self, files: Sequence[StoredFile], numbers: Numbers, *, counted: bool = True) -> None:
        tags = [self._tags.all[number] for number in numbers]
        for start in range(0, len(files), _AT_ONCE):
            part = files[start : start + _AT_ONCE]
            count = len(part) * len(tags)
            self._make()
            if not self._predicting:
                count = self._client.tags.add([str(tag.id) for tag in tags], [str(one.asset_id) for one in part])
            for tag in tags:
                tag.added += -(-count // len(tags)) if counted else 0
                tag.members.add(part)

    def _make(self) -> None:
        if not self._predicting:
            self._tags.make()
