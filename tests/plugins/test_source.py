# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the server that a module reads from."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._module import source_client
from support.collection import ApiKey, Immich, ImmichError


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ({"source_url": None, "source_api_key": ApiKey("s3cret")}, ("source_url",)),
        ({"source_url": "http://127.0.0.1:1", "source_api_key": None}, ("source_api_key", "source_api_key_file")),
    ],
)
def test_source_without_url_or_key_is_refused(source: dict[str, Any], options: tuple[str, ...]) -> None:
    with pytest.raises(ImmichError) as refused:
        source_client(source, Immich)
    assert refused.value.options == options
