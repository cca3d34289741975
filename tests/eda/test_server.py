# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source immich_server: against the embedded server, and with a clock of the test's own."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from eda.plugins import Source, load
from support.collection import CHAIN
from support.http.answering import Reply, Seen, answering

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

SERVER = load("immich_server")
FAST = {"delay": 0.02}


def test_the_upload_chain_is_the_collections() -> None:
    assert SERVER["UPLOAD_CHAIN"] == CHAIN  # the source may import nothing of the collection


def source(server: Emulator, **args: Any) -> Source:
    """A source with an administrator's key."""
    return Source("immich_server", **{"url": server.url, "api_key": server.admin_api_key, **FAST, **args})


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]  # a coroutine


def judge(queues: dict[str, tuple[bool, int]], now: float, server: Any) -> dict[str, Any]:
    """The event for queues: name → whether it is paused, and its jobs."""
    found: dict[str, Any] = server.judge([SERVER["Queue"](name, paused, jobs) for name, (paused, jobs) in queues.items()], now)
    return found


@pytest.fixture
def server_state() -> Any:
    """The state of a server that was not polled yet."""
    return SERVER["Server"](SERVER["Options"].of({"url": "http://immich", "queue_threshold": 50, "pause_threshold": 60}, {}), None)


@pytest.mark.parametrize("version", ["1.135", "2.7", "3.1"])
def test_server_event_has_state_of_each_version(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version=version)
    server.pause("library")

    async def work() -> None:
        async with source(server) as polling:
            event = await polling.next()
            percent, free = event.pop("storage_used_percent"), event.pop("storage_free_bytes")
            assert 0 <= percent <= 100
            assert free > 0
            assert event == {
                "url": server.url,
                "status": "up",
                "error_kind": "",
                "error": "",
                "version": {"1.135": "1.135.3", "2.7": "2.7.5", "3.1": "3.1.0"}[version],
                "version_changed": False,
                "storage_over": percent >= 90,
                "storage_over_changed": False,
                "waiting": 0,
                "drained": False,
                "queue_too_long": False,
                "paused": 1,
                "paused_queues": ["library"],
                "paused_for": 0,
                "paused_too_long": False,
            }

    run(work)


def test_queues_are_drained_once(server_state: Any) -> None:
    def drained(now: int, jobs: int, paused: bool = False) -> bool:
        event = judge({"ocr": (paused, jobs), "library": (False, 9)}, now, server_state)
        assert event["waiting"] == jobs
        return bool(event["drained"])

    assert not any(drained(now, 0) for now in range(3))  # nothing had been waiting
    assert not drained(3, 5)
    assert not drained(4, 0)  # between two stages of the chain
    assert not drained(5, 2, paused=True)
    assert [drained(now, 0) for now in range(6, 10)] == [False, True, False, False]


def test_pause_length_counts_from_first_poll(server_state: Any) -> None:
    def paused(now: int, *names: str) -> tuple[int, bool]:
        event = judge({name: (name in names, 0) for name in ("ocr", "library")}, now, server_state)
        assert event["paused_queues"] == [name for name in ("ocr", "library") if name in names]
        return event["paused_for"], event["paused_too_long"]

    assert paused(1000) == (0, False)
    assert paused(1010, "ocr") == (0, False)
    assert paused(1069, "ocr", "library") == (59, False)
    assert paused(1070, "ocr", "library") == (60, True)
    assert paused(1080, "library") == (11, False)
    assert paused(1090) == (0, False)
    assert paused(1100, "ocr") == (0, False)


def test_a_queue_is_too_long(server_state: Any) -> None:
    assert [judge({"ocr": (False, 49 + one)}, 0, server_state)["queue_too_long"] for one in (0, 1)] == [False, True]


def test_no_pause_is_too_long_when_nothing_is_paused() -> None:
    state = SERVER["Server"](SERVER["Options"].of({"url": "http://immich", "pause_threshold": 0}, {}), None)
    assert judge({"ocr": (False, 0)}, 0, state)["paused_too_long"] is False


def test_changes_of_version_and_disk_share_event(server: Emulator) -> None:
    def pretend(percent: float, **version: int) -> None:
        server.clear_faults()
        server.fault("GET", "/server/storage$", times=None, json={"diskUsagePercentage": percent, "diskAvailableRaw": 5})
        server.fault("GET", "/server/version$", times=None, json=version)

    async def work() -> None:
        pretend(94.94, major=3, minor=1, patch=0)
        async with source(server, storage_threshold=95) as polling:
            first = await polling.next()
            assert (first["storage_used_percent"], first["storage_over"], first["storage_over_changed"]) == (94.9, False, False)
            assert (first["version"], first["version_changed"], "previous_version" in first) == ("3.1.0", False, False)
            pretend(95, major=3, minor=2, patch=0)
            changed = await polling.until(version_changed=True)
            assert (changed["version"], changed["previous_version"]) == ("3.2.0", "3.1.0")
            if not changed["storage_over_changed"]:
                changed = await polling.until(storage_over_changed=True)
            assert changed["storage_over"] is True
            after = await polling.next()
            assert (after["version_changed"], after["storage_over"], after["storage_over_changed"]) == (False, True, False)

    run(work)


def test_an_outage_is_survived(server: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        async with source(server) as polling:
            await polling.until(status="up")
            server.restart(down=0.5)
            down = await polling.until(status="down")
            assert down["error_kind"] == "unreachable"
            assert "version" not in down
            await polling.until(status="up", error="", waiting=0)
            server.fault(times=None, status=502)
            assert "502" in (await polling.until(status="down", error_kind="server"))["error"]
            server.clear_faults()
            await polling.until(status="up", error="")

    run(work)
    messages = [record.getMessage() for record in caplog.records]
    assert messages[-1].startswith(f"{server.url}: Immich answers again")
    assert all(one != other for one, other in pairwise(messages))  # each once


def test_maintenance_is_not_an_error(server: Emulator) -> None:
    async def work() -> None:
        server.maintenance(True)
        async with source(server) as polling:
            event = await polling.next()
            assert (event["status"], event["error"], event["version"]) == ("maintenance", "", "3.1.0")
            server.maintenance(False)
            await polling.until(status="up", waiting=0)

    run(work)


def test_poll_of_hanging_server_times_out(server: Emulator) -> None:
    async def work() -> None:
        server.fault("GET", "/server/version$", hang=True)
        server.fault("GET", "/server/storage$", hang=True)
        async with source(server, timeout=0.3) as polling:
            for _round in range(2):
                assert (await polling.next())["error_kind"] == "timeout"
            await polling.until(status="up", error="")

    run(work)


@pytest.mark.parametrize(
    ("key", "kind", "message", "known"),
    [
        ("no-such-key-1234567890", "auth", "Immich does not accept the API key", set()),
        ("user", "permission", "The API key may not read /queues", {"storage_over"}),
        ("disk", "permission", "The API key may not read /queues", {"storage_over"}),
        ("queues", "permission", "The API key may not read /server/storage", {"waiting", "paused"}),
        ("", "", "", set()),
    ],
)
def test_server_event_omits_facts_beyond_key(
    server: Emulator, caplog: pytest.LogCaptureFixture, key: str, kind: str, message: str, known: set[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = {
        "user": server.api_key,
        "disk": server.make_key("admin", ["server.storage"]),
        "queues": server.make_key("admin", ["queue.read"]),
    }
    key = keys.get(key, key)

    async def work() -> None:
        async with source(server, api_key=key) as polling:
            for _round in range(4):
                event = await polling.next()
                assert (event["status"], event["error_kind"], event["version"]) == ("up", kind, "3.1.0")
                assert event["error"].startswith(message)
                assert {"storage_over", "waiting", "paused"} & event.keys() == known
                assert not key or key not in json.dumps(event)

    run(work)
    assert not key or key not in caplog.text
    assert ("\n" + caplog.text).count("immich_server.py") == (1 if message else 0)


def test_a_refused_key_is_not_tried_at_each_poll(server: Emulator) -> None:
    async def work() -> None:
        async with source(server, api_key="wrong", delay=0.01) as polling:
            for _round in range(30):
                await polling.next()

    run(work)
    asked = [one["path"] for one in server.requests()]
    assert asked.count("/server/version") >= 30
    assert 1 <= asked.count("/server/storage") < 15
    assert "/queues" not in asked


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere(server: Emulator) -> None:
    with answering(lambda _asked: Reply()) as other:
        server.fault(times=None, redirect=other.url + "/api/server/version")

        async def work() -> None:
            async with source(server) as polling:
                event = await polling.next()
                assert (event["status"], event["error_kind"]) == ("down", "redirect")
                assert other.url in event["error"]

        run(work)
        assert other.seen == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[" * 100_000,
        b"[]",
        b"null",
        b'{"major": true, "minor": 0, "patch": 0}',
        b'{"major": 1e999, "minor": 0, "patch": 0}',
        b'{"major": ' + b"9" * 5_000 + b', "minor": 0, "patch": 0}',
        b'{"major": -1, "minor": 0, "patch": 0}',
        b"\xff\xfe",
        b" " * 2_000_000,
    ],
    ids=lambda body: body[:12].decode(errors="replace"),
)
def test_server_event_of_other_software_is_down(body: bytes) -> None:
    with answering(lambda _asked: Reply(body=body)) as other:

        async def work() -> None:
            async with Source("immich_server", url=other.url, **FAST) as polling:
                event = await polling.next()
                assert (event["status"], event["error_kind"]) == ("down", "answer")
                assert event["error"].startswith("What answers at this address is not Immich")

        run(work)


@pytest.mark.parametrize(
    "found",
    [
        None,
        [{}],
        [{"name": "ocr", "isPaused": "no", "statistics": {}}],
        [{"name": "\N{FIRE}", "isPaused": False, "statistics": {"active": 0, "waiting": 0, "paused": 0, "delayed": 0}}],
        [{"name": "x" * 101, "isPaused": False, "statistics": {"active": 0, "waiting": 0, "paused": 0, "delayed": 0}}],
        [{"name": "ocr", "isPaused": False, "statistics": {"active": -1, "waiting": 0, "paused": 0, "delayed": 0}}],
        [{"name": "ocr", "isPaused": False, "statistics": {"active": 0}}] * 201,
        {"ocr": None},
    ],
)
def test_odd_queues_are_an_error_of_ours(server: Emulator, found: Any) -> None:
    server.fault("GET", "/queues$", times=None, body=json.dumps(found), status=200)

    async def work() -> None:
        async with source(server) as polling:
            event = await polling.next()
            assert (event["status"], event["error_kind"]) == ("up", "answer")
            assert "about its queues" in event["error"]

    run(work)


@pytest.mark.parametrize("percent", [None, -1, "full", 10**400], ids=["none", "negative", "text", "huge"])
def test_odd_disk_is_an_error_of_ours(server: Emulator, percent: Any) -> None:
    found = {"diskUsagePercentage": percent, "diskAvailableRaw": 5}
    server.fault("GET", "/server/storage$", times=None, body=json.dumps(found), status=200)

    async def work() -> None:
        async with source(server) as polling:
            event = await polling.next()
            assert (event["status"], event["error_kind"]) == ("up", "answer")
            assert "about its disk" in event["error"]

    run(work)


def test_certificates_are_verified() -> None:
    authority, other = trustme.CA(), trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)

    def answer(asked: Seen) -> Reply:
        return Reply(body=b'{"major": 3, "minor": 1, "patch": 0}')

    async def first(**args: Any) -> dict[str, Any]:
        async with Source("immich_server", url=immich.url, **FAST, **args) as polling:
            return await polling.next()

    with answering(answer, tls=tls) as immich, authority.cert_pem.tempfile() as ours, other.cert_pem.tempfile() as foreign:
        for args, kind in (({}, "tls"), ({"cafile": foreign}, "tls"), ({"cafile": ours}, ""), ({"verify_ssl": False}, "")):
            event = asyncio.run(first(**args))
            assert (event["error_kind"], event["status"]) == (kind, "down" if kind else "up")


def test_a_proxy_of_the_environment_is_used_and_no_netrc(monkeypatch: pytest.MonkeyPatch, server: Emulator, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("default login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with answering(lambda _asked: Reply(body=b'{"major": 9, "minor": 0, "patch": 0}')) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")

        async def version(url: str) -> str:
            async with Source("immich_server", url=url, **FAST) as polling:
                found: str = (await polling.next())["version"]
                return found

        assert asyncio.run(version("http://immich.example")) == "9.0.0"
        assert asyncio.run(version(server.url)) == "3.1.0"
        assert {asked.path for asked in proxy.seen} == {
            "http://immich.example/api/server/version",
            "http://immich.example/api/server/config",
        }
        assert not any("authorization" in asked.headers for asked in proxy.seen)


def test_url_and_key_come_from_the_environment() -> None:
    options = SERVER["Options"].of
    assert options({}, {"IMMICH_URL": "http://a/api/", "IMMICH_API_KEY": "k", "IMMICH_ADMIN_API_KEY": "admin"})[:2] == (
        "http://a/api",
        "admin",
    )
    assert options({}, {"IMMICH_INSTANCE_URL": "http://a/b/", "IMMICH_API_KEY": "k", "IMMICH_ADMIN_API_KEY": ""})[:2] == (
        "http://a/b/api",
        "k",
    )
    assert options({"url": "http://c", "api_key": "own"}, {"IMMICH_URL": "http://a", "IMMICH_API_KEY": "k"})[:2] == ("http://c/api", "own")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"url": ""}, "url is missing. Give the address of Immich as url, or in the environment as IMMICH_URL."),
        ({"url": "ftp://a"}, "url must look like https://photos.example.com, without a user name or password in it."),
        ({"url": "http://user:secret@a"}, "url must look like https://photos.example.com, without a user name or password in it."),
        ({"url": "http://a:99999"}, "url must look like https://photos.example.com, without a user name or password in it."),
        ({"url": 3}, "url must look like https://photos.example.com, without a user name or password in it."),
        ({"api_key": "secret\nkey"}, "The API key has characters that no key has, such as a line break or a space."),
        ({"api_key": 12345}, "The API key has characters that no key has, such as a line break or a space."),
        ({"verify_ssl": "no"}, "verify_ssl must be true or false."),
        ({"cafile": "/none"}, "cafile must be a file that can be read, with certificates in PEM format."),
        ({"delay": "5"}, "delay must be a number from 0.01 to 31622400."),
        ({"storage_threshold": 101}, "storage_threshold must be a number from 0 to 100."),
        ({"queues": "ocr"}, "queues must be a list of names of queues."),
        ({"queues": []}, "queues must be a list of names of queues."),
    ],
)
def test_a_wrong_argument_is_named(args: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as raised:
        SERVER["Options"].of({"url": "http://immich", **args}, {})
    assert str(raised.value) == message


def test_a_misspelt_argument_is_named() -> None:
    with pytest.raises(ValueError, match=r"immich_server has no argument validate_certs\. It has url, api_key, verify_ssl, "):
        SERVER["Options"].of({"url": "http://immich", "validate_certs": False}, {})
