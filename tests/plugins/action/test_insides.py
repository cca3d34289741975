# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private attributes of ansible-core that the plugins use: four at most, each with its reason, and there on this ansible-core."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.playbook.role import Role
from ansible.plugins.action import ActionBase

from house.insides import find_private_attributes

PLUGINS = Path(__file__).parents[3] / "plugins"

REASONS = {
    "_configure_module": "packing takes a fifth of a run with nothing new, and can be laid out beforehand nowhere else",
    "_from_files": "which entry point of a role runs, and so which of its argument specs counts, is said nowhere else",
    "_load_params": "what was given for an option, before it is converted: an empty text of AWX is a list with one empty text afterwards",
    "_should_validate": "a role that is included with rolespec_validate=false is not to be checked",
}


@pytest.mark.check
def test_plugins_use_few_private_attributes_of_core() -> None:
    assert set(find_private_attributes(PLUGINS)) == set(REASONS)


def test_core_configures_modules_by_keywords() -> None:
    names = list(inspect.signature(ActionBase._configure_module).parameters)
    assert names == ["self", "module_name", "module_args", "task_vars"]


def test_core_loads_parameters_without_arguments() -> None:
    assert list(inspect.signature(AnsibleModule._load_params).parameters) == ["self"]


def test_role_knows_its_file_and_validation() -> None:
    role = Role(from_files={"tasks": "resume"}, validate=False)
    assert (role._from_files, role._should_validate) == ({"tasks": "resume"}, False)


def test_private_attributes_are_used_and_overridden_ones(tmp_path: Path) -> None:
    source = """
from ansible.plugins.action import ActionBase

class Base(ActionBase):
    def _own(self):
        return self._task, self._connection._shell._uuid, getattr(self, "_options")

class Heir(Base):
    def _configure_module(self):
        return self._own()
"""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "example.py").write_text(source)
    assert find_private_attributes(plugins) == {
        "_configure_module": ["plugins/example.py:9"],
        "_uuid": ["plugins/example.py:6"],
        "_options": ["plugins/example.py:6"],
    }
