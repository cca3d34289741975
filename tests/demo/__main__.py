# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: the main job in front of your eyes, on the embedded server or on your own.

Reads IMMICH_URL, IMMICH_API_KEY, IMMICH_ADMIN_API_KEY and SRC from the environment. Without IMMICH_URL an embedded server is started;
without SRC a folder of photos is made. Exits with 1 when something is not as it should be.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ansible_collections.selfhosted.immich.plugins.module_utils._client.api import Immich
from ansible_collections.selfhosted.immich.plugins.module_utils._client.connection import Connection
from ansible_collections.selfhosted.immich.plugins.module_utils._client.errors import ImmichError
from demo.queues import Queues, Watch
from demo.words import check, head, line
from immich_emulator.testing import Emulator
from support.photos import write_photo, write_photos, write_sidecar
from support.wire import writes

TAG = "selfhosted.immich demo"


def main() -> int:
    """Runs the demo; returns the exit code."""
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immich-demo-")))
        embedded = None if os.environ.get("IMMICH_URL") else stack.enter_context(Emulator(version="3.1", job_seconds=0.05))
        if embedded:
            os.environ |= {
                "IMMICH_URL": embedded.url,
                "IMMICH_API_KEY": embedded.api_key,
                "IMMICH_ADMIN_API_KEY": embedded.admin_api_key,
                # what runs leave on a host to know next time means nothing once this server is gone
                **{name: str(work / name) for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "ANSIBLE_ASYNC_DIR")},
            }
        key = os.environ.get("IMMICH_API_KEY", "")
        user = Immich(Connection(os.environ["IMMICH_URL"], key), read_only=True)
        queues = Queues(Immich(Connection(os.environ["IMMICH_URL"], os.environ.get("IMMICH_ADMIN_API_KEY") or key), read_only=True))

        head("What there is")
        line(f"{'An embedded' if embedded else 'Your'} Immich {user.version} at {os.environ['IMMICH_URL']}")
        src = Path(os.environ["SRC"]).expanduser().resolve() if os.environ.get("SRC") else make_photos(work / "photos")
        line(f"The folder {src}")
        variables: dict[str, Any] = {"immich_upload_src": [str(src)], "immich_upload_album_from": "folder"}
        if not os.environ.get("SRC"):
            variables["immich_upload_tags"] = [TAG]
            files = [path for path in sorted(src.rglob("*")) if path.is_file()]
            plain = [path for path in files if path.name.startswith("IMG_") and path.suffix == ".jpg"]
            for path in files:
                if path not in plain:
                    line(f"  {path.relative_to(src)}")
            line(f"  … and {len(plain)} ordinary photos")
        before = queues.look()

        head("The first run")
        with Watch(queues) as watch:
            first = play(work, variables)
        after = queues.look()

        head("The second run")
        seen = len(embedded.requests()) if embedded else 0
        second = play(work, variables)
        written = writes(embedded, since=seen) if embedded else []

        head("Queues")
        queues.table(before, watch.fullest, after)

        head("What came of it")
        there, missing = on_server(user, src, (second.get("failures") or []))
        good = [
            check(first["rc"] == 0, f"The first run: {first['msg']}"),
            check(not missing, f"The server has all {there} files, asked for by checksum", "missing: " + ", ".join(missing[:5])),
            check(second["rc"] == 0 and second["changed"] == 0, f"The second run, changed={second['changed']}: {second['msg']}"),
        ]
        if embedded:
            albums = {album["name"]: len(album["assets"]) for album in embedded.state()["albums"]}
            line("  Albums: " + ", ".join(f"{name} ({count})" for name, count in sorted(albums.items())))
            good.append(check(not written, "The second run wrote nothing on the wire", ", ".join(written[:5])))
        if queues.readable and first["uploaded"]:
            good.append(check(watch.paused(before), "While files went up, the queues that an upload sets off were paused"))
        good.append(check(queues.same(before, after), "Every queue is paused or running as it was before"))
        if not embedded and not os.environ.get("SRC"):
            line(f"  The photos are yours to look at, and to delete again: they have the tag “{TAG}”.")
        return 0 if all(good) else 1


def make_photos(root: Path) -> Path:
    """Thirty-two photos in folders within folders; one has a sidecar, one has an odd name."""
    write_photos(root, 28, folders=4)
    write_photo(root / "Trip 02" / "Evening" / "IMG_00100.jpg", 100)
    write_photo(root / "Trip 02" / "Evening" / "IMG_00101.jpg", 101)
    write_photo(root / "Trip 03" / "Été [1] “lac” 100% 🌊.jpg", 102)
    write_sidecar(write_photo(root / "Trip 04" / "IMG_00103.jpg", 103), description="With a sidecar")
    return root


def play(work: Path, variables: dict[str, Any]) -> dict[str, Any]:
    """Runs the playbook in front of your eyes; returns `{rc, changed, uploaded, failures, msg}`."""
    extra = work / "variables.json"
    extra.write_text(json.dumps(variables))
    stats = work / "stats.jsonl"
    stats.unlink(missing_ok=True)
    command = ["ansible-playbook", "selfhosted.immich.upload", "-e", "@variables.json"]
    line("$ " + " ".join(command))
    environment = os.environ | {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parents[1] / "support" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "json_lines",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "JSON_LINES": str(stats),
    }
    rc = subprocess.run(command, cwd=work, env=environment, stdin=subprocess.DEVNULL).returncode
    lines = [json.loads(text) for text in stats.read_text().splitlines()] if stats.exists() else []
    tasks = {one["task"]["name"].split(" : ")[-1]: one["task"]["result"] for one in lines if "task" in one}
    upload = tasks.get("Upload", {})
    return {
        "rc": rc,
        "changed": sum(host["changed"] for one in lines if "stats" in one for host in one["stats"].values()),
        "uploaded": upload.get("counts", {}).get("uploaded", 0),
        "failures": upload.get("failures"),
        "msg": tasks.get("Summary", {}).get("msg", "it did not come to its summary"),
    }


def on_server(user: Immich, src: Path, failures: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many of the folder's media files the server has, and the names of those that it lacks."""
    types = user.server.media_types()
    failed = {failure["path"] for failure in failures}
    files = {sha1(path): path for path in media(src, (*types["image"], *types["video"])) if str(path) not in failed}
    known: set[str] = set()
    for start in range(0, len(files), 5000):
        known |= set(user.assets.check(list(files)[start : start + 5000]))
    return len(known), [str(path.relative_to(src)) for checksum, path in files.items() if checksum not in known]


def media(src: Path, extensions: tuple[str, ...]) -> Iterator[Path]:
    """The files below a folder that an upload takes by default, or the one file."""
    for path in [src] if src.is_file() else src.rglob("*"):
        hidden = any(part.startswith((".", "@")) for part in path.relative_to(src).parts)
        if path.is_file() and path.suffix.lower() in extensions and not hidden:
            yield path


def sha1(path: Path) -> str:
    """The file's checksum."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ImmichError as error:
        sys.exit(error.msg)
