# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event filter only_changes."""

from __future__ import annotations

from typing import Any

import pytest

from eda.plugins import load


def server(**values: Any) -> dict[str, Any]:
    return {"immich_server": values, "meta": {"uuid": object()}}


def test_event_passes_when_listed_key_changed() -> None:
    only_changes = load("only_changes")["main"]

    def passes(**values: Any) -> bool:
        event = server(**values)
        found = only_changes(event, keys=["immich_server.status", "immich_server.version"])
        assert found in (event, [])
        return found is event

    assert passes(status="up", version="3.1.0", waiting=1)
    assert not passes(status="up", version="3.1.0", waiting=2)
    assert passes(status="down")
    assert not passes(status="down")
    assert passes(status="up", version="3.1.0")
    assert not passes(waiting=3)
    assert not passes(status="up", version="3.1.0")  # it was only missing
    assert passes(status="up", version="3.2.0")


def test_without_keys_the_whole_event_is_compared() -> None:
    only_changes = load("only_changes")["main"]
    assert only_changes(server(a=1)) != []
    assert only_changes(server(a=1)) == []
    assert only_changes({"other": 1}) != []
    assert only_changes(server(a=1)) != []


def test_filter_ignores_later_changes_of_event() -> None:
    only_changes = load("only_changes")["main"]
    event = server(queues=["ocr"])
    assert only_changes(event, keys=["immich_server.queues"]) is event
    event["immich_server"]["queues"].append("x")
    assert only_changes(server(queues=["ocr"]), keys=["immich_server.queues"]) == []


def test_each_source_has_a_memory_of_its_own() -> None:
    one, other = load("only_changes")["main"], load("only_changes")["main"]
    assert one(server(a=1)) != []
    assert other(server(a=1)) != []


@pytest.mark.parametrize("value", [None, 0, False, "", [], {}])
def test_empty_values_are_values(value: Any) -> None:
    only_changes = load("only_changes")["main"]
    assert only_changes(server(a=value), keys=["immich_server.a"]) != []
    assert only_changes(server(a=value), keys=["immich_server.a"]) == []


@pytest.mark.parametrize("event", [{"immich_server": "text"}, {"immich_server": None}, {"immich_server": ["a"]}, {}])
def test_an_event_of_another_shape_does_not_pass(event: dict[str, Any]) -> None:
    assert load("only_changes")["main"](event, keys=["immich_server.a"]) == []


@pytest.mark.parametrize("keys", ["immich_server.status", [], [1], {"a": 1}])
def test_wrong_keys_are_named(keys: Any) -> None:
    with pytest.raises(ValueError, match="keys must be a list of names"):
        load("only_changes")["main"](server(a=1), keys=keys)
