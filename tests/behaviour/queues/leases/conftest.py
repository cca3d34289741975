# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of ledgers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import manage

from ..conftest import Connect, options

QUEUES = ["smartSearch", "ocr"]
Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(server: Emulator, connect: Connect) -> Call:
    return lambda **given: manage(connect(server), options(**{"queues": QUEUES, **given}), False)
