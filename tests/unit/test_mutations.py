# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes that `make mutants` makes."""

from __future__ import annotations

import pytest

from mutants.coverage_map import find_test_files
from mutants.mutations import find_mutations, lines_in_functions
from mutants.nearness import order_by_nearness
from support.tiers import FAST


@pytest.mark.parametrize(
    ("line", "mutated"),
    [
        ("a = b == c", ["a = b != c"]),
        ("a = b < c", ["a = b <= c"]),
        ("a = (b) in (c)", ["a = (b) not in (c)"]),
        ("a = b and c", ["a = b or c"]),
        ("a = (b or c) and d", ["a = (b and c) and d", "a = (b or c) or d"]),
        ("a = not b", ["a = (b)"]),
        ("a = True", ["a = False"]),
        ("a = 2", ["a = 3", "a = (1)"]),
        ("a = {'key': b}", ["a = {'XXkey': b}"]),
        ("a = 'a sentence'", []),
        ("a = b + c", ["a = b - c"]),
        ("a += b", ["a = b"]),
        ("f(a, b=c)", ["pass", "f(b=c)", "f(a)"]),
        ("f(a)", ["pass"]),
        ("raise a", ["pass"]),
        ("a: Dict[str, int] = b", []),
        ("import a", []),
        ("a = b if c else d", ["a = b if (not (c)) else d"]),
        ("a = [b for b in c if d]", ["a = [b for b in c if (not (d))]"]),
        ("def f(): return a", ["def f(): return None"]),
        ("for a in b: break", ["for a in b: continue"]),
        ('def f():\n    """A docstring."""', []),
    ],
)
def test_mutations_of_line_are_complete(line: str, mutated: list[str]) -> None:
    source = line.encode()
    assert sorted(one.apply(source).decode() for one in find_mutations(source)) == sorted(mutated)


def test_offsets_count_bytes_and_lines() -> None:
    source = "a = 'ä'\nb = 'ö' == c\n".encode()
    (mutation,) = (one for one in find_mutations(source) if one.kind == "comparison")
    assert mutation.line == 2
    assert mutation.apply(source).decode() == "a = 'ä'\nb = 'ö' != c\n"
    assert mutation.diff("x.py", source).splitlines()[-2:] == ["-b = 'ö' == c", "+b = 'ö' != c"]


def test_name_changes_with_the_file() -> None:
    (mutation,) = find_mutations(b"a = True")
    assert mutation.identify("x.py", b"a = True") != mutation.identify("x.py", b"a = True\n")


def test_table_and_defaults_run_on_import() -> None:
    source = b"table = [\n    f(1),\n]\n\nclass A:\n    b = 2\n\n    def c(\n        self,\n        d=3,\n    ):\n        return d\n"
    assert lines_in_functions(source) == {12}


def test_the_nearest_tests_come_first() -> None:
    tests = {
        "tests/unit/files/test_other.py": "",
        "tests/behaviour/upload/files/test_archived.py": "import plugins.module_utils._files.archives.zips",
        "tests/unit/files/archives/test_zip.py": "",
        "tests/unit/files/archives/test_tar.py": "a longer text",
        "tests/unit/test_times.py": "",
        "tests/behaviour/queues/test_state.py": "",
    }
    assert order_by_nearness("plugins/module_utils/_files/archives/zips.py", tests) == [
        "tests/unit/files/archives/test_zip.py",
        "tests/behaviour/upload/files/test_archived.py",
        "tests/unit/files/archives/test_tar.py",
        "tests/unit/files/test_other.py",
    ]


@pytest.mark.parametrize(("tier", "has_fuzz"), [(FAST, False), ("", True)], ids=["test", "check"])
def test_files_have_tests_of_the_tier(tier: str, has_fuzz: bool) -> None:
    files = find_test_files(["tests/fuzz", "tests/unit/test_mutations.py"], tier)
    assert "tests/unit/test_mutations.py" in files
    assert any(file.startswith("tests/fuzz/") for file in files) == has_fuzz
