# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of stacks, as options name them."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

RAW_JPEG, HEIC_JPEG, BURST, EDITED, SCANS = KINDS = ("raw_jpeg", "heic_jpeg", "burst", "edited", "scans")

COVERS: Mapping[str, Tuple[str, ...]] = {
    RAW_JPEG: ("jpeg", "raw"),
    HEIC_JPEG: ("heic", "jpeg"),
    BURST: ("marked", "first"),
    EDITED: ("edited", "original"),
    SCANS: ("enhanced", "plain"),
}
"""What may be on top of each kind of stack. The first is the default: what the camera or phone itself shows."""

COVER_OPTIONS: Mapping[str, Any] = {kind: {"type": "str", "choices": list(choices)} for kind, choices in COVERS.items()}
"""The argument spec of an option with covers by kind."""


PAIR_OPTIONS: Mapping[str, Any] = {kind: COVER_OPTIONS[kind] for kind in (RAW_JPEG, HEIC_JPEG)}
"""The argument spec of an option with one of two formats by kind."""


def given_covers(covers: Optional[Mapping[str, Optional[str]]]) -> Dict[str, str]:
    """The covers, or formats, that such an option names."""
    return {kind: cover for kind, cover in (covers or {}).items() if cover}
