# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server without a network: what it answers to the client of the modules, and to the event source."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, Self

import requests
import urllib3

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.attachments import AttachmentCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.duplicates import DuplicateCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.integrity import UNTRACKED, IntegrityCalls, OwnerCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.maintenance import MaintenanceCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.objects import ObjectCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.people import PersonCalls
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Search
from fuzz import seeds
from support.collection import ApiKey, Connection, Immich, Version
from support.ledgers import SERVER

API = SERVER + "/api"
_ID = seeds.IDS[0]


class _Adapter:
    """Stands where requests sends: each answer has this `body`."""

    def __init__(self) -> None:
        self.status, self.kind, self.body = 200, "application/json", b""

    def send(self, _prepared: object, **_settings: object) -> requests.Response:
        response = requests.Response()
        headers = {"Content-Type": self.kind, "Location": "/x"}
        response.raw = urllib3.HTTPResponse(io.BytesIO(self.body), headers, self.status, preload_content=False)
        response.status_code, response.headers = self.status, response.raw.headers  # type: ignore[assignment]  # as the product has them
        return response

    def close(self) -> None:
        """Nothing is open."""


class Client:
    """A client of a server that answers everything with the same bytes."""

    def __init__(self, version: Version) -> None:
        self._client = Immich(Connection(API, ApiKey("k"), retries=0))
        self._client.__dict__.update(version=version, permissions=["all"])  # what it would have asked for
        self._adapter = _Adapter()
        session = self._client.transport._session()
        session._adapter = session._downloads = self._adapter  # type: ignore[assignment]
        prepared = session.prepare("GET", "/x")
        session.prepare = lambda *_args, **_more: prepared  # type: ignore[method-assign]  # half of the time would go there

    def results(self, body: bytes) -> Iterator[Callable[[], object]]:
        """What each call makes of it; one that raises an `ImmichError` has refused it."""
        self._adapter.status, self._adapter.kind, self._adapter.body = 200, "application/json", body
        yield from self._calls()
        for status, kind in ((200, "text/html"), (302, "text/html"), *((status, "application/json") for status in (400, 403, 404, 500))):
            self._adapter.status, self._adapter.kind = status, kind
            yield self._client.server.features

    def _calls(self) -> Iterator[Callable[[], object]]:
        client = self._client
        duplicates, attachments, people = DuplicateCalls(client), AttachmentCalls(client), PersonCalls(client)
        integrity, owner, maintenance, objects = IntegrityCalls(client), OwnerCalls(client), MaintenanceCalls(client), ObjectCalls(client)
        yield from (client.read_version, client.server.features, client.server.media_types, client.server.storage)
        yield from (client.server.newest_version, client.server.statistics, client.server.me, client.server.user_ids)
        yield from (client.server.partner_ids, client.queues.all, client.backups.all, client.stacks.months, client.tags.all)
        yield from (client.assets.people, client.albums.mine, duplicates.groups, duplicates.links, attachments.memories)
        yield from (integrity.counts, integrity.accounts, integrity.active_users, integrity.import_paths, owner.known_original)
        yield from (maintenance.status, maintenance.is_set_up)
        yield lambda: list(client.assets.search(Search(), owners=(), people=True))
        yield lambda: list(client.assets.changed_since("2026-01-01T00:00:00.000Z"))
        yield lambda: client.assets.count(Search())
        yield lambda: client.assets.random(10)
        yield lambda: client.assets.get(_ID)
        yield lambda: client.assets.check(["0" * 40])
        yield lambda: client.albums.get(_ID)
        yield lambda: client.albums.add(_ID, [_ID])
        yield lambda: client.tags.ensure(["a/b"])
        yield lambda: client.tags.add([_ID], [_ID])
        yield lambda: client.stacks.shown("2026-01-01")
        yield lambda: client.stacks.get(_ID)
        yield lambda: client.stacks.covered_by(_ID)
        yield lambda: client.stacks.assets_of(_ID)
        yield lambda: duplicates.albums_of(_ID, _ID)
        yield lambda: attachments.memory(_ID)
        yield lambda: attachments.comments(_ID)
        yield lambda: people.faces(_ID)
        yield lambda: people.edits(_ID)
        yield lambda: people.preview_size(_ID)
        yield lambda: people.named("Anna")
        yield lambda: integrity.entries(UNTRACKED)
        yield lambda: integrity.paths_in_csv(UNTRACKED, {_ID})
        yield lambda: integrity.has_assets(_ID)
        yield lambda: owner.originals("a")
        yield lambda: objects.read_list("/x")
        yield lambda: objects.read_one("/x")


class _Polled:
    """What aiohttp gives of an answer with this body, which comes as it is."""

    status = 200

    def __init__(self, body: bytes) -> None:
        self.headers: dict[str, str] = {}
        self.content = self
        self._body = body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def iter_chunked(self, _size: int) -> AsyncIterator[bytes]:
        yield self._body


class PolledSession:
    """Stands for a session of aiohttp's. `content` has the body of each path below the API; where it has none, it is the body itself."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._bodies: dict[str, Any] = {}
        with suppress(ValueError, RecursionError):
            whole = json.loads(content)
            self._bodies = whole if isinstance(whole, dict) else {}

    def get(self, url: str, **_settings: object) -> _Polled:
        """The answer."""
        path = url.removeprefix(API)
        return _Polled(json.dumps(self._bodies[path]).encode() if path in self._bodies else self._content)
