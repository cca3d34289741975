# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Uploads over the connections of a requests session, past what requests does around each call.

What requests and urllib3 add to a call (hooks, cookies, redirects, a response with its history) costs more CPU than the rest of
sending a small photo, and an upload needs none of it. Connections, TLS and proxies stay theirs. Private to the collection.
"""

from __future__ import annotations

import http.client
import queue
import socket
from typing import Any, Dict, Mapping, Optional
from urllib.parse import urlsplit

from .body import FormBody
from .exchange import Reply, exchange, head_of


class Direct:
    """Sends one prepared request again and again, each time with another body.

    Not `possible` with a requests older than 2.32, which has no public way to its connections.
    """

    def __init__(self, session: Any, prepared: Any, settings: Mapping[str, Any]) -> None:
        self._prepared = prepared
        self._settings = settings
        self._adapter = session.get_adapter(prepared.url)
        self._headers: Dict[str, str] = {_text(name): _text(value) for name, value in prepared.headers.items() if name != "Content-Length"}
        self._headers["Accept-Encoding"] = "identity"  # answers are too short to gain by it
        if "Host" not in prepared.headers:
            self._headers["Host"] = urlsplit(prepared.url).netloc
        self._pool: Optional[Any] = None
        self.possible = hasattr(self._adapter, "get_connection_with_tls_context")

    def forget(self) -> None:
        """The session's connections were closed."""
        self._pool = None

    def send(self, body: FormBody, headers: Mapping[str, str]) -> Reply:
        """Sends the request with this body; raises the exceptions of urllib3."""
        if self._pool is None:
            self._find_pool()
        every = {**self._headers, "Content-Type": body.content_type, "Content-Length": str(len(body)), **headers}
        connection = self._open_connection()
        if connection is None:
            return self._with_urllib3(body, every)
        try:
            return exchange(connection, head_of("POST", self._url, every) + b"\r\n", body, self._timeout.read_timeout)
        except (OSError, http.client.HTTPException) as exc:
            raise self._as_of_urllib3(exc) from exc
        finally:
            self._pool.pool.put(connection)  # type: ignore[union-attr]  # found above; urllib3 opens again what is closed

    def _find_pool(self) -> None:
        from urllib3.util.connection import is_connection_dropped

        self._is_dropped = is_connection_dropped
        proxies = self._settings["proxies"]
        self._pool = self._adapter.get_connection_with_tls_context(
            self._prepared, self._settings["verify"], proxies=proxies, cert=self._settings["cert"]
        )
        self._url = self._adapter.request_url(self._prepared, proxies)
        connect, read = self._settings["timeout"]
        self._timeout = self._pool.timeout.__class__(connect=connect, read=read)

    def _open_connection(self) -> Optional[Any]:
        """A connection that is open and was idle; None where urllib3 has to open one, or has its own words for a proxy."""
        pool: Any = self._pool
        if pool.proxy is not None:
            return None
        try:
            connection = pool.pool.get_nowait()
        except queue.Empty:
            return None
        if connection is not None and not self._is_dropped(connection):
            return connection
        pool.pool.put(connection)
        return None

    def _with_urllib3(self, body: FormBody, headers: Mapping[str, str]) -> Reply:
        answer = self._pool.urlopen(  # type: ignore[union-attr]  # found in send
            "POST",
            self._url,
            body=body,
            headers=headers,
            redirect=False,
            assert_same_host=False,
            retries=False,
            timeout=self._timeout,
        )
        return Reply(answer.status, answer.headers, answer.data)

    def _as_of_urllib3(self, exc: Exception) -> Exception:
        from urllib3.exceptions import ProtocolError, ReadTimeoutError

        if isinstance(exc, socket.timeout):
            return ReadTimeoutError(self._pool, self._url, "Read timed out.")  # type: ignore[arg-type]  # found in send
        return ProtocolError("Connection aborted.", exc)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
