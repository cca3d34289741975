# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action does while Ansible puts the module together."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.selfhosted.immich.plugins.action.immich_upload import ActionModule


@pytest.fixture
def action() -> ActionModule:
    """One that has no task yet."""
    return object.__new__(ActionModule)


def test_there_is_no_search_for_garbage_meanwhile(monkeypatch: pytest.MonkeyPatch, action: ActionModule) -> None:
    searches: list[bool] = []

    def configure(_self: ActionBase, *args: Any, **_more: Any) -> str:
        searches.append(gc.isenabled())
        return f"the module {args[0]}"

    monkeypatch.setattr(ActionBase, "_configure_module", configure)
    assert action._configure_module("immich_upload", module_args={}, task_vars={}) == "the module immich_upload"
    assert searches == [False]
    assert gc.isenabled()


def test_the_search_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch, action: ActionModule) -> None:
    def configure(_self: ActionBase, *_args: Any, **_more: Any) -> str:
        raise AnsibleError("no such module")

    monkeypatch.setattr(ActionBase, "_configure_module", configure)
    with pytest.raises(AnsibleError, match="no such module"):
        action._configure_module("immich_upload", module_args={}, task_vars={})
    assert gc.isenabled()
