# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every layout of exports owes, whatever it is. A new layout takes part by its row in `LAYOUTS` and its example."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._exports.layouts import CHOICES, LAYOUTS, Layout
from ansible_collections.photoyard.immich.plugins.plugin_utils._wording import export as wording
from support.collection import BY_NAME, ExportOptions, Item, probe_folder, recognise
from support.exports.examples import EXAMPLES, Example
from support.exports.parts import PartFile, write_parts
from support.photos.items import MemoryItem, RecordingListener
from support.photos.reading import check_sum
from support.photos.takeouts import KINDS

from ..conftest import Uploads, counts, names

ROOT = Path(__file__).parents[4]
SENTENCE = re.compile(r"[A-Z\d].*[.?]|[^.]+: .+", re.DOTALL)

every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)


def items_of(files: Sequence[PartFile]) -> list[Item]:
    """The files as members of archives, one for each part."""
    return [MemoryItem(file.path, file.content, part=f"/exports/{file.part}.zip") for file in files]


def read(layout: Layout, items: Sequence[Item]) -> tuple[list[Item], RecordingListener]:
    """The items to upload, and the listener. Asserts that each file is counted once, and that messages are sentences."""
    listener = RecordingListener()
    export = layout.read(items, KINDS, ExportOptions(), listener)
    check_sum(items, export, listener)
    for message in [*(one.reason for one in listener.left_out), *(reason for _path, reason in [*listener.failed, *export.unused])]:
        assert SENTENCE.fullmatch(message), message
    for item in export.items:
        assert "/" not in item.name
        assert 0 < len(os.fsencode(item.name)) <= 255
    return export.items, listener


def write(example: Example, target: Path, form: str = "folder") -> list[Path]:
    """The example on disk; what to give as `src`."""
    return write_parts(target, example.files, form, example.part_name)


def takes_everything(_name: str, _below: str) -> bool:
    """Excludes no folder."""
    return False


def test_every_layout_has_an_example() -> None:
    assert EXAMPLES.keys() == BY_NAME.keys()
    assert len(BY_NAME) == len(LAYOUTS)


@every_layout
def test_layouts_never_yield_to_each_other(layout: Layout) -> None:
    assert layout.name not in layout.yields_to
    assert all(layout.name not in BY_NAME[other].yields_to for other in layout.yields_to)


@every_layout
def test_its_example_alone_is_recognised(layout: Layout, tmp_path: Path) -> None:
    example = EXAMPLES[layout.name]
    assert tuple(recognise(items_of(example.files))) == (layout.name,)
    found: dict[str, str] = {}
    for path in write(example, tmp_path):
        found.update(probe_folder(str(path), takes_everything))
    assert tuple(found) == (layout.name,)


@every_layout
@pytest.mark.parametrize("other", LAYOUTS, ids=lambda layout: layout.name)
def test_two_layouts_yield_or_are_both_recognised(layout: Layout, other: Layout) -> None:
    shown = set(recognise(items_of([*EXAMPLES[layout.name].files, *EXAMPLES[other.name].files])))
    expected = {layout.name, other.name}
    if other.name in layout.yields_to:
        expected = {other.name}
    elif layout.name in other.yields_to:
        expected = {layout.name}
    assert shown == expected


@every_layout
@pytest.mark.parametrize("turned", [False, True])
def test_every_file_is_an_item_or_skipped_with_a_reason(layout: Layout, turned: bool) -> None:
    example = EXAMPLES[layout.name]
    items = items_of(example.files)
    kept, listener = read(layout, items[::-1] if turned else items)
    assert sorted(item.name for item in kept) == sorted(example.names)
    assert listener.failed == []


@every_layout
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_second_run_changes_nothing(layout: Layout, form: str, uploads: Uploads, tmp_path: Path) -> None:
    example = EXAMPLES[layout.name]
    src = write(example, tmp_path, form)
    options: dict[str, Any] = {"layout": layout.name, "default_excludes": False, "hidden": True}
    predicted = uploads(*src, check=True, **options)
    assert names(uploads.server) == []

    first = uploads(*src, **options)

    assert names(uploads.server) == sorted(example.names)
    assert (first["export"]["layout"], first["export"]["title"]) == (layout.name, layout.title)
    assert first["live_photos"] == 1
    assert predicted["counts"] == first["counts"]
    assert predicted["export"] == first["export"]
    uploads.server.wait_idle()
    before = uploads.server.state()["assets"], uploads.server.state()["albums"]
    second = uploads(*src, **options)
    assert not second["changed"]
    assert counts(second)[:2] == [0, len(example.names)]
    assert (uploads.server.state()["assets"], uploads.server.state()["albums"]) == before


@every_layout
def test_missing_part_of_layout_is_reported(layout: Layout, uploads: Uploads, tmp_path: Path) -> None:
    example = EXAMPLES[layout.name]
    assert (example.parts > 1) == (layout.part_of is not None)
    if layout.part_of is None:
        return
    src = write(example, tmp_path, "zip")
    del src[1]

    result = uploads(*src)

    assert result["export"]["missing"] == "part 2 is missing"
    assert [text for text in result["warnings"] if "part 2 of this export is missing" in text]
    assert result["export"]["skip_reasons"].get("waiting", 0) == example.held_back
    assert bool(example.held_back) == layout.is_spread


HOSTILE: dict[str, Callable[[PartFile, str], Item]] = {
    "empty": lambda file, part: MemoryItem(file.path, b"", part=part),
    "null": lambda file, part: MemoryItem(file.path, b"null", part=part),
    "cut": lambda file, part: MemoryItem(file.path, file.content[: len(file.content) // 2], part=part),
    "binary": lambda file, part: MemoryItem(file.path, bytes(range(256)) * 9, part=part),
    "nested": lambda file, part: MemoryItem(file.path, b"[" * 100_000, part=part),
    "digits": lambda file, part: MemoryItem(file.path, b'{"title": ' + b"9" * 100_000 + b"}", part=part),
    "huge": lambda file, part: MemoryItem(file.path, bytes(20 << 20), part=part),
}


@every_layout
@pytest.mark.parametrize("how", HOSTILE)
def test_hostile_metadata_fails_with_message(layout: Layout, how: str) -> None:
    example = EXAMPLES[layout.name]
    for broken in example.files:
        if os.path.splitext(broken.path)[1].lower() not in KINDS:
            items = items_of([file for file in example.files if file is not broken])
            read(layout, [*items, HOSTILE[how](broken, f"/exports/{broken.part}.zip")])


NAMES = ("\x1b[31m{}", "a\nb\u202e{}", "\udcff{}", "..{}", "%s%n{}", "(9999999){}", "-edited{}", "x" * 240 + "{}", "🎉" * 40 + "{}")


@every_layout
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_fail_with_message(layout: Layout, name: str) -> None:
    example = EXAMPLES[layout.name]
    for renamed in example.files:
        folder, slash, old = renamed.path.rpartition("/")
        files = [file for file in example.files if file is not renamed]
        for path in (folder + slash + name.format(old)[-255:], name.format(folder) + slash + old, folder + slash + name.format("")):
            read(layout, items_of([*files, PartFile(path, renamed.content, renamed.part)]))


@every_layout
def test_hostile_names_go_up_from_disk(layout: Layout, uploads: Uploads, tmp_path: Path) -> None:
    src = write(EXAMPLES[layout.name], tmp_path)
    short = [name for name in NAMES if len(os.fsencode(name)) < 240]
    for number, name in enumerate(short):
        folder = src[0] / os.fsdecode(os.fsencode(name.format("folder")))
        folder.mkdir()
        (folder / name.format("x.jpg")).write_bytes(b"%d" % number)
    result = uploads(*src, layout=layout.name, hidden=True)
    assert counts(result, "uploaded", "failed") == [len(EXAMPLES[layout.name].names) + len(short), 0]


class TestWords:
    """What the module, the role and the controller say of layouts agrees with the table."""

    def test_the_module_documents_each_choice(self) -> None:
        module = (ROOT / "plugins/modules/immich_upload.py").read_text(encoding="utf-8")  # importing it needs ansible-core
        option = yaml.safe_load(module.split('DOCUMENTATION = r"""')[1].split('"""')[0])["options"]["layout"]
        assert option["choices"] == list(CHOICES)
        described = " ".join(option["description"])
        assert [choice for choice in CHOICES if f"V({choice})" not in described] == []

    def test_the_role_takes_each_choice(self) -> None:
        specs = yaml.safe_load((ROOT / "roles/immich_upload/meta/argument_specs.yml").read_text(encoding="utf-8"))
        assert specs["argument_specs"]["main"]["options"]["immich_upload_layout"]["choices"] == list(CHOICES)

    def test_the_guides_name_each_layout(self) -> None:
        guides = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/docsite/rst").glob("*.rst")))
        assert [layout.title for layout in LAYOUTS if layout.title not in guides and layout.name not in guides] == []

    def test_the_controller_has_words_for_no_other_layout(self) -> None:
        assert wording.LAYOUTS.keys() <= BY_NAME.keys()

    @every_layout
    def test_the_controller_has_a_sentence_for_each_rule(self, layout: Layout) -> None:
        listener = RecordingListener()
        export = layout.read(items_of(EXAMPLES[layout.name].files), KINDS, ExportOptions(), listener)
        result = {"layout": layout.name, "title": layout.title, "parts": 1, "rules": export.counts}
        assert wording.heading(result).startswith(f"{layout.title}, 1 ")
        assert [rule.name for rule in wording.rules(result) if not rule.says] == []
