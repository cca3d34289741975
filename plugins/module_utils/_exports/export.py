# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reader of an export is asked for, and what it returns; which parts of the export are missing, as far as the names of the others
show, and what does not go up meanwhile.

A photo whose JSON file lies in the same part leaves no other trace if that part is missing. Where the file about a photo may lie in another
part, the photo would get a wrong date without it, and would be neither a favourite nor archived.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .. import _option_names, _options
from .._files import base, facts

SKIP, UPLOAD, WAIT, CREATE = "skip", "upload", "wait", "create"
_SKIP_OR_UPLOAD = (SKIP, UPLOAD)

# These are texts and not compiled, since every upload loads them and few need them.

# `takeout-20220304T050607Z-003`, and since 2025 `takeout-20251204T050607Z-3-003`. Whether each of the numbers in between has a first part
# is not known, so that a part counts with whichever of them.
_GOOGLE = r"(?i)(takeout-[0-9]{8}T[0-9]{6}Z)(?:-[0-9]{1,3})?-([0-9]{3,4})(?![0-9])"

# `iCloud Photos ExportPart 1 of 6`, `iCloud-bilder Del 1 av 6`: the words, and which number comes first, depend on the language.
_APPLE = r"(?i)([^0-9]*)([0-9]{1,3})([^0-9]+)([0-9]{1,3})([^0-9.]*)(?:\.[a-z]+)?"
_COPY = r" ?\([0-9]{1,3}\)(?=\Z|\.)"  # what browsers add to the name of a second download

_MOST_LISTED = 20

_WAITING_REASON = "Its JSON file may lie in what is missing (%s). With 'export_unmatched: upload' it is uploaded without."
_WAITING_WARNING = (
    "%d photos and videos without a JSON file were not uploaded, because they would get wrong dates: %s. Run it again with the whole "
    "export, or upload them as they are with 'export_unmatched: upload'."
)


@dataclass(frozen=True)
class ExportOptions:
    """The module's options of the same names, documented there."""

    export_albums: Tuple[str, ...] = ()
    partner_album: Optional[str] = None
    untitled_albums: str = _options.option(SKIP, choices=(SKIP, CREATE))
    export_trash: str = _options.option(SKIP, choices=_SKIP_OR_UPLOAD)
    export_archived: str = _options.option(UPLOAD, choices=_SKIP_OR_UPLOAD)
    export_partner: str = _options.option(UPLOAD, choices=_SKIP_OR_UPLOAD)
    export_locked: str = _options.option(SKIP, choices=_SKIP_OR_UPLOAD)
    export_unmatched: str = _options.option(WAIT, choices=(SKIP, UPLOAD, WAIT))


class Export(NamedTuple):
    """An export that was read: the name of its `layout`, and the `items` that go up, each with its facts.

    `metadata` is how many files were read for what they say. `unused` has the path of each metadata file that belongs to no picture, and
    a sentence why. What was left out was reported to the listener. `pairs` has the stills and videos that are known to belong together
    though their names need not be alike, whether they go up or not.
    """

    layout: str
    items: List[base.Item]
    albums: List[facts.ExportAlbum]
    metadata: int
    unused: List[Tuple[str, str]]
    pairs: Sequence[Tuple[base.Item, base.Item]] = ()

    @property
    def counts(self) -> Dict[str, int]:
        """How many files each rule placed (see `Facts`), and under `metadata` those."""
        return {"metadata": self.metadata, **Counter(item.facts.rule for item in self.items)}

    @property
    def live(self) -> List[Tuple[base.Item, base.Item]]:
        """Those of the pairs that go up."""
        ids = {id(item) for item in self.items}
        return [pair for pair in self.pairs if ids.issuperset(map(id, pair))]

    def filtered(self, wants: Callable[[base.Item], bool]) -> Export:
        """The same export with those of its items that are wanted."""
        items = [item for item in self.items if wants(item)]
        return self._replace(items=items, albums=albums_of(items))


def albums_of(items: Iterable[base.Item]) -> List[facts.ExportAlbum]:
    """The albums that have items, in the order in which they come up."""
    return list(dict.fromkeys(album for item in items for album in item.facts.albums))


class ExportPart(NamedTuple):
    """A part of an export, by its name. `total` is how many there are, 0 if that is not known."""

    export: str
    number: int
    total: int


_MISSING = (
    "O(src) has %s, but %s of this export %s missing. Download what is missing and add it to O(src), or some of the photos are not "
    "uploaded. If you have unpacked it into a folder of another name, it is there already, and nothing is to be done."
)


class MissingParts(NamedTuple):
    """The `numbers` of the parts that one export lacks, ascending; `first` is the name of a part that is there."""

    first: str
    numbers: List[int]

    @property
    def message(self) -> str:
        """A clause that names them, such as "part 3 is missing"."""
        return "%s %s missing" % self._named()

    @property
    def warning(self) -> str:
        """A few sentences that also name the export, by a part that is there, and say what to do."""
        return _option_names.name_options(_MISSING, "src") % (self.first, *self._named())

    def _named(self) -> Tuple[str, str]:
        listed = [str(number) for number in self.numbers[:_MOST_LISTED]]
        if len(self.numbers) > _MOST_LISTED:
            listed.append("%d more" % (len(self.numbers) - _MOST_LISTED))
        if len(listed) == 1:
            return "part " + listed[0], "is"
        return "parts %s and %s" % (", ".join(listed[:-1]), listed[-1]), "are"


def google_part(name: str) -> Optional[ExportPart]:
    """Which part of a Takeout an archive or folder of this name is. Google does not say how many there are."""
    match = re.match(_GOOGLE, name)
    return ExportPart(match.group(1).lower(), int(match.group(2)), 0) if match else None


def apple_part(name: str) -> Optional[ExportPart]:
    """The same for an export of iCloud Photos."""
    match = re.fullmatch(_APPLE, re.sub(_COPY, "", name)) if "icloud" in name.lower() else None
    if match is None:
        return None
    before, first, between, second, behind = match.groups()
    number, total = sorted((int(first), int(second)))
    return ExportPart("%s#%s#%s" % (before, between, behind), number, total)


def missing_parts(names: Iterable[str], part_of: Callable[[str], Optional[ExportPart]]) -> Iterator[MissingParts]:
    """What each export lacks that lacks parts, given the names of archives and folders.

    Where the names do not say how many parts there are, the last ones may be missing unnoticed.
    """
    numbers_of: Dict[Tuple[str, int], Set[int]] = {}
    first: Dict[Tuple[str, int], str] = {}
    for name in sorted(names):
        part = part_of(name)
        if part is not None:
            numbers_of.setdefault((part.export, part.total), set()).add(part.number)
            first.setdefault((part.export, part.total), name)
    for (export, total), numbers in numbers_of.items():
        missing = [number for number in range(1, (total or max(numbers)) + 1) if number not in numbers]
        if missing:
            yield MissingParts(first[export, total], missing)


def hold_back(export: Export, missing: str, listener: base.Listener) -> Export:
    """An export without the photos and videos that nothing is known of, which wait for the rest of it. `missing` says what is missing."""
    waiting = [item for item in export.items if item.facts.sidecar is None]
    if not waiting:
        return export
    for item in waiting:
        listener.skipped(item.path, "waiting", _WAITING_REASON % missing)
    listener.warn(_WAITING_WARNING % (len(waiting), missing))
    return export.filtered(lambda item: item.facts.sidecar is not None)
