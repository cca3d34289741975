# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules that declare a server run as they stand, and their options are said once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from immich_emulator.testing import Emulator

from .conftest import ModuleRunner

MODULES = Path(__file__).parents[3] / "plugins" / "modules"
ANNA, BEN = "anna@example.com", "ben@example.com"

OWN_MODULES = {
    "users": "immich_user",
    "libraries": "immich_library",
    "api_keys": "immich_api_key",
    "albums": "immich_album",
    "tags": "immich_tag",
    "shared_links": "immich_shared_link",
    "partners": "immich_partner",
}


def block_of(module: str, name: str) -> Any:
    """The YAML of a module's documentation."""
    text = (MODULES / f"{module}.py").read_text(encoding="utf-8")
    match = re.search(rf'^{name} = r"""\n(.*?)"""', text, re.DOTALL | re.MULTILINE)
    assert match is not None
    return yaml.safe_load(match[1])


def tasks_of(module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The example's tasks that call a module of ours: its name and options."""
    for task in block_of(module, "EXAMPLES"):
        for name, options in task.items():
            if name.startswith("photoyard.immich."):
                yield name.removeprefix("photoyard.immich."), options


@pytest.mark.parametrize("module", [*OWN_MODULES.values(), "immich_config", "immich_state", "immich_state_info", "immich_setup"])
def test_module_examples_run_unchanged(emulator: Callable[..., Emulator], run_module: ModuleRunner, tmp_path: Path, module: str) -> None:
    is_first = module in ("immich_setup", "immich_api_key")
    server = emulator(empty=is_first)
    connection = {"url": server.url, "api_key": server.admin_api_key}
    anna = "pw-anna"
    (tmp_path / "photos").mkdir()
    (tmp_path / ".mounted").write_text("")
    if is_first:
        password = "filled in from the vault"
        file = str(tmp_path / "made-later")  # as module_defaults of a play name it
        run_module("immich_setup", url=server.url, api_key_file=file, email="admin@example.com", password=password)
    else:
        users = [{"email": one, "name": one, "password": anna} for one in (ANNA, BEN)]
        run_module("immich_state", **connection, users=users, albums=[{"name": "Wedding"}])
    server.switch(mail=True)
    for name, options in tasks_of(module):
        made = filled(options, server, tmp_path)
        if name == "immich_partner":
            run_module("immich_partner", **connection, partner=ANNA)  # the example's first key is Anna's
            made |= {"partner": BEN} if made.get("direction") != "shared-with" else {}
            if made.get("direction") == "shared-with":
                continue
        result = run_module(name, **made)
        assert result.get("failed") is None, (name, result)
        assert anna not in str(result)


def filled(value: Any, server: Emulator, folder: Path) -> Any:
    """An example's options with the test's server, folder and secrets."""
    if isinstance(value, dict):
        return {name: filled(one, server, folder) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, server, folder) for one in value]
    if not isinstance(value, str):
        return value
    if value == "https://photos.example.com":
        return server.url
    if re.fullmatch(r"\{\{ \w*api_key \}\}", value):
        return server.admin_api_key
    value = re.sub(r"\{\{ vault_\w+ \}\}", "filled in from the vault", value)
    return value.replace("/etc/immich", str(folder)).replace("/mnt/nas", str(folder))


@pytest.mark.parametrize("kind", OWN_MODULES)
def test_state_suboptions_equal_module_options(kind: str) -> None:
    of_state = block_of("immich_state", "DOCUMENTATION")["options"][kind]["suboptions"]
    of_module = block_of(OWN_MODULES[kind], "DOCUMENTATION")["options"]
    plain = {name: without_places(about) for name, about in of_module.items() if kind != "api_keys" or name not in ("email", "password")}
    assert without_places(of_state) == without_places(plain)


def without_places(about: Any) -> Any:
    """Documentation without what is said of where an option stands."""
    if isinstance(about, dict):
        return {name: without_places(one) for name, one in about.items()}
    if isinstance(about, list):
        return " ".join(without_places(one) for one in about) if all(isinstance(one, str) and " " in one for one in about) else about
    return re.sub(r"O\(\w+\[\]\.", "O(", about) if isinstance(about, str) else about


def test_every_kind_has_a_module() -> None:
    assert {*OWN_MODULES, "config"} == {kind.name for kind in KINDS}
