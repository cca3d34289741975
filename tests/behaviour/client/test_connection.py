# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options as values: what is refused, and what is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import check_proxy
from support.collection import ADMINS_KEY, ApiKey, Connection, errors

KEY = ApiKey("k")
URL = "https://photos.example.com"


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://photos.example.com", "https://photos.example.com"),
        ("https://photos.example.com/", "https://photos.example.com"),
        ("https://photos.example.com/api", "https://photos.example.com"),
        ("https://photos.example.com/api/", "https://photos.example.com"),
        ("http://nas:2283/immich/api/", "http://nas:2283/immich"),
        ("http://[::1]:2283", "http://[::1]:2283"),
        ("http://my_nas", "http://my_nas"),
        ("https://bücher.example", "https://bücher.example"),
        ("https://photos.example.com.", "https://photos.example.com."),
    ],
)
def test_the_root_is_found_in_every_spelling(url: str, root: str) -> None:
    assert Connection(url, KEY).root == root


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("photos.example.com", "it does not begin with http:// or https:// (photos.example.com)"),
        ("ftp://photos", "it does not begin with http://"),
        ("//photos", "it does not begin with http://"),
        ("", "it does not begin with http://"),
        ("https://", "it has no host name (https://)"),
        ("http://:2283", "it has no host name"),
        ("http://localhost:22O83", "its port is not a number from 1 to 65535 (http://localhost:22O83)"),
        ("http://localhost:99999", "its port is not a number from 1 to 65535"),
        ("http://localhost:0", "its port is not a number from 1 to 65535"),
        ("http://localhost:-1", "its port is not a number from 1 to 65535"),
        ("http://my photos", "it has a space or a control character in it (http://my photos)"),
        ("http://photos\n", "it has a space or a control character in it (http://photos?)"),
        (" http://photos", "it has a space or a control character in it"),
        ("http://[::1", "its host is not an IPv6 address in brackets, nor a name (http://[::1)"),
        ("http://a..b", "a part of its host name is empty, too long, or has characters"),
        ("http://" + "x" * 64 + ".example", "a part of its host name is empty, too long, or has characters"),
        ("http://\u2100.com", "its host is not an IPv6 address in brackets, nor a name"),
        ("http://a,b", "its host name has characters that host names cannot have"),
        ("http://a\\b", "its host name has characters that host names cannot have"),
        ("http://half\ud83d", "it has a space or a control character in it"),
    ],
)
def test_an_invalid_url_is_refused_with_its_problem(url: str, problem: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        Connection(url, KEY)
    assert caught.value.msg.startswith("The option url is not a valid URL: " + problem)
    assert caught.value.msg.isprintable()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "https://"}, "The option source_url is not a valid URL: it has no host name (https://)"),
        ({"url": "http://me:hidden@photos"}, "Give what a proxy asks for with the option source_headers. It should look like "),
        ({"timeout": 0.0}, "source_timeout must be more than 0"),
        ({"retries": -1}, "source_retries must be 0 or more"),
        ({"headers": {"X Door": "open"}}, "A header in the option source_headers is named 'X Door'"),
        ({"headers": {"X-Door": "a\nb"}}, "The value of X-Door in the option source_headers has a line break"),
        ({"headers": {"X-Door": "€"}}, "The value of X-Door in the option source_headers has a character that"),
    ],
)
def test_an_option_of_the_source_is_named_so(options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        Connection(**{"url": URL, "key": KEY, "prefix": "source_", **options})
    assert message in caught.value.msg


@pytest.mark.parametrize(
    ("proxy", "problem"),
    [
        ("proxy:3128", "it does not begin with http:// or https:// (proxy:3128)"),
        ("ftp://proxy:3128", "it does not begin with http:// or https:// (ftp://proxy:3128)"),
        ("http://", "it has no host name (http://)"),
        ("http://proxy:31z8", "its port is not a number from 1 to 65535 (http://proxy:31z8)"),
        ("http://me:hidden@proxy:31z8", "its port is not a number from 1 to 65535. It"),
        ("socks5://", "it has no host name (socks5://)"),
    ],
)
def test_an_invalid_proxy_is_refused_with_its_variable(proxy: str, problem: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        check_proxy("HTTPS_PROXY", proxy)
    assert caught.value.msg.startswith("HTTPS_PROXY is not the valid URL of a proxy: " + problem)


@pytest.mark.parametrize(
    "proxy", ["http://proxy:3128", "HTTP://proxy", "https://me:hidden@proxy:1/", "10.0.0.1:3128", "a.example:1", "socks5h://localhost:1080"]
)
def test_a_valid_proxy_is_taken(proxy: str) -> None:
    check_proxy("HTTPS_PROXY", proxy)


def test_credentials_in_the_url_are_refused_without_being_shown() -> None:
    with pytest.raises(errors.InvalidRequest, match="option headers") as caught:
        Connection("https://me:hidden@photos.example.com", KEY)
    assert "hidden" not in caught.value.msg


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e10])
def test_connection_refuses_invalid_timeout(timeout: float) -> None:
    with pytest.raises(errors.InvalidRequest, match="timeout must be more than 0"):
        Connection(URL, KEY, timeout=timeout)


def test_fewer_than_no_retries_are_refused() -> None:
    with pytest.raises(errors.InvalidRequest, match="retries must be 0 or more"):
        Connection(URL, KEY, retries=-1)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("X-Door", "s3cret\nX-Other: y", "The value of X-Door in the option headers has a line break"),
        ("X-Door", "s3cret\r", "has a line break"),
        ("X-Door", " s3cret", "a space at one of its ends"),
        ("X-Door", "s3cret\0", "another control character"),
        ("X-Door", "s3cret €", "has a character that HTTP cannot send"),
        ("X-Door", "s3cret \ud83d", "has a character that HTTP cannot send"),
        ("X Door", "s3cret", "is named 'X Door'"),
        ("X-Door:", "s3cret", "is named 'X-Door:'"),
        ("Tür", "s3cret", "is named 'T\\xfcr'"),
        ("", "s3cret", "is named ''"),
    ],
)
def test_an_invalid_header_is_refused_without_its_value(name: str, value: str, message: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        Connection(URL, KEY, headers={name: value})
    assert message in caught.value.msg
    assert "s3cret" not in caught.value.msg


@pytest.mark.parametrize("value", ["", "plain", "grün", "two words", "a\tb"])
def test_a_header_of_latin_1_is_taken(value: str) -> None:
    assert Connection(URL, KEY, headers={"X-Door": value}).headers == {"X-Door": value}


@pytest.mark.parametrize("key", ["", "two\nlines", "with space", "kéy", "a\ttab"])
def test_an_invalid_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(errors.AuthError) as caught:
        ApiKey(key, ADMINS_KEY)
    assert caught.value.msg.startswith(
        "The administrator's API key (immich_admin_api_key, IMMICH_ADMIN_API_KEY) is empty or has characters"
    )
    assert not key or key not in caught.value.msg


@pytest.mark.parametrize("key", ["s3cret\n", "s3cret\r\n", " s3cret"])
def test_space_around_a_key_is_named(key: str) -> None:
    with pytest.raises(errors.AuthError) as caught:
        ApiKey(key)
    assert "immich_api_key, IMMICH_API_KEY" in caught.value.msg
    assert "filter trim" in caught.value.msg


def test_its_representation_holds_no_secret() -> None:
    shown = repr(Connection(URL, ApiKey("s3cret"), headers={"CF-Access-Client-Secret": "other"}))
    assert "s3cret" not in shown
    assert "other" not in shown
