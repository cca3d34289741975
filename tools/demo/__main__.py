# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: the main job in front of your eyes, on embedded servers or on a server of your own.

Reads IMMICH_URL, IMMICH_API_KEY, IMMICH_ADMIN_API_KEY and SRC from the environment. Without IMMICH_URL embedded servers are started;
without SRC a folder of photos is made. Exits with 1 when something is not as it should be.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from demo.declared import declare_server
from demo.photos import ORDINARY, make_photos, media, sha1
from demo.playbook import Playbook, Upload
from demo.queues import Queues, Watch
from demo.words import check, head, line, paragraph, table
from immich_emulator.testing import Emulator
from support.collection import ADMINS_KEY, ApiKey, Connection, Immich, ImmichError
from support.http.wire import writes

TAG = "photoyard.immich demo"
PAGE = Path(__file__).parents[2] / ".cache" / "demo" / "localhost.html"
BY_HAND = "smartSearch"
"""The queue that is paused by hand before the upload."""

# How the embedded servers behave, in seconds: what an upload takes, what a job takes, and by how much each job that runs delays an upload.
UPLOAD, JOB, CONTENTION = 0.06, 0.05, 0.02


def main() -> int:
    """Runs the demo; returns the exit code."""
    given = os.environ.get("SRC")
    if given and not Path(given).expanduser().exists():
        sys.exit(f"SRC={given}: there is no such file or folder.")
    if os.environ.get("IMMICH_URL") and not os.environ.get("IMMICH_API_KEY"):
        sys.exit("IMMICH_URL is set, but IMMICH_API_KEY is not: give the key of the user who will own the photos.")
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="immich-demo-")))
        embedded = None if os.environ.get("IMMICH_URL") else start(stack, work)
        return Demo(work, embedded, given).run(stack)


def start(stack: ExitStack, work: Path) -> Emulator:
    """Starts an embedded server and points the environment to it."""
    server: Emulator = stack.enter_context(Emulator(version="3.1", job_seconds=JOB, contention=CONTENTION))
    server.fault("POST", "^/assets$", times=None, delay=UPLOAD)
    # what runs leave on a host to know next time means nothing once this server is gone
    os.environ |= {name: str(work / name) for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "ANSIBLE_ASYNC_DIR")}
    os.environ |= address(server)
    return server


def address(server: Emulator) -> dict[str, str]:
    """The environment that leads to a server."""
    return {"IMMICH_URL": server.url, "IMMICH_API_KEY": server.api_key, "IMMICH_ADMIN_API_KEY": server.admin_api_key}


class Demo:
    """One demo. `embedded` is None on a server of one's own, `given` None where photos are to be made."""

    def __init__(self, work: Path, embedded: Emulator | None, given: str | None) -> None:
        self.work, self.embedded, self.given = work, embedded, given
        self.url, key = os.environ["IMMICH_URL"], os.environ["IMMICH_API_KEY"]
        self.user = Immich(Connection(self.url, ApiKey(key)), read_only=True)
        admins = os.environ.get("IMMICH_ADMIN_API_KEY")
        self.queues = Queues(Immich(Connection(self.url, ApiKey(admins, ADMINS_KEY) if admins else ApiKey(key)), read_only=True))
        self.src = Path(given).expanduser().resolve() if given else work / "photos"
        self.report = work / "report.jsonl"
        self.variables: dict[str, Any] = {"immich_upload_src": [str(self.src)], "immich_upload_album_from": "folder"}
        if not given:
            self.variables["immich_upload_tags"] = [TAG]
        self.playbook = Playbook(work)

    def run(self, stack: ExitStack) -> int:
        """All of it; the exit code. `stack` ends what it starts."""
        self.introduce()
        before = self.queues.look()

        self.playbook.show()

        head("The upload, with background jobs paused")
        began = time.monotonic()
        with Watch(self.queues) as watch:
            first = self.playbook.upload(self.variables | {"immich_upload_report": str(self.report)}, {})
        after = self.queues.look()
        compares = self.embedded is not None and not self.given
        waiting = stack.enter_context(ThreadPoolExecutor(1))
        thumbnails = waiting.submit(self.queues.wait_for_thumbnails, began) if compares else None

        head("The same again: there is nothing new")
        seen = len(self.embedded.requests()) if self.embedded else 0
        second = self.playbook.upload(self.variables, {})
        written = writes(self.embedded, since=seen) if self.embedded else []

        slow, slow_thumbnails = self.without_pause() if compares else (None, 0.0)

        head("The queues")
        self.queues.table(before, watch.fullest, after, first.uploaded)
        if slow and thumbnails:
            compare((first, thumbnails.result()), (slow, slow_thumbnails))

        head("The report")
        made = self.playbook.report(self.report, PAGE)
        line(f"  {PAGE}")

        head("Is it as it should be?")
        there, missing = self.on_server(second.failures)
        good = [
            check(first.rc == 0, f"The first run: {first.msg}"),
            check(not missing, f"The server has all {there} files, asked for by checksum", "missing: " + ", ".join(missing[:5])),
            check(second.rc == 0 and second.changed == 0, f"The second run, changed={second.changed}: {second.msg}"),
        ]
        if self.embedded:
            albums = {album["name"]: len(album["assets"]) for album in self.embedded.state()["albums"]}
            paragraph("Albums: " + ", ".join(f"{name} ({count})" for name, count in sorted(albums.items())))
            good.append(check(not written, "The second run wrote nothing on the wire", ", ".join(written[:5])))
            good.append(check(BY_HAND in self.embedded.paused(), f"{BY_HAND}, which was paused by hand, is still paused"))
        if self.queues.readable and first.uploaded:
            good.append(meanwhile(watch.not_paused(before), first.paused))
        changed = self.queues.changed(before, after)
        why = f"it is not so for {', '.join(changed)}; does something else pause queues on this server?"
        good.append(check(not changed, "Every queue is paused or running as it was before", why))
        if slow:
            good.append(check(slow.rc == 0, f"The run without a pause: {slow.msg}"))
        good.append(check(made == 0, "The report's page is made"))
        if not self.embedded and not self.given:
            line(f"  The photos are yours to look at, and to delete again: they have the tag “{TAG}”.")
        if self.embedded:
            good += declare_server(self.work)
            if sys.stdin.isatty():
                self.wait()
        return 0 if all(good) else 1

    def wait(self) -> None:
        """Keeps the embedded server while someone looks at the page, whose links lead there."""
        line(f"\n  The links on the page lead to the embedded server. It runs until you press Enter:\n  {PAGE.as_uri()}")
        with suppress(EOFError, KeyboardInterrupt):
            input()

    def introduce(self) -> None:
        """Says what the demo works with, and makes the photos."""
        head("What there is")
        line(f"{'An embedded server that answers as' if self.embedded else 'Your'} Immich {self.user.version} at {self.url}")
        odd = [] if self.given else make_photos(self.src)
        line(f"The folder {self.src}" + (f" with {ORDINARY} ordinary photos, and:" if odd else ""))
        for path in odd:
            line(f"  {path.relative_to(self.src)}")
        if self.embedded:
            self.embedded.pause(BY_HAND)
            line(f"The queue {BY_HAND} was paused by hand. It must stay paused.")

    def without_pause(self) -> tuple[Upload, float]:
        """The same upload to another server, whose background jobs keep running, and after how many seconds all thumbnails were there."""
        with Emulator(version="3.1", job_seconds=JOB, contention=CONTENTION) as other:
            other.fault("POST", "^/assets$", times=None, delay=UPLOAD)
            other.pause(BY_HAND)
            head("The same on a second server, with background jobs running")
            began = time.monotonic()
            done = self.playbook.upload(self.variables | {"immich_upload_pause_jobs": False}, address(other))
            queues = Queues(Immich(Connection(other.url, ApiKey(other.admin_api_key)), read_only=True))
            return done, queues.wait_for_thumbnails(began)

    def on_server(self, failures: list[dict[str, Any]]) -> tuple[int, list[str]]:
        """How many of the folder's media files the server has, and the names of those that it lacks."""
        types = self.user.server.media_types()
        failed = {failure["path"] for failure in failures}
        files = {sha1(path): path for path in media(self.src, (*types["image"], *types["video"])) if str(path) not in failed}
        known: set[str] = set()
        for begin in range(0, len(files), 5000):
            known |= set(self.user.assets.check(list(files)[begin : begin + 5000]))
        return len(known), [path.name for checksum, path in files.items() if checksum not in known]


def meanwhile(unseen: list[str], said: Collection[str]) -> bool:
    """Whether the queues were paused while files went up: seen, or only said where the upload was over before anyone looked."""
    claim = "While files went up, the queues that an upload sets off were paused"
    if unseen and all(name in said for name in unseen):
        paragraph(f"– {claim}: the run says so. It was over before that could be seen; with more photos it takes longer.", indent="    ")
        return True
    return check(not unseen, claim, f"not {', '.join(unseen)}")


def compare(with_pause: tuple[Upload, float], without: tuple[Upload, float]) -> None:
    """Both uploads side by side, each with the seconds until all thumbnails were there, and what the comparison is worth."""
    (paused, paused_thumbnails), (running, running_thumbnails) = with_pause, without
    head("Side by side")
    rows = [("", "jobs paused", "jobs running")]
    rows.append(("new files", str(paused.uploaded), str(running.uploaded)))
    rows.append(("the upload took", f"{paused.seconds:.1f} s", f"{running.seconds:.1f} s"))
    rows.append(("all thumbnails there after", f"{paused_thumbnails:.0f} s", f"{running_thumbnails:.0f} s"))
    table(rows)
    line("")
    paragraph(
        f"With the pause, the upload was {running.seconds / max(paused.seconds, 0.1):.1f} times as fast. The thumbnails are counted from "
        "the start of the command: the jobs are the same, so a pause only moves them behind the upload."
    )
    line("")
    paragraph(
        "This is a simulation. The embedded servers make no thumbnails and look for no faces; their jobs only take time. An upload takes "
        f"{ms(UPLOAD)} there, a job {ms(JOB)}, and each job that runs delays an upload by {ms(CONTENTION)}. What was measured on a real "
        "Immich is in docs/docsite/rst/benchmarks.rst."
    )


def ms(seconds: float) -> str:
    """Milliseconds."""
    return f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ImmichError as error:
        sys.exit(error.msg)
