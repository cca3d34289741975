# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action does while Ansible puts the module together."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ansible
import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_utils_loader

from ansible_collections.photoyard.immich.plugins.action.immich_upload import ActionModule
from ansible_collections.photoyard.immich.plugins.plugin_utils import _packing
from immich_emulator.testing import Emulator
from support.playbooks.playbook import Playbook

PACKED = "ansible_collections.photoyard.immich.plugins.modules.immich_upload-ZIP_DEFLATED-none"
BESIDE = (f"{PACKED}.lock", f"{PACKED}-part", PACKED.replace("upload", "jobs"))


@pytest.fixture
def action() -> ActionModule:
    """An action plugin without a task."""
    return object.__new__(ActionModule)


Playbooks = Callable[[], "tuple[bool, Path]"]


@pytest.fixture
def playbook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, action: ActionModule) -> Playbooks:
    """A function that packs the module as the first of a playbook and returns whether it was packed, and the folder of packed modules."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    packed: list[bool] = []

    def configure(_self: ActionBase, module_name: str, **_more: Any) -> None:
        folder = Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / PACKED
        packed.append(not file.exists())
        if packed[-1]:
            for name in (PACKED, *BESIDE):
                (folder / name).write_bytes(b"packed")
        assert file.read_bytes() == b"packed"

    def run() -> tuple[bool, Path]:
        temporary = tmp_path / f"local-{len(packed)}"
        temporary.mkdir()
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(temporary))
        monkeypatch.setattr(ActionBase, "_configure_module", configure)
        action._configure_module("photoyard.immich.immich_upload", module_args={}, task_vars={})
        return packed[-1], temporary / "ansiballz_cache"

    return run


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "cache").rglob("*-*"))


@pytest.fixture
def others_may_write() -> Iterator[None]:
    """Sets the umask 002, as some systems do."""
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.mark.usefixtures("others_may_write")
def test_packed_module_alone_is_laid_out_for_the_next(playbook: Playbooks, tmp_path: Path) -> None:
    assert playbook()[0]
    (file,) = kept(tmp_path)
    modes = [path.stat().st_mode & 0o777 for path in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]
    written = file.stat().st_mtime_ns
    packed, folder = playbook()
    assert not packed
    assert [path.name for path in folder.iterdir()] == [PACKED]
    assert kept(tmp_path) == [file]
    assert file.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.chmod(0o620),
        lambda file: file.parent.chmod(0o777),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(file.read_bytes()[:-1] + b"D"),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(bytes(32) + file.read_bytes()[32:]),
        lambda file: file.rename(file.with_name("moved")).parent.joinpath(file.name).symlink_to("moved"),
    ],
    ids=["others may write it", "others may write its folder", "cut off", "damaged", "empty", "of other files", "a link"],
)
def test_untrusted_packed_file_is_packed_again(playbook: Playbooks, tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    playbook()
    (file,) = kept(tmp_path)
    spoil(file)
    assert playbook()[0]
    if file.parent.stat().st_mode & 0o777 == 0o700:
        assert not playbook()[0]  # it was replaced


@pytest.mark.parametrize("changed", ["core", "its packing", "python", "file", "new file"])
def test_module_is_packed_again_after_a_change(playbook: Playbooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    searched = tmp_path / "module_utils"
    (searched / "below").mkdir(parents=True)
    (searched / "below/basic.py").write_text("")
    monkeypatch.setattr(module_utils_loader, "print_paths", lambda: str(searched))
    playbook()
    assert not playbook()[0]
    if changed == "core":
        monkeypatch.setattr(_packing, "core_version", "2.99")
    elif changed == "its packing":
        shutil.copytree(
            Path(ansible.__file__).parent, tmp_path / "core", ignore=shutil.ignore_patterns("__pycache__", "galaxy", "plugins", "modules")
        )
        monkeypatch.setattr(_packing, "_CORE", tmp_path / "core")
        playbook()
        (tmp_path / "core/executor/module_common.py").touch()
    elif changed == "python":
        monkeypatch.setattr("sys.version", "another")
    elif changed == "file":
        (searched / "below/basic.py").write_text("\n")
    else:
        (searched / "below/text.py").write_text("")
    assert playbook()[0]
    assert not playbook()[0]


def test_nothing_is_kept_beside_a_link_to_a_folder(playbook: Playbooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = tmp_path / "module_utils"
    searched.mkdir()
    (searched / "circle").symlink_to(searched)
    monkeypatch.setattr(module_utils_loader, "print_paths", lambda: str(searched))
    assert [playbook()[0], playbook()[0]] == [True, True]
    assert kept(tmp_path) == []


def test_nothing_is_kept_in_the_home_of_another_user(playbook: Playbooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    playbook()
    assert list(tmp_path.glob("cache*")) == []


def test_packing_goes_on_where_core_has_changed(playbook: Playbooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise AttributeError("'PluginLoader' object has no attribute 'print_paths'")

    monkeypatch.setattr(module_utils_loader, "print_paths", fail)
    assert [playbook()[0], playbook()[0]] == [True, True]
    assert kept(tmp_path) == []


@pytest.mark.check
def test_second_playbook_takes_the_packed_module(server: Emulator, tmp_path: Path) -> None:
    """On whichever ansible-core: one that packs in another way has the accelerator of no use."""
    task = {"photoyard.immich.immich_info": {"url": server.url, "api_key": server.api_key}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Ask", **task}]}
    playbook = Playbook(tmp_path / "home")
    playbook.run([play], server=server).ok()
    run = playbook.run([play], server=server, environment={"ANSIBLE_DEBUG": "1", "PYTHONDONTWRITEBYTECODE": ""}).ok()
    assert "ANSIBALLZ: using cached module: " in run.output


def test_packing_suspends_garbage_collection(monkeypatch: pytest.MonkeyPatch, action: ActionModule) -> None:
    searches: list[bool] = []

    def configure(_self: ActionBase, module_name: str, **_more: Any) -> str:
        searches.append(gc.isenabled())
        return f"the module {module_name}"

    monkeypatch.setattr(ActionBase, "_configure_module", configure)
    assert action._configure_module("immich_upload", module_args={}, task_vars={}) == "the module immich_upload"
    assert searches == [False]
    assert gc.isenabled()


def test_the_search_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch, action: ActionModule) -> None:
    def configure(_self: ActionBase, **_more: Any) -> str:
        raise AnsibleError("no such module")

    monkeypatch.setattr(ActionBase, "_configure_module", configure)
    with pytest.raises(AnsibleError, match="no such module"):
        action._configure_module("immich_upload", module_args={}, task_vars={})
    assert gc.isenabled()
