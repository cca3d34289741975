# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests of archives."""

from __future__ import annotations

from pathlib import Path

import pytest

from .listing import Archives


@pytest.fixture
def archives(tmp_path: Path) -> Archives:
    return Archives(tmp_path)
