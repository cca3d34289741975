# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `immich_upload`: in playbooks where the controller, signals or the environment matter, else through `run_module`."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.playbooks.playbook import Playbook, Run
from support.waiting import wait_until

from .conftest import ModuleRunner

Task = dict[str, Any]


@pytest.fixture
def run(server: Emulator, tmp_path: Path) -> Callable[..., Run]:
    """Runs tasks on this machine, with the server and the user's key in the environment."""
    playbook = Playbook(tmp_path / "home")

    def tasks(*given: Task | str, **options: Any) -> Run:
        todo = [one for one in given if not isinstance(one, str)]
        arguments = [one for one in given if isinstance(one, str)]
        return playbook.run([{"hosts": "localhost", "gather_facts": False, "tasks": todo}], *arguments, server=server, **options)

    return tasks


def arguments(server: Emulator, src: Path, **options: Any) -> dict[str, Any]:
    """The module's options for an upload."""
    return {"url": server.url, "api_key": server.api_key, "src": [str(src)], **options}


def upload(server: Emulator, src: Path, **options: Any) -> Task:
    """A task that uploads."""
    return {"name": "Upload", "photoyard.immich.immich_upload": arguments(server, src, **options)}


def module_in(home: Path) -> int:
    """The process of the module that runs from below a folder. (Its guard leads a session of its own.)"""
    found = [pid for pid in processes_in(home) if os.getsid(pid) != pid]
    assert found, "no module runs"
    return found[0]


def processes_in(home: Path) -> list[int]:
    """The processes of the module, its guard among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = [*path.read_bytes().decode().split("\0"), ""]
            if words[1].startswith(str(home)) and words[1].endswith("/AnsiballZ_immich_upload.py"):
                found.append(int(path.parent.name))
    return found


def picture(path: Path, content: bytes | None = None) -> None:
    """Writes a file that the server takes for a picture; by default its content is its own name."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(path.name.encode() if content is None else content)


def names(server: Emulator) -> list[str]:
    """The names of all assets, sorted."""
    return sorted(asset["name"] for asset in server.state()["assets"])


def test_second_upload_with_default_cache_is_unchanged(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    picture(tmp_path / "src" / "a.jpg")
    first = run(upload(server, tmp_path / "src", album_from="folder", tags=["t"])).ok()
    assert first.task("Upload").status == "changed"
    server.wait_idle()
    (asset,) = server.state()["assets"]
    assert (asset["albums"], asset["tags"]) == (["src"], ["t"])
    assert (tmp_path / "home" / "cache" / "photoyard.immich" / "checksums.sqlite").exists()
    assert run(upload(server, tmp_path / "src", album_from="folder", tags=["t"])).ok().changed == 0


def test_failed_file_fails_the_task_with_the_counts(server: Emulator, tmp_path: Path, run_module: ModuleRunner) -> None:
    picture(tmp_path / "src" / "a.jpg")
    picture(tmp_path / "src" / "b.jpg", b"")
    result = run_module("immich_upload", **arguments(server, tmp_path / "src", report=str(tmp_path / "report")))
    assert result["failed"] is True
    assert result["msg"] == f"1 file failed: {tmp_path}/src/b.jpg."  # why stands on a line of its own
    assert [(one["path"], one["msg"]) for one in result["failures"]] == [(f"{tmp_path}/src/b.jpg", "The file is empty.")]
    assert result["failure"]["kind"] == "local"
    assert result["counts"]["uploaded"] == 1
    assert result["counts"]["failed"] == 1
    assert result["changed"] is True
    assert result["report"] == str(tmp_path / "report")
    assert names(server) == ["a.jpg"]


def test_skipped_and_allowed_failures_leave_the_task_ok(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    picture(tmp_path / "src" / "a.txt")
    picture(tmp_path / "src" / "b.jpg", b"")
    task = run(upload(server, tmp_path / "src", max_failures=1)).ok().task("Upload")
    assert task.status == "ok"
    assert (task.result["counts"]["skipped"], task.result["counts"]["failed"]) == (1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"album": [["A"]]}, "album must be a text or a list of texts."),
        ({"after_upload": "move"}, "after_upload=move needs move_to."),
        ({"move_to": "/tmp"}, "move_to goes with after_upload: move only, and after_upload is keep."),
        (
            {"bandwidth_limit": "a lot"},
            "bandwidth_limit must be a number of bytes per second, such as 5000000 or 5M (5 MiB), not 'a lot'.",
        ),
        ({"bandwidth_limit": "0.5"}, "bandwidth_limit must be at least 1 byte per second."),
        ({"concurrency": 0}, "concurrency must be from 1 to 100, not 0."),
        ({"concurrency": 100_000}, "concurrency must be from 1 to 100, not 100000."),
        ({"concurrency": "many"}, "concurrency must be a whole number, not 'many'."),
        ({"max_failures": -1}, "max_failures must be 0 or more, not -1."),
        ({"src": [""]}, "A path in src is empty, which would mean the current folder."),
        ({"src": ""}, "src is empty, and must be a list."),
        ({"src": "['/a', '/b']"}, "src is a text that looks like a list. With ansible-playbook -e, give a list as JSON: "),
        ({"src": [{"path": "/a"}]}, "each element of src must be a text, not a dictionary."),
        ({"report": ["/a", "/b"]}, "report must be a text, not a list."),
        ({"concurrency": ""}, "concurrency is empty. Leave it out, or give a whole number. AWX sends an empty text for a question that "),
        ({"pause_queues": ""}, "pause_queues is empty. Leave it out, or give a list. "),
        ({"albm": "A"}, "The option albm does not exist. Did you mean album?"),
        ({"client_key": "/key.pem"}, "client_key needs client_cert too."),
        ({"types": ["music"]}, "value of types must be one or more of: image, video"),
    ],
)
def test_impossible_options_are_refused(
    server: Emulator, tmp_path: Path, run_module: ModuleRunner, options: dict[str, Any], message: str
) -> None:
    picture(tmp_path / "src" / "a.jpg")
    result = run_module("immich_upload", **{**arguments(server, tmp_path / "src"), **options})
    assert message in result["msg"]
    assert result["failure"]["kind"] == "validation"
    assert names(server) == []


def test_secrets_stay_secret(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    picture(tmp_path / "src" / "a.jpg")
    picture(tmp_path / "src" / "b.jpg", b"")
    secrets = [server.api_key, server.admin_api_key, "Zugang-zum-Proxy"]
    options: dict[str, Any] = {
        "headers": {"X-Proxy": secrets[2]},
        "lease": "L",
        "admin_api_key": secrets[1],
        "pause_queues": ["upload"],
        "report": str(tmp_path / "report"),
    }
    for check in (True, False):
        task = upload(server, tmp_path / "src", **options)
        del task["photoyard.immich.immich_upload"]["api_key"]  # it is in the environment
        found = run(task, "-vvvv", diff=True, check=check)
        output = found.output + json.dumps([one.result for one in found.tasks])
        assert "b.jpg: The file is empty." in output
        assert [secret for secret in secrets if secret in output] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file() and "run-" not in str(path)]
    assert [path for path in files for secret in secrets if secret.encode() in path.read_bytes()] == []


def test_the_lease_of_the_pause_is_renewed(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    picture(tmp_path / "src" / "a.jpg")
    admin = {"url": server.url, "api_key": server.admin_api_key}
    found = run(
        {"photoyard.immich.immich_jobs": {**admin, "state": "paused", "lease": "L", "lease_ttl": 60}, "name": "Pause"},
        upload(server, tmp_path / "src", lease="L", lease_ttl=5000),
        {"photoyard.immich.immich_jobs_info": admin, "name": "Look"},
    ).ok()
    (lease,) = found.task("Look").result["leases"]
    assert lease["expires_at"] > found.task("Pause").result["lease"]["expires_at"]
    assert names(server) == ["a.jpg"]


def test_the_key_for_the_lease_may_be_in_a_file(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    picture(tmp_path / "src" / "a.jpg")
    (tmp_path / "key").write_text(server.admin_api_key + "\n")
    admin = {"url": server.url, "api_key": server.admin_api_key}
    lease = {"lease": "L", "lease_ttl": 5000, "ledger": "server", "admin_api_key_file": str(tmp_path / "key")}
    found = run(
        {"photoyard.immich.immich_jobs": {**admin, "state": "paused", "lease": "L", "lease_ttl": 60, "ledger": "server"}, "name": "Pause"},
        upload(server, tmp_path / "src", **lease),
        {"photoyard.immich.immich_jobs_info": {**admin, "ledger": "server"}, "name": "Look"},
        "-vvvv",
    ).ok()
    (seen,) = found.task("Look").result["leases"]
    assert seen["expires_at"] > found.task("Pause").result["lease"]["expires_at"]
    assert server.admin_api_key not in json.dumps(found.task("Upload").result)


@pytest.mark.parametrize(("content", "problem"), [(None, "cannot be read: No such file or directory."), ("\n", "is empty.")])
def test_key_file_without_a_key_is_refused(
    server: Emulator, tmp_path: Path, run_module: ModuleRunner, content: str | None, problem: str
) -> None:
    picture(tmp_path / "src" / "a.jpg")
    if content is not None:
        (tmp_path / "key").write_text(content)
    result = run_module("immich_upload", **arguments(server, tmp_path / "src", lease="L", admin_api_key_file=str(tmp_path / "key")))
    assert result["msg"] == f"admin_api_key_file (in the roles immich_admin_api_key_file): {tmp_path}/key {problem}"
    assert names(server) == []


PAUSE: dict[str, Any] = {"pause_queues": ["upload"], "lease": "L"}


def test_queues_pause_for_the_files_and_run_again(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    server.pause("smartSearch")
    for number in range(5):
        picture(tmp_path / "src" / f"{number}.jpg")
    task = upload(server, tmp_path / "src", **PAUSE, admin_api_key=server.admin_api_key)
    predicted = run(task, check=True).ok().task("Upload").result
    assert server.requests(writes=True) == []
    done = run(task).ok().task("Upload").result
    sent = [request for request in server.requests(writes=True) if request["path"] != "/assets/bulk-upload-check"]
    kinds = ["file" if request["path"] == "/assets" else request["json"]["isPaused"] for request in sent]
    queues = len(done["pause"]["paused"])
    assert kinds == [True] * queues + ["file"] * 5 + [False] * queues
    assert predicted["pause"]["paused"] == done["pause"]["paused"] == done["resume"]["resumed"]
    assert done["pause"]["left_paused"] == ["smartSearch"]
    assert server.paused() == {"smartSearch"}
    server.clear_requests()
    assert run(task).ok().changed == 0
    assert [request["path"] for request in server.requests(writes=True) if request["path"] != "/assets/bulk-upload-check"] == []


def test_pause_without_lease_name_gets_generated_name(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    picture(tmp_path / "src" / "a.jpg")
    task = upload(server, tmp_path / "src", pause_queues=["upload"], admin_api_key=server.admin_api_key)
    done = run(task).ok().task("Upload").result
    assert re.fullmatch(r"\S+-20\d{6}T\d{6}Z-upload-[0-9a-f]{4}", done["pause"]["lease"]["holder"])
    assert done["lease"] is None
    assert server.paused() == set()


@pytest.mark.parametrize("group", [False, True])
def test_killed_module_leaves_no_pause_and_no_process(server: Emulator, tmp_path: Path, run: Callable[..., Run], group: bool) -> None:
    """Its lease would last for 15 minutes."""
    server.pause("smartSearch")
    picture(tmp_path / "src" / "a.mp4", os.urandom(20_000_000))
    seen: list[set[str]] = []

    def kill_it() -> None:
        wait_until(lambda: bool(server.state()["partial_uploads"]))
        seen.append(server.paused())
        module = module_in(tmp_path / "home")
        if group:
            os.killpg(os.getpgid(module), signal.SIGKILL)
        else:
            os.kill(module, signal.SIGKILL)

    helper = threading.Thread(target=kill_it)
    helper.start()
    run(upload(server, tmp_path / "src", **PAUSE, admin_api_key=server.admin_api_key, bandwidth_limit="2M"))
    helper.join()
    assert "metadataExtraction" in seen[0]
    wait_until(lambda: server.paused() == {"smartSearch"})
    wait_until(lambda: processes_in(tmp_path / "home") == [])
    assert list(tmp_path.rglob("leases-*.json")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_pause_too(server: Emulator, tmp_path: Path, run: Callable[..., Run], number: int) -> None:
    """The module itself gets the signal, in the middle of a file."""
    picture(tmp_path / "src" / "a.mp4", os.urandom(20_000_000))
    seen: list[set[str]] = []

    def stop_it() -> None:
        wait_until(lambda: bool(server.state()["partial_uploads"]))
        seen.append(server.paused())
        os.kill(module_in(tmp_path / "home"), number)

    helper = threading.Thread(target=stop_it)
    helper.start()
    failed = run(upload(server, tmp_path / "src", **PAUSE, admin_api_key=server.admin_api_key, bandwidth_limit="2M")).task("Upload")
    helper.join()
    assert "metadataExtraction" in seen[0]
    assert "so the upload was stopped" in failed.result["msg"]
    assert "metadataExtraction" in failed.result["resume"]["resumed"]
    assert "lease" not in failed.result  # nothing is still held
    assert server.paused() == set()
    assert not server.state()["partial_uploads"]


@pytest.mark.parametrize(
    ("silent", "there"),
    [
        ({"method": "GET", "path": "^/api-keys/me$"}, []),  # before the work
        ({"method": "PUT", "path": "^/queues/", "after": 1}, []),  # while it pauses the second queue
        ({"method": "PUT", "path": "^/queues/metadataExtraction$", "after": 1}, ["a.jpg"]),  # while it ends the pause
    ],
)
def test_sigterm_ends_upload_while_server_is_silent(
    server: Emulator, tmp_path: Path, run: Callable[..., Run], silent: dict[str, Any], there: list[str]
) -> None:
    """No call would end before ten minutes are over."""
    picture(tmp_path / "src" / "a.jpg")
    server.fault(**silent, times=None, hang=True)

    def stop_it() -> None:
        wait_until(lambda: server.struck() > 0)
        os.kill(module_in(tmp_path / "home"), signal.SIGTERM)

    helper = threading.Thread(target=stop_it)
    helper.start()
    options = {**PAUSE, "pause_required": True, "admin_api_key": server.admin_api_key, "timeout": 600}
    failed = run(upload(server, tmp_path / "src", **options), timeout=60).task("Upload")
    helper.join()
    assert "The signal SIGTERM was received, so the upload was stopped." in failed.result["msg"]
    assert names(server) == there


def test_a_header_with_a_short_value_does_not_mask_the_counts(server: Emulator, tmp_path: Path, run: Callable[..., Run]) -> None:
    secret = "Zx9-a-secret-of-a-proxy"
    picture(tmp_path / "src" / "a.jpg")
    done = run(upload(server, tmp_path / "src", headers={"X-Org-Id": "1", "X-Secret": secret}, album="Trip 1"), "-vvv").ok()
    result = done.task("Upload").result
    assert (result["counts"]["uploaded"], result["uploaded"], result["albums"][0]["name"]) == (1, 1, "Trip 1")
    assert secret not in json.dumps(result)
    assert secret not in done.output
