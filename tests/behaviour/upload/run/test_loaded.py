# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upload loads. Python compiles all of it again on each run, so that most uploads would be slower for what few of them need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.run_cache import RunCache

PACKAGE = "ansible_collections.photoyard.immich.plugins"
PLUGINS = Path(__file__).parents[4] / "plugins"

FOR_FEW = {
    "exports": "_exports/immich_go _exports/immich_archive _exports/takeout/reader",
    "archives": "_upload/listed_files _files/archives/containers _files/archives/archives _files/archives/zips _files/archives/tars",
    "what is in a file": "_media/exif _media/movie",
    "stacks": "_naming/stacks _naming/related _stacks/planning _upload/organise/stacks",
    "tags": "_metadata/xmp _upload/organise/tags",
    "assets of a server": "_metadata/fields _metadata/value_types",
    "people": "_people/plan _people/read _people/write _client/endpoints/people",
    "options": "_upload/organise/completion _upload/organise/removal",
}
"""What files of a plain folder do not need."""

FOR_NEW = {
    "albums": "_upload/organise/albums _upload/organise/live _writers",
    "sending": "_upload/sending _upload/dates _upload/sidecar _naming/dates",
}
"""What they do not need, besides, if the server has them, and no album was asked for."""

RUN = f"""
import json, sys
from contextlib import closing
from {PACKAGE}.modules import immich_upload
from {PACKAGE}.module_utils._client.api import Immich
from {PACKAGE}.module_utils._client.connection import ApiKey, Connection
from {PACKAGE}.module_utils._run.run import Run
from {PACKAGE}.module_utils._upload.options import UploadOptions
from {PACKAGE}.module_utils._run.report import RunLines
from {PACKAGE}.module_utils._run.files_run import Hooks
from {PACKAGE}.module_utils._upload.run import upload

url, key, src, album_from = sys.argv[1:]
options = UploadOptions(src=[src], album_from=album_from)
with closing(Immich(Connection(url, ApiKey(key)))) as client, Run("upload") as signals, RunLines() as lines:
    lines.outcome.result = upload(client, options, Hooks(signals, lines), check_mode=False)
print(json.dumps([lines.outcome.result["counts"], sorted(sys.modules)]))
"""


@pytest.fixture
def loaded(run_cache: RunCache, tmp_path: Path) -> dict[str, set[str]]:
    """The modules that are there after photos of a plain folder went up into an album (`new`), and after they were there (`known`)."""
    return run_cache.get("loaded", lambda: load(tmp_path / "Trip"))


def load(folder: Path) -> dict[str, set[str]]:
    folder.mkdir()
    for number in range(3):
        (folder / f"IMG_{number:04}.jpg").write_bytes(b"a photo %d" % number)
    with Emulator(version="3.1") as server:
        new = modules_after(server, folder, "folder", uploaded=3)
        known = modules_after(server, folder, "auto", uploaded=0)
    return {"new": new, "known": known}


def modules_after(server: Emulator, folder: Path, album_from: str, *, uploaded: int) -> set[str]:
    command = [sys.executable, "-c", RUN, server.url, server.api_key, str(folder), album_from]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    counts, modules = json.loads(done.stdout)
    assert (counts["uploaded"], counts["duplicates"]) == (uploaded, 3 - uploaded)
    names = {name.removeprefix(f"{PACKAGE}.module_utils.").replace(".", "/") for name in modules}
    assert names >= {"_upload/run", "_files/folders/scan"}
    return names


@pytest.mark.parametrize("what", FOR_FEW)
def test_plain_folders_load_no_optional_modules(loaded: dict[str, set[str]], what: str) -> None:
    names = modules_named(FOR_FEW[what])
    assert loaded["new"] & names == set()
    assert loaded["known"] & names == set()


@pytest.mark.parametrize("what", FOR_NEW)
def test_known_files_load_no_modules_for_new_files(loaded: dict[str, set[str]], what: str) -> None:
    names = modules_named(FOR_NEW[what])
    assert loaded["new"] >= names
    assert loaded["known"] & names == set()


def modules_named(names: str) -> set[str]:
    assert all((PLUGINS / "module_utils" / f"{name}.py").exists() for name in names.split())
    return set(names.split())
