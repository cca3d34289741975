# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of declared resources: contradictions are refused, normalisers settle at once, and nothing decides by a kind's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._client.versions import Version
from ansible_collections.photoyard.immich.plugins.module_utils._resources import normalise
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds import config, scopes, shared_links, tags, users
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.albums import ALBUMS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.users import USERS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.model import Field, Kind, Members, Ref, Route, Tree, camel_case
from ansible_collections.photoyard.immich.plugins.module_utils._resources.options import options_of, secrets_in

RESOURCES = Path(__file__).parents[2] / "plugins" / "module_utils" / "_resources"
MEMBERS = Members(USERS, "mode", Route("PUT", "/x"), Route("PUT", "/x"), Route("DELETE", "/x"))


@pytest.mark.parametrize(
    ("problem", "field"),
    [
        ("has no name that an option may have", {"name": "Bad name"}),
        ("cannot be read, so that nobody knows its default", {"write_only": True, "default": 1}),
        ("can be compared, and needs no option", {"update_if": ("x", True)}),
        ("is to be sent always, and cannot be", {"always": True, "on_update": False}),
        ("is a document and a list of members", {"tree": Tree(), "members": MEMBERS}),
        ("is a document and a reference", {"tree": Tree(), "refers_to": USERS}),
        ("has no order that could mean anything", {"unordered": True}),
        ("can never be set", {"on_create": False, "on_update": False}),
        ("is required where it cannot be given", {"on_create": False, "required": True}),
        ("is of another call than the one that creates", {"part": "more"}),
        ("has choices, and is not a text", {"type": "bool", "choices": ("a",)}),
    ],
)
def test_contradictory_field_is_refused(problem: str, field: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        Field(**{"name": "field", **field})


CREATE: Mapping[str, Route] = {"create": Route("POST", "/x"), "delete": Route("DELETE", "/x/{id}")}
NAME = Field("name")


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        ("has two fields of one name", {"fields": (NAME, NAME)}),
        ("has a key that is not a field", {"keys": (("other",),)}),
        ("has no key", {"keys": ()}),
        ("cannot be read", {"path": ""}),
        ("has a field of a part that it does not have", {"fields": (NAME, Field("more", part="more", on_create=False))}),
        ("has another name for a field that it does not have", {"aliases": {"title": "titel"}}),
        ("cannot be created", {"calls": {"delete": CREATE["delete"]}}),
        ("cannot be deleted", {"calls": {"create": CREATE["create"]}}),
        ("has a key that cannot be read", {"fields": (Field("name", write_only=True),)}),
    ],
)
def test_contradictory_kind_is_refused(problem: str, kind: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "name": "things",
        "singular": "thing",
        "plural": "things",
        "keys": (("name",),),
        "fields": (NAME,),
        "order": 1,
        "path": "/x",
        "calls": CREATE,
    }
    assert type("Things", (Kind,), good)().name == "things"
    with pytest.raises(ValueError, match=re.escape(problem)):
        type("Things", (Kind,), {**good, **kind})()


def test_only_the_table_knows_kinds_and_versions() -> None:
    engine = [path for path in RESOURCES.glob("*.py") if path.name != "model.py"]
    names = "|".join(kind.name for kind in KINDS)
    for path in engine:
        text = path.read_text(encoding="utf-8")
        assert re.findall(rf"kind(?:\.name)? (?:==|!=|in) ?[(\"']|[\"'](?:{names})[\"'] (?:==|in) ", text) == [], path.name
        assert re.findall(r"version (?:<|>|==)|Version\(", text) == [], path.name


@given(st.text(max_size=30))
def test_normalisers_settle_at_once(value: str) -> None:
    for make in (
        normalise.text,
        normalise.text_or_null,
        normalise.email,
        users.quota,
        users.storage_label,
        tags.color,
        shared_links.moment,
        tags.tag_value,
        config.origin,
    ):
        try:
            once = make(value)
        except ValueError:
            continue
        assert make(once) == once, make  # type: ignore[arg-type]  # not all take the None that some give


@pytest.mark.parametrize(
    ("said", "size", "shown"),
    [
        ("50GiB", 50 * 2**30, "50GiB"),
        ("50 gb", 50 * 2**30, "50GiB"),
        ("1.5G", 1536 * 2**20, "1536MiB"),
        ("0", 0, "0"),
        ("1000", 1000, "1000"),
        ("unlimited", None, "unlimited"),
    ],
)
def test_quota_reads_and_shows_sizes(said: str, size: int | None, shown: str) -> None:
    assert users.quota(said) == size
    assert users.show_quota(size) == shown
    assert users.quota(shown) == size


@pytest.mark.parametrize("said", ["50 bananas", "-1", "", "9007199254740993", "1e3"])
def test_odd_quota_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"must be a size|is larger than"):
        users.quota(said)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("https://Photos.Example.com:443/a/b?c", "https://photos.example.com"),
        ("http://a:80/", "http://a"),
        ("https://a:42", "https://a:42"),
        ("https://user:pw@a:123", "https://user:pw@a:123"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]"),
        ("", ""),
        ("nothing", "nothing"),
    ],
)
def test_origin_is_normalised_as_immich_keeps(said: str, kept: str) -> None:
    assert config.origin(said) == kept


def test_reference_is_equal_by_id_or_else_by_key() -> None:
    assert Ref(USERS, "a") == Ref(USERS, "a", "1")
    assert Ref(USERS, "a", "1") == Ref(USERS, "b", "1")
    assert Ref(USERS, "a", "1") != Ref(USERS, "a", "2")
    assert Ref(USERS, "a") != Ref(ALBUMS, "a")
    assert camel_case("should_change_password") == "shouldChangePassword"


def test_scopes_have_the_names_of_each_version() -> None:
    assert scopes.scopes_of(["albumAsset.create", "user.read"], Version(1, 135, 3)) == ("album.addAsset",)
    assert scopes.scopes_of(["albumAsset.create", "user.read"], Version(2, 7, 5)) == ("albumAsset.create", "user.read")
    assert "queue.read" not in scopes.scopes_of(["jobs"], Version(2, 3, 0))
    assert scopes.misspelt(["asset.read", "asset.raed", "all", "maintenance", "raed"]) == ["raed"]
    assert scopes.unnamed(["asset.read", "album.addAsset", "future.read"]) == ["future.read"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_secret_options_are_not_logged(kind: Kind) -> None:
    spec = options_of(kind)
    for field in kind.fields:
        assert bool(spec[field.name].get("no_log")) == bool(field.secret or (field.tree and field.tree.secrets))


def test_secrets_of_a_document_are_distinguished() -> None:
    (only,) = [kind for kind in KINDS if kind.singleton]
    given_config = {"oauth": {"clientSecret": "s", "clientId": "c"}, "notifications": {"smtp": {"transport": {"password": "c"}}}}
    assert secrets_in(only, {"config": given_config}) == {"s": True, "c": True}
    assert secrets_in(only, {"config": None}) == {}
