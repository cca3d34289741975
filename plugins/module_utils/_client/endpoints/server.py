# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the server is, who its users are, and which backups of the database there are."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ... import _ids
from .. import checked, values
from ..client import Calls

_LONGEST_VERSION = 100  # characters, also of a time


class ServerCalls(Calls):
    """Calls that describe the server and its users."""

    def features(self) -> Dict[str, bool]:
        """`GET /server/features` (no scope): which optional features are on, such as `smartSearch`."""
        return self._transport.call("GET", "/server/features", parse=_features)

    def media_types(self) -> Dict[str, List[str]]:
        """`GET /server/media-types` (no scope): lower-case extensions with their dot under `image`, `video`, `sidecar`."""
        return self._transport.call("GET", "/server/media-types", parse=_media_types)

    def storage(self) -> values.Storage:
        """`GET /server/storage` (scope server.storage)."""
        return self._transport.call("GET", "/server/storage", parse=_storage)

    def newest_version(self) -> Optional[values.NewestVersion]:
        """`GET /server/version-check` (scope server.versionCheck): what the server itself found out; None where it has not looked.

        It looks every hour, unless `newVersionCheck.enabled` is off.
        """
        return self._transport.call("GET", "/server/version-check", parse=_newest_version)

    def statistics(self) -> Dict[str, Dict[str, int]]:
        """`GET /server/statistics` (administrator, scope server.statistics): `photos`, `videos` and `usage` in bytes by user id.

        Also of users that are deleted, for as long as they can be restored. What is in the trash, or hidden, does not count.
        """
        return self._transport.call("GET", "/server/statistics", parse=_statistics)

    def me(self) -> values.User:
        """`GET /users/me` (scope user.read): the key's user."""
        return self._transport.call("GET", "/users/me", parse=_user)

    def user_ids(self) -> Dict[str, str]:
        """`GET /users` (scope user.read): the ids of all users by their e-mail addresses in lower case."""
        return self._transport.call("GET", "/users", parse=_by_email)

    def partner_ids(self) -> List[str]:
        """`GET /partners` (scope partner.read): the ids of those who share their library with the key's user, who sees it in the timeline.

        Whose library is not in the timeline is not found by searches either.
        """
        return self._transport.call("GET", "/partners", query={"direction": "shared-with"}, parse=_partners)


def _features(answer: Mapping[str, Any]) -> Dict[str, bool]:
    return {checked.text(name): on for name, on in answer.items() if isinstance(on, bool)}


def _media_types(answer: Mapping[str, Any]) -> Dict[str, List[str]]:
    return {name: checked.texts(answer[name]) for name in ("image", "video", "sidecar")}


def _storage(answer: Mapping[str, Any]) -> values.Storage:
    return values.Storage(*(checked.integer(answer[name]) for name in ("diskSizeRaw", "diskUseRaw", "diskAvailableRaw")))


def _newest_version(answer: Mapping[str, Any]) -> Optional[values.NewestVersion]:
    checked_at, version = answer["checkedAt"], answer["releaseVersion"]
    if checked_at is None or version is None:
        return None
    return values.NewestVersion(checked.text(version)[:_LONGEST_VERSION].lstrip("v"), checked.text(checked_at)[:_LONGEST_VERSION])


def _statistics(answer: Mapping[str, Any]) -> Dict[str, Dict[str, int]]:
    return {
        _ids.checked_uuid(user["userId"]): {name: checked.integer(user[name]) for name in ("photos", "videos", "usage")}
        for user in checked.array(answer["usageByUser"])
    }


def _user(answer: Mapping[str, Any]) -> values.User:
    size, used = (None if answer[name] is None else checked.integer(answer[name]) for name in ("quotaSizeInBytes", "quotaUsageInBytes"))
    name, email = (checked.text(answer[name]) for name in ("name", "email"))
    return values.User(_ids.checked_uuid(answer["id"]), name, checked.boolean(answer["isAdmin"]), size, used, email)


def _by_email(answer: Any) -> Dict[str, str]:
    return {checked.text(user["email"]).lower(): _ids.checked_uuid(user["id"]) for user in checked.array(answer)}


def _partners(answer: Any) -> List[str]:
    return [_ids.checked_uuid(partner["id"]) for partner in checked.array(answer) if partner.get("inTimeline") is True]
