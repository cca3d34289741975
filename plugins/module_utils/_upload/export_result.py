# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module returns about an export. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .._sources.combined import CombinedSource
from .._sources.exports.layouts import BY_NAME
from .._text import printable

_MOST = 100


def export_result(source: CombinedSource) -> Optional[Dict[str, Any]]:
    """The module's `export`; None if there was none.

    `files` is the sum of `media`, the rule `metadata`, `skip_reasons` and `unreadable`.
    """
    export = source.export
    if export is None:
        return None
    return {
        "layout": export.layout,
        "title": BY_NAME[export.layout].title,
        "parts": source.parts,
        "files": source.files,
        "media": len(export.items),
        "live_photos": len({id(item.live) for item in export.items if item.live is not None and not item.live.is_refused}),
        "albums": len(export.albums),
        "rules": dict(sorted(export.counts.items())),
        "skip_reasons": dict(sorted(source.left_out.skip_reasons.items())),
        "unreadable": source.left_out.unreadable_files,
        "missing": printable(source.missing),
        "unused": len(export.unused),
        "unused_files": [{"path": printable(path), "reason": printable(reason)} for path, reason in export.unused[:_MOST]],
    }
