# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several rooms share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._sources.media.exif import require_exifread


@pytest.fixture
def without_exifread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host that does not have it."""
    require_exifread.cache_clear()
    monkeypatch.setitem(sys.modules, "exifread", None)
    yield
    monkeypatch.undo()
    require_exifread()
