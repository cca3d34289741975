# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on which duplicates are reviewed."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.photoyard.immich.plugins.filter.duplicates_html import duplicates_html
from support.photos.libraries import picture

IDS = [str(uuid.UUID(int=number)) for number in (1, 2)]


def lines(**about: Any) -> list[dict[str, Any]]:
    """A report of one group."""
    members = [
        {"id": IDS[0], "name": "<b>{{ a }}.jpg", "size": 12_345, "width": 8, "height": 6, "format": "jpeg", "albums": ["Rome"]},
        {"id": IDS[1], "name": "b.jpg", "size": None, "width": 0, "height": 0, "format": "jpeg", "favorite": True},
    ]
    group: dict[str, Any] = {
        "kind": "group",
        "group_id": "g",
        "decision": "trash",
        "status": "done",
        "rule": "largest",
        "keep": IDS[:1],
        "trashed": IDS[1:],
    }
    group |= {
        "merged": {"favorite": {"before": False, "after": True}},
        "lost": ["faces of Ada"],
        "skipped_reason": None,
        "members": members,
    }
    run = {"kind": "run", "module": "immich_duplicates", "server": "https://photos.example.com", "version": "3.1.0"}
    return [{**run, **about}, group]


def test_duplicates_page_shows_kept_trashed_and_lost(tmp_path: Path) -> None:
    (tmp_path / f"{IDS[0]}.webp").write_bytes(picture("a"))
    (tmp_path / f"{IDS[1]}.webp").write_bytes(b"<script>")  # not a picture
    report = tmp_path / "report.jsonl"
    report.write_text("".join(json.dumps(line) + "\n" for line in lines()), encoding="utf-8")
    page = duplicates_html(str(report), thumbnails=str(tmp_path))
    assert page.count("data:image/jpeg;base64,") == 1
    assert f'href="https://photos.example.com/photos/{IDS[1]}"' in page
    assert "&lt;b&gt;&#123;&#123; a &#125;&#125;.jpg" in page
    assert "{{" not in page
    assert "script" not in page
    for text in ("8 × 6 · 12 kB · jpeg · album Rome", "<b>stays</b>", "<b>goes</b>", "takes over favourite: yes.", "Lost: faces of Ada."):
        assert text in page
    assert duplicates_html(lines()[1:]).count("<section") == 1


def look(*sizes: int, rule: str, keep: int, status: str = "planned") -> list[dict[str, Any]]:
    """A report of one group of files of these sizes, of which the one at the place `keep` stays."""
    ids = [str(uuid.UUID(int=number)) for number, _size in enumerate(sizes, 1)]
    members = [{"id": asset_id, "name": f"{number}.jpg", "size": sizes[number]} for number, asset_id in enumerate(ids)]
    left = {"keep": [ids[keep]], "trashed": [asset_id for asset_id in ids if asset_id != ids[keep]]}
    return [{"kind": "group", "decision": "trash", "status": status, "rule": rule, "members": members, **left}]


def test_page_says_how_many_photos_would_go() -> None:
    assert "3 of 4 photos would go to the trash. 1 group: One stays 1" in duplicates_html(look(9, 8, 7, 6, rule="largest", keep=0))
    assert "1 of 2 photos went to the trash." in duplicates_html(look(9, 8, rule="largest", keep=0, status="done"))
    twice = [*look(9, 8, rule="largest", keep=0), *look(5, 4, 3, rule="largest", keep=0)]
    assert "3 of 5 photos would go to the trash. 2 groups" in duplicates_html(twice)


def test_duplicates_page_lists_kept_photo_first() -> None:
    page = duplicates_html(look(1000, 2000, 3000, rule="largest", keep=2))
    assert page.index(">2.jpg") < page.index(">0.jpg") < page.index(">1.jpg")
    assert "its file is the largest (largest)" in page


def test_duplicates_page_shows_similar_sizes_in_bytes() -> None:
    page = duplicates_html(look(68_101, 68_102, rule="largest", keep=1))
    assert "68,101 bytes" in page
    assert "68 kB" not in page
    assert "68 kB" in duplicates_html(look(68_101, 99_102, rule="largest", keep=1))


@pytest.mark.parametrize("report", [[{"decision": "trash"}], [{"decision": "burn"}], lines(module="immich_upload"), "/nowhere"])
def test_duplicates_page_refuses_other_reports(report: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"not a report|cannot be read"):
        duplicates_html(report)


def test_duplicates_page_needs_no_server_in_its_report() -> None:
    page = duplicates_html([{"kind": "run", "module": "immich_duplicates"}, *look(9, 8, rule="largest", keep=0)])
    assert "1 of 2 photos would go to the trash." in page
    assert "Immich  at" not in page
