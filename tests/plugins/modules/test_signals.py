# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that reach a module while the server answers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from ansible_collections.photoyard.immich.plugins.module_utils._backup.maintenance import CookieFile
from ansible_collections.photoyard.immich.plugins.module_utils._backup.options import RestoreOptions
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.objects import ObjectCalls
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import Run
from ansible_collections.photoyard.immich.plugins.modules import immich_api_key, immich_maintenance_mode, immich_restore
from behaviour.backup.conftest import Backups
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, ImmichError
from support.waiting import wait_until


def in_maintenance(backups: Backups) -> bool:
    """Whether the server answers in maintenance mode; while it restarts, nobody answers."""
    try:
        return bool(backups.api("GET", "/server/config").json()["maintenanceMode"])
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("module", [immich_maintenance_mode, immich_restore], ids=["maintenance", "restore"])
def test_signal_before_the_answer_keeps_the_cookie(
    emulator: Callable[..., Emulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    """It comes when the server has the request that begins the maintenance mode, and has not answered it yet."""
    backups, path = Backups(emulator(), tmp_path, tmp_path), tmp_path / "cookie"
    server = backups.server
    name = backups()["backup"]["filename"]
    params: dict[str, Any] = {option: spec.get("default") for option, spec in argument_spec(RestoreOptions).items()}
    params.update(state="started", cookie_file=str(path), wait_timeout=20.0)
    if module is immich_restore:
        params.update(name=name, confirm=name)
    server.fault("POST", "/admin/maintenance$", delay=1.0)
    real = Run.stop_reason

    def stop_reason(signals: Run) -> str | None:
        if server.struck():
            signals.reason = "The signal SIGTERM was received"
        return real(signals)

    with closing(backups.client()) as client, monkeypatch.context() as patch, pytest.raises(ImmichError, match="SIGTERM"):
        patch.setattr(Run, "stop_reason", stop_reason)
        module.run(client, params, False)
    file = CookieFile(str(path))
    assert file.read() is not None
    assert file.restoring == (name if module is immich_restore else None)
    if module is immich_maintenance_mode:
        # The request goes on at the server without the run that sent it.
        wait_until(lambda: in_maintenance(backups))
        with closing(backups.client()) as client:
            assert immich_maintenance_mode.run(client, {**params, "state": "ended"}, False)["changed"]


def test_signal_at_new_key_waits_for_its_secret(server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else has the secret: Immich shows it once."""
    real = ObjectCalls.send

    def send(calls: ObjectCalls, method: str, path: str, body: Any = None) -> Any:
        answer = real(calls, method, path, body)
        assert callable(signal.getsignal(signal.SIGTERM)), "the module would die of it"
        os.kill(os.getpid(), signal.SIGTERM)
        return answer

    monkeypatch.setattr(ObjectCalls, "send", send)
    options = {"email": None, "password": None, "name": "phone", "permissions": ["asset.read"], "secret_file": str(tmp_path / "key")}
    with closing(Immich(Connection(server.url, ApiKey(server.admin_api_key)))) as client, pytest.raises(ImmichError, match="SIGTERM"):
        immich_api_key.run(client, options, False)
    secret = (tmp_path / "key").read_text().strip()
    with closing(Immich(Connection(server.url, ApiKey(secret)))) as client:
        assert client.permissions == ["asset.read"]
