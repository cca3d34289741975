# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python imports this at its start, where PYTHONPATH names its folder: what Ansible has compiled is compiled once for all tests.

Ansible gives each run of a module its source in an archive, and reads the plugins of collections itself, so that Python keeps no bytecode
of them: that is a third of what a module computes. Before it packs a module, it parses each file of it for what else is imported: two
thirds of what packing costs. This imports next to nothing, and runs on each Python that a test gives to a target.
"""

from __future__ import annotations

import builtins
import hashlib
import marshal
import os
import sys
from contextlib import suppress
from types import CodeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEPT = os.path.join(os.path.abspath(__file__).rsplit(os.sep, 5)[0], ".cache", "compiled", "bytecode")
ONLY_AST = 0x400  # ast.PyCF_ONLY_AST
PACKER = "ansible.executor.module_common"

compile_anew = builtins.compile


def compile_once(source: Any, filename: Any, mode: str, flags: int = 0, dont_inherit: bool = False, *more: Any, **named: Any) -> Any:
    """``compile``. Kept is what imports compile, and what Ansible packs: whole files, nothing of which depends on who compiles them."""
    if mode != "exec" or more or named or not isinstance(source, (str, bytes)):
        return compile_anew(source, filename, mode, flags, dont_inherit, *more, **named)
    if flags == ONLY_AST and sys._getframe(1).f_globals.get("__name__") == PACKER:
        return parse_imports_once(source, filename)
    if flags or not dont_inherit:
        return compile_anew(source, filename, mode, flags, dont_inherit)
    kept = path_of(source, str(sys.flags.optimize))
    with suppress(FileNotFoundError, PermissionError), open(kept, "rb") as file:
        return with_filename(marshal.loads(file.read()), os.fspath(filename))
    code = compile_anew(source, filename, mode, flags, dont_inherit)
    keep(kept, marshal.dumps(code))
    return code


def parse_imports_once(source: str | bytes, filename: Any) -> Any:
    """What Ansible looks for in the syntax tree of a file that it packs."""
    import pickle  # in Ansible alone, which has imported both anyhow

    import packed_imports  # type: ignore[import-not-found]  # beside this file; mypy has another path

    kept = path_of(source, "imports")
    with suppress(FileNotFoundError, PermissionError), open(kept, "rb") as file:
        return pickle.load(file)
    tree = packed_imports.only_imports(compile_anew(source, filename, "exec", ONLY_AST))
    keep(kept, pickle.dumps(tree))
    return tree


def path_of(source: str | bytes, what: str) -> str:
    """Where that is kept of a source, for this Python."""
    content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    return os.path.join(KEPT, f"{hashlib.sha256(content).hexdigest()}.{sys.implementation.cache_tag}-{what}")


def keep(path: str, content: bytes) -> None:
    """Writes a file whole, if it can be written."""
    part = f"{path}.{os.getpid()}"
    with suppress(OSError):  # another user's folder, or a disk that a test has filled
        os.makedirs(KEPT, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
        os.replace(part, path)


def with_filename(code: CodeType, filename: str) -> CodeType:
    """The same, with the file that tracebacks show: an archive has another name each time."""
    inner = tuple(with_filename(part, filename) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.replace(co_filename=filename, co_consts=inner)


builtins.compile = compile_once
