# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is run, with nothing to do, by ansible-playbook as anyone runs it, and what each run takes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import REPOSITORY
from benchmarks.measure import Cost, run
from scale import library
from scale.server import Counted, Traffic, serving


@dataclass(frozen=True)
class Place:
    """What a run finds: a folder to work in, with the library's `files` and an `archive` of them if they are wanted, and the servers."""

    work: Path
    size: int
    server: Counted
    target: Counted | None

    @property
    def files(self) -> Path:
        """The files of the library."""
        return self.work / "files"

    @property
    def archive(self) -> Path:
        """The same files, where an archive has them."""
        return self.work / "archive"


@dataclass(frozen=True)
class Verb:
    """One kind of work. `looked_at` has to be true of the result, which must not be `changed`.

    `needs_files`: it reads the library's files, and runs once before it is measured, to get to know them.
    """

    name: str
    title: str
    module: str
    options: Callable[[Place], dict[str, Any]]
    looked_at: Callable[[int], str]
    needs_files: bool = False
    needs_target: bool = False


VERBS = (
    Verb(
        "upload",
        "Upload",
        "immich_upload",
        lambda place: {"src": [str(place.files)], "checksum_cache": str(place.work / "checksums.sqlite")},
        lambda size: f"run.duplicates == {size}",
        needs_files=True,
    ),
    Verb("copy", "Copy", "immich_copy", lambda _place: {}, lambda size: f"run.duplicates == {size}", needs_target=True),
    Verb(
        "archive",
        "Archive",
        "immich_archive",
        lambda place: {"dest": str(place.archive)},
        lambda size: f"run.counts.unchanged == {size}",
        needs_files=True,
    ),
    Verb(
        "duplicates",
        "Duplicates, looked at",
        "immich_duplicates",
        lambda _place: {"action": "none"},
        lambda size: f"run.counts.found == {size // library.STEP}",
    ),
    Verb(
        "assets-all",
        "Assets, all selected",
        "immich_asset",
        lambda _place: {"select": {"visibility": ["timeline", "archive"]}, "set": {"favorite": False}},
        lambda size: f"run.selected == {size - size // 100}",
    ),
    Verb(
        "assets-few",
        "Assets, ten selected by name",
        "immich_asset",
        lambda _place: {"select": {"names": ["IMG_000000?.JPG"]}, "set": {"favorite": False}},
        lambda _size: "run.selected == 10",
    ),
    Verb("stacks", "Stacks", "immich_stack", lambda _place: {}, lambda size: f"run.counts.raw_jpeg.unchanged == {size // 100}"),
)


@dataclass(frozen=True)
class Measured:
    """A run on a library of `size` photos: CPU seconds with Ansible's own, the peak memory of the module in bytes, and what the servers
    were asked by route."""

    verb: str
    size: int
    wall: float
    cpu: float
    peak: int
    routes: dict[str, Traffic]

    @property
    def requests(self) -> int:
        """How many requests it sent."""
        return sum(traffic.requests for traffic in self.routes.values())

    @property
    def received(self) -> int:
        """The bytes of all answers."""
        return sum(traffic.from_server for traffic in self.routes.values())


def measure(verbs: Sequence[Verb], size: int, folder: Path | None) -> Iterator[Measured]:
    """Builds a library, and measures each verb on it. Raises CommandFailed where one has something to do."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immich-scale-", dir=folder)))
        place = Place(
            work, size, _server(stack, work, size, "source"), _server(stack, work, size, "target") if _any_needs_target(verbs) else None
        )
        if any(verb.needs_files for verb in verbs):
            library.write_files(place.files, size)
        for verb in verbs:
            if verb.name == "archive":
                _lay_out_archive(place)
            if verb.needs_files:
                _run(verb, place, known=False)
                _take_counts(place)
            cost = _run(verb, place, known=True)
            yield Measured(verb.name, size, cost.wall, cost.cpu, cost.peak, _take_counts(place))


def _any_needs_target(verbs: Sequence[Verb]) -> bool:
    return any(verb.needs_target for verb in verbs)


def _server(stack: ExitStack, work: Path, size: int, name: str) -> Counted:
    library.fill(work / name, size, name)
    return stack.enter_context(serving(work / name))


def _lay_out_archive(place: Place) -> None:
    """All originals as an archive has them: the run that finds them there downloads none, and writes everything else."""
    library.link_files(place.files, place.archive)
    (place.archive / "immich-archive").mkdir()
    (place.archive / "immich-archive" / "about.json").touch()  # or else this would be somebody else's folder


def _run(verb: Verb, place: Place, *, known: bool) -> Cost:
    """Runs it once. What is `known` leaves nothing to do."""
    task: dict[str, Any] = {f"photoyard.immich.{verb.module}": verb.options(place), "register": "run"}
    tasks = [task, {"ansible.builtin.assert": {"that": ["run is not changed", verb.looked_at(place.size)]}}] if known else [task]
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    play = [{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}]
    (place.work / "playbook.yml").write_text(json.dumps(play))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "IMMICH_", "XDG_", "PYTHON"))}
    environment = {
        **kept,
        "HOME": str(place.work),
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "IMMICH_URL": (place.target or place.server).url if verb.needs_target else place.server.url,
        "IMMICH_API_KEY": (place.target or place.server).api_key if verb.needs_target else place.server.api_key,
        "IMMICH_SOURCE_URL": place.server.url,
        "IMMICH_SOURCE_API_KEY": place.server.api_key,
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "playbook.yml"]
    return run(command, environment, place.work, worker=f"AnsiballZ_{verb.module}")


def _take_counts(place: Place) -> dict[str, Traffic]:
    counts = place.server.take_counts()
    if place.target is not None:
        counts.update((f"{route}, target", traffic) for route, traffic in place.target.take_counts().items())
    return counts
