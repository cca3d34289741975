# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The scopes of API keys: what each version calls them, and bundles of them by what a key is for.

The names are those of the enum `Permission` in the sources of 1.135.3, 2.7.5 and 3.1.0, and in a client generated for 3.3.5.
"""

from __future__ import annotations

import difflib
from typing import Dict, FrozenSet, List, Mapping, Sequence, Tuple

from ..._client import versions
from ..._client.client import Client
from ..._client.endpoints.queues import QueueCalls
from ..._client.versions import Version

_ANY_KEY = ("archive.read",)
"""For a key that only calls what asks for no scope: Immich refuses one without any, and no call asks for this one."""

_SINCE_NEW_NAMES = """
activity: create read update delete statistics
apiKey: create read update delete
asset: read update delete statistics share view download upload replace copy derive
asset.edit: get create delete
album: create read update delete statistics share download
albumAsset: create delete
albumUser: create update delete
auth: changePassword
authDevice: delete
archive: read
backup: list download upload delete
duplicate: read delete
face: create read update delete
folder: read
job: create read
library: create read update delete statistics
timeline: read download
maintenance
map: read search
memory: create read update delete statistics
memoryAsset: create delete
notification: create read update delete
partner: create read update delete
person: create read update delete statistics merge reassign
pinCode: create update delete
plugin: create read update delete
server: about apkLinks storage statistics versionCheck
serverLicense: read update delete
session: create read update delete lock
sharedLink: create read update delete
stack: create read update delete
sync: stream
syncCheckpoint: read update delete
systemConfig: read update
systemMetadata: read update
tag: create read update delete asset
user: read update
userLicense: create read update delete
userOnboarding: read update delete
userPreference: read update
userProfileImage: create read update delete
queue: read update
queueJob: create read update delete
workflow: create read update delete
adminUser: create read update delete
adminSession: read
adminAuth: unlinkAll
"""

_SINCE_3_2 = """
adminConfig: read update
apiKey: rotate
assetFile: read download delete
clusterGroup: read leave
clusterGroupRequest: create read delete
userConfig: read
workflow: logs
"""

_BEFORE = """
activity: create read update delete statistics
apiKey: create read update delete
asset: read update delete share view download upload
album: create read update delete statistics addAsset removeAsset share download
authDevice: delete
archive: read
face: create read update delete
library: create read update delete statistics
timeline: read download
memory: create read update delete
notification: create read update delete
partner: create read update delete
person: create read update delete statistics merge reassign
session: create read update delete lock
sharedLink: create read update delete
stack: create read update delete
systemConfig: read update
systemMetadata: read update
tag: create read update delete asset
admin.user: create read update delete
"""

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
    ),
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
    found: List[str] = []
    for name in given:
        for scope in BUNDLES.get(name, (name,)):
            if name in BUNDLES and version < _SINCE.get(scope, version):
                continue
            found.extend(_OLD_SCOPES.get(scope, (scope,)) if version < versions.SCOPE_NAMES else (scope,))
    return tuple(sorted(set(found))) or (_ANY_KEY if given else ())


def scopes_in_use(client: Client, wanted: Mapping[str, str]) -> Dict[str, str]:
    """Scopes by the names of the newest version, each with what it is for, as this server asks this key for them."""
    found: Dict[str, str] = {}
    queues = QueueCalls(client)
    older = {"queue.read": queues.scope_to_read, "queue.update": queues.scope_to_pause}
    for scope, use in wanted.items():
        if scope in older:
            found[older[scope]()] = str(use)
        elif client.version >= _SINCE.get(scope, versions.OLDEST):
            found[client.newest_scope(scope)] = str(use)
    return found


def unknown_scopes(names: Sequence[str], version: Version) -> List[str]:
    """Those that the version does not have; none for a version beyond this table, whose server says so itself."""
    return [] if version[:2] > versions.NEWEST[:2] else sorted(set(names) - _known_to(version))


def nearest_scope(name: str, version: Version) -> str:
    """The scope of the version, or the bundle, that was meant by a misspelt name; "" where none is near."""
    return "".join(difflib.get_close_matches(name, sorted(_known_to(version) | set(BUNDLES)), 1))


def _known_to(version: Version) -> FrozenSet[str]:
    return _KNOWN_BEFORE if version < versions.SCOPE_NAMES else _KNOWN_LATER if version >= versions.SCOPES_3_2 else _KNOWN


def _names(table: str) -> FrozenSet[str]:
    found = ["all"]
    for line in table.strip().splitlines():
        resource, _colon, actions = line.partition(": ")
        found += ["%s.%s" % (resource, action) for action in actions.split()] or [resource]
    return frozenset(found)


_KNOWN, _KNOWN_BEFORE = _names(_SINCE_NEW_NAMES), _names(_BEFORE)
_KNOWN_LATER = _KNOWN | _names(_SINCE_3_2)
