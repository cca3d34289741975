# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy in front of a server, which passes on what it is asked and may answer something else."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from support.http.answering import Answering, Reply, Seen, answering

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


def ask(url: str, request: Seen) -> Reply:
    """Sends the request to the server at `url` and returns its answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        connection.request(request.method, request.path, request.body, headers)
        answer = connection.getresponse()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _OF_THE_CONNECTION}
        return Reply(answer.status, answer.read(), kept)
    finally:
        connection.close()


@contextmanager
def forwarding(url: str, change: Callable[[Seen, Reply], Reply]) -> Iterator[Answering]:
    """Runs a proxy in front of the server at `url`. ``change(request, answer)`` gives what the client gets to see."""
    with answering(lambda request: change(request, ask(url, request))) as proxy:
        yield proxy
