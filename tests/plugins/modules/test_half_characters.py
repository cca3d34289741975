# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name that some program cut in the middle of a character. The module runs alone: ansible-core could not hand over or log such a name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest


@pytest.mark.parametrize("options", [{"album": "half \ud83d"}, {"tags": ["whole", "half \ud83d"]}, {"lease": "\udc00"}])
@pytest.mark.parametrize("check", [False, True])
def test_half_surrogate_is_refused(options: dict[str, Any], check: bool) -> None:
    given = {"url": "http://127.0.0.1:9", "api_key": "the-key", "src": ["half \udc80"], "_ansible_check_mode": check, **options}
    done = subprocess.run(
        [sys.executable, "-m", "ansible_collections.photoyard.immich.plugins.modules.immich_upload"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": "collections"},
    )
    result = json.loads(done.stdout)
    (option,) = options
    assert result["msg"] == f"{option} contains half of a surrogate pair, which Immich cannot store. Correct it."
    assert result["failure"]["kind"] == "validation"
