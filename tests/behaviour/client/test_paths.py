# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An id or name that would lead to another route is refused before anything is sent."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints import albums, assets, queues, stacks
from immich_emulator.testing import Emulator
from support.collection import Immich, errors

from .conftest import Connect

GOOD = "2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8"
BAD = ["", "..", f"../users/{GOOD}", f"{GOOD}/../..", f"{GOOD}?x=1", GOOD[:-1], f"{GOOD}\n", "é" * 36]

QUEUE_NAMES = {("set_paused", "name"), ("command", "name")}
IN_PATHS = {"album_id", "asset_id", "stack_id", "still_id", "video_id"}
OTHERS: dict[str, Any] = {"users": [], "asset_ids": [GOOD], "about": {}, "order": "asc", "take": len, "paused": True, "command": "pause"}


def required(method: Callable[..., Any]) -> list[str]:
    """The names of the parameters that a call must have."""
    return [one.name for one in inspect.signature(method).parameters.values() if one.default is inspect.Parameter.empty]


def calls_with_ids() -> Iterator[tuple[str, str, str]]:
    """The group, the method and the parameter of each call with an id that is, or may be, in its path."""
    for module in (albums, assets, queues, stacks):
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__name__.endswith("Calls") and kind.__module__ == module.__name__:
                for name, method in inspect.getmembers(kind, inspect.isfunction):
                    for parameter in required(method):
                        if not name.startswith("_") and (parameter in IN_PATHS or (name, parameter) in QUEUE_NAMES):
                            yield module.__name__.rpartition(".")[2], name, parameter


CALLS = list(calls_with_ids())


def call(client: Immich, group: str, name: str, given: dict[str, str]) -> None:
    method: Callable[..., Any] = getattr(getattr(client, group), name)
    method(**{one: given.get(one, OTHERS.get(one, GOOD)) for one in required(method)})


def test_calls_with_ids_are_found_in_all_groups() -> None:
    assert {group for group, _name, _parameter in CALLS} == {"albums", "assets", "queues", "stacks"}
    assert len(CALLS) >= 16


@pytest.mark.parametrize(("group", "name", "parameter"), CALLS)
def test_malformed_id_is_refused_unsent(server: Emulator, connect: Connect, group: str, name: str, parameter: str) -> None:
    client = connect(server.url, server.api_key)
    assert client.version
    assert client.permissions
    sent = len(server.requests())
    for bad in BAD:
        with pytest.raises(errors.InvalidRequest):
            call(client, group, name, {parameter: bad})
    assert len(server.requests()) == sent
