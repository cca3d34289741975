# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules that declare a server run as they stand, and their options are said once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.model import Kind
from ansible_collections.photoyard.immich.plugins.module_utils._resources.options import options_of
from immich_emulator.testing import Emulator

from .conftest import ModuleRunner

MODULES = Path(__file__).parents[3] / "plugins" / "modules"
FRAGMENTS = "ansible_collections.photoyard.immich.plugins.doc_fragments"
ANNA, BEN = "anna@example.com", "ben@example.com"

OWN_MODULES = {kind.name: "immich_" + kind.singular.lower().replace(" ", "_") for kind in KINDS if not kind.singleton}


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
        if "moved_from" in options:  # tests/behaviour/moves
            continue
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


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.singleton], ids=lambda kind: str(kind.name))
def test_fragment_documents_options_of_kind(kind: Kind) -> None:
    fragment = import_module(f"{FRAGMENTS}.{OWN_MODULES[kind.name].removeprefix('immich_')}").ModuleDocFragment
    documented = yaml.safe_load(fragment.DOCUMENTATION)["options"]
    of_state = yaml.safe_load(fragment.IN_STATE)["options"][kind.name]
    assert documented.keys() == of_state["suboptions"].keys()
    for options in (documented, of_state["suboptions"]):
        assert {name: without_words(about) for name, about in options.items()} == {
            name: without_words(about) for name, about in options_of(kind).items()
        }
    assert set(re.findall(r"\bO\((\w+\[\])?", fragment.IN_STATE)) <= {f"{kind.name}[]"}


def without_words(about: dict[str, Any]) -> dict[str, Any]:
    """An option of a documentation, or of an argument spec, without what only one of them has."""
    found = {name: value for name, value in about.items() if name not in ("description", "no_log", "suboptions", "options")}
    below = about.get("suboptions") or about.get("options")
    found["options"] = {name: without_words(one) for name, one in below.items()} if below else {}
    return {name: value for name, value in found.items() if value not in (False, {}) or name == "default"}


def test_every_kind_has_a_module() -> None:
    assert [name for name in OWN_MODULES.values() if not (MODULES / f"{name}.py").exists()] == []
