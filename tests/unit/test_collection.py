# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says about itself agrees with what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (REPOSITORY / "plugins" / "modules").glob("immich_*.py"))


def load(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def test_the_action_group_holds_every_module() -> None:
    assert load("meta/runtime.yml")["action_groups"]["immich"] == MODULES


def test_an_execution_environment_gets_what_the_collection_needs() -> None:
    files = load("meta/execution-environment.yml")["dependencies"]
    for name in files.values():
        assert (REPOSITORY / name).is_file()
    assert "requests" in (REPOSITORY / files["python"]).read_text(encoding="utf-8")
