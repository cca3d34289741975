# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a file is by its name alone: an archive, a sidecar, a half of a live photo."""

from __future__ import annotations

import os
from typing import Collection, Dict, Iterable, Optional, Tuple

from .. import _text

ZIP, TAR, TGZ = (".zip",), (".tar",), (".tgz", ".tar.gz")
"""The ends of the names of archives, in lower case."""

_SIDECAR = ".xmp"

# The better the earlier: where a phone leaves both, the JPEG is a copy of the HEIC, to which the video belongs.
_STILLS = (".heic", ".heif", ".jpg", ".jpeg")
_VIDEOS = (".mov", ".mp4")


def is_archive(name: str) -> bool:
    """Whether a file of this name is taken for an archive."""
    return name.lower().endswith(ZIP + TAR + TGZ)


def name_of_archive(path: str) -> str:
    """The name of the archive at a path, without what says that it is one."""
    name = os.path.basename(path)
    for ending in ZIP + TAR + TGZ:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def is_sidecar(name: str) -> bool:
    """Whether a file of this name is an XMP sidecar."""
    return name[-4:].lower() == _SIDECAR


def pair_live_photos(names: Collection[str]) -> Dict[str, str]:
    """The pairs among the files of one folder: photo to video, each name in one pair at most.

    Both have the same stem, whatever its case and its Unicode form. Whether they belong together is not certain from that alone:
    cameras and phones begin their numbers again.
    """
    if not any(name[-4:].lower() in _VIDEOS for name in names):  # as in most folders, and seen in a fraction of the time
        return {}
    videos: Dict[str, Tuple[int, str]] = {}
    stills: Dict[str, Tuple[int, str]] = {}
    for name in names:
        extension = _text.extension_of(name)
        kinds, halves = (_VIDEOS, videos) if extension in _VIDEOS else (_STILLS, stills)
        if extension in kinds:
            candidate = (kinds.index(extension), name)
            key = _text.fold(name[: -len(extension)])
            halves[key] = min(halves.get(key, candidate), candidate)
    return {stills[key][1]: video for key, (_rank, video) in videos.items() if key in stills}


def is_live_video(name: str) -> bool:
    """Whether a file of such a pair is its video."""
    return _text.extension_of(name) in _VIDEOS


class SidecarNames:
    """The names of the sidecars of one folder, compared with those of files (never by patterns: `[`, `*` and `?` are just characters).

    `name.ext.xmp` is looked for first, then `name.xmp`; the case of the extension does not matter. One `name.xmp` may belong
    to several files (`name.jpg` and `name.raw`).
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: Dict[str, str] = {name[: -len(_SIDECAR)]: name for name in names}

    def __bool__(self) -> bool:
        return bool(self._names)

    def find(self, file_name: str) -> Optional[str]:
        """The name of a file's sidecar."""
        return self._names.get(file_name) or self._names.get(file_name.rpartition(".")[0])
