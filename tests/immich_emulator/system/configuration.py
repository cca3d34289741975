# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system configuration. A client sends the whole document; Immich stores what differs from the defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import ok
from immich_emulator.http.errors import ApiError, Invalid, bad_request
from immich_emulator.http.routing import Routes
from immich_emulator.http.validation import check, js_type, wrong_type

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()

#: Since then the same is found below `/admin` with scopes of its own, and the older paths are deprecated (read in the source).
ADMIN_CONFIG = (3, 2)

NULLABLE = ("oauth.defaultStorageQuota",)
NOT_EMPTY_BEFORE_3 = ("storageTemplate.template",)
SMTP = "notifications.smtp."
MOBILE, MOBILE_SWITCH = "oauth.mobileRedirectUri", "oauth.mobileOverrideEnabled"
#: What has to be a URL from 3.0 on, where it is not empty, and what is said otherwise (read in the source of 3.1.0).
URLS = {
    "server.externalDomain": "External domain must be an empty string or a valid URL",
    "oauth.issuerUrl": "Issuer URL must be an empty string or a valid URL",
    "oauth.endSessionEndpoint": "endSessionEndpoint must be an empty string or a valid URL",
    MOBILE: "Mobile redirect URI must be an empty string or a valid URL",
    "map.lightStyle": "Invalid URL",
    "map.darkStyle": "Invalid URL",
}
URLS_BEFORE_3 = ("server.externalDomain", "map.lightStyle", "map.darkStyle")
TEMPLATE_VARIABLE = re.compile(
    "yy?|M{1,4}|WW?|dd?|hh?|HH?|mm?|ss?|SSS|filename|ext|filetype|filetypefull|assetId|assetIdShort|album|make|model|lensModel|else"
)


def leaves(document: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted names of a document's leaves, with their values."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


def find(document: Any, path: str) -> Any:
    """The value of a dotted name. Raises KeyError for an unknown one."""
    for name in path.split("."):
        if not isinstance(document, dict):
            raise KeyError(path)
        document = document[name]
    return document


def is_url(value: str) -> bool:
    """Whether JavaScript's URL takes a text, as far as tests need it."""
    scheme, colon, rest = value.strip().partition(":")
    if not colon or not re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return False
    host = re.split(r"[/?#]", rest.lstrip("/"))[0].rpartition("@")[2]
    return scheme.lower() not in ("http", "https") or re.fullmatch(r"[^\s:<>|^%]+(:[0-9]{0,5})?|\[[0-9a-f:]+\](:[0-9]+)?", host) is not None


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Sets the value of a dotted name."""
    *groups, name = path.split(".")
    for group in groups:
        document = document[group]
    document[name] = value


def configuration(immich: Immich) -> dict[str, Any]:
    """The configuration in effect: the defaults, what was stored, and what the server makes of both."""
    found: dict[str, Any] = json.loads(json.dumps(immich.version.facts["system_config"]))
    stored = immich.store.value("SELECT value FROM settings WHERE name = 'config'")
    for path, value in json.loads(stored or "{}").items():
        put(found, path, value)
    domain = found["server"]["externalDomain"]
    if domain:
        parts = urlsplit(domain)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        found["server"]["externalDomain"] = f"{parts.scheme}://{parts.hostname}" + (
            f":{parts.port}" if parts.port not in (None, usual) else ""
        )
    for medium in ("Video", "Audio"):
        accepted, target = found["ffmpeg"][f"accepted{medium}Codecs"], found["ffmpeg"][f"target{medium}Codec"]
        if target not in accepted:
            accepted.append(target)
    return found


def refuse_broken_file(immich: Immich, what: str) -> None:
    """Raises ApiError 500 while the configuration file cannot be read. Endpoints that need no configuration, such as ping, still work."""
    if immich.switches["config_broken"]:
        raise ApiError(500, f"Failed to {what}")


@routes.on("GET", "/system-config", "systemConfig.read", admin=True)
@routes.on("GET", "/admin/config", "adminConfig.read", admin=True, since=ADMIN_CONFIG)
def config(immich: Immich, request: Request) -> Response:
    """The whole configuration, secrets in clear."""
    refuse_broken_file(immich, "get config")
    return ok(configuration(immich))


@routes.on("GET", "/system-config/defaults", "systemConfig.read", admin=True)
@routes.on("GET", "/admin/config/defaults", "adminConfig.read", admin=True, since=ADMIN_CONFIG)
def defaults(immich: Immich, request: Request) -> Response:
    """The defaults of the configuration."""
    return ok(immich.version.facts["system_config"])


@routes.on("PUT", "/system-config", "systemConfig.update", admin=True)
@routes.on("PUT", "/admin/config", "adminConfig.update", admin=True, since=ADMIN_CONFIG)
def update_config(immich: Immich, request: Request) -> Response:
    """Replaces the whole configuration. Raises Invalid for a leaf that is missing or of another type."""
    given = check(immich.version, request.state.json)
    known = immich.version.facts["system_config"]
    refuse_wrong_leaves(immich, given, known)
    if immich.switches["config_file"]:
        raise bad_request("Cannot update configuration while IMMICH_CONFIG_FILE is in use")
    refuse_unknown_variables(immich, given["storageTemplate"]["template"])
    before = dict(leaves(configuration(immich)))
    now = {path: find(given, path) for path, _default in leaves(known)}
    if immich.switches["log_level"] and any(now[path] != before[path] for path in now if path.startswith("logging.")):
        raise bad_request("Logging cannot be changed while the environment variable IMMICH_LOG_LEVEL is set.")
    if now[SMTP + "enabled"] and not immich.version.is_new:
        empty = [f"{path} should not be empty" for path in (SMTP + "from", SMTP + "transport.host") if not now[path]]
        if empty:
            raise Invalid(empty, [])
    mail = any(now[path] != before[path] for path in now if path.startswith(SMTP))
    if mail and now[SMTP + "enabled"] and not immich.switches["mail"]:
        raise bad_request("Invalid SMTP configuration")
    kept = {path: now[path] for path, default in leaves(known) if now[path] not in (default, "", None)}
    immich.store.run("INSERT OR REPLACE INTO settings VALUES ('config', ?)", json.dumps(kept))
    return ok(configuration(immich))


def refuse_unknown_variables(immich: Immich, template: str) -> None:
    """Raises ApiError 400 for a variable that a storage template cannot have."""
    for found in re.finditer(r"\{\{(\w+)\}\}", template):
        if not TEMPLATE_VARIABLE.fullmatch(found[1]):
            why = f': Error: "{found[1]}" not defined in [object Object] - 1:{found.start(1)}'
            raise bad_request("Invalid storage template" + (why if immich.version.is_old else ""))


def refuse_wrong_leaves(immich: Immich, given: dict[str, Any], known: dict[str, Any]) -> None:
    """Raises Invalid with all leaves that are missing, or of another type; up to 2.7 texts of numbers pass, and `false` everywhere."""
    sentences: list[str] = []
    issues: list[dict[str, Any]] = []
    for path, default in leaves(known):
        try:
            value = find(given, path)
        except KeyError:
            sentences.append(f"{path} should not be null or undefined")
            issues.append(wrong_type(js_type(default), path.split("."), None))
            continue
        if path.endswith("cronExpression") and isinstance(value, str) and value[:1].isalpha():
            sentences.append(path.rsplit(".", 1)[0] + ".Invalid cron expression")
            problem = f"Invalid cron expression. Unknown alias: {value[:3].lower()}"
            issues.append({"code": "custom", "message": problem, "path": path.split(".")})
        counts = path != MOBILE or find(given, MOBILE_SWITCH)
        if counts and path in (URLS if immich.version.is_new else URLS_BEFORE_3) and isinstance(value, str) and value and not is_url(value):
            sentences.append(f"{path} must be a URL address")
            issues.append({"code": "custom", "message": URLS[path], "path": path.split(".")})
        right = js_type(value) == js_type(default) or path in NULLABLE
        lenient = not immich.version.is_new and isinstance(value, str) and (value.isdecimal() or value in ("true", "false"))
        empty = value == "" and path in NOT_EMPTY_BEFORE_3 and not immich.version.is_new
        if (not right and not lenient) or empty:
            sentences.append(
                f"{path} must be a {js_type(default)}{' value' * isinstance(default, bool)}" if not empty else f"{path} should not be empty"
            )
            issues.append(wrong_type(js_type(default), path.split("."), value))
    if (issues and immich.version.is_new) or sentences:
        raise Invalid(sentences, issues)
