# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that list something list all of it: kinds of failures and their messages, the options of immich-go, playbooks. The menu has
what readers need, and nothing else."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.photoyard.immich.plugins.plugin_utils._wording.export import LAYOUTS
from documentation import contents
from documentation.blocks import DOCSITE
from support.collection import errors
from support.playbooks.playbook import REPOSITORY

PLUGINS = REPOSITORY / "plugins"
CLASSES = [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, errors.ImmichError)]
KINDS = {found.__name__: found.kind for found in CLASSES}
"""The kind of failure by the name of its exception."""

# What immich-go 0.31.0 has, by its source (git grep Var v0.31.0). Those of a second server are read with "from-" before them.
OF_A_SERVER = "server api-key admin-api-key api-trace pause-immich-jobs skip-verify-ssl client-timeout device-uuid dry-run time-zone"
OF_FILES = "date-range exclude-extensions include-extensions include-type"
IMMICH_GO = (
    f"""
{OF_A_SERVER} {OF_FILES}
config save-config on-errors concurrent-tasks log-level log-file log-type no-ui overwrite tag session-tag write-to-folder
ban-file into-album folder-as-album album-path-joiner recursive ignore-sidecar-files folder-as-tags date-from-name album-picasa memories
from-make from-model from-country from-state from-city from-albums from-tags from-people from-partners from-archived from-trash
from-favorite from-no-album from-minimal-rating
sync-albums from-album-name include-untitled-albums include-trashed include-partner partner-shared-album include-archived include-unmatched
takeout-tag people-tag manage-heic-jpeg manage-raw-jpeg manage-burst manage-epson-fastfoto
""".split()
    + [f"from-{name}" for name in f"{OF_A_SERVER} {OF_FILES}".split()]
)


def page(name: str) -> str:
    return (DOCSITE / "rst" / f"{name}.rst").read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """A page's sections by their titles, each up to the next."""
    found = re.split(r"^(.+)\n-{3,}\n", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def values_of(module: ast.Module) -> dict[str, list[ast.expr]]:
    """What the names in a module may stand for: what is assigned to them, or passed for them by a call in the same module."""
    values: dict[str, list[ast.expr]] = defaultdict(list)
    nodes = list(ast.walk(module))
    parameters = {node.name: [argument.arg for argument in node.args.args] for node in nodes if isinstance(node, ast.FunctionDef)}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id].append(node.value)
        elif isinstance(node, ast.Call):
            for name, given in zip(parameters.get(name_of(node.func), []), node.args, strict=False):
                values[name].append(given)
    return values


def texts_of(node: ast.expr, values: Mapping[str, list[ast.expr]]) -> list[str]:
    """The messages that an expression may be, with their placeholders."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name):
        others = {name: given for name, given in values.items() if name != node.id}
        return [text for value in values.get(node.id, ()) for text in texts_of(value, others)]
    if isinstance(node, ast.IfExp):
        return texts_of(node.body, values) + texts_of(node.orelse, values)
    if isinstance(node, ast.BinOp):
        left, right = texts_of(node.left, values), texts_of(node.right, values)
        return left if isinstance(node.op, ast.Mod) or not left or not right else [one + other for one in left for other in right]
    return []


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def messages() -> set[tuple[str, str]]:
    """Kind and words of every failure that the code raises."""
    found: set[tuple[str, str]] = set()
    for file in PLUGINS.rglob("*.py"):
        module = ast.parse(file.read_text(encoding="utf-8"))
        values = values_of(module)
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                names = [name_of(one) for one in [node.func, *node.args[:1]]]
                raised = next((name for name in names if name in KINDS), None)
                texts = next(filter(None, (texts_of(one, values) for one in node.args)), [])
                if raised:
                    found.update((KINDS[raised], re.sub(r"O\(([^)]*)\)", r"\1", text)) for text in texts)
    return found


def literal(words: str) -> list[str]:
    """The parts of a message between its placeholders."""
    return [part.strip() for part in re.split(r"%(?:\.\d+)?[sdgr]|…", words) if part.strip(" .:,%")]


def quoted(section: str) -> list[str]:
    """The messages that a section of the page explains."""
    plain = section.replace("\\", "")
    return [one for line in re.findall(r'^(".*)$', plain, re.MULTILINE) for one in re.findall(r'"([^"]+)"', line)]


def explains(quote: str, words: str) -> bool:
    """Whether a quotation is of this message. In the quotation may be more than in the code, in place of a placeholder."""
    return holds(words, literal(quote)) or holds(quote, literal(words))


def holds(text: str, parts: list[str]) -> bool:
    """Whether all parts stand in a text, in their order."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return bool(parts)


def test_each_kind_of_failure_has_a_section() -> None:
    titles = set(sections(page("troubleshooting")))
    assert titles - {"Without a failure"} == set(KINDS.values())


def test_the_modules_documentation_lists_the_same_kinds() -> None:
    text = (PLUGINS / "doc_fragments" / "connection.py").read_text(encoding="utf-8")
    assert set(re.findall(r"V\((\w+)\)", text[text.index("C(kind) is one of") :])) == set(KINDS.values())


def test_each_message_is_explained() -> None:
    found = sections(page("troubleshooting"))
    # Those about options and files are many, and say all there is to say; the page has the frequent ones.
    unexplained = [
        (kind, words)
        for kind, words in messages()
        if kind not in ("local", "validation") and not any(explains(quote, words) for quote in quoted(found[kind]))
    ]
    assert unexplained == []


def test_each_explained_message_exists() -> None:
    found = sections(page("troubleshooting"))
    known = messages()
    unknown = [
        quote for kind in KINDS.values() for quote in quoted(found[kind]) if not any(explains(quote, words) for _kind, words in known)
    ]
    assert unknown == []


def test_page_lists_options_of_immich_go_exactly() -> None:
    text = page("guide_from_immich_go")
    assert set(re.findall(r"``--([a-z-]+)``", text)) - {"check"} == set(IMMICH_GO)


def test_page_lists_rules_of_google_takeout() -> None:
    (table,) = re.findall(r"   \* - Rule\n.*?\n\n(?=\S)", page("guide_exports"), re.DOTALL)
    assert set(re.findall(r"\* - ``(\w+)``", table)) == set(LAYOUTS["google_takeout"].rules)


def test_page_lists_playbooks_with_variables() -> None:
    found = sections(page("playbooks"))
    playbooks = {f"photoyard.immich.{file.stem}": documented(file) for file in (REPOSITORY / "playbooks").glob("*.yml")}
    assert set(found) == set(playbooks)
    for name, variables in playbooks.items():
        assert variables <= set(re.findall(r"``(immich_\w+)``", found[name])), name


def documented(playbook: Path) -> set[str]:
    """The variables that a playbook's head explains."""
    return set(re.findall(r"^#   (immich_\w+)  ", playbook.read_text(encoding="utf-8"), re.MULTILINE))


def test_internal_plugins_are_marked_and_named_in_no_guide() -> None:
    files = [file for file in PLUGINS.glob("*/*.py") if file.parent.name in ("filter", "lookup", "modules")]
    marked = {file.stem for file in files if "[INTERNAL]" in file.read_text(encoding="utf-8")}
    assert marked == {file.stem for file in files if file.stem.startswith("_") and file.stem != "__init__"} | contents.INTERNAL
    guides = [file.read_text(encoding="utf-8") for file in (DOCSITE / "rst").glob("*.rst")]
    named = {name for text in guides for name in re.findall(r"photoyard\.immich\.(\w+)", text)}
    assert named & marked == set()
    filters = {file.stem for file in (PLUGINS / "filter").glob("*.*")}
    assert filters - named == filters & marked


def test_links_to_site_lead_to_its_pages() -> None:
    """Also from messages and role READMEs. Pages of roles and plugins are antsibull-docs's."""
    pages = {f"docsite/{file.stem}" for file in (DOCSITE / "rst").glob("*.rst")} | {""}
    pages |= {f"{file.name}_role" for file in (REPOSITORY / "roles").iterdir()} | {"index", "changelog"}
    pages |= {f"{file.stem}_{file.parent.name.removesuffix('s')}" for file in PLUGINS.glob("*/*.py")}
    texts = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("*.yml"), *REPOSITORY.glob("roles/*/README.md"), *PLUGINS.rglob("*.py")]
    linked = {
        page.removesuffix(".html")
        for file in texts
        for page in re.findall(r"https://photoyard\.github\.io/immich/([\w/.]*)", file.read_text(encoding="utf-8"))
    }
    assert "docsite/guide_upload" in linked
    assert linked - pages == set()


def test_each_module_names_its_python_and_platform() -> None:
    """In its own documentation, or in a fragment that it extends."""
    for file in PLUGINS.glob("modules/immich_*.py"):
        text = file.read_text(encoding="utf-8")
        assert "photoyard.immich.connection" in text or "  - Python 3.8 or later\n" in text, file.stem
        assert "  - photoyard.immich.attributes" in text, file.stem


def test_page_of_role_shows_examples_before_variables() -> None:
    before = ".. Entry point title\n\nParameters\n^^^^^^^^^^\na\n\nExamples\n^^^^^^^^\nb\n\nAuthors\n^^^^^^^\n"
    without = ".. Entry point title\n\nParameters\n^^^^^^^^^^\nc\n\nAuthors\n^^^^^^^\n"
    after = ".. Entry point title\n\nExamples\n^^^^^^^^\nb\n\nParameters\n^^^^^^^^^^\na\n\nAuthors\n^^^^^^^\n"
    assert contents.put_examples_first(f"{without}{before}{without}") == f"{without}{after}{without}"


def test_guides_on_galaxy_are_those_of_the_site() -> None:
    assert contents.GUIDES.read_text(encoding="utf-8") == contents.guides(), "Run make generate."


def test_addresses_of_the_site_have_pages() -> None:
    folders = [REPOSITORY / name for name in ("docs", "extensions", "playbooks", "plugins", "roles")]
    files = [*REPOSITORY.glob("*.md"), *(file for folder in folders for file in folder.rglob("*.*"))]
    texts = [file.read_text(encoding="utf-8") for file in files if file.suffix in (".md", ".py", ".yml", ".rst")]
    linked = {name for text in texts for name in re.findall(r"photoyard\.github\.io/immich/docsite/(\w+)\.html", text)}
    assert "tutorial" in linked
    assert sorted(name for name in linked if not (DOCSITE / "rst" / f"{name}.rst").is_file()) == []
