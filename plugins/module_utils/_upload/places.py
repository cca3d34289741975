# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the option `src` to the places to look at: files, folders, and what globs stand for. Private to the collection."""

from __future__ import annotations

import glob
import os
from typing import Iterator, NamedTuple, Sequence, Union


class Place(NamedTuple):
    """A path to look at. `named` is false for one that a glob found: the patterns hold for it as for what lies in a folder."""

    path: str
    named: bool


class Missing(NamedTuple):
    """An entry that stands for nothing. A glob that matches nothing is no failure: a folder may be empty today."""

    path: str
    is_glob: bool


def places(src: Sequence[str]) -> Iterator[Union[Place, Missing]]:
    """Expands `src` in its order. A path that exists is taken as it is, whatever characters it holds; then it may be a glob."""
    for entry in src:
        path = os.path.abspath(entry)
        if os.path.lexists(path):
            yield Place(path, True)
        elif glob.has_magic(path):
            found = sorted(glob.iglob(path, recursive=True))
            yield from (Place(os.path.normpath(one), False) for one in found)
            if not found:
                yield Missing(path, True)
        else:
            yield Missing(path, False)
