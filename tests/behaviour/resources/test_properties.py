# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every kind of object and any declaration: properties over the table, tried on servers of each version."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._client.versions import NEWEST
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import BY_NAME, KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.model import Field, Kind, Option
from ansible_collections.photoyard.immich.plugins.module_utils._resources.normalise import document
from behaviour.resources.conftest import VERSIONS, Declaring
from immich_emulator.testing import Emulator
from support.examples import examples
from support.tiers import newest_in_test

SECRET = "s3cret-"
ADDRESSES = ("Zoe@x.org", "zac@x.org", "zed@x.org")
OWNER = "zoe-owner@x.org"
ALBUMS = ("Alps", "Beach")

secrets = st.integers(10, 99).map(lambda number: f"{SECRET}'{number}\"\n: x")
passwords = st.integers(10, 99).map(lambda number: f"{SECRET}{number}")
names = st.sampled_from(("Åsa", "Bo: x", "{{ c }}", "-"))
moments = st.sampled_from(("never", "2031-01-01", "2031-05-06T07:08:09+02:00"))

#: How a field's values are made, where its type does not say it.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "users.email": st.sampled_from(ADDRESSES),
    "users.name": names,
    "users.password": passwords,
    "users.quota": st.sampled_from(("unlimited", "0", "50GiB", "1.5G", "12345")),
    "users.storage_label": st.just(""),
    "users.pin_code": st.just("123456"),
    "users.preferences": st.fixed_dictionaries(
        {},
        optional={
            "memories": st.fixed_dictionaries({"enabled": st.booleans()}),
            "download": st.fixed_dictionaries({"archiveSize": st.sampled_from((2**30, "2147483648"))}),
        },
    ),
    "config.config": st.fixed_dictionaries(
        {},
        optional={
            "ffmpeg": st.fixed_dictionaries(
                {},
                optional={
                    "crf": st.sampled_from((20, "21")),
                    "targetVideoCodec": st.sampled_from(("h264", "hevc")),
                    "acceptedVideoCodecs": st.sampled_from((["h264"], ["hevc", "h264"], ["vp9"])),
                    "twoPass": st.sampled_from((True, "false")),
                },
            ),
            "server": st.fixed_dictionaries({"externalDomain": st.sampled_from(("", "https://A.example/x/", "http://a.example:80"))}),
            "oauth": st.fixed_dictionaries(
                {}, optional={"buttonText": st.sampled_from(("", "Go")), "clientSecret": secrets, "clientId": names}
            ),
            "trash": st.fixed_dictionaries({"enabled": st.booleans()}),
        },
    ),
    "libraries.name": names,
    "libraries.owner": st.just(OWNER),
    "libraries.import_paths": st.lists(st.sampled_from(("/media", "/mnt/", "/srv")), max_size=3),
    "libraries.exclusion_patterns": st.lists(st.sampled_from(("**/a/**", "**/b")), max_size=3),
    "api_keys.name": names,
    "api_keys.regenerate": st.sampled_from(("never", "missing")),
    "api_keys.permissions": st.lists(st.sampled_from(("upload", "read", "asset.read", "album.read")), min_size=1, max_size=3),
    "albums.name": names,
    "albums.description": st.sampled_from(("", "Some\nwords")),
    "albums.users": st.lists(
        st.sampled_from(("viewer", "editor")).map(lambda role: {"email": OWNER, "role": role}),
        max_size=1,
    ),
    "tags.value": st.sampled_from(("a", "a/b", "/c//d/")),
    "tags.color": st.sampled_from(("", "#AABBCC", "#abc")),
    "partners.partner": st.just(OWNER),
    "partners.direction": st.just("shared-by"),
    "shared_links.album": st.sampled_from(ALBUMS),
    "shared_links.description": st.sampled_from(("one", "two")),
    "shared_links.password": st.one_of(st.just(""), secrets),
    "shared_links.expires_at": moments,
}
#: What another test tries: what depends on the version, who the key belongs to, or files.
LEFT_OUT = {"shared_links.slug", "partners.in_timeline", "albums.id", "users.notify", "users.update_pin_code"}


def objects_of(kind: Kind, folder: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any object of a kind: its key, and any of its fields and options."""
    needed = {name for key in kind.keys[-1:] for name in key} | {one.name for one in kind.fields if one.required}
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    sayable: list[Field | Option] = [*kind.fields, *kind.options]
    for one in sayable:
        place = f"{kind.name}.{one.name}"
        if place in LEFT_OUT:
            continue
        if place in VALUES:
            made = VALUES[place]
        elif one.choices:
            made = st.sampled_from(one.choices)
        elif one.type == "bool":
            made = st.booleans()
        else:
            continue
        (required if one.name in needed else optional)[one.name] = made
    made_objects = st.fixed_dictionaries(required, optional={**optional, "state": st.sampled_from(kind.states)})
    if kind.name == "api_keys":
        return made_objects.map(lambda one: {**one, "secret_file": f"{folder}/{re.sub(r'[^a-zA-Z]', '_', one['name'])}"})
    return made_objects


def prepare(declare: Declaring) -> None:
    """Declares the users, albums and settings that objects refer to."""
    declare(
        {
            "users": [{"email": OWNER, "name": "Owner", "password": "owner"}],
            "albums": [{"name": name} for name in ALBUMS],
            "config": [{"config": {"oauth": {"clientId": "c"}}}],
        }
    )


@pytest.mark.hypothesis
@pytest.mark.parametrize("version", newest_in_test(*VERSIONS))
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_any_declaration_is_idempotent_and_predicted(
    kind: str, version: str, shared_server: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> None:
    declare, table = Declaring(shared_server(version)), BY_NAME[kind]
    prepare(declare)
    folder = str(tmp_path_factory.mktemp("keys"))

    @settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
    @given(objects_of(table, folder))
    def hold(given_object: dict[str, Any]) -> None:
        declared: dict[str, Any] = {kind: [given_object]}
        checked: dict[str, Any] = {}
        assert declare.writes(lambda: checked.update(declare(declared, check=True))) == []  # check mode sends nothing
        before = snapshot(declare, table)
        real: dict[str, Any] = {}
        writes = declare.writes(lambda: real.update(declare(declared)))
        assert real["diff"] == checked["diff"]  # and says exactly what is going to change
        assert [without_id(one) for one in real["results"]] == [without_id(one) for one in checked["results"]]
        assert bool(writes) == real["changed"]
        assert unchanged_fields(table, before, writes) == []
        if not repeats_by_itself(given_object):
            again: dict[str, Any] = {}
            assert declare.writes(lambda: again.update(declare(declared))) == []
            assert (again["changed"], again["diff"]) == (False, {"before": "", "after": ""})
        assert SECRET not in str(real) + str(checked)

    hold()


def without_id(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "id"}


def repeats_by_itself(given_object: dict[str, Any]) -> bool:
    """Whether an object has an option that changes something in each run."""
    return (
        given_object.get("scan") == "always"
        or given_object.get("update_password") == "always"
        or (bool(given_object.get("replace")) and False)
    )


def snapshot(declare: Declaring, kind: Kind) -> dict[str, dict[str, Any]]:
    """The API's objects of a kind by their ids; the configuration's by none."""
    if kind.singleton:
        return {"": declare.api("GET", kind.path)}
    if not kind.path:
        return {}
    query = "?" + "&".join(f"{name}={value}" for name, value in (kind.query_for(NEWEST) or {}).items())
    found = {one["id"]: one for one in declare.api("GET", kind.path + query) if one.get("status") != "removing"}  # gone any moment
    for object_id, one in found.items():
        for name, part in kind.parts.items():
            one["." + name] = declare.api("GET", part.read.format(id=object_id))
    return found


def unchanged_fields(kind: Kind, before: dict[str, dict[str, Any]], writes: list[tuple[str, str, Any]]) -> list[str]:
    """The fields that an update sends though the object has them already; what is sent always, and passwords, are not among them."""
    wrong = []
    always = {one.api for one in kind.fields if one.always or one.write_only} | {"albumUsers", "role", "force", "tags"}
    for method, path, body in writes:
        if method not in ("PUT", "PATCH") or not isinstance(body, dict):
            continue
        if kind.singleton:
            changed = [name for name in body if body[name] != before[""].get(name)]
            if not changed:
                wrong.append(f"{method} {path}: nothing changes")
            continue
        object_id = next((one for one in before if one in path), None)
        if object_id is None or "/user" in path.replace("/users/", "/", 1):
            continue
        had = before[object_id].get(".preferences", {}) if path.endswith("/preferences") else before[object_id]
        wrong += [f"{method} {path}: {name}" for name, value in flat(body).items() if name not in always and flat(had).get(name) == value]
    return wrong


def flat(value: dict[str, Any]) -> dict[str, Any]:
    """The leaves of a document by their dotted names."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        found.update({f"{name}.{below}": leaf for below, leaf in flat(one).items()} if isinstance(one, dict) else {name: one})
    return found


@pytest.mark.parametrize("version", newest_in_test(*VERSIONS))
def test_an_export_applied_again_changes_nothing(version: str, emulator: Callable[..., Emulator], tmp_path: Any) -> None:
    declare = Declaring(emulator(version=version))
    prepare(declare)
    declare(
        {
            "config": [{"config": {"oauth": {"clientSecret": SECRET + "1"}, "ffmpeg": {"crf": 19}}}],
            "users": [{"email": "ex@x.org", "name": "Ex", "password": "p", "quota": "3GiB", "preferences": {"folders": {"enabled": True}}}],
            "libraries": [{"name": "Ex", "owner": OWNER, "import_paths": ["/srv"]}],
            "albums": [{"name": "Ex", "order": "asc", "users": [{"email": "ex@x.org", "role": "viewer"}]}],
            "tags": [{"value": "ex/port", "color": "#123456"}],
            "shared_links": [{"album": "Ex", "password": SECRET + "2"}],
            "api_keys": [{"name": "ex", "permissions": ["upload"], "secret_file": str(tmp_path / "ex")}],
        }
    )
    exported = declare.export()
    assert SECRET not in str(exported)
    state = exported["state"]
    assert state["config"]["ffmpeg"] == {"crf": 19}
    assert state["config"]["oauth"]["clientSecret"] == "{{ vault_immich_config_oauth_clientsecret }}"
    assert {"email": "ex@x.org", "name": "Ex", "quota": "3GiB"}.items() <= next(
        u for u in state["users"] if u["email"] == "ex@x.org"
    ).items()
    filled = fill(state, {"vault_immich_config_oauth_clientsecret": SECRET + "1", "vault_immich_shared_link_ex_password": SECRET + "2"})
    result: dict[str, Any] = {}
    declared: dict[str, Any] = {name: [{"config": value}] if name == "config" else value for name, value in filled.items()}
    assert declare.writes(lambda: result.update(declare(declared))) == []
    assert (result["changed"], result["diff"]["after"]) == (False, "")


def fill(value: Any, variables: dict[str, str]) -> Any:
    """The export with the values of variables in place of their names, as Ansible does."""
    if isinstance(value, dict):
        return {name: fill(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [fill(one, variables) for one in value]
    match = re.fullmatch(r"\{\{ (vault_immich\w+) \}\}", value) if isinstance(value, str) else None
    return variables.get(match[1], "filled") if match else value


def test_a_document_and_its_leaves_are_the_same() -> None:
    assert document({"a.b.c": 1, "a.d": [2], "e": None}) == {"a": {"b": {"c": 1}, "d": [2]}, "e": None}
