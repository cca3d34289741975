# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a picture says of the moment it was taken and of its camera, read once and then remembered. Private to the collection."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Tuple

from ..._client import errors
from ..._sources import base
from .cache import ChecksumCache, Shot


class Shots:
    """Knows the pictures of one run by their checksums. Used by one thread. Without a cache, each run looks into them again."""

    def __init__(self, cache: Optional[ChecksumCache]) -> None:
        self._cache = cache
        self._known: Dict[bytes, Optional[Shot]] = {}

    def learn(self, items: Iterable[base.Item]) -> None:
        """Looks into those that are not known."""
        unknown = {item.sha1: item for item in items if item.sha1 not in self._known}
        if self._cache is not None:
            for sha1, shot in self._cache.shots(list(unknown)).items():
                self._known[sha1] = shot
                del unknown[sha1]
        found: List[Tuple[bytes, Shot]] = []
        for sha1, item in unknown.items():
            seen = _look(item)
            self._known[sha1] = seen
            if seen is not None:
                found.append((sha1, seen))
        if self._cache is not None:
            self._cache.store_shots(found)

    def of(self, item: base.Item) -> Optional[Shot]:
        """What is known of a picture that was learned; None of one that cannot be read."""
        return self._known.get(item.sha1)


def _look(item: base.Item) -> Optional[Shot]:
    try:
        camera = item.camera()
    except errors.MissingLibrary:
        raise
    except errors.LocalFailure:
        return None
    return Shot(camera.time, " ".join(one for one in (camera.make, camera.model) if one) or None)
