# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose Python cannot read the modules. A script acts it, since few machines still have one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import ModuleRunner

#: What Python 3.6 says to a module's first line.
INTERPRETER = """#!/bin/sh
if [ "$1" = -c ]; then echo {version}; exit; fi
echo 'SyntaxError: future feature annotations is not defined' >&2
exit 1
"""


@pytest.fixture
def run_on(run_module: ModuleRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleRunner:
    """Runs a module on a host that has this version of Python, on which each module crashes."""

    def run(version: str, module: str) -> dict[str, object]:
        python = tmp_path / "python"
        python.write_text(INTERPRETER.format(version=version))
        python.chmod(0o755)
        monkeypatch.setenv("TARGET_PYTHON", str(python))
        return run_module(module, url="http://127.0.0.1:1", api_key="key")

    return run


@pytest.mark.parametrize(("version", "module"), [("2.7", "immich_upload"), ("3.6", "immich_info"), ("3.7", "immich_statistics_info")])
def test_module_on_old_python_names_needed_one(run_on: ModuleRunner, version: str, module: str) -> None:
    result = run_on(version, module)
    assert (result["failed"], result["failure"]) == (True, {"kind": "local"})
    assert f"is Python {version}, and the modules of photoyard.immich need 3.8 or later" in str(result["msg"])
    assert "ansible_python_interpreter" in str(result["msg"])


def test_crash_on_new_python_is_left_unchanged(run_on: ModuleRunner) -> None:
    result = run_on("3.8", "immich_info")
    assert "future feature annotations" in str(result["module_stderr"])
    assert "failure" not in result
