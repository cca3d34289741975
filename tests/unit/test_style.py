# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CONTRIBUTING says of style, as far as a machine can see it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("plugins", "roles", "playbooks", "extensions", "tests", "tools")
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

NO_NAMES = {"it", "what", "they", "that"}
"""Words that stand for a name: a test says the name."""

PLACEHOLDER = re.compile(r'"""(?:See (?:`[^`]+`|above|the base class)|It is|Does it|As of files)\.?"""')


@cache
def find_files(*folders: str, suffixes: tuple[str, ...] = SUFFIXES) -> list[tuple[str, str]]:
    """Each file's path and text. This one names the words."""
    files = []
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            name = str(path.relative_to(REPOSITORY))
            if path.suffix in suffixes and path.is_file() and path != Path(__file__) and not name.startswith(RECORDED):
                files.append((name, path.read_text(encoding="utf-8")))
    return files


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


def find_tests() -> list[tuple[str, str]]:
    """The path of each file with tests, and the name of each test in it."""
    return [
        (name, match[1])
        for name, text in find_files("tests", suffixes=(".py",))
        for match in re.finditer(r"^ *(?:async )?def (test_\w+)\(", text, re.MULTILINE)
    ]


def test_names_of_tests_have_fewer_than_60_characters() -> None:
    assert [(name, test, len(test)) for name, test in find_tests() if len(test) >= 60] == []


def test_names_of_tests_have_no_pronouns() -> None:
    assert [(name, test) for name, test in find_tests() if NO_NAMES & set(test.split("_"))] == [], "name unit, case and outcome"


if __name__ == "__main__":  # which folders have how many of the old words
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for file, content in find_files(*FOLDERS):
        for old in OLD_WORDS:
            total[str(Path(file).parent)][old] += len(re.findall(rf"(?i)(?<![a-z])(?:{old})(?![a-z])", content))
    for place, words in sorted(total.items()):
        print(f"{sum(words.values()):5} {place} {dict(+words)}")
