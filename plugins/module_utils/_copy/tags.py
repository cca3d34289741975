# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source's tags on the target."""

from __future__ import annotations

from itertools import chain
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from .. import _ids, _writers
from .._client import errors, values
from .._metadata.model import text_for_xml
from .._run import tally
from .._run.consecutive_failures import ConsecutiveFailures
from .._selection.library import Pages
from .._selection.selection import HIDDEN
from .._upload.organise.stored import StoredFile
from .._upload.sidecar import people_tags
from .context import CopyContext, Counterpart

_WITHOUT = "It does not have all its tags on the target"


class _TagAssets(NamedTuple):
    """The assets of the source that get a tag: those that show a person, or have a tag of this name or one below it."""

    showing: List[Pages]
    tagged: List[Tuple[str, Pages]]


class TagCopier:
    """Gives files their tags; in check mode only counts them. Without `tags` only those that stand for people.

    What a run brings has its tags from the start, in its sidecar (see `note_brought`). Others are looked at one by one where a list says
    that they lack a tag. An asset whose metadata Immich has yet to read is left for a later run, as it would lose either these tags or its
    own (observed on 1.135 to 3.1). An asset counts for the tags that it has itself, and not for those above them.
    """

    def __init__(self, context: CopyContext, *, tags: bool, people: bool) -> None:
        self._context = context
        self._with_tags = tags
        self._people = people
        self._tags = _writers.TagWriter(context.target, predicting=context.predicting)
        self._handled = _ids.CompactMap(_ids.ID_SIZE)
        self._brought = _ids.CompactMap(_ids.ID_SIZE)
        self._below: Dict[str, _ids.CompactMap] = {}
        self._untagged = _writers.UntaggedAssets(
            context.target, self._missing_tags, lambda counterpart, exc: self._fail(counterpart.path, exc, _WITHOUT)
        )
        self._failures = ConsecutiveFailures(context.target, 1, "tagging")
        self._stopped = False

    def look_up(self) -> None:
        """Asks which tags exist. To be called before the first file is sent."""
        self._tags.look_up()

    def note_brought(self, file: StoredFile) -> None:
        """A run brought this file, and its tags with it. What is in the trash does not count, as nobody sees its tags there."""
        metadata = file.item.facts.metadata
        if not (metadata.tags or metadata.people):
            return
        self._brought.add(_ids.pack_id(str(file.asset_id)))
        if file.trashed or metadata.visibility == HIDDEN:
            return
        self._tags.count(self._values(metadata.tags, metadata.people), 1)

    def copy(self) -> None:
        """Copies all tags. What fails at one tag or one file does not stop the others, unless one after the other fails."""
        # Tags before those that are above them.
        for value, wanted in sorted(self._wanted().items(), reverse=True):
            try:
                self._copy(value, wanted)
            except errors.ImmichError as exc:
                if self._stopped:
                    raise
                self._fail("tag %s" % value, exc, "Some files do not have it on the target")
            else:
                self._failures.reset()
        self._give_all(self._untagged.look_again())
        for warning in self._untagged.warnings("copy"):
            self._context.tally.warn(warning)

    def results(self) -> List[Dict[str, Any]]:
        """The tags that were made or given."""
        return self._tags.results()

    @property
    def to_be_read(self) -> int:
        """How many files have their tags once Immich has read their metadata, or lack them then."""
        return self._untagged.to_be_read

    def lines(self) -> List[str]:
        """What changes, a line each."""
        return tally.added_lines("tag", self.results())

    def _wanted(self) -> Dict[str, _TagAssets]:
        """By the values on the target: several people, or a person and a tag, may have one together."""
        by_value: Dict[str, _TagAssets] = {}
        source = self._context.source
        if self._with_tags:
            for name, tag_id in source.tags().items():
                by_value.setdefault(text_for_xml(name), _TagAssets([], [])).tagged.append((name, source.tagged(tag_id)))
        if self._people:
            for name, ids in source.people().items():
                for value in people_tags([name]):
                    by_value.setdefault(value, _TagAssets([], [])).showing.extend(source.assets_showing(person_id) for person_id in ids)
        return by_value

    def _copy(self, value: str, wanted: _TagAssets) -> None:
        assets_with_tag = self._tags.assets_with(value)
        for page in chain.from_iterable(wanted.showing):
            missing = self._missing_from(assets_with_tag, page)
            self._expect(value, missing)
            self._give(missing)
        for name, pages in wanted.tagged:
            above = name.rpartition("/")[0]
            for page in pages:
                missing = self._missing_from(assets_with_tag, page)
                self._expect(
                    value,
                    [counterpart for counterpart in missing if counterpart.asset_id is None and self._has_itself(counterpart, name, value)],
                )
                self._give(missing)
                if self._context.predicting and above:
                    self._below.setdefault(above, _ids.CompactMap(_ids.ID_SIZE)).update(_ids.pack_id(asset.id) for asset in page)
            self._below.pop(name, None)

    def _missing_from(self, assets_with_tag: _writers.AssetSet, page: Sequence[values.Asset]) -> List[Counterpart]:
        """Those that do not have a tag on the target. From now on they count as having it, so that each is looked at once."""
        missing = assets_with_tag.missing(self._context.counterparts(page))
        assets_with_tag.add(counterpart.key for counterpart in missing)
        return missing

    def _expect(self, value: str, counterparts: Sequence[Counterpart]) -> None:
        """In check mode: a run would bring these with this tag."""
        count = sum(counterpart.asset_id is None for counterpart in counterparts)
        if count:
            self._tags.count([value], count)

    def _has_itself(self, counterpart: Counterpart, name: str, value: str) -> bool:
        """Whether it has a tag, and not only one below it. It is looked at only where it may have both."""
        if name not in self._below or _ids.pack_id(counterpart.asset.id) not in self._below[name]:
            return True
        asset = self._context.source.asset(counterpart.asset.id)
        return asset is not None and value in self._values(asset.metadata.tags, asset.metadata.people)

    def _give(self, missing: Sequence[Counterpart]) -> None:
        left = [
            counterpart
            for counterpart in missing
            if counterpart.asset_id is not None and counterpart.key not in self._brought and self._handled.add(counterpart.key)
        ]
        self._give_all(self._untagged.find_taggable(left))

    def _give_all(self, groups: Mapping[Tuple[str, ...], Sequence[Counterpart]]) -> None:
        for tags, group in groups.items():
            for start in range(0, len(group), _writers.TAG_BATCH):
                self._give_part(tags, group[start : start + _writers.TAG_BATCH])

    def _give_part(self, tags: Tuple[str, ...], part: Sequence[Counterpart]) -> None:
        try:
            self._tags.give(tags, part)
        except errors.ImmichError as exc:
            if exc.fatal:
                raise
            error = exc.during(_WITHOUT)
            for counterpart in part:
                self._context.tally.failed(counterpart.path, error)
            self._count_failure(exc)
            return
        self._failures.reset()
        self._tags.count(tags, len(part))
        self._context.note_activity()

    def _fail(self, path: str, exc: errors.ImmichError, what: str) -> None:
        """One tag or one file failed. Raises what would stop all further calls."""
        if exc.fatal:
            raise exc
        self._context.tally.failed(path, exc.during(what))
        self._count_failure(exc)

    def _count_failure(self, exc: errors.ImmichError) -> None:
        try:
            self._failures.add(exc)
        except errors.ImmichError:
            self._stopped = True
            raise

    def _missing_tags(self, counterpart: Counterpart, on_target: values.Asset) -> Tuple[str, ...]:
        self._context.note_activity()
        asset = self._context.source.asset(counterpart.asset.id)
        self._failures.reset()
        if asset is None:
            return ()
        wanted = self._values(asset.metadata.tags, asset.metadata.people)
        return tuple(value for value in wanted if value not in on_target.metadata.tags)

    def _values(self, tags: Sequence[str], people: Sequence[str]) -> List[str]:
        named = [text_for_xml(value) for value in tags] if self._with_tags else []
        return list(dict.fromkeys([*named, *(people_tags(people) if self._people else ())]))
