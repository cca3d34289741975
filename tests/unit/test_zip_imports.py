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
from collections.abc import Callable, Mapping
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


def run(archive: Path, how: str, files: Mapping[str, str] = PAYLOAD, *, flags: str = "-I") -> Any:
    with zipfile.ZipFile(archive, "w") as stream:
        for name, text in files.items():
            stream.writestr(name, text)
    environment = {**os.environ, "XDG_CACHE_HOME": str(archive.parent / "cache")}
    command = [sys.executable, flags, "-c", RUN, str(archive), how]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def compiled(found: Any) -> dict[str, int]:
    """How often each module of the payload was compiled."""
    return {name: count for file, count in found["compiled"].items() for name in LOADED if file.endswith(name)}


def kept(folder: Path) -> list[Path]:
    """The files with what was compiled."""
    return list((folder / "cache").rglob("*.bytecode*"))


def test_each_module_is_compiled_once(tmp_path: Path) -> None:
    archive = tmp_path / "payload.zip"
    found, without = run(archive, "once"), run(archive, "as it is")
    assert compiled(found) == dict.fromkeys(LOADED, 1)
    assert found["modules"] == without["modules"]
    assert (found["collects"], without["collects"]) == (False, True)


def test_second_import_compiles_changed_files_only(tmp_path: Path) -> None:
    run(tmp_path / "payload.zip", "once")
    moved = tmp_path / "other.zip"
    assert compiled(run(moved, "once")) == {}
    assert compiled(run(moved, "once", {**PAYLOAD, "payload/below/one.py": "one = 1\n"})) == {"payload/below/one.py": 1}
    assert compiled(run(moved, "once", {**PAYLOAD, "payload/below/one.py": "one = 1\n"})) == {}
    (file,) = kept(tmp_path)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.chmod(0o620),
        lambda file: file.parent.chmod(0o777),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"another Python's" + file.read_bytes()[16:]),
        lambda file: file.rename(file.with_name("moved")).parent.joinpath(file.name).symlink_to("moved"),
    ],
    ids=["others may write it", "others may write its folder", "cut off", "empty", "of another Python", "a link"],
)
def test_untrusted_cache_of_imports_is_not_read(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    run(tmp_path / "payload.zip", "once")
    (file,) = kept(tmp_path)
    spoil(file)
    assert compiled(run(tmp_path / "payload.zip", "once")) == dict.fromkeys(LOADED, 1)


def test_damaged_code_is_compiled_and_written_again(tmp_path: Path) -> None:
    run(tmp_path / "payload.zip", "once")
    (file,) = kept(tmp_path)
    code = file.read_bytes()
    file.write_bytes(code.replace(b"missing_or_not", b"missing_or_mot", 1))
    assert compiled(run(tmp_path / "payload.zip", "once")) == {"payload/below/one.py": 1}
    assert compiled(run(tmp_path / "payload.zip", "once")) == {}


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path: Path) -> None:
    assert compiled(run(tmp_path / "payload.zip", "once", flags="-BI")) != {}
    assert kept(tmp_path) == []


def test_imports_work_without_writable_folder(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert compiled(run(tmp_path / "payload.zip", "once")) == dict.fromkeys(LOADED, 1)


def test_forked_process_writes_no_cache(tmp_path: Path) -> None:
    beside = "from .below import one\nimport os\nif os.fork() == 0:\n    raise SystemExit\nos.wait()\n"
    archive = tmp_path / "payload.zip"
    run(archive, "once", {**PAYLOAD, "payload/beside.py": beside + "os._exit(1)\n"})
    assert kept(tmp_path) == []


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
    _zip_imports.begin_loading()
    assert sys.path_hooks == hooks
    assert gc.isenabled()
