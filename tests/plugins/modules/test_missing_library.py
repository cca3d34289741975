# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on a host that lacks a library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator

OPTIONS: dict[str, dict[str, Any]] = {
    "immich_info": {},
    "immich_jobs": {"queues": ["all"]},
    "immich_jobs_info": {},
    "immich_stack": {},
    "immich_upload": {"src": ["."]},
}


@pytest.mark.parametrize("module", OPTIONS)
def test_it_says_what_to_install(tmp_path: Path, module: str) -> None:
    (tmp_path / "requests.py").write_text('raise ImportError("No module named requests")\n')
    given = {"url": "http://127.0.0.1:9", "api_key": "key", "ledger_dir": str(tmp_path / "ledger"), **OPTIONS[module]}
    if module in ("immich_info", "immich_stack"):
        del given["ledger_dir"]
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.selfhosted.immich.plugins.modules.{module}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:collections"},
    )
    result = json.loads(done.stdout)
    assert "Failed to import the required Python library (requests)" in result["msg"], result
    assert result["msg"].endswith("On Debian and Ubuntu it is the package python3-requests.")
    assert result["failure"]["kind"] == "local"


def test_an_export_needs_exifread(tmp_path: Path, server: Emulator) -> None:
    (tmp_path / "exifread.py").write_text('raise ImportError("No module named exifread")\n')
    (tmp_path / "a.csv").write_text("imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n")
    (tmp_path / "a.jpg").write_bytes(b"a")
    given = {"url": server.url, "api_key": server.api_key, "src": [str(tmp_path)], "checksum_cache": False}
    done = subprocess.run(
        [sys.executable, "-m", "ansible_collections.selfhosted.immich.plugins.modules.immich_upload"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:collections"},
    )
    result = json.loads(done.stdout)
    assert "Failed to import the required Python library (exifread)" in result["msg"], result
    assert result["msg"].endswith("On Debian and Ubuntu it is the package python3-exifread.")
    assert result["failure"]["kind"] == "local" and result["counts"]["uploaded"] == 0
    assert server.state()["assets"] == []
