# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The warnings of the action immich_jobs: in the role immich_upload, with the class that newer versions of ansible-core have for one, and
about a playbook's end that nobody can wait for."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase

from ansible_collections.photoyard.immich.plugins.action.immich_jobs import ActionModule
from ansible_collections.photoyard.immich.plugins.plugin_utils import _lease_end


@dataclass(frozen=True)
class Warned:
    """Like the WarningSummary of ansible-core 2.19 and later: its text is in an attribute."""

    msg: str


RENEWED = "The lease x is not renewed, because its guard cannot see the playbook."
SFTP = "sftp transfer mechanism failed on nas."


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> ActionModule:
    """One whose task runs on another host than the controller."""
    monkeypatch.setattr(ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(ActionModule, "_remove_tmp_path", lambda *_: None)
    action = object.__new__(ActionModule)
    action._task = SimpleNamespace(async_val=0, check_mode=False, args={}, environment=[], get_path=lambda: None)
    action._connection = SimpleNamespace(transport="ssh", _shell=SimpleNamespace(tmpdir="/tmp/x"))
    return action


@pytest.mark.parametrize("kind", [str, Warned])
def test_only_the_warning_about_renewing_is_left_out(monkeypatch: pytest.MonkeyPatch, action: ActionModule, kind: Any) -> None:
    answer = {"changed": True, "warnings": [kind(SFTP), kind(RENEWED)]}
    monkeypatch.setattr(ActionModule, "_execute_module", lambda *_, **_options: answer)
    assert action.run(None, {"ansible_role_name": "photoyard.immich.immich_upload"}) == {"changed": True, "warnings": [kind(SFTP)]}


def test_pause_whose_playbook_cannot_be_watched_warns(monkeypatch: pytest.MonkeyPatch, action: ActionModule) -> None:
    def write_playbook(*_: object) -> str:
        raise OSError("No space left on device")

    action._task.args = {"state": "paused", "lease": "nas", "renew": True}
    monkeypatch.setattr(ActionModule, "_execute_module", lambda *_, **_options: {"changed": True, "lease": {"name": "nas"}})
    monkeypatch.setattr(_lease_end, "write_playbook", write_playbook)
    result = action.run(None, {})
    (warning,) = result.pop("warnings")
    assert result == {"changed": True, "lease": {"name": "nas"}}
    assert "the pause of nas goes on until its lease has run out: No space left on device" in warning
