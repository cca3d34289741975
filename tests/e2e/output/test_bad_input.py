# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads when the server, the key or the way to it is not as it should be.

After each of them nothing is half on the server and no queue is paused that was not before.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from support.http.answering import Reply, answering, forward
from support.http.selfsigned import self_signed
from support.http.wire import writes
from support.playbooks.playbook import Playbook, Run, local_host
from support.playbooks.role import counts, on_server, pauses, summary, sums, upload_play

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

HTML = {"Content-Type": "text/html"}


@pytest.fixture
def src(photos: Callable[..., Path]) -> Path:
    """Four photos."""
    return photos(4, 2)


@pytest.fixture
def fails(playbook: Playbook, server: Emulator, src: Path) -> Iterator[Callable[..., Run]]:
    """Uploads and fails; afterwards the server is whole and its queues are as they were."""
    server.pause("ocr")

    def run(**variables: Any) -> Run:
        done = playbook.run(upload_play(src, **variables), server=server)
        assert done.rc == 2, done.output
        assert done.output.rstrip().rpartition("PLAY RECAP")[0].rstrip().endswith("}"), "the summary is the last word"
        return done

    yield run
    assert server.paused() == {"ocr"}
    assert on_server(server) <= sums(src)


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


# the key


@pytest.mark.smoke
def test_wrong_key_fails_before_any_write(fails: Callable[..., Run], server: Emulator) -> None:
    run = fails(immich_api_key="wrong")
    assert "Nothing was uploaded" in summary(run)
    assert "(immich_api_key, IMMICH_API_KEY)" in summary(run)
    assert str(run.task("Upload").result["msg"]).startswith("Immich does not accept the API key")
    assert run.stats["localhost"]["failures"] == 1
    assert "failed_when" not in run.output
    assert writes(server) == []


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "empty-key": (
        {"immich_api_key": ""},
        "No API key was given. Give it as api_key or api_key_file (in the roles as immich_api_key or immich_api_key_file)",
    ),
    "empty-url": (
        {"immich_url": ""},
        "No URL was given. Give the address of Immich as url (in the roles as immich_url), or in the environment as IMMICH_URL or",
    ),
    "wrong-port": (
        {"immich_url": "http://localhost:22O83"},
        "The option immich_url is not a valid URL: its port is not a number from 1 to 65535 (http://localhost:22O83)",
    ),
    "nobody-listens": (
        {"immich_url": "http://127.0.0.1:9"},
        "No connection to http://127.0.0.1:9: Connection refused. Is Immich running there",
    ),
    "wrong-queue": (
        {"immich_upload_pause_queues": ["upload", "smartSearches"]},
        "The server has no queue named smartSearches (did you mean smartSearch?)",
    ),
}
"""Variables of a host, and what its summary says of them."""


def test_mistakes_are_explained_before_any_write(playbook: Playbook, server: Emulator, src: Path) -> None:
    scopes = "The API key (immich_api_key, IMMICH_API_KEY) lacks the scope asset.upload"
    mistakes = MISTAKES | {"no-scope": ({"immich_api_key": server.make_key(permissions=["asset.read"])}, scopes)}
    hosts = {name: local_host() | variables for name, (variables, _) in mistakes.items()}
    run = playbook.run(upload_play(src), server=server, hosts=hosts)
    assert {task.host for task in run.failed} == mistakes.keys()
    for name, (_, words) in mistakes.items():
        assert words in " ".join(str(task.result.get("msg", "")) for task in run.tasks if task.host == name)
    assert "Account Settings → API Keys" in str(run.task("Upload", "no-scope").result["msg"])
    assert writes(server) == []


def calls(*tasks: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """A play that calls modules of this collection with these options, one after the other, whatever comes of them."""
    named = [
        {"name": f"Call {number}", f"photoyard.immich.{module}": options, "ignore_errors": True}
        for number, (module, options) in enumerate(tasks)
    ]
    return [{"hosts": "all", "gather_facts": False, "tasks": named}]


def said(run: Run, number: int) -> str:
    """The message of the call with this number."""
    return str(run.task(f"Call {number}").result["msg"])


def test_a_module_for_administrators_calls_its_key_so(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("wrong\n")
    name = "the administrator's API key (api_key, immich_admin_api_key, IMMICH_ADMIN_API_KEY)"
    none = "No administrator's API key was given. Give it as api_key or api_key_file (in the roles as immich_admin_api_key or"
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("immich_jobs", {"state": "running", "api_key": "wrong"}, f"Immich does not accept {name}: Invalid API key"),
        ("immich_jobs_info", {"api_key": server.api_key}, f"{name[1:]} belongs to a user who is not an administrator"),
        ("immich_jobs_info", {"api_key": ""}, none),
        (
            "immich_jobs_info",
            {"api_key_file": str(tmp_path / "key")},
            f"accept the administrator's API key (in the file {tmp_path / 'key'}): Invalid",
        ),
        (
            "immich_jobs_info",
            {"api_key_file": str(tmp_path / "none")},
            f"api_key_file (in the roles immich_admin_api_key_file): {tmp_path / 'none'} cannot be read: No such file",
        ),
        (
            "immich_info",
            {"api_key_file": str(tmp_path)},
            f"api_key_file (in the roles immich_api_key_file): {tmp_path} cannot be read: it is a folder",
        ),
    ]
    run = playbook.run(calls(*((module, {"url": server.url, **options}) for module, options, _ in wrong)))
    for number, (_, _, words) in enumerate(wrong):
        assert words in said(run, number)
    assert writes(server) == []


def test_an_administrators_key_is_found_in_the_environment(playbook: Playbook, server: Emulator) -> None:
    either = {"IMMICH_INSTANCE_URL": server.url, "IMMICH_API_KEY": server.admin_api_key}
    own = either | {"IMMICH_API_KEY": "wrong", "IMMICH_ADMIN_API_KEY": server.admin_api_key}
    tasks = [{"photoyard.immich.immich_jobs_info": {}, "environment": environment} for environment in (either, own)]
    playbook.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}]).ok()


def test_upload_refuses_invalid_options(playbook: Playbook, server: Emulator, src: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"timeout": "nan"}, "timeout must be more than 0"),
        ({"headers": {"X-Door": "a\nb"}}, "The value of X-Door in the option headers has a line break"),
        ({"album_id": "x/../../queues"}, "'x/../../queues' is not an album's id, which looks like "),
    ]
    given = {"url": server.url, "api_key": server.api_key, "src": [str(src)]}
    run = playbook.run(calls(*(("immich_upload", {**given, **options}) for options, _ in wrong)))
    for number, (_, words) in enumerate(wrong):
        assert words in said(run, number)
    assert on_server(server) == set()


def test_modules_meet_maintenance(playbook: Playbook, server: Emulator, src: Path) -> None:
    server.maintenance(True)
    given = {"url": server.url, "api_key": server.admin_api_key}
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("immich_info", given),
        ("immich_jobs", {**given, "state": "healed"}),
        ("immich_upload", {**given, "src": [str(src)], "pause_queues": ["upload"]}),
    ]
    run = playbook.run(calls(*tasks))
    for number in range(len(tasks)):
        assert run.task(f"Call {number}").result["failure"]["kind"] == "maintenance"
    assert pauses(server) == []


def test_upload_runs_without_pause_when_key_may_not(playbook: Playbook, server: Emulator, src: Path) -> None:
    key = server.make_key("admin", ["queue.read"])
    run = playbook.run(upload_play(src, immich_admin_api_key=key), server=server).ok()
    assert on_server(server) == sums(src)
    assert server.paused() == set()
    assert "lacks the scope queue.update" in run.output
    assert summary(run).startswith("4 uploaded (12 kB).")
    assert "user@example.com" in summary(run)
    assert "immich_upload_pause_jobs: false" in summary(run)


def test_a_wrong_key_of_the_administrator(playbook: Playbook, server: Emulator, src: Path) -> None:
    """It is a remark where something is new, and where nothing is nobody needs the key."""
    play = upload_play(src, immich_admin_api_key="wrong")
    run = playbook.run(play, server=server).ok()
    assert on_server(server) == sums(src)
    assert "The background jobs were not paused: " in run.output
    assert "Background jobs kept running" in summary(run)
    again = playbook.run(play, server=server).ok()
    assert again.changed == 0
    assert counts(again) == {"uploaded": 0, "duplicates": 4, "skipped": 0, "failed": 0}
    assert "not paused" not in again.output
    assert pauses(server) == []


def test_upload_fails_when_required_pause_is_not_allowed(fails: Callable[..., Run], server: Emulator) -> None:
    run = fails(immich_admin_api_key=server.make_key("user", ["all"]), pause_required=True)
    assert "administrator" in summary(run)
    assert on_server(server) == set()


def test_administrator_uploads_with_one_key(playbook: Playbook, server: Emulator, src: Path) -> None:
    """An administrator who uploads needs no second key."""
    run = playbook.run(upload_play(src, immich_api_key=server.admin_api_key, immich_admin_api_key=""), server=server).ok()
    assert on_server(server) == sums(src)
    assert {asset["owner"] for asset in server.state()["assets"]} == {"admin"}
    assert "Background jobs run again" in summary(run)


def test_upload_reads_keys_from_files(playbook: Playbook, server: Emulator, src: Path, tmp_path: Path) -> None:
    files = {"user": server.api_key, "admin": server.admin_api_key}
    for name, key in files.items():
        (tmp_path / name).write_text(key + "\n")
    run = playbook.run(
        upload_play(
            src,
            immich_url=server.url,
            immich_api_key_file=str(tmp_path / "user"),
            immich_admin_api_key_file=str(tmp_path / "admin"),
        )
    ).ok()
    assert {asset["owner"] for asset in server.state()["assets"]} == {"user"}
    assert "Background jobs run again" in summary(run)


# the way to the server


def test_a_login_page_in_the_middle(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("POST", "^/assets$", after=2, times=None, html=True)
    run = fails(concurrency=1)
    assert "a web page titled 'Sign in' instead of Immich's API" in summary(run)
    assert len(on_server(server)) == 2


def test_self_signed_certificate_is_refused(fails: Callable[..., Run], tmp_path: Path) -> None:
    with answering(lambda _seen: Reply(), tls=self_signed("127.0.0.1", tmp_path)) as front:
        run = fails(immich_url=front.url)
        assert front.seen == []
    assert "as immich_ca_path." in summary(run)


def test_upload_trusts_private_authority(playbook: Playbook, server: Emulator, src: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with answering(forward(server.url), tls=tls(authority.issue_cert("127.0.0.1"))) as front:
        play = upload_play(src, immich_url=front.url, immich_ca_path=str(tmp_path / "ca.pem"), immich_headers={"X-Door": "open"})
        playbook.run(play, server=server).ok()
        assert {seen.headers.get("x-door") for seen in front.seen} == {"open"}
    assert on_server(server) == sums(src)
    assert server.paused() == set()


# the host


def test_metrics_without_a_place_are_refused(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    wrong = {
        "relative": ("immich.prom", "immich_metrics_file must be an absolute path, not immich.prom. Name a file in the folder that"),
        "folder": (str(tmp_path), f"immich_metrics_file must be a file, and {tmp_path} is a folder on this host. Name a file"),
        "missing": ("/nowhere/immich.prom", "The folder /nowhere of immich_metrics_file does not exist on this host. Name a file"),
    }
    hosts = {name: local_host() | {"immich_metrics_file": path} for name, (path, _) in wrong.items()}
    play = [{"hosts": "all", "gather_facts": False, "roles": ["photoyard.immich.immich_metrics"]}]
    run = playbook.run(play, server=server, hosts=hosts)
    for name, (_, words) in wrong.items():
        assert str(run.task("Check that there is a folder for the file", name).result["msg"]).startswith(words)


def test_metrics_replace_no_other_file(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("a person's\n")
    (tmp_path / "link").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    hosts = {name: local_host() | {"immich_metrics_file": str(tmp_path / name)} for name in ("notes", "link", "pipe", "new")}
    play = [{"hosts": "all", "gather_facts": False, "roles": ["photoyard.immich.immich_metrics"]}]
    run = playbook.run(play, server=server, hosts=hosts)
    assert {host: stats["failures"] for host, stats in run.stats.items()} == {"notes": 1, "link": 1, "pipe": 1, "new": 0}
    playbook.run(play, server=server, hosts={"new": hosts["new"]}).ok()  # it replaces what the first run has written
    assert ((tmp_path / "notes").read_text(), (tmp_path / "none").exists()) == ("a person's\n", False)


def test_upload_refuses_report_at_device_before_pausing(playbook: Playbook, server: Emulator, src: Path) -> None:
    """That is seen before anything is uploaded or paused."""
    run = playbook.run(upload_play(src, report="/dev/full"), server=server)
    assert run.rc == 2
    assert "the option immich_upload_report" in run.output
    assert on_server(server) == set()
    assert server.paused() == set()
    assert [request["path"] for request in server.requests(writes=True)] == []
