# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a real run, fetched and made into a page by the playbook."""

from __future__ import annotations

import copy
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.photoyard.immich.plugins.filter.report_html import report_html
from support.playbooks.playbook import Playbook, local_host
from support.playbooks.sshd import Sshd

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

Photos = Callable[..., Path]

UPLOAD: list[dict[str, Any]] = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Upload",
                "photoyard.immich.immich_upload": {
                    "url": "{{ lookup('ansible.builtin.env', 'IMMICH_URL') }}",
                    "api_key": "{{ lookup('ansible.builtin.env', 'IMMICH_API_KEY') }}",
                    "src": "{{ src }}",
                    "report": "{{ immich_upload_report }}",
                    "max_failures": 1,
                },
            }
        ],
    }
]


def test_report_page_shows_uploads_and_failures(playbook: Playbook, server: Emulator, photos: Photos, sshd: Sshd, tmp_path: Path) -> None:
    src = photos(12, 2)
    (src / "Trip 01" / "<b>empty & {{ sad }}.jpg").write_bytes(b"")
    report, pages = tmp_path / "report.jsonl", tmp_path / "pages"
    hosts = {"nas": sshd.host()}
    variables = {"src": str(src), "immich_upload_report": str(report), "immich_report_hosts": "nas", "immich_report_dest": str(pages)}

    playbook.run(UPLOAD, server=server, hosts=hosts, variables=variables).ok()
    run = playbook.run(Path("photoyard.immich.report"), hosts=hosts, variables=variables).ok()

    assert (pages / "nas.jsonl").read_bytes() == report.read_bytes()
    assert {path.name: path.stat().st_mode & 0o777 for path in pages.iterdir()} == {"nas.jsonl": 0o600, "nas.html": 0o600}
    page = (pages / "nas.html").read_text(encoding="utf-8")
    assert run.task("Show the path of the page").result["msg"] == str(pages / "nas.html")
    assert "<title>Immich upload on nas</title>" in page
    assert re.search(r"<dt>New</dt><dd>12<", page)
    assert "Finished with failures" in page
    assert f'<a href="{server.url}">{server.url}</a>' in page
    for asset in server.state()["assets"]:
        assert f'<a href="{server.url}/photos/{asset["id"]}">' in page
    assert re.search(r"<dt>Failed</dt><dd>1<", page)
    assert "<b>" not in page
    assert "<b>empty & {{ sad }}.jpg" in html.unescape(page)


def test_the_page_has_the_numbers_of_the_terminal(playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path) -> None:
    src, report = photos(12, 2), tmp_path / "report.jsonl"
    (src / "notes.txt").touch()
    (src / "copy.jpg").write_bytes((src / "Trip 01" / "IMG_00000.jpg").read_bytes())
    variables = {"src": str(src), "immich_upload_report": str(report)}
    result = playbook.run(UPLOAD, server=server, hosts={"nas": local_host()}, variables=variables).ok().task("Upload").result
    page = report_html(str(report))
    for label, name in (("New", "uploaded"), ("Already there", "duplicates"), ("Skipped", "skipped"), ("Failed", "failed")):
        assert f"<dt>{label}</dt><dd>{result['counts'][name]}<" in page
    assert "<dt>Files found</dt><dd>14<" in page


def test_the_page_tells_of_the_pause(playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path) -> None:
    server.pause("smartSearch")
    report = tmp_path / "report.jsonl"
    variables = {"src": str(photos(4)), "immich_upload_report": str(report)}
    play = copy.deepcopy(UPLOAD)
    play[0]["tasks"][0]["photoyard.immich.immich_upload"]["pause_queues"] = ["ocr", "smartSearch"]
    playbook.run(play, server=server, hosts={"nas": local_host()}, variables=variables).ok()
    page = re.sub(r"<[^>]*>|\s+", " ", report_html(str(report)))
    assert re.search(r"Paused for [\d.]+ s during the upload: +ocr +They run again\. +Were paused before, and stay so: +smartSearch ", page)


def test_report_playbook_asks_for_immich_upload_report(playbook: Playbook) -> None:
    run = playbook.run(Path("photoyard.immich.report"))
    assert run.rc == 2
    assert run.failed[0].result["msg"].startswith("immich_upload_report is not set.")


def test_report_playbook_names_missing_report(playbook: Playbook, tmp_path: Path) -> None:
    variables = {"immich_upload_report": str(tmp_path / "none.jsonl"), "immich_report_dest": str(tmp_path / "pages")}
    run = playbook.run(Path("photoyard.immich.report"), variables=variables)
    (failed,) = run.failed
    assert f"There is no report {tmp_path}/none.jsonl on localhost." in failed.result["msg"]
    assert not (tmp_path / "pages").exists()


def test_check_mode_fetches_nothing(playbook: Playbook, tmp_path: Path) -> None:
    (tmp_path / "report.jsonl").write_text('{"kind": "run", "module": "immich_upload", "server": "https://photos.example.com"}\n')
    variables = {"immich_upload_report": str(tmp_path / "report.jsonl"), "immich_report_dest": str(tmp_path / "pages")}
    run = playbook.run(Path("photoyard.immich.report"), check=True, variables=variables).ok()
    shown = run.task("Show the path of the page").result["msg"]
    assert {f"{tmp_path}/pages/localhost.html", "would", f"{tmp_path}/report.jsonl"} <= set(shown.split())
    assert not (tmp_path / "pages").exists()
    done = playbook.run(Path("photoyard.immich.report"), variables=variables).ok()
    again = playbook.run(Path("photoyard.immich.report"), check=True, variables=variables).ok()
    assert (done.changed, again.changed) == (run.changed, 0)


@pytest.mark.parametrize("name", ["localhost.jsonl", "localhost.html"])
def test_page_replaces_no_other_file(playbook: Playbook, tmp_path: Path, name: str) -> None:
    (tmp_path / "report.jsonl").write_text('{"kind": "run", "module": "immich_upload", "server": "https://photos.example.com"}\n')
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / name).write_text("a person's\n")
    variables = {"immich_upload_report": str(tmp_path / "report.jsonl"), "immich_report_dest": str(tmp_path / "pages")}
    for check in (True, False):
        run = playbook.run(Path("photoyard.immich.report"), check=check, variables=variables)
        assert (run.rc, "immich_report_dest" in run.failed[-1].result["msg"]) == (2, True)
    assert [(path.name, path.read_text()) for path in (tmp_path / "pages").iterdir()] == [(name, "a person's\n")]


def test_each_line_tells_when_a_file_was_settled(playbook: Playbook, server: Emulator, photos: Photos, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    variables = {"src": str(photos(12, 2)), "immich_upload_report": str(report)}
    playbook.run(UPLOAD, server=server, hosts={"nas": local_host()}, variables=variables).ok()
    lines = [json.loads(line) for line in report.read_text().splitlines()][1:-1]
    times = [line["finished"] for line in lines]
    assert len(times) == 12
    assert times == sorted(times)
    assert abs(times[-1] - report.stat().st_mtime) < 60


@pytest.mark.parametrize(("content", "said"), [("other: file\n", "no line of it is about"), (None, "No such file")])
def test_reason_of_an_unusable_report_is_said_once(playbook: Playbook, tmp_path: Path, content: str | None, said: str) -> None:
    """Ansible adds the message of an exception's cause to its own."""
    report = tmp_path / "other.yml"
    if content:
        report.write_text(content)
    tasks = [{"name": "Make the page", "ansible.builtin.debug": {"msg": "{{ report | photoyard.immich.report_html }}"}}]
    run = playbook.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}], variables={"report": str(report)})
    assert str(run.failed[0].result["msg"]).count(said) == 1
