# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an asset by its checksum."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_emulator.immich import Immich


def find(immich: Immich, owner: str, checksum: str) -> str | None:
    """The id of the user's asset with this checksum (hex); assets in the trash count."""
    found: str | None = immich.store.value("SELECT id FROM assets WHERE owner = ? AND checksum = ?", owner, checksum)
    return found


def from_text(checksum: str) -> str:
    """A checksum given as hex (40 characters) or base64 (28), as hex; nonsense becomes something nobody has."""
    if len(checksum) != 28:
        return checksum.lower()
    try:
        return base64.b64decode(checksum).hex()
    except (binascii.Error, ValueError):
        return checksum
