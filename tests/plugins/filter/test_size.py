# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `_size`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.photoyard.immich.plugins.filter._size import FilterModule, size


@pytest.mark.parametrize(("number", "said"), [(0, "0 B"), ("181770", "182 kB"), (9_800_000_000, "9.8 GB")])
def test_bytes_are_said_in_decimal_units(number: Any, said: str) -> None:
    assert FilterModule().filters()["_size"](number) == said


@pytest.mark.parametrize("number", [None, "many", []])
def test_size_refuses_non_numbers(number: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="not a number of bytes"):
        size(number)
