# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on which duplicates are reviewed."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.selfhosted.immich.plugins.filter.duplicates_html import duplicates_html
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


def test_page_shows_what_stays_goes_and_is_lost(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("report", [[{"decision": "trash"}], [{"decision": "burn"}], lines(module="immich_upload"), "/nowhere"])
def test_what_is_not_a_report_is_refused(report: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"not a report|cannot be read"):
        duplicates_html(report)
