# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server holds, counted and compared, and a sample of it that is read back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import library_statistics
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
from support.http.wire import writes
from support.photos.libraries import Account
from support.stops import stop_when
from support.tiers import newest_in_test


def read(server: Emulator, key: str, check_stop: Callable[[], None] = lambda: None, **options: Any) -> Any:
    with closing(Immich(Connection(server.url, ApiKey(key), timeout=20.0, retries=0), read_only=True)) as client:
        return library_statistics.read_statistics(client, library_statistics.StatisticsOptions(**options), check_stop)


@pytest.mark.parametrize("version", newest_in_test("1.135", "2.7", "3.1"))
def test_statistics_differ_after_deletion(emulator: Callable[..., Emulator], version: str) -> None:
    server = emulator(version=version, job_seconds=0.001)
    account = Account(server)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        account.upload(name)
    account.album("Rome", "a.jpg")
    account.tag("Trip", "a.jpg")
    server.wait_idle()
    server.clear_requests()

    all_users = read(server, server.admin_api_key)
    own = read(server, account.api_key, sample=10)
    assert (all_users["server"]["photos"], all_users["server"]["users"]) == (3, 2)
    assert own["server"] is None
    assert (own["user"]["albums"], own["user"]["tags"]) == (1, 1)
    on_server = {asset["id"]: asset["checksum"] for asset in server.state()["assets"]}
    assert {one["id"]: one["checksum"] for one in own["sample"]} == on_server
    assert len(read(server, account.api_key, sample=2)["sample"]) == 2
    again = read(server, account.api_key, before=own, verify=own["sample"])
    assert (again["differences"], len(again["verified"])) == ([], 3)
    assert read(server, server.admin_api_key, before=all_users)["differences"] == []
    assert writes(server) == []

    delete(server, account.api_key, own["sample"][0]["id"])
    account.tag("Trip/Rome", "a.jpg")
    lost = read(server, account.api_key, before=own, verify=[{**own["sample"][1], "checksum": "00" * 20}])
    tags, original = lost["differences"]
    assert tags.endswith(": 2, and not 1.")
    assert f"{own['sample'][1]['id']} ({own['sample'][1]['name']})" in original
    assert "checksum" in original
    assert [line.partition(" of the user")[0] for line in read(server, server.admin_api_key, before=all_users)["differences"]] == [
        "photos",
        "usage",
    ]


def delete(server: Emulator, key: str, asset_id: str) -> None:
    with closing(Immich(Connection(server.url, ApiKey(key), timeout=20.0, retries=0))) as client:
        client.assets.trash([asset_id])


def test_verify_names_missing_original_and_thumbnail(server: Emulator) -> None:
    account = Account(server)
    account.upload("a.jpg")
    server.wait_idle()
    (one,) = read(server, account.api_key, sample=1)["sample"]
    server.fault(path=f"/assets/{one['id']}/(original|thumbnail)", status=404, times=None)
    found = read(server, account.api_key, verify=[one])
    assert [line.partition(" cannot be read: ")[0] for line in found["differences"]] == [
        f"The original of {one['id']} (a.jpg)",
        f"The thumbnail of {one['id']} (a.jpg)",
    ]


def test_verify_ignores_thumbnail_never_made(server: Emulator) -> None:
    server.pause("thumbnailGeneration")
    account = Account(server)
    account.upload("a.jpg")
    sample = read(server, account.api_key, sample=1)["sample"]
    found = read(server, account.api_key, verify=sample)
    assert [one["thumbnail"] for one in sample] == [False]
    assert (found["differences"], found["verified"][0]["problems"]) == ([], [])


def test_verify_sums_up_many_unreadable_originals(server: Emulator) -> None:
    account = Account(server)
    for number in range(5):
        account.upload(f"{number}.jpg")
    server.wait_idle()
    sample = read(server, account.api_key, sample=5)["sample"]
    server.fault(path="/original$", status=404, times=None)
    found = read(server, account.api_key, verify=sample)
    (line,) = found["differences"]
    assert line.startswith(f"The original of {sample[0]['id']} ({sample[0]['name']}) cannot be read: ")
    assert "5 of 5 originals" in line
    assert [len(one["problems"]) for one in found["verified"]] == [1] * 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample": 1001}, "between 0 and 1000"),
        ({"sample": -1}, "between 0"),
        ({"verify": [{"id": "../x", "checksum": ""}]}, "no id"),
        ({"before": {"server": {"by_user": {"anna": {"photos": "many"}}}}}, "^before or after is not"),
        ({"before": {"server": ["by_user"]}}, "^before or after is not"),
        ({"after": {"sample": [{"name": "a.jpg"}]}}, "^before or after is not"),
        ({"after": {"user": {"id": "anna", "albums": 1}}}, "^before or after is not"),
    ],
)
def test_statistics_refuse_invalid_options(server: Emulator, options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=message):
        read(server, server.api_key, **options)


def test_verify_stopped_between_photos_keeps_result(server: Emulator) -> None:
    account = Account(server)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        account.upload(name)
    server.wait_idle()
    sample = read(server, account.api_key, sample=3)["sample"]
    server.clear_requests()

    def has_read_two() -> bool:
        return bool(sum(one["path"].endswith("/thumbnail") for one in server.requests()) == 2)

    with pytest.raises(errors.RunFailed) as failed:
        read(server, account.api_key, stop_when(has_read_two), verify=[{**sample[0], "checksum": "00" * 20}, *sample[1:]])
    assert failed.value.msg.endswith(": 2 of 3.")
    result = failed.value.result
    assert [one["id"] for one in result["verified"]] == [one["id"] for one in sample[:2]]
    assert (result["changed"], len(result["differences"])) == (False, 1)
