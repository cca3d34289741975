# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs: each is one run of a module's logic, as the module's `run` does it, with all that it is told in a `Place`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from ansible_collections.photoyard.immich.plugins.module_utils._archive.run import ArchiveOptions, archive
from ansible_collections.photoyard.immich.plugins.module_utils._assets.options import AssetOptions
from ansible_collections.photoyard.immich.plugins.module_utils._assets.run import handle_assets
from ansible_collections.photoyard.immich.plugins.module_utils._backup.maintenance import ENDED, STARTED, switch_maintenance
from ansible_collections.photoyard.immich.plugins.module_utils._backup.manage import manage_backups
from ansible_collections.photoyard.immich.plugins.module_utils._backup.options import FETCHED, BackupOptions, RestoreOptions
from ansible_collections.photoyard.immich.plugins.module_utils._backup.restore import restore_backup
from ansible_collections.photoyard.immich.plugins.module_utils._client import transport, waits
from ansible_collections.photoyard.immich.plugins.module_utils._client.api import Immich
from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import ApiKey, Connection
from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints import assets
from ansible_collections.photoyard.immich.plugins.module_utils._copy.context import CopyOptions
from ansible_collections.photoyard.immich.plugins.module_utils._copy.run import copy
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates import write
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.model import DuplicateOptions
from ansible_collections.photoyard.immich.plugins.module_utils._duplicates.run import handle_duplicates
from ansible_collections.photoyard.immich.plugins.module_utils._moves.run import MoveOptions, move_library
from ansible_collections.photoyard.immich.plugins.module_utils._naming import stack_kinds
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params
from ansible_collections.photoyard.immich.plugins.module_utils._paused import paused
from ansible_collections.photoyard.immich.plugins.module_utils._queues.guard import guard, watch
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.guarded import guarded
from ansible_collections.photoyard.immich.plugins.module_utils._queues.jobs.manage import manage
from ansible_collections.photoyard.immich.plugins.module_utils._queues.options import JobsOptions
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import PurgeOptions, apply_state
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import Hooks
from ansible_collections.photoyard.immich.plugins.module_utils._run.outcome import RunOutcome
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import RunLines
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_GUARD, Run
from ansible_collections.photoyard.immich.plugins.module_utils._stacks.run import StackOptions, stack
from ansible_collections.photoyard.immich.plugins.module_utils._upload import pipeline
from ansible_collections.photoyard.immich.plugins.module_utils._upload.options import UploadOptions
from ansible_collections.photoyard.immich.plugins.module_utils._upload.run import upload
from support.stops import StoppedRun
from sweep.place import Place

Result = dict[str, Any]
Verb = Callable[[Place], Result]

QUEUES = ["metadataExtraction", "thumbnailGeneration"]
SOURCE_QUEUES = ["smartSearch"]
LEASE = "sweep"

USER = {"email": "ada@example.com", "name": "Ada", "password": "password of Ada"}
OWNER, LIBRARY = "user@example.com", "NAS"
"""The server's user, and the external library of that user."""
KEY = "key"
"""The name of the key that `declare` makes, and of the file with its secret."""


def make_quick(set_attribute: Callable[[object, str, object], None]) -> None:
    """Waits become short, and files are hashed in order: the number N is then mostly the same request."""
    set_attribute(waits, "sleep", lambda seconds: time.sleep(min(seconds, max(seconds / 20, 0.02))))
    set_attribute(transport, "delay_before", lambda *_args, **_options: 0.0)
    set_attribute(pipeline, "_HASHERS", 1)
    set_attribute(guard, "_UNDER_WAY", 0.3)
    set_attribute(watch, "_FIRST_DELAY", 0.05)
    set_attribute(write, "SETTLE", 1.0)
    set_attribute(assets, "_JUST_NOW", -2.0)  # the embedded server's jobs are over by then


def client_of(place: Place, *, admin: bool = False) -> Immich:
    """A client with the user's key, or the administrator's."""
    key = ApiKey(place.admin_api_key if admin else place.api_key)
    return Immich(Connection(place.url, key, timeout=5.0, retries=place.retries))


def source_of(place: Place) -> Immich:
    """A client of the server that is only read."""
    return Immich(Connection(place.source_url, ApiKey(place.source_api_key), timeout=5.0, retries=place.retries), read_only=True)


def pause_options(place: Place, *, required: bool) -> dict[str, Any]:
    """The options of a pause around the work, as a module has them."""
    return {
        "lease": None,
        "lease_ttl": place.lease_seconds,
        "ledger": "file",
        "ledger_dir": place.path("state"),
        "pause_queues": QUEUES,
        "pause_wait": 5.0,
        "pause_required": required,
        "resume_order": "together",
        "resume_step_timeout": 20.0,
        "admin_api_key": ApiKey(place.admin_api_key),
        "source_pause_queues": SOURCE_QUEUES,
        "source_admin_api_key": ApiKey(place.source_admin_api_key or "none"),
    }


def upload_photos(place: Place, *, required: bool = False, **options: Any) -> Result:
    """immich_upload of the folder `src`."""
    asked = UploadOptions(
        **{
            "src": [place.path("src")],
            "album": "Rome",
            "concurrency": 1,
            "checksum_cache": place.path("checksums.sqlite"),
            "report": place.path("report.jsonl"),
            **options,
        }
    )
    params = pause_options(place, required=required)
    with closing(client_of(place)) as client, RunLines() as lines, paused(client, params, False, "upload", lines) as hooks:
        lines.outcome.result = upload(client, asked, hooks, check_mode=False)
    return lines.outcome.result


def bring_back(place: Place) -> Result:
    """immich_upload of the folder `archive`, which immich_archive made."""
    return upload_photos(place, src=[place.path("archive")], album=None)


def copy_library(place: Place) -> Result:
    """immich_copy, with a pause on both servers."""
    asked, params = CopyOptions(concurrency=1, report=place.path("report.jsonl")), pause_options(place, required=True)
    with (
        closing(source_of(place)) as source,
        closing(client_of(place)) as target,
        RunLines() as lines,
        paused(target, params, False, "copy", lines, source) as hooks,
    ):
        lines.outcome.result = copy(source, target, asked, hooks, check_mode=False)
    return lines.outcome.result


def archive_library(place: Place) -> Result:
    """immich_archive to the folder `archive`; what the server has no more is moved aside."""
    asked = ArchiveOptions(dest=place.path("archive"), prune=True, concurrency=1, report=place.path("report.jsonl"))
    with closing(client_of(place)) as client, RunLines() as lines, Run("run") as signals:
        lines.outcome.result = archive(client, asked, Hooks(signals, lines), check_mode=False)
    return lines.outcome.result


def fetch_backup(place: Place) -> Result:
    """immich_backup of a young backup with its manifest to the folder `backups`."""
    asked = BackupOptions(state=FETCHED, dest=place.path("backups"), manifest=True, max_age="1h", sample=1, wait_timeout=20.0)
    with closing(client_of(place, admin=True)) as client, closing(client_of(place)) as user:
        return manage_backups(client, asked, False, user)


def restore(place: Place) -> Result:
    """immich_restore."""
    asked = RestoreOptions(cookie_file=place.path("cookie"), name=place.backup, confirm=place.backup, wait_timeout=10.0)
    with closing(client_of(place, admin=True)) as client:
        return restore_backup(client, asked, False)


def maintain(place: Place) -> Result:
    """immich_maintenance_mode, twice: on, and off again whatever happens, as a play's `always` does it."""
    with closing(client_of(place, admin=True)) as client:
        try:
            switch_maintenance(client, STARTED, place.path("cookie"), 10.0, False)
        finally:
            result = switch_maintenance(client, ENDED, place.path("cookie"), 10.0, False)
    return result


def trash_duplicates(place: Place) -> Result:
    """immich_duplicates."""
    asked = DuplicateOptions(action="trash", report=place.path("review.jsonl"))
    with closing(client_of(place)) as client:
        return handle_duplicates(client, asked, StoppedRun(), check_mode=False)


def make_stacks(place: Place) -> Result:
    """immich_stack."""
    with closing(client_of(place)) as client:
        return stack(client, StackOptions(kinds=stack_kinds.KINDS), StoppedRun(), check_mode=False)


def change_assets(place: Place) -> Result:
    """immich_asset: all photos get a rating, a tag and an album, and their times move by an hour."""
    return _rate_and_tag(place, {"add_to_albums": ["Rome"], "shift": {"by": "1h", "record": place.path("shift.json")}})


def write_sidecars(place: Place) -> Result:
    """immich_asset in a library that Immich may only read: all photos get a rating and a tag."""
    return _rate_and_tag(place, {}, via="sidecar", paths={place.library: place.path("photo")})


def _rate_and_tag(place: Place, more: dict[str, Any], **options: Any) -> Result:
    wanted = {name: about.get("default") for name, about in argument_spec(AssetOptions)["set"]["options"].items()}
    wanted.update(rating=4, add_tags=["Trip"], **more)
    with closing(client_of(place)) as client:
        asked = AssetOptions({"types": ["image"]}, wanted, "present", wait_timeout=20, **options)
        return handle_assets(client, asked, StoppedRun(), check_mode=False)


def move(place: Place) -> Result:
    """immich_library: what was in the folder `nas` is in `disk` now."""
    given = {"name": LIBRARY, "owner": OWNER, "import_paths": [place.path("disk")], "wait_timeout": 20.0}
    asked = MoveOptions(moved_from=place.path("nas"), move_record=place.path("move.json"), wait_timeout=20.0)
    with closing(client_of(place, admin=True)) as client, closing(client_of(place)) as owner, Run("move") as run:
        return move_library(client, owner, asked, given, run, check_mode=False)


def declare(place: Place) -> Result:
    """immich_state: an object of each kind, a file with a secret, and a tag that is declared no more."""
    declared: dict[str, list[dict[str, Any]]] = {
        "users": [USER],
        "libraries": [{"name": "Disk", "owner": USER["email"], "import_paths": [place.path("disk")], "scan": "changed"}],
        "api_keys": [{"name": KEY, "permissions": ["asset.read", "user.read"], "secret_file": place.path(KEY)}],
        "albums": [{"name": "Rome", "users": [{"email": USER["email"], "role": "viewer"}]}],
        "shared_links": [{"album": "Rome"}],
        "tags": [{"value": "Trip"}],
        "config": [{"config": {"trash": {"days": 7}}}],
    }
    with closing(client_of(place, admin=True)) as client:
        return apply_state(client, KINDS, declared, False, PurgeOptions(("tags",)))


def pause_and_resume(place: Place, *, ledger: str) -> Result:
    """immich_jobs, twice: a pause with a lease, and its end whatever happens, as a play's `always` does it."""
    try:
        _switch(place, "paused", ledger)
    finally:
        result = _switch(place, "running", ledger)
    return result


def _switch(place: Place, state: str, ledger: str) -> Result:
    params = {
        "state": state,
        "queues": QUEUES,
        "wait": False,
        "wait_timeout": 20.0,
        "wait_interval": 0.02,
        "lease": LEASE,
        "lease_ttl": place.lease_seconds,
        "renew": False,
        "ledger": ledger,
        "ledger_dir": place.path("state"),
        "resume_order": "together",
        "resume_step_timeout": 20.0,
    }
    options, outcome = from_params(JobsOptions, params), RunOutcome()
    with (
        closing(client_of(place, admin=True)) as client,
        Run("task") as signals,
        guarded(client, options, False, signals, outcome) as held,
    ):
        outcome.result = signals.do(partial(manage, client, held, False, signals.check), TIME_FOR_A_GUARD)
    return outcome.result


VERBS: dict[str, Verb] = {
    "upload": partial(upload_photos, tags=["Trip"], stack=("burst",)),
    "upload_delete": partial(upload_photos, required=True, after_upload="delete", stack=("raw_jpeg",)),
    "upload_move": lambda place: upload_photos(place, after_upload="move", move_to=place.path("done"), stack=("raw_jpeg",)),
    "copy": copy_library,
    "archive": archive_library,
    "bring_back": bring_back,
    "backup": fetch_backup,
    "restore": restore,
    "maintenance": maintain,
    "duplicates": trash_duplicates,
    "stacks": make_stacks,
    "assets": change_assets,
    "sidecars": write_sidecars,
    "move": move,
    "state": declare,
    "jobs": partial(pause_and_resume, ledger="file"),
    "jobs_on_server": partial(pause_and_resume, ledger="server"),
}
