# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The architecture: which part of the collection may import which. What CONTRIBUTING.md draws, held."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.imports import Import, cycles, imports_of

PLUGINS = Path(__file__).parents[2] / "plugins"

CONTROLLER = {"plugin_utils"}
"""What runs on the controller takes nothing from what runs on managed hosts, but for what `SHARED` names."""

SHARED = {
    ("action", "module_utils._run.progress"),
    ("filter", "module_utils._queues.leases.lease_name"),
    ("plugin_utils", "module_utils._queues.leases.lease_name"),
    ("plugin_utils", "module_utils._zip_imports"),
}
"""The name of the file that the module writes and the action reads; where this user's caches lie, and who may write them."""

PARTS: dict[str, set[str]] = {
    "modules": {
        "module_utils._module",
        "module_utils._archive",
        "module_utils._backup",
        "module_utils._paused",
        "module_utils._copy",
        "module_utils._upload",
        "module_utils._run",
        "module_utils._queues",
        "module_utils._integrity",
        "module_utils._resources",
        "module_utils._stacks",
        "module_utils._duplicates",
        "module_utils._sources",
        "module_utils._client",
        "module_utils._host_load",
        "module_utils._options",
    },
    "module_utils._module": {"module_utils._option_errors", "module_utils._zip_imports", "module_utils._queues", "module_utils._client"},
    "module_utils._archive": {
        "module_utils._upload",
        "module_utils._run",
        "module_utils._sources",
        "module_utils._archive_format",
        "module_utils._client",
    },
    "module_utils._backup": {"module_utils._queues", "module_utils._client"},
    "module_utils._paused": {"module_utils._module", "module_utils._run", "module_utils._queues", "module_utils._client"},
    "module_utils._copy": {
        "module_utils._deletions",
        "module_utils._upload",
        "module_utils._run",
        "module_utils._stacks",
        "module_utils._writers",
        "module_utils._sources",
        "module_utils._client",
    },
    "module_utils._upload": {
        "module_utils._deletions",
        "module_utils._zip_imports",
        "module_utils._run",
        "module_utils._stacks",
        "module_utils._writers",
        "module_utils._sources",
        "module_utils._client",
    },
    "module_utils._run": {"module_utils._sources", "module_utils._client"},
    "module_utils._writers": {"module_utils._sources", "module_utils._client"},
    "module_utils._stacks": {"module_utils._deletions", "module_utils._sources", "module_utils._client"},
    "module_utils._duplicates": {"module_utils._deletions", "module_utils._run", "module_utils._sources", "module_utils._client"},
    "module_utils._sources": {"module_utils._archive_format", "module_utils._client"},
    "module_utils._archive_format": set(),
    "module_utils._integrity": {"module_utils._queues", "module_utils._deletions", "module_utils._client"},
    "module_utils._metadata": set(),
    "module_utils._queues": {"module_utils._client"},
    "module_utils._resources": {"module_utils._deletions", "module_utils._client", "module_utils._run"},
    "module_utils._deletions": {"module_utils._client"},
    "module_utils._client": {"module_utils._version"},
    "module_utils._host_load": set(),
    "module_utils._version": set(),
    "module_utils._text": set(),
    "module_utils._times": set(),
    "module_utils._ids": set(),
    "module_utils._own_files": {"module_utils._client"},
    "module_utils._options": {"module_utils._client"},
    "module_utils._option_errors": set(),
    "module_utils._zip_imports": set(),
    "action": CONTROLLER,
    "filter": CONTROLLER,
    "plugin_utils": {"module_utils._option_errors"},
    "doc_fragments": set(),
}
"""The parts, and what each may import besides itself."""

UPLOAD = ("options item_tally file_tags", "checksum_cache dates hashing sidecar", "organise", "check pairs", "one_file", "pipeline", "run")
"""The floors of the upload from the ground up: each may import those below."""

ARCHIVE = ("memberships tree", "manifest fetch paths", "archiver album_files", "prune", "run")
"""The same for the archive."""

RUN = ("cancellation progress throttle report", "workers failures tally", "run")
"""The same for what drives a run."""

SOURCES = (
    "facts",
    "media naming",
    "base",
    "live",
    "archives",
    "folders",
    "exports",
    "server",
    "listed",
    "combined",
)
"""The same for the sources of its files."""

RESOURCES = (
    "model",
    "normalise",
    "references",
    "plan",
    "declare needed_scopes",
    "apply",
    "kinds",
    "options setup",
    "empty",
    "state export",
)
"""The same for declared resources: the engine below, the tables that it works on above it."""

DUPLICATES = ("model", "rules merge reviewed", "decide read", "write", "results", "run")
"""The same for duplicates: what decides looks at nothing but what was read."""

INTEGRITY = ("ownership report", "check")
"""The same for integrity checks."""

BACKUP = ("verification", "options proof listing", "local make", "fetch info maintenance", "restore", "manage")
"""The same for backups of the database."""

QUEUES = ("leases", "guard", "jobs", "renewer", "pausing")
"""The same for the rooms of the queues; the files beside them stand on no floor."""

FLOORS = {
    "module_utils._upload": UPLOAD,
    "module_utils._archive": ARCHIVE,
    "module_utils._backup": BACKUP,
    "module_utils._run": RUN,
    "module_utils._sources": SOURCES,
    "module_utils._integrity": INTEGRITY,
    "module_utils._queues": QUEUES,
    "module_utils._resources": RESOURCES,
    "module_utils._duplicates": DUPLICATES,
}


FACE_OF_CLIENT = {
    "api",
    "body",
    "connection",
    "endpoints.assets",
    "endpoints.backups",
    "endpoints.duplicates",
    "endpoints.integrity",
    "endpoints.objects",
    "errors",
    "values",
    "versions",
}
"""The modules of `_client` that other parts may import. The rest is how it does what these offer."""

HELPERS = {
    "module_utils._ids",
    "module_utils._metadata",
    "module_utils._options",
    "module_utils._own_files",
    "module_utils._text",
    "module_utils._times",
}
"""What stands at the bottom: every part of `module_utils` may import it."""


def part_of(module: str) -> str:
    """The part of the collection that a module belongs to."""
    return ".".join(module.split(".")[: 2 if module.startswith("module_utils.") else 1])


def is_helper(here: str, there: str) -> bool:
    """Whether `there` is a helper that `here` may import, since it runs where the helper does."""
    return there in HELPERS and (here == "modules" or here.startswith("module_utils."))


def floor_of(module: str, parent: str, floors: tuple[str, ...]) -> int | None:
    """Which floor a module stands on; None for one that is not below `parent`, or on none."""
    room = module.removeprefix(parent + ".").partition(".")[0] if module.startswith(parent + ".") else ""
    return next((number for number, rooms in enumerate(floors) if room in rooms.split()), None)


def violations(plugins: Path) -> Iterator[str]:
    """What breaks a rule, with its file and line."""
    imports = imports_of(plugins)
    yield from wrong_arrows([one for one in imports if not one.outside])
    yield from wrong_libraries([one for one in imports if one.outside])
    for circle in cycles(imports):
        yield "a circle: " + ", ".join(str(one) for one in circle)


def wrong_arrows(imports: list[Import]) -> Iterator[str]:
    for one in imports:
        here, there = part_of(one.importer), part_of(one.target)
        if here == there == "modules":
            yield f"{one}: a module stands alone"
        elif here not in PARTS:
            yield f"{one}: {here} is not among the parts"
        elif here != there and there not in PARTS[here] and (here, one.target) not in SHARED and not is_helper(here, there):
            yield f"{one}: {here} may not import {there}"
        if there == "module_utils._client" != here and one.target.removeprefix("module_utils._client.") not in FACE_OF_CLIENT:
            yield f"{one}, which is the client's own"
        for parent, floors in FLOORS.items():
            lower, upper = floor_of(one.target, parent, floors), floor_of(one.importer, parent, floors)
            if lower is not None and upper is not None and lower > upper:
                yield f"{one}, which stands above it"
            if here == there == parent != "module_utils._queues" and upper is None:
                yield f"{one}: {one.importer} stands on no floor"


ANSIBLE = ("module_utils._module", "module_utils._paused")
"""What knows Ansible below the modules: options, and what they become."""


def wrong_libraries(imports: list[Import]) -> Iterator[str]:
    for one in imports:
        library = one.target.split(".")[0]
        if library == "ansible" and one.importer.startswith("module_utils.") and one.importer not in ANSIBLE:
            yield f"{one}: the logic knows nothing of Ansible"
        if library in ("requests", "urllib3") and one.importer != "module_utils._client.session":
            yield f"{one}: only session.py talks to the network"


def test_every_import_points_downwards() -> None:
    assert list(violations(PLUGINS)) == []


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("module_utils/_client/api.py", "from ..  import _module", "module_utils._client may not import module_utils._module"),
        ("module_utils/_client/api.py", "from .._upload import run", "module_utils._client may not import module_utils._upload"),
        ("module_utils/_module.py", "def f():\n from ..modules import immich_info", "module_utils._module may not import modules"),
        (
            "module_utils/_upload/run.py",
            "from .._queues.jobs.manage import manage",
            "module_utils._upload may not import module_utils._queues",
        ),
        ("module_utils/_queues/jobs/manage.py", "from ..._upload import run", "module_utils._queues may not import module_utils._upload"),
        ("module_utils/_sources/base.py", "from .._upload import options", "module_utils._sources may not import module_utils._upload"),
        ("module_utils/_sources/base.py", "import ansible.module_utils.basic", "the logic knows nothing of Ansible"),
        ("module_utils/_upload/options.py", "from requests import get", "only session.py talks to the network"),
        ("modules/immich_info.py", "from . import immich_upload", "a module stands alone"),
        ("action/immich_upload.py", "from ..module_utils._client import errors", "action may not import module_utils._client"),
        (
            "plugin_utils/_wording/numbers.py",
            "from ...module_utils import _host_load",
            "plugin_utils may not import module_utils._host_load",
        ),
        (
            "filter/report_html.py",
            "from ansible_collections.photoyard.immich.plugins.module_utils import _host_load",
            "filter may not import",
        ),
        ("module_utils/_run/workers.py", "from . import throttle", None),
        ("module_utils/_run/throttle.py", "from . import workers", "which stands above it"),
        ("module_utils/_run/report.py", "from .._upload import options", "module_utils._run may not import module_utils._upload"),
        ("module_utils/_archive/tree.py", "from . import archiver", "which stands above it"),
        ("module_utils/_upload/checksum_cache.py", "from .organise import albums", "which stands above it"),
        ("module_utils/_upload/check.py", "from .pipeline import Pipeline", "which stands above it"),
        ("module_utils/_upload/new.py", "from . import options", "module_utils._upload.new stands on no floor"),
        ("module_utils/_sources/new.py", "from . import facts", "module_utils._sources.new stands on no floor"),
        ("module_utils/_sources/facts.py", "from .folders import patterns", "which stands above it"),
        ("module_utils/_sources/folders/pair.py", "from ..exports import export", "which stands above it"),
        ("module_utils/_queues/leases/record.py", "from ..guard import guard", "which stands above it"),
        ("module_utils/_queues/jobs/manage.py", "from .. import renewer", "which stands above it"),
        ("module_utils/_client/values.py", "from . import api", "a circle: "),
        ("module_utils/_upload/options.py", "from .._client import transport", "which is the client's own"),
        ("module_utils/_upload/options.py", "from .._client.endpoints.checked import text", "which is the client's own"),
        ("module_utils/_upload/options.py", "from .._client.endpoints.assets import Search", None),
        ("new/plugin.py", "from ..plugin_utils import _metrics", "new is not among the parts"),
    ],
)
def test_forbidden_import_is_named_with_its_line(tmp_path: Path, file: str, text: str, problem: str | None) -> None:
    plugins = tmp_path / "plugins"
    shutil.copytree(PLUGINS, plugins)
    changed = plugins / file
    changed.parent.mkdir(exist_ok=True)
    before = changed.read_text(encoding="utf-8") if changed.exists() else ""
    changed.write_text(f"{before}\n{text}\n", encoding="utf-8")
    line = changed.read_text(encoding="utf-8").rstrip().count("\n") + 1
    found = [one for one in violations(plugins) if f"{file}:{line} imports" in one]
    assert bool(found) == (problem is not None)
    assert problem is None or any(problem in one for one in found)
