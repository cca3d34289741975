# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress needs a second connection; without one the upload runs all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.playbooks.playbook import Playbook, local_host

PLUGIN = """
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = "name: once\\nshort_description: can be had once\\ndescription: For a test.\\nauthor: nobody"


class Connection(Local):
    transport = "once"
    made = 0

    def __init__(self, *args, **kwargs):
        type(self).made += 1
        if type(self).made > 1:
            raise RuntimeError("there is one socket only")
        super().__init__(*args, **kwargs)
"""


@pytest.mark.check
def test_without_a_second_connection_only_progress_is_lost(server: Emulator, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "once.py").write_text(PLUGIN)
    (tmp_path / "a.jpg").write_bytes(b"a")
    task = {
        "name": "Upload",
        "photoyard.immich.immich_upload": {"url": server.url, "api_key": server.api_key, "src": [str(tmp_path / "a.jpg")]},
    }
    run = Playbook(tmp_path / "home").run(
        [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}],
        "-v",
        server=server,
        hosts={"localhost": {**local_host(), "ansible_connection": "once"}},
        environment={"ANSIBLE_CONNECTION_PLUGINS": str(tmp_path / "plugins")},
    )
    assert run.ok().task("Upload").result["counts"]["uploaded"] == 1
    assert "no progress is shown: there is one socket only" in run.output
