# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each point of docs/requirements_list.yml has its evidence, and those that it calls tested are tested, most of them here."""

from __future__ import annotations

import ast
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from documentation.named_tests import exists
from documentation.requirements import PAGE, lists, page

from .conftest import REPOSITORY, Checkout

Check = Callable[[], None]
CHECKS: dict[str, Check] = {}
PLUGINS = REPOSITORY / "plugins"
#: What ansible-core loads, and plugin_utils, which the requirements allow beside it.
FOLDERS = {"action", "doc_fragments", "filter", "lookup", "module_utils", "modules", "plugin_utils"}
ANSIBLE_CONDUCT = "https://docs.ansible.com/ansible/latest/community/code_of_conduct.html"


def requirement(point: str) -> Callable[[Check], Check]:
    """Registers a check of the point that has this id in docs/requirements_list.yml."""

    def add(check: Check) -> Check:
        assert point not in CHECKS, point
        CHECKS[point] = check
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


@requirement("support")
def get_help() -> None:
    assert "https://forum.ansible.com/c/help/6" in readme_section("Support")


@requirement("repository")
def repository() -> None:
    galaxy = load("galaxy.yml")
    assert galaxy["repository"].startswith("https://github.com/")
    assert galaxy["issues"] == galaxy["repository"] + "/issues"


@requirement("conduct")
def conduct() -> None:
    assert ANSIBLE_CONDUCT in text("CODE_OF_CONDUCT.md")
    assert "CODE_OF_CONDUCT.md" in readme_section("Support")


@requirement("licence")
def licence() -> None:
    assert load("galaxy.yml")["license"] == ["GPL-3.0-or-later"]
    for path in PLUGINS.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not source or re.search("License-Identifier: GPL-3.0-or-later$", source, re.MULTILINE), path


@requirement("tags")
def tags() -> None:
    assert load("galaxy.yml")["tags"]


@requirement("requires-ansible")
def requires_ansible() -> None:
    assert re.fullmatch(r">=2\.\d+\.0", load("meta/runtime.yml")["requires_ansible"])


@requirement("pythons-said")
def pythons() -> None:
    assert "Python 3.8 or later" in readme_section("Requirements")


@requirement("private-utilities")
def private() -> None:
    assert "is private to the collection" in (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for folder in ("module_utils", "plugin_utils"):
        for path in (PLUGINS / folder).iterdir():
            if (path.suffix == ".py" and path.name != "__init__.py") or (path.is_dir() and path.name != "__pycache__"):
                assert path.name.startswith("_"), path


@requirement("folders")
def folders() -> None:
    assert {path.name for path in PLUGINS.iterdir()} - {"__pycache__"} == FOLDERS


@requirement("documented")
def documented() -> None:
    files = [*(PLUGINS / "modules").glob("*.py"), *(PLUGINS / "filter").glob("*.py")]
    assert files
    for path in files:
        beside = path.with_suffix(".yml")
        blocks = documentation(beside if beside.exists() else path)
        assert {name for name in ("DOCUMENTATION", "EXAMPLES", "RETURN") if blocks.get(name)} == {"DOCUMENTATION", "EXAMPLES", "RETURN"}, (
            path
        )


@requirement("changelog")
def changelog() -> None:
    assert load("changelogs/config.yaml")["changes_file"] == "changelog.yaml"
    known = {name for name, _title in load("changelogs/config.yaml")["sections"]} | {"release_summary", "trivial"}
    for path in (REPOSITORY / "changelogs/fragments").glob("*.yml"):
        assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= known, path


@requirement("semver")
def semantic() -> None:
    assert "https://semver.org" in readme_section("Release notes")
    assert re.fullmatch(r"\d+\.\d+\.\d+", load("galaxy.yml")["version"])


@requirement("info-modules")
def info_modules() -> None:
    readers = {name: blocks["DOCUMENTATION"] for name, blocks in modules().items() if name.endswith("_info")}
    assert readers
    for name, blocks in readers.items():
        assert "photoyard.immich.attributes.info_module" in blocks["extends_documentation_fragment"], name
    # all modules run through this
    assert "supports_check_mode=True" in text("plugins/module_utils/_module.py")
    assert not [name for name in modules() if name.endswith("_facts")]


@requirement("no-query-state")
def states() -> None:
    for name, blocks in modules().items():
        choices = set(blocks["DOCUMENTATION"].get("options", {}).get("state", {}).get("choices", []))
        assert not choices & {"get", "list", "query", "info"}, name


@requirement("no-ignores")
@requirement("ignored-rules")
def ignored() -> None:
    assert not list((REPOSITORY / "tests").glob("sanity/ignore*"))


@requirement("ci")
def workflow() -> None:
    ci = load(".github/workflows/ci.yml")
    assert {"pull_request", "schedule"} <= set(ci["on"])
    (when,) = ci["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", when["cron"])
    commands = {step["run"] for job in ci["jobs"].values() for step in job["steps"] if "run" in step}
    assert {'make check PART="$PART"', 'make check-matrix CORE="$CORE"'} <= commands


@requirement("dependencies")
@requirement("certified-dependencies")
def dependencies() -> None:
    assert load("galaxy.yml")["dependencies"] == {}


@requirement("lint")
def lint() -> None:
    config = load(".ansible-lint")
    assert config["profile"] == "production"
    assert not {"skip_list", "warn_list", "enable_list"} & set(config)
    assert not list(REPOSITORY.glob(".ansible-lint-ignore"))


@requirement("oldest-python")
def oldest_python() -> None:
    assert load("tests/config.yml")["modules"]["python_requires"] == ">=3.8"


@requirement("python-packages")
def packages() -> None:
    lines = [line.partition("#")[0].strip() for line in text("meta/ee-requirements.txt").splitlines()]
    names = [re.fullmatch(r"([a-z-]+)(>=[\d.]+)?", line) for line in lines if line]
    assert names
    assert all(names), lines
    assert not [found[1] for found in names if found and found[1] in ("ansible", "ansible-core")]


@requirement("readme-sections")
def template() -> None:
    required = ("Description", "Requirements", "Installation", "Use cases", "Testing", "Contributing", "Support", "Release notes")
    for title in (*required, "Related information", "Licence information"):
        readme_section(title)


@requirement("readme-changelog")
def links_changelog() -> None:
    assert "CHANGELOG.md" in readme_section("Release notes")
    # before the first release there are only fragments
    if (REPOSITORY / "changelogs/changelog.yaml").exists():
        assert load("galaxy.yml")["version"] in load("changelogs/changelog.yaml")["releases"]


@requirement("pythons-in-modules")
def module_pythons() -> None:
    on_controller = {"role_variables"}
    for name, blocks in modules().items():
        said = blocks["DOCUMENTATION"]
        told = any("Python 3.8" in line for line in said.get("requirements", []))
        assert told or "photoyard.immich.connection" in said["extends_documentation_fragment"] or name in on_controller, name


@requirement("role-specs")
def role_specs() -> None:
    for role in (REPOSITORY / "roles").iterdir():
        assert load(f"roles/{role.name}/meta/argument_specs.yml")["argument_specs"], role.name


@requirement("integration")
def integration_targets() -> None:
    targets = (REPOSITORY / "tests/integration/targets").glob("*/tasks/*.yml")
    used = set(re.findall(r"photoyard\.immich\.(\w+):", "".join(path.read_text(encoding="utf-8") for path in targets)))
    # ansible-test would run the role in the target's place
    assert not {path.name for path in (REPOSITORY / "tests/integration/targets").iterdir()} & {
        path.name for path in (REPOSITORY / "roles").iterdir()
    }
    # the one needs PostgreSQL, the other one is a part of roles
    assert set(modules()) - {"immich_backup_proof_info", "role_variables"} <= used


@requirement("licence-file")
def licence_file() -> None:
    assert "GNU GENERAL PUBLIC LICENSE" in text("LICENSE")


@requirement("maintainers")
def maintainers() -> None:
    assert "photoyard" in text("MAINTAINERS.md")
    assert "@photoyard" in text(".github/CODEOWNERS")


# --- of the artifact, which the tests below build

TOP_FOLDERS = {"LICENSES", "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests"}
#: Playbooks that need a collection which whoever runs them installs (awx.awx).
NEED_MORE = {"awx_setup"}
POINTS = [point for section in lists() for point in section["points"]]


def is_there(evidence: str) -> bool:
    """Whether there is such a target of make, such a test (file::function), or such a file or folder."""
    if "::" in evidence:
        return exists(evidence)
    if evidence.startswith("make "):
        return re.search(rf"^{evidence.removeprefix('make ')}:", text("Makefile").replace("$(linters):", ""), re.MULTILINE) is not None
    return (REPOSITORY / evidence).exists()


def test_page_is_made_of_list() -> None:
    """`make generate` makes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_no_point_is_met_without_evidence() -> None:
    assert {point["status"] for point in POINTS} <= {"tested", "yes", "in part", "not yet", "no"}
    assert len({point["id"] for point in POINTS}) == len(POINTS)
    assert not [point["id"] for point in POINTS if point["status"] in ("tested", "yes", "in part") and not point.get("evidence")]
    assert not [(point["id"], evidence) for point in POINTS for evidence in point.get("evidence", ()) if not is_there(evidence)]


def test_tested_points_name_their_test() -> None:
    named = {point["id"]: [evidence.partition("::") for evidence in point.get("evidence", ())] for point in POINTS}
    without = [
        point["id"] for point in POINTS if point["status"] == "tested" and not any(function for _, _, function in named[point["id"]])
    ]
    assert without == []
    here = str(Path(__file__).relative_to(REPOSITORY))
    checks = {point: {function for file, _, function in found if file == here} for point, found in named.items()}
    assert {point: {check.__name__} for point, check in CHECKS.items()} == {point: checks[point] for point in CHECKS}


@pytest.mark.parametrize("point", CHECKS)
def test_a_requirement_is_met(point: str) -> None:
    CHECKS[point]()


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
