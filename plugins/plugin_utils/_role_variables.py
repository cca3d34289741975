# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the variables of a role: misspelt ones would be ignored silently."""

from __future__ import annotations

import difflib
import functools
import importlib.util
from pathlib import Path
from typing import Any, Iterable, Mapping

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.photoyard.immich.plugins.module_utils import _option_errors

_ROLES = Path(__file__).resolve().parents[2] / "roles"

# What the roles leave behind, and what their playbooks take besides.
_FURTHER = {
    "immich_archive": {"immich_archive_hosts", "immich_archive_result", "immich_archive_summary"},
    "immich_backup": {"immich_backup_hosts", "immich_backup_result", "immich_backup_summary"},
    "immich_copy": {"immich_copy_hosts", "immich_copy_result", "immich_copy_summary"},
    "immich_heal": {"immich_heal_hosts", "immich_heal_summary"},
    "immich_jobs": {"immich_jobs_hosts"},
    "immich_metrics": {"immich_metrics_hosts"},
    "immich_server": {"immich_server_hosts", "immich_server_result", "immich_server_summary"},
    "immich_report": {"immich_report_hosts"},
    "immich_restore": {"immich_restore_hosts", "immich_restore_summary"},
    "immich_upgrade": {"immich_upgrade_hosts", "immich_upgrade_summary"},
    "immich_upload": {"immich_upload_hosts", "immich_upload_result", "immich_upload_summary"},
    "immich_policy": {"immich_policy_hosts", "immich_policy_plan", "immich_policy_summary"},
    "immich_maintenance": {"immich_maintenance_hosts", "immich_maintenance_result"},
}
# What the variables of a role begin with, besides its name.
_FURTHER_PREFIXES = {"immich_copy": ("immich_source_",)}
# Entry points that read what `main` reads, and whose own specs only have what they need besides.
_AS_MAIN = {"immich_upload": ("pause", "upload")}
# The variable of a role that names another role, which it includes in the middle of its work.
ROLE_NAMES = {"immich_maintenance": "immich_maintenance_role"}
# The variable of a role that names a file of tasks, which it includes in the middle of its work.
TASK_FILES = {
    "immich_backup": "immich_backup_files_tasks",
    "immich_maintenance": "immich_maintenance_tasks",
    "immich_restore": "immich_restore_files_tasks",
    "immich_upgrade": "immich_upgrade_tasks",
}
# The variable of a role that names a collection which it needs, and which this one does not depend on.
_NEEDS = {"awx_setup": "awx_setup_collection"}
_ON_AUTOMATION_HUB = ("ansible.controller",)
_NEAR = 0.75
"""How alike two names must be that begin with the role's prefix, from 0 to 1, for one to be the other misspelt."""
_NEAR_WHOLE = 0.9
"""The same of names that may be a user's own: about one letter in ten, so that `immich_src` is not `immich_url`."""

Options = Mapping[str, Mapping[str, Any]]


def check(role: str, names: Iterable[str]) -> str:
    """What is wrong with those of `names` that look like a variable of the role and are none, "" for nothing.

    All that begins with the role's prefix must be one. Of others, those that differ from one by a slip are misspelt: a prefix that is
    misspelt is ignored as silently as what follows it. A user's own names (`immich_url_internal`) are left alone, as are those of other
    roles, which check them themselves.
    """
    prefixes = (role + "_", *_FURTHER_PREFIXES.get(role, ()))
    others = _prefixes_of_roles().difference(prefixes)
    known = {name for spec in _specs(role).values() for name in spec["options"]} | _FURTHER.get(role, set())
    problems = []
    for name in sorted(set(names) - known):
        prefix = next((prefix for prefix in prefixes if name.startswith(prefix)), "")
        if prefix:
            near = _nearest(name, prefix, known)
        elif name.startswith(tuple(others)) or not _may_be_misspelt(name, prefixes):
            continue
        else:
            near = next(iter(difflib.get_close_matches(name.lower(), known, 1, _NEAR_WHOLE)), "")
            if not near and not any(_has_misspelt_prefix(name, prefix) for prefix in prefixes):
                continue
        problems.append(f"{name} is not a variable of this role. Did you mean {near}?" if near else _refuse(role, name))
    return " ".join(problems)


def _refuse(role: str, name: str) -> str:
    return (
        f"{name} is not a variable of this role, which would ignore it. Rename it if it is your own, or see the role's variables with "
        f"ansible-doc -t role photoyard.immich.{role}."
    )


def _may_be_misspelt(name: str, prefixes: Iterable[str]) -> bool:
    """Whether a name has the first letters of a prefix, is not a role's private one, and does not only add a number (`immich_url_2`).

    Quick, for the hundreds of variables that a host has.
    """
    letters = set(name[:7].lower())
    return name[0] != "_" and not name[-1].isdigit() and any(len(set(prefix[:6]) - letters) <= 1 for prefix in prefixes)


def _has_misspelt_prefix(name: str, prefix: str) -> bool:
    """Whether a name begins with the prefix but for one letter. A plural (`immich_backups_dir`) is a word and no slip."""
    parts = name.lower().split("_")
    words = prefix.count("_")
    given = "_".join(parts[:words]) + "_"
    alike = difflib.SequenceMatcher(None, given, prefix).ratio()
    is_plural = given.replace("s_", "_") == prefix.replace("s_", "_")
    return len(parts) > words and abs(len(given) - len(prefix)) <= 1 and alike >= _NEAR_WHOLE and not is_plural


def missing_file(role: str, given: Mapping[str, Any], playbook_folder: str) -> str:
    """What is wrong where the file of tasks does not exist that a role includes; "" for nothing.

    A file is looked for beside the playbook, and not among the role's own.
    """
    variable = TASK_FILES.get(role, "")
    path = Path(playbook_folder, given.get(variable) or ".")
    if not given.get(variable) or path.is_file():
        return ""
    return (
        f"{variable}: there is no file {path} on the controller. Give an absolute path, or one that begins in the folder of the playbook."
    )


def missing_collection(role: str, options: Options, given: Mapping[str, Any]) -> str:
    """What to install for the role with these values; "" where all that it needs is there."""
    variable = _NEEDS.get(role)
    if variable is None:
        return ""
    name = given.get(variable, options[variable]["default"])
    if _is_installed(name):
        return ""
    where = " from Red Hat's Automation Hub" if name in _ON_AUTOMATION_HUB else ""
    return (
        f"The role {role} needs the collection {name}, which is not there. Install it{where} with: ansible-galaxy collection install {name}"
    )


def _is_installed(collection: str) -> bool:
    try:
        return importlib.util.find_spec(f"ansible_collections.{collection}") is not None
    except ModuleNotFoundError:  # its namespace is missing too
        return False


def options(role: str, entry_point: str) -> Options:
    """The options that an entry point reads: those in its argument spec, and those of `main` where its own are only a part of them. None
    where it has no spec."""
    names = ("main", entry_point) if entry_point in _AS_MAIN.get(role, ()) else (entry_point,)
    return {option: spec for name in names for option, spec in _specs(role).get(name, {}).get("options", {}).items()}


def check_values(role: str, options: Options, given: Mapping[str, Any]) -> str:
    """What is wrong with the values of a role's variables, "" for nothing: what Ansible's validation finds, a text that is empty, and a
    negative number where the role has a default. Other numbers are a module's, which checks them.

    AWX gives such a text for a question of a survey that nobody has answered.
    """
    missing = [name for name, option in options.items() if option.get("required") and given.get(name) in (None, "", [])]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        return f"{' and '.join(missing)} {verb} not set. See ansible-doc -t role photoyard.immich.{role}."
    unfit = _option_errors.find_unfit(options, given, may_be_empty=lambda name: name not in _defaults(role))
    if unfit:
        return unfit.msg
    validation = ArgumentSpecValidator(options).validate(dict(given), validate_role_argument_spec=True)
    if validation.error_messages:
        sentences = dict.fromkeys(_sentence(text, options, given) for text in validation.error_messages)
        whole = {f"{name} must be a list of dictionaries.": name for name in options}
        refused = [name for sentence, name in whole.items() if sentence in sentences]
        return " ".join(sentence for sentence in sentences if sentence in whole or not any(name in sentence for name in refused))
    numbers = {name: validation.validated_parameters[name] for name in given if _is_number(options.get(name, {}).get("default"))}
    return " ".join(f"{name} must be at least 0, not {value}." for name, value in numbers.items() if not value >= 0)  # NaN included


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sentence(text: str, options: Options, given: Mapping[str, Any]) -> str:
    """What Ansible's validation says, as a sentence."""
    sentence = _option_errors.explain_refusal(text, options, given).msg
    return sentence if sentence != text else text[:1].upper() + text[1:].rstrip(".") + "."


def _nearest(name: str, prefix: str, known: set[str]) -> str:
    """The variable that was meant, with the same prefix or else with another (`immich_url`); "" where there is none that is near."""
    given = name[len(prefix) :]
    same = {name for name in known if name.startswith(prefix)}
    for group in (same, known - same):
        ends = {name.removeprefix(prefix).removeprefix("immich_"): name for name in sorted(group)}
        # Two letters that changed places weigh much in a short name, such as "scr" for "src".
        near = [end for end in ends if sorted(end) == sorted(given)] or difflib.get_close_matches(given, ends, 1, _NEAR)
        if near:
            return ends[near[0]]
    return ""


#: Takes what Ansible is told not to template for a text like any other. Without libyaml, PyYAML takes ten times as long.
YAML_LOADER: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
YAML_LOADER.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@functools.lru_cache(maxsize=None)
def _prefixes_of_roles() -> frozenset[str]:
    """What the variables of all roles of this collection begin with."""
    return frozenset(path.name + "_" for path in _ROLES.iterdir()).union(*_FURTHER_PREFIXES.values())


@functools.lru_cache(maxsize=None)  # a task asks several times, and a process of Ansible's runs one task
def _specs(role: str) -> dict[str, Any]:
    """The role's argument specs by entry point."""
    specs: dict[str, Any] = _read(_ROLES / role / "meta" / "argument_specs.yml")["argument_specs"]
    return specs


def _defaults(role: str) -> dict[str, Any]:
    """The role's own defaults. The other variables are collected by the lookup `role_options`, to which an empty text is not set."""
    path = _ROLES / role / "defaults" / "main.yml"
    return _read(path) if path.exists() else {}


def _read(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        content: dict[str, Any] = yaml.load(stream, Loader=YAML_LOADER)
    return content
