# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles repeat of a module's options is what its documentation says today."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._module import ADMIN_CONNECTION, Spec
from documentation import roles
from support.collection import argument_spec

AGAIN = "Run make generate, and look at what it changes."


def test_generated_files_are_current() -> None:
    stale = [str(path.relative_to(roles.REPOSITORY)) for path, text in roles.generated() if path.read_text(encoding="utf-8") != text]
    assert stale == [], AGAIN


def options_in_code(role: roles.Role) -> set[str]:
    """The options that the module takes, besides those of the connection."""
    module, _, name = role.options.rpartition(".")
    if role.options:
        return set(argument_spec(getattr(import_module(f"{roles.PLUGINS}.module_utils.{module}"), name)))
    spec: Spec = import_module(f"{roles.PLUGINS}.modules.{role.module}").SPEC
    return set(spec.options) - set(ADMIN_CONNECTION.options)


@pytest.mark.parametrize("role", roles.SPECS, ids=[role.name for role in roles.SPECS])
def test_a_role_has_a_variable_for_each_option(role: roles.Role) -> None:
    options = options_in_code(role)
    assert options != set()
    assert options - set(role.instead) == set(roles.options_of(role))


def test_a_file_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="There is no part that is made"):
        roles.put_between("a: 1\n", "b: 2\n", "made", "end")


def test_put_between_changes_marked_lines_only() -> None:
    text = "a: 1\n  # made here\n  b: 2\n  # end\nc: 3\n"
    assert roles.put_between(text, "  d: 4\n", "made", "end") == text.replace("b: 2", "d: 4")


def test_roles_with_connection_have_options_of_connection() -> None:
    wanted = {path.parts[-3] for path in roles.ROLES.glob("*/meta/main.yml") if "immich_connection]" in path.read_text(encoding="utf-8")}
    found = {path.parts[-3] for path, text in roles.generated() if path.name == "argument_specs.yml" and "immich_url:" in text}
    assert (wanted - {"awx_setup", "immich_report"}) | {"immich_connection"} == found


def test_connection_has_no_spec_run_by_ansible() -> None:
    assert set(specs("immich_connection")) == {"connection"}
    assert not (roles.ROLES / "immich_connection/tasks/connection.yml").exists()


def specs(role: str) -> dict[str, Any]:
    """The argument specs of a role by entry point."""
    found: dict[str, Any] = yaml.safe_load((roles.ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return found


@pytest.mark.parametrize("role", roles.groups())
def test_each_variable_of_role_is_in_one_group(role: str) -> None:
    names = [name for group in roles.groups()[role].values() for name in roles.variables_in(role, group)]
    of_connection = set(yaml.safe_load(roles.CONNECTION.read_text(encoding="utf-8")))
    assert sorted(names) == sorted(set(specs(role)["main"]["options"]) - of_connection)


@pytest.mark.parametrize("role", sorted(path.name for path in roles.ROLES.iterdir() if (path / "meta/argument_specs.yml").exists()))
def test_reference_of_role_has_example(role: str) -> None:
    shown = "immich_upload" if role == "immich_connection" else role
    assert f"photoyard.immich.{shown}" in next(iter(specs(role).values()))["examples"]


@pytest.mark.parametrize("entry_point", ["pause", "upload", "resume"])
def test_entry_point_of_upload_lists_few_variables(entry_point: str) -> None:
    found = specs("immich_upload")
    listed, of_main = found[entry_point]["options"], found["main"]["options"]
    assert set(listed) <= set(of_main)
    assert len(listed) < len(of_main) / 2


def test_option_in_no_group_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "groups", lambda: {"immich_archive": {"Required": ["dest"]}})
    with pytest.raises(ValueError, match=r"layout, .* into a group of immich_archive"):
        roles.table(next(role for role in roles.SPECS if role.name == "immich_archive"))


def test_example_missing_from_readme_is_refused() -> None:
    text = "    # generated from the example own in README by make generate\n    # end of the example\n"
    assert "examples: |" in roles.with_examples(text, "<!-- example: own -->\n```yaml\n- hosts: nas\n```\n")
    with pytest.raises(ValueError, match="README has no example own"):
        roles.with_examples(text, "<!-- example: other -->\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See O(album).", "See O(immich_upload_album)."),
        ("With O(layout=auto), as O(pause_queues).", "With O(immich_upload_layout=auto), as O(immich_upload_pause_queues)."),
        ("As O(url), see RV(counts.failed).", None),
        ("A V(value) and M(photoyard.immich.immich_jobs) stay.", "A V(value) and M(photoyard.immich.immich_jobs) stay."),
    ],
)
def test_references_of_module_become_those_of_role(text: str, said: str | None) -> None:
    module = "photoyard.immich.immich_upload#module"
    assert roles._for_role(roles.SPECS[0], text) == (said or f"As O({module}:url), see RV({module}:counts.failed).")


@pytest.mark.parametrize("text", ["plain", "it is: not plain", "'quoted' at its start", "long " * 60 + "end", "V(*.jpg) # no comment"])
def test_yaml_item_reads_back_within_line_length(text: str) -> None:
    lines = roles._item(text, "      ")
    assert yaml.safe_load("\n".join(lines)) == [text]
    assert max(map(len, lines)) <= 140
