# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviewed decisions, as the option `groups` takes them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import ReviewedDecision
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.reviewed import parse_reviewed
from support.collection import InvalidRequest

A, B, C = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (["a.jpg"], "has no members"),
        ({"keep": [A]}, "has no members"),
        ({"members": [A]}, "fewer than two members"),
        ({"members": [A, A]}, "fewer than two members"),
        ({"members": 7}, "members is not a list of the ids"),
        ({"members": [A, "../b.jpg"]}, "members is not a list of the ids"),
        ({"members": [A, {"name": "b.jpg"}]}, "members is not a list of the ids"),
        ({"members": [A, B], "keep": "a.jpg"}, "keep is not a list of the ids"),
        ({"members": [A, B], "keep": [C]}, "not among its members"),
        ({"members": [A, B], "decision": "remove"}, "decision must be one of trash, stack, dismiss, skip, not 'remove'"),
        ({"members": [A, B], "decision": ["trash"]}, r"decision must be one of trash, stack, dismiss, skip\."),
    ],
)
def test_wrong_group_is_refused_by_its_place(group: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        parse_reviewed([{"kind": "run"}, group], "none")
    assert list(caught.value.options) == ["groups[1]"]


def test_second_decision_about_same_members_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="same members") as caught:
        parse_reviewed([{"members": [A, B]}, {"members": [B, A], "decision": "dismiss"}], "none")
    assert list(caught.value.options) == ["groups[1]"]


def test_line_of_report_is_read_as_decision() -> None:
    line = {"kind": "group", "group_id": C, "members": [{"id": B, "name": "b.jpg"}, {"id": A}], "keep": [{"id": B}], "trashed": [A]}
    assert parse_reviewed([{"kind": "run"}, line | {"decision": "trash"}, {"kind": "run"}], "none") == {
        (A, B): ReviewedDecision((B,), "trash")
    }
