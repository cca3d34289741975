# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All kinds of objects that can be declared. A new one is a class in a file beside these, and a line here."""

from __future__ import annotations

from typing import Dict, Tuple

from ..model import Kind
from .albums import ALBUMS
from .api_keys import API_KEYS
from .config import CONFIG
from .libraries import LIBRARIES
from .partners import PARTNERS
from .shared_links import SHARED_LINKS
from .tags import TAGS
from .users import USERS

KINDS: Tuple[Kind, ...] = tuple(
    sorted((USERS, CONFIG, LIBRARIES, API_KEYS, ALBUMS, SHARED_LINKS, TAGS, PARTNERS), key=lambda kind: kind.order)
)
"""In the order in which they are created."""

BY_NAME: Dict[str, Kind] = {kind.name: kind for kind in KINDS}
