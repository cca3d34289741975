# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive says of itself while it runs and afterwards: the report, its page, and the progress."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.photoyard.immich.plugins.plugin_utils._progress import snapshot
from ansible_collections.photoyard.immich.plugins.plugin_utils._report.figures import collect
from ansible_collections.photoyard.immich.plugins.plugin_utils._report.lines import read
from ansible_collections.photoyard.immich.plugins.plugin_utils._report.page import render
from support.photos.libraries import picture

from .conftest import Archives, filled


def test_the_report_has_a_line_for_each(archives: Archives, tmp_path: Path) -> None:
    filled(archives.account, 3)
    report, ids = tmp_path / "report.jsonl", archives.account.ids

    def reported() -> list[dict[str, Any]]:
        return [json.loads(line) for line in report.read_text().splitlines()]

    archives(report=str(report))
    lines = reported()
    assert [line.get("kind", line.get("action")) for line in lines] == ["run", "archived", "archived", "archived", "run"]
    assert (lines[-1]["complete"], lines[-1]["counts"]["archived"]) == (True, 3)
    assert {line["asset_id"] for line in lines[1:-1]} == set(ids.values())
    archives.account.change("1.jpg", description="new")
    (archives.dest / "2024/2024-06/2.jpg").unlink()
    archives(report=str(report))
    actions = {line["asset_id"]: line["action"] for line in reported()[1:-1]}
    assert actions == {ids["0.jpg"]: "unchanged", ids["1.jpg"]: "updated", ids["2.jpg"]: "repaired"}


def test_progress_counts_each_outcome(archives: Archives, tmp_path: Path) -> None:
    filled(archives.account, 6)
    archives()
    archives.account.change("1.jpg", description="new")
    (archives.dest / "2024/2024-06/2.jpg").unlink()
    archives.account.ask("DELETE", "/assets", json={"ids": [archives.account.ids["5.jpg"]], "force": True})
    archives.account.upload("6.jpg", minutes=6)
    archives.server.wait_idle()
    archives(prune=True, progress_path=str(tmp_path / "progress"))
    last = snapshot.parse((tmp_path / "progress").read_text())
    assert last is not None
    assert (last.phase, last.scan_done, last.receives) == ("done", True, True)
    assert (last.uploaded, last.updated, last.repaired, last.removed, last.duplicates) == (1, 1, 1, 1, 3)
    assert last.bytes_sent == len(picture("2.jpg")) + len(picture("6.jpg"))


def test_the_report_becomes_a_page(archives: Archives, tmp_path: Path) -> None:
    filled(archives.account, 5)
    archives.account.album("Rome", "1.jpg")
    archives()
    (archives.dest / "2024/2024-06/1.jpg").unlink()
    archives.account.change("2.jpg", description="new")
    archives.account.upload("5.jpg", minutes=5)
    archives.account.upload("6.jpg", minutes=6)
    archives.server.fault("GET", f"/{archives.account.ids['6.jpg']}/original", times=None, status=500)
    archives.failing(report=str(tmp_path / "report.jsonl"))
    figures = collect(read(str(tmp_path / "report.jsonl")))
    text = re.sub(r"<[^>]+>", " ", render(figures, None))
    assert "Immich archive" in text
    assert re.search(r"1 new \(%d B\), 3 already there, 1 changed, 1 repaired, 1 failed\." % len(picture("5.jpg")), text)
    assert "1 file failed" in text
    assert re.search(r"[0-9.]+ k?B received", text)
    assert " sent" not in text
