# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make house` counts."""

from __future__ import annotations

import ast
from pathlib import Path

from house.counts import count_code_lines, count_inner_imports, count_tasks, find_packed_files

PLUGINS = Path(__file__).parents[2] / "plugins"

SOURCE = '''
"""A docstring."""

import os

DOCUMENTATION = """
module: example
"""


def first(given):  # a comment
    """Another
    one."""

    import sys

    if given:
        return [
            sys.argv,
        ]
'''


def test_code_lines_leave_out_documentation_and_imports() -> None:
    assert count_code_lines(ast.parse(SOURCE)) == len(["def", "if", "return", "sys.argv", "]"])


def test_inner_imports_are_those_of_functions() -> None:
    assert count_inner_imports(ast.parse(SOURCE)) == 1


def test_packed_files_are_followed_through_packages() -> None:
    packed = {path.relative_to(PLUGINS).as_posix() for path in find_packed_files(PLUGINS / "modules/immich_info.py")}
    assert {"modules/immich_info.py", "module_utils/_module.py", "module_utils/_client/errors.py"} <= packed
    assert not [name for name in packed if name.startswith("module_utils/_upload")]


TASKS = """
- name: Pause
  block:
    - name: Pause the jobs
      photoyard.immich.immich_jobs:
        state: paused
      module_defaults:
        group/photoyard.immich.immich: "{{ connection }}"
        photoyard.immich.immich_jobs: "{{ ledger }}"
    - ansible.builtin.include_tasks: more.yml
"""


def test_tasks_count_with_module_runs() -> None:
    assert count_tasks(TASKS, "photoyard.immich") == (3, 1)
