# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rulebook runs for real: it fires once for its event, and not for the opposite one."""

from __future__ import annotations

import hmac
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from eda.rulebook import GUIDE, Rulebook
from pictures import terminals
from support.http.answering import Reply, answering
from support.photos.jpegs import write_photo
from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, Playbook, local_host
from support.ports import free_port
from support.waiting import wait_until

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

pytestmark = pytest.mark.check

POLL = {"immich_server_delay": 0.2}
SEVERAL = 3
"""Polls after which a rule that fires wrongly would have fired."""

Start = Callable[..., Rulebook]


@pytest.fixture
def playbook(tmp_path: Path) -> Iterator[Playbook]:
    """Runs playbooks with state folders that end with the test; what is left of them ends with it too."""
    yield Playbook(tmp_path / "ansible")
    for process in processes.below(tmp_path):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def rulebook(playbook: Playbook, server: Emulator) -> Iterator[Start]:
    """Starts a rulebook of the collection: ``rulebook(name, variables)``. It ends with the test, and has printed no key."""
    running: list[Rulebook] = []

    def start(name: str | Path, inventory: str = "inventory.yml", **variables: Any) -> Rulebook:
        rulebook = name if isinstance(name, Path) else f"photoyard.immich.{name}"
        running.append(Rulebook(rulebook, playbook, server, variables, inventory))
        return running[-1]

    yield start
    for one in running:
        one.kill()
        assert server.api_key not in one.log
        assert server.admin_api_key not in one.log


def call(server: Emulator, method: str, path: str, body: dict[str, Any]) -> None:
    """Asks the server for something, as its administrator."""
    headers = {"x-api-key": server.admin_api_key, "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{server.url}/api{path}", json.dumps(body).encode(), headers, method=method)
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked).close()


def bearer(word: str, body: bytes) -> dict[str, str]:
    """Gitea, GitLab and Alertmanager."""
    return {"Authorization": f"Bearer {word}"}


def signed(word: str, body: bytes) -> dict[str, str]:
    """GitHub, Gitea and Forgejo."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(word.encode(), body, "sha256").hexdigest()}


def webhook(port: int, proof: Callable[[str, bytes], dict[str, str]] = bearer) -> Callable[..., None]:
    """A function `send(word, **payload)` that sends an event to a rulebook, which is listening."""

    def send(word: str, **payload: Any) -> None:
        body = json.dumps(payload).encode()
        headers = {**proof(word, body), "Content-Type": "application/json"}
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/alerts", body, headers)
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked).close()

    def answers() -> bool:
        try:
            send("secret", status="other")
        except urllib.error.URLError:
            return False
        return True

    wait_until(answers)
    return send


def tasks(log: str) -> list[str]:
    """The tasks of the first playbook that is run."""
    return re.findall(r"^TASK \[(.*)\] \*", log.partition("PLAY RECAP")[0], re.MULTILINE)


@pytest.mark.long
def test_an_upload_when_a_folder_is_quiet(rulebook: Start, server: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "incoming 'new' \N{BUG}"
    for number in range(4):
        write_photo(folder / "phone" / f"{number}.jpg", number)
    running = rulebook("upload_when_quiet", immich_folder=str(folder), immich_folder_quiet=1, immich_folder_delay=0.1)
    running.wait_fired(1)
    assert tasks(running.log) == tasks(terminals.EVENTS.read_text(encoding="utf-8"))  # else: make pictures
    assert len(server.state()["assets"]) == 4
    (folder / "phone" / "0.jpg").unlink()
    write_photo(folder / "phone" / "4.jpg", 4)
    running.wait_fired(2)
    assert len(server.state()["assets"]) == 5
    assert running.events("immich_folder") == 2


@pytest.mark.long
def test_a_stale_pause_is_healed(rulebook: Start, server: Emulator, playbook: Playbook, tmp_path: Path) -> None:
    running = rulebook("heal_stale_pause", immich_pause_threshold=20, **POLL)
    running.wait_for_events(SEVERAL)
    server.pause("ocr")
    running.wait_for_events(SEVERAL, "'paused': 1")
    server.resume("ocr")
    running.wait_for_events(SEVERAL, "'paused': 0")
    assert running.fired == 0
    pause = {
        "state": "paused",
        "queues": ["smartSearch"],
        "lease": "dead",
        "lease_ttl": 12,
    }  # Ansible may take long to end
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"photoyard.immich.immich_jobs": pause}]}
    playbook.run([play], server=server).ok()
    processes.kill_guards(tmp_path)
    assert server.paused() == {"smartSearch"}
    running.wait_fired(1)
    assert server.paused() == set()
    running.wait_for_events(SEVERAL)
    assert running.fired == 1


@pytest.mark.long
def test_a_pause_during_an_alert(rulebook: Start, server: Emulator) -> None:
    port = free_port()
    running = rulebook("pause_during_alert", immich_webhook_token="secret", immich_webhook_port=port, immich_alert_queues=["ocr"])

    send = webhook(port)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        send("wrong", status="firing", groupKey="x")
    send("secret", status="firing")  # not from Alertmanager: an error in the log, and no more
    disk, load = '{}:{alertname="{{ lookup("pipe", "false") }}"}', '{}:{alertname="Load"}'
    send("secret", status="firing", groupKey=disk, alerts=[{"annotations": {"summary": "\N{FIRE} {{ x }}"}}])
    running.wait_fired(1)
    assert server.paused() == {"ocr"}
    send("secret", status="firing", groupKey=load)
    running.wait_fired(2)
    send("secret", status="resolved", groupKey=disk)
    running.wait_fired(3)
    assert server.paused() == {"ocr"}
    send("secret", status="resolved", groupKey=load)
    running.wait_fired(4)
    assert server.paused() == set()
    assert {task.status for task in running.tasks()} == {"changed", "ok"}
    assert running.tasks()[0].result["lease"]["holder"] == "alert _:_alertname=_lookup_pipe_false_"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("pause_during_alert", "immich_webhook_token"),
        ("backup_overdue", "immich_webhook_token"),
        ("declare_on_push", "immich_webhook_token"),
        ("declare_on_signed_push", "immich_webhook_secret"),
        ("ml_host", "immich_webhook_token"),
    ],
)
def test_a_webhook_without_its_secret_is_refused(rulebook: Start, name: str, variable: str) -> None:
    others = {"immich_backup_dest": "/backups", "immich_push_repository": "/r", "immich_push_clone": "/c", "immich_push_ref": "main"}
    others |= {"immich_ml_url": "http://127.0.0.1:3003"}
    running = rulebook(name, immich_webhook_port=free_port(), **others)
    assert running.process.wait(timeout=300) == 1
    assert f"{variable}' is undefined" in running.log


def test_a_signature_with_an_empty_secret_is_refused(rulebook: Start) -> None:
    others = {"immich_push_repository": "/r", "immich_push_clone": "/c", "immich_push_ref": "main"}
    running = rulebook("declare_on_signed_push", immich_webhook_secret="", immich_webhook_port=free_port(), **others)
    assert running.process.wait(timeout=300) == 1
    assert "empty_webhook_secret_is_refused' is undefined" in running.log


def test_backup_overdue_alert_makes_backup(rulebook: Start, tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "backups"
    running = rulebook("backup_overdue", immich_webhook_token="secret", immich_webhook_port=port, immich_backup_dest=str(folder))
    send = webhook(port)
    send("secret", status="firing", commonLabels={"alertname": "ImmichDown"})
    send("secret", status="resolved", commonLabels={"alertname": "ImmichNoProvenBackup"})
    send("secret", status="firing", commonLabels={"alertname": "ImmichNoProvenBackup"}, alerts=[{"annotations": {"summary": "\N{BUG}"}}])
    running.wait_fired(1)
    (backup,) = folder.glob("immich-db-backup-*.sql.gz")
    assert backup.stat().st_mode & 0o077 == 0
    assert running.tasks()[0].result["path"] == str(backup)
    assert running.fired == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "variable", "proof"),
    [("declare_on_push", "immich_webhook_token", bearer), ("declare_on_signed_push", "immich_webhook_secret", signed)],
)
def test_push_declares_state_of_repository(
    rulebook: Start, server: Emulator, tmp_path: Path, name: str, variable: str, proof: Callable[[str, bytes], dict[str, str]]
) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    declare = repository(origin)
    declare("Rome")
    subprocess.run(["git", "clone", "--quiet", str(origin), str(clone)], check=True)
    port = free_port()
    where = {"immich_push_repository": str(origin), "immich_push_clone": str(clone), "immich_push_ref": "refs/heads/main"}
    running = rulebook(name, str(clone / "inventory"), **{variable: "secret"}, immich_webhook_port=port, **where)
    send = webhook(port, proof)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        send("wrong", ref="refs/heads/main")
    send("secret", ref="refs/heads/other")
    declare("Paris")
    send("secret", ref="refs/heads/main", immich_server_tags=[{"value": "of the event"}])
    running.wait_fired(2)
    assert [tag["value"] for tag in server.state()["tags"]] == ["Paris"]
    assert running.fired == 2


def repository(folder: Path) -> Callable[[str], None]:
    """A repository with an inventory, `declare(tag)`: commits that there is this tag."""
    inventory = folder / "inventory"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"localhost": local_host()}}}))
    git = ["git", "-C", str(folder), "-c", "user.name=anna", "-c", "user.email=anna@example.com"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)

    def declare(tag: str) -> None:
        (inventory / "group_vars" / "all.yml").write_text(json.dumps({"immich_server_tags": [{"value": tag}]}))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", tag], check=True)

    return declare


def test_a_backup_after_the_queues_have_drained(rulebook: Start, server: Emulator) -> None:
    running = rulebook("after_drained", **POLL)
    running.wait_for_events(SEVERAL, "'waiting': 0")
    server.pause("smartSearch")
    call(server, "PUT", "/jobs/smartSearch", {"command": "start", "force": True})
    running.wait_for_events(SEVERAL, "'waiting': 1")
    assert running.fired == 0
    server.resume("smartSearch")
    running.wait_fired(1)
    assert running.tasks()[0].result["backup"].startswith("immich-db-backup-")
    running.wait_for_events(SEVERAL)
    assert running.fired == 1


def test_rulebook_starts_jobs_after_new_version(rulebook: Start, server: Emulator) -> None:
    server.fault("GET", "/server/version$", times=None, json={"major": 3, "minor": 0, "patch": 9})
    running = rulebook("new_version", **POLL)
    running.wait_for_events(SEVERAL, "'version': '3.0.9'")
    assert running.fired == 0
    server.clear_requests()
    server.clear_faults()
    running.wait_fired(1)
    started = [asked["path"] for asked in server.requests(writes=True)]
    assert started == ["/jobs/smartSearch", "/jobs/faceDetection"]
    running.wait_for_events(SEVERAL, "'version': '3.1.0'")
    assert running.fired == 1


def test_storage_rulebook_fires_at_threshold(rulebook: Start, server: Emulator) -> None:
    def fill(percent: float) -> None:
        server.clear_faults()
        server.fault("GET", "/server/storage$", times=None, json={"diskUsagePercentage": percent, "diskAvailableRaw": 1 << 40})

    fill(89.9)
    running = rulebook("storage", **POLL)
    running.wait_for_events(SEVERAL, "'storage_used_percent': 89.9")
    assert running.fired == 0
    fill(90.2)
    running.wait_fired(1)
    assert server.paused() == {"videoConversion", "thumbnailGeneration"}
    running.wait_for_events(SEVERAL, "'storage_used_percent': 90.2")
    assert running.fired == 1
    fill(50)
    running.wait_fired(2)
    assert server.paused() == set()
    running.wait_for_events(SEVERAL, "'storage_used_percent': 50")
    assert running.fired == 2


@pytest.mark.long
def test_machine_learning_waits_for_host(rulebook: Start, server: Emulator) -> None:
    port, status = free_port(), 503
    with answering(lambda _asked: Reply(status=status)) as host:
        given = {"immich_webhook_token": "secret", "immich_webhook_port": port, "immich_ml_url": host.url, "immich_ml_delay": 3600}
        running = rulebook("ml_host", **given)
        running.wait_fired(1)
        assert server.paused() == {"smartSearch", "faceDetection", "ocr", "duplicateDetection", "facialRecognition"}
        status = 200
        send = webhook(port)  # which sends an event
        running.wait_fired(2)
        assert server.paused() == {"duplicateDetection"}
        with pytest.raises(urllib.error.HTTPError, match="401"):
            send("wrong", status="up")
        for fired in (3, 4):
            send("secret", status="up", note="\N{FIRE} {{ x }}")
            running.wait_fired(fired)
        assert server.paused() == set()
    started = [asked["path"] for asked in server.requests(writes=True) if asked["path"].startswith("/jobs/")]
    assert set(started) == {f"/jobs/{name}" for name in ("smartSearch", "faceDetection", "ocr", "duplicateDetection", "facialRecognition")}
    assert running.fired == 4


def test_the_rulebook_of_ones_own_in_the_guide(rulebook: Start, server: Emulator, tmp_path: Path) -> None:
    with answering(lambda _asked: Reply()) as home_assistant:
        text = GUIDE["own"].replace("http://homeassistant.lan:8123", home_assistant.url).replace("delay: 60", "delay: 0.2")
        file = tmp_path / "own.yml"
        file.write_text(text, encoding="utf-8")
        running = rulebook(file)
        running.wait_fired(1)
        server.fault(times=None, status=502)
        running.wait_fired(2)
        said = [json.loads(asked.body) for asked in home_assistant.seen]
        assert [one["status"] for one in said] == ["up", "down"]
        assert said[0]["error"] == ""
        assert re.search(r" /[a-z/]+ .*502", said[1]["error"])  # whichever was asked next
        assert running.events("immich_server") == 2


def test_every_rulebook_is_tested() -> None:
    names = {path.stem for path in (REPOSITORY / "extensions" / "eda" / "rulebooks").iterdir()}
    text = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in names if f'("{name}"' not in text} == set()
