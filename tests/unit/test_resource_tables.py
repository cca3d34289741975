# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of declared resources: contradictions are refused, normalisers settle at once, and nothing decides by a kind's name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._client.versions import Version
from ansible_collections.photoyard.immich.plugins.module_utils._resources import normalise
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds import config, scopes, shared_links, tags, users
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.albums import ALBUMS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.users import USERS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.model import ABSENT, PRESENT, UNSET, Field, Kind, Ref, camel_case
from ansible_collections.photoyard.immich.plugins.module_utils._resources.options import options_of, secrets_in

RESOURCES = Path(__file__).parents[2] / "plugins" / "module_utils" / "_resources"


@pytest.mark.parametrize("field", [field for kind in KINDS for field in kind.fields], ids=lambda field: str(field.name))
def test_field_does_not_contradict_itself(field: Field) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
    assert not (field.write_only and field.default is not UNSET), "cannot be read, so that nobody knows its default"
    assert not (field.update_if and not field.write_only), "can be compared, and needs no option for that"
    assert not (field.always and (field.write_only or not field.on_update)), "is to be sent always, and cannot be"
    assert sum(map(bool, (field.tree, field.members, field.refers_to))) <= 1, "is a document, a list of members or a reference"
    assert not (field.unordered and field.type != "list"), "has no order that could mean anything"
    assert field.on_create or field.on_update, "can never be set"
    assert field.on_create or not field.required, "is required where it cannot be given"
    assert not (field.part and field.on_create), "is of another call than the one that creates"
    assert not (field.choices and field.type != "str"), "has choices, and is not a text"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_kind_does_not_contradict_itself(kind: Kind) -> None:
    names = [field.name for field in kind.fields] + [option.name for option in kind.options]
    keys = set(kind.key_names)
    assert len(set(names)) == len(names)
    assert keys <= set(kind.by_name), "has a key that is not a field"
    assert keys or kind.singleton, "has no key"
    assert kind.path or type(kind).read_all is not Kind.read_all, "cannot be read"
    assert {field.part for field in kind.fields if field.part} <= set(kind.parts)
    assert set(kind.aliases.values()) <= set(names)
    assert PRESENT not in kind.states or kind.singleton or "create" in kind.calls, "cannot be created"
    assert ABSENT not in kind.states or "delete" in kind.calls, "cannot be deleted"
    assert not kind.optional or set(kind.optional) < keys, "has an optional key that is not one of several"
    assert not any(kind.by_name[name].write_only for name in keys), "has a key that cannot be read"


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
