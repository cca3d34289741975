# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small world of each verb: servers and a folder in which it has something to do, and what of them a person sees.

Nothing that is seen depends on ids, times or paths: two worlds of a verb look alike once it is done.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

import requests

from immich_emulator.testing import Emulator
from support.collection import FileLedger, LedgerOptions, choose_ledger
from support.photos.jpegs import live_sidecar, write_sidecar
from support.photos.libraries import Account, picture, sha1_of
from support.photos.shots import Shot, ask, send_shots, shot_bytes, stacks_of
from support.run_cache import RunCache
from support.waiting import wait_until
from sweep.place import Place
from sweep.verbs import KEY, LIBRARY, USER, VERBS, Result, client_of

BY_HAND = {"ocr"}
"""The queues that an administrator has paused."""

LONG_AGO = 1_700_000_000
"""When local files were last written to: the checksum cache believes in those alone."""

_JOB_SECONDS = 0.001
_UNFINISHED = re.compile(r"\..*|.*\.(part|new|lock|turn|sqlite.*)")


class World:
    """What all have in common. A subclass builds its world, and says what is seen of it."""

    sides: ClassVar[tuple[str, ...]] = ("target",)
    """What the servers are called."""
    repeats = True
    """Whether a run in which nothing is to be done says `changed: false`."""
    pause_outlives_run = False
    """Whether a pause may be left to a guard that watches until its lease has run out."""

    def __init__(self, verb: str, folder: Path, stack: ExitStack, cache: RunCache) -> None:
        self.verb = verb
        self.host = folder / "host"
        self.host.mkdir(parents=True)
        self.folder = folder
        self.cache = cache
        self.photos: set[str] = set()
        """The SHA-1 of each photo that must not be lost, in hex."""
        self.servers = {side: stack.enter_context(Emulator(job_seconds=_JOB_SECONDS, **self.server_options(side))) for side in self.sides}
        self.server = self.servers["target"]
        for server in self.servers.values():
            for queue in BY_HAND:
                server.pause(queue)
        self.place = Place(str(self.host), self.server.url, self.server.api_key, self.server.admin_api_key)
        self.build()
        for server in self.servers.values():
            server.wait_idle()
            server.clear_requests()

    def server_options(self, side: str) -> dict[str, Any]:
        """How a server is started."""
        return {}

    def build(self) -> None:
        """Fills the world."""
        raise NotImplementedError

    def look(self) -> dict[str, Any]:
        """What a person sees, beside what `seen` adds."""
        raise NotImplementedError

    def run(self, **told: Any) -> Result:
        """The verb once. `told` is what its place has otherwise."""
        return VERBS[self.verb](replace(self.place, **told))

    def seen(self) -> dict[str, Any]:
        """What a person sees once the servers are idle."""
        for server in self.servers.values():
            server.wait_idle()
        return {**self.look(), "paused": {side: sorted(server.paused()) for side, server in self.servers.items()}}

    def lost(self) -> set[str]:
        """The photos that are neither on a server nor whole on this host."""
        stored = {asset["checksum"] for server in self.servers.values() for asset in server.state()["assets"] if self.counts(asset)}
        return self.photos - stored - {hashlib.sha1(path.read_bytes()).hexdigest() for path in self.files()}

    def counts(self, asset: dict[str, Any]) -> bool:
        """Whether an asset is one that its owner has."""
        return not asset["trashed"]

    def half(self) -> list[str]:
        """The files of this host that are there, and not whole. Those that are still written have names of their own."""
        return [str(path.relative_to(self.host)) for path in self.files() if not self._is_whole(path)]

    def files(self) -> list[Path]:
        """All files of this host but those that are still written, and what SQLite and locks keep."""
        found = (path for path in self.host.rglob("*") if path.is_file())
        return sorted(path for path in found if not _UNFINISHED.fullmatch(path.name) and "partial" not in path.parts)

    def _is_whole(self, path: Path) -> bool:
        content = path.read_bytes()
        try:
            if path.suffix.lower() == ".jpg":
                return hashlib.sha1(content).hexdigest() in self.photos
            if path.suffix == ".xmp":
                ElementTree.fromstring(content)
            elif path.suffix == ".json":
                json.loads(content)
            elif path.suffix == ".jsonl":
                for line in content.splitlines(keepends=True):
                    json.loads(line if line.endswith(b"\n") else b"{}")  # the last may be half
            elif path.suffix == ".gz":
                gzip.decompress(content)
            elif path.name == KEY:
                return re.fullmatch(rb"[A-Za-z0-9_-]{43}\n", content) is not None
        except (ValueError, EOFError, OSError, ElementTree.ParseError):
            return False
        return True

    def paused(self, side: str) -> set[str]:
        """The queues that are paused, and not by hand."""
        assert self.servers[side].paused() >= BY_HAND, "a pause of the administrator was undone"
        return self.servers[side].paused() - BY_HAND

    def recorded(self, side: str) -> set[str]:
        """The queues that a lease names."""
        ledger = FileLedger(str(self.host / "state"), self.servers[side].url, read_only=True)
        return {queue for record in ledger.records() for queue in record.queues}

    def help_by_hand(self, cause: str) -> None:
        """Does what an administrator has to do after a failure of this cause, as the module says."""

    def unfinished(self) -> list[str]:
        """What a run that is over must not leave. A loss of power may bring back the empty files by which a ledger is locked."""
        names = ("*.part", "leases-*.json", ".immich-*.new")
        return sorted(path.name for path in self.host.rglob("*") if any(path.match(name) for name in names))

    def put(self, name: str, content: bytes) -> Path:
        """A photo in a folder of this host."""
        path = self.host / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (LONG_AGO, LONG_AGO))
        self.photos.add(hashlib.sha1(content).hexdigest())
        return path

    def send(self, account: Account, *names: str) -> None:
        """Photos of a server, a minute apart."""
        for minutes, name in enumerate(names):
            account.upload(name, minutes=minutes)
            self.photos.add(sha1_of(name))

    def names_of_files(self, folder: str) -> list[str]:
        """The files in a folder of this host."""
        return [str(path.relative_to(self.host)) for path in self.files() if path.is_relative_to(self.host / folder)]


_SHOWN = ("name", "trashed", "visibility", "favorite", "albums", "tags")


def library(server: Emulator, about: Sequence[str] = ("checksum", *_SHOWN)) -> dict[str, Any]:
    """What a person sees of all libraries of a server. The checksum of a file that was not uploaded is that of its path."""
    state = server.state()
    return {
        "assets": sorted(json.dumps({name: asset[name] for name in about}) for asset in state["assets"]),
        "albums": sorted((album["name"], len(album["assets"])) for album in state["albums"]),
        "stacks": stacks_of(server),
        "tags": sorted(tag["value"] for tag in state["tags"]),
        "halves": state["partial_uploads"],
    }


class _Upload(World):
    def build(self) -> None:
        for number in range(3):
            self.put(f"src/DSC_{number}.JPG", shot_bytes(Shot(f"DSC_{number}.JPG", 60.1 + number / 4)))
        write_sidecar(self.put("src/a.jpg", picture("a.jpg")), description="Rome")

    def look(self) -> dict[str, Any]:
        return {**library(self.server), "files": [*self.names_of_files("src"), *self.names_of_files("done")]}


class _UploadAway(_Upload):
    """Local files go once the server has them."""

    def build(self) -> None:
        self.put("src/a.jpg", picture("a.jpg"))
        for name in ("IMG_1.JPG", "IMG_1.DNG"):
            self.put(f"src/{name}", shot_bytes(Shot(name)))
        write_sidecar(self.host / "src/a.jpg", description="Rome")

    def look(self) -> dict[str, Any]:
        """Without sidecars: one is kept that may not have gone up with its photo, as a warning says."""
        seen = super().look()
        return {**seen, "files": [name for name in seen["files"] if not name.endswith(".xmp")]}


class _Copy(World):
    sides = ("target", "source")

    def build(self) -> None:
        source = self.servers["source"]
        account = Account(source)
        self.place = replace(self.place, source_url=source.url, source_api_key=source.api_key, source_admin_api_key=source.admin_api_key)
        self.send(account, "a.jpg", "b.jpg", "c.jpg")
        account.album("Rome", "a.jpg", "b.jpg")
        account.tag("Trip", "b.jpg")
        account.stack("b.jpg", "c.jpg")

    def look(self) -> dict[str, Any]:
        return {side: library(server) for side, server in self.servers.items()}


class _Archive(World):
    def build(self) -> None:
        account = Account(self.server)
        self.send(account, "gone.jpg")
        self.server.wait_idle()
        self.run()
        account.ask("DELETE", "/assets", json={"ids": [account.ids["gone.jpg"]], "force": True})
        self.send(account, "a.jpg", "b.jpg")
        account.album("Rome", "a.jpg")
        account.tag("Trip", "b.jpg")

    def look(self) -> dict[str, Any]:
        """A file that was moved aside may be there more than once: which is no loss, and its folder is named after a day."""
        names = self.names_of_files("archive")
        removed = {name.rpartition("/")[2] for name in names if "/removed/" in name}
        return {
            "files": [name for name in names if "/removed/" not in name],
            "gone": "gone.jpg" in removed,
            "manifest": sorted(self._manifest().items()),
        }

    def _manifest(self) -> dict[str, str]:
        """The names of the photos by their paths."""
        text = (self.host / "archive/immich-archive/assets.jsonl").read_text(encoding="utf-8")
        found = {line["id"]: line for line in map(json.loads, text.splitlines()[1:])}
        return {line["path"]: line["name"] for line in found.values() if "path" in line}


class _BringBack(World):
    def build(self) -> None:
        shutil.copytree(self.cache.folder("archive-to-bring-back", self._make_archive), self.host / "archive")
        for path in (self.host / "archive").rglob("*.jpg"):
            self.photos.add(hashlib.sha1(path.read_bytes()).hexdigest())

    def _make_archive(self, folder: Path) -> None:
        with Emulator(job_seconds=_JOB_SECONDS) as server:
            account = Account(server)
            for minutes, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
                account.upload(name, minutes=minutes)
            account.album("Rome", "a.jpg", "b.jpg")
            account.tag("Trip", "b.jpg")
            account.stack("b.jpg", "c.jpg")
            server.wait_idle()
            VERBS["archive"](Place(str(folder.parent), server.url, server.api_key, server.admin_api_key))
            for path in (folder.parent / "archive").iterdir():
                shutil.move(path, folder)

    def look(self) -> dict[str, Any]:
        return {**library(self.server), "files": self.names_of_files("archive")}


class _Backup(World):
    def build(self) -> None:
        self.send(Account(self.server), "a.jpg")

    def look(self) -> dict[str, Any]:
        """Whether the newest backup is there, with a manifest that is about it. There may be older ones of runs that failed."""
        backups = self.host / "backups"
        newest = max((path.name for path in backups.glob("*.sql.gz")), default="")
        if not newest:
            return {"recorded": None}
        manifest = json.loads((backups / newest.replace(".sql.gz", ".json")).read_text(encoding="utf-8"))
        return {"recorded": manifest["dump"]["sha256"] == hashlib.sha256((backups / newest).read_bytes()).hexdigest()}


COOKIE_IS_LOST = (
    *("POST /admin/maintenance", "maintenance begun 2", "cookie 1", "whole file 1", "whole file put in place 1"),
    *("power: maintenance begun 2", "power: cookie 1", "power: whole file 1"),
    *("power: whole file put in place 1", "power: whole file put in place 2"),
)
"""The request whose answer has the cookie, and the moments from then on until it is in a file, or on the disk."""

COOKIE_IS_KEPT = ("whole file put in place 2", "whole file 2", "cookie 2", "power: whole file 2", "power: cookie 2")
"""The moments from then on, while the server may still have to restart."""


def has_to_restart(cause: str) -> bool:
    """Whether a run was killed after the server had answered that it restarts, which it does some time later: nobody tries again here."""
    return cause in COOKIE_IS_KEPT or (cause in COOKIE_IS_LOST and not cause.startswith("POST"))


class _Maintenance(World):
    repeats = False  # it is switched on and off again

    def server_options(self, side: str) -> dict[str, Any]:
        return {"data": self.folder / "server"}

    def build(self) -> None:
        pass

    def look(self) -> dict[str, Any]:
        return {"albums": library(self.server)["albums"], "maintenance": self._is_on(), "cookie": (self.host / "cookie").exists()}

    def _is_on(self) -> bool:
        """Waits while the server restarts."""
        answers: list[bool] = []

        def is_answered() -> bool:
            try:
                answers.append(bool(ask(self.server, "GET", "/server/config")["maintenanceMode"]))
            except requests.RequestException:
                return False
            return True

        wait_until(is_answered)
        return answers[-1]

    def help_by_hand(self, cause: str) -> None:
        """A cookie that was lost before anybody could write it down ends nothing: that takes `immich-admin disable-maintenance-mode`."""
        if has_to_restart(cause):
            wait_until(self._is_on)
        if cause not in COOKIE_IS_LOST or (self.host / "cookie").exists():
            return
        for _look in range(10):  # of a request that failed nobody knows whether the server restarts
            if self._is_on():
                self.server.maintenance(False)
                return
            time.sleep(0.05)


class _Restore(_Maintenance):
    def build(self) -> None:
        admin = Account(self.server, self.server.admin_api_key)
        album = admin.album("Rome")
        admin.ask("POST", "/jobs", json={"name": "backup-database"})
        backups = self.folder / "server" / "backups"
        wait_until(lambda: bool(list(backups.glob("*.sql.gz"))))
        (name,) = [path.name for path in backups.glob("*.sql.gz")]
        self.place = replace(self.place, backup=name)
        admin.ask("DELETE", f"/albums/{album}")
        admin.album("Oslo")

    def help_by_hand(self, cause: str) -> None:
        """Nothing: a restore ends the mode by itself, with a second restart, which is not to meet the next run."""
        if has_to_restart(cause):
            wait_until(lambda: not self._is_on() and library(self.server)["albums"] == [("Rome", 0)])


class _Duplicates(World):
    def build(self) -> None:
        account = Account(self.server)
        for minutes, name in enumerate(("a.jpg", "b.jpg", "y.jpg", "z.jpg")):
            content = picture(name) + bytes(100 * ord(name[0]))  # the largest of a group stays
            account.upload(name, content, minutes=minutes)
            self.photos.add(hashlib.sha1(content).hexdigest())
        account.album("Rome", "a.jpg")
        account.tag("Trip", "a.jpg")
        account.change("b.jpg", isFavorite=True)
        for names in (("a.jpg", "z.jpg"), ("b.jpg", "y.jpg")):
            group = {"ids": [account.ids[name] for name in names], "duplicateId": str(uuid.uuid4())}
            account.ask("PUT", "/assets", json=group)

    def counts(self, asset: dict[str, Any]) -> bool:
        return True  # what is in the trash can be restored, and `look` shows what is there

    def help_by_hand(self, cause: str) -> None:
        """The report of a run that was killed says what that run did, and somebody may have corrected it: it has to be moved away."""
        report = self.host / "review.jsonl"
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        if len(lines) > 1 and "sha256" not in json.loads(lines[-1]):
            report.rename(self.host / "review of the killed run.jsonl")

    def look(self) -> dict[str, Any]:
        return {**library(self.server), "groups": len(ask(self.server, "GET", "/duplicates"))}


class _Stacks(World):
    def build(self) -> None:
        shots = [Shot("IMG_1.JPG"), Shot("IMG_1.DNG", 0.4), *(Shot(f"DSC_{number}.JPG", 60.1 + number / 4) for number in range(3))]
        send_shots(self.server, *shots)

    def look(self) -> dict[str, Any]:
        return library(self.server)


class _Assets(World):
    def build(self) -> None:
        send_shots(self.server, *(Shot(f"{name}.jpg", 60 * minutes) for minutes, name in enumerate(("a", "b", "c"))))

    def look(self) -> dict[str, Any]:
        about = {}
        for asset in self.server.state()["assets"]:
            exif = ask(self.server, "GET", f"/assets/{asset['id']}")["exifInfo"]
            about[asset["name"]] = (exif["rating"], exif["dateTimeOriginal"])
        return {**library(self.server), "about": about}


class _External(World):
    """A library of files that are not uploaded."""

    def scan(self, folder: Path) -> None:
        """Has the server import what is in a folder."""
        owner = ask(self.server, "GET", "/users/me")["id"]
        given = {"ownerId": owner, "name": LIBRARY, "importPaths": [str(folder)]}
        made = ask(self.server, "POST", "/libraries", api_key=self.server.admin_api_key, json=given)
        ask(self.server, "POST", f"/libraries/{made['id']}/scan", api_key=self.server.admin_api_key)
        self.server.wait_idle()

    def look(self) -> dict[str, Any]:
        assets = [ask(self.server, "GET", f"/assets/{asset['id']}") for asset in self.server.state()["assets"]]
        about = {asset["originalFileName"]: (asset["isOffline"], asset["exifInfo"]["rating"]) for asset in assets}
        return {**library(self.server, _SHOWN), "about": about}


class _Sidecars(_External):
    """The server sees the folder of this host at another path, where it may not write."""

    def build(self) -> None:
        for minutes, name in enumerate(("a.jpg", "b.jpg")):
            self.put(f"photo/{name}", shot_bytes(Shot(name, 60.0 * minutes)))
        write_sidecar(self.host / "photo/a.jpg", description="Rome")
        Path(self.place.library).symlink_to(self.host / "photo")
        self.scan(Path(self.place.library))
        self.server.switch(read_only_libraries=True)

    def look(self) -> dict[str, Any]:
        return {**super().look(), "files": self.names_of_files("photo")}


class _Move(_External):
    """The folder has moved, and Immich has not looked into it since."""

    def build(self) -> None:
        for minutes, name in enumerate(("a.jpg", "b.jpg", "live.jpg", "live.mov")):
            self.put(f"nas/{name}", shot_bytes(Shot(name, 60.0 * minutes)))
        for name in ("live.jpg", "live.mov"):
            self.put(f"nas/{name}.xmp", live_sidecar("a"))
        self.scan(self.host / "nas")
        account = Account(self.server)
        account.ids.update((asset["name"], asset["id"]) for asset in self.server.state()["assets"])
        account.change("a.jpg", rating=4, isFavorite=True)
        account.tag("Trip", "b.jpg")
        account.album("Rome", "a.jpg", "b.jpg")
        account.stack("b.jpg", "a.jpg")
        self.server.wait_idle()
        shutil.move(self.host / "nas", self.host / "disk")

    def look(self) -> dict[str, Any]:
        names = {asset["id"]: asset["name"] for asset in self.server.state()["assets"]}
        videos = {asset["name"]: names.get(asset["live_video"]) for asset in self.server.state()["assets"]}
        return {**super().look(), "files": self.names_of_files("disk"), "videos": videos}


class _State(World):
    def build(self) -> None:
        (self.host / "disk").mkdir()
        self._ask("PUT", "/tags", json={"tags": ["Old"]})

    def look(self) -> dict[str, Any]:
        secret = (self.host / KEY).read_text(encoding="ascii").strip()
        return {
            "users": sorted(user["email"] for user in self._ask("GET", "/admin/users")),
            "libraries": [one["name"] for one in self._ask("GET", "/libraries")],
            "keys": [one["name"] for one in self._ask("GET", "/api-keys")].count(KEY),
            "secret": ask(self.server, "GET", "/users/me", api_key=secret)["email"],
            "albums": [
                (one["albumName"], sorted(user["role"] for user in one["albumUsers"] if user["user"]["email"] == USER["email"]))
                for one in self._ask("GET", "/albums")
            ],
            "links": len(self._ask("GET", "/shared-links")),
            "tags": sorted(one["value"] for one in self._ask("GET", "/tags")),
            "days": self._ask("GET", "/system-config")["trash"]["days"],
        }

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        return ask(self.server, method, path, api_key=self.server.admin_api_key, **content)


class _Jobs(World):
    repeats = False  # queues are paused and resumed again
    pause_outlives_run = True
    ledger = "file"

    def build(self) -> None:
        pass

    def look(self) -> dict[str, Any]:
        return {"albums": library(self.server)["albums"]}  # a lease on the server is one

    def recorded(self, side: str) -> set[str]:
        with closing(client_of(self.place, admin=True)) as client:
            ledger = choose_ledger(client, LedgerOptions(self.ledger, str(self.host / "state")), read_only=True)
            return {queue for record in ledger.records() for queue in record.queues}


class _JobsOnServer(_Jobs):
    ledger = "server"


LOCAL_WORLDS: dict[str, type[World]] = {"sidecars": _Sidecars, "move": _Move}
"""Those of which only the calls about files are swept. `tests/behaviour/moves` has a move die after each call that changes something."""

WORLDS: dict[str, type[World]] = {
    "upload": _Upload,
    "upload_delete": _UploadAway,
    "upload_move": _UploadAway,
    "copy": _Copy,
    "archive": _Archive,
    "bring_back": _BringBack,
    "backup": _Backup,
    "restore": _Restore,
    "maintenance": _Maintenance,
    "duplicates": _Duplicates,
    "stacks": _Stacks,
    "assets": _Assets,
    "state": _State,
    "jobs": _Jobs,
    "jobs_on_server": _JobsOnServer,
}


@contextmanager
def opened(verb: str, folder: Path, cache: RunCache) -> Iterator[World]:
    """A new world of a verb, in a folder that is not there yet."""
    with ExitStack() as stack:
        yield (WORLDS | LOCAL_WORLDS)[verb](verb, folder, stack, cache)
    shutil.rmtree(folder)
