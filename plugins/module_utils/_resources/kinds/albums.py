# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Albums of the key's user, found by their name, or by their id to give them another name. Nobody can change whose they are.

Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Mapping, Optional

from ..._client import versions
from ..._client.endpoints.objects import ObjectCalls
from ..._client.values import LEASE_MARK
from ..._client.versions import Version
from .. import normalise
from ..model import Field, Kind, Members, Option, PlannedObject, Ref, Route
from .users import USERS

ROLES = ("editor", "viewer")

_FAILED = "Failed to create album"
_CALLS_AT_ONCE = 20


def members(value: Any) -> Dict[str, str]:
    """`[{email: …, role: …}]` as user → role."""
    roles = {}
    for entry in value.items() if isinstance(value, dict) else value:
        user, role = entry if isinstance(entry, tuple) else (entry.get("email") or entry.get("id"), entry.get("role") or "editor")
        if not user:
            raise ValueError("needs an email or an id for each user")
        if role not in ROLES:
            raise ValueError("has a role that is not one of %s: %s" % (", ".join(ROLES), role))
        if normalise.email_or_id(user) in roles:
            raise ValueError("has %s twice" % user)
        roles[normalise.email_or_id(user)] = role
    return roles


def members_of(value: Any) -> Dict[str, str]:
    """The users of an answer by their ids; the owner, who is among them from 3.0 on, is not one."""
    return {entry["user"]["id"]: entry["role"] for entry in value or () if entry["role"] != "owner"}


def as_members(value: Mapping[Ref, str]) -> List[Dict[str, Any]]:
    """The same as the API takes them."""
    return [{"userId": ref, "role": role} for ref, role in value.items()]


class Albums(Kind):
    """What the API has below `/albums`, but for those of others and the records of leases."""

    name, singular, plural = "albums", "album", "albums"
    order = 50
    keys = (("name",),)
    fields = (
        Field("name", api="albumName", normalise=normalise.text),
        Field("description", normalise=normalise.any_text, decode=lambda value: value or "", default=""),
        Field("order", choices=("asc", "desc"), on_create=False),  # without it, the user's preferences decide
        Field("activity", api="isActivityEnabled", type="bool", default=True, on_create=False),
        Field(
            "users",
            api="albumUsers",
            type="list",
            elements="dict",
            options={
                "email": {"type": "str"},
                "id": {"type": "str"},
                "role": {"type": "str", "choices": list(ROLES), "default": ROLES[0]},
            },
            normalise=members,
            decode=members_of,
            encode=as_members,
            members=Members(
                USERS,
                "users_mode",
                Route("PUT", "/albums/{id}/users", scope="albumUser.create"),
                Route("PUT", "/albums/{id}/user/{member}", scope="albumUser.update"),
                Route("DELETE", "/albums/{id}/user/{member}", scope="albumUser.delete"),
            ),
        ),
    )
    options = (
        Option("id"),
        Option("users_mode", choices=("merge", "exact"), default="merge"),
    )
    path, object_path = "/albums", "/albums/{id}"
    scope_to_read = "album.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/albums", scope="album.create"),
        "update": Route("PATCH", "/albums/{id}", scope="album.update"),
        "delete": Route("DELETE", "/albums/{id}", scope="album.delete"),
    }

    def query_for(self, version: Version) -> Optional[Mapping[str, str]]:
        """Leaves out the albums of others; older servers have none in the list."""
        return {"isOwned": "true"} if version >= versions.ALBUMS_BY_OWNER else None

    def is_one(self, raw: Mapping[str, Any]) -> bool:
        """Whether it is an album and not the record of a lease."""
        return LEASE_MARK not in str(raw.get("description") or "")

    def recover(self, objects: ObjectCalls, failure: str) -> bool:
        """Has Immich open another connection to its database, where it could not create an album for want of one.

        A connection that was there before the database was made does not know how to send a list of roles, until the server opens one
        more (3.1.0: postgres.js reads the types of arrays once for each connection, and `Failed to create album` is `malformed array
        literal` in the log). It opens one when as many calls as it has connections, ten at most, are under way. Nothing of the failed
        call stays.
        """
        if _FAILED not in failure:
            return False
        with ThreadPoolExecutor(_CALLS_AT_ONCE) as pool:
            list(pool.map(objects.read_one, ["/users/me"] * _CALLS_AT_ONCE))
        return True

    def advice(self, planned: PlannedObject, failure: str) -> str:
        """What helps if that does not."""
        if _FAILED not in failure:
            return ""
        return (
            "A server that was installed just now may be unable to create albums until it is restarted once (observed on 3.1.0). "
            "Restart it."
        )


ALBUMS = Albums()
