# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of requirements says "tested" of what is tested here, and of nothing else."""

from __future__ import annotations

import ast
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import REPOSITORY, Checkout

Check = Callable[[], None]
CHECKS: dict[str, Check] = {}
PLUGINS = REPOSITORY / "plugins"
#: What ansible-core loads, and plugin_utils, which the requirements allow beside it.
FOLDERS = {"action", "doc_fragments", "filter", "lookup", "module_utils", "modules", "plugin_utils"}
ANSIBLE_CONDUCT = "https://docs.ansible.com/ansible/latest/community/code_of_conduct.html"


def requirement(message: str) -> Callable[[Check], Check]:
    """Registers a check of the requirement that the page puts into these words."""

    def add(check: Check) -> Check:
        assert message not in CHECKS, message
        CHECKS[message] = check
        return check

    return add


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def load(name: str) -> Any:
    return yaml.safe_load(text(name))


def readme_section(title: str) -> str:
    _before, found, rest = text("README.md").partition(f"\n## {title}\n")
    assert found, title
    return rest.partition("\n## ")[0]


def documentation(path: Path) -> dict[str, Any]:
    """A plugin's blocks: DOCUMENTATION, EXAMPLES and RETURN, parsed."""
    if path.suffix == ".yml":
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
    assigned = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    blocks = {node.targets[0].id: node.value for node in assigned if isinstance(node.targets[0], ast.Name)}
    return {name: yaml.safe_load(ast.literal_eval(blocks[name])) for name in ("DOCUMENTATION", "EXAMPLES", "RETURN") if name in blocks}


def modules() -> dict[str, dict[str, Any]]:
    return {path.stem: documentation(path) for path in (PLUGINS / "modules").glob("*.py")}


@requirement("the README says where to get help and talk, and links the forum")
def get_help() -> None:
    assert "https://forum.ansible.com/c/help/6" in readme_section("Support")


@requirement("a public repository and an issue tracker that is free to use")
def repository() -> None:
    galaxy = load("galaxy.yml")
    assert galaxy["repository"].startswith("https://github.com/")
    assert galaxy["issues"] == galaxy["repository"] + "/issues"


@requirement("a code of conduct that is compatible with Ansible's")
def conduct() -> None:
    assert ANSIBLE_CONDUCT in text("CODE_OF_CONDUCT.md")
    assert "CODE_OF_CONDUCT.md" in readme_section("Support")


@requirement("plugins under GPL-3.0-or-later, and a licence in each file")
def licence() -> None:
    assert load("galaxy.yml")["license"] == ["GPL-3.0-or-later"]
    for path in PLUGINS.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not source or re.search("License-Identifier: GPL-3.0-or-later$", source, re.MULTILINE), path


@requirement("tags in galaxy.yml")
def tags() -> None:
    assert load("galaxy.yml")["tags"]


@requirement("requires_ansible")
def requires_ansible() -> None:
    assert re.fullmatch(r">=2\.\d+\.0", load("meta/runtime.yml")["requires_ansible"])


@requirement("Python versions that are not supported are documented")
def pythons() -> None:
    assert "Python 3.8 or later" in readme_section("Requirements")


@requirement("private utilities have a leading underscore and say so")
def private() -> None:
    assert "is private to the collection" in (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for folder in ("module_utils", "plugin_utils"):
        for path in (PLUGINS / folder).iterdir():
            if (path.suffix == ".py" and path.name != "__init__.py") or (path.is_dir() and path.name != "__pycache__"):
                assert path.name.startswith("_"), path


@requirement("only folders below plugins that ansible-core knows")
def folders() -> None:
    assert {path.name for path in PLUGINS.iterdir()} - {"__pycache__"} == FOLDERS


@requirement("each module and filter has its documentation, examples and return values")
def documented() -> None:
    files = [*(PLUGINS / "modules").glob("*.py"), *(PLUGINS / "filter").glob("*.py")]
    assert files
    for path in files:
        beside = path.with_suffix(".yml")
        blocks = documentation(beside if beside.exists() else path)
        assert {name for name in ("DOCUMENTATION", "EXAMPLES", "RETURN") if blocks.get(name)} == {"DOCUMENTATION", "EXAMPLES", "RETURN"}, (
            path
        )


@requirement("a changelog in antsibull's format")
def changelog() -> None:
    assert load("changelogs/config.yaml")["changes_file"] == "changelog.yaml"
    known = {name for name, _title in load("changelogs/config.yaml")["sections"]} | {"release_summary", "trivial"}
    for path in (REPOSITORY / "changelogs/fragments").glob("*.yml"):
        assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= known, path


@requirement("semantic versioning, and the README says so")
def semantic() -> None:
    assert "https://semver.org" in readme_section("Release notes")
    assert re.fullmatch(r"\d+\.\d+\.\d+", load("galaxy.yml")["version"])


@requirement("modules that only read are called _info, change nothing, and support check mode")
def info_modules() -> None:
    readers = {name: blocks["DOCUMENTATION"] for name, blocks in modules().items() if name.endswith("_info")}
    assert readers
    for name, blocks in readers.items():
        assert "photoyard.immich.attributes.info_module" in blocks["extends_documentation_fragment"], name
    # all modules run through this
    assert "supports_check_mode=True" in text("plugins/module_utils/_module.py")
    assert not [name for name in modules() if name.endswith("_facts")]


@requirement("no state that is a question, such as list or get")
def states() -> None:
    for name, blocks in modules().items():
        choices = set(blocks["DOCUMENTATION"].get("options", {}).get("state", {}).get("choices", []))
        assert not choices & {"get", "list", "query", "info"}, name


@requirement("no entry in a sanity ignore file")
@requirement("sanity tests with no ignored rule but those that are permitted")
def ignored() -> None:
    assert not list((REPOSITORY / "tests").glob("sanity/ignore*"))


@requirement("all tests for each pull request, and once a week")
def workflow() -> None:
    ci = load(".github/workflows/ci.yml")
    assert {"pull_request", "schedule"} <= set(ci["on"])
    (when,) = ci["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", when["cron"])
    commands = {step["run"] for job in ci["jobs"].values() for step in job["steps"] if "run" in step}
    assert {'make check PART="$PART"', 'make check-matrix CORE="$CORE"'} <= commands


@requirement("dependencies on collections of the package only")
@requirement("dependencies on certified collections only")
def dependencies() -> None:
    assert load("galaxy.yml")["dependencies"] == {}


@requirement("ansible-lint's profile production, with no rule skipped")
def lint() -> None:
    config = load(".ansible-lint")
    assert config["profile"] == "production"
    assert not {"skip_list", "warn_list", "enable_list"} & set(config)
    assert not list(REPOSITORY.glob(".ansible-lint-ignore"))


@requirement("the oldest Python is declared")
def oldest_python() -> None:
    assert load("tests/config.yml")["modules"]["python_requires"] == ">=3.8"


@requirement("Python packages are declared, without upper bounds, and without ansible-core")
def packages() -> None:
    lines = [line.partition("#")[0].strip() for line in text("meta/ee-requirements.txt").splitlines()]
    names = [re.fullmatch(r"([a-z-]+)(>=[\d.]+)?", line) for line in lines if line]
    assert names
    assert all(names), lines
    assert not [found[1] for found in names if found and found[1] in ("ansible", "ansible-core")]


@requirement("the README has the sections of Red Hat's template")
def template() -> None:
    required = ("Description", "Requirements", "Installation", "Use cases", "Testing", "Contributing", "Support", "Release notes")
    for title in (*required, "Related information", "Licence information"):
        readme_section(title)


@requirement("the README links the changelog, which has an entry for the version")
def links_changelog() -> None:
    assert "CHANGELOG.md" in readme_section("Release notes")
    # before the first release there are only fragments
    if (REPOSITORY / "changelogs/changelog.yaml").exists():
        assert load("galaxy.yml")["version"] in load("changelogs/changelog.yaml")["releases"]


# --- of the artifact, which the tests below build

TOP_FOLDERS = {"LICENSES", "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests"}
#: Playbooks that need a collection which whoever runs them installs (awx.awx).
NEED_MORE = {"awx_setup"}
ARTIFACT = {"no large or needless files", "works with nothing but meta, playbooks, plugins and roles"}


def rows() -> Iterator[tuple[str, str]]:
    page = text("docs/docsite/rst/requirements_list.rst")
    yield from re.findall(r"^  \* - (.+)\n    - (.+)\n    - .+$", page.replace("* - Requirement\n    - Met\n    - Where", ""), re.MULTILINE)


def test_page_marks_tested_requirements() -> None:
    said = dict(rows())
    assert set(said.values()) <= {"tested", "yes", "in part", "not yet", "no"}
    assert {message for message, met in said.items() if met == "tested"} == set(CHECKS) | ARTIFACT


@pytest.mark.parametrize("message", CHECKS)
def test_a_requirement_is_met(message: str) -> None:
    CHECKS[message]()


def test_artifact_is_small_and_complete(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("tools/build.sh", str(tmp_path))
    (artifact,) = tmp_path.glob("*.tar.gz")
    assert artifact.stat().st_size < 5_000_000
    installed = tmp_path / "ansible_collections" / "photoyard" / "immich"
    with tarfile.open(artifact) as members:
        assert not [member.name for member in members.getmembers() if member.size > 1_000_000]
        assert {name.partition("/")[0] for name in members.getnames() if "/" in name} <= TOP_FOLDERS
        kept = ("meta/", "playbooks/", "plugins/", "roles/")
        members.extractall(installed, [member for member in members.getmembers() if member.name.startswith(kept)], filter="data")
    names = {path.stem for path in (installed / "playbooks").glob("*.yml")} - NEED_MORE
    playbooks = [f"photoyard.immich.{name}" for name in sorted(names)]
    place, home = str(tmp_path), str(tmp_path / "home")
    command = ["ansible-playbook", "--syntax-check", "-i", "localhost,", *playbooks]
    checked = checkout.run(*command, check=False, ANSIBLE_COLLECTIONS_PATH=place, ANSIBLE_HOME=home)
    assert checked.returncode == 0, checked.stderr
    command = ["ansible-doc", "--type", "module", "--json", "--list", "photoyard.immich"]
    documented = checkout.run(*command, ANSIBLE_COLLECTIONS_PATH=place, ANSIBLE_HOME=home)
    assert {name.rpartition(".")[2] for name in json.loads(documented.stdout)} == set(modules())
