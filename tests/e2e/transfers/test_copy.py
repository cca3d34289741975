# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy from one server to another, by real `ansible-playbook` runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.playbooks.playbook import Playbook
from support.playbooks.role import sentences

COPY, REPORT = Path("photoyard.immich.copy"), Path("photoyard.immich.report")


@pytest.fixture
def account(emulator: Callable[..., Emulator]) -> Account:
    """A user of an older server."""
    return Account(emulator(version="1.135", job_seconds=0.001))


@pytest.mark.long
def test_the_playbook_copies_with_jobs_paused(playbook: Playbook, server: Emulator, account: Account, tmp_path: Path) -> None:
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.live("live.jpg")
    account.album("Rome", "1.jpg", "live.jpg")
    variables = {
        "immich_source_url": account.server.url,
        "immich_source_api_key": account.api_key,
        "immich_source_admin_api_key": account.server.admin_api_key,
        "immich_copy_pause_source_jobs": True,
        "immich_copy_report": str(tmp_path / "report.jsonl"),
    }
    check = playbook.run(COPY, "--check", "--diff", server=server, variables=variables).ok()
    assert sentences(check).startswith("5 would be copied (2.6 kB), albums: 1 would be new, 1 live photo would be joined.")
    assert "+copy 0.jpg" in check.output
    assert server.requests(writes=True) == []
    run = playbook.run(COPY, server=server, variables=variables).ok()
    assert sentences(run).startswith("5 copied (2.6 kB), albums: 1 new, 1 live photo joined.")
    assert (server.paused(), account.server.paused()) == (set(), set())
    assert account.api_key not in run.output
    assert account.server.admin_api_key not in run.output
    assert "upload" not in run.output
    playbook.run(REPORT, variables={**variables, "immich_report_dest": str(tmp_path / "pages")}).ok()
    page = re.sub(r"<[^>]*>|\s+", " ", (tmp_path / "pages" / "localhost-copy.html").read_text(encoding="utf-8"))
    assert "Immich copy on localhost" in page
    assert len(re.findall(r"Paused for [\d.]+ m?s during the copy: +metadataExtraction ", page)) == 2
    assert "the report of photoyard.immich.immich_copy" in page
    assert "Folders with most new files" not in page
    assert len(server.state()["assets"]) == 5
    again = playbook.run(COPY, server=server, variables=variables).ok()
    assert again.changed == 0
    assert sentences(again).startswith("Nothing new, 5 already there")


def test_copy_without_source_pauses_nothing(playbook: Playbook, server: Emulator) -> None:
    run = playbook.run(COPY, server=server)
    assert run.rc != 0
    assert "No URL of the source was given" in run.output
    assert sentences(run).startswith("Nothing was copied")
    assert server.paused() == set()


def test_copy_names_wrong_source_key_without_showing(playbook: Playbook, server: Emulator, account: Account) -> None:
    variables = {"immich_source_url": account.server.url, "immich_source_api_key": "wrong-key-of-the-source"}
    run = playbook.run(COPY, server=server, variables=variables)
    assert run.rc != 0
    assert "source's API key (immich_source_api_key, IMMICH_SOURCE_API_KEY)" in run.output
    assert "wrong-key-of-the-source" not in run.output
