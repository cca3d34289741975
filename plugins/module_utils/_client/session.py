# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One thread's connection to the server. The only importer of requests."""

from __future__ import annotations

import json as json_format
import re
import time
import traceback
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple, Type, Union
from urllib.parse import urlsplit

from .._version import VERSION
from . import connection, errors, limits
from .body import FileBody, FormBody

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
    from urllib3.exceptions import HTTPError
except ImportError:
    _IMPORT_ERROR: Optional[str] = traceback.format_exc()
    _FAILURES: Tuple[Type[Exception], ...] = ()
    AuthBase = object  # type: ignore[assignment,misc]  # only so that the module can be imported and say what is missing
    HTTPAdapter = object  # type: ignore[assignment,misc]  # likewise
else:
    _IMPORT_ERROR = None
    _FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)

USER_AGENT = "photoyard.immich/" + VERSION

# No cache between here and Immich may keep an answer, or give one that it has kept (RFC 9111, sections 5.2.1.4 and 5.2.1.5): one that
# belongs to another key or is out of date could cost a photo.
_NO_CACHE = "no-cache, no-store"

# Immich closes a connection that was idle for 5 s (Node's default, observed on 1.135 to 3.1): one that may be closed while
# the next request is under way is not used again.
_REUSE_WITHIN = 3.0

_OK, _PARTIAL = 200, 206
_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:[0-9]{1,15}|\*)")  # RFC 9110, section 14.4
_NUMBER = re.compile(r"[0-9]{1,15}")


class RawResponse(NamedTuple):
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class OpenedResponse(NamedTuple):
    """A good answer of `size` bytes, if the server says so, that are still to be read, from urllib3's response in `raw`.

    They begin at byte `start` of the file.
    """

    status: int
    headers: Mapping[str, str]
    size: Optional[int]
    start: int
    raw: Any


class Session:
    """Sends requests below `base` (the API's address). What requests computes for each request again is computed once.

    It follows no redirect. Without `with_key` it sends no API key. `failures` is what making and sending a request raises.
    """

    failures = _FAILURES

    def __init__(self, to: connection.Connection, base: str, *, with_key: bool = True) -> None:
        """Raises `MissingLibrary` where requests is not installed, `InvalidRequest` where the environment names a proxy that cannot be."""
        if _IMPORT_ERROR is not None:
            raise errors.MissingLibrary("requests", _IMPORT_ERROR)
        session = requests.Session()
        session.auth = _KeyAuth(to.key) if with_key else None
        session.headers.update({"User-Agent": USER_AGENT, **to.headers, "Accept-Encoding": "gzip, deflate", "Cache-Control": _NO_CACHE})
        # A cookie (a proxy's, say) would win over the key at Immich, and fail.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._settings: Dict[str, Any] = dict(_environment_settings(to.root, to.verify, to.cert))
        self._settings["timeout"] = (to.timeout, to.timeout)
        session.trust_env = False
        self._requests = session
        self._adapter = _ServerAdapter(to.timeout * limits.ANSWER_TIMEOUT_FACTOR, files=False)
        self._downloads = _ServerAdapter(to.timeout * limits.ANSWER_TIMEOUT_FACTOR, files=True)
        self.base = base
        self._last_sent = self._last_opened = time.monotonic()
        self._upload = self.prepare("POST", "/assets")
        self._upload_headers = self._upload.headers

    def prepare(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, str]] = None,
    ) -> requests.PreparedRequest:
        """A request for `path` below the base. Raises `InvalidRequest` for a text that cannot be sent, else one of `failures`."""
        request = requests.Request(method, self.base + path, params=query, headers=headers)
        if json is not None:
            request.data, request.headers = _encoded(json), {"Content-Type": "application/json"}
        return self._requests.prepare_request(request)

    def prepare_upload(self, body: FormBody, headers: Mapping[str, str]) -> requests.PreparedRequest:
        """`POST /assets`, good until the next one is prepared: making one from nothing costs as much as sending a small file."""
        prepared = self._upload
        prepared.headers = self._upload_headers.copy()
        prepared.headers.update({"Content-Type": body.content_type, "Content-Length": str(len(body)), **headers})
        prepared.body = body  # type: ignore[assignment]  # an iterable with a length, which requests passes on as it is
        return prepared

    def prepare_form(self, path: str, body: FileBody) -> requests.PreparedRequest:
        """`POST` of a form with one file."""
        prepared = self.prepare("POST", path)
        prepared.headers.update({"Content-Type": body.content_type, "Content-Length": str(len(body))})
        prepared.body = body  # type: ignore[assignment]  # an iterable with a length, which requests passes on as it is
        return prepared

    def send(self, prepared: requests.PreparedRequest) -> RawResponse:
        """Sends a request and reads its answer whole. Raises one of `failures`, or what an upload's body raises."""
        if time.monotonic() - self._last_sent > _REUSE_WITHIN:
            self._adapter.close()  # drops the pooled connections; the adapter stays usable
        try:
            return _read(self._adapter.send(prepared, **self._settings))
        finally:
            self._last_sent = time.monotonic()

    def open(self, prepared: requests.PreparedRequest) -> Union[OpenedResponse, RawResponse]:
        """Sends a request for a file: a good answer is left to be read, any other is read whole.

        Raises one of `failures`.
        """
        if time.monotonic() - self._last_opened > _REUSE_WITHIN:
            self._downloads.close()
        prepared.headers["Accept-Encoding"] = "identity"  # the very bytes
        try:
            response = self._downloads.send(prepared, **self._settings)
            start = _start_of(response)
            if start is not None:
                length = response.headers.get("Content-Length", "")
                size = int(length) if _NUMBER.fullmatch(length) else None
                return OpenedResponse(response.status_code, response.headers, size, start, response.raw)
            return _read(response)
        finally:
            self._last_opened = time.monotonic()

    def close(self) -> None:
        """Closes the connections."""
        self._adapter.close()
        self._downloads.close()


def _start_of(response: requests.Response) -> Optional[int]:
    """At which byte of the file a good answer begins; None for any other."""
    if response.status_code == _PARTIAL:
        match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        return int(match.group(1)) if match else None
    return 0 if response.status_code == _OK else None


def _read(response: requests.Response) -> RawResponse:
    content = limits.read_content(response.headers, response.iter_content, response.raw.close)
    return RawResponse(response.status_code, response.headers, content)


@lru_cache(maxsize=None)
def _environment_settings(root: str, verify: Union[bool, str], cert: Union[str, Tuple[str, str], None]) -> Mapping[str, Any]:
    """What requests makes of the environment (proxies, certificates) for one server.

    Computed once, and not in a process that was forked: macOS keeps proxies where a forked process must not look.
    Raises `InvalidRequest` for a proxy that cannot be one.
    """
    settings = requests.Session().merge_environment_settings(root, {}, False, verify, cert)
    proxy = requests.utils.select_proxy(root, settings["proxies"])
    if proxy:
        connection.check_proxy(connection.proxy_variable(urlsplit(root).scheme), proxy)
    return settings


def _encoded(json: Any) -> bytes:
    try:
        return json_format.dumps(json, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as exc:
        raise errors.InvalidRequest(
            "%s contains half of a surrogate pair, which Immich cannot store." % ascii(exc.object[exc.start : exc.end])
        ) from None


class _KeyAuth(AuthBase):
    """Sends the key. As an auth object it also keeps requests from looking for credentials in `.netrc`."""

    def __init__(self, key: connection.ApiKey) -> None:
        self._headers = key.headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class _ServerAdapter(HTTPAdapter):
    """For requests to one server with the same settings: its pool of connections is looked up once, and cookies are not looked for.

    An answer must be whole within `seconds`; see `limits.with_deadline`.
    """

    def __init__(self, seconds: float, *, files: bool) -> None:
        super().__init__()
        self._seconds = seconds
        self._files = files
        self._pool: Any = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool of connections, for requests 2.32 and later."""
        return self._get_pool(super().get_connection_with_tls_context, *args, **kwargs)

    def get_connection(self, *args: Any, **kwargs: Any) -> Any:
        """The same for older versions of requests."""
        return self._get_pool(super().get_connection, *args, **kwargs)

    def _get_pool(self, look_up: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            self._pool = look_up(*args, **kwargs)
            self._pool.ConnectionCls = limits.with_deadline(self._pool.ConnectionCls, self._seconds, files=self._files)
        return self._pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """An answer with its status and headers, and the content still to be read."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = resp.headers  # urllib3's do not mind the case of names either
        response.raw = resp
        return response

    def close(self) -> None:
        """Closes the connections; new ones are made when they are needed."""
        self._pool = None
        super().close()
