# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which queues a list of names and groups means."""

from __future__ import annotations

import pytest

from immich_emulator.versions import find
from support.collection import InvalidRequest, names

from .conftest import VERSIONS

SERVERS = {version: list(find(version).facts["queue_names"]) for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_group_upload_is_the_servers_part_of_the_chain(version: str) -> None:
    assert names.resolve(["upload"], SERVERS[version]) == [name for name in names.CHAIN if name in SERVERS[version]]
    assert ("ocr" in names.resolve(["upload"], SERVERS[version])) == (version != "1.135")


@pytest.mark.parametrize("version", VERSIONS)
def test_group_all_omits_protected_queues(version: str) -> None:
    assert set(names.resolve(["all"], SERVERS[version])) == set(SERVERS[version]) - names.PROTECTED


@pytest.mark.parametrize("version", VERSIONS)
def test_group_maintenance_is_all_pausable_queues(version: str) -> None:
    chosen = names.resolve(["maintenance"], SERVERS[version])
    assert set(chosen) == set(SERVERS[version]) - {"backgroundTask"}
    names.refuse_to_pause(chosen)


def test_a_queue_of_tomorrow_is_in_all_but_not_in_upload() -> None:
    assert names.resolve(["all"], ["dreaming", "ocr", "backgroundTask"]) == ["ocr", "dreaming"]
    assert names.resolve(["upload"], ["dreaming", "ocr", "backgroundTask"]) == ["ocr"]


def test_names_and_groups_mix_in_chain_order_without_repeats() -> None:
    chosen = names.resolve(["sidecar", "facialRecognition", "upload", "metadataExtraction"], SERVERS["3.1"])
    assert chosen == [*names.CHAIN, "sidecar"]


def test_a_protected_queue_may_be_named() -> None:
    assert names.resolve(["library", "backgroundTask"], SERVERS["3.1"]) == ["backgroundTask", "library"]


def test_an_unknown_name_fails_and_lists_the_servers_queues() -> None:
    with pytest.raises(InvalidRequest, match=r"named ocr, workflow\. Correct queues: the server has back.*groups are") as caught:
        names.resolve(["ocr", "smartSearch", "workflow"], SERVERS["1.135"])
    assert caught.value.failure()["kind"] == "validation"
    assert caught.value.details["unknown"] == ["ocr", "workflow"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("smartSerch", "smartSearch"),
        ("smartsearch", "smartSearch"),
        ("OCR", "ocr"),
        ("uploads", "upload"),
        ("metadata-extraction", "metadataExtraction"),
        ("thumbnails", "thumbnailGeneration"),
        ("zzz", None),
        ("x" * 10_000, None),
    ],
)
def test_misspelt_queue_suggests_nearest_name(wrong: str, right: str | None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        names.check(["ocr", wrong], SERVERS["3.1"], "pause_queues")
    meant = f" (did you mean {right}?). Correct pause_queues." if right else ". Correct pause_queues: the server has backgroundTask, "
    assert f"no queue named {wrong}{meant}" in caught.value.msg
    assert caught.value.details["available"] == sorted(SERVERS["3.1"])


def test_no_queue_at_all_is_an_error() -> None:
    with pytest.raises(InvalidRequest, match="queues is empty"):
        names.resolve([], SERVERS["3.1"])
