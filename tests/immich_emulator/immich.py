# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one server: version, database, queues, switches. Each endpoint gets it as its first argument."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from immich_emulator.accounts.auth import Keys
from immich_emulator.accounts.users import COLORS
from immich_emulator.control.faults import Faults
from immich_emulator.control.requestlog import RequestLog
from immich_emulator.storage import Store, new_id, now
from immich_emulator.system.configuration import configuration
from immich_emulator.system.jobs import Jobs
from immich_emulator.system.queues import Queues
from immich_emulator.versions import Version


@dataclass(frozen=True)
class Options:
    """How a server is started."""

    discard_bodies: bool = False
    job_seconds: float = 0.02
    contention: float = 0.0
    """Seconds by which each background job that runs delays an upload, as on a machine that is busy with them."""

    empty: bool = False
    """Nobody has registered yet."""


class GoDown:
    """Takes the server off the network for some seconds. `door` is set once it listens."""

    door: Callable[[float], None] | None = None

    def __call__(self, seconds: float, after: float, change: Callable[[], None]) -> None:
        """Nobody answers for `seconds`, from `after` seconds on, when `change` is made: an answer under way still goes out."""

        def go() -> None:
            change()
            if self.door is not None:
                self.door(seconds)

        self.later(after, go)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Calls a function after so many seconds."""
        asyncio.get_running_loop().call_later(seconds, work)


class Immich:
    """All state of one server."""

    def __init__(self, version: Version, folder: Path, options: Options) -> None:
        self.version, self.options = version, options
        self.store = Store(folder)
        self.keys = Keys(self)
        jobs = Jobs(self)
        self.queues = Queues(version, options.job_seconds, jobs.begin, jobs.carry_out)
        self.queues.load(self.queue_file)
        self.log, self.faults = RequestLog(), Faults()
        self.maintenance_token: str | None = None
        self.maintenance: dict[str, Any] = {"active": True, "action": "start"}
        self.go_down = GoDown()
        self.backups_work = True
        self.restores_end = True
        self.backup_damage = ""
        self.machine_learning_answers = True
        self.detectable: dict[str, list[list[float]]] = {}
        """The boxes of faces that the detection finds, as fractions, by the checksums of pictures."""
        self.switches = dict.fromkeys(("setup_race", "config_file", "config_broken", "log_level", "mail", "read_only_libraries"), False) | {
            "setup": True
        }
        self.secrets = self.first_start()

    @property
    def queue_file(self) -> Path:
        """Where the queues are kept while the server is down."""
        return self.store.folder / "queues.json"

    def first_start(self) -> dict[str, str]:
        """The secrets of the keys with `all` for `user` and `admin`; makes the two accounts in a fresh folder."""
        stored = self.store.value("SELECT value FROM settings WHERE name = 'secrets'")
        if stored:
            secrets: dict[str, str] = json.loads(stored)
            return secrets
        if self.options.empty:
            return {"admin": "", "user": ""}
        for label, is_admin in (("admin", True), ("user", False)):
            self.add_user(label, f"{label}@example.com", label.capitalize(), is_admin=is_admin)
        secrets = {label: self.keys.make(self.user_id(label), f"{label}-all", ["all"])[1] for label in ("admin", "user")}
        self.keys.make(self.user_id("user"), *self.limited_key())
        self.store.insert("settings", name="secrets", value=json.dumps(secrets))
        return secrets

    def limited_key(self) -> tuple[str, list[str]]:
        """Name and scopes of a second key of the user, which may upload and organise and nothing else."""
        scopes = ["asset.upload", "asset.read", "album.read", "album.create", "albumAsset.create", "tag.create", "tag.asset", "tag.read"]
        name = "user-narrow" if self.version.is_old else "user-limited"
        return name, [self.version.scope_of(scope, "") or scope for scope in scopes]

    def add_user(self, label: str, email: str, name: str, *, is_admin: bool = False, color: str = "") -> str:
        """A new account; its id."""
        user_id = new_id()
        self.store.insert(
            "users",
            id=user_id,
            label=label,
            email=email,
            name=name,
            is_admin=is_admin,
            color=color or COLORS[sum(map(ord, email)) % len(COLORS)],
            storage_label="admin" if is_admin else None,
            should_change_password=label != "user",
            created=now(),
        )
        return user_id

    def user_id(self, label: str) -> str:
        """The id of the account with a label. Raises KeyError when there is none."""
        found = self.store.value("SELECT id FROM users WHERE label = ?", label)
        if found is None:
            raise KeyError(label)
        return str(found)

    def configuration(self) -> dict[str, Any]:
        """The configuration in effect."""
        return configuration(self)

    @property
    def is_onboarded(self) -> bool:
        """Whether an administrator went through the welcome pages."""
        return self.switches["config_file"] or self.store.value("SELECT value FROM settings WHERE name = 'onboarded'") == "1"

    def remove_file(self, path: str) -> None:
        """Removes a stored file, if it is still there."""
        Path(path).unlink(missing_ok=True)

    def restart(self) -> None:
        """What a restart of Immich does to its state."""
        self.queues.restart()

    def close(self) -> None:
        """Ends the server; queues are kept for the next start in the same folder."""
        self.queues.stop()
        self.queues.save(self.queue_file)
        self.store.close()
