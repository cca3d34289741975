# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key with the scopes of the bundle `backup` is enough for immich_backup, immich_restore and the manifest; a missing one is named."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import library_statistics
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds import scopes
from support.collection import ImmichError

from .conftest import Backups


def key_of_bundle(backups: Backups, without: str = "") -> str:
    """A key of the administrator's with the scopes of the bundle."""
    with closing(backups.client()) as client:
        found = scopes.scopes_of(["backup"], client.version)
    return backups.server.make_key("admin", [one for one in found if one != without])


def run_all(backups: Backups, key: str, tmp_path: Path) -> dict[str, Any]:
    """Each state once, what the role asks for its manifest, and a restore, whose result this is."""
    path = backups("fetched", max_age="0", api_key=key)["path"]
    backups("absent", keep=1, api_key=key)
    with closing(backups.client(api_key=key)) as client:
        counted = library_statistics.read_statistics(client, library_statistics.StatisticsOptions(sample=5), lambda: None)
    assert None not in (counted["server"], counted["user"])
    return backups.restore(src=path, confirm=Path(path).name, cookie_file=str(tmp_path / "cookie"), api_key=key)


def test_bundle_is_enough_for_each_state(each_version: Backups, tmp_path: Path) -> None:
    assert run_all(each_version, key_of_bundle(each_version), tmp_path)["key_accepted"]


@pytest.mark.parametrize("missing", ["backup.upload", "backup.delete", "backup.download", "maintenance", "job.create"])
def test_missing_scope_is_named(backups: Backups, tmp_path: Path, missing: str) -> None:
    with pytest.raises(ImmichError, match=missing.replace(".", r"\.")) as caught:
        run_all(backups, key_of_bundle(backups, missing), tmp_path)
    assert caught.value.kind == "permission"
