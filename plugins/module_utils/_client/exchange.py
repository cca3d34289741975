# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One request and its answer over a connection that urllib3 has opened, in as few system calls as it takes.

For small photos most of an upload's CPU goes into the layers between the form and the socket. Private to the collection.
"""

from __future__ import annotations

import http.client
from contextlib import suppress
from typing import Any, Iterable, List, Mapping, NamedTuple, cast

_JOIN_BELOW = 512 * 1024  # bytes: head and body go out together if the body's first block is this small


class Reply(NamedTuple):
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def head_of(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """The first lines of a request (RFC 9112, section 3), without the empty one that ends them."""
    lines: List[str] = ["%s %s HTTP/1.1" % (method, target), *("%s: %s" % header for header in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n"


def exchange(connection: Any, head: bytes, body: Iterable[bytes], timeout: float) -> Reply:
    """Sends a request and reads its answer whole. The connection is closed if it cannot be used again.

    `connection` is an open one of urllib3, `timeout` the seconds without progress. Raises OSError, `http.client.HTTPException`, and
    what the body raises; then nothing has ended the request properly.
    """
    sock = connection.sock
    try:
        sock.settimeout(timeout)
        with suppress(BrokenPipeError):  # the server has closed its side, perhaps after an answer that says why (413)
            _send(sock, head, body)
        response = http.client.HTTPResponse(sock, method="POST")
        try:
            response.begin()
            headers = cast(Mapping[str, str], response.headers)  # a message, of which only the lookup by name is used
            reply = Reply(response.status, headers, response.read())
        finally:
            response.close()
    except BaseException:
        connection.close()
        raise
    if response.will_close:
        connection.close()
    return reply


def _send(sock: Any, head: bytes, body: Iterable[bytes]) -> None:
    for block in body:
        if head and len(block) > _JOIN_BELOW:
            sock.sendall(head)
            head = b""
        sock.sendall(head + block if head else block)
        head = b""
