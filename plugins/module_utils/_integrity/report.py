# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the integrity report says, and whether the server has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Sequence

from .._client import api, errors, versions
from .._client.endpoints.integrity import KINDS, SCOPE, Entry, IntegrityCalls
from .._options import option
from .._text import printable
from .._times import seconds_to_iso

_MOST_LISTED = 10_000


@dataclass(frozen=True)
class ReportOptions:
    """What the module immich_integrity_info is asked for."""

    kinds: Sequence[str] = option(list(KINDS), choices=KINDS)
    limit: int = 100


def require_report(client: api.Immich) -> IntegrityCalls:
    """The calls on the report.

    Raises `UnsupportedVersion` for a server without integrity reports, `PermissionDenied` for a key without their scope.
    """
    if not client.supports(versions.INTEGRITY_JOBS):
        raise errors.UnsupportedVersion(
            "Immich %s does not check its files: integrity reports came with %s. Upgrade Immich to use them."
            % (client.version, versions.INTEGRITY_JOBS),
            details={"server": str(client.version), "oldest": str(versions.INTEGRITY_JOBS)},
        )
    client.require({SCOPE: "read the integrity report"})
    return IntegrityCalls(client)


def read_report(client: api.Immich, options: ReportOptions) -> Dict[str, Any]:
    """The counts, and the newest entries of each kind, as the module returns them."""
    if not 0 <= options.limit <= _MOST_LISTED:
        raise errors.wrong_option("limit", "must be from 0 to %d, not %d." % (_MOST_LISTED, options.limit))
    calls = require_report(client)
    result: Dict[str, Any] = {"changed": False, "counts": calls.counts()}
    for kind in options.kinds:
        result[kind] = [_describe(entry) for entry in calls.entries(kind, most=options.limit)] if options.limit else []
    return result


def _describe(entry: Entry) -> Dict[str, Any]:
    return {
        "path": printable(entry.path),
        "since": None if entry.created is None else seconds_to_iso(entry.created),
        "asset_id": entry.asset_id,
    }
