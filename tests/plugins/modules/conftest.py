# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as Ansible's own executor runs them, through pytest-ansible: its fixture `ansible_module`, and the inventory that its option
`--ansible-inventory` names in pyproject.toml."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.playbooks import compiled, processes

ModuleRunner = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _guards_end_with_their_test(tmp_path: Path) -> Iterator[None]:
    """A guard whose server is gone would go on asking for a while."""
    yield
    processes.kill_guards(tmp_path)


@pytest.fixture
def _nothing_left_of_ansible() -> Iterator[None]:
    """Ansible's TaskQueueManager leaves its handlers of signals, and through them an open lock file for the garbage collector. Of that
    nothing may come to a later test: where Hypothesis makes errors of warnings, it would fail."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.collect()


@pytest.fixture
def run_module(
    _nothing_left_of_ansible: None, ansible_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleRunner]:
    """Runs a module of this collection: ``run_module("immich_info", url=…)`` returns its result. With ``check=True`` in check mode."""
    for name in [one for one in os.environ if one.startswith(("IMMICH_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", compiled.python_path())
    caches = tmp_path / "home" / ".cache"
    compiled.lend(caches, compiled.IN_PYTEST)

    def run(module: str, /, *, check: bool = False, **options: Any) -> dict[str, Any]:
        name = f"photoyard.immich.{module}"
        if check:
            # pytest-ansible has an option --ansible-check, and uses it nowhere: a file of tasks can say it
            tasks = tmp_path / "check_mode.json"
            tasks.write_text(json.dumps([{"name": module, name: options, "check_mode": True, "diff": True}]))
            found = ansible_module.include_tasks(file=str(tasks))
        else:
            found = getattr(ansible_module, name)(**options)
        result: dict[str, Any] = found.contacted["localhost"]
        return result

    yield run
    compiled.collect(caches, compiled.IN_PYTEST)
