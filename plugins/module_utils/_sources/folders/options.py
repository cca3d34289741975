# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a look through folders is asked to do. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Sequence


@dataclass(frozen=True)
class FolderOptions:
    """The module's options of the same names, documented there; `excluded` are all patterns of what is left out.

    `extensions` are those of the files that go up, in lower case and with their dot.
    """

    src: Sequence[str]
    extensions: FrozenSet[str]
    recursive: bool = True
    follow: bool = False
    hidden: bool = False
    include: Sequence[str] = ()
    excluded: Sequence[str] = ()
    sidecars: bool = True
    album_from: str = "none"
    album_joiner: str = " / "
