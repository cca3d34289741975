# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sidecars: which XMP file belongs to which photo or video. Private to the collection."""

from __future__ import annotations

from typing import Dict, Iterable

from .media import Folder, Media, Sidecar

_EXTENSION = ".xmp"


class Sidecars:
    """The sidecars of one folder, found by comparing names (never by patterns, so that `[`, `*` and `?` are just characters).

    `name.ext.xmp` is looked for first, then `name.xmp`; the case of the extension does not matter. One `name.xmp` may belong
    to several files (`name.jpg` and `name.raw`).
    """

    def __init__(self, folder: Folder, names: Iterable[str]) -> None:
        self._folder = folder
        self._names: Dict[str, str] = {name[: -len(_EXTENSION)]: name for name in names}
        self._found: Dict[str, Sidecar] = {}

    @staticmethod
    def is_one(name: str) -> bool:
        """Whether a file is a sidecar by its name."""
        return name[-4:].lower() == _EXTENSION

    def attach(self, media: Media) -> None:
        """Gives a file its sidecar, if it has one."""
        if not self._names:
            return
        name = self._names.get(media.name) or self._names.get(media.name.rpartition(".")[0])
        if name is not None:
            media.sidecar = self._found.get(name) or self._found.setdefault(name, Sidecar(self._folder.prefix + name))
            media.sidecar.users += 1
