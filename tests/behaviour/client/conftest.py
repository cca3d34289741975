# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from support.collection import ApiKey, Connection, Immich

Connect = Callable[..., Immich]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long the pauses would be is tested on its own."""
    monkeypatch.setattr("ansible_collections.photoyard.immich.plugins.module_utils._client.waits.sleep", lambda _seconds: None)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A factory of clients that are closed with the test: ``connect(url, key, read_only=False, **connection options)``."""
    with ExitStack() as stack:

        def build(url: str, api_key: str = "the-key", *, read_only: bool = False, **options: Any) -> Immich:
            client = Immich(Connection(url, ApiKey(api_key), **{"timeout": 5.0, **options}), read_only=read_only)
            stack.callback(client.close)
            return client

        yield build
