# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module immich_info says of paths as the server sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from immich_emulator.testing import Emulator

from .conftest import ModuleRunner


def test_info_names_paths_out_of_sight(emulator: Callable[..., Emulator], run_module: ModuleRunner, tmp_path: Path) -> None:
    server = emulator()
    (tmp_path / "photos").mkdir()
    paths = [f"{tmp_path}/photos", f"{tmp_path}/away"]
    connection = {"url": server.url, "api_key": server.admin_api_key, "timeout": 3}
    assert run_module("immich_info", **connection, paths=paths)["missing"] == [f"{tmp_path}/away"]
    server.fault(method="POST", path="validate$", times=None, until_cleared=True)
    try:
        assert run_module("immich_info", **connection, paths=paths)["missing"] == paths
    finally:
        server.clear_faults()
