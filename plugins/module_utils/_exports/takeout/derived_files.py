# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pictures without a JSON file of their own: edited copies, and the videos of live and motion photos.

Takeout writes one JSON file for all that belongs to one picture, so that the others are found by its name, among those of their folder.

Sources for motion photos: Android's "Motion Photo format 1.0" (the container's directory in XMP), and Google's older `MicroVideo`.
Samsung's own trailer is not looked for: Immich does not find the video of all of those, so that their loose video must stay.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import timedelta
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ... import _text
from ..._client import errors
from ..._files import base
from ..._naming import related
from . import sidecars, titles
from .catalogue import CatalogueEntry, TakeoutFolder
from .titles import CREATIONS, EDITED

_JPEG = (".jpg", ".jpeg", ".jpe")
_HEIC = (".heic", ".heif")
_VIDEOS = (".mp4", ".mov")
# `X.MP` and `X.MP~2` of Pixel phones; .MV is that of others (GooglePhotosTakeoutHelper, pull request 384).
_MOTION = re.compile(r"\.m[pv](?:~[0-9]{1,3})?\Z")

# EXIF and XMP each fill a segment of up to 64 KiB, and maker notes may fill another.
_XMP_BYTES = 256 * 1024
_SECOND = timedelta(seconds=1)
_STEP = 1024 * 1024
_MICRO_VIDEO = re.compile(rb"""MicroVideoOffset\s*(?:=\s*["']|>)\s*([0-9]{1,12})""")
_ENTRY = re.compile(rb"<\w{1,20}:Item\b([^>]{0,2000})>")
_ATTRIBUTE = re.compile(rb"""Item:(Semantic|Length)\s*=\s*["']([^"']{0,40})["']""")

_Key = Tuple[str, int]


def find_originals(folder: TakeoutFolder, media_types: Mapping[str, str], unused: Iterable[sidecars.TakeoutSidecar]) -> None:
    """Sets `original` and `rule` of the entries of a folder that were not matched but belong to one that was.

    `unused` are the folder's sidecars whose picture was not found: what may be theirs is nobody else's.

    The rules: `edited`, `live` (its video), `embedded` (a video that its JPEG holds as well) and `ambiguous`. Files whose names do not
    say what they are get their `kind` and `extension` by their content.
    """
    _DerivedFiles(folder, media_types, unused).run()


class _DerivedFiles:
    def __init__(self, folder: TakeoutFolder, media_types: Mapping[str, str], unused: Iterable[sidecars.TakeoutSidecar]) -> None:
        self._wanted = {name for sidecar in unused for name in _names_of(titles.replaced(sidecar.title))}
        self._folder = folder
        self._media_types = media_types
        self._claimed: Dict[_Key, List[CatalogueEntry]] = {}
        self._videos: Dict[_Key, List[CatalogueEntry]] = {}
        self._cut: Dict[str, List[CatalogueEntry]] = {}
        self._unmatched: Set[str] = set()
        self._jpegs: Optional[Dict[str, CatalogueEntry]] = None

    def run(self) -> None:
        left: List[CatalogueEntry] = []
        for entry in self._folder.entries:
            if entry.sidecar is None:
                left.append(entry)
            else:
                self._index(entry)
        self._unmatched = {titles.fold(entry.name) for entry in left}
        for entry in left:
            if entry.kind is None:
                self._look_inside(entry)
        for entry in left:
            if entry.is_open and entry.kind is not None:
                self._decide(entry)
            if entry.original is not None and self._may_be_wanted(entry.name):
                entry.rule, entry.original = "ambiguous", None
        self._leave_several(left)

    @staticmethod
    def _leave_several(left: Iterable[CatalogueEntry]) -> None:
        """A picture has one edited copy. Of several whose names were cut, it is not certain which, and the others are strangers."""
        copies: Dict[int, List[CatalogueEntry]] = {}
        for entry in left:
            if entry.original is not None and _has_cut_marker(entry):
                copies.setdefault(id(entry.original), []).append(entry)
        for several in copies.values():
            if len(several) > 1:
                for entry in several:
                    entry.rule, entry.original = "ambiguous", None

    def _decide(self, entry: CatalogueEntry) -> None:
        stills = self._stills_of(entry) if entry.kind == "video" else []
        originals = self._originals_of(entry)
        if len(stills) + len(originals) > 1 or (stills and self._may_be_edited(entry)):
            entry.rule = "ambiguous"
        elif originals:
            entry.rule, entry.original = "edited", originals[0]
            if entry.kind == "image" and _has_cut_marker(entry) and same_moment(entry.item, originals[0].item) is False:
                entry.rule, entry.original = "none", None
        elif stills:
            is_motion = stills[0].extension in _JPEG and entry.name[:6].lower() == "mvimg_"
            entry.rule = "embedded" if is_motion and holds_video(stills[0].item) else "live"
            entry.original = stills[0]

    def _may_be_wanted(self, name: str) -> bool:
        """Whether a sidecar whose picture was not found may be this one's."""
        return bool(self._wanted) and not self._wanted.isdisjoint(_bases(name))

    def _index(self, entry: CatalogueEntry) -> None:
        """Under its name without the number that Takeout gave it."""
        stem = _own_stem(entry)
        self._claimed.setdefault((titles.fold(stem), entry.number), []).append(entry)
        was_cut = entry.rule == "truncated" or (entry.sidecar is not None and entry.sidecar.reading.form is titles.Form.CUT)
        if was_cut and titles.is_at_limit(stem, titles.split(entry.name)[1]):
            self._cut.setdefault(titles.fold(stem), []).append(entry)
        if entry.kind == "image" and entry.sidecar is not None and titles.units(entry.sidecar.title) > titles.MEDIA_UNITS - len(".HEIC"):
            # What the cut leaves of the video's name is longer or shorter if its extension is.
            for media_stem in {
                titles.fold(media_stem)
                for extension in _VIDEOS
                for media_stem in titles.media_stems(titles.split(titles.replaced(entry.sidecar.title))[0], extension)
            }:
                self._videos.setdefault((media_stem, entry.number), []).append(entry)

    # Motion photos.

    def _look_inside(self, entry: CatalogueEntry) -> None:
        """A file whose name does not say what it is: the video of a motion photo, or a picture that lost its extension."""
        has_reason = not entry.extension or _MOTION.match(entry.extension) or self._has_marker(entry) or self._may_be_edited(entry)
        if not has_reason and self._still_of(entry) is None:
            return
        if not entry.look_inside(self._media_types):
            return
        still = self._still_of(entry) if entry.kind == "video" else None
        if still is None:
            return
        if holds_video(still.item):
            entry.rule, entry.original = "embedded", still
        elif still.sidecar is not None:
            entry.rule, entry.original = "live", still

    def _still_of(self, entry: CatalogueEntry) -> Optional[CatalogueEntry]:
        """The JPEG whose name is that of this file and an extension: `X.MP(1).jpg` of `X(1).MP`."""
        if self._jpegs is None:
            self._jpegs = {
                titles.fold(titles.split(candidate.name)[0]): candidate
                for candidate in self._folder.entries
                if candidate.extension in _JPEG
            }
        stem, extension = titles.split(entry.name)
        base, number = titles.take_number(stem)
        return self._jpegs.get(titles.fold(entry.name)) or (
            self._jpegs.get(titles.fold(titles.numbered(base + extension, number, ""))) if number else None
        )

    # Live photos.

    def _stills_of(self, entry: CatalogueEntry) -> List[CatalogueEntry]:
        stills: List[CatalogueEntry] = []
        for key in _keys(titles.split(entry.name)[0]):
            stills = [candidate for candidate in self._claimed.get(key, ()) if candidate.kind == "image"] or self._videos.get(key, [])
            if stills:
                break
        for extensions in (_HEIC, _JPEG):
            preferred = [still for still in stills if still.extension in extensions]
            if preferred:
                return preferred
        return stills

    # Edited copies.

    def _has_marker(self, entry: CatalogueEntry) -> bool:
        """Whether a title that has a dot but no extension, `21.12.11 - 1`, may have led to this copy's name: `21.12-edited.11 - 1`."""
        base, number = titles.take_number(titles.split(entry.name)[0])
        return any((titles.fold(rest), number) in self._claimed for rest in titles.without_markers(base))

    def _originals_of(self, entry: CatalogueEntry) -> List[CatalogueEntry]:
        stem, extension = titles.split(entry.name)
        base, number = titles.take_number(stem)
        for rest in titles.without_markers(base):
            originals = self._originals(rest, number, entry)
            if originals or self._may_be_wanted(rest + extension):
                return originals
        if not titles.is_at_limit(base, extension):
            return []
        originals = [candidate for rest in titles.without_part(base) for candidate in self._originals(rest, number, entry)]
        if originals or not number:
            return originals
        return [
            candidate for candidate in self._cut.get(titles.fold(base), ()) if candidate.kind == entry.kind and candidate.number < number
        ]

    def _may_be_edited(self, entry: CatalogueEntry) -> bool:
        """Whether it may be an edited copy of a picture whose sidecar is not certain."""
        stem, extension = titles.split(entry.name)
        return any(self._may_be_wanted(rest + extension) for rest in titles.without_markers(titles.take_number(stem)[0]))

    def _originals(self, rest: str, number: int, entry: CatalogueEntry) -> List[CatalogueEntry]:
        """The pictures that an edited copy of this name can be made of: of one extension if there are some, else of one kind."""
        keys = [(titles.fold(rest), number)] if number else _keys(rest)
        claimed = next((self._claimed[key] for key in keys if key in self._claimed), [])
        # By their names: `.11 - 1` of `21.12.11 - 1` is not an extension, but copies have it too.
        extension = titles.split(entry.name)[1].lower()
        alike = [candidate for candidate in claimed if titles.split(candidate.name)[1].lower() == extension]
        if alike:
            return alike
        if titles.fold(titles.numbered(rest, number, extension)) in self._unmatched:
            return []  # a picture of just this name, of which nothing is known
        alike = [candidate for candidate in claimed if candidate.kind == entry.kind]
        if alike:
            return alike
        return claimed if titles.take_number(titles.split(entry.name)[0])[0].rpartition("-")[2] in CREATIONS else []


def original_of_cut_name(entry: CatalogueEntry) -> Optional[str]:
    """The name of the file that a copy was made of, where its own name does not say so in full.

    Where the cut left no letter of the marker, a title whose JSON file is missing can have this name too: both files must say the same
    time then.
    """
    if entry.original is None or not _has_cut_marker(entry):
        return None
    is_explicit = len(_ending(entry, titles.without_part) or "") > 1
    return entry.original.name if is_explicit or same_moment(entry.item, entry.original.item) else None


def _has_cut_marker(entry: CatalogueEntry) -> bool:
    """Whether it was taken for an edited copy though its name has no whole marker: the cut left a part of it, or nothing."""
    return entry.rule == "edited" and _ending(entry, titles.without_markers) is None


def usual_markers(folders: Iterable[TakeoutFolder]) -> List[str]:
    """The markers that the names of an export have in whole, the most frequent first: they are all in its owner's language."""
    endings = (_ending(entry, titles.without_markers) for folder in folders for entry in folder.entries if entry.rule == "edited")
    counts = Counter("-" + ending.rpartition("-")[2] for ending in endings if ending)
    return [marker for marker, _number in counts.most_common() if _text.fold(marker) in EDITED]


def marker_of(entry: CatalogueEntry, usual: Sequence[str]) -> str:
    """What the name of an edited copy adds to its original's, without Takeout's number.

    What the cut left of a marker is made whole, by the `usual` ones if they fit; `-edited` if there are none and nothing is left.
    """
    whole = _ending(entry, titles.without_markers)
    if whole:
        return whole
    left = _text.fold(_ending(entry, titles.without_part) or "-")
    return next(marker for marker in (*usual, *("-" + mark for mark in related.MARKS)) if _text.fold(marker).startswith(left))


def _ending(entry: CatalogueEntry, rests_of: Callable[[str], Iterator[str]]) -> Optional[str]:
    base = titles.take_number(titles.split(entry.name)[0])[0]
    original = entry.original
    stems = (titles.fold(_own_stem(original)), titles.fold(titles.split(original.name)[0])) if original is not None else ()
    return next((base[len(rest) :] for rest in rests_of(base) if titles.fold(rest) in stems), None)


def _own_stem(entry: CatalogueEntry) -> str:
    """The stem of a matched picture without the number that Takeout gave it."""
    stem = titles.split(entry.name)[0]
    ending = "(%d)" % entry.number
    return stem[: -len(ending)] if entry.number and stem.endswith(ending) else stem


def _names_of(title: str) -> Iterator[str]:
    """What the name of a picture with this title can be, folded, without a number, and with another extension that of its video."""
    stem, extension = titles.split(title)
    yield titles.fold(title)
    yield titles.fold(stem)
    for media_stem in titles.media_stems(stem, extension):
        yield titles.fold(media_stem + extension)
        yield titles.fold(media_stem)


def _bases(name: str) -> List[str]:
    """A name without a number at its end, and as it is; both with the extension and without."""
    stem, extension = titles.split(name)
    base = titles.take_number(stem)[0]
    return [titles.fold(variant) for variant in (name, stem, base + extension, base)]


def _keys(stem: str) -> List[_Key]:
    """A number at the end of a name may belong to the title: that reading first."""
    base, number = titles.take_number(stem)
    return [(titles.fold(stem), 0), (titles.fold(base), number)] if number else [(titles.fold(stem), 0)]


def holds_video(item: base.Item) -> bool:
    """Whether there is a video where the metadata says so. False as well if the file cannot be read."""
    try:
        with item.open_seekable() as stream:
            head = stream.read(_XMP_BYTES)
            from_end = _distance_from_end(head)
            if from_end is None or not 0 < from_end < item.size:
                return False
            position = item.size - from_end + 4
            if stream.seek(0, io.SEEK_END) < item.size:  # only its beginning can be looked into
                return _read_forward(item, position, 4) == b"ftyp"
            stream.seek(position)
            return stream.read(4) == b"ftyp"
    except (errors.ImmichError, OSError):
        return False


def same_moment(candidate: base.Item, other: base.Item) -> Optional[bool]:
    """Whether two pictures say themselves that they were taken at the same time; None unless both can be read and say when.

    Google's edited copies keep the time that the camera wrote into EXIF, with or without the fractions of its second.
    """
    try:
        here, there = candidate.camera().time, other.camera().time
    except (errors.ImmichError, OSError):
        return None
    return abs(here.local - there.local) < _SECOND if here is not None and there is not None else None


def _distance_from_end(head: bytes) -> Optional[int]:
    """How many bytes before the end of the file the video begins, by the metadata; None if there is none."""
    distance = 0
    is_there = False
    for entry in _ENTRY.finditer(head):
        attributes = dict(_ATTRIBUTE.findall(entry.group(1)))
        if attributes.get(b"Semantic") == b"MotionPhoto":
            is_there, distance = True, 0
        if is_there:
            distance += _number(attributes.get(b"Length"))
    if is_there and distance:
        return distance
    match = _MICRO_VIDEO.search(head)
    return int(match.group(1)) if match else None


def _number(text: Optional[bytes]) -> int:
    return int(text) if text and text.isdigit() and len(text) <= 12 else 0


def _read_forward(item: base.Item, position: int, count: int) -> bytes:
    with item.open() as stream:
        while position:
            step = len(stream.read(min(position, _STEP)))
            if not step:
                return b""
            position -= step
        return stream.read(count)
