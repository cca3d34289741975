# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python imports this at its start, where PYTHONPATH names its folder: what Ansible has compiled is compiled once for all tests.

Ansible gives each run of a module its source in an archive, and reads the plugins of collections itself, so that Python keeps no bytecode
of them: that is a third of what a module computes. This imports next to nothing, and runs on each Python that a test gives to a target.
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

compile_anew = builtins.compile


def compile_once(source: Any, filename: Any, mode: str, flags: int = 0, dont_inherit: bool = False, *more: Any, **named: Any) -> Any:
    """``compile``. Kept is what imports compile: whole files, nothing of which depends on who compiles them."""
    if mode != "exec" or flags or not dont_inherit or more or named or not isinstance(source, (str, bytes)):
        return compile_anew(source, filename, mode, flags, dont_inherit, *more, **named)
    content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    kept = os.path.join(KEPT, f"{hashlib.sha256(content).hexdigest()}.{sys.implementation.cache_tag}-{sys.flags.optimize}")
    with suppress(FileNotFoundError, PermissionError), open(kept, "rb") as file:
        return with_filename(marshal.loads(file.read()), os.fspath(filename))
    code = compile_anew(source, filename, mode, flags, dont_inherit)
    part = f"{kept}.{os.getpid()}"
    with suppress(OSError):  # another user's folder, or a disk that a test has filled
        os.makedirs(KEPT, exist_ok=True)
        with open(part, "wb") as file:
            file.write(marshal.dumps(code))
        os.replace(part, kept)
    return code


def with_filename(code: CodeType, filename: str) -> CodeType:
    """The same, with the file that tracebacks show: an archive has another name each time."""
    inner = tuple(with_filename(part, filename) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.replace(co_filename=filename, co_consts=inner)


builtins.compile = compile_once
