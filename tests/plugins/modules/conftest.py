# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as Ansible's own executor runs them, through pytest-ansible."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible.playbook.play import Play
from pytest_ansible.module_dispatcher import v213

from support.playbooks.playbook import local_host

ModuleRunner = Callable[..., dict[str, Any]]

HARMLESS_WARNING = "AnsibleCollectionFinder has already been configured"
"""By pytest-ansible, when it put the collection on the path."""


class CheckedPlay(Play):  # type: ignore[misc]  # ansible-core has no types
    """A play in check mode, which pytest-ansible's dispatcher has no option for."""

    @staticmethod
    def load(data: dict[str, Any], **options: Any) -> Play:
        return Play.load({**data, "check_mode": True, "diff": True}, **options)


@pytest.fixture
def ansible_module(ansible_adhoc: Callable[..., Any], tmp_path: Path) -> Any:
    """pytest-ansible's fixture, whose inventory is this machine with the Python that the test matrix names for modules."""
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": local_host()}}}))
    return ansible_adhoc(inventory=str(inventory), host_pattern="localhost")["localhost"]


@pytest.fixture
def run_module(ansible_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleRunner:
    """Runs a module of this collection: ``run_module("immich_info", url=…)`` returns its result. With ``check=True`` in check mode."""
    for name in [one for one in os.environ if one.startswith(("IMMICH_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def run(module: str, /, *, check: bool = False, **options: Any) -> dict[str, Any]:
        with monkeypatch.context() as patched, warnings.catch_warnings(), ExitStack() as opened:
            if check:
                patched.setattr(v213, "Play", CheckedPlay)
            warnings.filterwarnings("ignore", HARMLESS_WARNING)
            make_file = tempfile.TemporaryFile

            def make_and_remember(*given: Any, **named: Any) -> Any:
                return opened.enter_context(make_file(*given, **named))

            patched.setattr(tempfile, "TemporaryFile", make_and_remember)  # Ansible's TaskQueueManager leaves its lock file open
            found = getattr(ansible_module, f"photoyard.immich.{module}")(**options)
        result: dict[str, Any] = found.contacted["localhost"]
        return result

    return run
