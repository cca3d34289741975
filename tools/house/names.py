# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of classes that the plugins have more than once: a search or a traceback does not say which one is meant."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

_BY_ANSIBLE = ("ActionModule", "FilterModule", "LookupModule", "ModuleDocFragment")


def print_names(plugins: Path) -> None:
    """Prints how many there are, and each with its files."""
    repeated = {name: paths for name, paths in sorted(_files_of_classes(plugins).items()) if len(paths) > 1 and name not in _BY_ANSIBLE}
    print(f"{len(repeated):6} names that several classes have")
    for name, paths in repeated.items():
        print(f"           {name}: {', '.join(paths)}")


def _files_of_classes(plugins: Path) -> dict[str, list[str]]:
    """For the name of each class in the plugins, private ones included, the files that have one."""
    files: dict[str, list[str]] = defaultdict(list)
    for path in sorted(plugins.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                files[node.name].append(str(path.relative_to(plugins)))
    return files
