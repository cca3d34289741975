# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live photos by their names: which video may be the moving half of which photo. Private to the collection."""

from __future__ import annotations

from typing import Collection, Dict, Tuple

from ..._text import extension_of, fold

# The better the earlier: where a phone leaves both, the JPEG is a copy of the HEIC, to which the video belongs.
_STILLS = (".heic", ".heif", ".jpg", ".jpeg")
_VIDEOS = (".mov", ".mp4")


def live_pairs(names: Collection[str]) -> Dict[str, str]:
    """The pairs among the files of one folder: photo to video, each name in one pair at most.

    Both have the same stem, whatever its case and its Unicode form. Whether they belong together is not certain from that alone:
    cameras and phones begin their numbers again.
    """
    if not any(name[-4:].lower() in _VIDEOS for name in names):  # as in most folders, and seen in a fraction of the time
        return {}
    videos: Dict[str, Tuple[int, str]] = {}
    stills: Dict[str, Tuple[int, str]] = {}
    for name in names:
        extension = extension_of(name)
        kinds, found = (_VIDEOS, videos) if extension in _VIDEOS else (_STILLS, stills)
        if extension in kinds:
            one = (kinds.index(extension), name)
            key = fold(name[: -len(extension)])
            found[key] = min(found.get(key, one), one)
    return {stills[key][1]: video for key, (_rank, video) in videos.items() if key in stills}


def is_moving(name: str) -> bool:
    """Whether a file of a pair is its video."""
    return extension_of(name) in _VIDEOS
