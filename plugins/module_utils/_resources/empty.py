# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What check mode takes for the server's answers where the tasks before would have made the administrator or the key.

Without a key a server tells its version, what is switched on (`GET /server/features`) and a few settings (`GET /server/config`). The rest
is what a server has on which nobody changed anything; observed on 1.135.3, 2.7.5 and 3.1.0 just after the first administrator was
registered.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .._client import errors
from .._client.client import Client
from .._client.connection import NO_KEY
from .._client.endpoints.objects import ObjectCalls
from .kinds import config, defaults, users
from .model import EXPECTED_IDS
from .normalise import document
from .setup import logged_in
from .state import ExpectedServer

_ADMIN, _KEY = EXPECTED_IDS + "000000000001", EXPECTED_IDS + "000000000002"

# What `GET /server/features` and `GET /server/config` say of the configuration. What says whether there is smart search depends on whether
# machine learning is on, which the environment of the server decides.
_FEATURES = {
    "email": "notifications.smtp.enabled",
    "importFaces": "metadata.faces.import",
    "map": "map.enabled",
    "oauth": "oauth.enabled",
    "oauthAutoLaunch": "oauth.autoLaunch",
    "passwordLogin": "passwordLogin.enabled",
    "realtimeTranscoding": "ffmpeg.realtime.enabled",
    "reverseGeocoding": "reverseGeocoding.enabled",
    "smartSearch": "machineLearning.enabled",
    "trash": "trash.enabled",
}
_CONFIG = {
    "externalDomain": "server.externalDomain",
    "loginPageMessage": "server.loginPageMessage",
    "mapDarkStyleUrl": "map.darkStyle",
    "mapLightStyleUrl": "map.lightStyle",
    "minFaces": "machineLearning.facialRecognition.minFaces",
    "oauthButtonText": "oauth.buttonText",
    "publicUsers": "server.publicUsers",
    "trashDays": "trash.days",
    "userDeleteDelay": "user.deleteDelay",
}


@contextmanager
def log_in(client: Client, login: Mapping[str, Any], check_mode: bool) -> Iterator[Tuple[Client, Optional[ExpectedServer]]]:
    """A client with a session of `login`'s `email` and `password`, and in check mode what there is going to be besides.

    `name` and `should_change_password` are those that the first administrator is going to have, `key_name` the name of their key. Raises
    `AuthError`.
    """
    key_name = login.get("key_name") or ""
    if check_mode:
        with closing(client.with_key(NO_KEY)) as public:
            if not ObjectCalls(public).read_one("/server/config").get("isInitialized"):
                yield public, EmptyServer(public, login, key_name)
                return
    with logged_in(client, login["email"], login["password"]) as session:
        yield session, ExpectedKey(session, key_name) if check_mode and key_name else None


_NO_PATHS = "The server has no administrator yet, so that it cannot be asked whether it sees %s. A run asks it before anything is written."
_CONFIG_FILE = (
    "The server takes its configuration from a file (IMMICH_CONFIG_FILE), which cannot be read before there is an administrator. A run "
    "fails unless the file says the same as this task."
)


class ExpectedKey(ExpectedServer):
    """A server that has an administrator, who logged in, and is going to have a key of this name."""

    def __init__(self, client: Client, key_name: str) -> None:
        super().__init__(client)
        self._key_name = key_name

    def read_list(self, path: str, query: Optional[Mapping[str, str]] = None) -> List[Dict[str, Any]]:
        """As the server says, and the key."""
        keys = super().read_list(path, query)
        if path == "/api-keys" and not any(key.get("name") == self._key_name for key in keys):
            keys.append(_key(self._key_name))
        return keys


class EmptyServer(ExpectedServer):
    """A server that is going to have its first administrator, as `admin` says, and with `key_name` a key of theirs."""

    def __init__(self, client: Client, admin: Mapping[str, Any], key_name: str = "") -> None:
        super().__init__(client)
        self._has_file = False
        self._paths: List[str] = []
        self._version = client.version
        self._admin = _user(admin)
        self._keys = [_key(key_name)] if key_name else []

    @property
    def warnings(self) -> List[str]:
        """What was asked for that nobody can know without a key."""
        paths = list(dict.fromkeys(self._paths))
        return [_CONFIG_FILE] * self._has_file + [_NO_PATHS % ", ".join(paths)] * bool(paths)

    def read_list(self, path: str, query: Optional[Mapping[str, str]] = None) -> List[Dict[str, Any]]:
        """The administrator and the key; of everything else there is none."""
        return {"/admin/users": [self._admin], "/users": [self._admin], "/api-keys": self._keys}.get(path, [])

    def read_one(self, path: str, *, repeatable: bool = True) -> Dict[str, Any]:
        """What the server says to everybody, or what it has by default."""
        if path in (config.PATH, config.PATH + "/defaults"):
            return document(self._config())
        if path == "/users/me":
            return self._admin
        if path == "/admin/users/%s/preferences" % _ADMIN:
            return document(users.preferences_of(self._version))
        if path == "/api-keys/me" and self._keys:
            return self._keys[0]
        if path == "/server/features":  # asked where the configuration is going to change
            features = super().read_one(path)
            self._has_file = bool(features.get("configFile"))
            return {**features, "configFile": False}
        raise errors.InvalidRequest("Check mode cannot read %s of a server that has no administrator yet." % path)

    def query(self, path: str, body: Optional[Mapping[str, Any]] = None, *, repeatable: bool = True) -> Dict[str, Any]:
        """Nothing is answered without a key."""
        self._paths += (body or {}).get("importPaths", ())
        return {}

    def _config(self) -> Dict[str, Any]:
        settings = defaults.config_defaults(self._version)
        for path, names in (("/server/features", _FEATURES), ("/server/config", _CONFIG)):
            answer = super().read_one(path)
            settings.update({name: answer[option] for option, name in names.items() if option in answer and name in settings})
        return settings


def _user(admin: Mapping[str, Any]) -> Dict[str, Any]:
    email = str(admin["email"]).lower()
    return {
        "id": _ADMIN,
        "email": email,
        "name": admin.get("name") or "Admin",
        "storageLabel": "admin",
        "shouldChangePassword": bool(admin.get("should_change_password")),
        "isAdmin": True,
        "avatarColor": users.COLORS[sum(map(ord, email)) % len(users.COLORS)],
        "quotaSizeInBytes": None,
        "quotaUsageInBytes": 0,
        "status": "active",
    }


def _key(name: str) -> Dict[str, Any]:
    return {"id": _KEY, "name": name, "permissions": ["all"]}
