# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options as values: what is refused, and what is never shown."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._client import errors
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import Connection


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://photos.example.com", "https://photos.example.com"),
        ("https://photos.example.com/", "https://photos.example.com"),
        ("https://photos.example.com/api", "https://photos.example.com"),
        ("https://photos.example.com/api/", "https://photos.example.com"),
        ("http://nas:2283/immich/api/", "http://nas:2283/immich"),
        ("http://[::1]:2283", "http://[::1]:2283"),
    ],
)
def test_the_root_is_found_in_every_spelling(url: str, root: str) -> None:
    assert Connection(url, "k").root == root


@pytest.mark.parametrize("url", ["photos.example.com", "ftp://photos", "https://", "", "//photos"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="url must begin with http"):
        Connection(url, "k")


def test_credentials_in_the_url_are_refused_without_being_shown() -> None:
    with pytest.raises(errors.InvalidRequest, match="option headers") as caught:
        Connection("https://me:hidden@photos.example.com", "k")
    assert "hidden" not in caught.value.msg


@pytest.mark.parametrize("key", ["", "two\nlines", "with space", "kéy", "tab\t"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(errors.AuthError) as caught:
        Connection("https://photos.example.com", key)
    assert not key or key not in caught.value.msg


def test_its_representation_holds_no_secret() -> None:
    shown = repr(Connection("https://photos.example.com", "s3cret", headers={"CF-Access-Client-Secret": "other"}))
    assert "s3cret" not in shown
    assert "other" not in shown
