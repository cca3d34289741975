# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules on a host that lacks a library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from immich_emulator.testing import Emulator

from .conftest import ModuleRunner

OPTIONS: dict[str, dict[str, Any]] = {
    "immich_archive": {"dest": "/nowhere"},
    "immich_asset": {"select": {"favorite": True}, "set": {"rating": 1}},
    "immich_copy": {"source_url": "http://127.0.0.1:9", "source_api_key": "key"},
    "immich_info": {},
    "immich_job_run": {"command": "empty"},
    "immich_jobs": {"state": "healed"},
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


def assert_says_what_to_install(said: str, library: str) -> None:
    """Asserts that a message names the library, the Python and the command to install it, and nothing else: the tests run modules with a Python in a virtual environment."""
    assert f"the required Python library ({library})" in said
    python = said.partition("'s Python ")[2].partition(". Install it there: ")[0]
    assert f"Install it there: {python} -m pip install {library}. " in said
    assert "ansible_python_interpreter" in said
    assert "documentation" not in said


@pytest.mark.parametrize("system", [True, False])
def test_system_s_python_is_given_packages_of_debian(monkeypatch: pytest.MonkeyPatch, system: bool) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix if system else "/virtual")
    monkeypatch.setattr("os.path.exists", lambda path: path == "/etc/debian_version")
    assert ("Install it there: sudo apt install python3-requests. " in _module._what_to_install("requests")) == system


@pytest.mark.parametrize("module", OPTIONS)
def test_missing_requests_names_package_to_install(lack: Callable[[str], None], run_module: ModuleRunner, module: str) -> None:
    lack("requests")
    result = run_module(module, url="http://127.0.0.1:9", api_key="key", **OPTIONS[module])
    assert_says_what_to_install(result["msg"], "requests")
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
    assert_says_what_to_install(result["msg"], "exifread")
    assert result["failure"]["kind"] == "local"
    assert result["counts"]["uploaded"] == 0
    assert server.state()["assets"] == []
