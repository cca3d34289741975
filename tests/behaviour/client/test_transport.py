# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in front of Immich or is not Immich: the message that a person reads, and where the key goes."""

from __future__ import annotations

import datetime
import functools
import json
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from ansible_collections.photoyard.immich.plugins.module_utils._client import limits
from ansible_collections.photoyard.immich.plugins.module_utils._client.transport import Transport, WriteRefused
from support.collection import ApiKey, Connection, errors
from support.http.answering import Reply, Seen, answering

from .conftest import Connect

HTML = {"Content-Type": "text/html; charset=utf-8"}
VERSION = b'{"major":3,"minor":1,"patch":0}'


def test_a_redirect_is_not_followed_and_names_the_url_to_use(connect: Connect) -> None:
    with answering(lambda _seen: Reply(body=VERSION)) as other:
        moved = lambda seen: Reply(301, b"", {"Location": other.url + seen.path})  # noqa: E731  # one answer
        with answering(moved) as server, pytest.raises(errors.RedirectRefused) as caught:
            _ = connect(server.url + "/api").version
        assert f"set url: {other.url}/api" in caught.value.msg
        assert other.seen == []


def test_the_key_is_not_sent_while_the_api_is_being_found(connect: Connect) -> None:
    found = json.dumps({"api": {"endpoint": "/photos/api"}}).encode()
    reply = lambda seen: Reply(body=found) if "well-known" in seen.path else Reply(body=VERSION)  # noqa: E731  # one answer
    with answering(reply) as server:
        assert str(connect(server.url).version) == "3.1.0"
    assert [seen.path for seen in server.seen] == ["/.well-known/immich", "/photos/api/server/version"]
    assert "x-api-key" not in server.seen[0].headers
    assert server.seen[1].headers["x-api-key"] == "the-key"


def test_another_client_for_a_server_does_not_look_for_its_api(connect: Connect) -> None:
    found = json.dumps({"api": {"endpoint": "/photos/api"}}).encode()
    reply = lambda seen: Reply(body=found) if "well-known" in seen.path else Reply(body=VERSION)  # noqa: E731  # one answer
    with answering(reply) as server:
        client = connect(server.url)
        _ = client.version
        for other in (client.without_retries(), client.with_key(ApiKey("another"))):
            other.read_version()
            other.close()
    assert [seen.path for seen in server.seen] == ["/.well-known/immich", *["/photos/api/server/version"] * 3]
    assert [seen.headers.get("x-api-key") for seen in server.seen] == [None, "the-key", "the-key", "another"]


def test_clients_of_two_keys_ask_once_about_their_server(connect: Connect) -> None:
    found = json.dumps({"api": {"endpoint": "/photos/api"}}).encode()
    reply = lambda seen: Reply(body=found) if "well-known" in seen.path else Reply(body=VERSION)  # noqa: E731  # one answer
    with answering(reply) as server:
        client = connect(server.url)
        with closing(client.with_key(ApiKey("another"))) as other:
            assert str(other.version) == str(client.version) == "3.1.0"
            other.read_version()
    assert [seen.path for seen in server.seen] == ["/.well-known/immich", *["/photos/api/server/version"] * 2]
    assert [seen.headers.get("x-api-key") for seen in server.seen] == [None, "the-key", "another"]


def test_an_api_on_another_host_is_not_believed(connect: Connect) -> None:
    found = json.dumps({"api": {"endpoint": "https://elsewhere.example/api"}}).encode()
    with answering(lambda _seen: Reply(body=found)) as server, pytest.raises(errors.RedirectRefused, match="elsewhere"):
        _ = connect(server.url).version
    assert all("x-api-key" not in seen.headers for seen in server.seen)


def test_netrc_and_cookies_stay_out(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = json.dumps({"api": {"endpoint": "/api"}}).encode()
    headers = {"Content-Type": "application/json", "Set-Cookie": "a=b"}
    with answering(lambda seen: Reply(body=found if "well-known" in seen.path else VERSION, headers=headers)) as server:
        client = connect(server.url)
        for _ in range(2):
            client.read_version()
    assert [seen.path for seen in server.seen] == ["/.well-known/immich", *["/api/server/version"] * 2]
    assert all("authorization" not in seen.headers and "cookie" not in seen.headers for seen in server.seen)


def test_extra_headers_reach_a_proxy(connect: Connect) -> None:
    with answering(lambda _seen: Reply(body=VERSION)) as server:
        _ = connect(server.url + "/api", headers={"CF-Access-Client-Id": "id"}).version
    assert server.seen[0].headers["cf-access-client-id"] == "id"
    assert server.seen[0].headers["user-agent"].startswith("photoyard.immich/")


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (Reply(200, b"<html><title>Sign in</title>", HTML), "proxy", "a web page titled 'Sign in' instead of Immich's API"),
        (Reply(401, b"<html>no", HTML), "proxy", "a proxy in front of Immich refuses the call"),
        (Reply(404, b"<html>no", HTML), "proxy", "Check the URL"),
        (Reply(502, b"<html><title>502 Bad Gateway</title>", HTML), "server", "Immich may be restarting"),
        (Reply(413, b"<html>too large", HTML), "proxy", "client_max_body_size"),
        (Reply(429, b"slow", {"Content-Type": "text/plain", "Retry-After": "1"}), "server", "still asks to slow down"),
        (Reply(408, b"<html>slow", HTML), "server", "(408), each time it was tried. A proxy in front of Immich may not wait long enough"),
        (Reply(425, b"{}"), "server", "gave up on GET /server/storage (425)"),
        (Reply(200, b"not json"), "proxy", "JSON that cannot be read"),
        (Reply(200, b""), "proxy", "to GET /server/storage is not what Immich sends"),
        (Reply(200, b"[]"), "proxy", "to GET /server/storage is not what Immich sends"),
        (Reply(200, b"{}"), "proxy", "to GET /server/storage is not what Immich sends"),
        (
            Reply(401, b'{"message":"Invalid API key"}'),
            "auth",
            "does not accept the API key (immich_api_key, IMMICH_API_KEY): Invalid API key.",
        ),
        (Reply(403, b'{"message":"Missing required permission: server.storage"}'), "permission", "lacks the scope server.storage"),
        (
            Reply(403, b'{"message":"Forbidden"}'),
            "permission",
            "The API key (immich_api_key, IMMICH_API_KEY) belongs to a user who is not an administrator",
        ),
        (Reply(500, b'{"message":"Internal server error"}'), "server", "failed at GET /server/storage with 500"),
        (Reply(400, b'{"message":["a","b"],"error":"Bad Request"}'), "validation", "a; b"),
        (Reply(400, b'{"message":"Validation failed","errors":[{"path":["x",0],"message":"bad"}]}'), "validation", "x.0: bad"),
        (Reply(400, b'{"message":"Quota has been exceeded!"}'), "quota", "storage quota"),
        (Reply(400, b'{"message":"Not found or no asset.read access"}'), "not_found", "belongs to another user"),
        (Reply(400, b'{"message":"Album not found"}'), "not_found", "Album not found"),
    ],
)
def test_each_wrong_answer_has_its_own_error(connect: Connect, reply: Reply, kind: str, message: str) -> None:
    with answering(lambda _seen: reply) as server, pytest.raises(errors.ImmichError) as caught:
        connect(server.url + "/api").server.storage()
    assert message in caught.value.msg
    failure = caught.value.failure()
    assert (failure["kind"], failure["status"]) == (kind, reply.status)
    assert (failure["method"], failure["path"]) == ("GET", "/server/storage")


def test_the_correlation_id_is_found_in_both_shapes(connect: Connect) -> None:
    old = Reply(400, b'{"message":"no","statusCode":400,"correlationId":"abcd1234"}')
    new = Reply(400, b'{"message":"no"}', {"Content-Type": "application/json", "X-Correlation-ID": "wxyz5678"})
    for reply, expected in ((old, "abcd1234"), (new, "wxyz5678")):
        with answering(functools.partial(lambda given, _seen: given, reply)) as server, pytest.raises(errors.InvalidRequest) as caught:
            connect(server.url + "/api").server.storage()
        assert caught.value.failure()["correlation_id"] == expected


def test_reads_are_repeated_and_unsafe_writes_are_not(connect: Connect) -> None:
    with answering(lambda _seen: Reply(502, b"<html>", HTML)) as server:
        client = connect(server.url + "/api", retries=2)
        with pytest.raises(errors.ServerFailure):
            client.server.features()
        assert len(server.seen) == 3
        with pytest.raises(errors.ServerFailure):
            client.queues.run_manual_job("backup-database")
        assert len(server.seen) == 4


def test_an_unsafe_call_is_repeated_after_a_429(connect: Connect) -> None:
    answers = [Reply(429, b"", {"Retry-After": "0"}), Reply(204, b"")]
    with answering(lambda _seen: answers.pop(0)) as server:
        connect(server.url + "/api").queues.run_manual_job("backup-database")
    assert [seen.path for seen in server.seen] == ["/api/jobs", "/api/jobs"]


def test_a_404_where_the_api_should_be_named_ends(connect: Connect) -> None:
    """As in maintenance mode, or with a URL that has a typing error below `/api/`."""
    with answering(lambda seen: Reply(404, b'{"message":"Cannot GET %s"}' % seen.path.encode())) as server:
        for url in (server.url, server.url + "/api/albums"):
            with pytest.raises(errors.UnsupportedVersion, match="check the URL"):
                _ = connect(url).version


def test_maintenance_differs_from_a_missing_route(connect: Connect) -> None:
    def reply(seen: Seen) -> Reply:
        if seen.path == "/api/server/config":
            return Reply(body=b'{"maintenanceMode":true}')
        return Reply(404, b'{"message":"Cannot GET /api/users/me"}')

    with answering(reply) as server, pytest.raises(errors.MaintenanceMode, match="in maintenance mode"):
        connect(server.url + "/api").server.me()


def test_an_old_server_is_named_with_both_versions(connect: Connect) -> None:
    old = lambda _seen: Reply(body=b'{"major":1,"minor":120,"patch":2}')  # noqa: E731  # one answer
    message = r"Immich 1\.120\.2; .* supports 1\.135\.0 and later"
    with answering(old) as server, pytest.raises(errors.UnsupportedVersion, match=message):
        _ = connect(server.url).version


def test_an_invalid_api_address_means_below_the_root(connect: Connect) -> None:
    for endpoint in ("http://[::1", "https://a b", ["/api"], None, 7, "/api\n"):
        found = json.dumps({"api": {"endpoint": endpoint}}).encode()
        reply = functools.partial(lambda body, seen: Reply(body=body) if "well-known" in seen.path else Reply(body=VERSION), found)
        with answering(reply) as server:
            assert str(connect(server.url).version) == "3.1.0"


def test_check_mode_writes_never_leave(connect: Connect) -> None:
    with answering(lambda _seen: Reply()) as server:
        client = connect(server.url + "/api", read_only=True)
        for write in (lambda: client.albums.create("A"), lambda: client.tags.ensure(["a"]), lambda: client.assets.restore(["x"])):
            with pytest.raises(WriteRefused):
                write()
    assert server.seen == []


def test_a_refused_connection_names_the_address(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(errors.Unreachable, match=rf"No connection to http://127\.0\.0\.1:{port}: Connection refused\. Is Immich running"):
        _ = connect(f"http://127.0.0.1:{port}").version


@pytest.mark.parametrize(
    ("variable", "proxy", "kind", "message"),
    [
        ("http_proxy", "http://nowhere.invalid:31z8", "validation", "http_proxy is not the valid URL of a proxy: its port is not a number"),
        ("HTTP_PROXY", "proxy:3128", "validation", "HTTP_PROXY is not the valid URL of a proxy: it does not begin with http://"),
        ("ALL_PROXY", "http://", "validation", "ALL_PROXY is not the valid URL of a proxy: it has no host name (http://)."),
        ("all_proxy", "http://127.0.0.1:9", "unreachable", "does not work: Connection refused. It comes from all_proxy; to do without it"),
        ("ALL_PROXY", "socks5://127.0.0.1:9", "local", "ALL_PROXY names a SOCKS proxy on the way to http://local.example, for which"),
    ],
)
def test_unusable_proxy_is_named_by_variable(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, kind: str, message: str
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(errors.ImmichError) as caught:
        _ = connect(f"http://{kind}.example").version  # what the environment says is kept by address
    assert caught.value.kind == kind
    assert message in caught.value.msg


def test_broken_proxy_is_ignored_with_no_proxy(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "proxy:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with answering(lambda _seen: Reply(200, b'{"major": 3, "minor": 1, "patch": 0}')) as server:
        assert connect(server.url + "/api").version.major == 3


def test_an_unknown_host_is_named(connect: Connect) -> None:
    with pytest.raises(errors.Unreachable, match=r"The host name immich\.invalid cannot be resolved on this host"):
        _ = connect("http://immich.invalid").version


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_hanging_server_times_out(connect: Connect, silent: str) -> None:
    with pytest.raises(errors.Timeout, match=r"nothing was sent or received for 0\.2 s"):
        connect(silent + "/api", timeout=0.2, retries=1).server.features()


def test_broken_connection_is_retried(connect: Connect) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in (b"", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"):
            peer, _ = listener.accept()
            peer.recv(65536)
            peer.sendall(answer)
            peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert connect(f"http://127.0.0.1:{listener.getsockname()[1]}/api").server.features() == {}
    thread.join()
    listener.close()


def test_http_to_tls_port_suggests_https(connect: Connect) -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    with answering(lambda _seen: Reply(), tls=tls_context(certificate)) as server:
        url = server.url.replace("https:", "http:")
        with pytest.raises(errors.ImmichError, match=r"TLS.*https://"):
            _ = connect(url + "/api", retries=0).version


@pytest.mark.parametrize(
    "page",
    [
        b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head>",
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<title>400 Bad Request</title>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    ],
)
def test_answer_of_tls_proxy_suggests_https(connect: Connect, page: bytes) -> None:
    with (
        answering(lambda _seen: Reply(400, page, HTML)) as server,
        pytest.raises(errors.TlsFailure, match=r"Should the URL begin with https://\?"),
    ):
        _ = connect(server.url).version


def test_answer_other_than_http_is_refused(connect: Connect) -> None:
    with dripping(b"SSH-2.0-OpenSSH_10.0\r\n") as url, pytest.raises(errors.ProxyAnswer, match="does not speak HTTP"):
        connect(url + "/api").server.features()


def test_tls_alert_suggests_https(connect: Connect) -> None:
    with dripping(b"\x15\x03\x01\x00\x02\x02\x16") as url, pytest.raises(errors.TlsFailure, match=r"Should the URL begin with https://\?"):
        connect(url + "/api", retries=0).server.features()


@contextmanager
def dripping(start: bytes, drop: bytes = b"") -> Iterator[str]:
    """The URL of a server that answers with `start` and then with `drop` again and again until the client hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with peer, suppress(OSError):
                    peer.recv(65536)
                    peer.sendall(start)
                    while drop:
                        threading.Event().wait(0.02)
                        peer.sendall(drop)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
    ],
)
def test_endless_answer_times_out(connect: Connect, start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_TIMEOUT_FACTOR", 1 / 60)  # between two bytes there may be a minute, on a busy machine
    with dripping(start, b"1") as url, pytest.raises(errors.Timeout, match=r"took longer than 1 s for one answer"):
        connect(url + "/api", timeout=60.0, retries=0).server.features()


def test_interim_answers_without_end_are_given_up(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_TIMEOUT_FACTOR", 1 / 60)
    with dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n") as url, pytest.raises(errors.Timeout, match=r"took longer than 1 s"):
        connect(url + "/api", timeout=60.0, retries=0).server.features()


def packed(start: bytes, filling: bytes, count: int, end: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(start), *(packer.compress(filling) for _ in range(count)), packer.compress(end), packer.flush()])


def test_an_answer_is_unpacked_no_further_than_any_needs(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST_JSON", 4_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    bomb = packed(b'{"x": "', b" " * 1_000_000, 400, b'"}')
    assert len(bomb) < 500_000
    with answering(lambda _seen: Reply(body=bomb, headers=headers)) as server:
        client = connect(server.url + "/api")
        tracemalloc.start()
        with pytest.raises(errors.ProxyAnswer, match=r"more than \d+ MB"):
            client.server.features()
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
        tracemalloc.stop()


def test_title_of_oversized_page_is_shown(connect: Connect) -> None:
    page = packed(b"<html><title>Sign in</title>", b" " * 1_000_000, 40, b"</html>")
    with answering(lambda _seen: Reply(body=page, headers={**HTML, "Content-Encoding": "gzip"})) as server:
        client = connect(server.url + "/api")
        for _ in range(2):
            with pytest.raises(errors.ProxyAnswer, match="a web page titled 'Sign in'"):
                client.server.features()


def test_a_large_answer_is_read_whole(connect: Connect) -> None:
    features = {f"feature {number}": True for number in range(200_000)}
    body = packed(json.dumps(features).encode(), b"", 0, b"")
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with answering(lambda _seen: Reply(body=body, headers=headers)) as server:
        assert connect(server.url + "/api").server.features() == features


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "gzip", "zstd"])
def test_answer_with_bad_encoding_is_refused(connect: Connect, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    with (
        answering(lambda _seen: Reply(body=b"\x1f\x8bnonsense", headers=headers)) as server,
        pytest.raises(errors.ProxyAnswer, match="content that cannot be unpacked"),
    ):
        connect(server.url + "/api").server.features()


def test_transient_errors_are_of_network_and_server() -> None:
    every = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ImmichError)]
    transient = {one for one in every if one.transient}
    network = {errors.Unreachable, errors.UnknownHost, errors.ConnectionCut, errors.Timeout}
    assert transient == {*network, errors.ServerFailure, errors.SlowDown}
    abstract = (errors.ImmichError, errors.CausedFailure, errors.RunFailed)  # the others have the kind of their cause
    assert {one.kind for one in transient}.isdisjoint(one.kind for one in every if not one.transient and one not in abstract)


def test_caused_failure_repeats_its_cause() -> None:
    scopes = {"scopes": ["queue.update"]}
    cause = errors.PermissionDenied(
        "The key may not do this.", status=403, method="PUT", path="/queues/ocr", correlation_id="7", details=scopes, options=("api_key",)
    )
    for given, details in ((None, scopes), ({"left": ["ocr"]}, {"left": ["ocr"]})):
        failed = errors.CausedFailure("ocr is still paused.", cause, given)
        assert failed.failure() == {**cause.failure(), "details": details}
        assert (failed.msg, failed.fatal, failed.transient, failed.cause) == ("ocr is still paused.", True, False, cause)


def tls_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_certificate_problems_are_named(connect: Connect, tmp_path: Path) -> None:
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    good, other = authority.issue_cert("127.0.0.1"), authority.issue_cert("photos.example.com")
    expired = authority.issue_cert("127.0.0.1", not_after=yesterday)
    tomorrow = yesterday + datetime.timedelta(days=2)
    early = authority.issue_cert("127.0.0.1", not_before=tomorrow, not_after=tomorrow + datetime.timedelta(days=1))
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("nas\n")
    reply = lambda _seen: Reply(body=VERSION)  # noqa: E731  # one answer
    with answering(reply, tls=tls_context(good)) as server:
        assert connect(server.url + "/api", ca_path=str(trusted)).version.major == 3
        assert connect(server.url + "/api", validate_certs=False).version.major == 3
        with pytest.raises(errors.TlsFailure, match="give that authority's as ca_path"):
            _ = connect(server.url + "/api").version
        with pytest.raises(errors.LocalFailure, match="ca_path, client_cert or client_key"):
            _ = connect(server.url + "/api", ca_path=str(tmp_path / "missing.pem")).version
        for options in ({"ca_path": str(no_pem)}, {"ca_path": str(trusted), "client_cert": str(no_pem)}):
            with pytest.raises(errors.LocalFailure, match="PEM format"):
                _ = connect(server.url + "/api", **options).version
    for certificate, message in (
        (expired, "Its certificate has expired"),
        (early, "is not valid yet: check the clock"),
        (other, "is for another name"),
    ):
        with answering(reply, tls=tls_context(certificate)) as server, pytest.raises(errors.TlsFailure, match=message):
            _ = connect(server.url + "/api", ca_path=str(trusted)).version
    with answering(reply) as server, pytest.raises(errors.TlsFailure, match="Should the URL begin with http://"):
        _ = connect(server.url.replace("http:", "https:") + "/api").version


def test_a_late_answer_sets_the_clock_only_until_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a process that was stopped while it waited for it."""
    now = 50.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    transport = Transport(Connection("http://127.0.0.1:9", ApiKey("the-key")))
    transport._set_clock("Sat, 28 Nov 2026 10:00:00 GMT")
    began, now = transport.server_time, now + 30.0
    transport._set_clock("Sat, 28 Nov 2026 10:00:00 GMT")
    transport._set_clock("Sat, 28 Nov 2026 10:00:30 GMT")
    assert transport.server_time == began + 30.0


def test_failure_of_source_names_its_options() -> None:
    source = Connection("https://127.0.0.1:9/api", ApiKey("the-key"), ca_path="/not/there.pem", retries=0, prefix="source_")
    with pytest.raises(errors.LocalFailure, match=r"^source_ca_path, source_client_cert or source_client_key cannot be used") as caught:
        Transport(source).call("GET", "/server/version", parse=str)
    assert caught.value.options == ("source_ca_path", "source_client_cert", "source_client_key")
