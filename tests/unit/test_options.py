# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's options, as its documentation has them and as the fields of a dataclass."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, Dict, List, Optional, Tuple

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.doc_fragments import filters, ledger, wait
from ansible_collections.photoyard.immich.plugins.module_utils._assets.options import AssetOptions
from ansible_collections.photoyard.immich.plugins.module_utils._options import from_params, group, internal, option
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobRunOptions, JobsOptions
from support.collection import KINDS, ArchiveOptions, CopyOptions, StackOptions, UploadOptions, argument_spec

MODULES = [
    ("immich_archive", ArchiveOptions),
    ("immich_asset", AssetOptions),
    ("immich_copy", CopyOptions),
    ("immich_job_run", JobRunOptions),
    ("immich_jobs", JobsOptions),
    ("immich_stack", StackOptions),
    ("immich_upload", UploadOptions),
]
CHECKED = ("type", "elements", "choices", "default", "required")


@pytest.mark.parametrize(("name", "of"), MODULES)
def test_documentation_and_fields_agree(name: str, of: type) -> None:
    module = import_module(f"ansible_collections.photoyard.immich.plugins.modules.{name}")
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    if of in (ArchiveOptions, CopyOptions):
        documented.update(yaml.safe_load(filters.ModuleDocFragment.DOCUMENTATION)["options"])
    if of is JobsOptions:
        documented.update(yaml.safe_load(ledger.ModuleDocFragment.DOCUMENTATION)["options"])
    if of in (JobsOptions, JobRunOptions):
        documented.update(yaml.safe_load(wait.ModuleDocFragment.DOCUMENTATION)["options"])
    derived = argument_spec(of)
    assert set(derived) <= set(module.SPEC.options)
    fragment = {one: derived[one] for one in derived if one not in documented}
    assert set(fragment) <= {"stack_cover"}
    for one, about in documented.items():
        assert {key: about[key] for key in CHECKED if key in about} == {key: derived[one][key] for key in CHECKED if key in derived[one]}


@dataclass(frozen=True)
class Further:
    """Options in a group."""

    colour: str = option("red", choices=("red", "blue"))


@dataclass(frozen=True)
class Named:
    """Options of something that is there only with a name."""

    name: str = option(name="lease", required=False)
    seconds: float = option(900.0, name="lease_ttl")


@dataclass(frozen=True)
class Asked:
    """One field of each sort."""

    src: List[str] = option(type="path")
    kinds: Tuple[str, ...] = option(("a",), name="types", choices=("a", "b"))
    limit: Optional[float] = option(None, type="str", convert=lambda given: given and float(given))
    cover: Dict[str, str] = option({}, type="dict", options={"a": {"type": "str"}})
    cache: Optional[str] = option(None, type="raw", spec_default=True)
    deep: bool = False
    count: int = 4
    further: Further = group(Further)
    lease: Optional[Named] = group(Named, only_with="lease")
    origin: str = internal("here")


def test_the_spec_follows_from_the_fields() -> None:
    assert argument_spec(Asked) == {
        "src": {"type": "list", "elements": "path", "required": True},
        "types": {"type": "list", "elements": "str", "choices": ["a", "b"], "default": ["a"]},
        "limit": {"type": "str"},
        "cover": {"type": "dict", "options": {"a": {"type": "str"}}},
        "cache": {"type": "raw", "default": True},
        "deep": {"type": "bool", "default": False},
        "count": {"type": "int", "default": 4},
        "colour": {"type": "str", "choices": ["red", "blue"], "default": "red"},
        "lease": {"type": "str"},
        "lease_ttl": {"type": "float", "default": 900.0},
    }


def test_parameters_are_read_and_converted() -> None:
    params: dict[str, Any] = {"src": ["/a"], "types": ["b"], "limit": "1.5", "cover": {}, "cache": True, "deep": True, "count": 1}
    params |= {"colour": "blue", "lease": None, "lease_ttl": 4.0, "origin": "not an option", "url": "not a field"}
    found = from_params(Asked, params, cache=lambda given: f"{given}.sqlite")
    assert found == Asked(["/a"], ("b",), 1.5, {}, "True.sqlite", deep=True, count=1, further=Further("blue"), lease=None, origin="here")
    assert from_params(Asked, params | {"lease": "nas"}).lease == Named("nas", 4.0)


def test_two_values_never_share_a_default() -> None:
    first, second = Asked(["/a"]), Asked(["/a"])
    assert first.cover is not second.cover


def test_a_field_without_an_ansible_type_is_refused() -> None:
    @dataclass(frozen=True)
    class Strange:
        when: object = field(default=None)

    with pytest.raises(TypeError, match="when is a object, so its option needs a type"):
        argument_spec(Strange)


def test_stack_cover_options_are_kinds_of_stacks() -> None:
    (cover,) = (one for one in fields(UploadOptions) if one.name == "stack_cover")
    assert list(cover.metadata["options"]) == list(KINDS)
