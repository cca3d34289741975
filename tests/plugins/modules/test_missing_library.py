# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on a host that lacks a library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator

from .conftest import ModuleRunner

OPTIONS: dict[str, dict[str, Any]] = {
    "immich_archive": {"dest": "/nowhere"},
    "immich_copy": {"source_url": "http://127.0.0.1:9", "source_api_key": "key"},
    "immich_info": {},
    "immich_jobs": {"queues": ["all"]},
    "immich_jobs_info": {},
    "immich_stack": {},
    "immich_upload": {"src": ["."]},
}


@pytest.fixture
def lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes modules run without a library."""

    def lack(library: str) -> None:
        folder = tmp_path / "libraries"
        folder.mkdir()
        (folder / f"{library}.py").write_text(f'raise ImportError("No module named {library}")\n')
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return lack


@pytest.mark.parametrize("module", OPTIONS)
def test_missing_requests_says_what_to_install(lack: Callable[[str], None], run_module: ModuleRunner, module: str) -> None:
    lack("requests")
    result = run_module(module, url="http://127.0.0.1:9", api_key="key", **OPTIONS[module])
    assert "Failed to import the required Python library (requests)" in result["msg"]
    assert result["msg"].endswith("On Debian and Ubuntu it is the package python3-requests.")
    assert result["failure"]["kind"] == "local"


def test_export_without_exifread_uploads_nothing(
    lack: Callable[[str], None], run_module: ModuleRunner, server: Emulator, tmp_path: Path
) -> None:
    lack("exifread")
    src = tmp_path / "src"
    src.mkdir()
    (src / "a.csv").write_text("imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n")
    (src / "a.jpg").write_bytes(b"a")
    result = run_module("immich_upload", url=server.url, api_key=server.api_key, src=[str(src)], checksum_cache=False)
    assert "Failed to import the required Python library (exifread)" in result["msg"]
    assert result["msg"].endswith("On Debian and Ubuntu it is the package python3-exifread.")
    assert result["failure"]["kind"] == "local"
    assert result["counts"]["uploaded"] == 0
    assert server.state()["assets"] == []
