# SPDX-FileCopyrightText: Copyright 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+
# (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The event source `immich_server`.

ansible-rulebook runs this file alone, so it imports nothing of the collection.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import ssl
import sys
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

DOCUMENTATION = r"""
---
short_description: Tell how an Immich server is doing
description:
  - Asks an Immich server again and again, and sends an event each time that says whether it
    answers, its version, how full its disk is, and what its background queues are doing. Use the
    filter C(photoyard.immich.only_changes) to see only events in which something has changed.
  - Without an API key, only C(status), C(version) and what belongs to them is known. The disk needs
    a key with the scope C(server.storage), the queues an administrator's key with the scope
    C(queue.read) (Immich 2.4 and later) or C(job.read).
  - A server that does not answer, and a key that is refused, do not end the source. The event says
    so in C(status), C(error_kind) and C(error). Parts that need a key that was refused are asked
    for less and less often, at least every 15 minutes.
version_added: 1.0.0
options:
  url:
    description:
      - Address of the Immich server, such as V(https://photos.example.com), with or without
        V(/api). Redirects are not followed.
      - Required, unless it is set in the environment variable E(IMMICH_URL) or
        E(IMMICH_INSTANCE_URL) of ansible-rulebook.
    type: str
  api_key:
    description:
      - API key. If it is not given, the environment variable E(IMMICH_ADMIN_API_KEY) is used, and
        E(IMMICH_API_KEY) if that is not set either. Prefer the environment, which the playbooks of
        this collection read as well.
    type: str
  verify_ssl:
    description:
      - Whether the server's TLS certificate must be valid.
    type: bool
    default: true
  cafile:
    description:
      - File with the certificate authorities to trust, for a server whose certificate comes from a
        private authority.
    type: str
  timeout:
    description:
      - After how many seconds without a complete answer a request is given up.
    type: float
    default: 30
  delay:
    description:
      - How many seconds to wait between two polls, more than 0.
    type: float
    default: 30
  queues:
    description:
      - The queues whose jobs are counted in C(waiting), by their names in Immich's API. The default
        is what an upload sets off.
      - Paused queues are reported whether they are listed here or not.
    type: list
    elements: str
    default: [metadataExtraction, storageTemplateMigration, thumbnailGeneration, smartSearch,
      faceDetection, ocr, videoConversion, duplicateDetection, facialRecognition]
  storage_threshold:
    description:
      - From how many per cent on the disk counts as too full.
    type: float
    default: 90
  queue_threshold:
    description:
      - From how many jobs on the queues count as too long.
    type: int
    default: 10000
  pause_threshold:
    description:
      - From how many seconds on a queue counts as paused for too long.
      - Immich does not say since when a queue is paused, so it is counted from the poll that first
        saw it.
    type: float
    default: 1800
notes:
  - The event is C(immich_server), a dictionary. A value that is not known is left out.
  - C(url), C(status) (V(up), V(maintenance) or V(down)), C(error_kind) and C(error) are always
    there. C(error_kind) is empty, or one of V(unreachable), V(timeout), V(tls), V(redirect),
    V(auth), V(permission), V(server) and V(answer).
  - C(version) and C(version_changed) (true in one event, which has C(previous_version) too) are
    there while the server answers.
  - C(storage_used_percent), C(storage_free_bytes), C(storage_over) and C(storage_over_changed)
    (true in one event).
  - C(waiting) (jobs that run or wait, including those in paused queues), C(drained) (true in one
    event, when jobs had been waiting and none were left in two polls running) and
    C(queue_too_long).
  - C(paused) (how many queues), C(paused_queues) (their names), C(paused_for) (seconds, the
    longest) and C(paused_too_long).
"""

EXAMPLES = r"""
- name: Tell me when Immich goes down
  hosts: localhost
  sources:
    - photoyard.immich.immich_server:
        url: https://photos.example.com
        delay: 60
      filters:
        - photoyard.immich.only_changes:
            keys: [immich_server.status]
  rules:
    - name: Immich is down
      condition: event.immich_server.status == "down"
      action:
        debug:
          msg: "{{ event.immich_server.error }}"
"""

LOGGER = logging.getLogger("photoyard.immich.immich_server")

Event = dict[str, Any]
Answer = Any  # JSON

UPLOAD_CHAIN = (
    "metadataExtraction",
    "storageTemplateMigration",
    "thumbnailGeneration",
    "smartSearch",
    "faceDetection",
    "ocr",
    "videoConversion",
    "duplicateDetection",
    "facialRecognition",
)
"""The queues that an upload sets off."""

_ADDED_BY_RULEBOOK = "eda_feedback_queue"
_LONGEST = 31622400  # seconds
_LARGEST_ANSWER = 1 << 20  # bytes; all queues of Immich 3.1 are 4 KB
_LARGEST_NUMBER = 1 << 53
_MOST_QUEUES = 200
_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SLOWEST_RETRY = 900.0  # seconds
_HAS_QUEUES = (2, 4)
_EMPTY_POLLS = 2
_KEY_REFUSED, _SCOPE_REFUSED = 401, 403
_WHOLE_DISK = 100  # per cent
#: What aiohttp raises: it is Python's own TimeoutError only from 3.11 on.
_TIMEOUT = asyncio.TimeoutError

_REFUSED = ("auth", "permission")
_ANSWERS = (*_REFUSED, "answer", "redirect")
"""Kinds of trouble with which the server is up all the same, once its version is known."""


class Options(NamedTuple):
    """The arguments; times in seconds. `base` is the address of the API."""

    base: str
    key: str
    tls: ssl.SSLContext | bool
    timeout: float
    delay: float
    queues: Sequence[str]
    storage_threshold: float
    queue_threshold: float
    pause_threshold: float

    @classmethod
    def of(cls, args: Mapping[str, Any], environment: Mapping[str, str]) -> Options:
        """Read the arguments, and what the environment says in their place.

        Raises `ValueError` that says which one is wrong, and how. It never quotes a key.
        """
        unknown = sorted(set(args) - set(_ARGUMENTS) - {_ADDED_BY_RULEBOOK})
        if unknown:
            known = ", ".join(_ARGUMENTS)
            message = f"immich_server has no argument {', '.join(unknown)}. It has {known}."
            raise ValueError(message)
        queues = args.get("queues", list(UPLOAD_CHAIN))
        is_list = isinstance(queues, list) and all(isinstance(name, str) for name in queues)
        if not queues or not is_list:
            message = "queues must be a list of names of queues."
            raise ValueError(message)
        urls = (
            args.get("url"),
            environment.get("IMMICH_URL"),
            environment.get("IMMICH_INSTANCE_URL"),
        )
        keys = (
            args.get("api_key"),
            environment.get("IMMICH_ADMIN_API_KEY"),
            environment.get("IMMICH_API_KEY"),
        )
        return cls(
            _base(next(filter(None, urls), None)),
            _key(next(filter(None, keys), "")),
            _tls(args.get("cafile"), verify=args.get("verify_ssl", True)),
            _number(args, "timeout", 30, 0.01, _LONGEST),
            _number(args, "delay", 30, 0.01, _LONGEST),
            queues,
            _number(args, "storage_threshold", 90, 0, _WHOLE_DISK),
            _number(args, "queue_threshold", 10000, 1, _LARGEST_NUMBER),
            _number(args, "pause_threshold", 1800, 0, _LONGEST),
        )


_ARGUMENTS = (
    "url",
    "api_key",
    "verify_ssl",
    "cafile",
    "timeout",
    "delay",
    "queues",
    "storage_threshold",
    "queue_threshold",
    "pause_threshold",
)


def _base(url: object) -> str:
    """Return the API's address."""
    if not url:
        message = (
            "url is missing. Give the address of Immich as url, "
            "or in the environment as IMMICH_URL."
        )
        raise ValueError(message)
    if not isinstance(url, str) or not _can_be_asked(url):
        message = (
            "url must look like https://photos.example.com, without a user name or password in it."
        )
        raise ValueError(message)
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix("/api")
    return f"{parts.scheme}://{parts.netloc}{path}/api"


def _can_be_asked(url: str) -> bool:
    if not url.isprintable() or " " in url or max(url) > "\uffff":
        return False
    try:
        parts = urlsplit(url)
        is_of_host = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
    return is_of_host and parts.scheme in ("http", "https")


def _key(key: object) -> str:
    if not isinstance(key, str) or not key.isascii() or not key.isprintable() or " " in key:
        message = "The API key has characters that no key has, such as a line break or a space."
        raise ValueError(message)
    return key


def _tls(cafile: str | None, *, verify: object) -> ssl.SSLContext | bool:
    """Return what aiohttp calls `ssl`."""
    if verify is not True and verify is not False:
        message = "verify_ssl must be true or false."
        raise ValueError(message)
    if not verify or not cafile:
        return verify is True
    try:
        return ssl.create_default_context(cafile=cafile)
    except (OSError, TypeError, ValueError):  # an SSLError is an OSError
        message = "cafile must be a file that can be read, with certificates in PEM format."
        raise ValueError(message) from None


def _number(args: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = args.get(name, default)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        message = f"{name} must be a number from {least} to {most}."
        raise ValueError(message)
    return float(value) if isinstance(value, float) else int(value)


class UnknownError(Exception):
    """Why something is not known: `kind` for rules, and the message for people."""

    def __init__(self, message: str, kind: str) -> None:
        """Take both."""
        super().__init__(message)
        self.kind = kind


class Api:
    """One server, asked with GET only."""

    def __init__(self, options: Options, session: aiohttp.ClientSession) -> None:
        """Ask nothing yet."""
        self._base = options.base
        self._key = options.key
        self._session = session
        self._settings: dict[str, Any] = {
            "ssl": options.tls,
            "proxy": _proxy(options.base),
            "allow_redirects": False,
        }

    async def get(self, path: str, *, with_key: bool = False) -> Answer:
        """Return the answer to `path`. Raises `UnknownError`."""
        headers = {"x-api-key": self._key} if with_key else {}
        url = self._base + path
        try:
            async with self._session.get(url, headers=headers, **self._settings) as answer:
                _check_status(answer.status, answer.headers.get("Location", ""), path)
                body = await _body_of(answer.content)
        except _TIMEOUT:
            message = "Immich does not answer in time."
            raise UnknownError(message, "timeout") from None
        except (aiohttp.ClientSSLError, ssl.SSLError):
            message = (
                "The server's TLS certificate is not valid for this address. "
                "For a private authority, name its file in cafile."
            )
            raise UnknownError(message, "tls") from None
        except aiohttp.ClientConnectorError as error:
            reason = error.os_error.strerror or "no connection"
            message = f"Immich cannot be reached: {reason}."
            raise UnknownError(message, "unreachable") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            message = f"The connection to Immich failed ({type(error).__name__})."
            raise UnknownError(message, "unreachable") from None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            message = f"What answers at this address is not Immich: it sends no JSON for {path}."
            raise UnknownError(message, "answer") from None


def _proxy(base: str) -> str | None:
    """Return the environment's proxy.

    aiohttp would read credentials from .netrc too, which Immich takes for a wrong key.
    """
    parts = urlsplit(base)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _check_status(status: int, location: str, path: str) -> None:
    if status == HTTPStatus.OK:
        return
    kind = "server" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "answer"
    message = f"Immich answered {path} with status {status}."
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        kind = "redirect"
        is_shown = location.isascii() and location.isprintable() and "@" not in location
        shown = (location[:200] if is_shown else "") or "another address"
        message = f"The server redirects to {shown}. Use the address that it leads to as url."
    elif status == _KEY_REFUSED:
        kind, message = "auth", "Immich does not accept the API key."
    elif status == _SCOPE_REFUSED:
        kind = "permission"
        message = (
            f"The API key may not read {path}: "
            "it must be an administrator's and have the scope for it."
        )
    raise UnknownError(message, kind)


async def _body_of(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            message = "What answers at this address is not Immich: its answer is too large."
            raise UnknownError(message, "answer")
    return bytes(body)


def _whole(number: object) -> int:
    if (
        isinstance(number, bool)
        or not isinstance(number, int)
        or not 0 <= number <= _LARGEST_NUMBER
    ):
        raise ValueError
    return number


def _per_cent(value: float | str) -> float:
    percent = float(value)
    if not 0 <= percent <= _WHOLE_DISK:
        raise ValueError
    return percent


class Queue(NamedTuple):
    """One background queue; `waiting` counts all its jobs, those included that run."""

    name: str
    paused: bool
    waiting: int


def _queue(name: object, counts: Mapping[str, Any], *, paused: object) -> Queue:
    if not isinstance(name, str) or not _QUEUE_NAME.fullmatch(name) or not isinstance(paused, bool):
        raise ValueError
    # the jobs of a paused queue are counted as `paused`
    kinds = ("active", "waiting", "paused", "delayed")
    return Queue(name, paused, sum(_whole(counts[kind]) for kind in kinds))


def _queues(answer: list[Any] | dict[str, Any]) -> list[Queue]:
    """Return the queues in an answer of `/queues` (a list) or `/jobs` (a dictionary)."""
    if len(answer) > _MOST_QUEUES:
        raise ValueError
    if isinstance(answer, dict):
        return [
            _queue(name, queue["jobCounts"], paused=queue["queueStatus"]["isPaused"])
            for name, queue in answer.items()
        ]
    return [
        _queue(queue["name"], queue["statistics"], paused=queue["isPaused"]) for queue in answer
    ]


class Server:
    """What is known of one server from one poll to the next."""

    def __init__(self, options: Options, api: Api) -> None:
        """Begin with a server of which nothing is known."""
        self._options = options
        self._api = api
        self._version: tuple[int, ...] = ()
        self._paused_since: dict[str, float] = {}
        self._storage_over: bool | None = None
        self._had_jobs = False
        self._empty_polls = 0
        self._refusals: dict[str, tuple[UnknownError, float, float]] = {}
        self._error = ""

    async def poll(self) -> Event:
        """Ask the server, and return the event."""
        url = self._options.base.removesuffix("/api")
        event: Event = {"url": url, "status": "up", "error_kind": "", "error": ""}
        try:
            event.update(self._describe_version(await self._api.get("/server/version")))
            config = await self._api.get("/server/config")
            if isinstance(config, dict) and config.get("maintenanceMode") is True:
                event["status"] = "maintenance"
        except UnknownError as error:
            self._add_error(event, error)
            event["status"] = "down"
        if event["status"] == "up" and self._options.key:
            await self._add(event, "storage", self._storage)
            await self._add(event, "queues", self._queues)
        self._log(event)
        return event

    async def _add(self, event: Event, part: str, ask: Callable[[], Awaitable[Event]]) -> None:
        """Add what `ask` finds out.

        After a refusal it is asked again only after a while, which doubles each time.
        """
        if event["status"] != "up" or event["error_kind"] == "auth":
            return
        now = time.monotonic()
        refusal, again, pause = self._refusals.get(part, (None, 0.0, self._options.delay))
        if refusal is not None and now < again:
            self._add_error(event, refusal)
            return
        try:
            event.update(await ask())
            self._refusals.pop(part, None)
        except UnknownError as error:
            self._add_error(event, error)
            if error.kind in _REFUSED:
                pause = min(2 * pause, max(_SLOWEST_RETRY, self._options.delay))
                self._refusals[part] = (error, now + pause, pause)
            elif error.kind not in _ANSWERS:
                event["status"] = "down"

    @staticmethod
    def _add_error(event: Event, error: UnknownError) -> None:
        event["error_kind"], event["error"] = error.kind, str(error)

    def _describe_version(self, answer: Mapping[str, Any]) -> Event:
        try:
            version = tuple(_whole(answer[part]) for part in ("major", "minor", "patch"))
        except (KeyError, TypeError, ValueError):
            message = "What answers at this address is not Immich: it does not tell its version."
            raise UnknownError(message, "answer") from None
        before, self._version = self._version, version
        if not before or before == version:
            return {"version": _dotted(version), "version_changed": False}
        return {
            "version": _dotted(version),
            "version_changed": True,
            "previous_version": _dotted(before),
        }

    async def _storage(self) -> Event:
        answer = await self._api.get("/server/storage", with_key=True)
        try:
            percent = _per_cent(answer["diskUsagePercentage"])
            free = _whole(answer["diskAvailableRaw"])
        except (KeyError, OverflowError, TypeError, ValueError):
            message = "Immich's answer about its disk is not understood."
            raise UnknownError(message, "answer") from None
        before, self._storage_over = self._storage_over, percent >= self._options.storage_threshold
        return {
            "storage_used_percent": round(percent, 1),
            "storage_free_bytes": free,
            "storage_over": self._storage_over,
            "storage_over_changed": before is not None and before != self._storage_over,
        }

    async def _queues(self) -> Event:
        answer = await self._api.get(
            "/queues" if self._version >= _HAS_QUEUES else "/jobs",
            with_key=True,
        )
        try:
            return self.judge(_queues(answer), time.monotonic())
        except (AttributeError, KeyError, TypeError, ValueError):
            message = "Immich's answer about its queues is not understood."
            raise UnknownError(message, "answer") from None

    def judge(self, queues: Sequence[Queue], now: float) -> Event:
        """Return what these queues mean at the moment `now`.

        It is in seconds of a clock that is never set.
        """
        waiting = sum(queue.waiting for queue in queues if queue.name in self._options.queues)
        self._empty_polls = 0 if waiting else self._empty_polls + 1
        drained = self._had_jobs and self._empty_polls >= _EMPTY_POLLS
        self._had_jobs = bool(waiting) or (self._had_jobs and not drained)
        paused = [queue.name for queue in queues if queue.paused]
        self._paused_since = {name: self._paused_since.get(name, now) for name in paused}
        paused_for = max((now - since for since in self._paused_since.values()), default=0.0)
        return {
            "waiting": waiting,
            "drained": drained,
            "queue_too_long": waiting >= self._options.queue_threshold,
            "paused": len(paused),
            "paused_queues": paused,
            "paused_for": int(paused_for),
            "paused_too_long": bool(paused) and paused_for >= self._options.pause_threshold,
        }

    def _log(self, event: Event) -> None:
        """Log a line when an error begins, changes or ends."""
        if event["error"] != self._error:
            LOGGER.warning(
                "%s: %s",
                event["url"],
                event["error"] or "Immich answers again, and accepts the key.",
            )
            self._error = event["error"]


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


async def main(queue: asyncio.Queue[Event], args: dict[str, Any]) -> None:
    """Ask the server until it is cancelled. Raises `ValueError` for a wrong argument."""
    options = Options.of(args, os.environ)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            keepalive_timeout=3,
        ),  # Immich closes a connection that was idle for 5 s
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # what it makes of an answer would have no bound
        headers={"Accept-Encoding": "identity", "User-Agent": "photoyard.immich/event-source"},
        timeout=aiohttp.ClientTimeout(total=options.timeout),
    )
    async with session:
        server = Server(options, Api(options, session))
        while True:
            await queue.put({"immich_server": await server.poll()})
            await asyncio.sleep(options.delay)


if __name__ == "__main__":

    class PrintingQueue(asyncio.Queue[Event]):
        """Shows the events, for a try without ansible-rulebook."""

        async def put(self, item: Event) -> None:
            """Show an event."""
            sys.stdout.write(f"{item}\n")

    asyncio.run(main(PrintingQueue(), json.loads(sys.argv[1])))
