# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Users, with their preferences (administrators only).

Found by their e-mail address among all, also those that were deleted and can still be restored: another one of that address could not be
created. Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional, Sequence

from ..._client import errors, versions
from .. import normalise
from ..model import ABSENT, DELETE, PRESENT, PURGE, PURGED, Context, Field, Kind, Option, Part, PlannedObject, Route, ServerObject, Tree
from .config import claims_roles

MOST_BYTES = 2**53 - 1  # what Immich 3 takes as a quota
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))? *([KMGTP]?)(?:i?B)?", re.IGNORECASE)
# What Immich takes out of a storage label: control characters, what Windows does not allow in a name, and every dot.
_NOT_IN_LABEL = re.compile(r'[\x00-\x1f\x80-\x9f/\\?<>:*|".]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)  # names that Windows keeps for itself
_PLAIN_EMAIL = re.compile(  # that of the HTML standard, which the server uses too
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
_LONGEST_LABEL = 255  # bytes

COLORS = ("primary", "pink", "red", "yellow", "blue", "green", "purple", "orange", "gray", "amber")

# What the server has where a user changed nothing (utils/preferences.ts).
PREFERENCES = {
    "albums.defaultAssetOrder": "desc",
    "cast.gCastEnabled": False,
    "download.archiveSize": 4 * 2**30,
    "download.includeEmbeddedVideos": False,
    "emailNotifications.albumInvite": True,
    "emailNotifications.albumUpdate": True,
    "emailNotifications.enabled": True,
    "folders.enabled": False,
    "folders.sidebarWeb": False,
    "memories.duration": 5,
    "memories.enabled": True,
    "people.enabled": True,
    "people.minimumFaces": 3,
    "people.sidebarWeb": False,
    "purchase.hideBuyButtonUntil": "2022-02-12T00:00:00.000Z",
    "purchase.showSupportBadge": True,
    "ratings.enabled": False,
    "recentlyAdded.sidebarWeb": False,
    "sharedLinks.enabled": True,
    "sharedLinks.sidebarWeb": False,
    "tags.enabled": False,
    "tags.sidebarWeb": False,
}
_SINCE = {
    "memories.duration": versions.SETTINGS_2,
    "people.minimumFaces": versions.SETTINGS_3,
    "recentlyAdded.sidebarWeb": versions.SETTINGS_3,
}


def quota(value: Any) -> Optional[int]:
    """`50GiB` in bytes, `unlimited` as None; 0 means that nothing can be uploaded."""
    if value is None or str(value).strip().lower() == "unlimited":
        return None
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError("must be a size such as 50GiB, or unlimited, not '%s'" % value)
    unit = _UNITS[match[3].upper()]
    size: int = int(match[1]) * unit + int(match[2] or 0) * unit // 10 ** len(match[2] or "")
    if size > MOST_BYTES:
        raise ValueError("is larger than Immich's largest quota, %d bytes" % MOST_BYTES)
    return size


def show_quota(value: Optional[int]) -> str:
    """Bytes as a playbook says them: the largest unit that leaves a whole number."""
    if value is None:
        return "unlimited"
    for letter in "PTGMK":
        if value and value % _UNITS[letter] == 0:
            return "%d%siB" % (value // _UNITS[letter], letter)
    return str(value)


def storage_label(value: Any) -> Optional[str]:
    """A label that the server stores as it is. It rewrites others without a message, so that these are refused."""
    if value is None or value == "":
        return None
    label = normalise.any_text(value)
    stored = stored_label(label)
    if stored != label:
        raise ValueError("'%s' would be stored as '%s'%s" % (label, stored, ". Set that" if stored else ", that is, as none"))
    return label


def stored_label(label: str) -> str:
    """What Immich makes of a storage label (npm's sanitize-filename, and without dots)."""
    plain = _NOT_IN_LABEL.sub("", label).rstrip(" ")
    if _DEVICE.fullmatch(plain):
        return ""
    return plain.encode("utf-8")[:_LONGEST_LABEL].decode("utf-8", "ignore")


def preferences_of(version: versions.Version) -> Dict[str, Any]:
    """The preferences that a version has, as they are where a user changed nothing."""
    return {path: value for path, value in PREFERENCES.items() if version >= _SINCE.get(path, versions.OLDEST)}


def pin_code(value: Any) -> str:
    """Six digits."""
    code = str(value)
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        raise ValueError("must have six digits")
    return code


def refuse_email(version: versions.Version, address: str) -> None:
    """Raises `InvalidRequest` for an address that the server's version does not take."""
    if version >= versions.EMAILS_AS_HTML5 and not _PLAIN_EMAIL.fullmatch(address):
        raise errors.InvalidRequest(
            "'%s' is not an e-mail address that Immich %s takes: it may have only letters from a to z, digits and a few signs."
            % (address, version),
            details={"option": "email"},
            options=("email",),
        )


class Users(Kind):
    """What the API has below `/admin/users`, and for those who are no administrators `/users`."""

    name, singular, plural = "users", "user", "users"
    order = 20
    keys = (("email",),)
    fields = (
        Field("email", normalise=normalise.email, decode=normalise.email),
        Field("name", normalise=normalise.text, required=True),
        Field("password", normalise=normalise.text, required=True, write_only=True, secret=True, update_if=("update_password", "always")),
        Field("should_change_password", type="bool", default=True),
        Field("is_admin", type="bool", default=False),
        Field("quota", api="quotaSizeInBytes", normalise=quota, show=show_quota, default=None),
        Field("storage_label", normalise=storage_label, decode=normalise.text_or_null, default=None, unique=True),
        Field("avatar_color", choices=COLORS),
        Field(
            "pin_code", normalise=pin_code, write_only=True, secret=True, on_create=False, update_if=("update_pin_code", True)
        ),  # on create Immich 2 and 3 store it in plain text, and it never matches
        Field("notify", type="bool", write_only=True),
        Field(
            "preferences",
            api=".",
            type="dict",
            part="preferences",
            on_create=False,
            tree=Tree(defaults=lambda found: PREFERENCES),
            normalise=normalise.settings,
        ),
    )
    options = (
        Option("update_password", choices=("on_create", "always"), default="on_create"),
        Option("update_pin_code", type="bool", default=False),
        Option("strict", type="bool", default=True),
    )
    states = (PRESENT, ABSENT, PURGED)
    path, object_path = "/admin/users", "/admin/users/{id}"
    references = "/users"
    scope_to_read = "adminUser.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/admin/users", scope="adminUser.create"),
        "update": Route("PUT", "/admin/users/{id}", scope="adminUser.update"),
        "delete": Route("DELETE", "/admin/users/{id}", {"force": False}, scope="adminUser.delete"),
        "purge": Route("DELETE", "/admin/users/{id}", {"force": True}, scope="adminUser.delete"),
        "restore": Route("POST", "/admin/users/{id}/restore", scope="adminUser.delete"),
    }
    parts: Mapping[str, Part] = {
        "preferences": Part("/admin/users/{id}/preferences", Route("PUT", "/admin/users/{id}/preferences", scope="adminUser.update"))
    }

    def query_for(self, version: versions.Version) -> Optional[Mapping[str, str]]:
        """Those too that were deleted and can be restored."""
        return {"withDeleted": "true"}

    def status(self, raw: Mapping[str, Any]) -> str:
        """Active users are present; those that are removed for good right now are neither present nor absent."""
        return {"active": PRESENT, "deleted": ABSENT}.get(raw.get("status", "active"), "removing")

    def more_scopes(self, context: Context, planned: PlannedObject) -> Dict[str, str]:
        """What is needed to see whether the user is the key's own."""
        change = planned.change
        return {"user.read": "see whose key it is"} if change.action in (DELETE, PURGE) or "is_admin" in change.changed else {}

    def check(self, context: Context, planned: PlannedObject) -> Sequence[str]:
        """What Immich would answer with 500, or would undo. Raises `InvalidRequest`."""
        change, wanted, found = planned.change, planned.wanted, planned.found
        if not change.calls:
            return ()
        if change.action in (DELETE, PURGE) and found and found.id == context.me:
            raise errors.InvalidRequest("The user %s belongs to this very key, and cannot delete itself." % change.label)
        if "is_admin" in change.changed and found and found.id == context.me:
            raise errors.InvalidRequest("is_admin of %s can only be changed by another administrator's key." % change.label)
        if wanted.get("email") and (found is None or found.values["email"] != wanted["email"]):
            refuse_email(context.version, wanted["email"])
        label = wanted.get("storage_label")
        if label and "storage_label" in change.changed:
            others = [user for user in context.find_all(self) if user.values["storage_label"] == label]
            if any(found is None or user.id != found.id for user in others):
                raise errors.InvalidRequest("The storage_label %s of %s belongs to %s." % (label, change.label, others[0].values["email"]))
        if "is_admin" in wanted and claims_roles(context):
            return ["oauth.roleClaim is set: at the next login through OAuth, Immich sets is_admin of %s again by that." % change.label]
        return ()

    def reason_to_stay(self, raw: Mapping[str, Any]) -> str:
        """A user who has files is never purged by a list."""
        return "it has files" if raw.get("quotaUsageInBytes") else ""

    def is_in_use(self, context: Context, found: ServerObject) -> bool:
        """Whether it is the key's user."""
        return bool(found.id == context.me)


USERS = Users()
