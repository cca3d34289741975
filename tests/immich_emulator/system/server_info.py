# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`/server/*`: version, features, storage and statistics."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from immich_emulator.http.answers import ok
from immich_emulator.http.routing import Routes
from immich_emulator.system.configuration import refuse_broken_file

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

routes = Routes()


@routes.on("GET", "/server/ping", public=True)
def ping(immich: Immich, request: Request) -> Response:
    """Answers `pong`."""
    return ok({"res": "pong"})


@routes.on("GET", "/server/version", public=True)
def version(immich: Immich, request: Request) -> Response:
    """The version's numbers."""
    major, minor, patch = immich.version.triple
    numbers: dict[str, Any] = {"major": major, "minor": minor, "patch": patch}
    return ok({**numbers, "prerelease": None} if immich.version.is_new else numbers)


@routes.on("GET", "/server/features", public=True)
def features(immich: Immich, request: Request) -> Response:
    """The features that are switched on."""
    refuse_broken_file(immich, "get server features")
    oauth, login = immich.configuration()["oauth"]["enabled"], immich.configuration()["passwordLogin"]["enabled"]
    switched = {"oauth": oauth, "passwordLogin": login, "configFile": immich.switches["config_file"]}
    switched["trash"] = immich.configuration()["trash"]["enabled"]
    return ok({**immich.version.facts["features"], **switched})


@routes.on("GET", "/server/config", public=True)
def config(immich: Immich, request: Request) -> Response:
    """The settings that the web app reads."""
    refuse_broken_file(immich, "get server config")
    found = immich.configuration()
    switched: dict[str, Any] = {"isOnboarded": immich.is_onboarded, "externalDomain": found["server"]["externalDomain"]}
    # with ALLOW_SETUP=false (2.5) a server without any account says that it has one
    switched["isInitialized"] = bool(immich.store.value("SELECT id FROM users WHERE is_admin")) or not immich.switches["setup"]
    switched |= {"publicUsers": found["server"]["publicUsers"], "userDeleteDelay": found["user"]["deleteDelay"]}
    return ok({**immich.version.facts["config"], **switched})


@routes.on("GET", "/server/media-types", public=True)
def media_types(immich: Immich, request: Request) -> Response:
    """The file name extensions that an upload may have."""
    return ok(immich.version.facts["media_types"])


@routes.on("GET", "/server/theme", public=True)
def theme(immich: Immich, request: Request) -> Response:
    """The web app's colours."""
    return ok({"customCss": ""})


@routes.on("GET", "/server/about", "server.about")
def about(immich: Immich, request: Request) -> Response:
    """The version and what it was built with."""
    number = immich.version.number
    tools = {"nodejs": "v24.18.1", "exiftool": "13.59", "ffmpeg": "7.1.5", "libvips": "8.17.3", "imagemagick": "7.1.1-43"}
    release = f"https://github.com/immich-app/immich/releases/tag/v{number}"
    return ok({"version": f"v{number}", "versionUrl": release, "licensed": False, **tools})


@routes.on("GET", "/server/version-check", "server.versionCheck")
def version_check(immich: Immich, request: Request) -> Response:
    """What the server found out about newer versions; nothing before its first look."""
    found = immich.store.value("SELECT value FROM settings WHERE name = 'version_check'")
    return ok(json.loads(found) if found else {"checkedAt": None, "releaseVersion": None})


@routes.on("GET", "/server/storage", "server.storage")
def storage(immich: Immich, request: Request) -> Response:
    """The disk's space."""
    disk = shutil.disk_usage(immich.store.folder)
    numbers = {"diskSize": disk.total, "diskUse": disk.used, "diskAvailable": disk.free}
    texts = {name: readable(size) for name, size in numbers.items()}
    raw = {f"{name}Raw": size for name, size in numbers.items()}
    return ok({**texts, **raw, "diskUsagePercentage": round(disk.used / disk.total * 100, 2)})


def readable(size: float) -> str:
    """`1.5 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


@routes.on("GET", "/server/statistics", "server.statistics", admin=True)
def statistics(immich: Immich, request: Request) -> Response:
    """What each user holds."""
    sql = (
        "SELECT sum(type = 'IMAGE' AND visibility != 'hidden'), sum(type = 'VIDEO' AND visibility != 'hidden'), "
        "sum(size), sum(size * (type = 'IMAGE')), sum(size * (type = 'VIDEO')) FROM assets WHERE owner = ? AND deleted IS NULL"
    )
    names = ("photos", "videos", "usage", "usagePhotos", "usageVideos")
    users = []
    for user in immich.store.all("SELECT * FROM users ORDER BY rowid"):
        row = immich.store.one(sql, user["id"]) or ()
        numbers = {name: value or 0 for name, value in zip(names, row, strict=True)}
        users.append({"userId": user["id"], "userName": user["name"], **numbers, "quotaSizeInBytes": user["quota"]})
    return ok({**{name: sum(user[name] for user in users) for name in names}, "usageByUser": users})
