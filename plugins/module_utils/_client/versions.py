# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs between the versions of Immich, in one table. No other file of the client names a version.

Whoever adds a version to tests/versions.yml reads its API, adds here what differs, and moves `NEWEST`. The test
`tests/unit/test_versions.py` fails until then, and compares `_HAS_QUEUES` of the event source, which runs without this package.
"""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple, Optional, Tuple

from .._ids import UUID


class Version(NamedTuple):
    """A server's version, as `GET /server/version` gives it."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return "%d.%d.%d" % self


OLDEST = Version(1, 135, 0)
"""Older servers are refused."""

NEWEST = Version(3, 3, 0)
"""The newest version that this table was held against, by the description of its API. One with a higher minor version may have what is not
in here. No real server later than 3.1 was seen."""

# A position that an asset is given moves a local time without an offset to the zone of the place. Seen on 2.7 and 3.1, not on 1.135; what
# is in between is taken for the worse.
MOVES_TIMES = Version(1, 136, 0)

# A rating of -1 (rejected) is lost when the metadata is read. Seen on 3.1, not on 2.7.
REJECTIONS_LOST = Version(3, 0, 0)

# No rating is null; 0 is refused. Seen on 3.1. Before, 0 is taken, and 1.135 refuses null.
NO_ZERO_RATING = Version(3, 0, 0)

# Shared links have slugs; scopes have the names of today. Before, some had another one, and some calls asked for none.
SLUGS = Version(1, 137, 0)
SCOPE_NAMES = Version(1, 137, 0)

# `GET /api-keys/me` tells which key is in use, and its scopes.
KEY_IN_USE = Version(1, 139, 0)

# Immich shows pictures with edits that it keeps beside their originals.
EDITS = Version(2, 5, 0)

# `PUT /assets/copy` gives one asset what another has, such as its places in shared links.
ASSETS_COPIED = Version(2, 2, 0)

# Since when the configuration and the preferences have settings that others before had not. Read on 2.7 and 3.1; when each of them came is
# not known.
SETTINGS_2 = Version(2, 0, 0)
SETTINGS_3 = Version(3, 0, 0)

# A call without a scope of its own needs a key with `all`. Observed on 2.7 and 3.1, and not on 1.135.
NEEDS_ALL = Version(2, 0, 0)

# Nobody gives a key scopes that the key in use lacks by changing one, as before by making one. Read in the source of 2.5.
CHANGED_KEYS_CHECKED = Version(2, 5, 0)

# The maintenance mode, with a scope of its own.
MAINTENANCE = Version(2, 3, 0)

# `/queues` beside `/jobs`, with scopes of its own.
QUEUES = Version(2, 4, 0)

# `GET /admin/database-backups` lists the backups of the database.
BACKUPS_LISTED = Version(2, 5, 0)

# A search without a visibility finds all of them, but for what is locked; before, it sees the timeline only.
SEARCHES_ALL = Version(3, 0, 0)

# An upload needs no `deviceAssetId` and `deviceId` any more.
NO_DEVICE_IDS = Version(3, 0, 0)

# The e-mail addresses of users are those of the HTML standard. Read in the source of 3.1.0; 2.7.5 takes letters outside of ASCII.
EMAILS_AS_HTML5 = Version(3, 0, 0)

# Albums come without their assets, have their owner in `albumUsers`, and can be asked for by owner.
ALBUMS_BY_OWNER = Version(3, 0, 0)

# The file of an asset that is taken for missing stays when the asset is removed, should it be there after all. Read in the source of 2.7.5;
# 1.135.3 deletes it, and its sidecar (observed).
MISSING_FILES_STAY = Version(2, 7, 0)

# An asset in the archive that is on top of a stack can be removed. Observed on 2.7.5; on 1.135.3 its database refuses that.
REMOVES_ARCHIVED_STACKS = Version(2, 7, 0)

# Who may add to somebody else's album, may set its cover too. Observed on 2.7.5; on 1.135.3 only its owner may (read in its source).
EDITORS_SET_COVERS = Version(2, 7, 0)

# The list of memories leaves out assets that show a hidden person.
LISTS_NO_HIDDEN_PEOPLE = Version(3, 0, 0)

# The manual jobs of the integrity report.
INTEGRITY_JOBS = Version(3, 0, 0)

# A search takes a tree of conditions, and goes on by a cursor. Its single fields are deprecated, and with them the number of a page, by
# which lists are still counted.
SEARCH_FILTERS = Version(3, 2, 0)

# `/admin/config` beside `/system-config`, which is deprecated, with scopes of its own.
ADMIN_CONFIG = Version(3, 2, 0)

# One object, or all that are named, is changed with PATCH; no document has it, and PUT is deprecated in its favour (immich#28859; observed
# on 3.1.0).
PATCHES = Version(3, 1, 0)

# Who is to see the library is named in the body. In the path that is deprecated.
PARTNERS_IN_BODY = Version(3, 0, 0)

_MANUAL_JOBS = ("person-cleanup", "tag-cleanup", "user-cleanup", "memory-cleanup", "memory-create", "backup-database")
_INTEGRITY_JOBS = tuple(
    "integrity-%s%s" % (kind, action)
    for action in ("", "-refresh", "-delete-all")
    for kind in ("missing-files", "untracked-files", "checksum-mismatch")
)

Supports = Callable[[Version], bool]
"""Whether the server is of this version or a later one. What asks for it asks the server for its version, once."""

_PATCHED = re.compile("/assets|/(?:admin/users|api-keys|assets|libraries|stacks|tags)/" + UUID)
_PARTNER = re.compile("/partners/(%s)" % UUID)
_CONFIG = re.compile("/system-config(|/defaults)")


class ApiCall(NamedTuple):
    """A request: `json` is its body."""

    method: str
    path: str
    json: Any = None


def newest_way(call: ApiCall, supports: Supports, has_scope: Callable[[str], bool]) -> ApiCall:
    """The same call as the server wants it by now. Those that are deprecated go with Immich 4."""
    if call.method == "PUT" and _PATCHED.fullmatch(call.path) and supports(PATCHES):
        return call._replace(method="PATCH")
    config = _CONFIG.fullmatch(call.path)
    if config:
        scope = "systemConfig." + ("read" if call.method == "GET" else "update")
        if newest_scope(scope, supports, has_scope) != scope:
            return call._replace(path="/admin/config" + config.group(1))
    partner = _PARTNER.fullmatch(call.path)
    if call.method == "POST" and partner and supports(PARTNERS_IN_BODY):
        return ApiCall("POST", "/partners", {"sharedWithId": partner.group(1)})
    return call


def newest_scope(scope: str, supports: Supports, has_scope: Callable[[str], bool]) -> str:
    """The scope that the newest way of a call needs, where the key has it or has not even the `scope` of the older one."""
    resource, _dot, action = scope.partition(".")
    if resource == "systemConfig" and supports(ADMIN_CONFIG):
        newest = "adminConfig." + action
        if has_scope(newest) or not has_scope(scope):
            return newest
    return scope


def manual_jobs(version: Version) -> Optional[Tuple[str, ...]]:
    """The names of the manual jobs that a version has, by its OpenAPI document; None for a version beyond this table."""
    if version[:2] > NEWEST[:2]:
        return None
    return _MANUAL_JOBS + (_INTEGRITY_JOBS if version >= INTEGRITY_JOBS else ())
