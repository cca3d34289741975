# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version that servers see."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._version import VERSION
from immich_emulator.testing import Emulator

from .conftest import Connect


def test_user_agent_has_version_of_collection(server: Emulator, connect: Connect) -> None:
    released = yaml.safe_load((Path(__file__).parents[3] / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert released == VERSION
    _ = connect(server.url, server.api_key).version
    assert server.requests()[-1]["headers"]["user-agent"] == f"photoyard.immich/{released}"
