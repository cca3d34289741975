# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bundles of scopes by what a key is for, and what each version calls those that they name. All others go to the server as they are.

The names are those of the enum `Permission` in the sources of 1.135.3, 2.7.5 and 3.1.0, and in a client generated for 3.3.5.
"""

from __future__ import annotations

import difflib
from typing import Dict, List, Mapping, Sequence, Tuple

from ..._client import versions
from ..._client.client import Client
from ..._client.endpoints.queues import QueueCalls
from ..._client.versions import Version

_ANY_KEY = ("archive.read",)
"""For a key that only calls what asks for no scope: Immich refuses one without any, and no call asks for this one."""

_OLD_SCOPES: Dict[str, Tuple[str, ...]] = {
    "albumAsset.create": ("album.addAsset",),
    "albumAsset.delete": ("album.removeAsset",),
    "albumUser.create": ("album.share",),
    "albumUser.update": ("album.share",),
    "albumUser.delete": ("album.share",),
    "adminUser.create": ("admin.user.create",),
    "adminUser.read": ("admin.user.read",),
    "adminUser.update": ("admin.user.update",),
    "adminUser.delete": ("admin.user.delete",),
    **dict.fromkeys(("user.read", "job.read", "job.create", "queue.read", "queue.update", "maintenance", "server.about"), ()),
    **dict.fromkeys(("server.storage", "server.statistics", "asset.statistics"), ()),
    **dict.fromkeys(("backup.list", "backup.download", "backup.upload", "backup.delete"), ()),
}

BUNDLES: Dict[str, Tuple[str, ...]] = {
    "upload": (
        "asset.upload",
        "asset.read",
        "asset.update",
        "album.read",
        "album.create",
        "albumAsset.create",
        "tag.read",
        "tag.create",
        "tag.asset",
        "stack.create",
        "stack.read",
        "stack.update",
        "user.read",
        "face.read",
        "face.create",
        "face.update",
        "person.read",
        "person.create",
        "person.update",
        "asset.view",
    ),  # those from face.read on are for the people of an archive
    "jobs": (
        "job.read",
        "job.create",
        "queue.read",
        "queue.update",
        "album.read",
        "album.create",
        "album.update",
        "album.delete",
    ),  # the albums hold leases on pauses
    "backup": (
        "job.read",
        "job.create",
        "queue.read",
        "queue.update",
        "maintenance",
        "backup.list",
        "backup.download",
        "backup.upload",
        "backup.delete",
        "server.statistics",
        "user.read",
        "album.read",
        "tag.read",
        "asset.read",
    ),  # those from server.statistics on are for the manifest
    "server": ("all",),
    "read": ("asset.read", "asset.view", "asset.download", "asset.statistics", "album.read", "album.download", "tag.read", "user.read"),
}
"""Names for what a key is for. `server` declares a server as code, for which Immich 2 and later wants a key with `all`."""

_SINCE: Dict[str, Version] = {
    "queue.read": versions.QUEUES,
    "queue.update": versions.QUEUES,
    "maintenance": versions.MAINTENANCE,
    "backup.list": versions.BACKUPS_LISTED,
    "backup.download": versions.BACKUPS_LISTED,
    "backup.upload": versions.BACKUPS_LISTED,
    "backup.delete": versions.BACKUPS_LISTED,
}


def scopes_of(given: Sequence[str], version: Version) -> Tuple[str, ...]:
    """Bundles and scopes as the names that a version has for them; what it asks for no scope, it gets none for."""
    scopes: List[str] = []
    for name in given:
        for scope in BUNDLES.get(name, (name,)):
            if name in BUNDLES and version < _SINCE.get(scope, version):
                continue
            scopes.extend(_OLD_SCOPES.get(scope, (scope,)) if version < versions.SCOPE_NAMES else (scope,))
    return tuple(sorted(set(scopes))) or (_ANY_KEY if given else ())


def scopes_in_use(client: Client, wanted: Mapping[str, str]) -> Dict[str, str]:
    """Scopes by the names of the newest version, each with what it is for, as this server asks this key for them."""
    in_use: Dict[str, str] = {}
    queues = QueueCalls(client)
    older = {"queue.read": queues.scope_to_read, "queue.update": queues.scope_to_pause}
    for scope, use in wanted.items():
        if scope in older:
            in_use[older[scope]()] = str(use)
        elif client.version >= _SINCE.get(scope, versions.OLDEST):
            in_use[client.newest_scope(scope)] = str(use)
    return in_use


def misspelt(names: Sequence[str]) -> List[str]:
    """Those that can be neither a bundle nor a scope: but for two, scopes have a dot. Which ones with a dot there are, the server knows."""
    return sorted(name for name in set(names) - _NAMED if "." not in name)


def unnamed(names: Sequence[str]) -> List[str]:
    """The scopes that no bundle names, so that only the server can tell whether it has them."""
    return sorted(set(names) - _NAMED)


def nearest(name: str) -> str:
    """The bundle, or a scope that one names, that was meant by a misspelt name; "" where none is near."""
    return "".join(difflib.get_close_matches(name, sorted(_NAMED | set(BUNDLES)), 1))


_NAMED = frozenset(scope for bundle in BUNDLES.values() for scope in bundle) | {old for names in _OLD_SCOPES.values() for old in names}
