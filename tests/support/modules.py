# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of the collection by their own `main`, without ansible-playbook: for tests that look at the server alone.

A module that is run by Ansible takes half a second of processor time, most of which Python needs to load it. Many in one process load
what they share once.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from ansible.module_utils.testing import patch_module_args

Task = tuple[str, dict[str, Any]]
"""A module's name, such as `immich_info`, and its options."""
WITHIN = 400  # seconds, for all modules of a process


def run_module(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Runs a module in this process; its result. Raises RuntimeError with what it says where it fails."""
    module = import_module(f"ansible_collections.photoyard.immich.plugins.modules.{name}")
    said = io.StringIO()
    with patch_module_args(options), redirect_stdout(said), suppress(SystemExit):
        module.main()
    result: dict[str, Any] = json.loads(said.getvalue())
    if result.get("failed"):
        raise RuntimeError(f"{name}: {result['msg']}")
    return result


def run_modules(home: Path, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Runs modules in a process of their own, one after the other; their results. Leases and caches are below `home`."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMMICH_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps([(name, {"_ansible_remote_tmp": str(home), **options}) for name, options in tasks]),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=WITHIN,
        env={**kept, "HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stdout
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


if __name__ == "__main__":
    json.dump([run_module(name, options) for name, options in json.load(sys.stdin)], sys.stdout)
