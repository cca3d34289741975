# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The layouts of exports, in one table, and how files are recognised as one of them.

Exports are recognised by what their files say. Names are translated, so they only decide which files are opened, and few are, however many
there are. A reader is imported when its export is there: most folders have none, and Python compiles it again on each run.
"""

from __future__ import annotations

import os
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Type

from .. import _options, _text
from .._client import errors
from .._files import base
from .._files.folders import src_paths
from .._files.opening import READ
from . import export

if TYPE_CHECKING:
    from . import reader

AUTO, FOLDER = "auto", "folder"

_MAX_NAMES = 20_000
_MAX_NAMES_OF_FOLDER = 2_000
_MAX_SAMPLES_OF_FOLDER = 3
_MAX_SAMPLES = 48
_HEAD_BYTES = 64 * 1024

# `name.jpg.json`, `name.jpg.supplemental-metadata(1).json`: rather a picture's than one of the many JSON files of other products.
_OF_PICTURE = r"\.[a-z0-9]{2,5}(?:\([0-9]+\))?(?:\.[a-z-]*)?(?:\([0-9]+\))?\.json\Z"

Excludes = Callable[[str, str], bool]


class Pairing(Enum):
    """How the halves of live photos are found: in one folder of one part, in one folder of all parts together, or by the reader alone."""

    IN_FOLDER = 1
    ACROSS_PARTS = 2
    BY_READER = 3


class Sample:
    """A file that may show a layout. `place` is the path inside its part of the export, and `name` its last part, both in lower case."""

    def __init__(self, path: str, place: str, read: Callable[[int], bytes]) -> None:
        self.path = path
        self.place = place.lower()
        self.name = self.place.rpartition("/")[2]
        self._read = read

    @cached_property
    def head(self) -> bytes:
        """Its beginning. Raises as reading it does."""
        return self._read(_HEAD_BYTES)

    @cached_property
    def json(self) -> Any:
        """The value that it holds; None if it is not JSON, or a long one."""
        with suppress(ValueError):
            return _text.parse_json(self.head.decode("utf-8-sig"))
        return None


class Layout(NamedTuple):
    """One layout of exports, and all that the rest of the collection has to know of it."""

    name: str
    """As options and results have it."""

    title: str
    """As messages and reports have it."""

    clues: Tuple[str, ...]
    """How the names end, in lower case, of the files that may show it."""

    recognise: Callable[[Sample], bool]
    """Whether such a file shows it. May raise an `ImmichError`, `OSError` or `ValueError`: then it does not."""

    load: Callable[[], Type[reader.ExportReader]]
    """Imports its reader. The import stands in a function, not its name in a text: Ansible packs only what it sees imported."""

    yields_to: Tuple[str, ...] = ()
    """The layouts that win where both are shown, because files of this one lie in many exports."""

    part_of: Optional[Callable[[str], Optional[export.ExportPart]]] = None
    """Which part an archive or a folder of this name is; None for an export that does not come in parts."""

    is_spread: bool = False
    """Whether a photo and the file about it may lie in different parts. Photos without one then wait until the export is whole."""

    has_nested_archives: bool = False
    """Whether archives inside the export are part of it."""

    has_untyped_media: bool = False
    """Whether files may be photos or videos whose names have another extension, or none."""

    describes_photos: bool = True
    """Whether its files say something of the photos, so that one of which none does is taken for a mistake."""

    needs_exif: bool = True
    """Whether times and places are compared with those in the files."""

    pairing: Pairing = Pairing.IN_FOLDER

    reads_excluded: Tuple[str, ...] = ("Recently Deleted/", ".picasaoriginals/")
    """The patterns among those that are excluded by default that its reader has to see: it says what becomes of these files."""

    def read(
        self, items: Sequence[base.Item], media_types: Mapping[str, str], options: export.ExportOptions, listener: base.Listener
    ) -> export.Export:
        """Reads an export of this layout; see `Export`. `media_types` as in `ExportReader`."""
        return self.load()(self.name, media_types, options, listener).read(items)


def _is_takeout(sample: Sample) -> bool:
    from .takeout.sidecars import is_sidecar

    return is_sidecar(sample.json)


def _load_takeout() -> Type[reader.ExportReader]:
    from .takeout.reader import TakeoutReader

    return TakeoutReader


def _is_icloud(sample: Sample) -> bool:
    from .icloud_details import table_of

    table = table_of(sample.head)
    return table.is_details or table.is_album


def _load_icloud() -> Type[reader.ExportReader]:
    from .icloud import ICloudReader

    return ICloudReader


def _is_picasa(sample: Sample) -> bool:
    return sample.name in (".picasa.ini", "picasa.ini") and re.search(rb"^\s*\[", sample.head, re.MULTILINE) is not None


def _load_picasa() -> Type[reader.ExportReader]:
    from .picasa import PicasaReader

    return PicasaReader


def _is_immich_go(sample: Sample) -> bool:
    from .immich_go import is_immich_go

    return is_immich_go(sample.json)


def _load_immich_go() -> Type[reader.ExportReader]:
    from .immich_go import ImmichGoReader

    return ImmichGoReader


def _is_immich_archive(sample: Sample) -> bool:
    from .._archive_format import record

    return record.is_about(sample.json)


def _load_immich_archive() -> Type[reader.ExportReader]:
    from .immich_archive import ImmichArchiveReader

    return ImmichArchiveReader


def _is_synology(sample: Sample) -> bool:
    from .synology import is_thumbnail

    return is_thumbnail(sample.place)


def _load_synology() -> Type[reader.ExportReader]:
    from .synology import SynologyReader

    return SynologyReader


LAYOUTS = (
    Layout(
        "google_takeout",
        "Google Takeout",
        (".json",),
        _is_takeout,
        _load_takeout,
        part_of=export.google_part,
        is_spread=True,
        has_untyped_media=True,  # the video of a motion photo
        pairing=Pairing.ACROSS_PARTS,
    ),
    Layout(
        "icloud",
        "iCloud",
        (".csv",),
        _is_icloud,
        _load_icloud,
        part_of=export.apple_part,
        has_nested_archives=True,  # shared albums
    ),
    Layout(
        "picasa",
        "Picasa",
        ("picasa.ini",),
        _is_picasa,
        _load_picasa,
        yields_to=("google_takeout", "icloud", "immich_go", "immich_archive"),
        needs_exif=False,  # it says nothing of times
    ),
    Layout("immich_go", "immich-go", (".json",), _is_immich_go, _load_immich_go),
    Layout(
        "immich_archive",
        "Archive of Immich",
        (".json",),
        _is_immich_archive,
        _load_immich_archive,
        needs_exif=False,  # it says everything
        pairing=Pairing.BY_READER,
    ),
    Layout(
        "synology",
        "Synology Photos",
        ("synophoto_thumb_m.jpg", "synophoto_thumb_sm.jpg", "synoindex_media_info"),
        _is_synology,
        _load_synology,
        yields_to=("google_takeout", "icloud", "picasa", "immich_go", "immich_archive"),
        describes_photos=False,
        needs_exif=False,
        reads_excluded=("#recycle/",),
    ),
)
"""All layouts, in the order in which they are documented."""

BY_NAME: Mapping[str, Layout] = {layout.name: layout for layout in LAYOUTS}

CHOICES = (AUTO, FOLDER, *BY_NAME)
"""What the option `layout` takes."""


@dataclass(frozen=True)
class SourceOptions(src_paths.FolderOptions):
    """The module's options on all that `src` names, exports included, documented there."""

    layout: str = _options.option(AUTO, choices=CHOICES)
    export: export.ExportOptions = _options.group(export.ExportOptions)

    @property
    def takes_export_albums(self) -> bool:
        """Whether files go into the albums that an export names."""
        return self.album_from in ("auto", "export")


_CLUES = tuple({clue: None for layout in LAYOUTS for clue in layout.clues})


class _Samples:
    """The files that are opened to recognise a layout, few of each folder."""

    def __init__(self) -> None:
        self._likely: List[Sample] = []
        self._others: List[Sample] = []
        self._taken: Dict[Tuple[str, str, bool], int] = {}

    def offer(self, folder: str, name: str, path: str, read: Callable[[int], bytes]) -> None:
        """Adds a file, unless its name cannot show a layout, or its folder has enough of its kind. `folder` ends in a slash or is empty."""
        if not name.lower().endswith(_CLUES):
            return
        sample = Sample(path, folder + name, read)
        clue = next(clue for clue in _CLUES if sample.name.endswith(clue))
        is_likely = clue != ".json" or re.search(_OF_PICTURE, sample.name) is not None
        taken = self._taken.get((folder, clue, is_likely), 0)
        if taken < _MAX_SAMPLES_OF_FOLDER:
            self._taken[folder, clue, is_likely] = taken + 1
            (self._likely if is_likely else self._others).append(sample)

    def layouts(self) -> Dict[str, str]:
        """The layouts that the files show, sorted by their names, each with the path of a file that does."""
        shown: Dict[str, str] = {}
        for sample in (self._likely + self._others)[:_MAX_SAMPLES]:
            for layout in LAYOUTS:
                with suppress(errors.ImmichError, OSError, ValueError):
                    if sample.name.endswith(layout.clues) and layout.recognise(sample):
                        shown.setdefault(layout.name, sample.path)
        return {name: shown[name] for name in sorted(shown) if shown.keys().isdisjoint(BY_NAME[name].yields_to)}


def recognise(items: Iterable[base.Item]) -> Dict[str, str]:
    """The names of the layouts that these files show: none, one, or several if exports are mixed.

    Each comes with the path of a file that shows it. Takeout is known by the sidecar of a picture, so that a part that has none does not
    show it.
    """
    samples = _Samples()
    for item in items:
        samples.offer(item.below, item.file_name, item.path, item.read)
    return samples.layouts()


def probe_folder(path: str, excludes: Excludes) -> Dict[str, str]:
    """The same for a folder that was not looked through yet, by at most 20,000 names in it, the outer folders first.

    :param excludes: whether a folder is left out, by its name and the path below `path` of what it lies in (empty, or with a slash at
        its end).

    Links are not followed. What cannot be read shows nothing.
    """
    samples = _Samples()
    pending: Deque[str] = deque([""])
    left = _MAX_NAMES
    while pending and left > 0:
        below = pending.popleft()
        left_in_folder = _MAX_NAMES_OF_FOLDER
        with suppress(OSError), os.scandir(os.path.join(path, below)) as entries:
            for entry in entries:
                left -= 1
                left_in_folder -= 1
                if entry.is_dir(follow_symlinks=False):
                    if not excludes(entry.name, below):
                        pending.append(below + entry.name + "/")
                elif entry.is_file(follow_symlinks=False):
                    samples.offer(below, entry.name, entry.path, partial(_read_beginning, entry.path))
                if not left_in_folder or left <= 0:
                    break
    return samples.layouts()


def _read_beginning(path: str, limit: int) -> bytes:
    """Of a file that was not a link when it was found, and must not be one when it is opened."""
    with open(os.open(path, READ | os.O_NOFOLLOW), "rb") as stream:
        return stream.read(limit)
