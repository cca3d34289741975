# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Uploads over the connections of a requests session, past what requests does around each call.

What requests adds to a call (hooks, cookies, redirects, a response with its history) costs as much CPU as the rest of sending a
small photo, and an upload needs none of it. Connections, TLS and proxies stay those of requests. Private to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional

from .body import FormBody


class Reply(NamedTuple):
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Direct:
    """Sends one prepared request again and again, each time with another body.

    Not `possible` with a requests older than 2.32, which has no public way to its connections.
    """

    def __init__(self, session: Any, prepared: Any, settings: Mapping[str, Any]) -> None:
        self._prepared = prepared
        self._settings = settings
        self._adapter = session.get_adapter(prepared.url)
        self._headers: Dict[str, str] = {name: value for name, value in prepared.headers.items() if name != "Content-Length"}
        self._pool: Optional[Any] = None
        self.possible = hasattr(self._adapter, "get_connection_with_tls_context")

    def forget(self) -> None:
        """The session's connections were closed."""
        self._pool = None

    def send(self, body: FormBody, headers: Mapping[str, str]) -> Reply:
        """Sends the request with this body; raises the exceptions of urllib3."""
        if self._pool is None:
            proxies = self._settings["proxies"]
            self._pool = self._adapter.get_connection_with_tls_context(
                self._prepared, self._settings["verify"], proxies=proxies, cert=self._settings["cert"]
            )
            self._url = self._adapter.request_url(self._prepared, proxies)
            connect, read = self._settings["timeout"]
            self._timeout = self._pool.timeout.__class__(connect=connect, read=read)
        answer = self._pool.urlopen(
            self._prepared.method,
            self._url,
            body=body,
            headers={**self._headers, "Content-Type": body.content_type, "Content-Length": str(len(body)), **headers},
            redirect=False,
            assert_same_host=False,
            retries=False,
            timeout=self._timeout,
        )
        return Reply(answer.status, answer.headers, answer.data)
