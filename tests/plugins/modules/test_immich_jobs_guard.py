# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module in a process of its own, with its parameters on stdin."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from immich_emulator.testing import Emulator


def test_it_bears_a_server_that_is_away_at_first(server: Emulator) -> None:
    server.fault(path="/server/version", times=1, status=503)
    given = {"url": server.url, "api_key": server.admin_api_key, "retries": 0, "lease": "nas", "interval": 0.05, "wait_for_lease": 0.5}
    done = subprocess.run(
        [sys.executable, "-m", "ansible_collections.selfhosted.immich.plugins.modules.immich_jobs_guard"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ".tree"},
    )
    result = json.loads(done.stdout)
    assert (result.get("reason"), result.get("failed_looks")) == ("never_appeared", 1), result
