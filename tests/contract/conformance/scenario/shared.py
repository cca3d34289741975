# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the steps share: the recorder, short forms of frequent calls, and objects that later steps come back to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contract.conformance.forms import Part, as_bytes, file_part
from contract.conformance.recorder import Recorder

NOBODY = "00000000-0000-4000-8000-000000000000"


def sha1(data: bytes, encoding: str = "hex") -> str:
    """A checksum as hex or as base64."""
    digest = hashlib.sha1(data).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


@dataclass
class Scenario:
    """One run. The objects without a default are made by the group `upload`, the albums' assets by `albums`."""

    recorder: Recorder
    old: bool = False
    me: dict[str, Any] = field(default_factory=dict)
    admin: dict[str, Any] = field(default_factory=dict)
    one: bytes = b""
    asset: str = NOBODY
    with_sidecar: str = NOBODY
    lying: str = NOBODY
    fav: str = NOBODY
    foreign: str = NOBODY

    def begin(self) -> None:
        """Looks who is there. 1.x's permissions had other names, and only some routes asked for one."""
        self.old = self.ask("GET", "/server/version", "none")["major"] == 1
        self.me, self.admin = self.ask("GET", "/users/me", "user"), self.ask("GET", "/users/me", "admin")

    def call(self, step: str, method: str, path: str, who: str = "user", **content: Any) -> Any:
        """A call whose answer is kept; the parsed body."""
        return self.recorder.call(step, method, path, who, **content)

    def ask(self, method: str, path: str, who: str = "user", **content: Any) -> Any:
        """A call whose answer is not kept; the parsed body."""
        return self.recorder.ask(method, path, who, **content)

    def wait_idle(self) -> None:
        """Until the queues are empty."""
        self.recorder.wait_idle()

    def form(
        self,
        data: bytes | None,
        filename: bytes | str = "a.jpg",
        *,
        without: Iterable[str] = (),
        extra: Iterable[Part] = (),
        named: str | None = None,
        **fields: str,
    ) -> list[Part]:
        """An upload's form, the file last; `named` adds a `filename` field."""
        values = {"deviceAssetId": "a-1", "deviceId": "conformance"}
        values |= {"fileCreatedAt": "2021-03-04T05:06:07.000Z", "fileModifiedAt": "2021-03-04T05:06:08.000Z", **fields}
        values |= {"filename": named} if named else {}
        parts = [Part(name, as_bytes(value)) for name, value in values.items() if name not in without]
        return [*parts, *extra, *([] if data is None else [file_part("assetData", data, filename)])]

    def upload(
        self,
        step: str,
        data: bytes | None,
        filename: bytes | str = "a.jpg",
        who: str = "user",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Any:
        """An upload; the parsed body."""
        return self.call(step, "POST", "/assets", who, form=self.form(data, filename, **more), headers=headers)

    def check(self, step: str, assets: list[dict[str, str]], who: str = "user") -> Any:
        """A bulk check; the parsed body."""
        return self.call(step, "POST", "/assets/bulk-upload-check", who, json={"assets": assets})

    def make_key(self, name: str, permissions: list[str], owner: str = "user") -> None:
        """A key that later calls use by its name."""
        content = {"name": name, "permissions": permissions}
        made = self.call(f"make the key {name}", "POST", "/api-keys", owner, json=content)
        self.recorder.keys[name] = made.get("secret") if isinstance(made, dict) else None
