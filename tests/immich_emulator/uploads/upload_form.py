# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of an upload, as it arrives: fields in memory, files on disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from immich_emulator.http.errors import bad_request
from immich_emulator.http.filenames import file_name, parse_disposition
from immich_emulator.storage import new_id

if TYPE_CHECKING:
    from immich_emulator.immich import Immich


@dataclass
class StoredFile:
    """One file of the form, as far as it has come."""

    name: str
    path: str | None
    handle: IO[bytes] | None
    size: int = 0
    sha1: Any = field(default_factory=hashlib.sha1)


class UploadForm:
    """Gets the parts of the form: keeps fields, writes files to temporary ones, refuses what Immich refuses."""

    def __init__(self, immich: Immich) -> None:
        self.immich = immich
        self.fields: dict[str, str] = {}
        self.repeated: set[str] = set()
        self.files: dict[str, StoredFile] = {}
        self.current: StoredFile | None = None
        self.name = ""
        self.text: bytearray | None = None

    def begin(self, disposition: bytes) -> None:
        """A part begins. Raises ApiError for a file that is not wanted."""
        self.current, self.text, self.name = None, None, ""
        params = parse_disposition(disposition)
        if params is None:
            return
        if "name" not in params:
            raise bad_request("Field name missing")
        self.name, name = params["name"], file_name(params)
        if name is None:
            self.text = bytearray()
            return
        if not name:
            return
        if self.name not in ("assetData", "sidecarData") or self.name in self.files:
            raise bad_request(f"Unexpected field - {self.name}")
        self.check_type(name)
        self.current = self.files[self.name] = self.open_file(name)

    def check_type(self, name: str) -> None:
        """Raises ApiError for a file type that Immich does not take. A `filename` field counts instead since 2.x."""
        version = self.immich.version
        if not version.is_old:
            name = self.fields.get("filename") or name
        extension = os.path.splitext(name)[1].lower()
        if not (extension == ".xmp" if self.name == "sidecarData" else extension in version.extensions):
            raise bad_request(f"Unsupported file type {name}")

    def open_file(self, name: str) -> StoredFile:
        """A temporary file, or only a count and a hash where bodies are discarded."""
        if self.immich.options.discard_bodies and self.name == "assetData":
            return StoredFile(name, None, None)
        path = f"{self.immich.store.partial}/{new_id()}"
        return StoredFile(name, path, open(path, "wb", buffering=0))

    def data(self, chunk: bytes) -> None:
        """Bytes of the part."""
        if self.current is not None:
            self.current.size += len(chunk)
            self.current.sha1.update(chunk)
            if self.current.handle is not None:
                self.current.handle.write(chunk)
        elif self.text is not None:
            self.text += chunk

    def end(self) -> None:
        """The part is whole. Raises ApiError for an empty file where the version refuses it."""
        if self.current is not None:
            if self.current.handle is not None:
                self.current.handle.close()
            if self.current.size == 0 and self.immich.version.at_least(3, 1):
                raise bad_request("File is empty")
        elif self.text is not None:
            if self.name in self.fields:
                self.repeated.add(self.name)
            self.fields[self.name] = self.text.decode("utf-8", "replace")

    def keep(self, path: str | None, sidecar: str | None) -> None:
        """Moves the files to where they stay; what has no path is not kept."""
        for name, target in (("assetData", path), ("sidecarData", sidecar)):
            stored = self.files.get(name)
            if stored is not None and stored.path is not None and target is not None:
                os.rename(stored.path, target)
                stored.path = None

    def discard(self) -> None:
        """Removes what was written and not kept."""
        for stored in self.files.values():
            if stored.handle is not None:
                stored.handle.close()
            if stored.path is not None:
                os.unlink(stored.path)
                stored.path = None

    def summary(self) -> dict[str, Any]:
        """The form for the request log."""
        files = {
            name: {"filename": stored.name, "bytes": stored.size, "sha1": stored.sha1.hexdigest()} for name, stored in self.files.items()
        }
        return {**self.fields, **files}
