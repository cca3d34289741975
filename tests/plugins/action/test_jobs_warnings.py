# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The warnings of the action immich_jobs in the role immich_upload, with the class that newer versions of ansible-core have for one."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase

from ansible_collections.photoyard.immich.plugins.action.immich_jobs import ActionModule


@dataclass(frozen=True)
class Warned:
    """Like the WarningSummary of ansible-core 2.19 and later: its text is in an attribute."""

    msg: str


RENEWED = "The lease x is not renewed, because its guard cannot see the playbook."
SFTP = "sftp transfer mechanism failed on nas."


@pytest.mark.parametrize("kind", [str, Warned])
def test_only_the_warning_about_renewing_is_left_out(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    def execute(*_: object, **__: object) -> dict[str, Any]:
        return {"changed": True, "warnings": [kind(SFTP), kind(RENEWED)]}

    monkeypatch.setattr(ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(ActionModule, "_execute_module", execute)
    monkeypatch.setattr(ActionModule, "_remove_tmp_path", lambda *_: None)
    task = SimpleNamespace(async_val=0, check_mode=False, args={}, environment=[], get_path=lambda: None)
    connection = SimpleNamespace(transport="ssh", _shell=SimpleNamespace(tmpdir="/tmp/x"))
    action = object.__new__(ActionModule)
    action._task, action._connection = task, connection
    assert action.run(None, {"ansible_role_name": "photoyard.immich.immich_upload"}) == {"changed": True, "warnings": [kind(SFTP)]}
