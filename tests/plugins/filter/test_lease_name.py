# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of leases: one word whatever the host is called, each of its own, and read back."""

from __future__ import annotations

import shlex

import pytest

from ansible_collections.photoyard.immich.plugins.filter._lease_name import lease_name
from ansible_collections.photoyard.immich.plugins.filter._lease_sentences import lease_sentences
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.lease_name import LeaseName, new_lease_name, parse_lease_name
from ansible_collections.photoyard.immich.plugins.module_utils._queues.leases.ledger import check_name

HELD = {"queues": ["a", "b", "c", "d"], "expires_at": "2025-01-31T02:00:00Z", "age": 4}


@pytest.mark.parametrize(
    "host", ["nas", "my nas", 'nas\'s "big" box', "b\u00fcro", "[::1]:22", "", "a\nb", "x" * 300, "-e", "../a", "a-job3"]
)
def test_lease_name_is_single_shell_word(host: str) -> None:
    name = lease_name(host, "upload", workflow=21, job=22)
    assert shlex.split(f"-e immich_heal_lease={name}") == ["-e", f"immich_heal_lease={name}"]
    assert not set(name) & set("'\"\\ ")
    check_name(name + "-source")


def test_lease_names_of_same_moment_differ() -> None:
    assert len({new_lease_name("nas", "upload") for _call in range(20)}) > 1


@pytest.mark.parametrize(("workflow", "job"), [("", ""), ("21", "22"), ("", "22")])
@pytest.mark.parametrize("end", ["", "-source"])
def test_name_is_read_back(workflow: str, job: str, end: str) -> None:
    name = new_lease_name("my-nas.example", "copy", workflow=workflow, job=job)
    found = parse_lease_name(name + end)
    assert found is not None
    assert found == LeaseName("my-nas.example", workflow, job, found.began, "copy")


@pytest.mark.parametrize("name", ["nightly backup", "policy-on-nas:evening", "nas-20260131T013004Z-upload", ""])
def test_name_of_others_is_not_read(name: str) -> None:
    assert parse_lease_name(name) is None


def test_lease_running_here_has_no_end_command() -> None:
    lease = {**HELD, "holder": "nas-20250131T013004Z-upload-3f2a", "runs_here": True}
    (sentence,) = lease_sentences([lease], how_to_end=True)
    assert " holds 4 queues until 2025-01-3" in sentence
    (_sentence, command) = lease_sentences([{**lease, "runs_here": False}], how_to_end=True)
    assert command.endswith(" -e immich_heal_lease=nas-20250131T013004Z-upload-3f2a")
