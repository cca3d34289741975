# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How busy a host is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._host_load import measure


def test_pressure_is_some_avg60(tmp_path: Path) -> None:
    folder = tmp_path / "pressure"
    folder.mkdir()
    (folder / "io").write_text(
        "some avg10=1.50 avg60=12.25 avg300=3.00 total=1\nfull avg10=0.50 avg60=9.00 avg300=1.00 total=1\n", encoding="ascii"
    )
    (folder / "memory").write_text("nonsense", encoding="ascii")
    found = measure(str(tmp_path))
    assert (found["io_pressure"], found["memory_pressure"], found["cpu_pressure"]) == (12.25, None, None)


def test_loads_are_per_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (4.0, 2.0, 1.0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)
    found = measure()
    assert (found["cpus"], found["load1"], found["load5"], found["load15"]) == (4, 1.0, 0.5, 0.25)


def test_a_system_without_affinity_has_all_its_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert measure()["cpus"] == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert measure()["cpus"] == 1


def test_a_system_without_load_averages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(os, "getloadavg", refuse)
    assert measure()["load5"] is None
