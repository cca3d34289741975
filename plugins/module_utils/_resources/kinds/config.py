# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of the server (administrators only): one document, of which a playbook may say any part.

`PUT` takes the whole document only, so that what is not said is sent as it was read; groups of a newer server pass through. Only what
differs from the defaults is stored, with consequences that `rewrite` predicts. Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and
observed there.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Dict, List, Mapping, Optional, Sequence
from urllib.parse import urlsplit

from ... import _lost_faces
from ..._client import errors
from ..._client.endpoints.objects import ObjectCalls
from ..._client.versions import Version
from .. import normalise
from ..model import PRESENT, Context, Field, Kind, Option, PlannedObject, Route, ServerObject, Tree, Wanted

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_SCHEMES_WITH_HOST = ("http", "https", "ftp", "ws", "wss")
_NOT_IN_HOST = ' <>^|%"'

SECRETS = ("notifications.smtp.transport.password", "oauth.clientSecret")
PATH = "/system-config"

# The leaves to which the codec of another leaf is added where they lack it.
CODECS = {"ffmpeg.acceptedVideoCodecs": "ffmpeg.targetVideoCodec", "ffmpeg.acceptedAudioCodecs": "ffmpeg.targetAudioCodec"}

# Read in the source of 3.1.0. Those with a switch count only while it is on.
URLS = (
    "server.externalDomain",
    "map.lightStyle",
    "map.darkStyle",
    "oauth.issuerUrl",
    "oauth.endSessionEndpoint",
    "oauth.mobileRedirectUri",
)
SWITCHES_OF_URLS = {"oauth.mobileRedirectUri": "oauth.mobileOverrideEnabled"}

GUARDED = {
    "machineLearning.clip.modelName": "with another model Immich deletes everything that the search has learned of all photos, and does "
    "not start to learn again by itself"
}

# What acts on new files only, and the queue that brings it to the old ones: the beginning of a leaf's name, the queue, whether all of
# them have to be done again. Read in the server's services; nothing of this is queued by Immich itself.
FOLLOW_UP = (
    ("image.", "thumbnailGeneration", True),
    ("storageTemplate.", "storageTemplateMigration", False),
    ("ffmpeg.", "videoConversion", True),
    ("machineLearning.clip.", "smartSearch", True),
    ("machineLearning.facialRecognition.modelName", "faceDetection", True),
    ("machineLearning.ocr.modelName", "ocr", True),
)


_PREFIXES = tuple(prefix for prefix, _queue, _everything in FOLLOW_UP)
_LOSES_FACES = ("faceDetection", "start_all")  # a queue and its command


def origin(url: str) -> str:
    """What Immich keeps of `server.externalDomain`: no path, the host in lower case, no port that the scheme has anyway."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return url
    secret = "%s:%s@" % (parts.username, parts.password) if parts.username and parts.password else ""
    host = "[%s]" % parts.hostname if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme.lower()]
    return "%s://%s%s%s" % (parts.scheme.lower(), secret, host, "" if port in (None, usual) else ":%d" % port)


def is_url(value: str) -> bool:
    """Whether Immich takes a text as a URL, as far as it shows without a browser's parser: with a scheme, and a host if need be."""
    match = _URL.fullmatch(value.strip())
    if match is None or match["scheme"].lower() not in _SCHEMES_WITH_HOST:
        return match is not None
    try:
        parts = urlsplit("http://" + match["rest"].lstrip("/\\"))
        return bool(parts.hostname) and (parts.port or 0) >= 0 and not any(character in _NOT_IN_HOST for character in parts.hostname or "")
    except ValueError:
        return False


def _read_document(objects: ObjectCalls) -> Dict[str, Any]:
    """The document. While the configuration file is broken that fails, at once: waiting does not help where all else is answered."""
    try:
        try:
            answer: Dict[str, Any] = objects.read_one(PATH, repeatable=False)
        except errors.ServerFailure as exc:
            _wait_for_database(objects)
            answer = objects.read_one(PATH, repeatable=exc.status != 500)
    except errors.ServerFailure as exc:
        raise exc.for_configuration() from exc
    return answer


def _wait_for_database(objects: ObjectCalls) -> None:
    """Until the server answers a call that asks its database and not its configuration. Raises what the last attempt raised."""
    # What the key may not ask is refused only after the key was looked up.
    with suppress(errors.InvalidRequest, errors.PermissionDenied, errors.NotFound):
        objects.read_one("/users/me")


def rewrite(given: Dict[str, Any], found: Mapping[str, Any], defaults: Mapping[str, Any]) -> Dict[str, Any]:
    """What Immich makes of the leaves that are given."""
    stored = dict(given)
    for path, value in given.items():
        if value == "" and defaults.get(path):
            stored[path] = defaults[path]  # an empty text counts as not set
    domain = "server.externalDomain"
    if isinstance(stored.get(domain), str):
        stored[domain] = origin(stored[domain])
    for accepted, target in CODECS.items():
        codec = stored.get(target, found.get(target))
        if accepted in stored and codec not in stored[accepted]:
            stored[accepted] = [*stored[accepted], codec]
    return stored


def _check_urls(after: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Raises `InvalidRequest` for a text that Immich does not take for a URL, with which it would refuse the whole document."""
    for path in URLS:
        value = after.get(path)
        switch = SWITCHES_OF_URLS.get(path, "")
        counts = (path in changed or switch in changed) and after.get(switch, True)
        if counts and isinstance(value, str) and value and not is_url(value):
            raise errors.InvalidRequest(
                "%s must be a URL such as https://photos.example.com, or empty, not '%s'." % (path, value),
                details={"option": path},
                options=(path,),
            )


def _follow_up(changed: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The queues that bring changes to the files that are there already, each with its command, `because_of` some of the leaves."""
    follow_ups = []
    for prefix, queue, everything in FOLLOW_UP:
        paths = sorted(path for path in changed if path.startswith(prefix))
        if paths:
            follow_ups.append({"queue": queue, "command": "start_all" if everything else "start_missing", "because_of": paths})
    return follow_ups


class Config(Kind):
    """The system configuration, which is always there."""

    name, singular, plural = "config", "configuration", "configurations"
    order = 10
    fields = (
        Field(
            "config",
            api=".",
            type="dict",
            normalise=normalise.settings,
            tree=Tree(
                whole=True,
                secrets=SECRETS,
                nullable=("oauth.defaultStorageQuota",),
                sets=("ffmpeg.acceptedVideoCodecs", "ffmpeg.acceptedAudioCodecs", "ffmpeg.acceptedContainers"),
                rewrite=rewrite,
            ),
        ),
    )
    options = (
        Option("strict", type="bool", default=True),
        Option("reset", type="list", elements="str"),
        Option("replace", type="bool", default=False),
        Option("allow_reindex", type="bool", default=False),
        Option("start_follow_up", type="bool", default=False),
        Option("allow_lost_faces", type="bool", default=False),
    )
    states = (PRESENT,)
    singleton = True
    path = PATH
    scope_to_read = "systemConfig.read"
    calls: Mapping[str, Route] = {"update": Route("PUT", PATH, scope="systemConfig.update")}

    def read_all(self, objects: ObjectCalls, version: Version, wanted: Sequence[Wanted]) -> List[Dict[str, Any]]:
        """The document, with the defaults where a prediction needs them."""
        raw = _read_document(objects)
        if any(
            declared.get("reset") or declared.get("replace") or "" in declared.get("config", {}).values() or declared.get("export")
            for declared in wanted
        ):
            raw["_defaults"] = normalise.leaves(objects.read_one(PATH + "/defaults"))
        return [raw]

    def complete(self, wanted: Wanted, found: Optional[ServerObject]) -> Wanted:
        """Adds the leaves that are to have their defaults: those of `reset`, a leaf or a group each, and with `replace` all others.

        Raises `InvalidRequest` for a name that the defaults do not have.
        """
        known = found.defaults if found else {}
        defaults: Dict[str, Any] = {}
        for name in wanted.get("reset") or ():
            below = {path: value for path, value in known.items() if path == name or path.startswith(name + ".")}
            if not below:
                raise errors.InvalidRequest(
                    "reset names %s, which this version of Immich does not have." % name, details={"unknown": [name]}
                )
            defaults.update(below)
        if wanted.get("replace"):
            defaults = dict(known)
        return {**wanted, "config": {**defaults, **wanted.get("config", {})}} if defaults else wanted

    def more_scopes(self, context: Context, planned: PlannedObject) -> Dict[str, str]:
        """What is needed to start the queues that bring a change to older files."""
        starts = planned.wanted.get("start_follow_up") and any(path.startswith(_PREFIXES) for path in planned.change.after)
        return {"job.create": "start what start_follow_up names"} if starts else {}

    def check(self, context: Context, planned: PlannedObject) -> Sequence[str]:
        """Guards what deletes data, and says what cannot be known before. Raises `InvalidRequest`."""
        changed = planned.change.after
        if not changed:
            return ()
        if context.features.get("configFile"):
            raise errors.InvalidRequest(
                "The server takes its configuration from a file (IMMICH_CONFIG_FILE), and nothing else can change it: %s. Change the file."
                % ", ".join(sorted(changed)),
                details={"config_file": True},
            )
        for path, why in GUARDED.items():
            if path in changed and not planned.wanted.get("allow_reindex"):
                raise errors.InvalidRequest(
                    "%s changes: %s. Set O(allow_reindex) to true if that is meant." % (path, why), options=("allow_reindex",)
                )
        after = {**(planned.found.values["config"] if planned.found else {}), **changed}
        _check_urls(after, changed)
        warnings: List[str] = []
        smtp = [path for path in changed if path.startswith("notifications.smtp.")]
        if smtp and after.get("notifications.smtp.enabled") and context.check_mode:
            warnings.append("Immich connects to the mail server when %s changes, and refuses all changes if that fails." % ", ".join(smtp))
        return warnings + self._refuse_to_lose_faces(context, planned)

    def _refuse_to_lose_faces(self, context: Context, planned: PlannedObject) -> List[str]:
        """As `_lost_faces` does it, which says who raises what. A server without an administrator, in check mode, has no photos."""
        starts = [(job["queue"], job["command"]) for job in _follow_up(planned.change.after)]
        wanted = planned.wanted
        if _LOSES_FACES not in starts or not wanted.get("start_follow_up") or wanted.get("allow_lost_faces"):
            return []
        if not context.client.connection.key.header:
            return []
        # A run that is to stop leaves this look behind.
        return _lost_faces.refuse_to_lose_faces(context.client, lambda: None, instead=("start_follow_up", "false"))

    def finish(self, context: Context, planned: PlannedObject, object_id: Optional[str]) -> Dict[str, Any]:
        """The queues that bring a change to the files that are there already; started with `start_follow_up`."""
        follow_ups = _follow_up(planned.change.after)
        started = bool(follow_ups) and bool(planned.wanted.get("start_follow_up"))
        if started and not context.check_mode:
            for setting in follow_ups:
                context.objects.send("PUT", "/jobs/%s" % setting["queue"], {"command": "start", "force": setting["command"] == "start_all"})
        return {"follow_up": follow_ups, "follow_up_started": started} if follow_ups else {}


CONFIG = Config()


def leaves_afterwards(context: Context) -> Mapping[str, Any]:
    """The leaves of the configuration as the run leaves them. Raises `PermissionDenied` where this key may not know."""
    (config,) = context.find_all(CONFIG)
    after = [planned.change.after for planned in context.planned if planned.kind is CONFIG]
    return {**config.values["config"], **(after[0] if after else {})}


def claims_roles(context: Context) -> bool:
    """Whether a login through OAuth decides who is an administrator; false where this key may not know."""
    try:
        (config,) = context.find_all(CONFIG)
    except errors.PermissionDenied:
        return False
    oauth = config.raw.get("oauth", {})
    return bool(oauth.get("enabled") and oauth.get("roleClaim"))
