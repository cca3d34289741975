# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CONTRIBUTING says of style, as far as a machine can see it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("plugins", "roles", "playbooks", "extensions", "tests")
SUFFIXES = (".py", ".yml", ".sh", ".j2")
RECORDED = ("tests/contract/conformance/scenario", "tests/output")
"""What is named as in the records of real servers, and what tools write."""

OLD_WORDS = {
    r"told(?! apart)": "says, stop_requested, message",
    r"nought": "zero, nothing",
    r"mend(?:s|ed|ing)?": "fix, correct",
    r"lets?[ _]go|letting[ _]go": "release",
    r"by[ _]then": "at that time",
    r"(?-i:what is none)": "what is not one",
    r"(?<!there )(?:is|are) no (?!longer|more|such|need|reason|way|other|one\b)\w+": "is not a",
    r"(?<!_)go_on(?!_)": "check_cancelled",
    r"pulled": "cancelled",
    r"patience": "timeout, backoff, give_up_after",
    r"troubles": "transport_errors",
    r"belongings": "what it is a list of",
    r"twins?": "in_flight, same_content",
    r"heard": "received, reported",
    r"another(?:'s)?[ _]hand": "another client",
    r"_in_words|, in words|(?:say|says|said|fails?|failures?|failed) in words": "says what is wrong",
}
"""Words that this collection does not use in code, and what it says instead. A word is one whether it stands in a name or a sentence."""

PLACEHOLDER = re.compile(r'"""(?:See (?:`[^`]+`|above|the base class)|It is|Does it|As of files)\.?"""')

MOST_FILES = 12
FEWEST_LINES = 45
SHORT: dict[str, str] = {
    "plugins/module_utils/_client/endpoints/tags.py": "each resource of the API has a file of its own",
    "plugins/module_utils/_resources/kinds/table.py": "a new kind of object is a line in it",
    "plugins/module_utils/_sources/naming/stack_kinds.py": "options name the kinds; what finds stacks is loaded by uploads that make some",
    "plugins/module_utils/_version.py": "the release writes it",
}
"""Files of module_utils that are shorter, and why."""


def find_files(*folders: str, suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[tuple[str, str]]:
    """Each file's path and text. This one names the words."""
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            name = str(path.relative_to(REPOSITORY))
            if path.suffix in suffixes and path.is_file() and path != Path(__file__) and not name.startswith(RECORDED):
                yield name, path.read_text(encoding="utf-8")


def is_below(name: str, folders: tuple[str, ...]) -> bool:
    return any(name == folder or name.startswith(folder + "/") for folder in folders)


@pytest.mark.parametrize("word", OLD_WORDS)
def test_old_words_are_not_used_in_code(word: str) -> None:
    pattern = re.compile(rf"(?<![a-z])(?:{word})(?![a-z])", re.IGNORECASE)
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in find_files(*FOLDERS)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], f"say {OLD_WORDS[word]} instead"


def test_no_docstring_is_a_placeholder() -> None:
    found = [f"{name}: {match[0]}" for name, text in find_files(*FOLDERS) for match in PLACEHOLDER.finditer(text)]
    assert found == []


def test_no_file_has_its_licence_twice() -> None:
    """As one had that was put together from two."""
    assert [name for name, text in find_files("plugins", suffixes=(".py",)) if text.count("GNU General Public License") > 1] == []


def test_names_of_tests_have_fewer_than_60_characters() -> None:
    names = [
        (name, match[1])
        for name, text in find_files("tests", suffixes=(".py",))
        for match in re.finditer(r"^ *(?:async )?def (test_\w+)\(", text, re.MULTILINE)
    ]
    assert [(name, test, len(test)) for name, test in names if len(test) >= 60] == []


def test_no_folder_has_more_than_a_dozen_files() -> None:
    names = [path.relative_to(REPOSITORY) for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*") if path.is_file()]
    count = Counter(str(name.parent) for name in names if name.name != "__init__.py" and "__pycache__" not in name.parts)
    of_tools = ("tests/output", "plugins/modules", "playbooks")  # Ansible wants all modules, and all playbooks, in one folder
    assert {folder: files for folder, files in count.items() if files > MOST_FILES and not is_below(folder, of_tools)} == {}


def test_files_are_long_enough_to_be_worth_one() -> None:
    lines = {name: len(text.splitlines()) for name, text in find_files("plugins/module_utils", suffixes=(".py",))}
    short = {name for name, count in lines.items() if count < FEWEST_LINES and not name.endswith("__init__.py")}
    assert {name for name in short if name not in SHORT} == set()
    assert set(SHORT) - short == set(), "no longer short"


if __name__ == "__main__":  # which folders have how many of the old words
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for file, content in find_files(*FOLDERS):
        for old in OLD_WORDS:
            total[str(Path(file).parent)][old] += len(re.findall(rf"(?i)(?<![a-z])(?:{old})(?![a-z])", content))
    for place, words in sorted(total.items()):
        print(f"{sum(words.values()):5} {place} {dict(+words)}")
