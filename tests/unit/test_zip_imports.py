# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the collection is loaded on a host, out of the ZIP file that Ansible sends."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils import _zip_imports

PAYLOAD = {
    "payload/__init__.py": "",
    "payload/_zip_imports.py": Path(_zip_imports.__file__).read_text(encoding="utf-8"),
    "payload/below/__init__.py": "",
    "payload/below/one.py": "from . import missing_or_not\n",
    "payload/below/missing_or_not.py": "",
    "payload/beside.py": "from .below import one\n",
}

# While it is executed, another thread imports it.
SLOW = """
import threading, time
seen = []
def import_it():
    from payload.below.slow import late
    seen.append(late)
thread = threading.Thread(target=import_it)
thread.start()
time.sleep(0.2)
late = True
"""

# Prints how often each file was compiled, the names of the modules' files, and whether unused objects are still looked for.
RUN = """
import collections, gc, json, sys
compiled = collections.Counter()
sys.addaudithook(lambda event, given: compiled.update([str(given[1])]) if event == "compile" else None)
sys.path.insert(0, sys.argv[1])
from payload import _zip_imports
if sys.argv[2] == "once":
    _zip_imports.begin_loading()
import payload.beside
modules = {name: module.__file__ for name, module in sys.modules.items() if name.startswith("payload")}
print(json.dumps({"compiled": compiled, "modules": modules, "collects": gc.isenabled()}))
"""


LOADED = ("payload/below/__init__.py", "payload/below/one.py", "payload/below/missing_or_not.py", "payload/beside.py")


def run(archive: Path, how: str, files: Mapping[str, str] = PAYLOAD) -> Any:
    with zipfile.ZipFile(archive, "w") as stream:
        for name, text in files.items():
            stream.writestr(name, text)
    environment = {**os.environ, "XDG_CACHE_HOME": str(archive.parent / "cache")}
    command = [sys.executable, "-I", "-c", RUN, str(archive), how]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def compiled(found: Any) -> dict[str, int]:
    """How often each module of the payload was compiled."""
    return {name: count for file, count in found["compiled"].items() for name in LOADED if file.endswith(name)}


def test_each_module_is_compiled_once(tmp_path: Path) -> None:
    archive = tmp_path / "payload.zip"
    found, without = run(archive, "once"), run(archive, "as it is")
    assert compiled(found) == dict.fromkeys(LOADED, 1)
    assert found["modules"] == without["modules"]
    assert (found["collects"], without["collects"]) == (False, True)


def test_nothing_is_kept_on_the_host(tmp_path: Path) -> None:
    run(tmp_path / "payload.zip", "once")
    assert [path.name for path in tmp_path.iterdir()] == ["payload.zip"]


def test_a_second_thread_waits_for_a_module(tmp_path: Path) -> None:
    beside = "from .below import slow\nslow.thread.join()\nassert slow.seen == [True]\n"
    files = {**PAYLOAD, "payload/beside.py": beside, "payload/below/slow.py": SLOW}
    assert "payload.below.slow" in run(tmp_path / "payload.zip", "once", files)["modules"]


def test_missing_module_in_zip_raises_import_error(tmp_path: Path) -> None:
    files = {name: text for name, text in PAYLOAD.items() if "missing" not in name}
    reported = run(tmp_path / "payload.zip", "once", files)
    assert "ImportError: cannot import name 'missing_or_not' from 'payload.below'" in reported


def test_nothing_changes_where_the_collection_lies_in_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = list(sys.path_hooks)
    monkeypatch.setattr(sys, "path_hooks", list(hooks))
    frozen = gc.get_freeze_count()
    _zip_imports.begin_loading()
    assert sys.path_hooks == hooks
    assert gc.isenabled()
    _zip_imports.end_loading()
    assert gc.get_freeze_count() == frozen, "a process that goes on, such as Mitogen's"
