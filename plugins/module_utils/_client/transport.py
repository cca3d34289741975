# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls to one Immich server, in check mode only those that read, with retries."""

from __future__ import annotations

import random
import re
import threading
import time
import warnings
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Tuple, TypeVar
from urllib.parse import urljoin, urlsplit

from .. import _times
from . import errors, versions, waits
from .body import Download, FileBody, FormBody
from .connection import Connection, url_problem
from .responses import Response, parse_response, read_json
from .session import RawResponse, Session
from .transport_errors import as_immich_error

if TYPE_CHECKING:
    from requests import PreparedRequest


T = TypeVar("T")

# A server that answered before is worth waiting for: with the default of four retries this spans some 40 s, the time that a
# restart of Immich takes on a small machine. One that never answered is more likely a wrong url: say so within seconds.
_KNOWN_SERVER_BASE, _KNOWN_SERVER_FACTOR = 0.5, 4.0
_NEW_SERVER_BASE, _NEW_SERVER_FACTOR = 0.25, 2.0
_LONGEST_DELAY = 30.0
_LONGEST_RETRY_AFTER = 120.0
_GROWING_RETRIES = 10  # after which the delays grow no further

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


def identity(value: T) -> T:
    """The value as it is."""
    return value


class WriteRefused(RuntimeError):
    """A call that would change the server was made by a client that may only read (check mode): a mistake in this collection."""


class Transport:
    """Sends calls to one server and returns what their answers say, or raises an `ImmichError`. Safe to use from several threads.

    With `read_only` (check mode) every call that is not marked as reading raises `WriteRefused` before it is sent.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        read_only: bool = False,
        base: Optional[str] = None,
        newest_way: Callable[[versions.ApiCall], versions.ApiCall] = identity,
    ) -> None:
        """`base` is the API's address where that is known. `newest_way` makes of a call what the server's version has in its place."""
        self.connection = connection
        self._newest_way = newest_way
        self.read_only = read_only
        self._local = threading.local()
        self._sessions: List[Session] = []
        self._sessions_lock = threading.Lock()
        self._base_lock = threading.Lock()
        self.known_base = base
        self.same_server: Optional[Transport] = None
        """Another one for the same server, which finds the API's address for both."""
        self._known_server = False
        self._server_clock: Optional[Tuple[float, float]] = None
        self._clock_read = float("-inf")
        if not connection.validate_certs:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")  # the user asked for it, once is enough

    @property
    def base(self) -> str:
        """The API's address, such as `https://photos.example.com/api`; found through `/.well-known/immich` if need be."""
        with self._base_lock:  # others wait while one thread finds it; nothing that is called in here asks for it again
            if self.known_base is None:
                self.known_base = self.same_server.base if self.same_server is not None else self._find_base()
            return self.known_base

    def call(
        self,
        method: str,
        path: str,
        *,
        parse: Callable[[Any], T],
        json: Any = None,
        query: Optional[Mapping[str, Any]] = None,
        reads: bool = False,
        repeatable: Optional[bool] = None,
    ) -> T:
        """One API call, by the newest way that the server has. `path` is what follows `/api`; the result is what `parse` makes of the JSON
        (`None` for an empty answer).

        `reads` marks a POST that changes nothing. `repeatable` says whether the call may be sent again when it is unknown
        whether it was carried out; by default reads and PUT may.
        """
        if not (reads or method == "GET"):
            self._refuse_in_check_mode(method, path)
        if repeatable is None:
            repeatable = reads or method in ("GET", "PUT")
        sent = self._newest_way(versions.ApiCall(method, path, json))

        def attempt(session: Session, _retry: int) -> T:
            response = self._send(session, sent.path, lambda: session.prepare(sent.method, sent.path, json=sent.json, query=query))
            return parse_response(response, parse)

        return self._with_retries(attempt, repeatable=repeatable)

    def change(self, method: str, path: str, *, json: Any = None, repeatable: Optional[bool] = None) -> None:
        """A call whose answer says nothing that matters."""
        self.call(method, path, parse=identity, json=json, repeatable=repeatable)

    def upload(self, new_body: Callable[[int], FormBody], headers_on_retry: Mapping[str, str], parse: Callable[[Any], T]) -> T:
        """`POST /assets`. `new_body` makes the body of an attempt (numbered from 0).

        Safe to repeat, since Immich finds equal bytes by their checksum. `headers_on_retry` go out from the second attempt on.
        """
        self._refuse_in_check_mode("POST", "/assets")

        def attempt(session: Session, retry: int) -> T:
            body = new_body(retry)
            response = self._send(session, "/assets", lambda: session.prepare_upload(body, headers_on_retry if retry else {}))
            return parse_response(response, parse)

        return self._with_retries(attempt, repeatable=True)

    def send_file(self, path: str, new_body: Callable[[], FileBody]) -> None:
        """`POST` of a form with one file, which may be sent again. `new_body` makes the body of an attempt."""
        self._refuse_in_check_mode("POST", path)

        def attempt(session: Session, _retry: int) -> None:
            body = new_body()
            read_json(self._send(session, path, lambda: session.prepare_form(path, body)))

        self._with_retries(attempt, repeatable=True)

    def receive_cookie(self, path: str, name: str, json: Any = None) -> str:
        """`POST` whose answer sets a cookie: its value. Raises `ProxyAnswer` where none of that name comes."""
        self._refuse_in_check_mode("POST", path)

        def attempt(session: Session, _retry: int) -> str:
            response = self._send(session, path, lambda: session.prepare("POST", path, json=json))
            read_json(response)
            return response.headers.get("Set-Cookie", "")

        cookies = self._with_retries(attempt, repeatable=False)
        match = re.search(r"(?:^|[,;]\s*)%s=([A-Za-z0-9._~+/=-]{1,4000})" % re.escape(name), cookies)
        if match is None:
            raise errors.ProxyAnswer(
                "The answer to POST %s has no cookie %s. A proxy in front of Immich may have removed it." % (path, name), path=path
            )
        return match.group(1)

    def download(self, path: str) -> Download:
        """`GET` of a file. Opening it is tried again as any read is; what breaks while it is read is the caller's matter."""
        return self.receive(path, identity)

    def receive(self, path: str, take: Callable[[Download], T], headers: Callable[[], Mapping[str, str]] = dict) -> T:
        """`GET` of a file: what `take` makes of its stream, which it closes.

        Opening and reading it are tried again together, as one call that reads: `headers` and `take` are then called again.
        """

        def attempt(session: Session, _retry: int) -> T:
            opened: List[Download] = []
            response = self._send(session, path, lambda: session.prepare("GET", path, headers=headers()), partial(self._open, path, opened))
            read_json(response)  # which raises for one that was not opened
            return take(opened[0])

        return self._with_retries(attempt, repeatable=True)

    @property
    def server_time(self) -> float:
        """The server's clock in seconds since the epoch, to the second, as the header `Date` of its last answer gave it.

        Where no answer had that header it is this host's clock.
        """
        if self._server_clock is None:
            return time.time()
        seconds, at = self._server_clock
        return seconds + time.monotonic() - at

    def prepare_to_connect(self) -> None:
        """Looks up what a process that is forked from this one must not. Raises `MissingLibrary` where requests is not installed."""
        self._new_session(self.connection.root, with_key=False).close()

    def close(self) -> None:
        """Closes every thread's connections."""
        with self._sessions_lock:
            for session in self._sessions:
                session.close()

    def _refuse_in_check_mode(self, method: str, path: str) -> None:
        if self.read_only:
            raise WriteRefused("%s %s in check mode" % (method, path))

    def _session(self) -> Session:
        """That of this thread."""
        session: Optional[Session] = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._new_session(self.base)
            with self._sessions_lock:
                self._sessions.append(session)
        return session

    def _new_session(self, base: str, *, with_key: bool = True) -> Session:
        try:
            return Session(self.connection, base, with_key=with_key)
        except Session.failures as exc:  # what requests does not take for an address
            raise as_immich_error(exc, base, "GET", "", self.connection, self._known_server) from None

    def _send(
        self,
        session: Session,
        path: str,
        prepare: Callable[[], PreparedRequest],
        send: Callable[[Session, PreparedRequest], RawResponse] = Session.send,
    ) -> Response:
        """One request and its answer, whatever that is."""
        method = "GET"
        try:
            prepared = prepare()
            method = str(prepared.method)
            raw = send(session, prepared)
        except session.failures as exc:
            raise as_immich_error(exc, session.base, method, path, self.connection, self._known_server) from None
        self._known_server = True
        self._set_clock(raw.headers.get("Date"))
        sent = int(prepared.headers.get("Content-Length", 0))
        return Response(method, str(prepared.url), path, *raw, sent, self.connection.key.name, self.connection.prefix)

    def _set_clock(self, date: Optional[str]) -> None:
        if time.monotonic() - self._clock_read < 1.0:
            return  # the header has no finer steps
        self._clock_read = time.monotonic()
        seconds = _times.seconds_of_http_date(date)
        # What the header says is cut to seconds: of two answers the later clock is right, unless the clock was set back.
        if seconds is not None and (self._server_clock is None or not 0.0 <= self.server_time - seconds < 2.0):
            if self._server_clock is not None and seconds < self.server_time:
                self._clock_read = float("-inf")  # or this process was stopped before it read the answer: the next one tells
            self._server_clock = (seconds, time.monotonic())

    def _open(self, path: str, opened: List[Download], session: Session, prepared: PreparedRequest) -> RawResponse:
        """Sends a request for a file. A good answer goes into `opened`, as a stream that is still to be read."""
        response = session.open(prepared)
        if isinstance(response, RawResponse):
            if 200 <= response.status < 300:
                raise errors.ServerFailure(
                    "Immich, or a proxy in front of it, answered GET %s with %d, which is not a file." % (path, response.status),
                    status=response.status,
                    method="GET",
                    path=path,
                )
            return response
        as_error = partial(as_immich_error, url=session.base, method="GET", path=path, to=self.connection, known_server=True)
        file_headers = {
            "etag": response.headers.get("ETag"),
            "last_modified": response.headers.get("Last-Modified"),
            "disposition": response.headers.get("Content-Disposition"),
        }
        opened.append(Download(response.raw, response.size, session.failures, as_error, start=response.start, **file_headers))
        return RawResponse(response.status, response.headers, b"")

    def _with_retries(self, attempt: Callable[[Session, int], T], *, repeatable: bool) -> T:
        """An API call with its retries. Raises `MaintenanceMode` where that is why there is no such route."""
        session = self._session()
        try:
            return self._retry(lambda retry: attempt(session, retry), repeatable)
        except errors.NotFound as exc:
            # In maintenance mode (2.3 and later) everything but ping, version and this page answers 404 "Cannot GET …".
            if not str(exc.details).startswith("Cannot ") or not self._is_in_maintenance(session):
                raise
            raise errors.MaintenanceMode(
                "Immich is in maintenance mode. Try again when an administrator has ended it.",
                status=exc.status,
                method=exc.method,
                path=exc.path,
                correlation_id=exc.correlation_id,
            ) from exc

    def _is_in_maintenance(self, session: Session) -> bool:
        path = "/server/config"
        response = self._send(session, path, lambda: session.prepare("GET", path))
        try:
            config = read_json(response)
        except errors.ImmichError:
            return False  # then what was wrong before is what there is to say
        return isinstance(config, dict) and config.get("maintenanceMode") is True

    def _retry(self, attempt: Callable[[int], T], repeatable: bool) -> T:
        """What an attempt returns; tried again where that may help and does no harm."""
        retry = 0
        while True:
            try:
                return attempt(retry)
            except errors.ImmichError as exc:
                may_repeat = exc.transient and (repeatable or not exc.maybe_done)
                if not may_repeat or retry >= self.connection.retries:
                    raise
                waits.sleep(delay_before(retry, known_server=self._known_server, retry_after=exc.retry_after))
            retry += 1

    def _find_base(self) -> str:
        return self.connection.root + "/api" if self.connection.names_api else self._discover()

    def _discover(self) -> str:
        """The API's address by `/.well-known/immich`; `/api` below the root where that does not tell it.

        Immich answers 404 there in maintenance mode, a proxy may hide it: what is wrong then shows at the first call.
        """
        root, path = self.connection.root, "/.well-known/immich"
        # The key is not sent before it is known that this is the place for it.
        with closing(self._new_session(root, with_key=False)) as session:

            def attempt(_retry: int) -> Optional[str]:
                response = self._send(session, path, lambda: session.prepare("GET", path))
                return parse_response(response, lambda answer: _endpoint(root, answer["api"]["endpoint"]))

            try:
                endpoint = self._retry(attempt, True)
            except (errors.ProxyAnswer, errors.NotFound, errors.PermissionDenied, errors.AuthError, errors.InvalidRequest):
                endpoint = None
        if endpoint is None:
            return root + "/api"
        if urlsplit(endpoint)[:2] == urlsplit(root)[:2]:
            return endpoint
        raise errors.RedirectRefused(
            "%s says that its API is at %s. If that is your server, set O(%surl): %s" % (root, endpoint, self.connection.prefix, endpoint),
            path=path,
            details={"location": endpoint},
            options=(self.connection.prefix + "url",),
        )


def _endpoint(root: str, answered: str) -> Optional[str]:
    endpoint = urljoin(root + "/", answered).rstrip("/")
    return None if url_problem(endpoint) else endpoint


def delay_before(retry: int, *, known_server: bool, retry_after: Optional[str] = None) -> float:
    """Seconds to wait before retry number `retry` (from 0), with jitter so that several clients do not come back at once.

    `retry_after` is the header of that name (RFC 9110, section 10.2.3: seconds or a date); it is honoured up to two minutes.
    """
    asked = _seconds_of(retry_after)
    if asked is not None:
        return min(asked, _LONGEST_RETRY_AFTER)
    base, factor = (_KNOWN_SERVER_BASE, _KNOWN_SERVER_FACTOR) if known_server else (_NEW_SERVER_BASE, _NEW_SERVER_FACTOR)
    return min(base * factor ** min(retry, _GROWING_RETRIES), _LONGEST_DELAY) * random.uniform(0.75, 1.25)


def _seconds_of(retry_after: Optional[str]) -> Optional[float]:
    if retry_after and _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    moment = _times.seconds_of_http_date(retry_after)
    return None if moment is None else max(0.0, moment - time.time())
