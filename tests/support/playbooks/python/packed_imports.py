# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible looks for in a file that it packs into a module's archive (`ModuleDepFinder` in ansible-core's `module_common.py`)."""

from __future__ import annotations

import ast


def only_imports(tree: ast.Module) -> ast.Module:
    """A file's syntax tree with its imports, those below other statements (which Ansible takes for optional) in one `if`, and with the
    assignments that Ansible reads."""
    imports = (ast.Import, ast.ImportFrom)
    others = [node for node in tree.body if not isinstance(node, imports)]
    body = [node for node in tree.body if isinstance(node, imports) or is_read_by_ansible(node)]
    optional: list[ast.stmt] = [node for other in others for node in ast.walk(other) if isinstance(node, imports)]
    if optional:
        body.append(ast.copy_location(ast.If(ast.Constant(True), optional, []), optional[0]))
    return ast.Module(body, [])


def is_read_by_ansible(node: ast.stmt) -> bool:
    """Whether that statement embeds a file (ansible-core ≥ 2.21), or says which version a module speaks (≥ 2.19)."""
    return isinstance(node, ast.Assign) and (
        isinstance(node.value, ast.Call) or any(isinstance(target, ast.Name) and target.id == "METADATA" for target in node.targets)
    )
