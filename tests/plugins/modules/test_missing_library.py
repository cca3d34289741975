# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on a host without requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

OPTIONS: dict[str, dict[str, Any]] = {
    "immich_info": {},
    "immich_jobs": {"queues": ["all"]},
    "immich_jobs_info": {},
    "immich_upload": {"src": ["."]},
}


@pytest.mark.parametrize("module", OPTIONS)
def test_it_says_what_to_install(tmp_path: Path, module: str) -> None:
    (tmp_path / "requests.py").write_text('raise ImportError("No module named requests")\n')
    given = {"url": "http://127.0.0.1:9", "api_key": "key", "ledger_dir": str(tmp_path / "ledger"), **OPTIONS[module]}
    if module == "immich_info":
        del given["ledger_dir"]
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.selfhosted.immich.plugins.modules.{module}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:.tree"},
    )
    result = json.loads(done.stdout)
    assert "Failed to import the required Python library (requests)" in result["msg"], result
    assert result["failure"]["kind"] == "local"
