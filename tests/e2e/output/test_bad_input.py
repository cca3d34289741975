# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads when the server, the key or the way to it is not as it should be.

After each of them nothing is half on the server and no queue is paused that was not before.
"""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from support.http.answering import Reply, answering, forward
from support.http.selfsigned import self_signed
from support.http.wire import writes
from support.playbooks.playbook import Playbook, Run
from support.playbooks.role import CHAIN, counts, on_server, pauses, summary, sums, upload_play

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


def test_a_wrong_key(fails: Callable[..., Run], server: Emulator) -> None:
    run = fails(immich_api_key="wrong")
    assert "Nothing was uploaded and no queue was touched." in summary(run)
    assert "does not accept the API key (immich_api_key, IMMICH_API_KEY): Invalid API key." in summary(run)
    assert str(run.task("Upload").result["msg"]).startswith("Immich does not accept the API key")
    assert run.stats["localhost"]["failures"] == 1
    assert "failed_when" not in run.output
    assert writes(server) == []


def test_an_empty_key_is_explained_before_any_write(fails: Callable[..., Run], server: Emulator) -> None:
    words = "No API key was given. Give it as api_key or api_key_file (in the roles as immich_api_key or immich_api_key_file)"
    assert words in summary(fails(immich_api_key=""))
    assert writes(server) == []


def test_an_empty_url_is_explained(fails: Callable[..., Run]) -> None:
    words = "No URL was given. Give the address of Immich as url (in the roles as immich_url), or in the environment as IMMICH_URL or"
    assert words in summary(fails(immich_url=""))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://localhost:22O83", "its port is not a number from 1 to 65535 (http://localhost:22O83)"),
        ("http://my photos", "it has a space"),
        ("http://a..b", "a part of its host name is empty"),
        ("http://[::1", "its host is not an IPv6 address"),
    ],
)
def test_a_url_that_is_not_valid(fails: Callable[..., Run], url: str, words: str) -> None:
    assert f"The URL is not valid: {words}" in summary(fails(immich_url=url))


def test_a_key_that_may_not_upload(fails: Callable[..., Run], server: Emulator) -> None:
    run = fails(immich_api_key=server.make_key(permissions=["asset.read"]))
    assert "The API key (immich_api_key, IMMICH_API_KEY) lacks the scope asset.upload" in summary(run)
    assert "Account Settings → API Keys" in summary(run)
    assert writes(server) == []


def test_a_key_that_may_not_make_albums(fails: Callable[..., Run], server: Emulator) -> None:
    run = fails(immich_api_key=server.make_key(permissions=["asset.upload", "album.read"]), album="New")
    assert "album.create" in summary(run)
    assert writes(server) == []


@pytest.mark.parametrize("check", [False, True])
def test_an_old_server_that_does_not_tell_scopes(playbook: Playbook, emulator: Callable[..., Emulator], src: Path, check: bool) -> None:
    """Immich 1.135 is asked for what the key must read, before anything is sent."""
    old = emulator(version="1.135")
    key = old.make_key(permissions=["asset.upload", "album.read"])
    play = upload_play(src, immich_api_key=key, immich_admin_api_key=old.admin_api_key, tags=["Trip"])
    run = playbook.run(play, server=old, check=check)
    assert run.rc == 2
    assert "lacks the scope tag.read (needed to find tags)" in summary(run)
    assert "went up" not in summary(run)
    assert writes(old) == []


def calls(*tasks: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """A play that calls modules of this collection with these options, one after the other, whatever comes of them."""
    named = [
        {"name": f"Call {number}", f"selfhosted.immich.{module}": options, "ignore_errors": True}
        for number, (module, options) in enumerate(tasks)
    ]
    return [{"hosts": "all", "gather_facts": False, "tasks": named}]


def said(run: Run, number: int) -> str:
    """What a call failed with."""
    return str(run.task(f"Call {number}").result["msg"])


@pytest.mark.parametrize("module", ["immich_jobs", "immich_jobs_info"])
def test_a_module_for_administrators_calls_its_key_so(playbook: Playbook, server: Emulator, tmp_path: Path, module: str) -> None:
    (tmp_path / "key").write_text("wrong\n")
    name = "the administrator's API key (api_key, immich_admin_api_key, IMMICH_ADMIN_API_KEY)"
    none = "No administrator's API key was given. Give it as api_key or api_key_file (in the roles as immich_admin_api_key or"
    keys: list[tuple[dict[str, Any], str]] = [
        ({"api_key": "wrong"}, f"Immich does not accept {name}: Invalid API key."),
        ({"api_key": server.api_key}, f"is for administrators, and {name} belongs to a user who is not one."),
        ({"api_key": ""}, none),
        ({"api_key_file": str(tmp_path / "key")}, f"accept the administrator's API key (in the file {tmp_path / 'key'}): Invalid"),
    ]
    given = {"url": server.url, **({"state": "running"} if module == "immich_jobs" else {})}
    run = playbook.run(calls(*((module, {**given, **key}) for key, _ in keys)))
    for number, (_, words) in enumerate(keys):
        assert words in said(run, number)
    assert writes(server) == []


def test_an_administrators_key_is_found_in_the_environment(playbook: Playbook, server: Emulator) -> None:
    environment = {"IMMICH_INSTANCE_URL": server.url, "IMMICH_API_KEY": server.admin_api_key}
    playbook.run(calls(("immich_jobs_info", {})), environment=environment).ok()
    environment |= {"IMMICH_API_KEY": "wrong", "IMMICH_ADMIN_API_KEY": server.admin_api_key}
    run = playbook.run(calls(("immich_jobs_info", {})), environment=environment).ok()
    assert not run.failed


@pytest.mark.parametrize("check", [False, True])
def test_options_that_cannot_be_meant(playbook: Playbook, server: Emulator, src: Path, check: bool) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"timeout": 0}, "timeout must be more than 0"),
        ({"timeout": "nan"}, "timeout must be more than 0"),
        ({"retries": -1}, "retries must be 0 or more"),
        ({"headers": {"X-Door": "€"}}, "The value of X-Door in the option headers has a character that HTTP cannot send"),
        ({"headers": {"X-Door": "a\nb"}}, "The value of X-Door in the option headers has a line break"),
        ({"album_id": "x/../../queues"}, "The key's user has no access to an album with the id x/../../queues"),
        ({"url": ""}, "No URL was given."),
        ({"url": "http://localhost:22O83"}, "The URL is not valid: its port is not a number"),
    ]
    given = {"url": server.url, "api_key": server.api_key, "src": [str(src)]}
    run = playbook.run(calls(*(("immich_upload", {**given, **options}) for options, _ in wrong)), check=check)
    for number, (_, words) in enumerate(wrong):
        assert words in said(run, number)
    assert on_server(server) == set()


def test_modules_meet_maintenance(playbook: Playbook, server: Emulator, src: Path) -> None:
    server.maintenance(True)
    given = {"url": server.url, "api_key": server.admin_api_key}
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("immich_info", given),
        ("immich_jobs", given),
        ("immich_upload", {**given, "src": [str(src)]}),
    ]
    run = playbook.run(calls(*tasks))
    for number in range(len(tasks)):
        assert said(run, number).startswith("Immich is in maintenance mode.")
        assert run.task(f"Call {number}").result["failure"]["kind"] == "maintenance"


@pytest.mark.parametrize(("user", "words"), [("admin", "lacks the scope queue.update"), ("user", "administrator")])
def test_a_key_that_may_not_pause(playbook: Playbook, server: Emulator, src: Path, user: str, words: str) -> None:
    permissions = ["all"] if user == "user" else ["queue.read"]
    key = server.make_key(user, permissions)
    run = playbook.run(upload_play(src, immich_admin_api_key=key), server=server).ok()
    assert on_server(server) == sums(src)
    assert server.paused() == set()
    assert words in run.output
    assert summary(run) == (
        "4 uploaded (12 kB). Background jobs kept running, because the administrator's key may not pause them. "
        "To accept this, set immich_upload_pause_jobs: false."
    )


def test_a_wrong_key_of_the_administrator(playbook: Playbook, server: Emulator, src: Path) -> None:
    """It is a remark where something is new, and where nothing is nobody needs the key."""
    play = upload_play(src, immich_admin_api_key="wrong")
    run = playbook.run(play, server=server).ok()
    assert on_server(server) == sums(src)
    assert "The background jobs were not paused: " in run.output
    assert "Background jobs kept running, because the administrator's key was refused" in summary(run)
    again = playbook.run(play, server=server).ok()
    assert again.changed == 0
    assert summary(again) == "Nothing new, 4 already there."
    assert pauses(server) == []


@pytest.mark.parametrize(("user", "words"), [("admin", "lacks the scope queue.update"), ("user", "administrator")])
def test_a_pause_that_is_required(fails: Callable[..., Run], server: Emulator, user: str, words: str) -> None:
    key = server.make_key(user, ["all"] if user == "user" else ["queue.read"])
    run = fails(immich_admin_api_key=key, pause_required=True)
    assert words in summary(run)
    assert on_server(server) == set()


def test_one_key_for_everything(playbook: Playbook, server: Emulator, src: Path) -> None:
    """An administrator who uploads needs no second key."""
    run = playbook.run(upload_play(src, immich_api_key=server.admin_api_key, immich_admin_api_key=""), server=server).ok()
    assert on_server(server) == sums(src)
    assert {asset["owner"] for asset in server.state()["assets"]} == {"admin"}
    assert "Background jobs run again" in summary(run)


def test_keys_in_files(playbook: Playbook, server: Emulator, src: Path, tmp_path: Path) -> None:
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


def test_nobody_listens(fails: Callable[..., Run]) -> None:
    run = fails(immich_url="http://127.0.0.1:9")
    assert "No connection to http://127.0.0.1:9: Connection refused. Is Immich running there" in summary(run)


def test_an_unknown_host(fails: Callable[..., Run]) -> None:
    assert "The host name photos.invalid cannot be resolved on this host. Check the URL." in summary(
        fails(immich_url="https://photos.invalid")
    )


def test_a_login_page(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault(times=None, html=True)
    assert "a web page titled 'Sign in' instead of Immich's API" in summary(fails())


def test_a_login_page_in_the_middle(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("POST", "^/assets$", after=2, times=None, html=True)
    run = fails(concurrency=1)
    assert "a web page titled 'Sign in' instead of Immich's API" in summary(run)
    assert len(on_server(server)) == 2


def test_a_redirect_is_named_and_not_followed(fails: Callable[..., Run], server: Emulator) -> None:
    with answering(lambda _seen: Reply()) as elsewhere:
        server.fault(times=None, redirect=f"{elsewhere.url}/api/server/version")
        run = fails()
        assert elsewhere.seen == [], "neither the key nor anything else goes to another host"
    assert f"redirects to {elsewhere.url}" in summary(run)


def test_an_expired_certificate(fails: Callable[..., Run], tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    expired = authority.issue_cert("127.0.0.1", not_after=yesterday)
    with answering(lambda _seen: Reply(), tls=tls(expired)) as front:
        run = fails(immich_url=front.url, immich_ca_path=str(tmp_path / "ca.pem"))
        assert front.seen == []
    assert "Its certificate has expired: renew it." in summary(run)


def test_a_self_signed_certificate(fails: Callable[..., Run], tmp_path: Path) -> None:
    with answering(lambda _seen: Reply(), tls=self_signed("127.0.0.1", tmp_path)) as front:
        run = fails(immich_url=front.url)
        assert front.seen == []
    assert "Its certificate is self-signed: give the certificate (or its authority's) as immich_ca_path." in summary(run)


def test_a_private_authority(playbook: Playbook, server: Emulator, src: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with answering(forward(server.url), tls=tls(authority.issue_cert("127.0.0.1"))) as front:
        play = upload_play(src, immich_url=front.url, immich_ca_path=str(tmp_path / "ca.pem"), immich_headers={"X-Door": "open"})
        playbook.run(play, server=server).ok()
        assert {seen.headers.get("x-door") for seen in front.seen} == {"open"}
    assert on_server(server) == sums(src)
    assert server.paused() == set()


def test_a_proxy_with_a_size_limit(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("POST", "^/assets$", times=1, status=413, body="<html><title>413 Request Entity Too Large</title></html>")
    run = fails(concurrency=1)
    assert "client_max_body_size" in summary(run)
    assert counts(run) == {"uploaded": 3, "duplicates": 0, "skipped": 0, "failed": 1}


def test_a_proxy_that_asks_to_slow_down(playbook: Playbook, server: Emulator, src: Path) -> None:
    server.fault("POST", "^/assets$", after=1, times=1, status=429, headers={"Retry-After": "1"}, body="slow down")
    playbook.run(upload_play(src, concurrency=1), server=server).ok()
    assert on_server(server) == sums(src)


def test_a_proxy_that_never_stops_asking(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("POST", "^/assets$", after=1, times=None, status=429, headers={"Retry-After": "0"}, body="slow down")
    assert "still asks to slow down" in summary(fails(concurrency=1))


@pytest.mark.parametrize("status", [500, 502])
def test_the_server_fails_once(playbook: Playbook, server: Emulator, src: Path, status: int) -> None:
    server.fault("POST", "^/assets$", after=1, times=1, status=status)
    playbook.run(upload_play(src), server=server).ok()
    assert on_server(server) == sums(src)


@pytest.mark.parametrize("half", ["request", "response"])
def test_a_connection_that_breaks_once(playbook: Playbook, server: Emulator, src: Path, half: str) -> None:
    server.fault("POST", "^/assets$", after=1, times=1, cut=half, cut_after=1000)
    run = playbook.run(upload_play(src, concurrency=1), server=server).ok()
    assert on_server(server) == sums(src)
    assert counts(run)["uploaded"] == 4


def test_a_connection_that_always_breaks(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("POST", "^/assets$", times=None, cut="request", cut_after=1000)
    run = fails()
    assert "broke in the middle of POST /assets" in summary(run)
    assert on_server(server) == set()


def test_a_server_that_hangs(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("POST", "^/assets$", times=None, hang=True)
    run = fails(immich_timeout=0.5, immich_retries=0, concurrency=4)
    assert "nothing was sent or received for 0.5 s" in summary(run)
    assert on_server(server) == set()


# the server


def test_a_full_quota(fails: Callable[..., Run], server: Emulator, src: Path) -> None:
    sizes = sorted(path.stat().st_size for path in src.rglob("*.jpg"))
    server.set_quota(sizes[-1] + 10)
    run = fails(concurrency=1)
    assert "quota" in summary(run)
    assert len(on_server(server)) == 1


def test_maintenance(fails: Callable[..., Run], server: Emulator) -> None:
    server.maintenance(True)
    run = fails()
    server.maintenance(False)
    assert "in maintenance mode" in summary(run)
    assert pauses(server) == []


def test_an_old_server(fails: Callable[..., Run], server: Emulator) -> None:
    server.fault("GET", "^/server/version$", times=None, json={"major": 1, "minor": 134, "patch": 0})
    assert "The server runs Immich 1.134.0; this collection supports 1.135.0 and later. Update Immich." in summary(fails())


def test_a_queue_that_the_server_does_not_have(fails: Callable[..., Run], server: Emulator) -> None:
    run = fails(pause_queues=["upload", "smartSearches"])
    assert "The server has no queue named smartSearches (did you mean smartSearch?)." in summary(run)
    assert pauses(server) == []


def test_a_queue_that_must_not_be_paused(fails: Callable[..., Run], server: Emulator) -> None:
    assert "backgroundTask must never be paused" in summary(fails(pause_queues=["backgroundTask"]))
    assert pauses(server) == []


# the host


def test_a_report_that_is_not_a_file(playbook: Playbook, server: Emulator, src: Path) -> None:
    """That is seen before anything is uploaded or paused."""
    run = playbook.run(upload_play(src, report="/dev/full"), server=server)
    assert run.rc == 2
    assert "The report /dev/full cannot be written: it is not a file." in run.output
    assert on_server(server) == set()
    assert server.paused() == set()
    assert [request["path"] for request in server.requests(writes=True)] == []


def test_what_is_no_photo(playbook: Playbook, server: Emulator, src: Path) -> None:
    (src / "note.txt").write_text("not a photo")
    (src / "empty.jpg").touch()
    run = playbook.run(upload_play(src), server=server)
    assert run.rc == 2
    assert f"{src / 'empty.jpg'}: " in summary(run)
    assert "empty" in summary(run)
    assert on_server(server) == sums(src) - {"da39a3ee5e6b4b0d3255bfef95601890afd80709"}
    assert server.paused() == set()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"immich_upload_src": ["x"], "immich_upload_concurrency": "many"}, "immich_upload_concurrency"),
        ({"immich_upload_src": ["x"], "immich_upload_visibility": "public"}, "immich_upload_visibility"),
        ({}, "immich_upload_src"),
    ],
)
def test_wrong_variables_are_found_by_the_argument_specs(
    playbook: Playbook, server: Emulator, variables: dict[str, Any], words: str
) -> None:
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "selfhosted.immich.immich_upload", "vars": variables}]}]
    run = playbook.run(play, server=server)
    assert run.rc == 2
    assert words in run.output
    assert server.requests() == []
    assert set(CHAIN).isdisjoint(server.paused())
